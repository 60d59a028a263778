import { download, get, post, type Query } from "../api/client";
import type * as S from "../api/openapi";

export type Handover = S.HandoverOut;
export type HandoverItem = S.HandoverItemOut;
export type HandoverNew = S.HandoverNew;
export type Leaver = S.HandoverLeaver;

export const handovers = {
  list: (query: Query) => get("/handovers", { query }),
  get: (id: string) => get("/handovers/{id}", { path: { id } }),
  forecast: (body: HandoverNew, signal?: AbortSignal) => post("/handovers/forecast", { body, signal }),
  add: (body: HandoverNew) => post("/handovers", { body }),
  items: (id: string, query: Query) => get("/handovers/{id}/items", { path: { id }, query }),
  cancel: (id: string) => post("/handovers/{id}/cancel", { path: { id } }),
  file: (id: string) => download(`/handovers/${encodeURIComponent(id)}/export.xlsx`, `${id}.xlsx`),
  leavers: () => get("/handovers/leavers"),
  readLeavers: () => post("/handovers/leavers/read"),
};

export const handoverKeys = {
  all: ["handovers"] as const,
  one: (id: string) => ["handovers", id] as const,
  items: (id: string, query: Query) => ["handovers", id, "items", query] as const,
  leavers: ["handovers", "leavers"] as const,
};
