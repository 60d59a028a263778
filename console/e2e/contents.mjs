// A mail with two contents and a test of them: written, previewed, planned, made, and seen on the page of its run.
import { settle } from "./walk.mjs";

function insist(condition, what) {
  if (!condition) throw new Error(what);
}

export async function contents(page, shot) {
  await page.setViewportSize({ width: 1440, height: 1200 });
  await page.goto("/messages/new");
  await settle(page);
  await page.getByLabel(/^(名称|Name)$/).fill("两种内容");
  // A test needs some hundred people.
  const { items } = await (await page.request.get("/api/v1/audiences?limit=200")).json();
  const large = items.sort((one, other) => other.people - one.people)[0];
  insist(large.people > 400, `no audience is large enough: ${large.people}`);
  await page.getByLabel(/^(发给哪个人群包|Audience)$/).fill(large.name);
  await page.locator(".ant-select-item-option").first().click();
  await page.locator(".ant-segmented-item").filter({ hasText: /^(邮件|Mail)$/ }).click();
  await page.getByLabel(/^(邮件主题|Subject)$/).fill("第一种");
  await page.getByLabel(/^(正文|Text)$/).fill("新品到店");
  await page.getByRole("button", { name: /再加一种内容|Another content/ }).click();
  await page.getByLabel(/^(邮件主题|Subject)$/).nth(1).fill("第二种");
  await page.getByLabel(/^(正文|Text)$/).nth(1).fill("老朋友专享");
  // Each is previewed.
  await page.locator(".ant-segmented-item").filter({ hasText: /^(内容 2|Content 2)$/ }).click();
  await page.locator("section.panel strong").filter({ hasText: "第二种" }).waitFor({ timeout: 20_000 });
  await page.locator("label.row").filter({ hasText: /定时、限速、对照组|A time, a pace, a control group/ }).locator("button").click();
  await page.locator("label.row").filter({ hasText: /优胜|winner|best/i }).locator("button").click();
  await shot?.("contents-new");
  await page.getByRole("button", { name: /^(先看看会怎么发|See what it becomes)$/ }).click();
  await page.locator(".ant-alert").filter({ hasText: /A\/B 优胜|winner of the test/ }).waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: /^(发送|Send)$/ }).click();
  await page.locator(".ant-popconfirm .ant-btn-primary").click();
  await page.waitForURL("**/runs/*");
  await settle(page);
  const id = page.url().split("/").pop();
  const made = await (await page.request.get(`/api/v1/broadcasts/${id}`)).json();
  insist(made.mail.subject === "第一种" && made.mail_variants[0].subject === "第二种", `what was written: ${JSON.stringify(made)}`);
  insist(made.test?.goal === "bought" && made.variants.length === 2, `a test: ${JSON.stringify(made.test)}`);
  // The test, with a choice by hand for each content.
  await page.locator(".panel.list .row.pad button").nth(1).waitFor({ timeout: 20_000 });
  insist((await page.locator(".panel.list .row.pad button").count()) === 2, "each content can be chosen");
  await shot?.("contents-run");
  await page.locator("button.ant-btn-dangerous").first().click();
  await page.locator(".ant-popconfirm .ant-btn-primary").click();
  for (let tries = 0; ; tries += 1) {
    const { state } = await (await page.request.get(`/api/v1/runs/${id}`)).json();
    if (state === "cancelled" || state === "ended") break;
    insist(tries < 50, `it is ${state} after it was cancelled`);
    await page.waitForTimeout(200);
  }
}
