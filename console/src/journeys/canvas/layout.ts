// Where cards lie. Sizes are fixed, so that places and edges are known without asking the browser.
import { leadsTo, waysOf, type Act, type Definition, type JourneyNode, type Place } from "./definition";

export const CARD = { width: 248, way: 80, arm: 108, head: 82, numbers: 24, ways: 16, gap: 40, gapY: 64 } as const;
export const ENTRY = { width: 296, height: 88 } as const;
const GRID = 8;

export interface Box { x: number; y: number; width: number; height: number }

export function cardWidth(act: Act): number {
  const ways = waysOf(act);
  return Math.max(CARD.width, ways.length * (ways[0]?.arm ? CARD.arm : CARD.way));
}
/** As drawn. The layout always leaves room for numbers. */
export function cardHeight(act: Act, numbers: boolean): number {
  return CARD.head + (numbers ? CARD.numbers : 0) + (act.type === "exit" ? 4 : CARD.ways);
}
const FULL = CARD.head + CARD.numbers + CARD.ways;
/** From the top of a card to the top of the card below it. */
export const STEP_Y = FULL + CARD.gapY;

export function boxOf(node: JourneyNode, place: Place, numbers: boolean): Box {
  return { x: place[0], y: place[1], width: cardWidth(node.do), height: cardHeight(node.do, numbers) };
}
export function overlap(a: Box, b: Box, apart = 0): boolean {
  return a.x < b.x + b.width + apart && b.x < a.x + a.width + apart && a.y < b.y + b.height + apart && b.y < a.y + a.height + apart;
}
export function boundsOf(boxes: Box[]): Box {
  if (boxes.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return { x, y, width: Math.max(...boxes.map((box) => box.x + box.width)) - x, height: Math.max(...boxes.map((box) => box.y + box.height)) - y };
}

interface Graph { ids: string[]; next: number[][]; layer: number[]; order: number[] }

/** Layers by the longest way from the start; a way back to where one came from does not count. */
function graphOf(own: Definition): Graph {
  const ids = own.nodes.map((node) => node.id);
  const at = new Map(ids.map((id, index) => [id, index] as const).reverse());
  const all = own.nodes.map((node) => [...new Set(waysOf(node.do).flatMap((way) => {
    const to = leadsTo(node.do, way);
    const found = to === null ? undefined : at.get(to);
    return found === undefined ? [] : [found];
  }))]);
  const start = own.start ? at.get(own.start) : undefined;
  const led = new Set(all.flat());
  const every = ids.map((_, index) => index);
  const roots = [...(start === undefined ? [] : [start]), ...every.filter((index) => !led.has(index)), ...every];
  const next: number[][] = ids.map(() => []);
  const state = new Uint8Array(ids.length);
  const order: number[] = [];
  const done: number[] = [];
  for (const root of roots) {
    if (state[root]) continue;
    const open: { node: number; taken: number }[] = [{ node: root, taken: 0 }];
    state[root] = 1;
    order.push(root);
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const to = all[top.node]?.[top.taken];
      top.taken += 1;
      if (to === undefined) {
        state[top.node] = 2;
        done.push(top.node);
        open.pop();
      } else if (state[to] !== 1) {
        next[top.node]?.push(to);
        if (state[to] === 0) {
          state[to] = 1;
          order.push(to);
          open.push({ node: to, taken: 0 });
        }
      }
    }
  }
  const layer = ids.map(() => 0);
  for (const node of done.reverse()) for (const to of next[node] ?? []) layer[to] = Math.max(layer[to] ?? 0, (layer[node] ?? 0) + 1);
  return { ids, next, layer, order };
}

/** Node ids as people pass them: what is reached by fewer steps first. */
export function flowOrder(own: Definition): string[] {
  const { ids, layer, order } = graphOf(own);
  const rank = new Map(order.map((node, at) => [node, at]));
  return ids.map((_, index) => index).sort((a, b) => (layer[a] ?? 0) - (layer[b] ?? 0) || (rank.get(a) ?? 0) - (rank.get(b) ?? 0)).map((index) => ids[index] ?? "");
}

/** Something in a row: a card, or the room a long edge needs on its way past. */
interface Item { node: number | null; width: number; up: { item: Item; port: number }[]; down: { item: Item; port: number }[]; x: number; at: number }

/** Every node in rows from top to bottom. The same definition always lies the same way. */
export function autoLayout(own: Definition): Map<string, Place> {
  const graph = graphOf(own);
  const rows = rowsOf(own, graph);
  for (let sweep = 0; sweep < 6; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) arrange(row, down);
  }
  rows.forEach(pack);
  for (let sweep = 0; sweep < 8; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) align(row, down);
  }
  const cards = rows.flatMap((row, layer) => row.flatMap((item) => (item.node === null ? [] : [{ node: item.node, x: item.x - item.width / 2, layer }])));
  const left = Math.min(...cards.map((card) => card.x));
  return new Map(cards.map((card) => [graph.ids[card.node] ?? "", [Math.ceil((card.x - left) / GRID) * GRID, card.layer * STEP_Y] as Place]));
}

