import { describe, expect, it } from "vitest";
import { fillPath } from "../src/api/client";
import { decimal, growth, percent, span } from "../src/format/numbers";
import { matrixOf } from "../src/see/attribution";
import { binLabel, edgesOf } from "../src/see/bins";
import { betweenOf, columnsOf, LEFT } from "../src/see/flows";
import { lies } from "../src/see/controls/Mistake";
import { KINDS, type Attributed, type PathLink } from "../src/see/shapes";
import { loaders } from "../src/see/kind";
import { curveOf, groupsOf } from "../src/see/ltv";
import { gridOf } from "../src/see/rfm";
import {
  addDays, byToText, daysBetween, daysOf, duration, durationOf, eventOf, fromParam, isMoney, measureToText, moved, operatorsFor, pastOf, secondsOf, textToBy, textToMeasure, tidy, toParam, withEvents,
  withOperator,
} from "../src/see/spec";

describe("numbers", () => {
  it("show shares, and say when there was nothing to divide by", () => {
    expect([percent(0.1234, "en"), percent(null, "zh"), percent(Number.NaN, "en"), percent(0, "en"), percent(1, "zh", 0)]).toEqual(["12.3%", "–", "–", "0%", "100%"]);
    expect(percent(0.00034, "en")).toBe("0.034%");
  });
  it("show the two largest units of a duration", () => {
    expect([span(0, "en"), span(59, "en"), span(3_600, "en"), span(93_784, "en"), span(86_400 * 3 + 5, "en"), span(null, "en")]).toEqual(["0 sec", "59 sec", "1 hr", "1 day 2 hr", "3 days", "–"]);
    expect(span(90_000, "zh")).toContain("1");
  });
  it("compare with what was before", () => {
    expect([growth(12, 10), growth(5, 0), growth(0, 4), growth(null, 3), growth(-5, -10)]).toEqual([0.2, null, -1, null, 0.5]);
    expect(decimal(1234.567, "en")).toBe("1,234.57");
  });
});

describe("a spec", () => {
  it("leaves out what is not set and conditions that are not finished", () => {
    const spec = {
      steps: [{ event: "A", where: [{ property: "channel", op: "in" as const, value: [] }] }, { event: "B", where: [{ property: "price", op: "gte" as const, value: 0 }] }], among: undefined, compare: false,
    };
    expect(tidy(spec)).toEqual({ steps: [{ event: "A" }, { event: "B", where: [{ property: "price", op: "gte", value: 0 }] }], compare: false });
    expect(spec.steps[0]?.where).toHaveLength(1);
  });
  it("travels in the address, and anything else there is ignored", () => {
    const spec = { span: { last_days: 30 }, by: { property: "channel" } };
    expect(fromParam(toParam(spec))).toEqual(spec);
    expect([fromParam("{"), fromParam("[1]"), fromParam("null"), fromParam("7"), fromParam(undefined)]).toEqual([null, null, null, null, null]);
  });
  it("counts days with both ends in them", () => {
    expect(daysOf({ last_days: 7 }, "2026-03-03")).toEqual(["2026-02-25", "2026-03-03"]);
    expect(daysOf({ from: "2026-01-01", to: "2026-01-31" }, "2026-03-03")).toEqual(["2026-01-01", "2026-01-31"]);
    expect([addDays("2024-02-28", 1), daysBetween("2024-02-28", "2024-03-01")]).toEqual(["2024-02-29", 2]);
  });
  it("knows durations by their unit", () => {
    expect(durationOf({ hours: 3 })).toEqual({ n: 3, unit: "hours" });
    expect([duration(2, "days"), secondsOf({ minutes: 30 }), secondsOf({ days: 2 })]).toEqual([{ days: 2 }, 1_800, 172_800]);
  });
  it("names breakdowns and measures by a text that leads back", () => {
    for (const by of [{ property: "a:b" }, { trait: "city" }, { tags: "tgr_1" }, { audiences: ["aud_1", "aud_2"] }]) expect(textToBy(byToText(by))).toEqual(by);
    expect([byToText(undefined), textToBy(undefined), textToBy("nonsense")]).toEqual([undefined, undefined, undefined]);
    for (const measure of ["count", "days", { sum: "amount" }, { value: "price" }] as const) expect(textToMeasure(measureToText(measure))).toEqual(measure);
    expect([isMoney({ sum: "amount" }), isMoney({ value: "price" }), isMoney("count"), isMoney(undefined)]).toEqual([true, false, false, false]);
  });
  it("takes one event, several, or any", () => {
    const where = [{ property: "a", op: "exists" as const }];
    expect(withEvents({ event: "A", where }, ["A", "B"])).toEqual({ event: ["A", "B"], where });
    expect(withEvents(undefined, [])).toEqual({ event: "*" });
    expect(withEvents({ event: "*" }, ["*", "A"])).toEqual({ event: "A" });
  });
  it("moves an entry and stays within the list", () => {
    expect([moved([1, 2, 3], 0, 1), moved([1, 2, 3], 0, -1), moved([1, 2, 3], 2, 1)]).toEqual([[2, 1, 3], [1, 2, 3], [1, 2, 3]]);
  });
  it("tells which event a series is of", () => {
    expect([0, 1, 2, 3, 4, 5].map((at) => eventOf(at, 6, 2))).toEqual([0, 0, 0, 1, 1, 1]);
    expect([eventOf(1, 2, 2), eventOf(0, 0, 1)]).toEqual([1, 0]);
  });
});

