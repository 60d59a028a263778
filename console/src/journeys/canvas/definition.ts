// A journey as it is drawn: the document of docs/journeys.md, and the ways out of its nodes.

export type Op = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "contains" | "exists";
export const OPS: readonly Op[] = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "contains", "exists"];
export interface Filter { property: string; op: Op; value?: unknown }
export type Change = "entered" | "left";
export type Trigger = { type: "event"; name: string; where?: Filter[] } | { type: "audience"; id: string; change?: Change };

export const UNITS = ["minute", "hour", "day", "week", "month"] as const;
export type Unit = (typeof UNITS)[number];
export interface Span { amount: number; unit: Unit }

export type Schedule =
  | { every: "once"; date: string; at: string } | { every: "day"; at: string }
  | { every: "week"; weekdays: number[]; at: string } | { every: "month"; day: number; at: string }
  | { every: "festival"; festival: Festival; days_before?: number; at: string };
/** Through the year; their days are the server's to know. */
export const FESTIVALS = [
  "new_year", "laba", "new_years_eve", "spring_festival", "lantern", "valentines", "womens_day", "labour_day", "mothers_day", "love_day", "childrens_day",
  "dragon_boat", "mid_year_sale", "fathers_day", "qixi", "teachers_day", "mid_autumn", "national_day", "double_ninth", "singles_day", "double_twelve", "christmas",
] as const;
export type Festival = (typeof FESTIVALS)[number];
export type Entry = { type: "trigger"; on: Trigger } | { type: "schedule"; schedule: Schedule; audience: string };
export type Again = "never" | "always" | { after_days: number };
export interface Goal { on: Trigger; exit?: boolean }
export interface ExitRule { reason: string; on: Trigger }

/** Where a way leads; null or nothing is a way that is not drawn yet. */
export type Edge = string | null | undefined;
export interface Arm { name?: string; weight: number; to?: Edge }
export type With = Record<string, unknown>;

export interface WaitAct { type: "wait"; for: Span; next?: Edge }
export interface WaitUntilAct { type: "wait_until"; at: string; weekdays?: number[]; date?: string; next?: Edge }
export interface WaitEventAct { type: "wait_event"; on: Trigger; timeout: Span; next?: Edge; timed_out?: Edge }
export interface ConditionAct { type: "condition"; rule: unknown; yes?: Edge; no?: Edge }
export interface SplitAct { type: "split"; arms: Arm[] }
export interface AbAct { type: "ab"; arms: Arm[]; goal?: Trigger; within_days?: number }
export interface MessageAct { type: "message"; with: With; next?: Edge; skipped?: Edge; failed?: Edge }
export interface TaskAct { type: "task"; with: With; deadline: Span; nudge?: Span; reassign?: number; next?: Edge; late?: Edge }
export interface DeedAct { type: "tag" | "points" | "coupon" | "webhook"; with: With; next?: Edge; failed?: Edge }
export interface ExitAct { type: "exit"; outcome?: string }
export type Act = WaitAct | WaitUntilAct | WaitEventAct | ConditionAct | SplitAct | AbAct | MessageAct | TaskAct | DeedAct | ExitAct;
export type Kind = Act["type"];

export type Place = [number, number];
export interface JourneyNode { id: string; name?: string; do: Act; place?: Place }
export interface Definition { format: 1; entry: Entry; again?: Again; goal?: Goal; exits?: ExitRule[]; holdout_percent?: number; holdout_days?: number; start?: Edge; nodes: JourneyNode[] }

export const NODES_MAX = 200;
export const ARMS_MAX = 10;
export const EXITS_MAX = 20;
export const FILTERS_MAX = 20;
export const REASSIGN_MAX = 5;
export const HOLDOUT_MAX = 50;
/** As when nothing is said. */
export const HOLDOUT_DAYS = 30;
export const NAME_MAX = 60;

/** As the palette shows them: time, ways, what is done, the end. */
export const GROUPS = [
  { name: "time", kinds: ["wait", "wait_until", "wait_event"] },
  { name: "ways", kinds: ["condition", "split", "ab"] },
  { name: "deeds", kinds: ["message", "task", "tag", "points", "coupon", "webhook"] },
  { name: "end", kinds: ["exit"] },
] as const satisfies readonly { name: string; kinds: readonly Kind[] }[];
export const KINDS: readonly Kind[] = GROUPS.flatMap((group) => [...group.kinds]);

export const WAYS = ["next", "yes", "no", "happened", "timed_out", "sent", "skipped", "failed", "done", "late"] as const;
export type WayName = (typeof WAYS)[number];

/** A way out. `id` is the name that numbers and problems use (`sent`, `arm_1`), `field` is what the document calls it. */
export interface Way {
  id: string;
  name: WayName | null;
  arm: Arm | null;
  field: string;
  to: string | null;
  /** Goes where the first way goes while it is not drawn. */
  optional: boolean;
}

