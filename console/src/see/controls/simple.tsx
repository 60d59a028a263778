// The small controls of a question: when, how long, split by what, among whom.
import { CalendarOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { DatePicker, InputNumber, Select, Space } from "antd";
import dayjs from "dayjs";
import type { ReactNode } from "react";
import { fields as fieldsApi, tags as tagsApi } from "../../api/calls";
import { keys } from "../../api/keys";
import { useI18n } from "../../i18n";
import { useAudiences } from "../../audiences/useAudiences";
import { usePropertyName } from "../names";
import type { Among, By, Duration, EventSel, Span } from "../shapes";
import { byToText, duration, durationOf, SPANS, textToBy, type DurationUnit } from "../spec";
import { Wrong } from "./Mistake";
import { useCatalogue } from "./useCatalogue";

/** A control with its name before it. `at` is its place in the spec: what the program has against it is said below it. */
export function Labelled({ label, at, children, wide }: { label: string; at?: string; children: ReactNode; wide?: boolean }) {
  return <div className={wide ? "labelled wide" : "labelled"}><span className="muted small">{label}</span>{children}{at ? <Wrong at={at} /> : null}</div>;
}

const CHOSEN = 0;
const ALL = -1;

/** No value is all time, where that may be chosen. */
export function SpanPicker({ value, all, days, onChange }: { value: Span | undefined; all?: boolean; days: [string, string]; onChange: (span: Span | undefined) => void }) {
  const { t } = useI18n();
  const last = !value ? ALL : "last_days" in value ? value.last_days : CHOSEN;
  const presets = SPANS.includes(last as (typeof SPANS)[number]) || last <= 0 ? [...SPANS] : [...SPANS, last].sort((a, b) => a - b);
  return (
    <Space.Compact>
      <Select<number>
        value={last} onChange={(next) => onChange(next > 0 ? { last_days: next } : next === ALL ? undefined : { from: days[0], to: days[1] })} aria-label={t("see.span")} popupMatchSelectWidth={false} prefix={<CalendarOutlined />}
        options={[...(all ? [{ value: ALL, label: t("see.all_time") }] : []), ...presets.map((n) => ({ value: n, label: t("see.last_days", { n }) })), { value: CHOSEN, label: t("see.chosen_days") }]}
      />
      {last !== CHOSEN ? null : (
        <DatePicker.RangePicker
          allowClear={false} value={[dayjs(days[0]), dayjs(days[1])]} aria-label={t("see.span")}
          onChange={(range) => {
            const [from, to] = range ?? [];
            if (from && to) onChange({ from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") });
          }}
        />
      )}
    </Space.Compact>
  );
}

export function DurationInput({ value, onChange, label }: { value: Duration; onChange: (value: Duration) => void; label: string }) {
  const { t } = useI18n();
  const { n, unit } = durationOf(value);
  return (
    <Space.Compact>
      <InputNumber min={1} max={unit === "days" ? 366 : 9_999} precision={0} value={n} onChange={(next) => next && onChange(duration(next, unit))} aria-label={label} className="w-80" />
      <Select<DurationUnit> value={unit} onChange={(next) => onChange(duration(n, next))} options={(["days", "hours", "minutes"] as const).map((item) => ({ value: item, label: t(`see.unit.${item}`) }))} aria-label={label} popupMatchSelectWidth={false} />
    </Space.Compact>
  );
}

export function ByPicker({ value, kind, counted, onChange }: { value: By | undefined; kind: "property" | "people"; counted: EventSel | undefined; onChange: (by: By | undefined) => void }) {
  const { t, label } = useI18n();
  const property = usePropertyName();
  const { properties } = useCatalogue();
  const known = useQuery({ queryKey: keys.fields, queryFn: fieldsApi.list, staleTime: 60_000 });
  const groups = useQuery({ queryKey: keys.tags, queryFn: tagsApi.list, staleTime: 60_000 });
  const audiences = useAudiences();
  const sections = [
    { label: t("see.by_property"), options: kind === "property" ? properties(counted).map((own) => ({ value: `property:${own.name}`, label: property(own.name) })) : [] },
    { label: t("see.by_trait"), options: (known.data?.items ?? []).filter((field) => !field.sensitive).map((field) => ({ value: `trait:${field.name}`, label: label(field) })) },
    { label: t("see.by_tags"), options: (groups.data?.groups ?? []).map((group) => ({ value: `tags:${group.id}`, label: group.name })) },
    { label: t("see.by_audiences"), options: audiences.length ? [{ value: `audiences:${audiences.slice(0, 10).map((item) => item.id).join(",")}`, label: t("see.by_all_audiences") }] : [] },
  ].filter((section) => section.options.length);
  const text = byToText(value);
  // A breakdown from a link or a board stays shown, even when it is none of those offered.
  const offered = sections.some((section) => section.options.some((option) => option.value === text));
  const options = text && !offered ? [{ label: t("see.by"), options: [{ value: text, label: text.startsWith("audiences:") ? t("see.by_audiences") : property(text.slice(text.indexOf(":") + 1)) }] }, ...sections] : sections;
  return (
    <Select
      allowClear className="w-200" value={text} onChange={(next?: string) => onChange(textToBy(next))} placeholder={t("see.by_nothing")} aria-label={t("see.by")}
      showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} options={options}
    />
  );
}

export function AmongPicker({ value, onChange }: { value: Among | undefined; onChange: (among: Among | undefined) => void }) {
  const { t } = useI18n();
  const audiences = useAudiences();
  const chosen = value && "audience" in value ? value.audience : undefined;
  if (value && "rule" in value) return <Select allowClear className="w-200" value="rule" options={[{ value: "rule", label: t("see.among_rule") }]} onChange={() => onChange(undefined)} aria-label={t("see.among")} />;
  return (
    <Select
      allowClear className="w-200" value={chosen} onChange={(next?: string) => onChange(next ? { audience: next } : undefined)} placeholder={t("see.everybody")} aria-label={t("see.among")}
      showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} options={audiences.map((item) => ({ value: item.id, label: item.name }))} notFoundContent={t("see.no_audiences")}
    />
  );
}
