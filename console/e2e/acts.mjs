// A few things operators do all day, done by keyboard and mouse.
import { settle } from "./walk.mjs";

function insist(condition, what) {
  if (!condition) throw new Error(what);
}

export async function setUp(page, { email, password }) {
  await page.goto("/setup");
  await page.fill("#name", "E2E Brand");
  await page.fill("#admin_name", "Owner");
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.fill("#again", password);
  await page.click("button[type=submit]");
  await page.waitForURL("**/welcome", { timeout: 20_000 });
}

/** Signs in from a deep address and checks that the address is kept. */
export async function signIn(page, { email, password }) {
  await page.goto("/settings/general");
  await page.waitForURL("**/login?next=*", { timeout: 20_000 });
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("button[type=submit]");
  await page.waitForURL("**/settings/general", { timeout: 20_000 });
}

export async function palette(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto("/");
  await settle(page);
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette-list");
  await page.keyboard.type("/settings/audit");
  await page.waitForTimeout(600);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/settings/audit");
}

export async function language(page) {
  await page.goto("/people");
  await settle(page);
  const before = await page.getAttribute("html", "lang");
  await page.click("header .anticon-translation");
  await page.waitForFunction((lang) => document.documentElement.lang !== lang, before);
}

export async function phoneMenu(page) {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await settle(page);
  await page.click("header .anticon-menu");
  await page.click(".ant-drawer .ant-menu-submenu-title .anticon-shopping");
  await page.click(".ant-drawer .ant-menu-item .anticon-shopping");
  await page.waitForURL("**/orders");
  await page.waitForFunction(() => !document.querySelector(".ant-drawer-open"));
}

export async function person(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto("/people");
  await settle(page);
  const link = page.locator("a.name-link").first();
  if ((await link.count()) === 0) return;
  await link.click();
  await page.waitForURL("**/people/*");
  await page.waitForSelector(".profile-head h1");
  insist((await page.textContent(".profile-head h1")).trim(), "the profile has no name");
}

/** A new brand sees what to do, not empty tables and not errors. */
export async function emptyPages(page) {
  for (const path of ["/people", "/orders", "/products", "/stores", "/events", "/schema", "/quarantine", "/imports", "/settings/keys", "/boards", "/audiences", "/exports", "/see/funnel", "/see/assets"]) {
    await page.goto(path);
    await settle(page);
    insist(await page.locator(".empty-hint").first().isVisible(), `${path} does not say how to begin`);
  }
}

/** From a file to people: preview, dry run, import, result. Run twice it finds the same people again. */
export async function importFile(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto("/imports/new?kind=people");
  await settle(page);
  const rows = Array.from({ length: 30 }, (_, at) => `E2E${1000 + at},139${String(10_000_000 + at * 37)},林${at},上海`);
  await page.setInputFiles("input[type=file]", { name: "e2e-people.csv", mimeType: "text/csv", buffer: Buffer.from(`会员号,手机号,姓名,城市\n${rows.join("\n")}\n`) });
  await page.waitForURL(/\/imports\/(?!new)/);
  await page.waitForSelector(".map-row");
  const [dry, start] = [page.locator(".sticky-foot button").nth(0), page.locator(".sticky-foot button").nth(1)];
  await dry.click();
  await page.waitForSelector(".sticky-foot .ant-btn-primary:nth-child(2)", { timeout: 60_000 });
  await start.click();
  await page.waitForFunction(() => !document.querySelector(".sticky-foot") && document.querySelectorAll(".number").length >= 4, null, { timeout: 60_000 });
}

/** An event sent with a write key shows up on the live page without a reload. */
export async function liveEvent(page) {
  const session = await (await page.request.get("/api/v1/session")).json();
  const made = await page.request.post("/api/v1/keys", { headers: { "X-CSRF-Token": session.csrf }, data: { name: "e2e", kind: "write" } });
  insist(made.ok(), `no key: ${made.status()} ${await made.text()}`);
  const { secret } = await made.json();
  await page.goto("/events");
  await settle(page);
  await page.waitForSelector(".ant-badge-status-processing", { timeout: 20_000 });
  const name = `E2E ${Date.now()}`;
  const sent = await page.request.post("/v1/track", {
    headers: { Authorization: `Basic ${Buffer.from(`${secret}:`).toString("base64")}` }, data: { userId: "e2e-1", event: name, properties: { sku: "T-1" } },
  });
  insist(sent.ok(), `not taken: ${sent.status()} ${await sent.text()}`);
  await page.waitForFunction((text) => document.body.innerText.includes(text), name, { timeout: 20_000 });
}
