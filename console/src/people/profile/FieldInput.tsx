import { Button, DatePicker, Input, InputNumber, Select } from "antd";
import dayjs from "dayjs";
import { useState, type KeyboardEvent } from "react";
import type { FieldType, Json } from "../../api/types";
import { dateTime, wallToInstant } from "../../format/time";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";

/** Edits one value in its type. An empty value removes the field from the person (null on the wire). */
export function FieldInput({ type, value, saving, onSave, onCancel }: {
  type: FieldType; value: Json; saving: boolean; onSave: (value: Json) => void; onCancel: () => void;
}) {
  const { t } = useI18n();
  const [draft, setDraft] = useState<Json>(value);
  const save = () => onSave(draft === "" ? null : draft);
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
    if (event.key === "Enter" && !event.nativeEvent.isComposing && type !== "list") save();
  };
  return (
    <div className="row field-edit" onKeyDown={press}>
      <Editor type={type} value={draft} onChange={setDraft} />
      <Button type="primary" size="small" loading={saving} onClick={save}>{t("action.save")}</Button>
      <Button size="small" onClick={onCancel}>{t("action.cancel")}</Button>
    </div>
  );
}

function Editor({ type, value, onChange }: { type: FieldType; value: Json; onChange: (value: Json) => void }) {
  const { t } = useI18n();
  const { zone } = useFormat();
  if (type === "number") return <InputNumber autoFocus value={typeof value === "number" ? value : null} onChange={(next) => onChange(next)} className="field" />;
  if (type === "boolean") {
    return <Select<string> autoFocus allowClear className="field" value={value === null ? undefined : String(value)} onChange={(next) => onChange(next === undefined ? null : next === "true")} options={[{ value: "true", label: t("word.yes") }, { value: "false", label: t("word.no") }]} />;
  }
  if (type === "list") {
    return <Select<string[]> autoFocus mode="tags" open={false} suffix={null} className="field" tokenSeparators={[","]} value={Array.isArray(value) ? value.map(String) : []} onChange={(next) => onChange(next.length ? next : null)} />;
  }
  if (type === "date") {
    const day = typeof value === "string" && dayjs(value).isValid() ? dayjs(value) : null;
    return <DatePicker autoFocus className="field" value={day} onChange={(next) => onChange(next ? next.format("YYYY-MM-DD") : null)} />;
  }
  if (type === "datetime") {
    // The picker shows the workspace's wall clock, whatever the browser's zone is.
    const wall = typeof value === "string" && value ? dayjs(dateTime(value, zone, true)) : null;
    return <DatePicker autoFocus showTime className="field" value={wall} onChange={(next) => onChange(next ? wallToInstant(next.format("YYYY-MM-DD HH:mm:ss"), zone) : null)} />;
  }
  return <Input autoFocus className="field" value={value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)} onChange={(event) => onChange(event.target.value)} />;
}
