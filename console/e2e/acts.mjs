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
  await page.click(".ant-drawer .anticon-shopping");
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
