// Instants are UTC on the wire and are always shown in the workspace's zone, wherever the browser is.
import type { Instant, Locale } from "../api/types";

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(key: string, locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${key}|${locale}|${options.timeZone}`;
  let made = cache.get(name);
  if (!made) cache.set(name, (made = new Intl.DateTimeFormat(locale, options)));
  return made;
}

function parts(at: Instant | number, zone: string): Record<string, string> {
  const format = formatter("parts", "en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(new Date(at)).map((part) => [part.type, part.value]));
}

/** 2026-11-22 09:30 (seconds on request): the same in both languages, so that columns line up and can be compared. */
export function dateTime(at: Instant | null | undefined, zone: string, seconds = false): string {
  if (!at || Number.isNaN(Date.parse(at))) return "–";
  const p = parts(at, zone);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}${seconds ? `:${p.second}` : ""}`;
}

export function clock(at: Instant, zone: string): string {
  const p = parts(at, zone);
  return `${p.hour}:${p.minute}:${p.second}`;
}

/** The day of an instant in the zone, YYYY-MM-DD. */
export function dayOf(at: Instant | number, zone: string): string {
  const p = parts(at, zone);
  return `${p.year}-${p.month}-${p.day}`;
}

export function dayTitle(day: string, locale: Locale): string {
  return formatter("day", locale === "zh" ? "zh-CN" : "en-GB", {
    timeZone: "UTC", year: "numeric", month: "long", day: "numeric", weekday: "short",
  }).format(new Date(`${day}T00:00:00Z`));
}

/** First instant of a day in the zone. Where the clock jumps over midnight, the first instant after the jump. */
export function dayStart(day: string, zone: string): Instant {
  const wall = Date.parse(`${day}T00:00:00Z`);
  let guess = wall - offset(wall, zone);
  guess = wall - offset(guess, zone);
  while (dayOf(guess, zone) < day) guess += 1_800_000;
  return new Date(guess).toISOString();
}

/** Last millisecond of a day in the zone: right for "to" whether the server includes the bound or not. */
export function dayEnd(day: string, zone: string): Instant {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return new Date(Date.parse(dayStart(next, zone)) - 1).toISOString();
}

/** "2026-11-22 09:30:00" on the workspace's clock, as an instant. */
export function wallToInstant(text: string, zone: string): Instant {
  const wall = Date.parse(`${text.replace(" ", "T")}Z`);
  const guess = wall - offset(wall, zone);
  return new Date(wall - offset(guess, zone)).toISOString();
}

function offset(at: number, zone: string): number {
  const p = parts(at, zone);
  const shown = Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day), Number(p.hour), Number(p.minute), Number(p.second));
  return shown - Math.floor(at / 1000) * 1000;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60],
];

/** "3 小时前" / "3 hours ago". */
export function ago(at: Instant | null | undefined, locale: Locale, now: number = Date.now()): string {
  if (!at || Number.isNaN(Date.parse(at))) return "–";
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  const format = new Intl.RelativeTimeFormat(locale === "zh" ? "zh-CN" : "en", { numeric: "auto" });
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(0, "second");
}
