import { get, post, put, remove, type Query } from "../api/client";
import type * as S from "../api/openapi";

export const groupMessages = {
  list: (query: Query) => get("/wecom/group-messages", { query }),
  get: (id: string) => get("/wecom/group-messages/{id}", { path: { id } }),
  plan: (body: S.GroupMessageNew) => post("/wecom/group-messages/plan", { body }),
  create: (body: S.GroupMessageNew, once: string) => post("/wecom/group-messages", { body, once }),
  groups: (id: string, query: Query) => get("/wecom/group-messages/{id}/groups", { path: { id }, query }),
  remind: (id: string) => post("/wecom/group-messages/{id}/remind", { path: { id } }),
  cancel: (id: string) => post("/wecom/group-messages/{id}/cancel", { path: { id } }),
};

export const groupWelcomes = {
  list: () => get("/wecom/group-welcomes"),
  add: (body: S.GroupWelcomeNew) => post("/wecom/group-welcomes", { body }),
  change: (id: string, body: S.GroupWelcomeNew) => put("/wecom/group-welcomes/{id}", { path: { id }, body }),
  remove: (id: string) => remove("/wecom/group-welcomes/{id}", { path: { id } }),
  retry: (id: string) => post("/wecom/group-welcomes/{id}/retry", { path: { id } }),
};

export const moments = {
  list: (query: Query) => get("/wecom/moments", { query }),
  get: (id: string) => get("/wecom/moments/{id}", { path: { id } }),
  create: (body: S.MomentNew, once: string) => post("/wecom/moments", { body, once }),
  people: (id: string, query: Query) => get("/wecom/moments/{id}/people", { path: { id }, query }),
  cancel: (id: string) => post("/wecom/moments/{id}/cancel", { path: { id } }),
};

export const groupKeys = {
  all: ["group-reach"] as const,
  messages: ["group-reach", "messages"] as const,
  message: (id: string) => ["group-reach", "message", id] as const,
  groups: (id: string, query: Query) => ["group-reach", "groups", id, query] as const,
  welcomes: ["group-reach", "welcomes"] as const,
  moments: ["group-reach", "moments"] as const,
  moment: (id: string) => ["group-reach", "moment", id] as const,
  watchers: (id: string, query: Query) => ["group-reach", "watchers", id, query] as const,
};
