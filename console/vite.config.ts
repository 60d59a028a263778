import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// In development the program answers the API; SIYU_URL says where it listens.
// The host stays as the browser named it: the program refuses what pages of other origins send.
const server = { target: process.env.SIYU_URL ?? "http://127.0.0.1:8080", changeOrigin: false };

export default defineConfig({
  plugins: [react()],
  base: "/",
  server: { proxy: { "/api": server, "/v1": server } },
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 900,
    // The program embeds the folder: maps would only make it larger.
    sourcemap: false,
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