describe("conditions on properties", () => {
  it("offer what fits the values", () => {
    expect(operatorsFor(["int"])).toContain("gte");
    expect(operatorsFor(["int"])).not.toContain("contains");
    expect(operatorsFor(["text"])).toEqual(["in", "nin", "contains", "exists"]);
    expect(operatorsFor(["int", "text"])).toEqual(expect.arrayContaining(["gte", "contains"]));
  });
  it("keep a value that still fits", () => {
    expect(withOperator({ property: "p", op: "in", value: ["a", "b"] }, "nin").value).toEqual(["a", "b"]);
    expect(withOperator({ property: "p", op: "in", value: ["a", "b"] }, "contains").value).toBe("a");
    expect(withOperator({ property: "p", op: "contains", value: "a" }, "in").value).toEqual(["a"]);
    expect(withOperator({ property: "p", op: "exists", value: true }, "in").value).toEqual([]);
    expect(withOperator({ property: "p", op: "gte", value: 3 }, "exists").value).toBe(true);
  });
});

describe("ranges", () => {
  const name = (from: number | null, to: number | null, whole = true) => binLabel({ from, to }, String, whole);
  it("are named by their members when whole, by their bounds when not", () => {
    expect([name(1, 2), name(2, 5), name(10, null), name(null, 1), name(1, 2, false), name(0.5, 1)]).toEqual(["1", "2–4", "≥ 10", "< 1", "1 – 2", "0.5 – 1"]);
  });
  it("are typed as rising edges", () => {
    expect([edgesOf("1, 2 5"), edgesOf(""), edgesOf("2, 1"), edgesOf("a"), edgesOf("1,1")]).toEqual([[1, 2, 5], [], null, null, null]);
  });
});

describe("flows", () => {
  const link = (step: number, from: string, to: string | null, count = 1): PathLink => ({ step, from, to, people: count, count });
  it("make a node of an event at a step, and of leaving", () => {
    const { nodes, links } = columnsOf([link(0, "A", "B", 3), link(1, "B", "A", 2), link(1, "B", null), link(2, "A", "B", 0)], (name) => name ?? "left");
    expect(nodes.map((node) => `${node.label}@${node.depth}`)).toEqual(["A@0", "B@1", "A@2", "left@2"]);
    expect(links.map((item) => [item.source, item.target, item.value])).toEqual([["0|A", "1|B", 3], ["1|B", "2|A", 2], ["1|B", `2|${LEFT}`, 1]]);
  });
  it("put before and after into two columns, without moves of nobody", () => {
    const { nodes, links } = betweenOf([{ from: "new", to: "active", people: 2 }, { from: "new", to: "new", people: 1 }, { from: "lost", to: "new", people: 0 }], (name) => name);
    expect(nodes.map((node) => node.name)).toEqual(["0|new", "1|active", "1|new"]);
    expect(links).toHaveLength(2);
  });
});

