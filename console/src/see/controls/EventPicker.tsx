// Chooses events, and narrows them by what they carry.
import { DeleteOutlined, FilterOutlined, PlusOutlined } from "@ant-design/icons";
import { AutoComplete, Badge, Button, Input, InputNumber, Popover, Select, Space } from "antd";
import { fromMinor, toMinor } from "../../format/money";
import { useChannelName } from "../../channels/useChannelName";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { usePropertyName } from "../names";
import { useNames } from "../parts";
import type { EventSel, Scalar, Where, WhereOp } from "../shapes";
import { eventNames, isWhole, operatorsFor, takesList, takesNumber, withEvents, withOperator } from "../spec";
import { useCatalogue, type Property } from "./useCatalogue";

interface Props {
  value: EventSel | undefined; onChange: (value: EventSel) => void; label: string;
  /** Whether "every event" may be chosen. */
  any?: boolean;
  multiple?: boolean;
}

export function EventPicker({ value, onChange, label, any, multiple = true }: Props) {
  const { t } = useI18n();
  const names = useNames();
  const { events, properties, isPending } = useCatalogue();
  const chosen = eventNames(value);
  const known = new Set(events.map((event) => event.name));
  const options = [
    ...(any ? [{ value: "*", label: t("see.any_event") }] : []),
    ...events.map((event) => ({ value: event.name, label: names.event(event.name) })),
    // What a link or a board asks for stays choosable when nobody has sent it (yet).
    ...chosen.filter((name) => name !== "*" && !known.has(name)).map((name) => ({ value: name, label: names.event(name) })),
  ];
  const choose = (next: string[]) => {
    // Choosing "every event" replaces the others, choosing another replaces "every event".
    const fresh = next.filter((name) => !chosen.includes(name));
    if (fresh.includes("*") || (next.length === 0 && any)) return onChange(withEvents(value, ["*"]));
    if (next.length) onChange(withEvents(value, next.filter((name) => name !== "*")));
  };
  return (
    <Space.Compact className="event-picker">
      {multiple ? (
        <Select<string[]>
          mode="multiple" maxTagCount={1} maxTagTextLength={16} value={chosen} onChange={choose} options={options} loading={isPending} aria-label={label} placeholder={t("see.choose_event")}
          showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false}
        />
      ) : (
        <Select<string> value={chosen[0]} onChange={(next) => onChange(withEvents(value, [next]))} options={options} loading={isPending} aria-label={label} placeholder={t("see.choose_event")} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} />
      )}
      <WhereButton where={value?.where ?? []} properties={properties(value)} onChange={(where) => onChange({ ...(value ?? { event: "*" }), where: where.length ? where : undefined })} />
    </Space.Compact>
  );
}

function WhereButton({ where, properties, onChange }: { where: Where[]; properties: Property[]; onChange: (where: Where[]) => void }) {
  const { t } = useI18n();
  const on = where.filter(isWhole).length;
  return (
    <Popover
      trigger="click" placement="bottomRight" title={t("see.where")} destroyOnHidden
      content={<WhereList where={where} properties={properties} onChange={onChange} />}
    >
      <Badge count={on} size="small" color="#1f6f5c" offset={[-4, 4]}><Button icon={<FilterOutlined />} aria-label={t("see.where")} title={t("see.where")} /></Badge>
    </Popover>
  );
}

function WhereList({ where, properties, onChange }: { where: Where[]; properties: Property[]; onChange: (where: Where[]) => void }) {
  const { t } = useI18n();
  const first = properties[0];
  const fresh = (property: Property): Where => withOperator({ property: property.name, op: "exists" }, operatorsFor(property.kinds)[0] ?? "in");
  const put = (at: number, next: Where | null) => onChange(where.flatMap((item, index) => (index !== at ? [item] : next ? [next] : [])));
  return (
    <div className="where-list">
      {where.length === 0 ? <p className="muted small">{first ? t("see.where_none") : t("see.where_no_property")}</p> : null}
      {where.map((item, index) => <WhereRow key={index} item={item} properties={properties} fresh={fresh} onChange={(next) => put(index, next)} />)}
      <Button size="small" type="dashed" icon={<PlusOutlined />} disabled={!first} onClick={() => first && onChange([...where, fresh(first)])}>{t("rule.add")}</Button>
    </div>
  );
}

function WhereRow({ item, properties, fresh, onChange }: { item: Where; properties: Property[]; fresh: (property: Property) => Where; onChange: (next: Where | null) => void }) {
  const { t, word } = useI18n();
  const property = usePropertyName();
  const own = properties.find((one) => one.name === item.property);
  const operators: WhereOp[] = [...new Set([...operatorsFor(own?.kinds ?? ["text"]), item.op])];
  const choose = (name: string) => {
    const next = properties.find((one) => one.name === name);
    if (next) onChange(fresh(next));
  };
  return (
    <div className="where-row">
      <Select value={item.property} onChange={choose} options={properties.map((one) => ({ value: one.name, label: property(one.name) }))} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} aria-label={t("see.property")} />
      <Select<WhereOp> value={item.op} onChange={(op) => onChange(withOperator(item, op))} options={operators.map((op) => ({ value: op, label: word("op", op) }))} popupMatchSelectWidth={false} aria-label={t("rule.op")} />
      <WhereValue item={item} property={own} onChange={(value) => onChange({ ...item, value })} />
      <Button type="text" icon={<DeleteOutlined />} aria-label={t("rule.remove")} onClick={() => onChange(null)} />
    </div>
  );
}

function WhereValue({ item, property, onChange }: { item: Where; property: Property | undefined; onChange: (value: Scalar | Scalar[] | null) => void }) {
  const { t } = useI18n();
  const { currency } = useFormat();
  const channel = useChannelName();
  const called = (value: string) => (property?.name === "channel" ? channel(value) : value);
  const values = (property?.values ?? []).map((value) => ({ value, label: value === "" ? t("see.no_value") : called(value) }));
  const numbers = property?.kinds.length ? property.kinds.every((kind) => kind === "int" || kind === "float") : false;
  const name = t("rule.value");
  if (item.op === "exists") {
    return <Select<string> value={String(item.value !== false)} onChange={(next) => onChange(next === "true")} options={[{ value: "true", label: t("word.yes") }, { value: "false", label: t("word.no") }]} aria-label={name} />;
  }
  if (takesList(item.op)) {
    return <Select<string[]> mode="tags" value={Array.isArray(item.value) ? item.value.map(String) : []} onChange={(next) => onChange(next)} options={values} tokenSeparators={[","]} aria-label={name} placeholder={name} maxTagCount="responsive" popupMatchSelectWidth={false} />;
  }
  if (takesNumber(item.op) || numbers) {
    const money = item.property === "amount";
    const shown = typeof item.value === "number" ? (money ? fromMinor(item.value, currency) : item.value) : null;
    return <InputNumber value={shown} onChange={(next) => onChange(next === null ? null : money ? toMinor(next, currency) : next)} aria-label={name} suffix={money ? currency : undefined} />;
  }
  const text = typeof item.value === "string" ? item.value : "";
  return values.length
    ? <AutoComplete value={text} onChange={onChange} options={values} aria-label={name} placeholder={name} popupMatchSelectWidth={false} />
    : <Input value={text} onChange={(event) => onChange(event.target.value)} aria-label={name} placeholder={name} />;
}
