// Every call of the contract, one line each. Components never spell a path themselves.
import { download, get, patch, post, put, remove, upload, type Query } from "./client";
import type * as S from "./openapi";
import type * as T from "./types";

const part = encodeURIComponent;

export const session = {
  setup: () => get("/setup"),
  finishSetup: (body: T.SetupInput) => post("/setup", { body }),
  current: () => get("/session"),
  login: (email: string, password: string) => post("/session", { body: { email, password } }),
  logout: () => remove("/session"),
  change: (body: S.SelfPatch) => patch("/session", { body }),
  password: (body: S.PasswordIn) => post("/session/password", { body }),
};

export const home = {
  overview: () => get("/stats/overview"),
  search: (q: string, signal?: AbortSignal) => get("/search", { query: { q }, signal }),
};

export const people = {
  list: (query: Query) => get("/people", { query }),
  excel: (query: Query, filename: string) => download("/people/export.xlsx", filename, query),
  create: (body: S.PersonIn) => post("/people", { body }),
  get: (id: string) => get("/people/{id}", { path: { id } }),
  change: (id: string, traits: T.JsonObject) => patch("/people/{id}", { path: { id }, body: { traits } }),
  events: (id: string, query: Query) => get("/people/{id}/events", { path: { id }, query }),
  orders: (id: string, query: Query) => get("/people/{id}/orders", { path: { id }, query }),
  identity: (id: string) => get("/people/{id}/identity", { path: { id } }),
  mergePreview: (id: string, merge: string) => get("/people/{id}/merges/{merge}/preview", { path: { id, merge } }),
  undoMerge: (id: string, merge: string, reason: string) => post("/people/{id}/merges/{merge}/undo", { path: { id, merge }, body: { reason } }),
  merge: (id: string, other_id: string, reason: string) => post("/people/{id}/merge", { path: { id }, body: { other_id, reason } }),
  addTag: (id: string, body: S.PersonTagIn) => post("/people/{id}/tags", { path: { id }, body }),
  removeTag: (id: string, tag: string) => remove("/people/{id}/tags/{tag}", { path: { id, tag } }),
  tagHistory: (id: string, query: Query) => get("/people/{id}/tag-history", { path: { id }, query }),
  consents: (id: string, query: Query) => get("/people/{id}/consents", { path: { id }, query }),
  standing: (id: string) => get("/people/{id}/standing", { path: { id } }),
  addConsent: (id: string, body: S.ConsentNew) => post("/people/{id}/consents", { path: { id }, body }),
  unmask: (id: string, reason: string) => post("/people/{id}/unmask", { path: { id }, body: { reason } }),
  json: (id: string) => download(`/people/${part(id)}/export`, `${id}.json`),
  erase: (id: string, reason: string) => post("/people/{id}/erase", { path: { id }, body: { reason, confirm: id } }),
  erasures: (query: Query) => get("/erasures", { query }),
};

export const carriers = {
  status: () => get("/carriers/status"),
  address: () => get("/carriers/address"),
  setAddress: (address: string) => put("/carriers/address", { body: { address } }),
  mail: () => get("/mail/account"),
  setMail: (body: S.MailAccountIn) => put("/mail/account", { body }),
  removeMail: () => remove("/mail/account"),
  checkMail: () => post("/mail/account/check"),
  makeDkim: (body: S.MailDkimIn) => post("/mail/account/dkim", { body }),
  sms: () => get("/sms/account"),
  setSms: (body: S.SmsAccountIn) => put("/sms/account", { body }),
  removeSms: () => remove("/sms/account"),
  checkSms: () => post("/sms/account/check"),
  templates: () => get("/sms/templates"),
  addTemplate: (body: S.SmsTemplateIn) => post("/sms/templates", { body }),
  changeTemplate: (id: string, body: S.SmsTemplateIn) => put("/sms/templates/{id}", { path: { id }, body }),
  removeTemplate: (id: string) => remove("/sms/templates/{id}", { path: { id } }),
  alone: (query: Query) => get("/suppressions", { query }),
  addAlone: (body: S.SuppressionIn) => post("/suppressions", { body }),
  importAlone: (channel: string, file: File, signal: AbortSignal) => upload<S.SuppressionsImported>("/suppressions/import", { channel }, file, () => undefined, signal),
  letAgain: (id: string, why: string) => remove("/suppressions/{id}", { path: { id }, query: { why } }),
};

export const tags = {
  list: () => get("/tags") as Promise<{ groups: T.TagGroup[] }>,
  addGroup: (name: string) => post("/tag-groups", { body: { name } }),
  renameGroup: (id: string, name: string) => patch("/tag-groups/{id}", { path: { id }, body: { name } }),
  removeGroup: (id: string) => remove("/tag-groups/{id}", { path: { id } }),
  add: (body: S.TagNew) => post("/tags", { body }),
  change: (id: string, body: T.TagInput) => patch("/tags/{id}", { path: { id }, body }),
  remove: (id: string) => remove("/tags/{id}", { path: { id } }),
  run: (id: string) => post("/tags/{id}/run", { path: { id } }),
  preview: (rule: T.Rule, signal?: AbortSignal) => post("/tags/preview", { body: { rule }, signal }),
  fields: () => get("/tags/fields"),
};

