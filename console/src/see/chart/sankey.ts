import type { Format } from "../../format/useFormat";
import type { Option } from "./echarts";
import { COLORS, escapeHtml } from "./style";

interface Node { name: string; label: string; depth: number }
interface Link { source: string; target: string; value: number }
interface Params { dataType?: string; name: string; value: number; data: { label?: string; source?: string; target?: string } }

/** The same name has the same colour in every column. */
export function sankey(flows: { nodes: Node[]; links: Link[] }, format: Format): Option {
  const labels = new Map(flows.nodes.map((node) => [node.name, node.label]));
  const names = [...new Set(flows.nodes.map((node) => node.label))];
  return {
    tooltip: {
      trigger: "item", confine: true,
      formatter: (given: unknown) => {
        const { dataType, value, data, name } = given as Params;
        const title = dataType === "edge" ? `${labels.get(data.source ?? "") ?? ""} → ${labels.get(data.target ?? "") ?? ""}` : (labels.get(name) ?? "");
        return `${escapeHtml(title)} <b>${format.count(value)}</b>`;
      },
    },
    series: [{
      type: "sankey", left: 8, right: 120, top: 12, bottom: 12, nodeWidth: 12, nodeGap: 10, draggable: false, emphasis: { focus: "adjacency" },
      data: flows.nodes.map(({ name, label, depth }) => ({ name, depth, itemStyle: { color: COLORS[names.indexOf(label) % COLORS.length] } })),
      links: flows.links.map(({ source, target, value }) => ({ source, target, value })),
      lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 },
      label: { color: "#1d2421", fontSize: 12, width: 110, overflow: "truncate", formatter: ({ name }: { name: string }) => labels.get(name) ?? name },
    }],
  };
}
