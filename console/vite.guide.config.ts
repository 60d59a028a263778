import { defineConfig } from "vite";

// The guides' pages: opened on phones inside WeCom, so without the console's libraries, and for browsers that are some years old.
export default defineConfig({
  base: "/",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: ["es2019", "chrome79", "safari13"],
    emptyOutDir: false,
    sourcemap: false,
    rollupOptions: { input: "guide.html" },
  },
});
