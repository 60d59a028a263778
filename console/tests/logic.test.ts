import { describe, expect, it } from "vitest";
import type { Identity, IdentityKind, ImportPreview, LiveEvent, Merge } from "../src/api/types";
import { apiUrl, errorFromBody } from "../src/api/client";
import { lastBusyDay } from "../src/home/quiet";
import { addNewest, fits, LIMIT } from "../src/events/newest";
import { fromMapping, fromSuggestions, personFields, problems, splitField, toMapping } from "../src/imports/mapping";
import { activeFilters, peopleQuery } from "../src/people/filters";
import { treeOf } from "../src/people/profile/identityTreeOf";
import { eventSummary, groupByDay } from "../src/people/profile/timeline";
import { safeNext } from "../src/session/next";
import { move } from "../src/settings/order";
import { snippets } from "../src/settings/snippets";

const event = (id: string, name = "Order Paid"): LiveEvent => ({ message_id: id, type: "track", name, at: "2026-11-22T00:00:00Z", received_at: "2026-11-22T00:00:00Z", person_id: "p1", properties: {}, context: {}, source: "pos" });

describe("addresses and errors", () => {
  it("leave out what is not asked", () => {
    expect(apiUrl("/people", { q: "a b", tag: undefined, after: null, store: "" })).toBe("/api/v1/people?q=a+b");
  });
  it("read the contract's error, and survive anything else", () => {
    expect(errorFromBody(422, '{"code":"invalid","message":"no","field":"name","request_id":"r1"}')).toMatchObject({ status: 422, code: "invalid", field: "name", requestId: "r1" });
    expect(errorFromBody(502, "<html>")).toMatchObject({ status: 502, code: "unreadable_answer" });
  });
  it("return after login only to our own pages", () => {
    expect([safeNext("/people?q=1"), safeNext("//evil.example"), safeNext("https://evil.example"), safeNext("/\\evil"), safeNext(null)]).toEqual(["/people?q=1", "/", "/", "/", "/"]);
  });
});

describe("live events", () => {
  it("come newest first, once, and bounded", () => {
    expect(addNewest([event("2"), event("1")], [event("2"), event("3")]).map((item) => item.message_id)).toEqual(["3", "2", "1"]);
    expect(addNewest([], Array.from({ length: LIMIT + 50 }, (_, at) => event(String(at))))).toHaveLength(LIMIT);
  });
  it("are filtered by any visible word", () => {
    expect([fits(event("1"), "order", ""), fits(event("1"), "POS", "track"), fits(event("1"), "", "page"), fits(event("1"), "x", "")]).toEqual([true, true, false, false]);
  });
});

describe("the home chart", () => {
  it("knows when the data ends", () => {
    const day = (day: string, orders = 0) => ({ day, people: 0, orders, revenue: 0 });
    expect(lastBusyDay([day("01", 2), day("02", 1), day("03"), day("04")])).toEqual({ last: "02", quiet: 2 });
    expect(lastBusyDay([day("01"), day("02", 1)])).toEqual({ last: "02", quiet: 0 });
    expect(lastBusyDay([day("01")])).toEqual({ last: null, quiet: 1 });
  });
});

describe("the people list", () => {
  it("asks in instants for days of the workspace", () => {
    expect(peopleQuery({ q: "li", created_from: "2026-11-22", created_to: "2026-11-22", tab: "x" }, "Asia/Shanghai")).toEqual({
      q: "li", created_from: "2026-11-21T16:00:00.000Z", created_to: "2026-11-22T15:59:59.999Z",
    });
  });
  it("counts a range as one filter", () => {
    expect(activeFilters({ orders_min: "1", orders_max: "3", tag: "t", q: "x" })).toBe(2);
  });
});

describe("a timeline", () => {
  it("groups by day and sums up plain properties", () => {
    const days = groupByDay([{ at: "b1" }, { at: "b2" }, { at: "a1" }], (at) => at.slice(0, 1));
    expect(days.map((day) => [day.day, day.events.length])).toEqual([["b", 2], ["a", 1]]);
    expect(eventSummary({ sku: "T1", nested: {}, none: null, price: 3, more: "x", last: "y" })).toBe("sku: T1 · price: 3 · more: x");
  });
});

