"use strict";
// Draws /api/openapi.json as a page. No library, nothing from elsewhere; all text goes in as text nodes, never as markup.
const WORDS = {
  zh: {
    other: "English", search: "按路径、名称或权限查找", permission: "权限", parameters: "参数", body: "请求内容", answer: "返回", errors: "错误",
    name: "名称", place: "位置", type: "类型", about: "说明", example: "示例", copy: "复制", copied: "已复制", fields: "字段", required: "必填",
    none: "没有匹配的接口", failed: "接口文档加载失败", public: "公开", signed_in: "登录即可", session: "仅限登录用户", noBody: "无内容",
    places: { query: "查询参数", path: "路径", header: "请求头", cookie: "Cookie" },
    groups: { Session: "登录与初始化", Administration: "管理", People: "客户", Tags: "标签", Fields: "字段", Commerce: "交易", Events: "事件", Schema: "事件结构", Imports: "导入", Settings: "设置", Stats: "统计", Home: "首页", Search: "搜索", Tracking: "数据上报", Identity: "身份", Consent: "授权与隐私", Privacy: "隐私" },
  },
  en: {
    other: "中文", search: "Find by path, name or permission", permission: "Permission", parameters: "Parameters", body: "Body", answer: "Answer", errors: "Errors",
    name: "Name", place: "In", type: "Type", about: "Meaning", example: "Example", copy: "Copy", copied: "Copied", fields: "Fields", required: "required",
    none: "No operation matches", failed: "The API document could not be loaded", public: "public", signed_in: "any caller", session: "signed-in users", noBody: "No body",
    places: { query: "query", path: "path", header: "header", cookie: "cookie" }, groups: {},
  },
};
const METHODS = ["get", "post", "put", "patch", "delete"];
const state = { language: (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en", filter: "", doc: null };
try { state.language = localStorage.getItem("siyu-docs-language") || state.language; } catch { /* storage may be closed to us */ }
const w = () => WORDS[state.language];
const at = (id) => document.getElementById(id);

/** An element with attributes and children; children that are no nodes become text. */
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  for (const child of children.flat(9)) if (child !== null && child !== undefined && child !== "") node.append(child);
  return node;
}

const isChinese = (text) => /[\u4e00-\u9fff]/.test(text);
/** Texts are written English first, with paragraphs in Chinese between: each reader gets theirs. Lines of codes belong to both. */
function paragraphs(text, strict = false) {
  const all = (text || "").split(/\n\s*\n/).map((p) => p.replace(/\s*\n\s*/g, " ").trim()).filter(Boolean);
  const mine = all.filter((p) => isChinese(p) === (state.language === "zh") || /^Errors:/.test(p));
  return mine.length || strict ? mine : all;
}
function titleOf(operation) {
  if (state.language === "en") return operation.summary || "";
  return paragraphs(operation.description).find(isChinese) || operation.summary || "";
}

/** `code` in text becomes a code element. */
function rich(text) {
  return text.split(/(`[^`]+`)/).map((part) => (part.startsWith("`") && part.length > 2 ? el("code", {}, part.slice(1, -1)) : part));
}

function resolve(schema) {
  let found = schema || {};
  for (let i = 0; found.$ref && i < 20; i++) found = found.$ref.replace("#/", "").split("/").reduce((node, key) => (node || {})[key], state.doc) || {};
  return found;
}
const nameOf = (schema) => (schema && schema.$ref ? schema.$ref.split("/").pop() : "");
/** The parts of allOf, and the one that is not null of oneOf, as one schema. */
function flat(schema) {
  const s = resolve(schema);
  if (s.allOf) {
    const parts = s.allOf.map(flat);
    return { type: "object", description: s.description, properties: Object.assign({}, ...parts.map((p) => p.properties)), required: parts.flatMap((p) => p.required || []) };
  }
  const choice = (s.oneOf || s.anyOf || []).filter((one) => one.type !== "null");
  return choice.length === 1 ? flat(choice[0]) : s;
}
function typeOf(schema) {
  const s = resolve(schema);
  if (s.oneOf || s.anyOf) return (s.oneOf || s.anyOf).map(typeOf).join(" | ");
  if (s.enum) return s.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = [].concat(s.type || (s.properties ? "object" : s.allOf ? "object" : "any"));
  return types.map((type) => (type === "array" ? `[${typeOf(s.items)}]` : type === "object" && nameOf(schema) ? nameOf(schema) : s.format && type !== "null" ? `${type} (${s.format})` : type)).join(" | ");
}

function exampleOf(schema, depth = 0) {
  const raw = resolve(schema);
  const example = schema && schema.example !== undefined ? schema.example : raw.example !== undefined ? raw.example : (raw.examples || [])[0];
  if (example !== undefined) return example;
  const s = flat(schema);
  if (s.example !== undefined) return s.example;
  if (s.default !== undefined && s.default !== null) return s.default;
  if (s.enum) return s.enum[0];
  const type = [].concat(s.type || (s.properties ? "object" : "any")).find((t) => t !== "null");
  if (depth > 6) return null;
  if (type === "object") {
    const out = {};
    for (const [name, part] of Object.entries(s.properties || {})) out[name] = exampleOf(part, depth + 1);
    return out;
  }
  if (type === "array") return s.items ? [exampleOf(s.items, depth + 1)] : [];
  if (type === "integer" || type === "number") return s.minimum !== undefined ? s.minimum : 1;
  if (type === "boolean") return true;
  if (type === "string") return { "date-time": "2026-03-02T04:00:00.000Z", date: "2026-03-02" }[s.format] || "…";
  return null;
}

function fieldRows(schema, prefix = "", depth = 0, seen = []) {
  const s = flat(schema);
  const holder = s.items && !s.properties ? flat(s.items) : s;
  const rows = [];
  for (const [name, part] of Object.entries(holder.properties || {})) {
    const label = prefix + name;
    const own = resolve(part);
    rows.push(el("tr", {},
      el("td", {}, el("code", {}, label), (holder.required || []).includes(name) ? el("span", { class: "must", title: w().required }, " *") : ""),
      el("td", {}, el("code", {}, typeOf(part))),
      el("td", {}, rich(paragraphs(part.description || own.description).join(" ")))));
    const inner = flat(own.items ? own.items : part);
    const id = nameOf(own.items || part) || label;
    if (inner.properties && depth < 4 && !seen.includes(id)) rows.push(...fieldRows(inner, label + (own.items ? "[]." : "."), depth + 1, [...seen, id]));
  }
  return rows;
}
function fieldTable(schema) {
  const rows = fieldRows(schema);
  if (!rows.length) return el("p", { class: "soft" }, el("code", {}, typeOf(schema)));
  return el("table", {}, el("tr", {}, el("th", {}, w().name), el("th", {}, w().type), el("th", {}, w().about)), rows);
}

function block(text) {
  const button = el("button", { type: "button", class: "copy", onclick: () => {
    navigator.clipboard?.writeText(text).then(() => { button.textContent = w().copied; setTimeout(() => { button.textContent = w().copy; }, 1200); });
  } }, w().copy);
  return el("pre", {}, button, text);
}

function contentOf(holder) {
  const [type, media] = Object.entries((holder || {}).content || {})[0] || [];
  return type ? { type, schema: media.schema, example: media.example } : null;
}
function curl(method, path, operation) {
  const quote = (text) => `'${text.replace(/'/g, "'\\''")}'`;
  const required = (operation.parameters || []).filter((p) => p.in === "query" && p.required);
  const query = required.map((p) => `${p.name}=${encodeURIComponent(String(p.example ?? exampleOf(p.schema)))}`).join("&");
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quote(location.origin + path + (query ? `?${query}` : ""))}`];
  if (operation["x-permission"] !== "public") lines.push(`  -H 'Authorization: Bearer ${String(operation["x-permission"]).startsWith("write") ? "siyu_w_…" : "siyu_a_…"}'`);
  const body = contentOf(operation.requestBody);
  if (body && body.type.includes("json")) lines.push("  -H 'Content-Type: application/json'", `  -d ${quote(JSON.stringify(body.example ?? exampleOf(body.schema)))}`);
  else if (body) lines.push(`  -H 'Content-Type: ${body.type}'`, "  --data-binary @file");
  return lines.join(" \\\n");
}

function parameterTable(parameters) {
  return el("table", {}, el("tr", {}, [w().name, w().place, w().type, w().about].map((text) => el("th", {}, text))),
    parameters.map((p) => el("tr", {},
      el("td", {}, el("code", {}, p.name), p.required ? el("span", { class: "must", title: w().required }, " *") : ""),
      el("td", {}, w().places[p.in] || p.in), el("td", {}, el("code", {}, typeOf(p.schema))),
      el("td", {}, rich(paragraphs(p.description).join(" "))))));
}
function answers(operation) {
  return Object.entries(operation.responses || {}).map(([status, response]) => {
    const body = contentOf(resolve(response));
    if (status === "default") {
      return el("details", {}, el("summary", {}, w().errors), el("p", {}, rich(response.description || "")), body ? fieldTable(body.schema) : "");
    }
    return [el("h4", {}, `${w().answer} ${status}`),
      body ? [block(JSON.stringify(body.example ?? exampleOf(body.schema), null, 2)), el("details", {}, el("summary", {}, w().fields), fieldTable(body.schema))]
        : el("p", { class: "soft" }, w().noBody)];
  });
}

function operationSection({ id, path, method, operation }) {
  const gate = operation["x-permission"];
  const title = titleOf(operation);
  const body = contentOf(operation.requestBody);
  const rest = paragraphs(operation.description, true).filter((p) => p !== title);
  return el("section", { id },
    el("h3", {}, rich(title)),
    el("div", {}, el("span", { class: `method ${method}` }, method.toUpperCase()), el("span", { class: "path" }, path),
      gate ? el("span", { class: "need", title: w().permission }, w()[gate] || gate) : ""),
    rest.map((p) => el("p", {}, rich(p))),
    (operation.parameters || []).length ? [el("h4", {}, w().parameters), parameterTable(operation.parameters)] : "",
    body ? [el("h4", {}, `${w().body} (${body.type})`), fieldTable(body.schema)] : "",
    el("h4", {}, w().example), block(curl(method, path, operation)), answers(operation));
}

function operationsByGroup() {
  const groups = new Map();
  const needle = state.filter.trim().toLowerCase();
  for (const [path, item] of Object.entries(state.doc.paths || {})) {
    for (const method of METHODS.filter((m) => item[m])) {
      const operation = item[method];
      const text = [path, method, operation.summary, operation.description, operation["x-permission"], operation.operationId].join(" ").toLowerCase();
      if (needle && !needle.split(/\s+/).every((word) => text.includes(word))) continue;
      const group = (operation.tags || ["API"])[0];
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push({ id: `${method}-${path.replace(/[^a-z0-9]+/gi, "-")}`, path, method, operation });
    }
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

function draw() {
  const { doc } = state;
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  at("language").textContent = w().other;
  at("filter").placeholder = w().search;
  at("title").textContent = `${doc.info.title} ${doc.info.version}`;
  const groups = operationsByGroup();
  const label = (group) => w().groups[group] || group;
  at("nav").replaceChildren(...groups.flatMap(([group, list]) => [el("h2", {}, label(group)),
    ...list.map((o) => el("a", { href: `#${o.id}`, title: `${o.method.toUpperCase()} ${o.path}` }, titleOf(o.operation).replaceAll("`", "")))]));
  at("main").replaceChildren(
    ...(state.filter ? [] : paragraphs(doc.info.description).map((p) => el("p", {}, rich(p)))),
    ...groups.flatMap(([group, list]) => [el("h2", { class: "group" }, label(group)), ...list.map(operationSection)]),
    ...(groups.length ? [] : [el("p", { class: "soft" }, w().none)]));
}

at("language").addEventListener("click", () => {
  state.language = state.language === "zh" ? "en" : "zh";
  try { localStorage.setItem("siyu-docs-language", state.language); } catch { /* the choice then lasts for this page */ }
  draw();
});
at("filter").addEventListener("input", (event) => { state.filter = event.target.value; draw(); });
fetch("/api/openapi.json")
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
  .then((doc) => { state.doc = doc; draw(); if (location.hash) at(location.hash.slice(1))?.scrollIntoView(); })
  .catch((error) => at("main").replaceChildren(el("p", {}, `${w().failed}: ${error.message}`)));
