import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useCallback, useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, category, COLORS, dashed, grid, legend, line, values } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { MeasurePicker } from "../controls/MeasurePicker";
import { Labelled } from "../controls/simple";
import { UnitPicker } from "../controls/UnitPicker";
import { define, type FormProps, type ViewProps } from "../kind";
import { Panel, shortDay, Stat, useNames } from "../parts";
import type { Series, TrendResult, TrendSpec } from "../shapes";
import { eventOf, isMoney, pastOf } from "../spec";

const EVENTS_MAX = 8;

function Form({ spec, change }: FormProps<TrendSpec>) {
  const { t } = useI18n();
  const events = spec.events ?? [{ event: "*" }];
  return (
    <div className="see-frame">
      {events.map((event, at) => (
        <Labelled key={at} at={`events[${at}]`} label={t("see.event_n", { n: at + 1 })}>
          <EventPicker any value={event} onChange={(next) => change({ events: events.map((own, index) => (index === at ? next : own)) })} label={t("see.event_n", { n: at + 1 })} />
          {events.length > 1 ? <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("rule.remove")} onClick={() => change({ events: events.filter((_, index) => index !== at) })} /> : null}
        </Labelled>
      ))}
      {events.length < EVENTS_MAX ? <Button size="small" type="dashed" icon={<PlusOutlined />} onClick={() => change({ events: [...events, { event: "*" }] })}>{t("see.add_event")}</Button> : null}
      <Labelled at="unit" label={t("see.by_unit")}><UnitPicker value={spec.unit ?? "day"} onChange={(unit) => change({ unit })} /></Labelled>
      <Labelled at="measure" label={t("see.measure")}><MeasurePicker value={spec.measure} kinds={["count", "people", "sum"]} selection={events[0]} onChange={(measure) => change({ measure: measure as TrendSpec["measure"] })} /></Labelled>
    </div>
  );
}

function View({ spec, result, small }: ViewProps<TrendSpec, TrendResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const open = useOpen();
  const money = isMoney(typeof spec.measure === "object" ? spec.measure : undefined);
  const split = spec.by !== undefined;
  const { series, before } = result;
  const asked = spec.events?.length ?? 1;
  const place = (at: number, day?: string) => ({ series: eventOf(at, series.length, asked), ...(day ? { day } : {}), ...(split ? { group: series[at]?.group ?? null } : {}) });
  // One event that is split is told apart by its groups alone.
  const name = useCallback((own: Series) => [split && asked === 1 ? "" : names.event(own.label), split ? names.group(own.group) : ""].filter(Boolean).join(" · "), [split, asked, names]);
  const option = useMemo(() => {
    const show = (value: number) => (money ? format.money(value) : format.decimal(value));
    const own = series.map((item) => ({ ...line, name: name(item), type: "line" as const, data: item.points.map((point) => point.value) }));
    const past = series.flatMap((_, at) => {
      const item = pastOf(series, at, before?.series ?? [], asked);
      return item ? [{ ...dashed, color: COLORS[at % COLORS.length], name: `${name(item)} (${t("see.before")})`, type: "line" as const, data: item.points.map((point) => point.value) }] : [];
    });
    const days = series[0]?.points.map((point) => point.day) ?? [];
    return {
      grid: grid(), legend: legend([...own, ...past].map((item) => item.name)), tooltip: axisTooltip(show), xAxis: category(days, shortDay),
      yAxis: values(money ? (value) => format.moneyShort(value) : format.short, !money), series: [...own, ...past],
    };
  }, [series, before, asked, money, name, format, t]);
  return (
    <>
      <div className="numbers">
        {series.slice(0, 6).map((own, at) => (
          <Stat
            key={at} label={name(own)}
            value={own.total === null ? "–" : money ? format.money(own.total) : format.decimal(own.total)} now={own.total} before={before ? pastOf(series, at, before.series, asked)?.total : undefined}
            cell={place(at)} n={own.total ?? 0}
          />
        ))}
      </div>
      <Panel title={t("see.trend.chart")} note={t("see.click_point")}>
        <Chart
          option={option} label={t("see.trend")} height={small ? 260 : 360}
          onClick={({ seriesIndex = 0, dataIndex }) => {
            const own = series[seriesIndex];
            const day = own?.points[dataIndex]?.day;
            if (own && day) open(place(seriesIndex, day), `${name(own)} · ${day}`);
          }}
        />
      </Panel>
    </>
  );
}

export default define<TrendSpec, TrendResult>({
  fallback: { events: [{ event: "*" }], unit: "day" }, by: "property", span: true, compare: true, counted: (spec) => spec.events?.[0], Form, View,
  isEmpty: (result) => result.series.every((own) => own.points.every((point) => !point.value)),
});
