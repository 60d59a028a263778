// A journey from a template: drawn, tried on the past, published, looked at and paused, by mouse and keyboard.
import { settle } from "./walk.mjs";

function insist(condition, what) {
  if (!condition) throw new Error(what);
}

export async function journey(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto("/journeys");
  await settle(page);
  // What is clicked is called by its Chinese name; another act may have turned the language.
  if (!(await page.getAttribute("html", "lang")).startsWith("zh")) {
    await page.click("header .anticon-translation");
    await page.waitForFunction(() => document.documentElement.lang.startsWith("zh"));
  }
  await page.getByRole("button", { name: "新建旅程" }).first().click();
  await page.locator(".template", { hasText: "复购补货" }).click();
  const name = await page.locator(".ant-modal input").inputValue();
  insist(name === "复购补货", `the template names the journey, not ${name}`);
  await page.getByRole("button", { name: "开始绘制" }).click();
  await page.waitForURL("**/journeys/jny_*");
  await page.locator(".jc").first().waitFor();
  const id = page.url().split("/").pop();
  const get = async (path) => (await page.request.get(`/api/v1/journeys/${id}${path}`)).json();
  const before = (await get("")).definition.nodes.length;

  // A node is taken away with the keyboard, and comes back.
  await page.getByText("快用完了").first().click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Delete");
  await page.locator(".jc-card", { hasText: "快用完了" }).waitFor({ state: "detached" });
  await page.keyboard.press("Control+z");
  await page.locator(".jc-card", { hasText: "快用完了" }).waitFor();

  await page.getByRole("button", { name: "试跑 90 天" }).click();
  await page.locator(".ant-drawer .number").first().waitFor({ timeout: 60_000 });
  await page.keyboard.press("Escape");
  await page.locator(".ant-drawer .number").first().waitFor({ state: "hidden" });

  await page.getByRole("button", { name: "发布" }).click();
  await page.locator(".ant-modal").getByRole("button", { name: "发布" }).click();
  await page.getByText("运行中").first().waitFor();
  const running = await get("");
  insist(running.state === "running" && running.version === 1 && running.definition.nodes.length === before, `published: ${running.state} ${running.version}`);
  await page.getByRole("button", { name: "暂停" }).click();
  await page.getByText("已暂停").first().waitFor();
  await settle(page);
}
