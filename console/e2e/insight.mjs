// Numbers that must agree do agree on the screen, and a board is made, arranged and fought over.
import { settle } from "./walk.mjs";

function same(a, b, what) {
  if (a !== b) throw new Error(`${what}: ${a} is not ${b}`);
}
const digits = (text) => Number((text ?? "").replace(/[^\d.-]/g, ""));
const read = async (locator) => digits(await locator.textContent());
const sum = (list) => list.reduce((all, n) => all + n, 0);

async function see(page, kind, spec) {
  await page.goto(`/see/${kind}${spec ? `?spec=${encodeURIComponent(JSON.stringify(spec))}` : ""}`);
  await settle(page);
  await page.waitForSelector(".see-foot");
}
/** Clicks a number and returns how many people its list says there are. */
async function behind(page, number) {
  await number.click();
  const foot = page.locator(".ant-drawer-open .list-foot .num");
  await foot.waitFor();
  const total = digits((await foot.textContent()).split(/[/共]|of/).at(-1));
  const rows = await page.locator(".ant-drawer-open tbody tr.ant-table-row").count();
  if (rows !== Math.min(total, 50)) throw new Error(`the list of ${total} shows ${rows} rows`);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector(".ant-drawer-open"));
  return total;
}
async function agrees(page, number, what) {
  await number.waitFor();
  same(await behind(page, number), await read(number), what);
}
const rowsOf = (page, panel) => page.locator(".see-panel").nth(panel).locator("tbody tr.ant-table-row");

async function ask(page, kind, spec) {
  const session = await (await page.request.get("/api/v1/session")).json();
  const answer = await page.request.post(`/api/v1/analysis/${kind}`, { headers: { "X-CSRF-Token": session.csrf }, data: spec });
  if (!answer.ok()) throw new Error(`${kind}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

export async function numbersAgree(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  const defaults = await (await page.request.get("/api/v1/analysis/defaults")).json();

  await see(page, "funnel");
  const steps = rowsOf(page, 1);
  await agrees(page, steps.nth(0).locator(".few").first(), "people of step 1");
  await agrees(page, steps.nth(1).locator(".few").last(), "who dropped before step 2");
  const entered = await read(steps.nth(0).locator(".few").first());
  const first = defaults.funnel.steps[0].event;
  const { by_event: events } = await ask(page, "activity", { span: defaults.funnel.span });
  same(entered, events.find((own) => own.event === first)?.people, `step 1 and the people of ${first}`);

  await see(page, "rfm");
  const cells = page.locator(".heat.rfm td .few, .heat.rfm td .num.muted");
  const buyers = await read(page.locator(".numbers .number .value").first());
  same(sum((await cells.allTextContents()).map(digits)), buyers, "the cells of the grid and the buyers");
  await agrees(page, page.locator(".heat.rfm td .few").first(), "a cell of the grid");
  const segments = rowsOf(page, 1);
  same(sum(await Promise.all((await segments.locator("td:nth-child(2)").all()).map(read))), buyers, "the segments and the buyers");
  await agrees(page, segments.nth(0).locator(".few"), "a segment");

  await see(page, "retention");
  await page.locator(".heat-bar .ant-segmented-item").nth(1).click();
  const cohort = page.locator(".heat tbody tr").first();
  same(await read(cohort.locator(".few").nth(0)), await read(cohort.locator(".few").nth(1)), "a cohort and its period 0");
  await agrees(page, cohort.locator(".few").nth(2), "a cell of the retention table");

  await see(page, "distribution");
  const bins = rowsOf(page, 1);
  same(sum(await Promise.all((await bins.locator("td:nth-child(2)").all()).map(read))), await read(page.locator(".numbers .number .value").first()), "the bins and their people");
  await agrees(page, bins.locator(".few").first(), "a bin");

  await see(page, "lifecycle");
  const stage = page.locator("button.number.opens").first();
  same(await behind(page, stage), await read(stage.locator(".value")), "a stage of the lifecycle");

  await see(page, "activity");
  const event = rowsOf(page, 1).first();
  await agrees(page, event.locator(".few"), "the people of an event");

  await see(page, "assets");
  // The demo brand has nobody's phone or mail; a brand that has them shows that many people.
  const medium = rowsOf(page, 2).locator(".few").first();
  if (await medium.count()) await agrees(page, medium, "the people of a medium");

  await see(page, "stores");
  await agrees(page, rowsOf(page, 1).first().locator(".few").first(), "the buyers of a store");

  await see(page, "attribution");
  const parts = rowsOf(page, 1).locator("td:nth-child(2)");
  // Money in minor units, so that adding up knows no rounding.
  const cents = (text) => Math.round(digits(text) * 100);
  same(sum((await parts.allTextContents()).map(cents)), cents(await page.locator(".ant-table-summary td").nth(1).textContent()), "the touches and the whole value");
}

/** A question goes onto a board, is arranged there, and a colleague's change is not overwritten. */
export async function boards(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  const name = `E2E ${Date.now()}`;
  await see(page, "funnel");
  await page.waitForSelector(".see-chart canvas");
  await page.locator(".anticon-pushpin").click();
  // The last one of the list is a new board.
  await page.locator(".ant-modal .ant-select").click();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.fill(".ant-modal #name", name);
  await page.locator(".ant-modal button[type=submit]").click();
  await page.locator(".ant-message a", { hasText: name }).click();
  await page.waitForURL("**/boards/brd_*");
  await page.waitForSelector(".board-item canvas");
  const id = page.url().split("/").at(-1);
  await page.locator(".anticon-edit").click();
  const saved = () => page.waitForResponse((answer) => answer.url().endsWith(`/boards/${id}`) && answer.request().method() === "PUT");
  let [answer] = await Promise.all([saved(), page.locator(".board-tools .anticon-column-width").click()]);
  same(answer.status(), 200, "a wider item");
  await page.waitForSelector(".board-item.wide");

  const session = await (await page.request.get("/api/v1/session")).json();
  const board = await (await page.request.get(`/api/v1/boards/${id}`)).json();
  const items = [...board.items, { title: "E2E RFM", kind: "rfm", spec: {} }];
  const theirs = await page.request.put(`/api/v1/boards/${id}`, { headers: { "X-CSRF-Token": session.csrf }, data: { name, items, version: board.version } });
  if (!theirs.ok()) throw new Error(`the colleague: ${theirs.status()} ${await theirs.text()}`);
  [answer] = await Promise.all([saved(), page.locator(".board-tools .anticon-column-width").first().click()]);
  same(answer.status(), 409, "a change of an old version");
  await page.waitForSelector(".ant-notification-notice");
  // What the colleague has added is there, and can be moved.
  await page.waitForFunction(() => document.querySelectorAll(".board-item").length === 2);
  [answer] = await Promise.all([saved(), page.locator(".board-item").nth(1).locator(".board-tools .anticon-arrow-up").click()]);
  same(answer.status(), 200, "moving an item");
  same((await answer.json()).items[0].kind, "rfm", "the first item");
  await page.locator(".page .anticon-delete").first().click();
  await page.locator(".ant-popover .ant-btn-primary").click();
  await page.waitForURL("**/boards");
}
