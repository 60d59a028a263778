import { DeleteOutlined, PlusOutlined, ThunderboltOutlined } from "@ant-design/icons";
import { Button, DatePicker, Input, InputNumber, Segmented, Select } from "antd";
import dayjs from "dayjs";
import type { Cond, CondValue, Op, Rule, RuleField } from "../api/types";
import { fromMinor, toMinor } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { DeedRow } from "./DeedRow";
import { freshDeed } from "./deed";
import { addAt, changeAt, freshCond, group, isCond, isGroup, itemsOf, modeOf, optionsOf, placeOf, startValue, valueKind, withOp, type Mode, type Path } from "./rule";
import "./rule.css";

interface Props {
  rule: Rule; fields: RuleField[]; onChange: (rule: Rule) => void;
  /** Whether conditions on what people did are offered. */
  deeds?: boolean;
  /** How many people each part has, by its place. */
  counts?: ReadonlyMap<string, number>;
}

export function RuleBuilder(props: Props) {
  return <Group {...props} root={props.rule} path={[]} place="rule" />;
}

function Group({ root, rule, path, place, fields, onChange, deeds, counts }: Props & { root: Rule; path: Path; place: string }) {
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
        <span className="row">
          {path.length ? <People counts={counts} place={place} /> : null}
          {path.length ? <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("rule.remove_group")} onClick={() => onChange(changeAt(root, path, () => null))} /> : null}
        </span>
      </div>
      {items.map((item, index) => {
        const at = [...path, index];
        const here = placeOf(place, modeOf(rule), index);
        if (isGroup(item)) return <Group key={index} root={root} rule={item} path={at} place={here} fields={fields} onChange={onChange} deeds={deeds} counts={counts} />;
        const put = (next: typeof item | null) => onChange(changeAt(root, at, () => next));
        return (
          <div key={index} className="rule-leaf">
            {isCond(item) ? <CondRow cond={item} fields={fields} onChange={put} /> : <DeedRow deed={item} onChange={put} />}
            <People counts={counts} place={here} />
          </div>
        );
      })}
      <div className="row">
        <Button size="small" type="dashed" icon={<PlusOutlined />} disabled={!first} onClick={() => first && onChange(addAt(root, path, freshCond(first)))}>{t("rule.add")}</Button>
        {deeds ? <Button size="small" type="dashed" icon={<ThunderboltOutlined />} onClick={() => onChange(addAt(root, path, freshDeed("Order Completed")))}>{t("rule.add_deed")}</Button> : null}
        {path.length < 4 ? (
          <Button size="small" type="text" disabled={!first} onClick={() => first && onChange(addAt(root, path, group(modeOf(rule) === "all" ? "any" : "all", [freshCond(first)])))}>{t("rule.add_group")}</Button>
        ) : null}
      </div>
    </div>
  );
}

/** How many people a part has by itself. */
function People({ counts, place }: { counts: ReadonlyMap<string, number> | undefined; place: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const n = counts?.get(place);
  return n === undefined ? null : <span className="muted small num rule-count">{t("tags.people", { n: format.count(n) })}</span>;
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
