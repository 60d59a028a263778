import { InputNumber, Select, Table } from "antd";
import { useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { usePhone } from "../../shell/parts";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { COLORS, escapeHtml } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { DurationInput, Labelled } from "../controls/simple";
import { useCatalogue } from "../controls/useCatalogue";
import { define, type FormProps, type ViewProps } from "../kind";
import { usePropertyName } from "../names";
import { inGroup, Panel, Stat, useGroup, useNames } from "../parts";
import { eventNames } from "../spec";
import type { TouchNode, TouchpointsResult, TouchpointsSpec, TouchpointsTable } from "../shapes";

const ORDER = { event: "Order Completed" };
/** Nodes drawn; the table has all. */
const DRAWN_MAX = 24;

function Form({ spec, change }: FormProps<TouchpointsSpec>) {
  const { t } = useI18n();
  const property = usePropertyName();
  const { properties } = useCatalogue();
  return (
    <div className="see-frame">
      <Labelled at="touch_by" label={t("see.touchpoints.by")}>
        <Select<string> className="w-140" value={spec.touch_by ?? "touchpoint"} onChange={(touch_by) => change({ touch_by })} aria-label={t("see.touchpoints.by")} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} options={properties(spec.events).map((own) => ({ value: own.name, label: property(own.name) }))} />
      </Labelled>
      <Labelled at="events" label={t("see.paths.events")}><EventPicker any value={spec.events ?? { event: "*" }} onChange={(next) => change({ events: next.event === "*" && !next.where ? undefined : next })} label={t("see.paths.events")} /></Labelled>
      <Labelled at="conversion" label={t("see.conversion")}><EventPicker value={spec.conversion ?? ORDER} onChange={(conversion) => change({ conversion })} label={t("see.conversion")} /></Labelled>
      <Labelled at="within" label={t("see.within")}><DurationInput value={spec.within ?? { days: 30 }} onChange={(within) => change({ within })} label={t("see.within")} /></Labelled>
      <Labelled at="top" label={t("see.paths.top")}><InputNumber min={2} max={200} value={spec.top ?? 60} onChange={(top) => top && change({ top })} aria-label={t("see.paths.top")} className="w-80" /></Labelled>
    </div>
  );
}

