import { get, post, put, remove, type Query } from "../api/client";
import type * as S from "../api/openapi";

export const sops = {
  list: () => get("/sops", {}),
  get: (id: string) => get("/sops/{id}", { path: { id } }),
  create: (body: S.SopIn) => post("/sops", { body }),
  save: (id: string, body: S.SopIn) => put("/sops/{id}", { path: { id }, body }),
  turn: (id: string, state: S.SopTurn["state"]) => post("/sops/{id}/state", { path: { id }, body: { state } }),
  enrol: (id: string, body: S.SopEnrol) => post("/sops/{id}/subjects", { path: { id }, body }),
  takeOut: (id: string, subject: string) => remove("/sops/{id}/subjects/{subject}", { path: { id, subject } }),
  board: (query: Query) => get("/sops/board", { query }),
  steps: (query: Query) => get("/sops/steps", { query }),
  effect: (query: Query) => get("/sops/effect", { query }),
  grades: () => get("/sops/grades", {}),
  setGrade: (staff: string, grade: string) => put("/sops/grades/{staff}", { path: { staff }, body: { grade } }),
};

export const sopKeys = {
  all: ["sops"] as const,
  list: ["sops", "list"] as const,
  one: (id: string) => ["sops", "one", id] as const,
  board: (query: Query) => ["sops", "board", query] as const,
  steps: (query: Query) => ["sops", "steps", query] as const,
  effect: (query: Query) => ["sops", "effect", query] as const,
  grades: ["sops", "grades"] as const,
};
