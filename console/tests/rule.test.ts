import { describe, expect, it } from "vitest";
import type { Rule, RuleField } from "../src/api/types";
import { addAt, changeAt, describe as say, freshCond, group, isComplete, optionsOf, valueKind, withOp } from "../src/people/rule";

const field = (name: string, type: RuleField["type"], operators: RuleField["operators"] = ["gte", "in", "exists"]): RuleField => ({ field: name, label_zh: name, label_en: name, type, operators });
const rule: Rule = { all: [{ field: "orders.count", op: "gte", value: 2 }, { any: [{ field: "has.phone", op: "exists", value: true }, { field: "trait.city", op: "eq", value: "Paris" }] }] };

describe("changing a rule", () => {
  it("touches only the node at the path", () => {
    const next = changeAt(rule, [1, 1], (node) => ({ ...node, value: "Rome" }));
    expect(next).toEqual({ all: [rule.all[0], { any: [{ field: "has.phone", op: "exists", value: true }, { field: "trait.city", op: "eq", value: "Rome" }] }] });
    expect(JSON.stringify(rule)).toContain("Paris");
  });
  it("removes, adds and switches groups", () => {
    expect(changeAt(rule, [1], () => null)).toEqual({ all: [rule.all[0]] });
    expect(addAt(rule, [1], { field: "store", op: "eq", value: "S1" })).toMatchObject({ all: [{}, { any: [{}, {}, { field: "store" }] }] });
    expect(changeAt(rule, [], () => group("any", rule.all))).toEqual({ any: rule.all });
    expect(changeAt(rule, [], () => null)).toBe(rule);
  });
});

describe("conditions", () => {
  it("start with the first operator and no value", () => {
    expect(freshCond(field("orders.count", "number"))).toEqual({ field: "orders.count", op: "gte", value: null });
    expect(freshCond(field("has.phone", "boolean", ["exists"]))).toEqual({ field: "has.phone", op: "exists", value: true });
  });
  it("keep a value that fits the new operator and drop one that does not", () => {
    const cond = { field: "trait.city", op: "eq" as const, value: "Paris" };
    expect(withOp(cond, "ne", "text").value).toBe("Paris");
    expect(withOp(cond, "in", "text").value).toEqual([]);
    expect(withOp(cond, "exists", "text").value).toBe(true);
    expect(withOp({ ...cond, op: "in", value: ["a"] }, "eq", "text").value).toBe(null);
  });
  it("know how a value is entered", () => {
    expect(valueKind(field("orders.amount", "number"))).toBe("money");
    expect(valueKind(field("orders.count", "number"))).toBe("number");
    expect(valueKind(field("has.phone", "boolean"))).toBe("boolean");
    expect(valueKind({ ...field("store", "text"), options: [{ value: "S1", label_zh: "", label_en: "" }] })).toBe("options");
    expect(valueKind(undefined)).toBe("text");
  });
  it("name their options in the reader's language", () => {
    const options = [{ value: "S1", label_zh: "zh name", label_en: "en name" }, { value: "S2", label_zh: "", label_en: "" }];
    expect(optionsOf({ ...field("store", "text"), options }, false)).toEqual([{ value: "S1", label: "en name" }, { value: "S2", label: "S2" }]);
  });
});

describe("a rule is complete", () => {
  it("when each group has a condition and each condition a value", () => {
    expect(isComplete(rule)).toBe(true);
    expect(isComplete({ all: [] })).toBe(false);
    expect(isComplete({ all: [...rule.all, { any: [] }] })).toBe(false);
    expect(isComplete({ all: [{ field: "orders.count", op: "gte", value: null }] })).toBe(false);
    expect(isComplete({ all: [{ field: "orders.count", op: "eq", value: 0 }] })).toBe(true);
    expect(isComplete({ all: [{ field: "store", op: "in", value: [] }] })).toBe(false);
  });
});

describe("a rule in words", () => {
  it("brackets inner groups", () => {
    const words = { field: (name: string) => name, op: (op: string) => op, value: (cond: { value?: unknown }) => String(cond.value), deed: () => "a deed", and: "and", or: "or", not: "not" };
    expect(say(rule, words)).toBe("orders.count gte 2 and (has.phone exists or trait.city eq Paris)");
    expect(say({ not: [{ field: "store", op: "eq", value: "S1" }, { field: "orders.count", op: "gte", value: 1 }] }, words)).toBe("not (store eq S1 or orders.count gte 1)");
  });
});
