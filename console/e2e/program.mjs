// Starts the built program on an empty folder, for when SIYU_URL names none. Everything it leaves is removed at the end.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary = process.env.SIYU_BIN ?? fileURLToPath(new URL("../../target/release/siyu", import.meta.url));

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export async function startProgram() {
  if (!existsSync(binary)) throw new Error(`no program at ${binary}: run "make build", or set SIYU_URL`);
  const data = mkdtempSync(join(tmpdir(), "siyu-e2e-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(binary, ["serve", "--data", data, "--listen", url.slice("http://".length)], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said = (said + text).slice(-4000)));
  const stop = () => {
    child.kill("SIGTERM");
    rmSync(data, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  stop();
  throw new Error(`the program did not start: ${said}`);
}
