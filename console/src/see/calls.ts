// The calls of analysis and boards.
import { downloadFor, open } from "../api/client";
import type { Page, PersonRow } from "../api/types";
import type { Answered, Board, BoardItem, Catalogue, Cell, CreditLine, KindName, Spec } from "./shapes";

export const analysis = {
  ask: <R>(kind: KindName, spec: Spec, signal?: AbortSignal) => open<R & Answered>("POST", `/analysis/${kind}`, { body: spec, signal }),
  people: (kind: KindName, body: { spec: Spec; cell: Cell; limit: number; after: string | null }) => open<Page<PersonRow>>("POST", `/analysis/${kind}/people`, { body }),
  credits: (body: { spec: Spec; cell: Cell; limit: number; after: string | null }) => open<Page<CreditLine>>("POST", "/analysis/attribution/credits", { body }),
  audience: (kind: KindName, body: { spec: Spec; cell: Cell; name: string }) => open<{ id: string; name: string }>("POST", `/analysis/${kind}/audience`, { body }),
  excel: (kind: KindName, spec: Spec, filename: string) => downloadFor(`/analysis/${kind}/export`, { spec }, filename),
  catalogue: () => open<Catalogue>("GET", "/analysis/catalogue"),
  defaults: () => open<Partial<Record<KindName, Spec>>>("GET", "/analysis/defaults"),
};

export const boards = {
  list: () => open<Page<Board>>("GET", "/boards"),
  get: (id: string) => open<Board>("GET", `/boards/${encodeURIComponent(id)}`),
  add: (body: { name: string; items: BoardItem[] }) => open<Board>("POST", "/boards", { body }),
  change: (id: string, body: { name: string; items: BoardItem[]; version: number }) => open<Board>("PUT", `/boards/${encodeURIComponent(id)}`, { body }),
  remove: (id: string) => open<void>("DELETE", `/boards/${encodeURIComponent(id)}`),
};

export const seeKeys = {
  catalogue: ["see", "catalogue"] as const,
  defaults: ["see", "defaults"] as const,
  answer: (kind: KindName, spec: Spec) => ["see", "answer", kind, spec] as const,
  people: (kind: KindName, spec: Spec, cell: Cell) => ["see", "people", kind, spec, cell] as const,
  credits: (spec: Spec, cell: Cell) => ["see", "credits", spec, cell] as const,
  boards: ["boards"] as const,
  board: (id: string) => ["boards", id] as const,
};
