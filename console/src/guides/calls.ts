import { get, patch, post, put, remove, type Query } from "../api/client";
import type * as S from "../api/openapi";

export const guides = {
  setup: () => get("/guide/setup"),
  change: (body: S.GuideSettingsIn) => patch("/guide/setup", { body }),
  putFile: (name: string, content: string) => put("/guide/setup/files/{name}", { path: { name }, body: { content } }),
  dropFile: (name: string) => remove("/guide/setup/files/{name}", { path: { name } }),
  stages: () => get("/guide/setup/stages"),
  setStages: (stages: S.GuideStageName[]) => put("/guide/setup/stages", { body: { stages } }),
  scripts: (query: Query) => get("/guide/setup/scripts", { query }),
  addFolder: (name: string) => post("/guide/setup/folders", { body: { name } }),
  renameFolder: (id: string, name: string) => patch("/guide/setup/folders/{id}", { path: { id }, body: { name } }),
  dropFolder: (id: string) => remove("/guide/setup/folders/{id}", { path: { id } }),
  addScript: (body: S.GuideScriptIn) => post("/guide/setup/scripts", { body }),
  changeScript: (id: string, body: S.GuideScriptPatch) => patch("/guide/setup/scripts/{id}", { path: { id }, body }),
  dropScript: (id: string) => remove("/guide/setup/scripts/{id}", { path: { id } }),
  give: (body: S.GuideOrderIn) => post("/guide/setup/tasks", { body }),
  board: () => get("/guide/setup/board", { query: { days: 7 } }),
};

export const guideKeys = {
  all: ["guides"] as const,
  part: (part: string, query: Query = {}) => ["guides", part, query] as const,
};
