import { describe, expect, it } from "vitest";
import type { Deed } from "../src/api/rule";
import { countOf, DEED_MODES, deedOf, eventOfDeed, freshDeed, isDeedComplete, modeOfDeed, spanOfDeed, withCount, withEvent, withMode, withSpan } from "../src/people/deed";
import { describe as say, isCond, isComplete, isGroup, placeOf } from "../src/people/rule";

const event = { event: "Order Completed" };
const span = { last_days: 30 };

describe("what somebody did", () => {
  it("is told apart by its shape, in each kind", () => {
    for (const mode of DEED_MODES) {
      const deed = deedOf(mode, event, span);
      expect(modeOfDeed(deed)).toBe(mode);
      expect(spanOfDeed(deed)).toEqual(span);
      expect(eventOfDeed(deed)).toEqual(event);
      expect(isDeedComplete(deed)).toBe(true);
      expect([isGroup(deed), isCond(deed)]).toEqual([false, false]);
    }
  });
  it("keeps event and time when it becomes another kind", () => {
    const deed = withMode({ last: { event: ["A", "B"], where: [{ property: "p", op: "exists", value: true }], span: { ever: true } } }, "days");
    expect(deed).toEqual({ did: { event: ["A", "B"], where: [{ property: "p", op: "exists", value: true }], span: { ever: true }, days: { op: "gte", value: 2 } } });
  });
  it("changes one part at a time", () => {
    const deed = freshDeed("A");
    expect(withCount(deed, { value: 5 })).toMatchObject({ did: { event: "A", times: { op: "gte", value: 5 } } });
    expect(countOf(withCount(deedOf("sum", event, span), { op: "lt" }))).toMatchObject({ op: "lt", property: "amount" });
    expect(withSpan(deed, { ever: true })).toMatchObject({ did: { span: { ever: true } } });
    expect(withCount(deedOf("first", event, span), { value: 9 })).toEqual(deedOf("first", event, span));
  });
  it("drops the conditions of the event it had", () => {
    const deed: Deed = { did: { event: "A", where: [{ property: "p", op: "exists", value: true }], times: { op: "gte", value: 1 } } };
    expect(JSON.parse(JSON.stringify(withEvent(deed, { event: "B" })))).toEqual({ did: { event: "B", times: { op: "gte", value: 1 } } });
    expect(withEvent(deedOf("sequence", event, span), { event: "B" })).toMatchObject({ sequence: { steps: [{ event: "B" }, {}] } });
  });
  it("is complete when it names events and a number", () => {
    expect(isDeedComplete({ did: { event: [] } })).toBe(false);
    expect(isDeedComplete({ did: { event: "A", times: { op: "gte", value: Number.NaN } } })).toBe(false);
    expect(isDeedComplete({ did: { event: "A", sum: { property: "", op: "gte", value: 1 } } })).toBe(false);
    expect(isDeedComplete({ sequence: { steps: [event] } })).toBe(false);
  });
});

describe("a rule with deeds", () => {
  it("is complete when they are, and is said with them", () => {
    const words = { field: String, op: String, value: () => "v", deed: (deed: Deed) => modeOfDeed(deed), and: "and", or: "or", not: "not" };
    const rule = { any: [freshDeed("A"), { all: [deedOf("never", event, span), { field: "f", op: "eq" as const, value: 1 }] }] };
    expect(isComplete(rule)).toBe(true);
    expect(isComplete({ all: [{ did: { event: [] } }] })).toBe(false);
    expect(say(rule, words)).toBe("did or (never and f eq v)");
  });
  it("names its places as the program does", () => {
    expect(placeOf(placeOf("rule", "all", 0), "any", 2)).toBe("rule.all[0].any[2]");
  });
});
