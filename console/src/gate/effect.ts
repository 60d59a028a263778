// Pure parts of the effect panel: what a figure is called, where a whisker lies.
import type * as S from "../api/openapi";

export interface Whisker { zero: number; low: number; high: number; at: number }

/** Places from 0 to 100 on one scale for all comparisons of an outcome, nought among them. */
export function whiskers(all: readonly S.EffectComparison[]): (Whisker | null)[] {
  const ends = all.flatMap((own) => (own.interval && typeof own.difference === "number" ? [own.interval.low, own.interval.high] : []));
  const low = Math.min(0, ...ends);
  const high = Math.max(0, ...ends);
  const room = (high - low || 1) * 0.06;
  const place = (value: number) => ((value - low + room) / (high - low + 2 * room)) * 100;
  return all.map((own) => (own.interval && typeof own.difference === "number" ? { zero: place(0), low: place(own.interval.low), high: place(own.interval.high), at: place(own.difference) } : null));
}

/** The interval of one comparison leaves nought out, and the word does not say so: there were several. */
export function isOneOfSeveral(own: S.EffectComparison): boolean {
  const apart = own.interval ? own.interval.low > 0 || own.interval.high < 0 : false;
  return apart && (own.verdict === "no_difference_seen" || own.verdict === "too_small") && (own.p ?? 0) >= 0.05;
}

/** A probability as it is read: never nought. */
export function chance(p: number, percent: (share: number) => string): string {
  return p < 0.0001 ? `< ${percent(0.0001)}` : percent(p);
}
