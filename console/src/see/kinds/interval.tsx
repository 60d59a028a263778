import { Table } from "antd";
import { useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, bar, category, grid, legend, values } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { DurationInput, Labelled } from "../controls/simple";
import { define, type FormProps, type ViewProps } from "../kind";
import { inGroup, Panel, Stat, useGroup } from "../parts";
import type { IntervalResult, IntervalSpec, IntervalTable } from "../shapes";

const ORDER = { event: "Order Completed" };

function Form({ spec, change }: FormProps<IntervalSpec>) {
  const { t } = useI18n();
  return (
    <div className="see-frame">
      <Labelled at="from" label={t("see.interval.from")}><EventPicker any value={spec.from ?? ORDER} onChange={(from) => change({ from })} label={t("see.interval.from")} /></Labelled>
      <Labelled at="to" label={t("see.interval.to")}><EventPicker any value={spec.to ?? ORDER} onChange={(to) => change({ to })} label={t("see.interval.to")} /></Labelled>
      <Labelled at="within" label={t("see.interval.within")}><DurationInput value={spec.within ?? { days: 30 }} onChange={(within) => change({ within })} label={t("see.interval.within")} /></Labelled>
    </div>
  );
}

const QUANTILES = ["p25", "median", "p75", "p90"] as const;

function View({ result, small }: ViewProps<IntervalSpec, IntervalResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const open = useOpen();
  const { shown, group, chooser } = useGroup<IntervalTable>(result, result.groups);
  const before = group === undefined ? result.before : undefined;
  // The last bin holds what took exactly the longest time; it is shown when something did.
  const bins = useMemo(() => shown.bins.filter((bin) => bin.count > 0 || bin.to_seconds - bin.from_seconds > 1), [shown]);
  const names = useMemo(() => bins.map((bin) => (bin.to_seconds - bin.from_seconds > 1 ? `${format.span(bin.from_seconds)} – ${format.span(bin.to_seconds)}` : format.span(bin.from_seconds))), [bins, format]);
  const option = useMemo(() => {
    const past = before?.bins.length === shown.bins.length ? before.bins : undefined;
    return {
      grid: grid(Boolean(past)), legend: past ? legend([t("see.times"), t("see.before")]) : undefined, tooltip: axisTooltip((value) => `${format.count(value)} · ${format.percent(shown.count ? value / shown.count : null)}`),
      xAxis: category(names), yAxis: values(format.short),
      series: [
        { name: t("see.times"), type: "bar" as const, ...bar, data: bins.map((bin) => bin.count) },
        ...(past ? [{ name: t("see.before"), type: "line" as const, symbol: "none", data: past.map((bin) => bin.count) }] : []),
      ],
    };
  }, [shown, bins, before, names, format, t]);
  return (
    <>
      {chooser}
      <div className="numbers">
        {QUANTILES.map((name) => <Stat key={name} label={t(`see.interval.${name}`)} value={format.span(shown[name])} now={shown[name]} before={before?.[name]} less />)}
        <Stat label={t("see.people")} value={format.count(shown.people)} now={shown.people} before={before?.people} />
      </div>
      <Panel title={t("see.interval.chart")} note={t("see.interval.note")}><Chart option={option} label={t("see.interval")} height={small ? 260 : 340} onClick={({ dataIndex }) => open({ bin: dataIndex, ...inGroup(group) }, names[dataIndex] ?? "")} /></Panel>
      {small ? null : (
        <Panel title={t("see.table")}>
          <Table
            size="small" rowKey="at" pagination={{ pageSize: 20, hideOnSinglePage: true, size: "small" }} dataSource={bins.map((bin, at) => ({ ...bin, at }))}
            columns={[
              { title: t("see.range"), render: (_, row) => names[row.at] },
              { title: t("see.times"), align: "right", render: (_, row) => <Few n={row.count} cell={{ bin: row.at, ...inGroup(group) }} title={names[row.at] ?? ""}>{format.count(row.count)}</Few> },
              { title: t("see.share"), align: "right", render: (_, row) => <span className="num">{format.percent(shown.count ? row.count / shown.count : null)}</span> },
            ]}
          />
        </Panel>
      )}
    </>
  );
}

export default define<IntervalSpec, IntervalResult>({
  fallback: { from: ORDER, to: ORDER, within: { days: 180 } }, by: "people", span: true, compare: true, Form, View, isEmpty: (result) => !result.count,
});
