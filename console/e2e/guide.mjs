// A guide at work, as in WeCom: the sidebar beside a simulated chat, and the workbench. Widths of a desk and of a phone.
import { complaints } from "./checks.mjs";

function insist(condition, what) {
  if (!condition) throw new Error(what);
}
const NOTE = "下周二到店试色";

/** Opens the simulated client and waits until the page in its frame knows whom it stands beside. */
async function open(page, chat) {
  await page.goto(chat);
  await page.waitForFunction(() => document.querySelectorAll("#chats li").length > 0);
}
const frame = (page) => page.frameLocator("#frame");

async function beside(page) {
  await frame(page).locator(".head h1").waitFor();
  return (await frame(page).locator(".head h1").textContent()).trim();
}

/** The page in the frame is loaded anew for each conversation: it comes to stand beside the one that is open. */
async function besideOpen(page) {
  for (let tries = 0; ; tries++) {
    const [name, who] = [await beside(page), (await page.textContent("#who")).trim()];
    if (name === who) return name;
    insist(tries < 50, `the sidebar is beside ${name}, the conversation is with ${who}`);
    await page.waitForTimeout(200);
  }
}

async function fits(page) {
  const inside = page.frames().find((own) => own.url().includes("/guide/"));
  insist(inside, "no page of ours in the frame");
  const found = await complaints(inside, "zh");
  insist(found.length === 0, `the page in the frame: ${found.join("; ")}`);
}

export async function sidebar(page, chat, shot = async () => {}) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, chat);
  await besideOpen(page);
  await fits(page);
  await shot("sidebar-desk");

  // A note, a stage, a tag: each is there when the customer is opened again.
  await frame(page).locator("textarea").first().fill(NOTE);
  await frame(page).getByRole("button", { name: "记下" }).click();
  await frame(page).locator(".note", { hasText: NOTE }).first().waitFor();
  await frame(page).locator("select").selectOption({ label: "有意向" });
  await frame(page).locator(".marks .mark", { hasText: "有意向" }).waitFor();

  // One tap: the script is filled for this customer, becomes a line of the chat, and an event of their history.
  await frame(page).getByRole("tab", { name: "话术" }).click();
  // Kits of the day stand above the scripts, and come when they come.
  const card = frame(page).locator("article.card:not(:has(.kit-material))").first();
  const text = (await card.locator("blockquote").textContent()).trim();
  insist(!/[{}]/.test(text), `a variable was left: ${text}`);
  await card.getByRole("button", { name: "发送" }).click();
  await page.locator("#lines li.mine p", { hasText: text }).first().waitFor();
  await frame(page).getByRole("tab", { name: "动态" }).click();
  await frame(page).locator(".line li", { hasText: "发送话术" }).first().waitFor();
  await frame(page).locator(".line li", { hasText: "记备注" }).first().waitFor();
  await shot("sidebar-history");
  await frame(page).getByRole("tab", { name: "订单" }).click();
  await frame(page).locator("article.card, .empty").first().waitFor();
  await shot("sidebar-orders");

  // Somebody types on either side.
  await page.selectOption("#as", "customer");
  await page.fill("#text", "周二可以，谢谢");
  await page.press("#text", "Enter");
  await page.locator("#lines li.theirs p", { hasText: "周二可以" }).first().waitFor();

  // A group.
  await page.locator("#chats li.group button").first().click();
  await besideOpen(page);
  await frame(page).locator(".people li").first().waitFor();
  await fits(page);
  await shot("sidebar-group");
}

export async function workbench(page, chat, shot = async () => {}) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, chat);
  await beside(page);
  await page.click("#home");
  await frame(page).locator(".people .person").first().waitFor();
  await fits(page);
  await shot("workbench-customers");
  await frame(page).locator(".bar").getByRole("button", { name: "任务" }).click();
  await frame(page).getByRole("button", { name: "新建任务" }).click();
  await frame(page).locator(".sheet textarea").fill("整理样品柜");
  await frame(page).locator(".sheet").getByRole("button", { name: "保存" }).click();
  const task = frame(page).locator(".card", { hasText: "整理样品柜" });
  await task.waitFor();
  await task.getByRole("button", { name: "完成" }).click();
  await frame(page).locator(".sheet").getByRole("button", { name: "完成" }).click();
  await task.waitFor({ state: "detached" });
  await leads(page, shot);
  await frame(page).locator(".bar").getByRole("button", { name: "数据" }).click();
  await frame(page).locator("table.numbers tr").nth(5).waitFor();
  await fits(page);
  await shot("workbench-numbers");

  // Another member at this client: the page knows it by itself.
  const me = async () => {
    await frame(page).locator(".bar").getByRole("button", { name: "我" }).click();
    await frame(page).locator(".who h1").waitFor();
    return (await frame(page).locator(".who h1").textContent()).trim();
  };
  const before = await me();
  const other = await page.locator("#staff option").evaluateAll((all, now) => all.map((own) => own.value).find((value) => value !== now), await page.inputValue("#staff"));
  await page.selectOption("#staff", other);
  await page.waitForFunction(() => document.querySelector("#frame").src.includes("/guide/enter"));
  await frame(page).locator(".people .person, .empty").first().waitFor();
  insist((await me()) !== before, "the workbench is still the former member's");
}

/** A lead is claimed from the pool, approached, and given back. */
async function leads(page, shot) {
  const own = frame(page);
  await own.locator(".bar").getByRole("button", { name: "线索" }).click();
  await own.getByRole("tab", { name: "公海" }).click();
  const first = own.locator(".card").first();
  await first.waitFor();
  const name = (await first.locator("b").textContent()).trim();
  await fits(page);
  await shot("leads-pool");
  await first.getByRole("button", { name: "领取" }).click();
  await own.getByRole("tab", { name: "我的" }).click();
  const mine = own.locator(".card", { hasText: name }).first();
  await mine.getByRole("button", { name }).click();
  const sheet = own.locator(".sheet");
  await sheet.getByRole("button", { name: "记录联系" }).click();
  await sheet.locator("textarea").fill("周末到店");
  await fits(page);
  await shot("leads-one");
  await sheet.getByRole("button", { name: "保存" }).click();
  await sheet.locator("li", { hasText: "周末到店" }).waitFor();
  await sheet.getByRole("button", { name: "退回" }).click();
  await sheet.locator("textarea").fill("不在本地");
  await sheet.getByRole("button", { name: "保存" }).click();
  await sheet.locator("li", { hasText: "不在本地" }).waitFor();
  await sheet.getByRole("button", { name: "关闭" }).click();
}

export async function phone(page, chat, shot = async () => {}) {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, chat);
  await shot("phone-list");
  await page.locator("#chats li button").first().click();
  await page.locator("#lines").waitFor();
  await shot("phone-chat");
  await page.click(".tools");
  await beside(page);
  await fits(page);
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
  insist(wide <= 0, `the client scrolls sideways by ${wide}`);
  await shot("phone-sidebar");
  await frame(page).getByRole("tab", { name: "话术" }).click();
  await frame(page).locator("article.card").first().waitFor();
  await shot("phone-scripts");
  await page.click("#home");
  await frame(page).locator(".people .person").first().waitFor();
  await fits(page);
  await shot("phone-workbench");
  await frame(page).locator(".people .person").first().click();
  await frame(page).locator(".head h1").waitFor();
  await frame(page).locator(".bar").getByRole("button", { name: "数据" }).click();
  await frame(page).locator("table.numbers").waitFor();
  await fits(page);
  await shot("phone-numbers");
}
