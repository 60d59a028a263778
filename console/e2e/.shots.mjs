// not committed
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { settle } from "./walk.mjs";
import { complaints } from "./checks.mjs";
const url = process.env.U ?? "http://127.0.0.1:18081";
const out = process.env.OUT ?? "/tmp/shots";
const widths = (process.env.W ?? "1440,390").split(",").map(Number);
const locale = process.env.L ?? "zh";
const password = readFileSync("/tmp/console-demo/demo-password.txt", "utf8").trim();
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
const context = await browser.newContext({ baseURL: url, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
const page = await context.newPage();
page.setDefaultTimeout(20000);
let at = "";
page.on("console", (m) => m.type() === "error" && console.log(at, "CONSOLE", m.text().slice(0, 300)));
page.on("pageerror", (e) => console.log(at, "CRASH", e.message.slice(0, 300)));
page.on("response", async (r) => { if (r.status() >= 400 && r.url().includes("/api/")) console.log(at, r.status(), r.request().method(), r.url(), (await r.text().catch(() => "")).slice(0, 300), (r.request().postData() ?? "").slice(0, 400)); });
await page.goto("/login");
await page.fill("#email", "demo@siyu.example");
await page.fill("#password", password);
await page.click("button[type=submit]");
await page.waitForURL((u) => !u.pathname.includes("login"));
await page.evaluate((l) => localStorage.setItem("siyu.locale", l), locale);
import { mkdirSync } from "node:fs";
mkdirSync(out, { recursive: true });
for (const width of widths) {
  await page.setViewportSize({ width, height: width > 600 ? 900 : 844 });
  for (const path of process.argv.slice(2)) {
    at = `${path} ${width}`;
    await page.goto(path);
    try { await settle(page); await page.waitForTimeout(Number(process.env.WAIT ?? 900)); } catch (e) { console.log(at, "never settles", e.message.split("\n")[0]); }
    for (const c of await complaints(page, locale)) console.log(at, c);
    const name = path.split("?")[0].slice(1).replace(/[^\w.-]+/g, "_") || "home";
    await page.screenshot({ path: `${out}/${name}-${width}.png`, fullPage: true });
  }
}
await browser.close();
