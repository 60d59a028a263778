import { download, get, post, put, type Query } from "../api/client";
import type * as S from "../api/openapi";

export type Lead = S.LeadOut;
export type LeadMove = S.LeadMove;
export type LeadNew = S.LeadNew;
export type LeadRule = S.LeadRule;
export type LeadSettings = S.LeadSettings;
export type LeadContact = S.LeadContact;
export type LeadPlace = S.LeadPlaceFigures;
export type LeadStaff = S.LeadStaffFigures;

export const STATES = ["new", "recycled", "claimed", "contacted", "added", "won", "lost", "merged"] as const;
export const SOURCES = ["import", "manual", "audience", "lost", "idle", "group", "shop"] as const;
export const WALKS = ["lost", "idle", "group", "shop"] as const;
export const WAYS = ["phone", "wecom", "sms", "store", "other"] as const;
export const RESULTS = ["reached", "no_answer", "refused", "invalid"] as const;
export const MODES = ["round_robin", "weights", "conversion", "store", "owner"] as const;

const of = (id: string) => ({ path: { id } });

export const leads = {
  list: (query: Query) => get("/leads", { query }),
  counts: () => get("/leads/counts"),
  get: (id: string) => get("/leads/{id}", of(id)),
  moves: (id: string) => get("/leads/{id}/moves", of(id)),
  add: (body: LeadNew) => post("/leads", { body }),
  addPeople: (body: S.LeadPeople) => post("/leads/people", { body }),
  assign: (body: S.LeadAssign) => post("/leads/assign", { body }),
  release: (id: string, reason: string) => post("/leads/{id}/release", { ...of(id), body: { reason } }),
  lose: (id: string, reason: string) => post("/leads/{id}/lose", { ...of(id), body: { reason } }),
  win: (id: string, note: string) => post("/leads/{id}/win", { ...of(id), body: { note } }),
  contact: (id: string, body: LeadContact) => post("/leads/{id}/contact", { ...of(id), body }),
  note: (id: string, note: string) => post("/leads/{id}/notes", { ...of(id), body: { note } }),
  phone: (id: string) => post("/leads/{id}/phone", of(id)),
  settings: () => get("/leads/settings"),
  setSettings: (body: LeadSettings) => put("/leads/settings", { body }),
  rules: () => get("/leads/rules"),
  setRules: (rules: LeadRule[]) => put("/leads/rules", { body: { rules } }),
  board: (query: Query) => get("/leads/board", { query }),
  excel: (query: Query, filename: string) => download("/leads/export.xlsx", filename, query),
};

export const leadKeys = {
  all: ["leads"] as const,
  list: (query: Query) => ["leads", "list", query] as const,
  counts: ["leads", "counts"] as const,
  one: (id: string) => ["leads", "one", id] as const,
  moves: (id: string) => ["leads", "one", id, "moves"] as const,
  settings: ["leads", "settings"] as const,
  rules: ["leads", "rules"] as const,
  board: (query: Query) => ["leads", "board", query] as const,
};
