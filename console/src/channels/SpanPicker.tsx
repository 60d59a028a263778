import { DatePicker, Segmented } from "antd";
import dayjs from "dayjs";
import { useI18n } from "../i18n";

/** Days of the workspace; the last thirty when nothing is chosen. */
export function SpanPicker({ from, to, onChange }: { from?: string; to?: string; onChange: (span: { from: string | null; to: string | null }) => void }) {
  const { t } = useI18n();
  const last = (days: number) => ({ from: dayjs().subtract(days - 1, "day").format("YYYY-MM-DD"), to: null });
  const days = from && !to ? dayjs().startOf("day").diff(dayjs(from), "day") + 1 : from || to ? 0 : 30;
  return (
    <>
      <Segmented<number>
        value={[7, 30, 90].includes(days) ? days : -1} aria-label={t("channels.span")} onChange={(value) => onChange(value === 30 ? { from: null, to: null } : last(value))}
        options={[7, 30, 90].map((value) => ({ value, label: t("channels.days", { n: value }) }))}
      />
      <DatePicker.RangePicker
        className="w-260" allowClear value={from && to ? [dayjs(from), dayjs(to)] : null} aria-label={t("channels.span")}
        onChange={(range) => onChange({ from: range?.[0]?.format("YYYY-MM-DD") ?? null, to: range?.[1]?.format("YYYY-MM-DD") ?? null })}
      />
    </>
  );
}