describe("the identity tree", () => {
  const node = (id: string) => ({ id, kept: false, strongest: null, identifiers: [], created_at: "", events: 0, orders: 0 });
  const merge = (kept_id: string, merged_id: string, state: Merge["state"] = "active"): Merge => ({ id: kept_id + merged_id, at: "", kept_id, merged_id, reason: null, source: "", by: "", state, undone_at: null, undone_by: null });
  const shape = (identity: Pick<Identity, "people" | "merges">, current: string) => {
    const draw = (branches: ReturnType<typeof treeOf>): string => branches.map(({ person, children }) => person.id + (children.length ? `(${draw(children)})` : "")).join(" ");
    return draw(treeOf({ conflicts: [], splits: [], ...identity }, current));
  };
  it("puts the merged below those they became, without undone merges", () => {
    expect(shape({ people: ["c", "b", "a", "d"].map(node), merges: [merge("a", "b"), merge("b", "c"), merge("a", "d", "undone")] }, "a")).toBe("a(b(c)) d");
  });
  it("shows everybody once even when the history runs in a circle", () => {
    expect(shape({ people: ["a", "b"].map(node), merges: [merge("a", "b"), merge("b", "a")] }, "a")).toBe("a(b)");
  });
});

describe("column mapping", () => {
  const field = (name: string, required = false) => ({ field: name, label_zh: name, label_en: name, required });
  const preview = (suggestions: ImportPreview["suggestions"]): ImportPreview => ({ format: "csv", encoding: "utf-8", delimiter: ",", sheets: [], columns: [], rows: [], row_errors: [], total_rows: { certainty: "unknown" }, suggestions, fields: [field("phone"), field("trait."), field("at", true)] });
  it("takes sure suggestions, each field once, and open fields whatever their confidence", () => {
    expect(fromSuggestions(preview([
      { column: "tel", field: "phone", confidence: 0.7 }, { column: "mobile", field: "phone", confidence: 0.95 },
      { column: "city", field: "trait.city", confidence: 0.3 }, { column: "when", field: "at", confidence: 0.4 },
    ]))).toEqual({ mobile: "phone", city: "trait.city" });
  });
  it("goes to the wire and back", () => {
    const choice = { mobile: "phone", city: "trait.city" };
    expect(toMapping(choice)).toEqual({ phone: "mobile", "trait.city": "city" });
    expect(fromMapping(toMapping(choice))).toEqual(choice);
  });
  it("splits open fields at the longest match", () => {
    expect(splitField("person.trait.city", ["person.", "person.trait."])).toEqual({ base: "person.trait.", name: "city" });
    expect(splitField("order_no", ["order_no"])).toEqual({ base: "order_no", name: "" });
  });
  it("says what is missing, doubled or unnamed", () => {
    const found = problems({ a: "phone", b: "phone", c: "trait." }, preview([]).fields);
    expect([found.missing.map((item) => item.field), found.twice, found.unnamed]).toEqual([["at"], ["phone"], ["c"]]);
  });
  it("offers what the server does not list about the buyer, once", () => {
    expect(personFields("orders", [field("order_no")])).toContain("person.phone");
    expect(personFields("orders", [field("person.phone")])).not.toContain("person.phone");
    expect(personFields("people", [])).toEqual([]);
  });
});

describe("settings", () => {
  it("number the identity rules again after a move", () => {
    const rows = ["a", "b", "c"].map((kind, at): IdentityKind => ({ kind, priority: at + 1, limit: 1, merges: true, blocked: [] }));
    expect(move(rows, 2, -1).map(({ kind, priority }) => `${kind}${priority}`)).toEqual(["a1", "c2", "b3"]);
    expect(move(rows, 0, -1)).toBe(rows);
  });
  it("show snippets with the address and the key in place", () => {
    for (const { text } of snippets("https://siyu.example", "wk_1")) {
      expect(text).toContain("wk_1");
      expect(text).toContain("siyu.example");
    }
  });
});