function plain(act: object, name: WayName, field: string, optional = false): Way {
  const to: unknown = (act as Record<string, unknown>)[field];
  return { id: name, name, arm: null, field, to: typeof to === "string" ? to : null, optional };
}

export function waysOf(act: Act): Way[] {
  switch (act.type) {
    case "wait": case "wait_until": return [plain(act, "next", "next")];
    case "wait_event": return [plain(act, "happened", "next"), plain(act, "timed_out", "timed_out")];
    case "condition": return [plain(act, "yes", "yes"), plain(act, "no", "no")];
    case "split": case "ab":
      return act.arms.map((arm, at) => ({ id: `arm_${at + 1}`, name: null, arm, field: `arms.${at}`, to: arm.to ?? null, optional: false }));
    case "message": return [plain(act, "sent", "next"), plain(act, "skipped", "skipped", true), plain(act, "failed", "failed", true)];
    case "task": return [plain(act, "done", "next"), plain(act, "late", "late", true)];
    case "tag": case "points": case "coupon": case "webhook": return [plain(act, "done", "next"), plain(act, "failed", "failed", true)];
    case "exit": return [];
  }
}

/** The same without these fields: what is left out is not written as nothing. */
export function without<T extends object, K extends keyof T>(own: T, ...fields: K[]): Omit<T, K> & Partial<Pick<T, K>> {
  const rest = { ...own };
  for (const field of fields) delete rest[field];
  return rest;
}

/** Where people go by this way, as the engine sees it. */
export function leadsTo(act: Act, way: Way): string | null {
  return way.to ?? (way.optional ? (waysOf(act)[0]?.to ?? null) : null);
}

/** The node with this way leading there; null takes the way away. Only an optional way disappears from the document. */
export function withWay(act: Act, wayId: string, to: string | null): Act {
  const way = waysOf(act).find((own) => own.id === wayId);
  if (!way || way.to === to) return act;
  if (act.type === "split" || act.type === "ab") return { ...act, arms: act.arms.map((arm) => (arm === way.arm ? { ...arm, to } : arm)) };
  if (to === null && way.optional) return without(act as unknown as Record<string, unknown>, way.field) as unknown as Act;
  return { ...act, [way.field]: to } as Act;
}

/** A new node's contents: what most people begin with. */
export function blank(kind: Kind): Act {
  const arms = (): Arm[] => [{ name: "A", weight: 50, to: null }, { name: "B", weight: 50, to: null }];
  switch (kind) {
    case "wait": return { type: "wait", for: { amount: 1, unit: "day" }, next: null };
    case "wait_until": return { type: "wait_until", at: "10:00", next: null };
    case "wait_event": return { type: "wait_event", on: blankTrigger("event"), timeout: { amount: 3, unit: "day" }, next: null, timed_out: null };
    case "condition": return { type: "condition", rule: { all: [] }, yes: null, no: null };
    case "split": return { type: "split", arms: arms() };
    case "ab": return { type: "ab", arms: arms(), goal: blankTrigger("event"), within_days: 7 };
    case "message": return { type: "message", with: {}, next: null };
    case "task": return { type: "task", with: {}, deadline: { amount: 2, unit: "day" }, next: null };
    case "tag": case "points": case "coupon": case "webhook": return { type: kind, with: {}, next: null };
    case "exit": return { type: "exit" };
  }
}

export function blankTrigger(type: Trigger["type"]): Trigger {
  return type === "event" ? { type: "event", name: "" } : { type: "audience", id: "", change: "entered" };
}

/** The same document's schedule by another rhythm: the time of day stays. */
export function schedule(every: Schedule["every"], at: string, today: string): Schedule {
  switch (every) {
    case "once": return { every, date: today, at };
    case "day": return { every, at };
    case "week": return { every, weekdays: [1], at };
    case "month": return { every, day: 1, at };
    case "festival": return { every, festival: "mid_autumn", days_before: 7, at };
  }
}

export function emptyDefinition(): Definition {
  return { format: 1, entry: { type: "trigger", on: blankTrigger("event") }, start: null, nodes: [] };
}

/** What hangs on a node: numbers of one version. `passed` is by the name of the way; the ends by reason, or only how many. */
export interface NodeNumbers { came: number; inside: number; passed?: Record<string, number>; finished?: number | Record<string, number>; exited?: number | Record<string, number> }
export function total(value: number | Record<string, number> | undefined): number {
  return typeof value === "object" ? Object.values(value).reduce((sum, own) => sum + own, 0) : (value ?? 0);
}

export interface Problem { code: string; node?: string | null; zh?: string; en?: string; message?: string }
