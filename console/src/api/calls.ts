// Every call of the contract, one line each. Components never spell a path themselves.
import { download, get, patch, post, put, remove, upload, type Query } from "./client";
import type * as T from "./types";

const part = encodeURIComponent;

export const session = {
  setup: () => get<T.Setup>("/setup"),
  finishSetup: (input: T.SetupInput) => post<T.Session>("/setup", input),
  current: () => get<T.Session>("/session"),
  login: (email: string, password: string) => post<T.Session>("/session", { email, password }),
  logout: () => remove<void>("/session"),
  change: (input: { locale?: T.Locale; name?: string }) => patch<T.Session>("/session", input),
  password: (input: { current: string; new: string }) => post<void>("/session/password", input),
};

export const home = {
  overview: () => get<T.Overview>("/stats/overview"),
  search: (q: string, signal?: AbortSignal) => get<{ items: T.Hit[] }>("/search", { q }, signal),
};

export const people = {
  list: (query: Query) => get<T.Page<T.PersonRow>>("/people", query),
  excel: (query: Query, filename: string) => download("/people/export.xlsx", filename, query),
  create: (input: { identifiers: { kind: string; value: string }[]; traits: T.JsonObject }) => post<T.Person>("/people", input),
  get: (id: string) => get<T.Person>(`/people/${part(id)}`),
  change: (id: string, traits: T.JsonObject) => patch<T.Person>(`/people/${part(id)}`, { traits }),
  events: (id: string, query: Query) => get<T.Page<T.TimelineEvent>>(`/people/${part(id)}/events`, query),
  orders: (id: string, query: Query) => get<T.Page<T.Order>>(`/people/${part(id)}/orders`, query),
  identity: (id: string) => get<T.Identity>(`/people/${part(id)}/identity`),
  mergePreview: (id: string, merge: string) => get<T.MergePreview>(`/people/${part(id)}/merges/${part(merge)}/preview`),
  undoMerge: (id: string, merge: string, reason: string) =>
    post<{ left_id: string; right_id: string }>(`/people/${part(id)}/merges/${part(merge)}/undo`, { reason }),
  merge: (id: string, other_id: string, reason: string) => post<T.Person>(`/people/${part(id)}/merge`, { other_id, reason }),
  addTag: (id: string, input: { tag_id?: string; name?: string; group?: string; expires_at?: string; why?: string }) =>
    post<T.Person>(`/people/${part(id)}/tags`, input),
  removeTag: (id: string, tag: string) => remove<T.Person>(`/people/${part(id)}/tags/${part(tag)}`),
  tagHistory: (id: string, query: Query) => get<T.Page<T.TagHistory>>(`/people/${part(id)}/tag-history`, query),
  consents: (id: string, query: Query) => get<T.Page<T.Consent>>(`/people/${part(id)}/consents`, query),
  addConsent: (id: string, input: { purpose: string; channel: string; granted: boolean; text_version: string; evidence?: string }) =>
    post<T.Consent>(`/people/${part(id)}/consents`, input),
  unmask: (id: string, reason: string) => post<T.Unmasked>(`/people/${part(id)}/unmask`, { reason }),
  json: (id: string) => download(`/people/${part(id)}/export`, `${id}.json`),
  erase: (id: string, reason: string) => post<{ certificate: T.Certificate }>(`/people/${part(id)}/erase`, { reason, confirm: id }),
  erasures: (query: Query) => get<T.Page<T.Certificate>>("/erasures", query),
};

export const tags = {
  list: () => get<{ groups: T.TagGroup[] }>("/tags"),
  addGroup: (name: string) => post<T.TagGroup>("/tag-groups", { name }),
  renameGroup: (id: string, name: string) => patch<T.TagGroup>(`/tag-groups/${part(id)}`, { name }),
  removeGroup: (id: string) => remove<void>(`/tag-groups/${part(id)}`),
  add: (input: T.TagInput) => post<T.Tag>("/tags", input),
  change: (id: string, input: T.TagInput) => patch<T.Tag>(`/tags/${part(id)}`, input),
  remove: (id: string) => remove<void>(`/tags/${part(id)}`),
  run: (id: string) => post<{ added: number; removed: number; people: number }>(`/tags/${part(id)}/run`),
  preview: (rule: T.Rule, signal?: AbortSignal) => post<{ people: number; sample: T.PersonRow[] }>("/tags/preview", { rule }, signal),
  fields: () => get<{ items: T.RuleField[] }>("/tags/fields"),
};