export const fields = {
  list: () => get("/fields"),
  add: (body: S.FieldNew) => post("/fields", { body }),
  change: (name: string, body: S.FieldChange) => patch("/fields/{name}", { path: { name }, body }),
};

export const commerce = {
  orders: (query: Query) => get("/orders", { query }),
  order: (order_no: string) => get("/orders/{order_no}", { path: { order_no } }),
  products: (query: Query) => get("/products", { query }),
  stores: (query: Query) => get("/stores", { query }),
  saveStore: (code: string, body: S.StorePut) => put("/stores/{code}", { path: { code }, body }),
};

export const events = {
  list: (query: Query) => get("/events", { query }),
  schema: () => get("/schema"),
  changeSchema: (type: string, name: string, body: T.SchemaPatch) => patch("/schema/{type}/{name}", { path: { type, name }, body }),
  quarantine: (query: Query) => get("/quarantine", { query }),
  retry: (id: string) => post("/quarantine/{id}/retry", { path: { id } }),
  retryAll: (name?: string) => post("/quarantine/retry", { body: name ? { name } : {} }),
  discard: (id: string) => remove("/quarantine/{id}", { path: { id } }),
};

export const imports = {
  list: (query: Query) => get("/imports", { query }),
  get: (id: string) => get("/imports/{id}", { path: { id } }),
  upload: (kind: T.ImportKind, file: File, progress: (share: number) => void, signal: AbortSignal) =>
    upload<T.Import>("/imports", { kind, filename: file.name }, file, progress, signal),
  preview: (id: string, options: T.PreviewOptions) => get("/imports/{id}/preview", { path: { id }, query: { ...options } }),
  start: (id: string, mapping: Record<string, string>, options: T.ImportOptions, dry_run: boolean) =>
    post("/imports/{id}/start", { path: { id }, body: { mapping, options, dry_run } }),
  cancel: (id: string) => post("/imports/{id}/cancel", { path: { id } }),
  resume: (id: string) => post("/imports/{id}/resume", { path: { id } }),
  errors: (id: string, filename: string) => download(`/imports/${part(id)}/errors.csv`, filename),
  remove: (id: string) => remove("/imports/{id}", { path: { id } }),
};

export const admin = {
  users: (query: Query) => get("/users", { query }),
  addUser: (body: S.UserIn) => post("/users", { body }),
  changeUser: (id: string, body: T.UserInput) => patch("/users/{id}", { path: { id }, body }),
  bindStaff: (id: string, staff: string | null) => put("/users/{id}/staff", { path: { id }, body: { staff } }),
  roles: () => get("/roles"),
  keys: () => get("/keys", { query: { limit: 200 } }),
  addKey: (body: S.KeyIn) => post("/keys", { body }),
  revokeKey: (id: string) => remove("/keys/{id}", { path: { id } }),
  audit: (query: Query) => get("/audit", { query }),
  settings: () => get("/settings"),
  changeSettings: (body: S.SettingsChange) => patch("/settings", { body }),
  lifecycle: () => get("/settings/lifecycle"),
  changeLifecycle: (body: S.LifecycleChange) => put("/settings/lifecycle", { body }),
  doctor: () => get("/doctor"),
};

export const wecom = {
  connection: () => get("/wecom/connection"),
  change: (body: S.WecomConnectionIn) => patch("/wecom/connection", { body }),
  forget: () => remove("/wecom/connection"),
  test: () => post("/wecom/connection/test"),
  status: () => get("/wecom/status"),
  doctor: () => get("/wecom/doctor"),
  syncs: () => get("/wecom/syncs"),
  startSync: () => post("/wecom/syncs"),
  cancelSync: (id: string) => post("/wecom/syncs/{id}/cancel", { path: { id } }),
  aside: (query: Query) => get("/wecom/inbox/aside", { query }),
  retry: (id: string) => post("/wecom/inbox/aside/{id}/retry", { path: { id } }),
  refused: (query: Query) => get("/wecom/inbox/refused", { query }),
  conflicts: (query: Query) => get("/wecom/conflicts", { query }),
  departments: () => get("/wecom/departments"),
  staff: (query: Query) => get("/wecom/staff", { query }),
  groups: (query: Query) => get("/wecom/groups", { query }),
  group: (id: string) => get("/wecom/groups/{id}", { path: { id } }),
  members: (id: string, query: Query) => get("/wecom/groups/{id}/members", { path: { id }, query }),
  lost: (query: Query) => get("/wecom/lost", { query }),
  person: (id: string) => get("/people/{id}/wecom", { path: { id } }),
  remark: (id: string, external_userid: string, staff: string, body: S.WecomRemarkIn) =>
    patch("/people/{id}/wecom/{external_userid}/{staff}", { path: { id, external_userid, staff }, body }),
};
