import { DatePicker, InputNumber, Select, Space } from "antd";
import dayjs from "dayjs";
import type { DeedSpan } from "../../api/rule";
import { useI18n } from "../../i18n";

type Way = "last" | "days" | "ever";

/** When something was done: in the last days, between two days, or ever. */
export function DeedSpanPicker({ value, onChange }: { value: DeedSpan; onChange: (span: DeedSpan) => void }) {
  const { t } = useI18n();
  const way: Way = "ever" in value ? "ever" : "from" in value ? "days" : "last";
  const choose = (next: Way) => {
    const today = dayjs().format("YYYY-MM-DD");
    onChange(next === "ever" ? { ever: true } : next === "last" ? { last_days: 90 } : { from: today, to: today });
  };
  return (
    <Space.Compact>
      <Select<Way> value={way} onChange={choose} aria-label={t("see.span")} popupMatchSelectWidth={false} options={(["last", "days", "ever"] as const).map((item) => ({ value: item, label: t(`deed.span.${item}`) }))} />
      {"last_days" in value ? <InputNumber className="w-110" min={1} max={36_500} precision={0} value={value.last_days} suffix={t("word.days")} onChange={(next) => next && onChange({ last_days: next })} aria-label={t("see.span")} /> : null}
      {"from" in value ? (
        <DatePicker.RangePicker
          allowClear={false} value={[dayjs(value.from), dayjs(value.to)]} aria-label={t("see.span")}
          onChange={(range) => {
            const [from, to] = range ?? [];
            if (from && to) onChange({ from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") });
          }}
        />
      ) : null}
    </Space.Compact>
  );
}
