import { get, post, put, remove, type Query } from "../api/client";
import type * as S from "../api/openapi";

export type Material = S.MaterialOut;
export type Whole = S.MaterialWhole;
export type Version = S.MaterialVersionOut;
export type Tried = S.MaterialTried;

export const KINDS = ["text", "image", "link", "miniprogram", "video", "file"] as const;
export const STATES = ["draft", "review", "approved", "rejected", "retired"] as const;

export const materials = {
  list: (query: Query) => get("/materials", { query }),
  places: () => get("/materials/places"),
  get: (id: string) => get("/materials/{id}", { path: { id } }),
  add: (body: S.MaterialNew) => post("/materials", { body }),
  change: (id: string, body: S.MaterialChange) => put("/materials/{id}", { path: { id }, body }),
  submit: (id: string, version: number) => post("/materials/{id}/submit", { path: { id }, body: { version } }),
  approve: (id: string, version: number) => post("/materials/{id}/approve", { path: { id }, body: { version } }),
  reject: (id: string, version: number, reason: string) => post("/materials/{id}/reject", { path: { id }, body: { version, reason } }),
  retire: (id: string) => post("/materials/{id}/retire", { path: { id } }),
  versions: (id: string, query: Query) => get("/materials/{id}/versions", { path: { id }, query }),
  preview: (id: string, body: S.MaterialTry, signal?: AbortSignal) => post("/materials/{id}/preview", { path: { id }, body, signal }),
  radar: (id: string) => get("/materials/{id}/radar", { path: { id } }),
  pages: () => get("/material-pages"),
  setPages: (hosts: string[]) => put("/material-pages", { body: { hosts } }),
};

export type Kit = S.KitOut;

export const kits = {
  get: (id: string) => get("/material-kits/{id}", { path: { id } }),
  add: (body: S.KitNew) => post("/material-kits", { body }),
  change: (id: string, body: S.KitNew) => put("/material-kits/{id}", { path: { id }, body }),
  remove: (id: string) => remove("/material-kits/{id}", { path: { id } }),
  calendar: (query: Query) => get("/material-calendar", { query }),
  festivals: (query: Query) => get("/festivals", { query }),
};

export const materialKeys = {
  all: ["materials"] as const,
  list: (query: Query) => ["materials", "list", query] as const,
  places: ["materials", "places"] as const,
  one: (id: string) => ["materials", "one", id] as const,
  versions: (id: string) => ["materials", "versions", id] as const,
  preview: (id: string, body: S.MaterialTry) => ["materials", "preview", id, body] as const,
  radar: (id: string) => ["materials", "radar", id] as const,
  pages: ["materials", "pages"] as const,
  kit: (id: string) => ["materials", "kit", id] as const,
  calendar: (query: Query) => ["materials", "calendar", query] as const,
  festivals: (query: Query) => ["festivals", query] as const,
};