function rowsOf(own: Definition, { ids, next, layer, order }: Graph): Item[][] {
  const rows: Item[][] = Array.from({ length: Math.max(-1, ...layer) + 1 }, () => []);
  const items: Item[] = own.nodes.map((node, at) => ({ node: at, width: cardWidth(node.do), up: [], down: [], x: 0, at: 0 }));
  const put = (item: Item, row: number) => {
    item.at = rows[row]?.push(item) ?? 0;
    return item;
  };
  for (const index of order) {
    const item = items[index];
    if (item) put(item, layer[index] ?? 0);
  }
  for (const index of order) {
    const node = own.nodes[index];
    const from = items[index];
    if (!node || !from) continue;
    const ways = waysOf(node.do);
    ways.forEach((way, port) => {
      const to = way.to === null ? -1 : ids.indexOf(way.to);
      const target = items[to];
      if (!target || !next[index]?.includes(to)) return;
      let above = from;
      let offset = ((port + 0.5) / ways.length - 0.5) * from.width;
      const tie = (below: Item) => {
        above.down.push({ item: below, port: offset });
        below.up.push({ item: above, port: offset });
        above = below;
        offset = 0;
      };
      for (let row = (layer[index] ?? 0) + 1; row < (layer[to] ?? 0); row += 1) tie(put({ node: null, width: 24, up: [], down: [], x: 0, at: 0 }, row));
      tie(target);
    });
  }
  return rows;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Puts a row in the order of what it hangs on. */
function arrange(row: Item[], down: boolean): void {
  const key = new Map(row.map((item, index) => {
    const ties = down ? item.up : item.down;
    return [item, { by: ties.length ? mean(ties.map((tie) => tie.item.at + (down ? tie.port / 1000 : 0))) : item.at, index }];
  }));
  row.sort((a, b) => (key.get(a)?.by ?? 0) - (key.get(b)?.by ?? 0) || (key.get(a)?.index ?? 0) - (key.get(b)?.index ?? 0));
  row.forEach((item, at) => {
    item.at = at;
  });
}

const apart = (a: Item, b: Item) => (a.width + b.width) / 2 + CARD.gap + GRID;

function pack(row: Item[]): void {
  let x = 0;
  row.forEach((item, at) => {
    const before = row[at - 1];
    x = before ? x + apart(before, item) : 0;
    item.x = x;
  });
  row.forEach((item) => {
    item.x -= x / 2;
  });
}

/** Moves a row as near as its order allows to what it hangs on: blocks that push each other stand at their common mean. */
function align(row: Item[], down: boolean): void {
  const blocks: { sum: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  row.forEach((item, at) => {
    const before = row[at - 1];
    offset += before ? apart(before, item) : 0;
    offsets.push(offset);
    const ties = down ? item.up : item.down;
    const wanted = ties.length ? mean(ties.map((tie) => tie.item.x + (down ? tie.port : -tie.port))) : item.x;
    blocks.push({ sum: wanted - offset, count: 1 });
    for (let last = blocks.at(-1), prior = blocks.at(-2); last && prior && prior.sum / prior.count > last.sum / last.count; last = blocks.at(-1), prior = blocks.at(-2)) {
      prior.sum += last.sum;
      prior.count += last.count;
      blocks.pop();
    }
  });
  let at = 0;
  for (const block of blocks) {
    for (let n = 0; n < block.count; n += 1, at += 1) {
      const item = row[at];
      if (item) item.x = block.sum / block.count + (offsets[at] ?? 0);
    }
  }
}

/** Where every node lies: where it was put, else where the layout finds room for it. */
export function placesOf(own: Definition): Map<string, Place> {
  if (own.nodes.length === 0) return new Map();
  const placed = own.nodes.filter((node) => node.place);
  if (placed.length === own.nodes.length) return new Map(own.nodes.map((node) => [node.id, node.place ?? [0, 0]]));
  const auto = autoLayout(own);
  if (placed.length === 0) return auto;
  const out = new Map<string, Place>();
  const boxes = placed.map((node) => boxOf(node, node.place ?? [0, 0], true));
  placed.forEach((node) => out.set(node.id, node.place ?? [0, 0]));
  for (const node of own.nodes) {
    if (node.place) continue;
    const place = nearestFree(boxes, auto.get(node.id) ?? [0, 0], node.do);
    boxes.push(boxOf(node, place, true));
    out.set(node.id, place);
  }
  return out;
}

/** The wanted place, or the nearest beside or below it where no card lies. */
export function freePlace(own: Definition, wanted: Place, act: Act): Place {
  return nearestFree(own.nodes.flatMap((node) => (node.place ? [boxOf(node, node.place, true)] : [])), wanted, act);
}
function nearestFree(boxes: Box[], wanted: Place, act: Act): Place {
  const size = { width: cardWidth(act), height: cardHeight(act, true) };
  const stepX = CARD.width + CARD.gap;
  for (let ring = 0; ring <= 400; ring += 1) {
    for (let row = 0; row <= ring; row += 1) {
      for (const side of [1, -1]) {
        const place: Place = [wanted[0] + side * (ring - row) * stepX, wanted[1] + row * STEP_Y];
        const box = { x: place[0], y: place[1], ...size };
        if (!boxes.some((other) => overlap(box, other, 16))) return place;
      }
    }
  }
  return wanted;
}

/** The entry lies above the first node, and above whatever lies there. */
export function entryPlace(own: Definition, boxes: Map<string, Box>): Place {
  const first = (own.start ? boxes.get(own.start) : undefined) ?? null;
  const all = [...boxes.values()];
  const bounds = boundsOf(all);
  const x = (first ? first.x + first.width / 2 : bounds.x + Math.min(bounds.width, CARD.width) / 2) - ENTRY.width / 2;
  let y = (first ? first.y : bounds.y) - ENTRY.height - 56;
  for (let turn = 0; turn <= all.length; turn += 1) {
    const hit = all.find((box) => overlap({ x, y, ...ENTRY }, box, 16));
    if (!hit) break;
    y = hit.y - ENTRY.height - 32;
  }
  return [Math.round(x), Math.round(y)];
}