function View({ spec, result, small }: ViewProps<TouchpointsSpec, TouchpointsResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const open = useOpen();
  const phone = usePhone();
  const { shown, group, chooser } = useGroup<TouchpointsTable>(result, result.groups);
  const before = group === undefined ? result.before : undefined;
  const nodes = useMemo(() => [...shown.nodes].sort((a, b) => b.people - a.people), [shown]);
  // What one converts by is no touch that leads there.
  const goal = eventNames(spec.conversion ?? ORDER);
  const first = best(nodes.filter((node) => !goal.includes(node.node)));
  const drawn = useMemo(() => {
    const kept = nodes.slice(0, DRAWN_MAX);
    const inside = new Set(kept.map((node) => node.node));
    return { nodes: kept, links: shown.links.filter((link) => inside.has(link.from) && inside.has(link.to) && link.from !== link.to) };
  }, [nodes, shown]);
  // Room for the names, which stand outside.
  const around = phone ? 64 : 90;
  const option = useMemo(() => {
    const most = Math.max(1, ...drawn.nodes.map((node) => node.people));
    const busiest = Math.max(1, ...drawn.links.map((link) => link.count));
    return {
      tooltip: {
        trigger: "item" as const, confine: true,
        formatter: (given: unknown) => {
          const { dataType, dataIndex } = given as { dataType?: string; dataIndex: number };
          const link = drawn.links[dataIndex];
          const node = drawn.nodes[dataIndex];
          if (dataType === "edge") return link ? `${escapeHtml(names.event(link.from))} → ${escapeHtml(names.event(link.to))} <b>${format.count(link.people)}</b>` : "";
          return node ? `${escapeHtml(names.event(node.node))} <b>${format.count(node.people)}</b><br/>${escapeHtml(t("see.touchpoints.rate"))} <b>${format.percent(node.people ? node.converted / node.people : null)}</b>` : "";
        },
      },
      series: [{
        type: "graph" as const, layout: "circular" as const, circular: { rotateLabel: true }, roam: false, left: around, right: around, top: around, bottom: around,
        data: drawn.nodes.map((node, at) => ({ name: node.node, symbolSize: 8 + 34 * Math.sqrt(node.people / most), itemStyle: { color: COLORS[at % COLORS.length] } })),
        links: drawn.links.map((link) => ({ source: link.from, target: link.to, lineStyle: { width: 0.8 + 5 * (link.count / busiest) } })),
        edgeSymbol: ["none", "arrow"] as [string, string], edgeSymbolSize: 7, lineStyle: { color: "source" as const, opacity: 0.35, curveness: 0.25 },
        label: { show: true, color: "#1d2421", fontSize: 12, width: around - 6, overflow: "truncate" as const, formatter: ({ name }: { name: string }) => names.event(name) }, emphasis: { focus: "adjacency" as const },
      }],
    };
  }, [drawn, around, names, format, t]);
  const cell = (node: TouchNode, which: "people" | "converted" | "entry" | "exit") => ({
    title: t(`see.touchpoints.${which}`), n: node[which], cell: { node: node.node, which, ...inGroup(group) },
  });
  const few = (node: TouchNode, which: "people" | "converted" | "entry" | "exit") => {
    const { title, n, cell: own } = cell(node, which);
    return <Few n={n} cell={own} title={`${names.event(node.node)} · ${title}`}>{format.count(n)}</Few>;
  };
  return (
    <>
      {chooser}
      <div className="numbers">
        <Stat label={t("see.touchpoints.touched")} value={format.count(shown.people)} now={shown.people} before={before?.people} />
        <Stat label={t("see.touchpoints.nodes")} value={format.count(nodes.length)} hint={shown.hidden ? t("see.touchpoints.hidden", { n: format.count(shown.hidden) }) : undefined} />
        <Stat label={t("see.touchpoints.best")} value={names.event(first?.node ?? "–")} hint={format.percent(rate(first))} />
      </div>
      <Panel title={t("see.touchpoints.chart")} note={t("see.touchpoints.note")}>
        <Chart
          tall option={option} label={t("see.touchpoints")} height={small || phone ? 340 : 560}
          onClick={({ dataType, dataIndex }) => {
            const [node, link] = [drawn.nodes[dataIndex], drawn.links[dataIndex]];
            if (dataType === "edge" && link) open({ link: { from: link.from, to: link.to }, ...inGroup(group) }, `${names.event(link.from)} → ${names.event(link.to)}`);
            else if (node) open({ node: node.node, which: "people", ...inGroup(group) }, names.event(node.node));
          }}
        />
      </Panel>
      {small ? null : (
        <Panel title={t("see.table")}>
          <Table<TouchNode>
            size="small" rowKey="node" scroll={{ x: "max-content" }} pagination={{ pageSize: 20, hideOnSinglePage: true, size: "small" }} dataSource={nodes}
            columns={[
              { title: t("see.touchpoints.node"), fixed: "left", render: (_, row) => <b className="plain">{names.event(row.node)}</b> },
              { title: t("see.people"), align: "right", sorter: (a, b) => a.people - b.people, render: (_, row) => few(row, "people") },
              { title: t("see.times"), align: "right", sorter: (a, b) => a.count - b.count, render: (_, row) => <span className="num">{format.count(row.count)}</span> },
              { title: t("see.touchpoints.converted"), align: "right", sorter: (a, b) => a.converted - b.converted, render: (_, row) => few(row, "converted") },
              { title: t("see.touchpoints.rate"), align: "right", sorter: (a, b) => (rate(a) ?? 0) - (rate(b) ?? 0), render: (_, row) => <span className="num">{format.percent(rate(row))}</span> },
              { title: t("see.touchpoints.entry"), align: "right", sorter: (a, b) => a.entry - b.entry, render: (_, row) => few(row, "entry") },
              { title: t("see.touchpoints.exit"), align: "right", sorter: (a, b) => a.exit - b.exit, render: (_, row) => few(row, "exit") },
            ]}
          />
        </Panel>
      )}
    </>
  );
}

function rate(node: TouchNode | undefined): number | null {
  return node?.people ? node.converted / node.people : null;
}
/** The best converting node among those that a tenth of the busiest one's people came to: a lucky few prove nothing. */
function best(nodes: TouchNode[]): TouchNode | undefined {
  const most = nodes[0]?.people ?? 0;
  return [...nodes].filter((node) => node.people * 10 >= most).sort((a, b) => (rate(b) ?? 0) - (rate(a) ?? 0))[0];
}

export default define<TouchpointsSpec, TouchpointsResult>({
  fallback: { touch_by: "touchpoint", conversion: ORDER, within: { days: 30 } }, by: "people", span: true, compare: true, Form, View, isEmpty: (result) => result.nodes.length === 0,
});
