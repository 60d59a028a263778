// The board of stores and that of guides: who brings what.
import { Table } from "antd";
import { useMemo, useState } from "react";
import { Segmented } from "antd";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { Few, useOpen } from "./Behind";
import { Chart } from "./chart/Chart";
import { axisTooltip, bar, category, grid, legend, values } from "./chart/style";
import type { ViewProps } from "./kind";
import { Delta, Panel, Stat } from "./parts";
import type { RankResult, RankRow, RankSpec } from "./shapes";

const MEASURES = ["value", "orders", "buyers", "new_people", "active"] as const;
type MeasureName = (typeof MEASURES)[number];
const WHICH: Record<MeasureName, string> = { value: "buyers", orders: "buyers", buyers: "buyers", new_people: "new_people", active: "active" };
const DRAWN_MAX = 15;

export function Ranking({ result, small, title }: ViewProps<RankSpec, RankResult> & { title: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const open = useOpen();
  const [measure, setMeasure] = useState<MeasureName>("value");
  const name = (row: RankRow) => row.name || row.key || t("see.rank.unknown");
  const before = useMemo(() => new Map((result.before?.rows ?? []).map((row) => [row.key, row])), [result.before]);
  const rows = useMemo(() => [...result.rows].sort((a, b) => b[measure] - a[measure]), [result.rows, measure]);
  const top = useMemo(() => rows.filter((row) => row.key !== null).slice(0, DRAWN_MAX), [rows]);
  const show = (value: number) => (measure === "value" ? format.money(value) : format.count(value));
  const option = useMemo(() => {
    const past = result.before;
    const series = [
      { name: t(`see.rank.${measure}`), type: "bar" as const, ...bar, data: top.map((row) => row[measure]) },
      ...(past ? [{ name: t("see.before"), type: "bar" as const, ...bar, data: top.map((row) => before.get(row.key)?.[measure] ?? 0) }] : []),
    ];
    return {
      grid: grid(series.length > 1), legend: series.length > 1 ? legend(series.map((own) => own.name)) : undefined,
      tooltip: axisTooltip((value) => (measure === "value" ? format.money(value) : format.count(value))),
      xAxis: category(top.map((row) => row.name || row.key || "")), yAxis: values(measure === "value" ? (value) => format.moneyShort(value) : format.short, measure !== "value"), series,
    };
  }, [top, before, result.before, measure, format, t]);
  const total = (key: "value" | "orders" | "refunded") => result.rows.reduce((sum, row) => sum + row[key], 0);
  const past = (key: "value" | "orders") => (result.before ? result.before.rows.reduce((sum, row) => sum + row[key], 0) : undefined);
  const few = (row: RankRow, which: "people" | "new_people" | "active" | "buyers" | "repeat_buyers") => <Few n={row[which]} cell={{ key: row.key, which }} title={`${name(row)} · ${t(`see.rank.${which}`)}`}>{format.count(row[which])}</Few>;
  return (
    <>
      <div className="numbers">
        <Stat label={t("see.rank.count")} value={format.count(result.rows.filter((row) => row.key !== null).length)} />
        <Stat label={t("see.rank.value")} value={format.money(total("value"))} now={total("value")} before={past("value")} hint={total("refunded") ? t("see.attribution.refunded", { n: format.money(-total("refunded")) }) : undefined} />
        <Stat label={t("see.rank.orders")} value={format.count(total("orders"))} now={total("orders")} before={past("orders")} />
      </div>
      <div className="row" data-no-picture><Segmented<MeasureName> value={measure} onChange={setMeasure} options={MEASURES.map((key) => ({ value: key, label: t(`see.rank.${key}`) }))} /></div>
      <Panel title={t("see.rank.top", { n: top.length })}>
        <Chart option={option} label={title} height={small ? 260 : 320} onClick={({ dataIndex }) => top[dataIndex] && open({ key: top[dataIndex].key, which: WHICH[measure] }, `${name(top[dataIndex])} · ${t(`see.rank.${measure}`)} ${show(top[dataIndex][measure])}`)} />
      </Panel>
      {small ? null : (
        <Panel title={t("see.table")}>
          <Table<RankRow>
            size="middle" rowKey={(row) => row.key ?? ""} scroll={{ x: "max-content" }} pagination={{ pageSize: 25, hideOnSinglePage: true, size: "small" }} dataSource={rows}
            columns={[
              { title: t("word.name"), fixed: "left", render: (_, row) => <><b className="plain">{name(row)}</b>{row.key && row.name && row.name !== row.key ? <div className="muted small">{row.key}</div> : null}</> },
              { title: t("see.rank.value"), align: "right", sorter: (a, b) => a.value - b.value, render: (_, row) => <span className="num">{format.money(row.value)} {result.before ? <Delta now={row.value} before={before.get(row.key)?.value} /> : null}</span> },
              { title: t("see.rank.refunded"), align: "right", sorter: (a, b) => a.refunded - b.refunded, render: (_, row) => <span className="num">{row.refunded ? format.money(-row.refunded) : "–"}</span> },
              { title: t("see.rank.orders"), align: "right", sorter: (a, b) => a.orders - b.orders, render: (_, row) => <span className="num">{format.count(row.orders)}</span> },
              { title: t("see.rank.buyers"), align: "right", sorter: (a, b) => a.buyers - b.buyers, render: (_, row) => few(row, "buyers") },
              { title: t("see.rank.repeat_buyers"), align: "right", sorter: (a, b) => a.repeat_buyers - b.repeat_buyers, render: (_, row) => few(row, "repeat_buyers") },
              { title: t("see.rank.rate"), align: "right", sorter: (a, b) => (a.repurchase_rate ?? 0) - (b.repurchase_rate ?? 0), render: (_, row) => <span className="num">{format.percent(row.repurchase_rate)}</span> },
              { title: t("see.rank.new_people"), align: "right", sorter: (a, b) => a.new_people - b.new_people, render: (_, row) => few(row, "new_people") },
              { title: t("see.rank.active"), align: "right", sorter: (a, b) => a.active - b.active, render: (_, row) => few(row, "active") },
              { title: t("see.rank.people"), align: "right", sorter: (a, b) => a.people - b.people, render: (_, row) => few(row, "people") },
            ]}
          />
        </Panel>
      )}
    </>
  );
}
