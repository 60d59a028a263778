import { Checkbox, InputNumber, Segmented } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, category, dashed, grid, heat, legend, line, values } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { Labelled } from "../controls/simple";
import { UnitPicker } from "../controls/UnitPicker";
import { define, type FormProps, type ViewProps } from "../kind";
import { inGroup, Panel, Stat, useGroup, useNames } from "../parts";
import type { Cohort, RetentionResult, RetentionSpec, RetentionTable } from "../shapes";

function Form({ spec, change }: FormProps<RetentionSpec>) {
  const { t } = useI18n();
  return (
    <div className="see-frame">
      <Labelled at="start" label={t("see.retention.start")}><EventPicker any value={spec.start ?? { event: "*" }} onChange={(start) => change({ start })} label={t("see.retention.start")} /></Labelled>
      <Labelled at="return" label={t("see.retention.return")}><EventPicker any value={spec.return ?? { event: "*" }} onChange={(back) => change({ return: back })} label={t("see.retention.return")} /></Labelled>
      <Labelled at="unit" label={t("see.by_unit")}><UnitPicker value={spec.unit ?? "week"} onChange={(unit) => change({ unit })} /></Labelled>
      <Labelled at="periods" label={t("see.retention.periods")}><InputNumber min={1} max={60} value={spec.periods ?? 12} onChange={(periods) => periods && change({ periods })} aria-label={t("see.retention.periods")} className="w-80" /></Labelled>
      <Labelled at="mode" label={t("see.retention.mode")}>
        <Segmented<"on" | "rolling"> value={spec.mode ?? "on"} onChange={(mode) => change({ mode })} options={[{ value: "on", label: t("see.retention.on") }, { value: "rolling", label: t("see.retention.rolling") }]} />
      </Labelled>
      <Checkbox className="see-compare" checked={spec.first !== false} onChange={(event) => change({ first: event.target.checked })}>{t("see.retention.first")}</Checkbox>
    </div>
  );
}

function View({ spec, result, small }: ViewProps<RetentionSpec, RetentionResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const { shown, group, chooser } = useGroup<RetentionTable>(result, result.groups);
  const unit = spec.unit ?? "week";
  const people = result.cohorts.reduce((sum, cohort) => sum + cohort.people, 0);
  const option = useMemo(() => {
    const own = result.groups?.length ? result.groups.map((item) => ({ name: names.group(item.group), average: item.average })) : [{ name: t("see.retention.average"), average: result.average }];
    const all = [...own.map((item) => ({ ...item, style: line })), ...(result.before ? [{ name: t("see.before"), average: result.before.average, style: dashed }] : [])];
    const length = Math.max(...all.map((item) => item.average.length));
    return {
      grid: grid(all.length > 1), legend: all.length > 1 ? legend(all.map((item) => item.name)) : undefined,
      tooltip: axisTooltip((value) => format.percent(value)),
      xAxis: category(Array.from({ length }, (_, at) => t(`see.period.${unit}`, { n: at }))),
      yAxis: { ...values((value) => format.percent(value, 0), false), max: "dataMax" as const },
      // A share of nothing is no point on the line, not a zero.
      series: all.map((item) => ({ ...item.style, name: item.name, type: "line" as const, data: item.average })),
    };
  }, [result, names, format, t, unit]);
  return (
    <>
      <div className="numbers">
        <Stat label={t("see.retention.people")} value={format.count(people)} now={people} before={result.before?.cohorts.reduce((sum, cohort) => sum + cohort.people, 0)} />
        {[1, 4].filter((at) => result.average.length > at).map((at) => (
          <Stat key={at} label={t(`see.retention.after_${unit}`, { n: at })} value={format.percent(result.average[at])} now={result.average[at]} before={result.before ? result.before.average[at] : undefined} hint={t("see.retention.average")} />
        ))}
      </div>
      <Panel title={t("see.retention.curve")}><Chart option={option} label={t("see.retention")} height={small ? 240 : 300} /></Panel>
      {small ? null : <Panel title={t("see.retention.table")} note={t("see.retention.table_note")} extra={chooser}><HeatTable table={shown} group={group} spec={spec} /></Panel>}
    </>
  );
}

function HeatTable({ table, group, spec }: { table: RetentionTable; group: string | null | undefined; spec: RetentionSpec }) {
  const { t } = useI18n();
  const format = useFormat();
  const [show, setShow] = useState<"share" | "people">("share");
  const unit = spec.unit ?? "week";
  const columns = table.average.length;
  const share = (cohort: Cohort, at: number) => (cohort.people ? (cohort.returned[at] ?? 0) / cohort.people : null);
  return (
    <>
      <div className="heat-bar" data-no-picture><Segmented size="small" value={show} onChange={setShow} options={[{ value: "share", label: t("see.share") }, { value: "people", label: t("see.people") }]} /></div>
      <div className="heat-scroll" tabIndex={0} role="region" aria-label={t("see.retention.table")}>
        <table className="heat">
          <thead><tr><th>{t("see.cohort")}</th><th>{t("see.people")}</th>{Array.from({ length: columns }, (_, at) => <th key={at}>{t(`see.period.${unit}`, { n: at })}</th>)}</tr></thead>
          <tbody>
            {table.cohorts.map((cohort) => (
              <tr key={cohort.day}>
                <th scope="row">{cohort.day}</th>
                <td><Few n={cohort.people} cell={{ day: cohort.day, ...inGroup(group) }} title={t("see.retention.cohort_of", { day: cohort.day })}>{format.count(cohort.people)}</Few></td>
                {Array.from({ length: columns }, (_, at) => {
                  const n = cohort.returned[at];
                  if (n === undefined) return <td key={at} />;
                  return (
                    <td key={at} style={heat(share(cohort, at))}>
                      <Few n={n} cell={{ day: cohort.day, period: at, ...inGroup(group) }} title={`${t("see.retention.cohort_of", { day: cohort.day })} · ${t(`see.period.${unit}`, { n: at })}`}>{show === "share" ? format.percent(share(cohort, at), 0) : format.count(n)}</Few>
                    </td>
                  );
                })}
              </tr>
            ))}
            <tr className="total"><th scope="row">{t("see.retention.average")}</th><td />{table.average.map((value, at) => <td key={at} className="num">{format.percent(value, 0)}</td>)}</tr>
          </tbody>
        </table>
      </div>
    </>
  );
}

export default define<RetentionSpec, RetentionResult>({
  fallback: { start: { event: "*" }, return: { event: "*" }, unit: "week", periods: 12 },
  by: "property", span: true, compare: true, counted: (spec) => spec.start, Form, View,
  isEmpty: (result) => result.cohorts.every((cohort) => !cohort.people),
});
