// How charts look: ink on paper, colour where it tells things apart.
import type { Option } from "./echarts";

export const COLORS = ["#1f6f5c", "#c58a3a", "#3f6c8f", "#a35d6a", "#7c8f4e", "#6b5b95", "#4f9a94", "#b8693d", "#8b918c", "#d1b15a"];
export const SOFT = "#8b918c";
const LINE = "#f0eee8";

export const base: Option = { animationDuration: 350, color: COLORS, textStyle: { fontFamily: "inherit" } };
/** `legend`: room for it above. */
export const grid = (legend = true) => ({ left: 8, right: 14, top: legend ? 44 : 16, bottom: 6, outerBoundsMode: "same" as const, outerBoundsContain: "axisLabel" as const });
export const legend = (data: string[]) => ({ top: 6, left: 6, type: "scroll" as const, icon: "roundRect", itemWidth: 12, itemHeight: 4, textStyle: { color: "#4b534e" }, data });
export const category = (data: string[], label?: (text: string) => string) => ({
  type: "category" as const, data, axisTick: { show: false }, axisLine: { lineStyle: { color: "#dcd9d1" } },
  axisLabel: { color: SOFT, hideOverlap: true, ...(label ? { formatter: label } : {}) },
});
export const values = (label: (value: number) => string, whole = true) => ({
  type: "value" as const, ...(whole ? { minInterval: 1 } : {}), axisLabel: { color: SOFT, formatter: label }, splitLine: { lineStyle: { color: LINE } },
});
export const bar = { barMaxWidth: 46, itemStyle: { borderRadius: [4, 4, 0, 0] } };
export const line = { smooth: 0.2, symbol: "circle", symbolSize: 5, showSymbol: false, lineStyle: { width: 2 } };
/** The period before, behind the present one. */
export const dashed = { ...line, lineStyle: { width: 1.5, type: [4, 4] as [number, number], opacity: 0.75 } };

/** Text that came from data, inside a tooltip's HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

interface Item { marker: string; seriesName: string; name: string; value: unknown; seriesIndex: number; dataIndex: number }
/** A tooltip that lists the series at a place on the axis. */
export function axisTooltip(show: (value: number, item: Item) => string, title: (name: string) => string = (name) => name) {
  return {
    trigger: "axis" as const, confine: true,
    formatter: (given: unknown) => {
      const items = (Array.isArray(given) ? given : [given]) as Item[];
      const rows = items.filter((item) => typeof item.value === "number").map((item) => `${item.marker} ${escapeHtml(item.seriesName)} <b>${escapeHtml(show(item.value as number, item))}</b>`);
      return [`<b>${escapeHtml(title(items[0]?.name ?? ""))}</b>`, ...rows].join("<br/>");
    },
  };
}
/** Background of a heat cell: nothing at 0, deep green at 1. */
export function heat(share: number | null | undefined): { background: string; color: string } {
  const at = Math.min(Math.max(share ?? 0, 0), 1);
  return { background: at === 0 ? "transparent" : `rgba(31, 111, 92, ${(0.08 + at * 0.82).toFixed(3)})`, color: at > 0.5 ? "#fff" : "inherit" };
}
