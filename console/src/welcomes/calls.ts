import { get, post, put, remove, upload, type Query } from "../api/client";
import type * as S from "../api/openapi";

export const welcomes = {
  list: (days: number) => get("/wecom/welcomes", { query: { days } }),
  get: (id: string) => get("/wecom/welcomes/{id}", { path: { id } }),
  add: (body: S.WelcomeIn) => post("/wecom/welcomes", { body }),
  change: (id: string, body: S.WelcomeIn) => put("/wecom/welcomes/{id}", { path: { id }, body }),
  remove: (id: string) => remove("/wecom/welcomes/{id}", { path: { id } }),
  order: (order: string[]) => put("/wecom/welcomes/order", { body: { order } }),
  test: (body: S.WelcomeTry) => post("/wecom/welcomes/test", { body }),
  arrivals: (query: Query) => get("/wecom/welcomes/arrivals", { query }),
  preview: (body: S.MessageContent, signal?: AbortSignal) => post("/wecom/content/preview", { body, signal }),
  variables: () => get("/wecom/content/variables"),
};

export const files = {
  get: (id: string) => get("/wecom/files/{id}", { path: { id } }),
  upload: (file: File, progress: (share: number) => void) => upload<S.MessageFile>("/wecom/files", { filename: file.name }, file, progress, new AbortController().signal),
};

export const welcomeKeys = {
  all: ["welcomes"] as const,
  list: (days: number) => ["welcomes", "list", days] as const,
  one: (id: string) => ["welcomes", "one", id] as const,
  arrivals: (query: Query) => ["welcomes", "arrivals", query] as const,
  preview: (content: S.MessageContent) => ["welcomes", "preview", content] as const,
  variables: ["welcomes", "variables"] as const,
  file: (id: string) => ["welcomes", "file", id] as const,
};
