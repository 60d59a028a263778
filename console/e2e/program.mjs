// Starts the built program for the tests when SIYU_URL names none. Everything it leaves is removed at the end.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary = process.env.SIYU_BIN ?? fileURLToPath(new URL("../../target/release/siyu", import.meta.url));
const READY_MS_MAX = 180_000;

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

/** `serve` on an empty folder shows the set-up; `demo` fills itself and names its account on standard output. */
async function start(command, ...more) {
  if (!existsSync(binary)) throw new Error(`no program at ${binary}: run "make build", or set SIYU_URL`);
  const data = mkdtempSync(join(tmpdir(), "siyu-e2e-"));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(binary, [command, ...more, "--data", data, "--listen", address], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let said = "";
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (said = (said + text).slice(-4000)));
  const stop = async () => {
    if (child.exitCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 10_000))]);
      child.kill("SIGKILL");
    }
    rmSync(data, { recursive: true, force: true });
  };
  for (const end = Date.now() + READY_MS_MAX; Date.now() < end && child.exitCode === null; ) {
    const answer = await fetch(`http://${address}/healthz`).catch(() => null);
    if (answer?.ok) return { url: `http://${address}`, stop, account: accountOf(out), chat: out.match(/"chat"\s*:\s*"([^"]+)"/)?.[1] ?? null };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error(`"siyu ${command}" did not start: ${said || out}`);
}

function accountOf(out) {
  const [, email] = out.match(/"email"\s*:\s*"([^"]+)"/) ?? [];
  const [, password] = out.match(/"password"\s*:\s*"([^"]+)"/) ?? [];
  return email && password ? { email, password } : null;
}

export const startEmpty = () => start("serve");
/** A brand that has grown for a few days, with its simulated WeCom. */
export const startGrown = () => start("demo", "--days", "10");
export async function startDemo() {
  // The walk compares exact numbers: a data set that is the same every day.
  const demo = await start("demo", "--sample", "retail");
  if (!demo.account) {
    await demo.stop();
    throw new Error("the demo did not name its account");
  }
  return demo;
}
