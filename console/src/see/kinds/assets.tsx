import { useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, bar, category, grid, line, values } from "../chart/style";
import { define, type ViewProps } from "../kind";
import { Panel, shortDay, Stat } from "../parts";
import type { AssetsResult, AssetsSpec } from "../shapes";
import { Table } from "antd";

function View({ result, small }: ViewProps<AssetsSpec, AssetsResult>) {
  const { t, word } = useI18n();
  const format = useFormat();
  const open = useOpen();
  const { media, total, over_time: days } = result;
  const summed = media.reduce((sum, item) => sum + item.people, 0);
  const bars = useMemo(() => ({
    grid: grid(false), tooltip: axisTooltip(format.count), xAxis: category(media.map((item) => word("medium", item.medium))), yAxis: values(format.short),
    series: [{ name: t("see.people"), type: "bar" as const, ...bar, data: media.map((item) => item.people), label: { show: true, position: "top" as const, color: "#4b534e", formatter: ({ value }: { value: unknown }) => format.count(Number(value)) } }],
  }), [media, word, format, t]);
  const growth = useMemo(() => ({
    grid: grid(false), tooltip: axisTooltip(format.count), xAxis: category(days.map((point) => point.day), shortDay), yAxis: values(format.short),
    series: [{ ...line, name: t("see.assets.total"), type: "line" as const, areaStyle: { opacity: 0.08 }, data: days.map((point) => point.total) }],
  }), [days, format, t]);
  return (
    <>
      <div className="numbers">
        <Stat label={t("see.assets.total")} value={format.count(total)} hint={t("see.assets.total_hint")} now={total} before={days[0]?.total} cell={{}} n={total} />
        <Stat label={t("see.assets.summed")} value={format.count(summed)} hint={t("see.assets.summed_hint", { n: format.decimal(total ? summed / total : null) })} />
      </div>
      <div className={small ? "stack" : "halves"}>
        <Panel title={t("see.assets.media")}><Chart option={bars} label={t("see.assets.media")} height={small ? 240 : 300} onClick={({ dataIndex }) => media[dataIndex] && open({ medium: media[dataIndex].medium }, word("medium", media[dataIndex].medium))} /></Panel>
        <Panel title={t("see.assets.over_time")}><Chart option={growth} label={t("see.assets.over_time")} height={small ? 240 : 300} /></Panel>
      </div>
      {small ? null : (
        <Panel title={t("see.table")}>
          <Table
            size="middle" rowKey="medium" pagination={false} dataSource={media}
            columns={[
              { title: t("see.assets.medium"), render: (_, row) => <><b className="plain">{word("medium", row.medium)}</b><div className="muted small">{word("medium.how", row.medium)}</div></> },
              { title: t("see.people"), align: "right", render: (_, row) => <Few n={row.people} cell={{ medium: row.medium }} title={word("medium", row.medium)}>{format.count(row.people)}</Few> },
              { title: t("see.share"), align: "right", render: (_, row) => <span className="num">{format.percent(total ? row.people / total : null)}</span> },
            ]}
          />
        </Panel>
      )}
    </>
  );
}

export default define<AssetsSpec, AssetsResult>({ fallback: {}, by: "none", span: true, compare: false, View, isEmpty: (result) => !result.total });
