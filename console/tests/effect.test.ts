import { describe, expect, it } from "vitest";
import type * as S from "../src/api/openapi";
import { chance, isOneOfSeveral, whiskers } from "../src/gate/effect";

const compared = (low: number, high: number, more: Partial<S.EffectComparison> = {}): S.EffectComparison => ({
  arm: 1, difference: (low + high) / 2, interval: { low, high }, p: 0.5, extra: null, extra_interval: null, findable: null, people_needed: null, verdict: "too_small", ...more,
});

describe("the whiskers of an outcome", () => {
  it("lie on one scale with nought on it", () => {
    const [one, two] = whiskers([compared(0.01, 0.03), compared(-0.01, 0.01)]);
    expect(one && two && one.zero === two.zero && two.low < two.zero && one.low > one.zero && one.high > two.high).toBe(true);
    for (const at of [one, two].flatMap((own) => Object.values(own ?? {}) as number[])) expect(at >= 0 && at <= 100).toBe(true);
  });
  it("are not drawn where there is nothing to compare", () => {
    expect(whiskers([compared(0, 0, { difference: null, interval: null })])).toEqual([null]);
    expect(whiskers([compared(0, 0)])[0]?.zero).toBe(50);
  });
});

describe("words about comparisons", () => {
  it("say when a difference is one of several", () => {
    expect(isOneOfSeveral(compared(0.01, 0.02, { p: 0.08 }))).toBe(true);
    expect(isOneOfSeveral(compared(0.01, 0.02, { p: 0.08, verdict: "mismatch" }))).toBe(false);
    expect(isOneOfSeveral(compared(-0.01, 0.02, { p: 0.08 }))).toBe(false);
    expect(isOneOfSeveral(compared(0.01, 0.02, { p: 0.02 }))).toBe(false);
  });
  it("do not say that anything is impossible", () => {
    const percent = (share: number) => `${+(share * 100).toFixed(2)}%`;
    expect([chance(0, percent), chance(0.03, percent)]).toEqual(["< 0.01%", "3%"]);
  });
});
