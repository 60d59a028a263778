// Shares, durations and plain numbers as people read them.
import type { Locale } from "../api/types";

const tag = (locale: Locale) => (locale === "zh" ? "zh-CN" : "en-US");
export const NOTHING = "–";

/** 0.1234 as 12.3%. Null and NaN: there was nothing to divide by. Small shares keep a digit that says something. */
export function percent(share: number | null | undefined, locale: Locale, digits = 1): string {
  if (typeof share !== "number" || !Number.isFinite(share)) return NOTHING;
  const small = share !== 0 && Math.abs(share) < 0.5 * 10 ** -(digits + 2);
  return new Intl.NumberFormat(tag(locale), { style: "percent", maximumFractionDigits: small ? digits + 2 : digits }).format(share);
}

export function decimal(value: number | null | undefined, locale: Locale, digits = 2): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return NOTHING;
  return new Intl.NumberFormat(tag(locale), { maximumFractionDigits: digits }).format(value);
}

/** For axes and tight cells: 1.2万, 12K. */
export function short(value: number, locale: Locale): string {
  return new Intl.NumberFormat(tag(locale), { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

const UNITS: [seconds: number, unit: string][] = [[86_400, "day"], [3_600, "hour"], [60, "minute"], [1, "second"]];

/** The two largest units of a duration: "2天 3小时", "5 min". */
export function span(seconds: number | null | undefined, locale: Locale): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return NOTHING;
  const show = (n: number, unit: string) => new Intl.NumberFormat(tag(locale), { style: "unit", unit, unitDisplay: "short" }).format(n);
  let rest = Math.round(seconds);
  const at = UNITS.findIndex(([size]) => rest >= size);
  if (at < 0) return show(0, "second");
  const shown: string[] = [];
  for (const [size, unit] of UNITS.slice(at, at + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n) shown.push(show(n, unit));
  }
  return shown.join(" ");
}

/** How much now is above before, as a share of before; null when there was nothing before. */
export function growth(now: number | null | undefined, before: number | null | undefined): number | null {
  if (typeof now !== "number" || typeof before !== "number" || before === 0) return null;
  return (now - before) / Math.abs(before);
}
