import { open, download, upload, type Query } from "../api/client";
import type { Page, PersonRow, Rule } from "../api/types";
import type { Audience, DayOf, Difference, Export, Preview } from "./shapes";

const at = (id: string, rest = "") => `/audiences/${encodeURIComponent(id)}${rest}`;

export const audiences = {
  list: (query: Query) => open<Page<Audience>>("GET", "/audiences", { query }),
  get: (id: string) => open<Audience>("GET", at(id)),
  add: (body: { name: string; description?: string; rule?: Rule; identifiers?: { kind: string; value: string }[] }) => open<Audience>("POST", "/audiences", { body }),
  change: (id: string, body: { name?: string; description?: string; rule?: Rule }) => open<Audience>("PUT", at(id), { body }),
  remove: (id: string) => open<void>("DELETE", at(id)),
  preview: (rule: Rule, signal?: AbortSignal) => open<Preview>("POST", "/audiences/preview", { body: { rule }, signal }),
  people: (id: string, query: Query) => open<Page<PersonRow>>("GET", at(id, "/people"), { query }),
  history: (id: string, query: Query) => open<{ items: DayOf[] }>("GET", at(id, "/history"), { query }),
  difference: (id: string, query: Query) => open<Difference>("GET", at(id, "/difference"), { query }),
  differencePeople: (id: string, query: Query) => open<Page<PersonRow>>("GET", at(id, "/difference"), { query }),
  freeze: (id: string, body: { name: string; day?: string }) => open<Audience>("POST", at(id, "/freeze"), { body }),
  combine: (body: { name: string; op: "union" | "intersect" | "minus"; ids: string[] }) => open<Audience>("POST", "/audiences/combine", { body }),
  upload: (name: string, file: File, progress: (share: number) => void, signal: AbortSignal) =>
    upload<{ audience: Audience; matched: number; unknown: number }>("/audiences/upload", { name, filename: file.name }, file, progress, signal),
};

export const exports = {
  list: (query: Query) => open<Page<Export>>("GET", "/exports", { query }),
  ask: (id: string, body: { reason: string; columns?: string[] }) => open<Export>("POST", at(id, "/exports"), { body }),
  approve: (id: string) => open<Export>("POST", `/exports/${encodeURIComponent(id)}/approve`),
  reject: (id: string, reason: string) => open<Export>("POST", `/exports/${encodeURIComponent(id)}/reject`, { body: { reason } }),
  file: (id: string) => download(`/exports/${encodeURIComponent(id)}/file`, `${id}.xlsx`),
};
