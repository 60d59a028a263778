import { Input, Table } from "antd";
import { useMemo, useState } from "react";
import { fromMinor, toMinor } from "../../format/money";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, bar, category, dashed, grid, legend, values } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { MeasurePicker } from "../controls/MeasurePicker";
import { Labelled } from "../controls/simple";
import { binLabel, edgesOf } from "../bins";
import { define, type FormProps, type ViewProps } from "../kind";
import { inGroup, Panel, Stat, useGroup } from "../parts";
import type { Bin, DistributionResult, DistributionSpec, DistributionTable, Measure } from "../shapes";
import { isMoney } from "../spec";

function Form({ spec, change }: FormProps<DistributionSpec>) {
  const { t } = useI18n();
  return (
    <div className="see-frame">
      <Labelled at="event" label={t("see.event")}><EventPicker any value={spec.event ?? { event: "*" }} onChange={(event) => change({ event })} label={t("see.event")} /></Labelled>
      <Labelled at="measure" label={t("see.measure")}><MeasurePicker value={spec.measure} kinds={["count", "days", "sum", "value"]} selection={spec.event} onChange={(measure) => change({ measure: measure as Measure, bins: undefined })} /></Labelled>
      <Labelled at="bins" label={t("see.bins")}><Edges spec={spec} change={change} /></Labelled>
    </div>
  );
}

/** Edges of the bins as text: "1, 2, 5, 10". Empty: the program chooses. */
function Edges({ spec, change }: FormProps<DistributionSpec>) {
  const { t } = useI18n();
  const { currency } = useFormat();
  const money = isMoney(spec.measure);
  const shown = (spec.bins ?? []).map((edge) => (money ? fromMinor(edge, currency) : edge)).join(", ");
  const [draft, setDraft] = useState<string | null>(null);
  const edges = draft === null ? null : edgesOf(draft);
  const keep = () => {
    if (edges) change({ bins: edges.length ? edges.map((edge) => (money ? (toMinor(edge, currency) ?? 0) : edge)) : undefined });
    setDraft(null);
  };
  return <Input className="w-200" value={draft ?? shown} placeholder={t("see.bins_auto")} status={draft !== null && !edges ? "error" : undefined} onChange={(event) => setDraft(event.target.value)} onBlur={keep} onPressEnter={keep} aria-label={t("see.bins")} />;
}

function View({ spec, result, small }: ViewProps<DistributionSpec, DistributionResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const open = useOpen();
  const money = isMoney(spec.measure);
  const { shown, group, chooser } = useGroup<DistributionTable>(result, result.groups);
  const before = group === undefined ? result.before : undefined;
  const unit = typeof spec.measure === "object" ? "" : t(`see.bin_unit.${spec.measure ?? "count"}`);
  const names = useMemo(() => shown.bins.map((bin) => binLabel(bin, (value) => (money ? format.money(value) : format.decimal(value)), !money && typeof spec.measure !== "object")), [shown, money, format, spec.measure]);
  const option = useMemo(() => ({
    grid: grid(Boolean(before)), legend: before ? legend([t("see.people"), t("see.before")]) : undefined, tooltip: axisTooltip((value) => `${format.count(value)} · ${format.percent(shown.people ? value / shown.people : null)}`),
    xAxis: category(names), yAxis: values(format.short),
    series: [
      { name: t("see.people"), type: "bar" as const, ...bar, data: shown.bins.map((bin) => bin.people) },
      ...(before && before.bins.length === shown.bins.length ? [{ ...dashed, name: t("see.before"), type: "line" as const, data: before.bins.map((bin) => bin.people) }] : []),
    ],
  }), [shown, before, names, format, t]);
  const show = (value: number | null) => (money ? (value === null ? "–" : format.money(Math.round(value))) : format.decimal(value));
  return (
    <>
      {chooser}
      <div className="numbers">
        <Stat label={t("see.people")} value={format.count(shown.people)} now={shown.people} before={before?.people} />
        <Stat label={t("see.median")} value={show(shown.median)} now={shown.median} before={before?.median} hint={unit} />
        <Stat label={t("see.mean")} value={show(shown.mean)} now={shown.mean} before={before?.mean} hint={unit} />
        <Stat label={t("see.p90")} value={show(shown.p90)} now={shown.p90} before={before?.p90} hint={t("see.p90_hint")} />
        <Stat label={t("see.total")} value={show(shown.total)} now={shown.total} before={before?.total} />
      </div>
      <Panel title={t("see.distribution.chart")}><Chart option={option} label={t("see.distribution")} height={small ? 260 : 340} onClick={({ dataIndex }) => open({ bin: dataIndex, ...inGroup(group) }, `${names[dataIndex] ?? ""} ${unit}`)} /></Panel>
      {small ? null : (
        <Panel title={t("see.table")}>
          <Table<Bin & { at: number }>
            size="small" rowKey="at" pagination={false} dataSource={shown.bins.map((bin, at) => ({ ...bin, at }))}
            columns={[
              { title: t("see.range"), render: (_, row) => <span className="num">{names[row.at]} {unit}</span> },
              { title: t("see.people"), align: "right", render: (_, row) => <Few n={row.people} cell={{ bin: row.at, ...inGroup(group) }} title={`${names[row.at] ?? ""} ${unit}`}>{format.count(row.people)}</Few> },
              { title: t("see.share"), align: "right", render: (_, row) => <span className="num">{format.percent(shown.people ? row.people / shown.people : null)}</span> },
            ]}
          />
        </Panel>
      )}
    </>
  );
}

export default define<DistributionSpec, DistributionResult>({
  fallback: { event: { event: "Order Completed" }, measure: "count" }, by: "people", span: true, compare: true, Form, View, isEmpty: (result) => !result.people,
});
