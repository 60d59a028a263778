import { describe, expect, it } from "vitest";
import { bodyOf, fresh, freshStep, inOrder, isWhole } from "../src/sops/steps";

const step = (key: string, more: object) => ({ ...freshStep([]), key, name: key, task: "x", ...more });

describe("a programme while it is written", () => {
  it("gives a new step a key of its own and the next day", () => {
    const steps = [step("s1", { day: 0 }), step("s3", { day: 6 })];
    const next = freshStep(steps);
    expect(next).toMatchObject({ key: "s4", day: 7 });
    expect(freshStep([step("s2", { day: 1 })]).key).toBe("s3");
    expect(freshStep([step("s1", { day: 730 })]).day).toBe(730);
  });
  it("shows days first, weeks behind them, and keeps each step's place", () => {
    const steps = [step("w", { day: null, weekday: 1 }), step("b", { day: 1, hour: 9 }), step("a", { day: 0, hour: 20 }), step("c", { day: 1, hour: 9, minute: 30 })];
    expect(inOrder(steps).map(({ step: own, at }) => [own.key, at])).toEqual([["a", 2], ["b", 1], ["c", 3], ["w", 0]]);
  });
  it("is whole when everything is said", () => {
    const draft = { ...fresh(), name: "新群", steps: [step("s1", {})] };
    expect(isWhole(draft)).toBe(true);
    expect(isWhole({ ...draft, steps: [step("s1", { task: " " })] })).toBe(false);
    expect(isWhole({ ...draft, steps: [step("s1", { task: null, content: { text: "", attachments: [] } })] })).toBe(false);
    expect(isWhole({ ...draft, steps: [] })).toBe(false);
    expect(bodyOf({ ...draft, name: " 新群 " }, 3)).toMatchObject({ name: "新群", version: 3, rule: null });
  });
});
