// One chart. Its option is made by the page; size, colours and type are the same everywhere.
import { useEffect, useRef } from "react";
import { usePhone } from "../../shell/parts";
import { init, type Option } from "./echarts";
import { base } from "./style";

export interface ChartClick { seriesIndex?: number; seriesName?: string; dataIndex: number; name: string; dataType?: string; data: unknown }

interface Props { option: Option; label: string; height?: number; /** Its height is needed on a phone too. */ tall?: boolean; onClick?: (click: ChartClick) => void }

export function Chart({ option, label, height = 340, tall, onClick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(null);
  const click = useRef(onClick);
  const phone = usePhone();
  useEffect(() => {
    click.current = onClick;
  });
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const made = init(box);
    chart.current = made;
    made.on("click", (params) => click.current?.(params as unknown as ChartClick));
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    // Everything anew: a series that is gone must not stay.
    chart.current?.setOption({ ...base, ...option }, { notMerge: true });
  }, [option]);
  return <div className={onClick ? "see-chart clicks" : "see-chart"} style={{ height: phone && !tall ? Math.min(height, 300) : height }} ref={place} role="img" aria-label={label} />;
}
