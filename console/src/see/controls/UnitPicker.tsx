import { Segmented } from "antd";
import { useI18n } from "../../i18n";
import type { Unit } from "../shapes";

export function UnitPicker<U extends Unit>({ value, onChange, units }: { value: U; onChange: (unit: U) => void; units?: readonly U[] }) {
  const { t } = useI18n();
  const all = units ?? (["day", "week", "month"] as unknown as readonly U[]);
  return <Segmented<U> value={value} onChange={onChange} options={all.map((unit) => ({ value: unit, label: t(`see.unit.${unit}`) }))} />;
}
