import { download, get, open, post, put, remove, upload, type Query } from "../api/client";
import type { Page, PersonRow, Rule } from "../api/types";
import type * as S from "../api/openapi";
import type { Audience } from "./shapes";

export const audiences = {
  list: (query: Query) => get("/audiences", { query }) as Promise<Page<Audience>>,
  get: (id: string) => get("/audiences/{id}", { path: { id } }) as Promise<Audience>,
  add: (body: { name: string; description: string; rule: Rule }) => post("/audiences", { body }) as Promise<Audience>,
  change: (id: string, body: { name?: string; description?: string; rule?: Rule; version: number }) => put("/audiences/{id}", { path: { id }, body }) as Promise<Audience>,
  remove: (id: string) => remove("/audiences/{id}", { path: { id } }),
  preview: (rule: Rule, signal?: AbortSignal) => post("/audiences/preview", { body: { rule }, signal }),
  people: (id: string, query: Query) => get("/audiences/{id}/people", { path: { id }, query }),
  history: (id: string, query: Query) => get("/audiences/{id}/history", { path: { id }, query }),
  difference: (id: string, query: Query) => get("/audiences/{id}/difference", { path: { id }, query }),
  // With a side there are always people, if only none.
  differencePeople: (id: string, query: Query) => open<Page<PersonRow>>("GET", `/audiences/${encodeURIComponent(id)}/difference`, { query }),
  freeze: (id: string, body: S.AudienceFreeze) => post("/audiences/{id}/freeze", { path: { id }, body }),
  combine: (body: S.AudienceCombine) => post("/audiences/combine", { body }),
  upload: (name: string, file: File, progress: (share: number) => void, signal: AbortSignal) => upload<S.AudienceUpload>("/audiences/upload", { name, filename: file.name }, file, progress, signal),
};

export const exports = {
  list: (query: Query) => get("/exports", { query }),
  ask: (id: string, reason: string) => post("/audiences/{id}/exports", { path: { id }, body: { reason } }),
  approve: (id: string) => post("/exports/{id}/approve", { path: { id }, body: {} }),
  reject: (id: string, reason: string) => post("/exports/{id}/reject", { path: { id }, body: { reason: reason || null } }),
  file: (id: string) => download(`/exports/${encodeURIComponent(id)}/file`, `${id}.xlsx`),
};
