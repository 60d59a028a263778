import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, DatePicker, Input, InputNumber, Segmented, Select } from "antd";
import dayjs from "dayjs";
import type { Cond, CondValue, Op, Rule, RuleField } from "../api/types";
import { fromMinor, toMinor } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { addAt, changeAt, freshCond, group, isGroup, itemsOf, modeOf, optionsOf, startValue, valueKind, withOp, type Mode, type Path } from "./rule";
import "./rule.css";

interface Props { rule: Rule; fields: RuleField[]; onChange: (rule: Rule) => void }

export function RuleBuilder({ rule, fields, onChange }: Props) {
  return <Group root={rule} rule={rule} path={[]} fields={fields} onChange={onChange} />;
}

function Group({ root, rule, path, fields, onChange }: Props & { root: Rule; path: Path }) {
  const { t } = useI18n();
  const first = fields[0];
  const items = itemsOf(rule);
  return (
    <div className={path.length ? "rule-group inner" : "rule-group"}>
      <div className="row between">
        <Segmented<Mode>
          size="small" value={modeOf(rule)} options={[{ value: "all", label: t("rule.all") }, { value: "any", label: t("rule.any") }, { value: "not", label: t("rule.not") }]}
          onChange={(mode) => onChange(changeAt(root, path, () => group(mode, items)))}
        />
        {path.length ? <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("rule.remove_group")} onClick={() => onChange(changeAt(root, path, () => null))} /> : null}
      </div>
      {items.map((item, index) => {
        const at = [...path, index];
        return isGroup(item)
          ? <Group key={index} root={root} rule={item} path={at} fields={fields} onChange={onChange} />
          : <CondRow key={index} cond={item} fields={fields} onChange={(next) => onChange(changeAt(root, at, () => next))} />;
      })}
      <div className="row">
        <Button size="small" type="dashed" icon={<PlusOutlined />} disabled={!first} onClick={() => first && onChange(addAt(root, path, freshCond(first)))}>{t("rule.add")}</Button>
        {path.length < 4 ? (
          <Button size="small" type="text" disabled={!first} onClick={() => first && onChange(addAt(root, path, group(modeOf(rule) === "all" ? "any" : "all", [freshCond(first)])))}>{t("rule.add_group")}</Button>
        ) : null}
      </div>
    </div>
  );
}

/** Fields come grouped by the part before the dot: orders, trait, has … */
function useFieldOptions(fields: RuleField[]) {
  const { label, word } = useI18n();
  const groups = new Map<string, { value: string; label: string }[]>();
  for (const field of fields) {
    const name = field.field.split(".")[0] ?? "";
    groups.set(name, [...(groups.get(name) ?? []), { value: field.field, label: label(field) }]);
  }
  return [...groups].map(([name, options]) => ({ label: word("rule.group", name), title: name, options }));
}

function CondRow({ cond, fields, onChange }: { cond: Cond; fields: RuleField[]; onChange: (cond: Cond | null) => void }) {
  const { t, word } = useI18n();
  const field = fields.find((item) => item.field === cond.field);
  const kind = valueKind(field);
  const operators: Op[] = field?.operators.length ? field.operators : [cond.op];
  const choose = (name: string) => {
    const next = fields.find((item) => item.field === name);
    if (next) onChange(freshCond(next));
  };
  return (
    <div className="rule-cond">
      <Select value={cond.field} onChange={choose} options={useFieldOptions(fields)} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} aria-label={t("rule.field")} />
      <Select<Op>
        value={cond.op} onChange={(op) => onChange(withOp(cond, op, kind))} popupMatchSelectWidth={false} aria-label={t("rule.op")}
        options={operators.map((op) => ({ value: op, label: word("op", op) }))}
      />
      <Value cond={cond} field={field} onChange={(value) => onChange({ ...cond, value })} />
      <Button type="text" icon={<DeleteOutlined />} aria-label={t("rule.remove")} onClick={() => onChange(null)} />
    </div>
  );
}

function Value({ cond, field, onChange }: { cond: Cond; field: RuleField | undefined; onChange: (value: CondValue) => void }) {
  const { t, locale } = useI18n();
  const { currency } = useFormat();
  const kind = valueKind(field);
  const name = t("rule.value");
  if (cond.op === "exists" || kind === "boolean") {
    return (
      <Select<string>
        value={String(cond.value ?? startValue("boolean", cond.op))} onChange={(next) => onChange(next === "true")} aria-label={name}
        options={[{ value: "true", label: t("word.yes") }, { value: "false", label: t("word.no") }]}
      />
    );
  }
  const options = field ? optionsOf(field, locale === "zh") : [];
  if (cond.op === "in") {
    // A list of numbers is typed like any list; what is no number is left out.
    const keep = (texts: string[]) => onChange(kind === "number" ? texts.map(Number).filter(Number.isFinite) : texts);
    return <Select<string[]> mode={kind === "options" ? "multiple" : "tags"} value={Array.isArray(cond.value) ? cond.value.map(String) : []} options={options} tokenSeparators={[","]} onChange={keep} aria-label={name} placeholder={t("rule.values")} />;
  }
  if (kind === "options") return <Select<string> showSearch={{ optionFilterProp: "label" }} value={typeof cond.value === "string" ? cond.value : undefined} options={options} onChange={onChange} aria-label={name} />;
  if (kind === "money") {
    return (
      <InputNumber
        value={typeof cond.value === "number" ? fromMinor(cond.value, currency) : null} suffix={currency} aria-label={name}
        onChange={(next) => onChange(toMinor(next, currency))}
      />
    );
  }
  if (kind === "number") return <InputNumber value={typeof cond.value === "number" ? cond.value : null} onChange={(next) => onChange(next)} aria-label={name} />;
  if (kind === "date") return <DatePicker value={typeof cond.value === "string" && cond.value ? dayjs(cond.value) : null} onChange={(next) => onChange(next ? next.format("YYYY-MM-DD") : null)} aria-label={name} />;
  return <Input value={typeof cond.value === "string" || typeof cond.value === "number" ? String(cond.value) : ""} onChange={(event) => onChange(event.target.value)} aria-label={name} placeholder={name} />;
}
