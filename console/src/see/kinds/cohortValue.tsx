import { InputNumber, Segmented } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, category, grid, heat, legend, line, values } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { Labelled } from "../controls/simple";
import { UnitPicker } from "../controls/UnitPicker";
import { define, type FormProps, type ViewProps } from "../kind";
import { curveOf, groupsOf } from "../ltv";
import { inGroup, Panel, Stat, useNames } from "../parts";
import type { CohortValueResult, CohortValueSpec, ValueCohort } from "../shapes";

function Form({ spec, change }: FormProps<CohortValueSpec>) {
  const { t } = useI18n();
  return (
    <div className="see-frame">
      <Labelled at="start" label={t("see.ltv.start")}><EventPicker any value={spec.start ?? { event: "*" }} onChange={(start) => change({ start })} label={t("see.ltv.start")} /></Labelled>
      <Labelled at="unit" label={t("see.by_unit")}><UnitPicker units={["week", "month"] as const} value={spec.unit ?? "week"} onChange={(unit) => change({ unit })} /></Labelled>
      <Labelled at="periods" label={t("see.retention.periods")}><InputNumber min={1} max={60} value={spec.periods ?? 12} onChange={(periods) => periods && change({ periods })} aria-label={t("see.retention.periods")} className="w-80" /></Labelled>
    </div>
  );
}

function View({ spec, result, small }: ViewProps<CohortValueSpec, CohortValueResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const [show, setShow] = useState<"each" | "sum">("each");
  const unit = spec.unit ?? "week";
  const split = spec.by !== undefined;
  const groups = useMemo(() => groupsOf(result.cohorts), [result]);
  const columns = Math.max(1, ...result.cohorts.map((cohort) => cohort.value.length));
  const total = { people: sum(result.cohorts, "people"), buyers: sum(result.cohorts, "buyers"), value: result.cohorts.reduce((all, cohort) => all + (cohort.value.at(-1) ?? 0), 0) };
  const past = result.before;
  const option = useMemo(() => {
    const lines = split
      ? groups.map((group) => ({ name: names.group(group), data: curveOf(result.cohorts.filter((cohort) => (cohort.group ?? null) === group)) }))
      : [{ name: t("see.ltv.average"), data: curveOf(result.cohorts) }, ...(past ? [{ name: t("see.before"), data: curveOf(past.cohorts) }] : []), ...result.cohorts.slice(-6).map((cohort) => ({ name: cohort.day, data: cohort.value.map((value) => (cohort.people ? value / cohort.people : null)) }))];
    return {
      grid: grid(), legend: legend(lines.map((own) => own.name)), tooltip: axisTooltip((value) => format.money(Math.round(value))),
      xAxis: category(Array.from({ length: columns }, (_, at) => t(`see.period.${unit}`, { n: at }))), yAxis: values((value) => format.moneyShort(value), false),
      series: lines.map((own, at) => ({ ...line, name: own.name, type: "line" as const, data: own.data, lineStyle: { width: split || at === 0 ? 2.5 : 1.2, opacity: split || at === 0 ? 1 : 0.6 } })),
    };
  }, [result, past, groups, split, columns, unit, names, format, t]);
  return (
    <>
      <div className="numbers">
        <Stat label={t("see.ltv.people")} value={format.count(total.people)} now={total.people} before={past ? sum(past.cohorts, "people") : undefined} />
        <Stat label={t("see.ltv.to_date")} value={total.people ? format.money(Math.round(total.value / total.people)) : "–"} hint={t("see.ltv.to_date_hint")} />
        <Stat label={t("see.ltv.bought")} value={format.percent(total.people ? total.buyers / total.people : null)} hint={t("see.ltv.bought_hint", { n: format.count(total.buyers) })} />
        <Stat label={t("see.value")} value={format.money(total.value)} />
      </div>
      <Panel title={t("see.ltv.curve")} note={small ? null : t("see.ltv.note")}><Chart option={option} label={t("see.cohort_value")} height={small ? 260 : 340} /></Panel>
      {small ? null : (
        <Panel title={t("see.ltv.table")} extra={<Segmented size="small" data-no-picture value={show} onChange={setShow} options={[{ value: "each", label: t("see.each") }, { value: "sum", label: t("see.total") }]} />}>
          <div className="heat-scroll" tabIndex={0} role="region" aria-label={t("see.ltv.table")}><Cohorts rows={result.cohorts} columns={columns} unit={unit} split={split} show={show} /></div>
        </Panel>
      )}
    </>
  );
}

function sum(cohorts: ValueCohort[], key: "people" | "buyers"): number {
  return cohorts.reduce((all, cohort) => all + cohort[key], 0);
}

function Cohorts({ rows, columns, unit, split, show }: { rows: ValueCohort[]; columns: number; unit: "week" | "month"; split: boolean; show: "each" | "sum" }) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const worth = (cohort: ValueCohort, at: number) => {
    const value = cohort.value[at];
    return value === undefined ? null : show === "sum" ? value : cohort.people ? value / cohort.people : null;
  };
  const most = Math.max(1, ...rows.flatMap((cohort) => cohort.value.map((_, at) => worth(cohort, at) ?? 0)));
  return (
    <table className="heat">
      <thead><tr><th>{t("see.cohort")}</th>{split ? <th>{t("see.group")}</th> : null}<th>{t("see.people")}</th><th>{t("see.ltv.buyers")}</th>{Array.from({ length: columns }, (_, at) => <th key={at}>{t(`see.period.${unit}`, { n: at })}</th>)}</tr></thead>
      <tbody>
        {rows.map((cohort) => {
          const own = { day: cohort.day, ...inGroup(split ? (cohort.group ?? null) : undefined) };
          const title = [t("see.retention.cohort_of", { day: cohort.day }), split ? names.group(cohort.group) : ""].filter(Boolean).join(" · ");
          return (
            <tr key={`${cohort.day} ${cohort.group ?? ""}`}>
              <th scope="row">{cohort.day}</th>
              {split ? <th scope="row">{names.group(cohort.group)}</th> : null}
              <td><Few n={cohort.people} cell={own} title={title}>{format.count(cohort.people)}</Few></td>
              <td><Few n={cohort.buyers} cell={{ ...own, buyers: true }} title={`${title} · ${t("see.ltv.buyers")}`}>{format.count(cohort.buyers)}</Few></td>
              {Array.from({ length: columns }, (_, at) => {
                const value = worth(cohort, at);
                return value === null ? <td key={at} /> : <td key={at} className="num" style={heat(value / most)}>{show === "sum" ? format.moneyShort(value) : format.moneyShort(Math.round(value))}</td>;
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export default define<CohortValueSpec, CohortValueResult>({
  fallback: { unit: "week", periods: 12 }, by: "property", span: true, compare: true, counted: (spec) => spec.start, Form, View, isEmpty: (result) => result.cohorts.every((cohort) => !cohort.people),
});
