import { memo, useMemo } from "react";
import { waysOf, type Definition } from "./definition";
import { ENTRY_ID } from "./Card";
import { ENTRY, type Box } from "./layout";
import { route, type Point } from "./route";

interface Line { key: string; from: string; to: string; path: string }

/** Where a way leaves its card. */
export function outPoint(box: Box, at: number, count: number): Point {
  return [box.x + (box.width * (at + 0.5)) / count, box.y + box.height];
}

export function linesOf(definition: Definition, boxes: ReadonlyMap<string, Box>, entry: Point): Line[] {
  const cards: Box[] = [...boxes.values()];
  const all = [...cards, { x: entry[0], y: entry[1], ...ENTRY }];
  const into = (id: string): Point | null => {
    const box = boxes.get(id);
    return box ? [box.x + box.width / 2, box.y - 5] : null;
  };
  const start = definition.start ? into(definition.start) : null;
  const lines: Line[] = start && definition.start ? [{ key: "start", from: ENTRY_ID, to: definition.start, path: route({ from: [entry[0] + ENTRY.width / 2, entry[1] + ENTRY.height], to: start, lane: 0 }, cards) }] : [];
  for (const node of definition.nodes) {
    const box = boxes.get(node.id);
    const ways = waysOf(node.do);
    ways.forEach((way, at) => {
      const to = way.to ? into(way.to) : null;
      if (!box || !to || !way.to) return;
      const from = outPoint(box, at, ways.length);
      const lane = Math.min(4, to[0] > from[0] ? ways.length - 1 - at : at);
      lines.push({ key: `${node.id}.${way.id}`, from: node.id, to: way.to, path: route({ from, to, lane }, all) });
    });
  }
  return lines;
}

interface Props { definition: Definition; boxes: ReadonlyMap<string, Box>; entry: Point; selected: string | null; draft: { from: Point; to: Point } | null }

export const Edges = memo(function Edges({ definition, boxes, entry, selected, draft }: Props) {
  const lines = useMemo(() => linesOf(definition, boxes, entry), [definition, boxes, entry]);
  const near = (line: Line) => selected !== null && (line.from === selected || line.to === selected);
  // What belongs to the chosen card is drawn last, over the others.
  const sorted = [...lines].sort((a, b) => Number(near(a)) - Number(near(b)));
  return (
    <svg className="jc-edges" aria-hidden>
      <defs>
        {["plain", "near"].map((name) => (
          <marker key={name} id={`jc-arrow-${name}`} viewBox="0 0 8 8" refX="4" refY="4" markerUnits="userSpaceOnUse" markerWidth="13" markerHeight="13" orient="auto"><path className={`jc-arrow ${name}`} d="M0.5,0.5 L7,4 L0.5,7.5 Z" /></marker>
        ))}
      </defs>
      {sorted.map((line) => <path key={line.key} className={`jc-edge${near(line) ? " near" : ""}`} d={line.path} markerEnd={`url(#jc-arrow-${near(line) ? "near" : "plain"})`} />)}
      {draft ? <path className="jc-edge draft" d={`M${draft.from[0]},${draft.from[1]} L${draft.to[0]},${draft.to[1]}`} markerEnd="url(#jc-arrow-near)" /> : null}
    </svg>
  );
});