describe("tables of results", () => {
  it("sum the RFM cells over money", () => {
    const grid = gridOf([{ r: 1, f: 2, m: 1, people: 3, value: 10 }, { r: 1, f: 2, m: 2, people: 1, value: 5 }, { r: 9, f: 9, m: 1, people: 1, value: 1 }], 2);
    expect(grid).toEqual([[{ people: 0, value: 0 }, { people: 4, value: 15 }], [{ people: 0, value: 0 }, { people: 0, value: 0 }]]);
  });
  it("draw value per person over the cohorts that are old enough", () => {
    const cohorts = [{ day: "a", people: 2, buyers: 1, value: [10, 30] }, { day: "b", people: 2, buyers: 0, value: [0] }];
    expect(curveOf(cohorts)).toEqual([2.5, 15]);
    expect(curveOf([])).toEqual([]);
    expect(groupsOf([{ day: "a", group: "x", people: 1, buyers: 0, value: [] }, { day: "a", group: null, people: 1, buyers: 0, value: [] }, { day: "b", group: "x", people: 1, buyers: 0, value: [] }])).toEqual(["x", null]);
  });
  it("put credits into rows of touches, and what none earned at the end", () => {
    const credit = (touch: string | null, model: "last" | "first", window: number, value: number) => ({ touch, model, window, value, conversions: 1 });
    const result: Attributed = {
      total: { conversions: 2, value: 30, refunded: 0 }, rows: [credit("a", "last", 7, 5), credit("b", "last", 7, 15), credit("a", "first", 7, 20), credit("a", "last", 30, 99)],
      none: [{ model: "last", window: 7, value: 10, conversions: 1 }, { model: "first", window: 7, value: 10, conversions: 1 }],
    };
    const { rows, all, none } = matrixOf(result, 7, ["last", "first"]);
    expect(rows.map((row) => row.touch)).toEqual(["b", "a"]);
    expect(none.last?.value).toBe(10);
    for (const model of ["last", "first"] as const) expect(all.reduce((sum, row) => sum + (row.credit[model]?.value ?? 0), 0)).toBe(30);
  });
});

describe("paths of calls", () => {
  it("are filled and escaped", () => {
    expect(fillPath("/people/{id}/tags/{tag}", { id: "a/b", tag: "x y" })).toBe("/people/a%2Fb/tags/x%20y");
    expect(fillPath("/tags", undefined)).toBe("/tags");
  });
});

describe("kinds of analysis", () => {
  it("each have a page", () => {
    expect(Object.keys(loaders).sort()).toEqual([...KINDS].sort());
  });
});

describe("mistakes", () => {
  it("are said at the control they are about, and at no other", () => {
    expect([lies("steps[1].where[0].op", "steps[1]"), lies("steps[10]", "steps[1]"), lies("span", "span"), lies("span.from", "span"), lies("spanning", "span"), lies(null, "span")]).toEqual([true, false, true, true, false, false]);
  });
});

describe("a question in the address", () => {
  it("that does not have the shape of one is passed over", () => {
    const wrong = ['{"steps":5}', '{"steps":[{"event":1}]}', '{"events":[{}]}', '{"span":[]}', '{"window":{}}', '{"event":"x"}', "[]", "null", "{", '{"start":{"event":"*","where":{}}}'];
    expect(wrong.filter((text) => fromParam(text) !== null)).toEqual([]);
    const right = ['{"steps":[{"event":["a","b"]},{"event":"*","where":[]}]}', '{"events":{"event":"x"}}', '{"events":[{"event":"x"}],"span":{"last_days":7}}', '{"event":{"event":"x"},"bins":[1]}', "{}"];
    expect(right.filter((text) => fromParam(text) === null)).toEqual([]);
  });
});

describe("the period before", () => {
  it("is matched by event and group, not by place", () => {
    const now = ["a", "b", null].map((group) => ({ group, n: 0 }));
    const past = ["b", "a", null].map((group, n) => ({ group, n }));
    expect(now.map((_, at) => pastOf(now, at, past, 1)?.n)).toEqual([1, 0, 2]);
    expect(pastOf([{ group: "c", n: 0 }], 0, past, 1)).toBeUndefined();
    expect(pastOf([{}, {}], 1, [{}, {}], 2)).toBeDefined();
  });
});
