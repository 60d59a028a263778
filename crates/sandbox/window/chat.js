// Somebody at the phone of a member of staff. Everything about the world is asked over HTTP; pages in the frame get only what the SDK tells.
"use strict";
const at = (id) => document.getElementById(id);
const api = async (path, body) => {
  const res = await fetch(path, body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const value = await res.json();
  if (!res.ok) throw new Error(value.error || res.status);
  return value;
};
let zh = !navigator.language.toLowerCase().startsWith("en");
let world = { staff: [], pages: {} };
let me = "";
/** {kind: "customer" | "group", id, name} */
let open = null;
let shown = "side";

function words() {
  document.documentElement.lang = zh ? "zh-CN" : "en";
  for (const own of document.querySelectorAll("[data-zh]")) own.textContent = zh ? own.dataset.zh : own.dataset.en;
  for (const own of document.querySelectorAll("[data-zh-placeholder]")) own.placeholder = zh ? own.dataset.zhPlaceholder : own.dataset.enPlaceholder;
  at("language").textContent = zh ? "English" : "中文";
}
const view = (name) => { document.body.dataset.view = name; };
const cookie = () => (document.cookie.match(/(?:^|; )sandbox_user=([^;]*)/) || [])[1];

function element(tag, text, className) {
  const own = document.createElement(tag);
  if (text !== undefined) own.textContent = text;
  if (className) own.className = className;
  return own;
}

async function begin() {
  words();
  world = await api("/sandbox/window");
  at("brand").textContent = world.brand;
  document.title = `${world.brand} · ${zh ? "企业微信（模拟）" : "WeCom (simulated)"}`;
  const stores = new Map();
  for (const own of world.staff) {
    const store = own.store || "–";
    if (!stores.has(store)) stores.set(store, []);
    stores.get(store).push(own);
  }
  for (const [store, staff] of stores) {
    const group = document.createElement("optgroup");
    group.label = store;
    for (const own of staff) {
      const option = element("option", `${own.name} ${own.position}（${own.customers}）`);
      option.value = own.userid;
      group.append(option);
    }
    at("staff").append(group);
  }
  const known = cookie();
  const first = world.staff.find((own) => own.userid === known) || [...world.staff].sort((a, b) => b.customers - a.customers)[0];
  if (first) await become(first.userid);
}

/** The client of another member: pages in it are told anew who it is. */
async function become(userid) {
  me = userid;
  at("staff").value = userid;
  document.cookie = `sandbox_user=${userid}; path=/; SameSite=Lax`;
  open = null;
  at("frame").src = "about:blank";
  await list(true);
}

async function list(choose) {
  const own = await api(`/sandbox/window/chats?userid=${encodeURIComponent(me)}&q=${encodeURIComponent(at("search").value.trim())}`);
  const groups = own.groups.map((one) => ({ kind: "group", id: one.chat_id, name: one.name, last: zh ? `${one.members} 人` : `${one.members} members` }));
  const customers = own.customers.map((one) => ({ kind: "customer", id: one.external_userid, name: one.remark || one.name, last: one.last || "", at: one.at }));
  // Groups stand where they are seen without scrolling; nobody opens this to look at a group first.
  const rows = [...customers.slice(0, 6), ...groups, ...customers.slice(6)];
  at("chats").replaceChildren(...rows.map((row) => {
    const item = element("li", undefined, row.kind);
    const button = element("button");
    button.type = "button";
    button.append(element("b", row.name), element("small", row.at ? new Date(row.at).toLocaleDateString(zh ? "zh-CN" : "en") : ""), element("small", row.last));
    button.setAttribute("aria-current", String(Boolean(open && open.id === row.id)));
    button.onclick = () => choice(row, true);
    item.append(button);
    return item;
  }));
  const wide = matchMedia("(min-width: 901px)").matches;
  if (choose && rows[0]) await choice(rows[0], wide ? false : null);
}

/** Opens a conversation. The page of the toolbar is loaded anew, as the client does. */
async function choice(row, go) {
  open = row;
  at("who").textContent = row.name;
  if (go) view("chat");
  for (const button of document.querySelectorAll("#chats button")) button.setAttribute("aria-current", String(button.firstChild.textContent === row.name));
  at("as").hidden = row.kind === "group";
  page();
  await lines();
}

function page() {
  const url = shown === "side" ? world.pages.sidebar : world.pages.home;
  at("side").classList.toggle("on", shown === "side");
  at("home").classList.toggle("on", shown === "home");
  at("pages").hidden = Boolean(url);
  at("frame").hidden = !url;
  if (url) at("frame").src = url;
}

let before = "";
async function lines() {
  if (!open) return;
  const path = open.kind === "group" ? `/sandbox/window/group/${encodeURIComponent(open.id)}` : `/sandbox/chat/${encodeURIComponent(me)}/${encodeURIComponent(open.id)}`;
  const own = await api(path);
  const mark = JSON.stringify([open.id, own.chat]);
  if (mark === before) return;
  before = mark;
  at("lines").replaceChildren(...own.chat.map((line) => {
    const item = element("li", undefined, line.by_customer ? "theirs" : "mine");
    const said = element("p", line.text);
    said.prepend(element("time", `${line.by ? `${line.by} · ` : ""}${new Date(line.at).toLocaleString(zh ? "zh-CN" : "en")}`));
    item.append(said);
    return item;
  }));
  at("lines").scrollTop = at("lines").scrollHeight;
}

// What the SDK in the frame asks for.
const answers = {
  $verify: (params) => api("/sandbox/window/verify", params),
  getContext: async () => ({ entry: shown === "home" || !open ? "normal" : open.kind === "group" ? "group_chat_tools" : "single_chat_tools" }),
  getCurExternalContact: async () => {
    if (shown === "home" || !open || open.kind !== "customer") throw new Error("without context of external contact");
    return { userId: open.id };
  },
  getCurExternalChat: async () => {
    if (shown === "home" || !open || open.kind !== "group") throw new Error("without context of external chat");
    return { chatId: open.id };
  },
  sendChatMessage: async (params) => {
    if (shown === "home" || !open) throw new Error("without context of external contact");
    const to = open.kind === "group" ? { chat_id: open.id } : { external_userid: open.id };
    await api("/sandbox/window/send", { userid: me, ...to, message: params });
    await lines();
    return {};
  },
};
addEventListener("message", async (event) => {
  const frame = at("frame").contentWindow;
  if (event.source !== frame || !event.data || event.data.wecom !== "call") return;
  const { id, api: name, params } = event.data;
  const answer = (ok, value) => frame.postMessage({ wecom: "answer", id, ok, value }, event.origin);
  try {
    if (!answers[name]) throw new Error("not simulated");
    answer(true, await answers[name](params));
  } catch (error) {
    answer(false, { errMsg: `${name}:fail ${error.message}` });
  }
});

at("staff").onchange = (event) => become(event.target.value);
at("language").onclick = () => { zh = !zh; words(); list(false); before = ""; lines(); };
at("search").oninput = () => list(false);
at("side").onclick = () => { shown = "side"; page(); };
at("home").onclick = () => { shown = "home"; page(); };
for (const own of document.querySelectorAll("[data-to]")) own.addEventListener("click", () => view(own.dataset.to));
at("write").onsubmit = async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text || !open) return;
  at("text").value = "";
  const to = open.kind === "group" ? { chat_id: open.id } : { external_userid: open.id, by_customer: at("as").value === "customer" };
  await api("/sandbox/window/write", { userid: me, ...to, text });
  await lines();
};
at("pages").onsubmit = async (event) => {
  event.preventDefault();
  const given = new FormData(event.target);
  world.pages = await api("/sandbox/window", { sidebar: given.get("sidebar"), home: given.get("home") });
  page();
};
setInterval(() => { if (!document.hidden) lines().catch(() => {}); }, 1500);
begin();
