// How an edge runs from the bottom of a card to the top of another without crossing cards where that is possible.
import { overlap, type Box } from "./layout";

export type Point = readonly [number, number];

/** A point of the curve that leaves downwards and arrives downwards. */
function curve(from: Point, to: Point, at: number): Point {
  const bend = bendOf(from, to);
  const inverse = 1 - at;
  const mix = (a: number, b: number, c: number, d: number) => inverse ** 3 * a + 3 * inverse ** 2 * at * b + 3 * inverse * at ** 2 * c + at ** 3 * d;
  return [mix(from[0], from[0], to[0], to[0]), mix(from[1], from[1] + bend, to[1] - bend, to[1])];
}
function bendOf(from: Point, to: Point): number {
  return Math.max(24, Math.abs(to[1] - from[1]) / 2);
}

const SAMPLES = 24;
function curveIsFree(from: Point, to: Point, cards: Box[]): boolean {
  if (to[1] - from[1] < 32) return false;
  for (let n = 1; n < SAMPLES; n += 1) {
    const [x, y] = curve(from, to, n / SAMPLES);
    if (cards.some((card) => x > card.x - 6 && x < card.x + card.width + 6 && y > card.y + 2 && y < card.y + card.height - 2)) return false;
  }
  return true;
}

function hits(a: Point, b: Point, cards: Box[]): number {
  const line: Box = { x: Math.min(a[0], b[0]), y: Math.min(a[1], b[1]), width: Math.abs(a[0] - b[0]), height: Math.abs(a[1] - b[1]) };
  return cards.filter((card) => overlap(line, card, 5)).length;
}

export interface Run { from: Point; to: Point; /** Lanes keep edges that leave side by side apart. */ lane: number }

/** The SVG path. A short free way is a curve; any other goes round with rounded corners. */
export function route({ from, to, lane }: Run, cards: Box[]): string {
  if (curveIsFree(from, to, cards)) {
    const bend = bendOf(from, to);
    return `M${from[0]},${from[1]} C${from[0]},${from[1] + bend} ${to[0]},${to[1] - bend} ${to[0]},${to[1]}`;
  }
  const y1 = from[1] + 16 + lane * 6;
  const y2 = to[1] - 20;
  const through = (x: number): Point[] => [from, [from[0], y1], [x, y1], [x, y2], [to[0], y2], to];
  const count = (x: number) => hits([from[0], y1], [x, y1], cards) + hits([x, y1], [x, y2], cards) + hits([x, y2], [to[0], y2], cards);
  let best = to[0];
  let least = count(best);
  if (least > 0) {
    const middle = (from[0] + to[0]) / 2;
    const span = (x: number) => Math.abs(x - from[0]) + Math.abs(x - to[0]);
    const low = Math.min(y1, y2) - 20;
    const high = Math.max(y1, y2) + 20;
    const beside = cards.filter((card) => card.y < high && card.y + card.height > low).flatMap((card) => [card.x - 18 - lane * 6, card.x + card.width + 18 + lane * 6]);
    const tries = [from[0], ...beside.sort((a, b) => span(a) - span(b) || Math.abs(a - middle) - Math.abs(b - middle) || a - b)].slice(0, 40);
    for (const x of tries) {
      const found = count(x);
      if (found < least) [best, least] = [x, found];
      if (least === 0) break;
    }
  }
  return rounded(through(best));
}

const CORNER = 10;
function rounded(points: Point[]): string {
  const kept = points.filter((point, at) => at === 0 || Math.abs(point[0] - (points[at - 1]?.[0] ?? 0)) + Math.abs(point[1] - (points[at - 1]?.[1] ?? 0)) > 0.5);
  return kept.map((point, at) => {
    const before = kept[at - 1];
    const after = kept[at + 1];
    if (!before) return `M${point[0]},${point[1]}`;
    if (!after) return `L${point[0]},${point[1]}`;
    const [a, b] = [towards(point, before), towards(point, after)];
    return `L${a[0]},${a[1]} Q${point[0]},${point[1]} ${b[0]},${b[1]}`;
  }).join(" ");
}
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const part = Math.min(CORNER, length / 2) / (length || 1);
  return [Math.round((from[0] + (to[0] - from[0]) * part) * 10) / 10, Math.round((from[1] + (to[1] - from[1]) * part) * 10) / 10];
}
