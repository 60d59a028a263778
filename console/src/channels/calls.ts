import { apiUrl, download, get, patch, post, remove, type Query } from "../api/client";
import type * as S from "../api/openapi";

export type Channel = S.ChannelOut;
export type Figures = S.ChannelFigures;
export type FigureCell = S.FigureCell;
export type Cost = S.ChannelCost;
export type Code = S.CodeOut;
export type Seat = S.CodeSeat;
export type Way = S.CodeWay;
export type SeatInput = S.CodeSeatIn;

export const KINDS = ["store", "elevator", "parcel", "ad", "live", "article", "kol", "partner", "guide", "other"] as const;
export const POOLS = ["general", "buyer", "prospect"] as const;

const part = encodeURIComponent;

export const channels = {
  list: (query: Query) => get("/channels", { query }),
  board: (query: Query) => get("/channels/board", { query }),
  names: () => get("/channels/names"),
  strays: () => get("/channels/strays"),
  get: (id: string) => get("/channels/{id}", { path: { id } }),
  add: (body: S.ChannelNew) => post("/channels", { body }),
  change: (id: string, body: S.ChannelPatch) => patch("/channels/{id}", { path: { id }, body }),
  friends: (id: string, query: Query) => get("/channels/{id}/friends", { path: { id }, query }),
  costs: (id: string) => get("/channels/{id}/costs", { path: { id } }),
  addCost: (id: string, body: S.ChannelCostIn) => post("/channels/{id}/costs", { path: { id }, body }),
  removeCost: (id: string, cost: string) => remove("/channels/{id}/costs/{cost}", { path: { id, cost } }),
  excel: (query: Query, filename: string) => download("/channels/export.xlsx", filename, query),
};

export const codes = {
  list: (query: Query) => get("/live-codes", { query }),
  get: (id: string) => get("/live-codes/{id}", { path: { id } }),
  add: (body: S.CodeNew) => post("/live-codes", { body }),
  change: (id: string, body: S.CodePatch) => patch("/live-codes/{id}", { path: { id }, body }),
  archive: (id: string) => post("/live-codes/{id}/archive", { path: { id } }),
  renew: (id: string, pool: string) => post("/live-codes/{id}/renew", { path: { id }, body: { pool } }),
  excel: (query: Query, filename: string) => download("/live-codes/export.xlsx", filename, query),
  told: (id: string, query: Query) => get("/live-codes/{id}/told", { path: { id }, query }),
  qr: (id: string, pool: string, format: "png" | "svg", size: number, filename: string) => download(`/live-codes/${part(id)}/qr`, filename, { pool, format, size }),
  qrUrl: (id: string, pool: string) => apiUrl(`/live-codes/${part(id)}/qr`, { pool, format: "svg" }),
  qrPng: (id: string, pool: string) => apiUrl(`/live-codes/${part(id)}/qr`, { pool, format: "png", size: 1200 }),
};

export const channelKeys = {
  all: ["channels"] as const,
  names: ["channels", "names"] as const,
  strays: ["channels", "strays"] as const,
  choice: ["channels", "choice"] as const,
  board: (query: Query) => ["channels", "board", query] as const,
  one: (id: string) => ["channels", "one", id] as const,
  figures: (id: string, query: Query) => ["channels", "one", id, "figures", query] as const,
  costs: (id: string) => ["channels", "one", id, "costs"] as const,
  friends: (id: string) => ["channels", "one", id, "friends"] as const,
  codes: (query: Query) => ["channels", "codes", query] as const,
  code: (id: string) => ["channels", "code", id] as const,
  told: (id: string) => ["channels", "code", id, "told"] as const,
};

export type GroupCode = S.GroupCodeOut;
export type GroupVariant = S.GroupCodeWay;

export const groupCodes = {
  list: (query: Query) => get("/group-codes", { query }),
  get: (id: string) => get("/group-codes/{id}", { path: { id } }),
  add: (body: S.GroupCodeNew) => post("/group-codes", { body }),
  change: (id: string, body: S.GroupCodePatch) => patch("/group-codes/{id}", { path: { id }, body }),
  excel: (query: Query, filename: string) => download("/group-codes/export.xlsx", filename, query),
  archive: (id: string) => post("/group-codes/{id}/archive", { path: { id } }),
  qr: (id: string, variant: string, format: "png" | "svg", size: number, filename: string) => download(`/group-codes/${part(id)}/qr`, filename, { pool: variant, format, size }),
  qrUrl: (id: string, variant: string) => apiUrl(`/group-codes/${part(id)}/qr`, { pool: variant, format: "svg" }),
  qrPng: (id: string, variant: string) => apiUrl(`/group-codes/${part(id)}/qr`, { pool: variant, format: "png", size: 1200 }),
};

export const groupKeys = {
  list: (query: Query) => ["channels", "group-codes", query] as const,
  one: (id: string) => ["channels", "group-code", id] as const,
};
