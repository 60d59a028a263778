// Every number of a run opens its people, and every reason is said in words.
import { settle } from "./walk.mjs";

function insist(condition, what) {
  if (!condition) throw new Error(what);
}

export async function runs(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  const { items } = await (await page.request.get("/api/v1/runs?kind=welcome")).json();
  const run = items.filter((own) => own.sent > 0)[0];
  insist(run, "a grown brand has welcomed somebody");
  insist(run.audience === run.sent + run.skipped + run.failed + run.waiting, `the sums of ${run.id} do not add up`);
  await page.goto(`/runs/${run.id}`);
  await settle(page);
  const said = await page.locator(".panel.list table").innerText();
  insist(!/[a-z]+_[a-z]+/.test(said), `a reason is a code: ${said}`);
  await page.locator("button.number.opens").first().click();
  await page.locator(".ant-drawer .ant-table-row").first().waitFor({ timeout: 20_000 });
  const shown = await page.locator(".ant-drawer .ant-table-row").count();
  insist(shown > 0 && shown <= run.audience, `${shown} people stand behind ${run.audience}`);
  await page.locator(".ant-drawer .ant-table-row a").first().click();
  await page.waitForURL("**/people/*");
}
