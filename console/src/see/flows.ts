// Flows as charts take them.
import type { PathLink } from "./shapes";

export interface FlowNode { name: string; label: string; depth: number }
export interface FlowLink { source: string; target: string; value: number; link: PathLink }

/** What leads nowhere further. Not a name that an event could have. */
export const LEFT = "\u0000left";
const node = (step: number, name: string | null) => `${step}|${name ?? LEFT}`;

/** Steps in columns: the same event at two steps is two nodes, so nothing runs in a circle. */
export function columnsOf(links: PathLink[], label: (name: string | null) => string): { nodes: FlowNode[]; links: FlowLink[] } {
  const nodes = new Map<string, FlowNode>();
  const put = (step: number, name: string | null) => {
    const id = node(step, name);
    if (!nodes.has(id)) nodes.set(id, { name: id, label: label(name), depth: step });
    return id;
  };
  const flows = links.filter((link) => link.count > 0).map((link) => ({ source: put(link.step, link.from), target: put(link.step + 1, link.to), value: link.count, link }));
  return { nodes: [...nodes.values()], links: flows };
}

/** Before and after in two columns. */
export function betweenOf<F extends { from: string; to: string; people: number }>(flow: F[], label: (name: string) => string) {
  const moves = flow.filter((item) => item.people > 0);
  const nodes = [
    ...[...new Set(moves.map((item) => item.from))].map((name) => ({ name: `0|${name}`, label: label(name), depth: 0 })),
    ...[...new Set(moves.map((item) => item.to))].map((name) => ({ name: `1|${name}`, label: label(name), depth: 1 })),
  ];
  return { nodes, links: moves.map((item) => ({ source: `0|${item.from}`, target: `1|${item.to}`, value: item.people, move: item })) };
}
