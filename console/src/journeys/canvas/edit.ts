// Changes to a definition. Each answers a new document and leaves the old one alone; one that changes nothing answers the same document.
import { blank, leadsTo, NODES_MAX, waysOf, without, withWay, type Definition, type JourneyNode, type Kind, type Place } from "./definition";
import { CARD, freePlace, placesOf, STEP_Y } from "./layout";

export function nodeOf(own: Definition, id: string | null | undefined): JourneyNode | undefined {
  return id ? own.nodes.find((node) => node.id === id) : undefined;
}

/** Puts another node into the place of one. */
export function putNode(own: Definition, id: string, change: (node: JourneyNode) => JourneyNode): Definition {
  let changed = false;
  const nodes = own.nodes.map((node) => {
    if (node.id !== id) return node;
    const next = change(node);
    changed ||= next !== node;
    return next;
  });
  return changed ? { ...own, nodes } : own;
}

/** The way of a node (or, with null, the entry) leads there; null takes it away. */
export function connect(own: Definition, from: string | null, way: string, to: string | null): Definition {
  if (to !== null && !nodeOf(own, to)) return own;
  if (from === null) return (own.start ?? null) === to ? own : { ...own, start: to };
  return putNode(own, from, (node) => {
    const act = withWay(node.do, way, to);
    return act === node.do ? node : { ...node, do: act };
  });
}

/** Every way that led to one node leads to another, or nowhere. */
function redirect(own: Definition, from: string, to: string | null): Definition {
  const nodes = own.nodes.map((node) => {
    const act = waysOf(node.do).filter((way) => way.to === from).reduce((act, way) => withWay(act, way.id, to), node.do);
    return act === node.do ? node : { ...node, do: act };
  });
  return { ...own, nodes, ...(own.start === from ? { start: to } : {}) };
}

/** Takes a node away, and the ways that led there with it. */
export function removeNode(own: Definition, id: string): Definition {
  if (!nodeOf(own, id)) return own;
  const left = redirect(own, id, null);
  return { ...left, nodes: left.nodes.filter((node) => node.id !== id) };
}

export const ID = /^[a-z0-9_]{1,40}$/;
export type IdMistake = "form" | "twice";
export function idMistake(own: Definition, id: string, next: string): IdMistake | null {
  if (!ID.test(next)) return "form";
  return next !== id && nodeOf(own, next) ? "twice" : null;
}
/** Gives a node another id; the ways that led there follow. */
export function renameNode(own: Definition, id: string, next: string): Definition {
  if (next === id || !nodeOf(own, id) || idMistake(own, id, next)) return own;
  return putNode(redirect(own, id, next), id, (node) => ({ ...node, id: next }));
}

/** `wait`, `wait_2`, …: the first that nobody has. */
export function freshId(own: Definition, base: string): string {
  const taken = new Set(own.nodes.map((node) => node.id));
  const stem = base.replace(/_\d+$/, "").slice(0, 34) || "node";
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? stem : `${stem}_${n}`;
    if (!taken.has(id)) return id;
  }
}

/** Writes down where everything lies: what is moved after that moves alone. */
export function settle(own: Definition): Definition {
  if (own.nodes.every((node) => node.place)) return own;
  const places = placesOf(own);
  return { ...own, nodes: own.nodes.map((node) => (node.place ? node : { ...node, place: places.get(node.id) ?? [0, 0] })) };
}

export function moveNode(own: Definition, id: string, place: Place): Definition {
  const at: Place = [Math.round(place[0]), Math.round(place[1])];
  return putNode(settle(own), id, (node) => (node.place && node.place[0] === at[0] && node.place[1] === at[1] ? node : { ...node, place: at }));
}

/** Forgets every place: the layout decides again, and writes down what it decided. */
export function tidy(own: Definition): Definition {
  return settle({ ...own, nodes: own.nodes.map((node) => without(node, "place")) });
}

/** A way out of a node; of the entry when `node` is null. */
export interface From { node: string | null; way: string }
export interface Added { definition: Definition; id: string | null }

/**
 * A new node. `from`: the way that leads to it; what that way led to comes after it, when the node has a way out. Without a place it
 * lies below what leads to it. Nothing is added to a journey that is full.
 */
export function addNode(own: Definition, kind: Kind, from: From | null, place?: Place): Added {
  return insert(own, { id: freshId(own, kind), do: blank(kind) }, from, place);
}

function insert(own: Definition, fresh: JourneyNode, from: From | null, place: Place | undefined): Added {
  if (own.nodes.length >= NODES_MAX) return { definition: own, id: null };
  const settled = settle(own);
  const source = nodeOf(settled, from?.node);
  const before = from === null ? null : from.node === null ? (own.start ?? null) : (source ? (waysOf(source.do).find((way) => way.id === from.way)?.to ?? null) : null);
  const first = waysOf(fresh.do)[0];
  const act = first && before ? withWay(fresh.do, first.id, before) : fresh.do;
  const wanted = place ?? below(settled, source, before);
  const node: JourneyNode = { ...fresh, do: act, place: freePlace(settled, wanted, act) };
  const added: Definition = { ...settled, nodes: [...settled.nodes, node] };
  const led = from === null ? added : connect(added, from.node, from.way, node.id);
  // The first node is where people begin.
  return { definition: led.nodes.length === 1 ? { ...led, start: node.id } : led, id: node.id };
}

function below(own: Definition, source: JourneyNode | undefined, before: string | null): Place {
  if (source?.place) return [source.place[0], source.place[1] + STEP_Y];
  const after = nodeOf(own, before);
  if (after?.place) return [after.place[0] + CARD.width + CARD.gap, after.place[1]];
  const lowest = own.nodes.reduce<Place>((low, node) => (node.place && node.place[1] >= low[1] ? [node.place[0], node.place[1]] : low), [0, -STEP_Y]);
  return [lowest[0], lowest[1] + STEP_Y];
}

/** The same once more, beside it. Its ways lead where the ways of the first lead, as far as those are here. */
export function pasteNode(own: Definition, copied: JourneyNode, place?: Place): Added {
  const act = waysOf(copied.do).reduce((act, way) => (way.to && !nodeOf(own, way.to) ? withWay(act, way.id, null) : act), copied.do);
  const near: Place = place ?? (copied.place ? [copied.place[0] + 40, copied.place[1] + 40] : [0, 0]);
  return insert(own, { ...structuredClone({ ...copied, do: act }), id: freshId(own, copied.id) }, null, near);
}

/** The first way of a node that leads nowhere. */
export function freeWay(node: JourneyNode | undefined): string | null {
  return node ? (waysOf(node.do).find((way) => leadsTo(node.do, way) === null)?.id ?? null) : null;
}

/** Weights that are together 100, as even as whole numbers allow. */
export function evenWeights(count: number): number[] {
  const each = Math.floor(100 / count);
  return Array.from({ length: count }, (_, at) => each + (at < 100 - each * count ? 1 : 0));
}
