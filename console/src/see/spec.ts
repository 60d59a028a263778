// Building specs: nothing here knows React. A spec travels in the address, so that a question can be linked and kept.
import type { By, Duration, EventSel, Measure, Span, Spec, Where, WhereOp } from "./shapes";

/** Drops what is not set, so that equal questions are equal texts. Lists of conditions that are not finished are dropped too. */
export function tidy<S extends object>(spec: S): S {
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean).filter((item) => item !== undefined);
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value).map(([key, item]) => [key, key === "where" ? finished(item as Where[]) : clean(item)] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  };
  return clean(spec) as S;
}

function finished(where: Where[] | undefined): Where[] | undefined {
  const whole = where?.filter(isWhole);
  return whole?.length ? whole : undefined;
}
export function isWhole({ property, op, value }: Where): boolean {
  if (!property) return false;
  if (op === "exists") return true;
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "";
}

export function toParam(spec: object): string {
  return JSON.stringify(tidy(spec));
}
/** Null when the address holds no spec or something else: the controls take what comes from here at its word. */
export function fromParam(text: string | undefined): Spec | null {
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && Object.entries(value).every(([key, part]) => fits(key, part)) ? (value as Spec) : null;
  } catch {
    return null;
  }
}

const LISTS = ["windows", "models", "bins"];
const SELECTIONS = ["steps", "exclude", "events", "event", "start", "end", "return", "orders", "conversion", "touch", "from", "to"];
const OBJECTS = ["window", "within", "session", "half_life", "span", "among", "by"];

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
function isSelection(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { event, where } = value;
  const named = typeof event === "string" || (Array.isArray(event) && event.every((name) => typeof name === "string"));
  return named && (where === undefined || (Array.isArray(where) && where.every(isObject)));
}
function fits(key: string, part: unknown): boolean {
  if (LISTS.includes(key)) return Array.isArray(part);
  if (OBJECTS.includes(key)) return isObject(part) && Object.keys(part).length > 0;
  if (key === "steps" || key === "exclude") return Array.isArray(part) && part.every(isSelection);
  if (SELECTIONS.includes(key)) return Array.isArray(part) ? key === "events" && part.every(isSelection) : isSelection(part);
  return true;
}

export const SPANS = [7, 30, 90, 180, 365] as const;
export const DEFAULT_SPAN: Span = { last_days: 90 };

/** First and last day of a span, counted from `today` (YYYY-MM-DD). */
export function daysOf(span: Span, today: string): [string, string] {
  if ("from" in span) return [span.from, span.to];
  return [addDays(today, 1 - span.last_days), today];
}
export function addDays(day: string, n: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);
}
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

export type DurationUnit = "days" | "hours" | "minutes";
export function durationOf(duration: Duration): { n: number; unit: DurationUnit } {
  const [unit, n] = Object.entries(duration)[0] as [DurationUnit, number];
  return { n, unit };
}
export function duration(n: number, unit: DurationUnit): Duration {
  return { [unit]: n } as Duration;
}
export function secondsOf(value: Duration): number {
  const { n, unit } = durationOf(value);
  return n * { days: 86_400, hours: 3_600, minutes: 60 }[unit];
}

/** A breakdown as one text, for a select: "property:channel". */
export function byToText(by: By | undefined): string | undefined {
  if (!by) return undefined;
  const [kind, value] = Object.entries(by)[0] as [string, string | string[]];
  return `${kind}:${Array.isArray(value) ? value.join(",") : value}`;
}
export function textToBy(text: string | undefined): By | undefined {
  const at = text?.indexOf(":") ?? -1;
  if (!text || at < 1) return undefined;
  const [kind, value] = [text.slice(0, at), text.slice(at + 1)];
  if (kind === "audiences") return { audiences: value.split(",") };
  return { [kind]: value } as By;
}

export function measureToText(measure: Measure | undefined): string {
  if (!measure || typeof measure === "string") return measure ?? "count";
  return "sum" in measure ? `sum:${measure.sum}` : `value:${measure.value}`;
}
export function textToMeasure(text: string): Measure {
  if (text.startsWith("sum:")) return { sum: text.slice(4) };
  if (text.startsWith("value:")) return { value: text.slice(6) };
  return text === "days" ? "days" : "count";
}
/** Whether numbers of this measure are minor units. */
export function isMoney(measure: Measure | undefined): boolean {
  return typeof measure === "object" && ("sum" in measure ? measure.sum : measure.value) === "amount";
}

export function eventNames(selection: EventSel | undefined): string[] {
  if (!selection) return [];
  return Array.isArray(selection.event) ? selection.event : [selection.event];
}
/** Chosen names as a selection: one is a text, several a list, none is every event. */
export function withEvents(selection: EventSel | undefined, names: string[]): EventSel {
  const concrete = names.length > 1 ? names.filter((name) => name !== "*") : names;
  const event = concrete.length === 0 ? "*" : concrete.length === 1 ? (concrete[0] as string) : concrete;
  return { ...selection, event };
}

const NUMERIC: WhereOp[] = ["gte", "lte", "gt", "lt", "eq", "ne", "exists"];
const TEXTUAL: WhereOp[] = ["in", "nin", "contains", "exists"];
const BOTH: WhereOp[] = ["in", "nin", "contains", "gte", "lte", "exists"];
/** Operators that make sense for values of these kinds (int, float, text, bool, list …). */
export function operatorsFor(kinds: string[]): WhereOp[] {
  const numbers = kinds.some((kind) => ["int", "float", "number", "money"].includes(kind));
  const texts = kinds.some((kind) => !["int", "float", "number", "money"].includes(kind));
  return numbers && texts ? BOTH : numbers ? NUMERIC : TEXTUAL;
}
export function takesNumber(op: WhereOp): boolean {
  return op === "gt" || op === "gte" || op === "lt" || op === "lte";
}
export function takesList(op: WhereOp): boolean {
  return op === "in" || op === "nin";
}
/** A condition after choosing another operator: its value stays when it still fits. */
export function withOperator(where: Where, op: WhereOp): Where {
  if (op === "exists") return { property: where.property, op, value: true };
  if (takesList(op) === Array.isArray(where.value) && where.op !== "exists") return { ...where, op };
  if (takesList(op)) return { ...where, op, value: where.value === undefined || where.op === "exists" ? [] : [where.value as string] };
  return { ...where, op, value: Array.isArray(where.value) ? where.value[0] : undefined };
}

/** Moves one entry of a list by `step`; outside of the list nothing changes. */
export function moved<T>(list: T[], at: number, step: number): T[] {
  const to = at + step;
  if (to < 0 || to >= list.length) return list;
  const next = [...list];
  [next[at], next[to]] = [next[to] as T, next[at] as T];
  return next;
}

/** Which event of the question a series is of: groups of one event follow each other, and each event has the same groups. */
/** The series of the period before that belongs to one of this period: groups may come in another order. */
export function pastOf<S extends { group?: string | null }>(series: S[], at: number, past: S[], asked: number): S | undefined {
  const event = eventOf(at, series.length, asked);
  return past.find((own, index) => eventOf(index, past.length, asked) === event && (own.group ?? null) === (series[at]?.group ?? null));
}
export function eventOf(series: number, all: number, events: number): number {
  return Math.floor(series / Math.max(1, all / Math.max(1, events)));
}
