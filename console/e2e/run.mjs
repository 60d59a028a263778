// node e2e/run.mjs            on the built program and an empty folder
// SIYU_URL SIYU_EMAIL SIYU_PASSWORD: on a program that already runs.   SIYU_SHOTS: a folder for screenshots.   SIYU_CHROMIUM: the browser.
import { chromium } from "playwright-core";
import * as acts from "./acts.mjs";
import { startProgram } from "./program.mjs";
import { walk } from "./walk.mjs";

const own = process.env.SIYU_URL ? null : await startProgram();
const url = process.env.SIYU_URL ?? own.url;
const account = { email: process.env.SIYU_EMAIL ?? "owner@example.com", password: process.env.SIYU_PASSWORD ?? "password-123" };
const log = (text) => process.stdout.write(`${text}\n`);

const browser = await chromium.launch({
  executablePath: process.env.SIYU_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let failed = 0;
try {
  const page = await (await browser.newContext({ baseURL: url, locale: "zh-CN", timezoneId: "Asia/Shanghai" })).newPage();
  page.setDefaultTimeout(20_000);
  const { needed } = await (await page.request.get("/api/v1/setup")).json();
  await (needed ? acts.setUp(page, account) : acts.signIn(page, account));
  for (const name of ["palette", "language", "phoneMenu", "person"]) {
    try {
      await acts[name](page);
      log(`ok    ${name}`);
    } catch (error) {
      failed += 1;
      log(`FAIL  ${name}: ${error.message}`);
    }
  }
  const { wrong, pages } = await walk(page, { shots: process.env.SIYU_SHOTS, log });
  failed += wrong.length;
  log(`${pages} pages, two widths, two languages: ${wrong.length ? `${wrong.length} complaints` : "all good"}`);
} finally {
  await browser.close();
  own?.stop();
}
process.exit(failed ? 1 : 0);
