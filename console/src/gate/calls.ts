import { get, post, put, type Query } from "../api/client";
import type * as S from "../api/openapi";

export const gate = {
  runs: (query: Query) => get("/runs", { query }),
  run: (id: string) => get("/runs/{id}", { path: { id } }),
  effect: (id: string, query: Query) => get("/runs/{id}/effect", { path: { id }, query }),
  people: (id: string, query: Query) => get("/runs/{id}/people", { path: { id }, query }),
  ofPerson: (id: string, query: Query) => get("/people/{id}/decisions", { path: { id }, query }),
  rules: () => get("/gate/rules", {}),
  versions: () => get("/gate/rules/versions", {}),
  save: (body: S.GateRulesChange) => put("/gate/rules", { body }),
  attempt: (body: S.GateRulesTry) => post("/gate/rules/try", { body }),
};

export const gateKeys = {
  all: ["gate"] as const,
  runs: (query: Query) => ["gate", "runs", query] as const,
  run: (id: string) => ["gate", "run", id] as const,
  effect: (id: string, days: number) => ["gate", "effect", id, days] as const,
  people: (id: string, query: Query) => ["gate", "people", id, query] as const,
  ofPerson: (id: string) => ["gate", "person", id] as const,
  rules: ["gate", "rules"] as const,
  versions: ["gate", "versions"] as const,
};

export const broadcasts = {
  plan: (body: S.BroadcastNew) => post("/broadcasts/plan", { body }),
  create: (body: S.BroadcastNew, once: string) => post("/broadcasts", { body, once }),
  get: (id: string) => get("/broadcasts/{id}", { path: { id } }),
  approve: (id: string) => post("/broadcasts/{id}/approve", { path: { id } }),
  choose: (id: string, content: number) => post("/broadcasts/{id}/winner", { path: { id }, body: { content } }),
  pause: (id: string) => post("/broadcasts/{id}/pause", { path: { id } }),
  resume: (id: string) => post("/broadcasts/{id}/resume", { path: { id } }),
  cancel: (id: string) => post("/broadcasts/{id}/cancel", { path: { id } }),
};
export const broadcastKey = (id: string) => ["messages", "broadcast", id] as const;
