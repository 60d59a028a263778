import { Table } from "antd";
import { useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, bar, category, dashed, grid, heat, legend, line, values } from "../chart/style";
import { Labelled } from "../controls/simple";
import { UnitPicker } from "../controls/UnitPicker";
import { define, type FormProps, type ViewProps } from "../kind";
import { inGroup, Panel, shortDay, Stat, useGroup, useNames } from "../parts";
import type { ActivityResult, ActivitySpec, ActivityTable } from "../shapes";

function Form({ spec, change }: FormProps<ActivitySpec>) {
  const { t } = useI18n();
  return <div className="see-frame"><Labelled at="unit" label={t("see.by_unit")}><UnitPicker value={spec.unit ?? "day"} onChange={(unit) => change({ unit })} /></Labelled></div>;
}

const WHICH = ["new", "returning"] as const;

function View({ result, small }: ViewProps<ActivitySpec, ActivityResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const open = useOpen();
  const { shown, group, chooser } = useGroup<ActivityTable>(result, result.groups);
  const before = group === undefined ? result.before : undefined;
  const option = useMemo(() => {
    const all = [...WHICH.map((which) => t(`see.activity.${which}`)), t("see.activity.events"), ...(before ? [t("see.before")] : [])];
    return {
      grid: grid(), legend: legend(all), tooltip: axisTooltip(format.count), xAxis: category(shown.points.map((point) => point.day), shortDay),
      yAxis: [values(format.short), { ...values(format.short), splitLine: { show: false } }],
      series: [
        ...WHICH.map((which, at) => ({ name: t(`see.activity.${which}`), type: "bar" as const, stack: "active", ...bar, itemStyle: { borderRadius: at ? [3, 3, 0, 0] : 0 }, data: shown.points.map((point) => point[which]) })),
        { ...line, name: t("see.activity.events"), type: "line" as const, yAxisIndex: 1, data: shown.points.map((point) => point.events) },
        ...(before ? [{ ...dashed, name: t("see.before"), type: "line" as const, data: before.points.map((point) => point.active) }] : []),
      ],
    };
  }, [shown, before, format, t]);
  const stat = (days: 1 | 7 | 30, n: number, past: number | undefined) => (
    <Stat label={t(`see.activity.last_${days}`)} value={format.count(n)} now={n} before={past} cell={{ last_days: days, ...inGroup(group) }} n={n} />
  );
  return (
    <>
      {chooser}
      <div className="numbers">
        {stat(1, shown.dau, before?.dau)}{stat(7, shown.wau, before?.wau)}{stat(30, shown.mau, before?.mau)}
        <Stat label={t("see.activity.stickiness")} value={format.percent(shown.stickiness)} now={shown.stickiness} before={before?.stickiness} hint={t("see.activity.stickiness_hint")} />
        <Stat label={t("see.activity.people")} value={format.count(shown.people)} now={shown.people} before={before?.people} />
      </div>
      <Panel title={t("see.activity.chart")} note={small ? null : t("see.click_point")}>
        <Chart
          option={option} label={t("see.activity")} height={small ? 260 : 340}
          onClick={({ dataIndex, seriesIndex = 0 }) => {
            const day = shown.points[dataIndex]?.day;
            const which = WHICH[seriesIndex] ?? "active";
            if (day && seriesIndex < 3) open({ day, which, ...inGroup(group) }, `${t(`see.activity.${which}`)} · ${day}`);
          }}
        />
      </Panel>
      {small ? null : (
        <div className="halves">
          <Panel title={t("see.activity.by_event")}>
            <Table
              size="small" rowKey="event" scroll={{ x: "max-content" }} dataSource={shown.by_event} pagination={{ pageSize: 12, hideOnSinglePage: true, size: "small" }}
              columns={[
                { title: t("see.event"), render: (_, row) => names.event(row.event) },
                { title: t("see.people"), align: "right", sorter: (a, b) => a.people - b.people, render: (_, row) => <Few n={row.people} cell={{ event: row.event, ...inGroup(group) }} title={names.event(row.event)}>{format.count(row.people)}</Few> },
                { title: t("see.times"), align: "right", sorter: (a, b) => a.count - b.count, render: (_, row) => <span className="num">{format.count(row.count)}</span> },
              ]}
            />
          </Panel>
          <Panel title={t("see.activity.by_hour")} note={t("see.activity.by_hour_note")}><Hours hours={shown.by_hour} /></Panel>
        </div>
      )}
    </>
  );
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** Events by weekday and hour. */
function Hours({ hours }: { hours: number[][] }) {
  const { t } = useI18n();
  const format = useFormat();
  const most = Math.max(1, ...hours.flat());
  return (
    <div className="heat-scroll" tabIndex={0} role="region" aria-label={t("see.activity.by_hour")}>
      <table className="heat hours">
        <thead><tr><th />{Array.from({ length: 24 }, (_, hour) => <th key={hour}>{hour % 3 === 0 ? hour : ""}</th>)}</tr></thead>
        <tbody>
          {DAYS.map((day, row) => (
            <tr key={day}>
              <th scope="row">{t(`see.weekday.${day}`)}</th>
              {Array.from({ length: 24 }, (_, hour) => {
                const n = hours[row]?.[hour] ?? 0;
                return <td key={hour} style={heat(n / most)} title={t("see.activity.hour", { day: t(`see.weekday.${day}`), hour, n: format.count(n) })} />;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export default define<ActivitySpec, ActivityResult>({
  fallback: { unit: "day" }, by: "people", span: true, compare: true, Form, View, isEmpty: (result) => !result.people,
});
