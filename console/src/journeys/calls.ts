import { get, post, put, remove, type Query } from "../api/client";
import type * as S from "../api/openapi";

export const journeys = {
  list: (query: Query) => get("/journeys", { query }),
  get: (id: string) => get("/journeys/{id}", { path: { id } }),
  templates: () => get("/journeys/templates", {}),
  create: (body: S.JourneyNew) => post("/journeys", { body }),
  save: (id: string, body: S.JourneyChange) => put("/journeys/{id}", { path: { id }, body }),
  check: (body: S.JourneyCheckIn, signal?: AbortSignal) => post("/journeys/check", { body, signal }),
  attempt: (id: string, body: S.JourneyTry) => post("/journeys/{id}/simulate", { path: { id }, body }),
  moves: (id: string) => get("/journeys/{id}/moves", { path: { id } }),
  publish: (id: string, body: S.JourneyPublish) => post("/journeys/{id}/publish", { path: { id }, body }),
  pause: (id: string) => post("/journeys/{id}/pause", { path: { id } }),
  resume: (id: string) => post("/journeys/{id}/resume", { path: { id } }),
  end: (id: string) => post("/journeys/{id}/end", { path: { id } }),
  enter: (id: string, body: S.JourneyEnter) => post("/journeys/{id}/enter", { path: { id }, body }),
  versions: (id: string) => get("/journeys/{id}/versions", { path: { id } }),
  version: (id: string, version: number) => get("/journeys/{id}/versions/{version}", { path: { id, version } }),
  numbers: (id: string) => get("/journeys/{id}/numbers", { path: { id } }),
  tests: (id: string) => get("/journeys/{id}/tests", { path: { id } }),
  people: (id: string, query: Query) => get("/journeys/{id}/people", { path: { id }, query }),
  ways: (id: string, person: string) => get("/journeys/{id}/people/{person}", { path: { id, person } }),
  remove: (id: string, person: string) => remove("/journeys/{id}/people/{person}", { path: { id, person } }),
};

export const journeyKeys = {
  all: ["journeys"] as const,
  list: ["journeys", "list"] as const,
  templates: ["journeys", "templates"] as const,
  one: (id: string) => ["journeys", "one", id] as const,
  check: (text: string) => ["journeys", "check", text] as const,
  moves: (id: string, edits: number) => ["journeys", "moves", id, edits] as const,
  versions: (id: string) => ["journeys", "versions", id] as const,
  version: (id: string, version: number) => ["journeys", "version", id, version] as const,
  numbers: (id: string) => ["journeys", "numbers", id] as const,
  tests: (id: string) => ["journeys", "tests", id] as const,
  people: (id: string, query: Query) => ["journeys", "people", id, query] as const,
  ways: (id: string, person: string) => ["journeys", "ways", id, person] as const,
};
