// One way to the server, without the console's: a page on a phone loads this and nothing else.
import type * as S from "../api/openapi";
import { locale, t } from "./words";

export type Session = S.GuideSession;
export type Row = S.GuideCustomerRow;
export type Customer = S.GuideCustomer;
export type Task = S.GuideTask;
export type Note = S.GuideNote;
export type Script = S.GuideScript;
export type Scripts = S.GuideScriptList;
export type Kit = S.GuideKit;
export type KitMaterial = S.GuideMaterial;
export type Stage = S.GuideStage;
export type TagGroup = S.GuideTagGroup;
export type Deed = S.PersonEvent;
export type Order = S.OrderOut;
export type Group = S.GuideGroup;
export type Member = S.GuideMember;
export type Numbers = S.GuideNumbers;
export type Counts = S.GuideCounts;
export type Board = S.GuideBoard;
export type Lead = S.LeadOut;
export type LeadWhole = S.GuideLead;
export type LeadRoom = S.GuideLeadRoom;
export interface Items<T> { items: T[]; next?: string | null }

/** What the server refused, in the reader's language. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

let csrf = "";
export function setCsrf(token: string) {
  csrf = token;
}

/** Which of the two pages this is: a login comes back to it. */
export function page(): "side" | "work" {
  return location.pathname.startsWith("/guide/work") ? "work" : "side";
}
export function logIn() {
  location.replace(`/guide/enter?to=${page()}`);
}

type Query = Record<string, string | number | null | undefined>;

async function call<T>(method: string, path: string, query?: Query, body?: unknown): Promise<T> {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  const text = params.toString();
  const headers: Record<string, string> = { "Accept-Language": locale() === "zh" ? "zh-CN" : "en" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/guide${path}${text ? `?${text}` : ""}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, "offline", t("offline"));
  }
  if (answer.status === 204) return undefined as T;
  const said = await answer.text();
  if (answer.ok) return JSON.parse(said) as T;
  let told: { code?: string; message?: string } = {};
  try {
    told = JSON.parse(said) as typeof told;
  } catch {
    // Not our body: something between us and the server answered.
  }
  throw new Refused(answer.status, told.code ?? "unreadable_answer", told.message ?? `HTTP ${answer.status}`);
}

export const get = <T>(path: string, query?: Query) => call<T>("GET", path, query);
export const post = <T>(path: string, body: unknown) => call<T>("POST", path, undefined, body);
export const put = <T>(path: string, body: unknown) => call<T>("PUT", path, undefined, body);
export const patch = <T>(path: string, body: unknown) => call<T>("PATCH", path, undefined, body);
export const remove = <T>(path: string) => call<T>("DELETE", path);
export const at = encodeURIComponent;