export const fields = {
  list: () => get<{ items: T.Field[] }>("/fields"),
  add: (input: Partial<T.Field>) => post<T.Field>("/fields", input),
  change: (name: string, input: Partial<T.Field>) => patch<T.Field>(`/fields/${part(name)}`, input),
};

export const commerce = {
  orders: (query: Query) => get<T.Page<T.Order>>("/orders", query),
  order: (no: string) => get<T.Order>(`/orders/${part(no)}`),
  products: (query: Query) => get<T.Page<T.Product>>("/products", query),
  stores: (query: Query) => get<T.Page<T.Store>>("/stores", query),
  saveStore: (code: string, input: { name: string; region: string }) => put<T.Store>(`/stores/${part(code)}`, input),
};

export const events = {
  list: (query: Query) => get<T.Page<T.LiveEvent>>("/events", query),
  schema: () => get<{ items: T.SchemaEvent[] }>("/schema"),
  changeSchema: (type: string, name: string, input: T.SchemaPatch) =>
    patch<T.SchemaEvent>(`/schema/${part(type)}/${part(name)}`, input),
  quarantine: (query: Query) => get<T.Page<T.Quarantined>>("/quarantine", query),
  retry: (id: string) => post<{ accepted: number; rejected: number }>(`/quarantine/${part(id)}/retry`),
  retryAll: (name?: string) => post<{ accepted: number; rejected: number }>("/quarantine/retry", name ? { name } : {}),
  discard: (id: string) => remove<void>(`/quarantine/${part(id)}`),
};

export const imports = {
  list: (query: Query) => get<T.Page<T.Import>>("/imports", query),
  get: (id: string) => get<T.Import>(`/imports/${part(id)}`),
  upload: (kind: T.ImportKind, file: File, progress: (share: number) => void, signal: AbortSignal) =>
    upload<T.Import>("/imports", { kind, filename: file.name }, file, progress, signal),
  preview: (id: string, options: T.PreviewOptions) => get<T.ImportPreview>(`/imports/${part(id)}/preview`, { ...options }),
  start: (id: string, mapping: Record<string, string>, options: T.ImportOptions, dry_run: boolean) =>
    post<T.Import>(`/imports/${part(id)}/start`, { mapping, options, dry_run }),
  cancel: (id: string) => post<T.Import>(`/imports/${part(id)}/cancel`),
  resume: (id: string) => post<T.Import>(`/imports/${part(id)}/resume`),
  errors: (id: string, filename: string) => download(`/imports/${part(id)}/errors.csv`, filename),
  remove: (id: string) => remove<void>(`/imports/${part(id)}`),
};

export const admin = {
  users: (query: Query) => get<T.Page<T.User>>("/users", query),
  addUser: (input: T.UserInput) => post<T.User>("/users", input),
  changeUser: (id: string, input: T.UserInput) => patch<T.User>(`/users/${part(id)}`, input),
  roles: () => get<{ items: T.RoleInfo[] }>("/roles"),
  keys: () => get<{ items: T.ApiKey[] }>("/keys", { limit: 200 }),
  addKey: (input: { name: string; kind: "write" | "api"; role?: T.Role }) => post<T.NewKey>("/keys", input),
  revokeKey: (id: string) => remove<void>(`/keys/${part(id)}`),
  audit: (query: Query) => get<T.Page<T.AuditEntry>>("/audit", query),
  settings: () => get<T.Settings>("/settings"),
  changeSettings: (input: Partial<T.Settings>) => patch<T.Settings>("/settings", input),
  doctor: () => get<{ items: T.Check[] }>("/doctor"),
};
