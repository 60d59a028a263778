import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Segmented, Select } from "antd";
import { useState } from "react";
import { useI18n } from "../../i18n";
import { useShared } from "./context";
import { blankTrigger, FILTERS_MAX, OPS, without, type Change, type Filter, type Op, type Trigger } from "./definition";
import { readValue, valueFor } from "./value";

/** What people do, or an audience they come into or leave. */
export function TriggerEditor({ value, onChange }: { value: Trigger; onChange: (next: Trigger) => void }) {
  const { t } = useI18n();
  const [kept, keep] = useState<Trigger | null>(null);
  const turn = (type: Trigger["type"]) => {
    if (type === value.type) return;
    // Who looks at the other and comes back finds what they had.
    onChange(kept?.type === type ? kept : blankTrigger(type));
    keep(value);
  };
  return (
    <div className="jc-trigger">
      <Segmented<Trigger["type"]> block value={value.type} onChange={turn} options={[{ value: "event", label: t("canvas.trigger.event") }, { value: "audience", label: t("canvas.trigger.audience") }]} />
      {value.type === "event" ? <EventTrigger value={value} onChange={onChange} /> : <AudienceTrigger value={value} onChange={onChange} />}
    </div>
  );
}

function AudienceTrigger({ value, onChange }: { value: Extract<Trigger, { type: "audience" }>; onChange: (next: Trigger) => void }) {
  const { t } = useI18n();
  return (
    <>
      <AudienceSelect value={value.id} onChange={(id) => onChange({ ...value, id })} />
      <Select<Change> value={value.change ?? "entered"} onChange={(change) => onChange({ ...value, change })} options={[{ value: "entered", label: t("canvas.change.entered") }, { value: "left", label: t("canvas.change.left") }]} aria-label={t("canvas.change")} />
    </>
  );
}

export function AudienceSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { t } = useI18n();
  const { audiences } = useShared().speaker;
  const options = audiences.map((own) => ({ value: own.id, label: own.name }));
  const known = !value || audiences.some((own) => own.id === value);
  return (
    <Select<string>
      className="full" value={value || undefined} onChange={onChange} showSearch={{ optionFilterProp: "label" }} placeholder={t("canvas.choose_audience")} aria-label={t("canvas.audience")}
      options={known ? options : [{ value, label: value }, ...options]} status={value ? undefined : "warning"}
    />
  );
}

function EventTrigger({ value, onChange }: { value: Extract<Trigger, { type: "event" }>; onChange: (next: Trigger) => void }) {
  const { t } = useI18n();
  const filters = value.where ?? [];
  const put = (where: Filter[]) => onChange(where.length ? { ...value, where } : without(value, "where"));
  return (
    <>
      <EventSelect value={value.name} onChange={(name) => onChange({ ...value, name })} />
      {filters.map((filter, at) => <FilterRow key={at} filter={filter} onChange={(next) => put(filters.flatMap((own, index) => (index !== at ? [own] : next ? [next] : [])))} />)}
      <Button size="small" type="dashed" className="start" icon={<PlusOutlined />} disabled={filters.length >= FILTERS_MAX} onClick={() => put([...filters, { property: "", op: "eq", value: "" }])}>{t("canvas.add_filter")}</Button>
    </>
  );
}

function EventSelect({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const { t, word } = useI18n();
  const { events } = useShared();
  const [typed, type] = useState("");
  const names = [...new Set([...(value ? [value] : []), ...events])];
  const label = (name: string) => {
    const own = word("event", name);
    return own === name ? name : `${own} · ${name}`;
  };
  const own = typed.trim();
  const options = [...(own && !names.includes(own) ? [{ value: own, label: own }] : []), ...names.map((name) => ({ value: name, label: label(name) }))];
  return (
    <Select<string>
      className="full" value={value || undefined} onChange={onChange} options={options} showSearch={{ optionFilterProp: "label", onSearch: type }} placeholder={t("canvas.choose_event")}
      aria-label={t("canvas.trigger.event")} status={value ? undefined : "warning"} labelRender={({ value: name }) => word("event", String(name))}
    />
  );
}

function FilterRow({ filter, onChange }: { filter: Filter; onChange: (next: Filter | null) => void }) {
  const { t } = useI18n();
  return (
    <div className="jc-filter">
      <Input value={filter.property} onChange={(event) => onChange({ ...filter, property: event.target.value })} placeholder={t("canvas.property")} aria-label={t("canvas.property")} />
      <Button type="text" icon={<DeleteOutlined />} aria-label={t("canvas.remove_filter")} onClick={() => onChange(null)} />
      <Select<Op> value={filter.op} onChange={(op) => onChange({ ...filter, op, value: valueFor(op, filter.value) })} options={OPS.map((op) => ({ value: op, label: t(`op.${op}`) }))} popupMatchSelectWidth={false} aria-label={t("canvas.op")} />
      <FilterValue filter={filter} onChange={(value) => onChange({ ...filter, value })} />
    </div>
  );
}

function FilterValue({ filter, onChange }: { filter: Filter; onChange: (value: unknown) => void }) {
  const { t } = useI18n();
  const [draft, setDraft] = useState<string | null>(null);
  if (filter.op === "exists") {
    return <Select<string> value={String(filter.value !== false)} onChange={(next) => onChange(next === "true")} options={[{ value: "true", label: t("word.yes") }, { value: "false", label: t("word.no") }]} aria-label={t("canvas.value")} />;
  }
  if (filter.op === "in") {
    const list = Array.isArray(filter.value) ? filter.value.map(String) : [];
    return <Select<string[]> mode="tags" value={list} onChange={(next) => onChange(next.map(readValue))} tokenSeparators={[",", "\uff0c"]} open={false} suffixIcon={null} aria-label={t("canvas.value")} placeholder={t("canvas.values")} />;
  }
  const text = draft ?? (filter.value === null || filter.value === undefined ? "" : String(filter.value));
  return (
    <Input
      value={text} aria-label={t("canvas.value")} placeholder={t("canvas.value")} onBlur={() => setDraft(null)}
      onChange={(event) => {
        // "1." is on its way to a number: what was typed stays in sight until the field is left.
        setDraft(event.target.value);
        onChange(readValue(event.target.value));
      }}
    />
  );
}
