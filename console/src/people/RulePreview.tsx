// How many people a rule fits, while it is being written.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Spin } from "antd";
import { Link } from "react-router";
import { tags as api } from "../api/calls";
import type { Cond, Rule, RuleField } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { useSettled } from "../shell/parts";
import { personTitle } from "./columns";
import { useDeedText } from "./useDeedText";
import { describe, isComplete, optionsOf, valueKind } from "./rule";

export function useRuleText(fields: RuleField[]): (rule: Rule) => string {
  const { t, word, label, locale } = useI18n();
  const format = useFormat();
  const deed = useDeedText();
  const fieldOf = (name: string) => fields.find((field) => field.field === name);
  const value = (cond: Cond): string => {
    const field = fieldOf(cond.field);
    if (typeof cond.value === "boolean") return cond.value ? t("word.yes") : t("word.no");
    if (valueKind(field) === "money" && typeof cond.value === "number") return format.money(cond.value);
    const options = field ? optionsOf(field, locale === "zh") : [];
    const name = (text: string) => options.find((option) => option.value === text)?.label ?? text;
    return Array.isArray(cond.value) ? cond.value.map((item) => name(String(item))).join(", ") : name(String(cond.value ?? "…"));
  };
  return (rule) => describe(rule, {
    field: (name) => {
      const field = fieldOf(name);
      return field ? label(field) : name;
    },
    op: (op) => word("op", op), value, deed, and: t("rule.and"), or: t("rule.or"), not: t("rule.neither"),
  });
}

export function RulePreview({ rule, fields }: { rule: Rule; fields: RuleField[] }) {
  const { t } = useI18n();
  const format = useFormat();
  const text = useErrorText();
  const ruleText = useRuleText(fields);
  const settled = useSettled(rule, 400);
  const complete = isComplete(settled);
  const preview = useQuery({
    queryKey: ["rule-preview", settled], queryFn: ({ signal }) => api.preview(settled, signal), enabled: complete, placeholderData: keepPreviousData, retry: false,
  });
  if (!complete) return <div className="rule-preview muted">{t("rule.incomplete")}</div>;
  if (preview.isError) return <div className="rule-preview bad">{text(preview.error)}</div>;
  return (
    <div className="rule-preview" aria-live="polite">
      <div className="row"><span className="big num">{preview.data ? format.count(preview.data.people) : "…"}</span><span>{t("rule.people")}</span>{preview.isFetching ? <Spin size="small" /> : null}</div>
      <div className="small muted">{ruleText(settled)}</div>
      {preview.data?.sample.length ? (
        <div className="small">{t("rule.sample")} {preview.data.sample.map((row, index) => <span key={row.id}>{index ? " · " : ""}<Link to={`/people/${row.id}`} target="_blank">{personTitle(row)}</Link></span>)}</div>
      ) : null}
    </div>
  );
}
