// The fields that nodes and the journey's rules are made of.
import { Button, DatePicker, Input, InputNumber, Select, Space, TimePicker } from "antd";
import dayjs from "dayjs";
import { useState, type ReactNode } from "react";
import { useI18n } from "../../i18n";
import { UNITS, type Span, type Unit } from "./definition";

export function Field({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <div className="jc-field" role="group" aria-label={label}>
      <span className="jc-label">{label}</span>
      {children}
      {hint ? <span className="muted small">{hint}</span> : null}
    </div>
  );
}

export function SpanInput({ value, onChange, label }: { value: Span; onChange: (next: Span) => void; label: string }) {
  const { t } = useI18n();
  return (
    <Space.Compact className="full">
      <InputNumber className="grow" min={1} max={999_999} precision={0} value={value.amount} aria-label={label} onChange={(amount) => amount !== null && onChange({ ...value, amount })} />
      <Select<Unit> value={value.unit} onChange={(unit) => onChange({ ...value, unit })} options={UNITS.map((unit) => ({ value: unit, label: t(`canvas.unit.${unit}`) }))} popupMatchSelectWidth={false} aria-label={t("canvas.unit_label")} />
    </Space.Compact>
  );
}

export function ClockInput({ value, onChange, label }: { value: string; onChange: (next: string) => void; label: string }) {
  return <TimePicker className="full" format="HH:mm" allowClear={false} needConfirm={false} aria-label={label} value={dayjs(`2000-01-01T${value}`)} onChange={(next) => next && onChange(next.format("HH:mm"))} />;
}

export function DateInput({ value, onChange, label }: { value: string; onChange: (next: string) => void; label: string }) {
  return <DatePicker className="full" allowClear={false} aria-label={label} value={value ? dayjs(value) : null} onChange={(next) => next && onChange(next.format("YYYY-MM-DD"))} />;
}

const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;
export function WeekdaysInput({ value, onChange, label, disabled }: { value: readonly number[]; onChange: (next: number[]) => void; label: string; disabled: boolean }) {
  const { t } = useI18n();
  const turn = (day: number) => onChange(value.includes(day) ? value.filter((own) => own !== day) : [...value, day].sort((a, b) => a - b));
  return (
    <div className="jc-days" role="group" aria-label={label}>
      {DAYS.map((day) => <Button key={day} size="small" type={value.includes(day) ? "primary" : "default"} disabled={disabled} aria-pressed={value.includes(day)} onClick={() => turn(day)}>{t(`canvas.weekday.${day}`)}</Button>)}
    </div>
  );
}

/** Text that is only handed on when it is right; until then it stays here. */
export function DraftInput({ value, onCommit, mistake, label, maxLength, disabled, code }: {
  value: string; onCommit: (next: string) => void; mistake: (next: string) => string | null; label: string; maxLength?: number; disabled?: boolean; code?: boolean;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const wrong = draft === null ? null : mistake(draft);
  const commit = () => {
    if (draft !== null && !wrong && draft !== value) onCommit(draft);
    if (!wrong) setDraft(null);
  };
  return (
    <>
      <Input className={code ? "jc-code" : undefined} value={draft ?? value} maxLength={maxLength} disabled={disabled} status={wrong ? "error" : undefined} aria-label={label} aria-invalid={wrong !== null} onChange={(event) => setDraft(event.target.value)} onBlur={commit} onPressEnter={commit} />
      {wrong ? <span className="bad small" role="alert">{wrong}</span> : null}
    </>
  );
}

/** What nobody has made an editor for: the document itself. */
export function JsonInput({ value, onChange, label, disabled }: { value: unknown; onChange: (next: Record<string, unknown>) => void; label: string; disabled: boolean }) {
  const { t } = useI18n();
  // As typed while it is being typed: nothing jumps under the cursor.
  const [draft, setDraft] = useState<string | null>(null);
  const wrong = draft !== null && parse(draft) === null;
  const change = (next: string) => {
    setDraft(next);
    const parsed = parse(next);
    if (parsed) onChange(parsed);
  };
  return (
    <>
      <Input.TextArea className="jc-code" autoSize={{ minRows: 3, maxRows: 12 }} value={draft ?? JSON.stringify(value, null, 2)} disabled={disabled} status={wrong ? "error" : undefined} aria-label={label} aria-invalid={wrong} onChange={(event) => change(event.target.value)} onBlur={() => !wrong && setDraft(null)} />
      {wrong ? <span className="bad small" role="alert">{t("canvas.json_wrong")}</span> : null}
    </>
  );
}
function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
