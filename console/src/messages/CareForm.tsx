// What is done by itself for tasks that nobody confirms.
import { InputNumber } from "antd";
import { useI18n } from "../i18n";

export interface Care { nudge_after_hours: number | null; reassign_after_hours: number | null }
export const NO_CARE: Care = { nudge_after_hours: null, reassign_after_hours: null };

export function CareForm({ care, onChange }: { care: Care; onChange: (care: Care) => void }) {
  const { t } = useI18n();
  const hours = (field: keyof Care, label: string) => (
    <label className="gate-field"><span className="small muted">{label}</span><InputNumber min={1} max={720} precision={0} value={care[field]} placeholder={t("gate.off")} onChange={(value) => onChange({ ...care, [field]: value ?? null })} /></label>
  );
  return (
    <div className="stack tight gap-below">
      <div className="gate-fields">{hours("nudge_after_hours", t("messages.care.nudge"))}{hours("reassign_after_hours", t("messages.care.reassign"))}</div>
      <p className="muted small">{t("messages.care.hint")}</p>
    </div>
  );
}
