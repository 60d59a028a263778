import { describe, expect, it } from "vitest";
import { has, translate, type Key } from "../src/i18n";
import { ARMS_MAX, blank, emptyDefinition, KINDS, leadsTo, NODES_MAX, waysOf, withWay, type Definition, type JourneyNode } from "../src/journeys/canvas/definition";
import { addNode, connect, evenWeights, freshId, freeWay, idMistake, moveNode, pasteNode, putNode, removeNode, renameNode, settle, tidy } from "../src/journeys/canvas/edit";
import { emptyHistory, HISTORY_MAX, note, redo, TOGETHER_MS, undo, type History } from "../src/journeys/canvas/history";
import { autoLayout, boxOf, CARD, entryPlace, ENTRY, flowOrder, overlap, placesOf, type Box } from "../src/journeys/canvas/layout";
import { route } from "../src/journeys/canvas/route";
import { sayAct, sayEntry, sayRules, sayWay, titleOf, type Speaker } from "../src/journeys/canvas/say";
import { firstLook, fit, reveal, toWorld, zoomAt, ZOOM_MAX } from "../src/journeys/canvas/view";
import { readValue, valueFor } from "../src/journeys/canvas/value";
import { documented } from "./journeys";

const [winBack, monthly] = documented();
const ids = (own: Definition) => own.nodes.map((node) => node.id);
const at = (own: Definition, id: string): JourneyNode => own.nodes.find((node) => node.id === id) ?? (() => { throw new Error(id); })();
const leading = (own: Definition, to: string) => [...(own.start === to ? ["start"] : []), ...own.nodes.flatMap((node) => waysOf(node.do).filter((way) => way.to === to).map((way) => `${node.id}.${way.id}`))];

