import { get, post, type Query } from "../api/client";
import type * as S from "../api/openapi";

export const messages = {
  list: (query: Query) => get("/wecom/messages", { query }),
  get: (id: string) => get("/wecom/messages/{id}", { path: { id } }),
  plan: (body: S.MessageNew) => post("/wecom/messages/plan", { body }),
  create: (body: S.MessageNew, once: string) => post("/wecom/messages", { body, once }),
  people: (id: string, query: Query) => get("/wecom/messages/{id}/people", { path: { id }, query }),
  test: (body: S.RehearsalNew) => post("/wecom/messages/test", { body }),
  remind: (id: string) => post("/wecom/messages/{id}/remind", { path: { id } }),
  reassign: (id: string, task: string) => post("/wecom/messages/{id}/tasks/{task}/reassign", { path: { id, task } }),
  cancel: (id: string) => post("/wecom/messages/{id}/cancel", { path: { id } }),
};

export const messageKeys = {
  all: ["messages"] as const,
  list: ["messages", "list"] as const,
  one: (id: string) => ["messages", "one", id] as const,
  people: (id: string, query: Query) => ["messages", "people", id, query] as const,
};
