// Opens every page at both widths in both languages and returns what was wrong.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { complaints } from "./checks.mjs";

const PLAIN = [
  "/", "/welcome", "/account", "/people", "/tags", "/tags?new=rule", "/fields", "/orders", "/products", "/stores", "/events", "/schema", "/quarantine",
  "/imports", "/imports/new", "/settings/general", "/settings/identity", "/settings/lifecycle", "/settings/wecom", "/settings/wecom?tab=sync", "/settings/wecom?tab=inbox", "/settings/wecom?tab=conflicts", "/settings/carriers", "/lost", "/groups", "/staff", "/settings/users", "/settings/users?new=1", "/settings/keys", "/settings/audit",
  "/channels", "/leads", "/leads?view=held", "/leads?view=ended", "/leads/rules", "/leads/board", "/live-codes", "/live-codes/new", "/group-codes", "/group-codes/new", "/posters", "/posters/new", "/group-messages", "/group-messages/new", "/moments", "/moments/new", "/group-welcomes", "/messages", "/messages/new", "/runs", "/gate", "/journeys", "/sops", "/sops?tab=board", "/sops?tab=grades", "/sops/new", "/materials", "/materials/new", "/content-calendar", "/welcomes", "/welcomes/new", "/left-alone", "/workbench", "/alerts", "/handovers", "/handovers/new",
  "/settings/doctor", "/settings/erasures", "/see", "/boards", "/audiences", "/audiences/new", "/exports",
  ...["activity", "trend", "funnel", "retention", "paths", "distribution", "interval", "attribution", "touchpoints", "lifecycle", "rfm", "cohort-value", "assets", "stores", "guides"].map((kind) => `/see/${kind}`),
];
const AUDIENCE_TABS = ["", "?tab=history", "?tab=difference"];
const TABS = ["", "?tab=orders", "?tab=wecom", "?tab=fields", "?tab=identity", "?tab=consents", "?tab=tags"];
const WIDTHS = [1280, 390];

async function firstOf(page, path) {
  const answer = await page.request.get(`/api/v1${path}`);
  if (!answer.ok()) throw new Error(`GET ${path}: ${answer.status()} ${await answer.text()}`);
  return (await answer.json()).items[0];
}

/** The pages of single things, for one thing of each kind that the server has. */
async function detailPages(page) {
  const person = (await firstOf(page, "/people?limit=1&sort=-amount"))?.id;
  const order = (await firstOf(page, "/orders?limit=1"))?.order_no;
  const board = (await firstOf(page, "/boards"))?.id;
  const audience = (await firstOf(page, "/audiences"))?.id;
  const group = (await firstOf(page, "/wecom/groups?limit=1"))?.id;
  const channel = (await firstOf(page, "/channels"))?.id;
  const code = (await firstOf(page, "/live-codes"))?.id;
  const welcome = (await firstOf(page, "/wecom/welcomes"))?.id;
  const journey = (await firstOf(page, "/journeys"))?.id;
  const imported = (await (await page.request.get("/api/v1/imports?limit=20")).json()).items;
  const states = new Map(imported.map((item) => [item.state + item.dry_run, item.id]));
  return [
    ...(person ? TABS.map((tab) => `/people/${person}${tab}`) : []),
    ...(order ? [`/orders?open=${encodeURIComponent(order)}`] : []),
    ...(group ? [`/groups/${encodeURIComponent(group)}`] : []),
    ...(channel ? [`/channels/${channel}`] : []),
    ...(code ? [`/live-codes/${code}`, `/live-codes/${code}/edit`] : []),
    ...(journey ? [`/journeys/${journey}`] : []),
    ...(welcome ? [`/welcomes/${welcome}`] : []),
    ...(board ? [`/boards/${board}`] : []),
    ...(audience ? AUDIENCE_TABS.map((tab) => `/audiences/${audience}${tab}`) : []),
    ...[...states.values()].map((id) => `/imports/${id}`),
  ];
}

export async function walk(page, { shots, log, only = /./ }) {
  const wrong = [];
  let at = "start";
  const report = (text) => {
    wrong.push(`${at}: ${text}`);
    log(`  ${at}: ${text}`);
  };
  const onConsole = (message) => message.type() === "error" && report(`console: ${message.text()}`);
  const onCrash = (error) => report(`crash: ${error.message}`);
  page.on("console", onConsole);
  page.on("pageerror", onCrash);
  const calm = callsOf(page);
  const pages = [...PLAIN, ...(await detailPages(page))].filter((path) => only.test(path));
  const look = async (path, width, locale) => {
    at = `${path} ${width} ${locale}`;
    try {
      await settle(page);
      await calm();
    } catch (error) {
      return report(`never settles: ${error.message.split("\n")[0]}`);
    }
    for (const complaint of await complaints(page, locale)) report(complaint);
    if (!shots) return;
    const folder = join(shots, `${width}-${locale}`);
    mkdirSync(folder, { recursive: true });
    const name = path === "/" ? "home" : path.slice(1).replace(/[^\w.-]+/g, "_");
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: width > 600 });
  };
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width > 600 ? 900 : 844 });
    for (const path of pages) {
      at = `${path} ${width}`;
      await page.evaluate(() => localStorage.setItem("siyu.locale", "zh"));
      await page.goto(path, { waitUntil: "load" });
      await look(path, width, "zh");
      // The one click to the other language, on the page as it stands. A drawer may cover the button, so no mouse.
      await page.evaluate(() => document.querySelector("header .anticon-translation").closest("button").click());
      await page.waitForFunction(() => document.documentElement.lang === "en");
      await look(path, width, "en");
    }
  }
  // The account remembers the last language; leave it as it was found.
  await page.evaluate(() => document.querySelector("header .anticon-translation").closest("button").click());
  await page.waitForTimeout(500);
  page.off("console", onConsole);
  page.off("pageerror", onCrash);
  return { wrong, pages: pages.length };
}

/** Until no call is under way: after a change of language the server's sentences are asked for again. The live stream is no call. */
function callsOf(page) {
  const pending = new Set();
  const isCall = (request) => request.url().includes("/api/") && ["fetch", "xhr"].includes(request.resourceType());
  page.on("request", (request) => isCall(request) && pending.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => pending.delete(request));
  return async () => {
    for (let quiet = 0, left = 600; quiet < 2; left -= 1) {
      if (left === 0) throw new Error(`${[...pending].map((request) => request.url()).join(", ")} does not answer`);
      await page.waitForTimeout(50);
      quiet = pending.size ? 0 : quiet + 1;
    }
    await page.waitForTimeout(50);
  };
}

/** Until no skeleton is left. The live page keeps its stream open, so "network idle" never comes there. */
export async function settle(page) {
  await page.waitForSelector("h1, .ant-result, .outside-card", { timeout: 30_000 });
  await page.waitForFunction(() => !document.querySelector(".ant-skeleton-active, .loading"), null, { timeout: 30_000 });
  await page.waitForTimeout(120);
}
