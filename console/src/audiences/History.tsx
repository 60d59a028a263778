import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { useMemo } from "react";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { Chart } from "../see/chart/Chart";
import { axisTooltip, bar, category, grid, legend, line, values } from "../see/chart/style";
import { shortDay } from "../see/parts";
import { ErrorView } from "../shell/errors";
import { EmptyHint } from "../shell/parts";
import { audiences as api } from "./calls";

/** Size by day, and who came and went. */
export function History({ id }: { id: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const history = useQuery({ queryKey: keys.audiencePart(id, "history"), queryFn: () => api.history(id, {}) });
  const days = history.data?.items;
  const option = useMemo(() => {
    const [size, entered, left] = [t("audiences.people"), t("audiences.entered"), t("audiences.left")];
    return {
      grid: grid(), legend: legend([size, entered, left]), tooltip: axisTooltip((value) => format.count(Math.abs(value))), xAxis: category((days ?? []).map((point) => point.day), shortDay),
      yAxis: [values(format.short), { ...values((value) => format.short(Math.abs(value))), splitLine: { show: false } }],
      series: [
        { ...line, name: size, type: "line" as const, areaStyle: { opacity: 0.07 }, data: (days ?? []).map((point) => point.people) },
        { name: entered, type: "bar" as const, stack: "moves", yAxisIndex: 1, ...bar, barMaxWidth: 14, itemStyle: { color: "#9cc4b4" }, data: (days ?? []).map((point) => point.entered) },
        { name: left, type: "bar" as const, stack: "moves", yAxisIndex: 1, barMaxWidth: 14, itemStyle: { color: "#dcb3a6" }, data: (days ?? []).map((point) => -point.left) },
      ],
    };
  }, [days, format, t]);
  if (history.isPending) return <Skeleton active />;
  if (history.error) return <ErrorView error={history.error} retry={() => void history.refetch()} />;
  if (!days || days.length < 2) return <div className="panel"><EmptyHint title={t("audiences.history")}>{t("audiences.history_none")}</EmptyHint></div>;
  return <div className="panel"><Chart option={option} label={t("audiences.history")} height={360} /></div>;
}
