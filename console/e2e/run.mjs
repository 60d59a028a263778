// node e2e/run.mjs            the built program: its first run on an empty folder, then every page of the demo brand
// SIYU_URL SIYU_EMAIL SIYU_PASSWORD: a program that already runs.   SIYU_SHOTS: a folder for screenshots.   SIYU_CHROMIUM: the browser.
import { chromium } from "playwright-core";
import * as acts from "./acts.mjs";
import { contents } from "./contents.mjs";
import * as guide from "./guide.mjs";
import { journey } from "./journey.mjs";
import * as insight from "./insight.mjs";
import { startDemo, startEmpty, startGrown } from "./program.mjs";
import { runs } from "./runs.mjs";
import { signInByScan } from "./scan.mjs";
import { stay } from "./stay.mjs";
import { trouble } from "./trouble.mjs";
import { walk } from "./walk.mjs";

const log = (text) => process.stdout.write(`${text}\n`);
const given = process.env.SIYU_URL;
const account = { email: process.env.SIYU_EMAIL ?? "owner@example.com", password: process.env.SIYU_PASSWORD ?? "password-123" };
let failed = 0;

const browser = await chromium.launch({
  executablePath: process.env.SIYU_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(url) {
  const page = await (await browser.newContext({ baseURL: url, locale: "zh-CN", timezoneId: "Asia/Shanghai" })).newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

async function attempt(name, act) {
  try {
    await act();
    log(`ok    ${name}`);
    return true;
  } catch (error) {
    failed += 1;
    log(`FAIL  ${name}: ${error.message}`);
    return false;
  }
}

async function everything(page, who) {
  const { needed } = await (await page.request.get("/api/v1/setup")).json();
  if (!(await attempt(needed ? "setUp" : "signIn", () => (needed ? acts.setUp(page, who) : acts.signIn(page, who))))) return;
  for (const name of ["palette", "language", "phoneMenu", "person", "importFile", "liveEvent"]) await attempt(name, () => acts[name](page));
  await attempt("journey", () => journey(page));
  for (const name of ["numbersAgree", "boards"]) await attempt(name, () => insight[name](page));
  const { wrong, pages } = await walk(page, { shots: process.env.SIYU_SHOTS, log });
  failed += wrong.length;
  log(`${pages} pages, two widths, two languages: ${wrong.length ? `${wrong.length} complaints` : "all good"}`);
}

try {
  if (given) {
    await everything(await open(given), account);
  } else {
    const empty = await startEmpty();
    try {
      const page = await open(empty.url);
      await attempt("stay", () => stay(open, empty.url));
      if (await attempt("setUp", () => acts.setUp(page, account))) await attempt("emptyPages", () => acts.emptyPages(page));
    } finally {
      await empty.stop();
    }
    const grown = await startGrown();
    try {
      const shots = process.env.SIYU_SHOTS;
      const page = await open(grown.url);
      const shot = shots ? (name) => page.screenshot({ path: `${shots}/guide-${name}.png` }) : undefined;
      for (const name of ["sidebar", "workbench", "phone"]) await attempt(`guide ${name}`, () => guide[name](page, grown.chat, shot));
      const inside = await open(grown.url);
      await attempt("trouble", () => trouble(inside, grown.chat, grown.account));
      await attempt("runs", () => runs(inside));
      await attempt("contents", () => contents(inside, shots ? (name) => inside.screenshot({ path: `${shots}/${name}.png` }) : undefined));
      await attempt("sign in by scanning", () => signInByScan(inside, () => open(grown.url)));
    } finally {
      await grown.stop();
    }
    const demo = await startDemo();
    try {
      await everything(await open(demo.url), demo.account);
    } finally {
      await demo.stop();
    }
  }
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
