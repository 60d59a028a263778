import { ArrowRightOutlined } from "@ant-design/icons";
import { Button, Input, Select } from "antd";
import type { ImportField, ImportPreview } from "../api/types";
import { useI18n } from "../i18n";
import { fromSuggestions, isOpen, splitField, type Choice } from "./mapping";

export function MappingTable({ preview, fields, choice, onChange }: {
  preview: ImportPreview; fields: ImportField[]; choice: Choice; onChange: (choice: Choice) => void;
}) {
  const { t } = useI18n();
  const used = Object.keys(choice).length;
  return (
    <section className="panel">
      <div className="panel-head">
        <span>{t("imports.mapping")} <span className="muted small num">{t("imports.mapped", { n: used, all: preview.columns.length })}</span></span>
        <span className="row">
          <Button size="small" onClick={() => onChange(fromSuggestions({ ...preview, fields }))}>{t("imports.suggest")}</Button>
          <Button size="small" type="text" onClick={() => onChange({})}>{t("imports.ignore_all")}</Button>
        </span>
      </div>
      <p className="muted panel-note">{t("imports.mapping_hint")}</p>
      {preview.columns.map((column) => (
        <Row key={column.name} column={column} fields={fields} choice={choice} onChange={onChange} sure={preview.suggestions.find((item) => item.column === column.name)?.confidence} />
      ))}
    </section>
  );
}

function Row({ column, fields, choice, onChange, sure }: {
  column: ImportPreview["columns"][number]; fields: ImportField[]; choice: Choice; onChange: (choice: Choice) => void; sure?: number;
}) {
  const { t, word, label } = useI18n();
  const known = fields.map((field) => field.field);
  const field = choice[column.name];
  const { base, name } = field ? splitField(field, known) : { base: undefined, name: "" };
  const set = (next: string | undefined) => {
    const rest = Object.fromEntries(Object.entries(choice).filter(([other]) => other !== column.name));
    onChange(next === undefined ? rest : { ...rest, [column.name]: next });
  };
  const taken = new Set(Object.entries(choice).filter(([other]) => other !== column.name).map(([, other]) => other));
  const options = [...fields.map((item) => ({ value: item.field, label: item.required ? `${label(item)} *` : label(item), disabled: !isOpen(item.field) && taken.has(item.field) }))];
  if (base && !known.includes(base)) options.unshift({ value: base, label: base, disabled: false });
  return (
    <div className={field ? "map-row" : "map-row ignored"}>
      <div className="map-column">
        <b className="break">{column.name}</b>
        <span className="muted small break">{column.samples.slice(0, 3).join(" · ") || t("imports.all_empty")}</span>
        <span className="muted small">{word("column", column.type)}</span>
      </div>
      <ArrowRightOutlined className="map-arrow" />
      <div className="map-field">
        <Select
          allowClear showSearch={{ optionFilterProp: "label" }} value={base} options={options} placeholder={t("imports.ignored")} aria-label={t("imports.field_of", { column: column.name })}
          onChange={(next?: string) => set(next && isOpen(next) ? next + column.name : next)}
        />
        {base && isOpen(base) ? <Input value={name} placeholder={t("imports.own_name")} aria-label={t("imports.own_name")} onChange={(event) => set(base + event.target.value.trim())} /> : null}
      </div>
      <span className="muted small map-sure">{field && sure !== undefined && sure >= 0.8 ? t("imports.sure") : field ? "" : t("imports.not_imported")}</span>
    </div>
  );
}
