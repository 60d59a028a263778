// The only chart of the first screen; ECharts is fetched when it is shown.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { Overview } from "../api/types";
import { currencyDigits } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const soft = "#8b918c";

export default function TrendChart({ days, currency }: { days: Overview["days"]; currency: string }) {
  const place = useRef<HTMLDivElement>(null);
  const { t } = useI18n();
  const format = useFormat();
  useEffect(() => {
    if (!place.current) return;
    const chart = init(place.current);
    const scale = 10 ** currencyDigits(currency);
    const names = [t("home.trend_people"), t("home.orders"), t("home.revenue")];
    chart.setOption({
      animationDuration: 350,
      color: ["#c9d8cf", "#1f6f5c", "#c58a3a"],
      textStyle: { fontFamily: "inherit" },
      grid: { left: 8, right: 8, top: 46, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { top: 8, left: 8, icon: "roundRect", itemWidth: 12, itemHeight: 4, textStyle: { color: "#4b534e" }, data: names },
      tooltip: {
        trigger: "axis", confine: true,
        formatter: (items: { seriesIndex: number; marker: string; name: string; value: number }[]) => [
          `<b>${items[0]?.name ?? ""}</b>`,
          ...items.map((item) => `${item.marker} ${names[item.seriesIndex]} <b>${item.seriesIndex === 2 ? format.money(Math.round(item.value * scale), currency) : format.count(item.value)}</b>`),
        ].join("<br/>"),
      },
      xAxis: {
        type: "category", data: days.map((day) => day.day), axisTick: { show: false }, axisLine: { lineStyle: { color: "#dcd9d1" } },
        axisLabel: { color: soft, formatter: (day: string) => day.slice(5), hideOverlap: true },
      },
      yAxis: [
        { type: "value", minInterval: 1, axisLabel: { color: soft, formatter: (value: number) => format.count(value) }, splitLine: { lineStyle: { color: "#f0eee8" } } },
        { type: "value", axisLabel: { color: soft, formatter: (value: number) => format.moneyShort(Math.round(value * scale), currency) }, splitLine: { show: false } },
      ],
      series: [
        { name: names[0], type: "bar", data: days.map((day) => day.people), barMaxWidth: 14, itemStyle: { borderRadius: [3, 3, 0, 0] } },
        { name: names[1], type: "line", data: days.map((day) => day.orders), smooth: 0.25, symbol: "none", lineStyle: { width: 2 } },
        { name: names[2], type: "line", yAxisIndex: 1, data: days.map((day) => day.revenue / scale), smooth: 0.25, symbol: "none", lineStyle: { width: 2, type: [5, 4] } },
      ],
    });
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      chart.dispose();
    };
  }, [days, currency, t, format]);
  return <div className="chart" ref={place} role="img" aria-label={t("home.trend")} />;
}
