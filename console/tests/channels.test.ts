import { describe, expect, it } from "vitest";
import { always, coverage, gaps, hours, isAlways, isOn, paint, total } from "../src/channels/rota";
import { channelParts } from "../src/see/parts";

describe("rota", () => {
  it("counts the hours of a week", () => {
    expect(total(always)).toBe(168);
    expect(total([])).toBe(168);
    expect(total(hours(9, 18, [0, 1, 2, 3, 4]))).toBe(45);
    expect(isAlways(always) && isAlways([]) && !isAlways(hours(0, 23))).toBe(true);
  });
  it("paints rectangles in any direction", () => {
    const painted = paint(hours(0, 0), { day: 2, hour: 10 }, { day: 1, hour: 8 }, true);
    expect(total(painted)).toBe(6);
    expect(isOn(painted, 1, 8) && isOn(painted, 2, 10) && !isOn(painted, 3, 8)).toBe(true);
    expect(total(paint(painted, { day: 0, hour: 0 }, { day: 6, hour: 23 }, false))).toBe(0);
  });
  it("finds hours without anybody", () => {
    expect(gaps([hours(9, 15), hours(15, 22)])).toBe(7 * 11);
    expect(gaps([[]])).toBe(0);
    expect(coverage([hours(9, 15), always])[0]?.slice(8, 10)).toEqual([1, 2]);
  });
});

describe("names of channels", () => {
  it("are put where a question speaks of channels, and nowhere else", () => {
    expect(channelParts({ kind: "attribution", spec: {} })).toEqual({ group: false, touch: true });
    expect(channelParts({ kind: "touchpoints", spec: {} })).toEqual({ group: false, touch: false });
    expect(channelParts({ kind: "touchpoints", spec: { touch_by: "channel" } })).toEqual({ group: false, touch: true });
    expect(channelParts({ kind: "trend", spec: { by: { property: "channel" } } })).toEqual({ group: true, touch: false });
    expect(channelParts({ kind: "trend", spec: { by: { trait: "city" } } })).toEqual({ group: false, touch: false });
  });
});