/** The same numbers in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
function random(seed: number, count: number): Definition {
  const roll = dice(seed);
  const nodes = Array.from({ length: count }, (_, n): JourneyNode => ({ id: `n${n}`, do: blank(KINDS[roll(KINDS.length)] ?? "exit") }));
  nodes.forEach((node) => {
    if (node.do.type === "split" && roll(2)) node.do = { ...node.do, arms: Array.from({ length: 2 + roll(ARMS_MAX - 1) }, () => ({ weight: 10, to: null })) };
    // Also back to where one came from, to oneself, and nowhere.
    for (const way of waysOf(node.do)) if (roll(6)) node.do = withWay(node.do, way.id, `n${roll(count)}`);
  });
  return { ...emptyDefinition(), start: "n0", nodes };
}
function boxes(own: Definition, places = placesOf(own)): Map<string, Box> {
  return new Map(own.nodes.map((node) => [node.id, boxOf(node, places.get(node.id) ?? (() => { throw new Error(`${node.id} lies nowhere`); })(), true)]));
}
function collisions(own: Definition): string[] {
  const all = [...boxes(own)];
  return all.flatMap(([a, one], index) => all.slice(index + 1).filter(([, other]) => overlap(one, other)).map(([b]) => `${a} over ${b}`));
}

describe("ways out", () => {
  it("are named as numbers and problems name them", () => {
    expect(Object.fromEntries(KINDS.map((kind) => [kind, waysOf(blank(kind)).map((way) => way.id)]))).toEqual({
      wait: ["next"], wait_until: ["next"], wait_event: ["happened", "timed_out"], condition: ["yes", "no"], split: ["arm_1", "arm_2"], ab: ["arm_1", "arm_2"],
      message: ["sent", "skipped", "failed"], task: ["done", "late"], tag: ["done", "failed"], points: ["done", "failed"], coupon: ["done", "failed"], webhook: ["done", "failed"], exit: [],
    });
  });
  it("that are optional go where the first goes, and leave no trace when they are taken away", () => {
    const act = at(winBack, "hello").do;
    const without = withWay(act, "failed", null);
    expect("failed" in without).toBe(false);
    const failed = waysOf(without).find((way) => way.id === "failed");
    expect(failed && leadsTo(without, failed)).toBe("look");
    expect(withWay(without, "failed", "call")).toEqual(act);
    expect(withWay(act, "sent", null)).toMatchObject({ next: null });
  });
});

describe("changing a journey", () => {
  it("takes away the ways that led to a removed node, and nothing else", () => {
    expect(leading(winBack, "call")).toEqual(["hello.skipped", "hello.failed", "look.timed_out"]);
    const next = removeNode(winBack, "call");
    expect(ids(next)).toEqual(["rest", "morning", "hello", "look", "coupon", "end"]);
    expect(leading(next, "call")).toEqual([]);
    expect(at(next, "hello").do).toEqual({ type: "message", with: { content: "cnt_1" }, next: "look" });
    expect(at(next, "look").do).toMatchObject({ next: "coupon", timed_out: null });
    expect(at(next, "rest")).toBe(at(winBack, "rest"));
    expect(removeNode(winBack, "rest").start).toBe(null);
    expect(removeNode(winBack, "nobody")).toBe(winBack);
  });
  it("takes away arms and circles to oneself, too", () => {
    expect(removeNode(monthly, "say").nodes[0]?.do).toMatchObject({ arms: [{ name: "message", weight: 50, to: null }, { name: "nothing", weight: 50, to: "rest" }] });
    expect(connect(winBack, "rest", "next", "rest").nodes[0]?.do).toMatchObject({ next: "rest" });
  });
  it("connects one way only, and not to what is not there", () => {
    const next = connect(winBack, "look", "timed_out", "end");
    expect(at(next, "look").do).toMatchObject({ next: "coupon", timed_out: "end" });
    expect(connect(winBack, "look", "timed_out", "call")).toBe(winBack);
    expect(connect(winBack, "look", "timed_out", "gone")).toBe(winBack);
    expect(connect(winBack, null, "start", "hello").start).toBe("hello");
    expect(connect(monthly, "test", "arm_2", "end").nodes[0]?.do).toMatchObject({ arms: [{ to: "say" }, { to: "end" }] });
  });
  it("lets ways follow a new id", () => {
    const next = renameNode(winBack, "call", "ring");
    expect(leading(next, "ring")).toEqual(leading(winBack, "call"));
    expect(leading(next, "call")).toEqual([]);
    expect(renameNode(next, "ring", "call")).toEqual(winBack);
    expect(renameNode(winBack, "rest", "first").start).toBe("first");
    expect(renameNode(winBack, "call", "end")).toBe(winBack);
    expect([idMistake(winBack, "call", "end"), idMistake(winBack, "call", "Call"), idMistake(winBack, "call", ""), idMistake(winBack, "call", "call")]).toEqual(["twice", "form", "form", null]);
  });
  it("adds a node into a way, before what the way led to", () => {
    const { definition, id } = addNode(winBack, "condition", { node: "look", way: "happened" });
    expect(id).toBe("condition");
    expect(at(definition, "look").do).toMatchObject({ next: "condition", timed_out: "call" });
    expect(at(definition, "condition").do).toMatchObject({ yes: "coupon", no: null });
    expect(collisions(definition)).toEqual([]);
  });
  it("begins with the first node, and keeps ids apart", () => {
    const first = addNode(emptyDefinition(), "wait", null);
    expect(first.definition.start).toBe("wait");
    const second = addNode(first.definition, "wait", { node: "wait", way: "next" });
    expect(second.id).toBe("wait_2");
    expect(second.definition).toMatchObject({ start: "wait", nodes: [{ do: { next: "wait_2" } }, {}] });
    expect(freshId({ ...second.definition, nodes: second.definition.nodes.slice(1) }, "wait_2")).toBe("wait");
    const entry = addNode(second.definition, "message", { node: null, way: "start" });
    expect(entry.definition.start).toBe("message");
    expect(at(entry.definition, "message").do).toMatchObject({ next: "wait" });
  });
  it("adds nothing to a journey that is full", () => {
    const full = random(1, NODES_MAX);
    expect(addNode(full, "exit", null)).toEqual({ definition: full, id: null });
  });
  it("copies a node beside itself, leading where the first leads", () => {
    const placed = settle(winBack);
    const { definition, id } = pasteNode(placed, at(placed, "call"));
    expect(id).toBe("call_2");
    expect(at(definition, "call_2").do).toEqual(at(winBack, "call").do);
    expect(collisions(definition)).toEqual([]);
    const elsewhere = pasteNode(emptyDefinition(), at(winBack, "look"));
    expect(elsewhere.definition.nodes[0]?.do).toMatchObject({ next: null, timed_out: null });
  });
  it("moves one node and leaves the others where they are seen", () => {
    const before = placesOf(winBack);
    const next = moveNode(winBack, "call", [900, 40]);
    expect(at(next, "call").place).toEqual([900, 40]);
    for (const id of ids(next).filter((own) => own !== "call")) expect(at(next, id).place).toEqual(before.get(id));
    expect(moveNode(next, "call", [900, 40])).toBe(next);
  });
  it("knows a way that leads nowhere yet", () => {
    expect(freeWay({ id: "x", do: blank("wait_event") })).toBe("happened");
    expect(freeWay(at(winBack, "hello"))).toBe(null);
    expect(freeWay({ id: "x", do: { type: "tag", with: {}, next: "end" } })).toBe(null);
  });
  it("shares weights so that they are a hundred", () => {
    for (let n = 2; n <= ARMS_MAX; n += 1) expect(evenWeights(n).reduce((sum, own) => sum + own, 0)).toBe(100);
    expect(evenWeights(3)).toEqual([34, 33, 33]);
  });
});

describe("undoing", () => {
  const steps: ((own: Definition) => Definition)[] = [
    (own) => removeNode(own, "call"), (own) => addNode(own, "split", { node: "hello", way: "sent" }).definition, (own) => moveNode(own, "look", [4, 8]), (own) => renameNode(own, "end", "fin"), tidy,
    (own) => putNode(own, "rest", (node) => ({ ...node, name: "x" })),
  ];
  it("returns exactly what was, step by step, and back again", () => {
    let history: History<Definition> = emptyHistory();
    let now = winBack;
    const seen = [JSON.stringify(now)];
    steps.forEach((step, n) => {
      const next = step(now);
      history = note(history, now, null, n);
      now = next;
      seen.push(JSON.stringify(now));
    });
    expect(new Set(seen).size).toBe(steps.length + 1);
    for (const text of seen.slice(0, -1).reverse()) {
      const back = undo(history, now);
      expect(back).not.toBe(null);
      if (back) ({ history, present: now } = back);
      expect(JSON.stringify(now)).toBe(text);
    }
    expect(now).toBe(winBack);
    expect(undo(history, now)).toBe(null);
    for (const text of seen.slice(1)) {
      const forth = redo(history, now);
      if (forth) ({ history, present: now } = forth);
      expect(JSON.stringify(now)).toBe(text);
    }
    expect(redo(history, now)).toBe(null);
  });
  it("takes typing as one change, and a pause as its end", () => {
    let own: History<string> = emptyHistory();
    own = note(own, "", "name", 0);
    own = note(own, "a", "name", TOGETHER_MS);
    own = note(own, "ab", "name", 2 * TOGETHER_MS);
    expect(own.past).toEqual([""]);
    own = note(own, "abc", "name", 3 * TOGETHER_MS + 1);
    own = note(own, "abcd", "other", 3 * TOGETHER_MS + 2);
    expect(own.past).toEqual(["", "abc", "abcd"]);
    const back = undo(own, "abcde");
    // What is typed after undoing is a change of its own.
    expect(back && note(back.history, back.present, "other", 3 * TOGETHER_MS + 3).past).toEqual(["", "abc", "abcd"]);
  });
  it("keeps no more than it may, and forgets the future when something else is done", () => {
    let own: History<number> = emptyHistory();
    for (let n = 0; n < HISTORY_MAX + 20; n += 1) own = note(own, n, null, n);
    expect(own.past.length).toBe(HISTORY_MAX);
    expect(own.past[0]).toBe(20);
    const back = undo(own, 999);
    expect(back?.history.future).toEqual([999]);
    expect(back && note(back.history, back.present, null, 0).future).toEqual([]);
  });
});

describe("the layout", () => {
  it("puts no two cards over each other", () => {
    for (const own of [winBack, monthly]) expect(collisions(own)).toEqual([]);
    for (let seed = 1; seed <= 60; seed += 1) expect([seed, collisions(random(seed, 1 + (seed % 30)))]).toEqual([seed, []]);
    expect(collisions(random(7, NODES_MAX))).toEqual([]);
  });
  it("is the same each time, whatever places there were", () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const own = random(seed, 20);
      const first = [...autoLayout(own)];
      expect([...autoLayout(structuredClone(own))]).toEqual(first);
      const moved = moveNode(own, "n3", [5_000, -900]);
      expect(tidy(moved).nodes.map((node) => [node.id, node.place])).toEqual(own.nodes.map((node) => [node.id, new Map(first).get(node.id)]));
    }
  });
  it("lets people go down: what comes later lies lower, unless it leads back", () => {
    const places = placesOf(winBack);
    const y = (id: string) => places.get(id)?.[1] ?? NaN;
    expect([y("rest"), y("morning"), y("hello"), y("look")].every((own, n, all) => n === 0 || own > (all[n - 1] ?? 0))).toBe(true);
    expect(y("call")).toBeGreaterThan(y("look"));
    expect(y("coupon")).toBe(y("call"));
    expect(y("end")).toBeGreaterThan(y("call"));
    const looped = connect(winBack, "call", "late", "rest");
    expect(placesOf(looped)).toEqual(places);
  });
  it("keeps the order of ways: the first lies left", () => {
    const places = placesOf(winBack);
    expect(places.get("coupon")?.[0]).toBeLessThan(places.get("call")?.[0] ?? 0);
  });
  it("finds room for nodes without a place among those that have one", () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const own = settle(random(seed, 18));
      const some: Definition = { ...own, nodes: own.nodes.map((node, n) => (n % 3 ? node : { id: node.id, do: node.do })) };
      const places = placesOf(some);
      for (const node of some.nodes) if (node.place) expect(places.get(node.id)).toEqual(node.place);
      expect([seed, collisions(settle(some))]).toEqual([seed, []]);
    }
  });
  it("shows the entry above everything it could cover", () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const own = random(seed, 12);
      const all = boxes(own);
      const [x, y] = entryPlace(own, all);
      expect([...all.values()].filter((box) => overlap({ x, y, ...ENTRY }, box))).toEqual([]);
    }
  });
  it("goes through nodes as people do, those that nobody reaches last or first but each once", () => {
    expect(flowOrder(winBack)).toEqual(["rest", "morning", "hello", "look", "coupon", "call", "end"]);
    const own = random(5, 40);
    expect([...flowOrder(own)].sort()).toEqual(ids(own).sort());
    expect(flowOrder(emptyDefinition())).toEqual([]);
    expect([...autoLayout(emptyDefinition())]).toEqual([]);
  });
});

describe("an edge", () => {
  const card = (x: number, y: number): Box => ({ x, y, width: CARD.width, height: 120 });
  it("is a curve where nothing is in the way, and goes round what is", () => {
    expect(route({ from: [100, 0], to: [100, 300], lane: 0 }, [])).toContain("C");
    const around = route({ from: [100, 0], to: [100, 300], lane: 0 }, [card(0, 80)]);
    expect(around).not.toContain("C");
    const xs = [...around.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].filter((match) => Number(match[2]) > 80 && Number(match[2]) < 200).map((match) => Number(match[1]));
    expect(xs.filter((x) => x > 0 && x < CARD.width)).toEqual([]);
  });
  it("leads back up beside the cards", () => {
    const back = route({ from: [100, 500], to: [100, 0], lane: 0 }, [card(0, 0), card(0, 380)]);
    expect(back.endsWith("L100,0")).toBe(true);
    expect(back).not.toContain("NaN");
  });
});

describe("the view", () => {
  const bounds = { x: -100, y: 50, width: 800, height: 2_000 };
  const size = { width: 1_000, height: 700 };
  it("fits everything in", () => {
    const view = fit(bounds, size);
    for (const [x, y] of [[-100, 50], [700, 2_050]] as const) {
      expect(x * view.zoom + view.x).toBeGreaterThanOrEqual(0);
      expect(x * view.zoom + view.x).toBeLessThanOrEqual(size.width);
      expect(y * view.zoom + view.y).toBeGreaterThanOrEqual(0);
      expect(y * view.zoom + view.y).toBeLessThanOrEqual(size.height);
    }
  });
  it("keeps the point under the pointer when zooming, and ends at its limits", () => {
    const view = { x: 30, y: -20, zoom: 1 };
    const point = { x: 400, y: 300 };
    const next = zoomAt(view, point, 1.3);
    const was = toWorld(view, point.x, point.y);
    const is = toWorld(next, point.x, point.y);
    expect(is[0]).toBeCloseTo(was[0], 6);
    expect(is[1]).toBeCloseTo(was[1], 6);
    expect(zoomAt(view, point, 100).zoom).toBe(ZOOM_MAX);
  });
  it("first shows the beginning of a long journey at a size that can be read", () => {
    const view = firstLook(bounds, { x: 160, y: 50, ...ENTRY }, size);
    expect(view.zoom).toBeGreaterThan(0.6);
    expect(50 * view.zoom + view.y).toBeGreaterThan(0);
    expect(50 * view.zoom + view.y).toBeLessThan(100);
  });
  it("moves only as far as it must to show a card", () => {
    const view = { x: 0, y: 0, zoom: 1 };
    expect(reveal(view, { x: 100, y: 100, width: 200, height: 100 }, size)).toBe(view);
    const next = reveal(view, { x: 100, y: 900, width: 200, height: 100 }, size);
    expect(next.x).toBe(0);
    expect(1_000 + next.y).toBeLessThanOrEqual(size.height);
  });
});

describe("what is typed into a filter", () => {
  it("is a number, yes or no where it reads as one; a code stays text", () => {
    expect(["100", "1.50", "-3", " 7 ", "0", "007", "1.", "1e3", "", "true", "Paris", "12345678901234567890"].map(readValue)).toEqual([100, 1.5, -3, 7, 0, "007", "1.", "1e3", "", true, "Paris", "12345678901234567890"]);
  });
  it("is kept with another operator where it fits", () => {
    expect(valueFor("in", "a")).toEqual(["a"]);
    expect(valueFor("in", "")).toEqual([]);
    expect(valueFor("in", true)).toEqual([]);
    expect(valueFor("eq", ["a", "b"])).toBe("a");
    expect(valueFor("exists", 3)).toBe(true);
    expect(valueFor("gte", 3)).toBe(3);
  });
});

describe("sentences", () => {
  const speaker = (locale: "zh" | "en"): Speaker => ({
    locale, t: (key, params) => translate(locale, key, params), audiences: [{ id: "aud_risk", name: "VIP" }],
    word: (prefix, value) => (has(`${prefix}.${value}`) ? translate(locale, `${prefix}.${value}` as Key) : value),
  });
  const [zh, en] = [speaker("zh"), speaker("en")];
  it("say what the documented journeys do", () => {
    expect(winBack.nodes.map((node) => sayAct(zh, node.do))).toEqual(["等待 3 天", "直到 09:30，工作日", "cnt_1", "等到「浏览商品」，最多 2 天", "cpn_1", "回访，2 天内完成", "旅程到此结束"]);
    expect(winBack.nodes.map((node) => sayAct(en, node.do))).toEqual([
      "Wait 3 days", "Until 09:30, on workdays", "cnt_1", "Until “Product viewed”, at most 2 days", "cpn_1", "回访, due within 2 days", "The journey ends",
    ]);
    expect(sayEntry(zh, winBack.entry)).toBe("「下单」，且 total 不少于 100");
    expect(sayEntry(en, monthly.entry)).toBe("Every month on day 1 at 10:00, audience “VIP”");
    expect(sayRules(zh, winBack)).toBe("90 天后可再次进入 · 1 条退出规则");
    expect(sayRules(en, monthly)).toBe("Again after 60 days · Goal: “Order completed”");
    expect(sayAct(en, at(monthly, "test").do)).toBe("message 50%, nothing 50%; “Order completed” within 14 days");
    expect(sayAct(en, at(monthly, "end").do)).toBe("Counted as unmoved");
  });
  it("count one as one", () => {
    expect(sayAct(en, { type: "wait", for: { amount: 1, unit: "week" } })).toBe("Wait 1 week");
    expect(sayAct(en, { type: "condition", rule: { all: [{ field: "a" }, { any: [{ field: "b" }, { field: "c" }] }] } })).toBe("Whether 3 conditions hold");
    expect(sayAct(en, { type: "condition", rule: { all: [] } })).toBe("No conditions yet");
    expect(sayAct(zh, { type: "wait_until", at: "08:00", weekdays: [3, 1] })).toBe("直到 08:00，周一、周三");
  });
  it("name every kind and every way in both languages", () => {
    for (const own of [zh, en]) {
      for (const kind of KINDS) {
        const node: JourneyNode = { id: "x", do: blank(kind) };
        expect(titleOf(own, node)).not.toContain("canvas.");
        expect(sayAct(own, node.do)).not.toMatch(/canvas\.|\{|undefined/);
        for (const way of waysOf(node.do)) expect(sayWay(own, node.do, way)).not.toMatch(/canvas\.|_/);
      }
    }
    expect(titleOf(zh, at(winBack, "hello"))).toBe("问候");
  });
});
