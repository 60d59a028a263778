import { Select } from "antd";
import { useI18n } from "../../i18n";
import { usePropertyName } from "../names";
import type { EventSel, Measure } from "../shapes";
import { measureToText, textToMeasure } from "../spec";
import { useCatalogue } from "./useCatalogue";

type Choice = "count" | "people" | "days" | "sum" | "value";

/** What is counted: times, people, days, or numbers that events carry. */
export function MeasurePicker({ value, kinds, selection, onChange }: {
  value: Measure | "people" | undefined; kinds: Choice[]; selection: EventSel | undefined; onChange: (measure: Measure | "people") => void;
}) {
  const { t } = useI18n();
  const property = usePropertyName();
  const { properties } = useCatalogue();
  const numbers = properties(selection).filter((own) => own.kinds.some((kind) => kind === "int" || kind === "float")).map((own) => own.name);
  const text = value === "people" ? "people" : measureToText(value);
  const named = text.includes(":") ? text.slice(text.indexOf(":") + 1) : undefined;
  const choices = named && !numbers.includes(named) ? [named, ...numbers] : numbers;
  const options = [
    ...(["count", "people", "days"] as const).filter((kind) => kinds.includes(kind)).map((kind) => ({ value: kind as string, label: t(`see.measure.${kind}`) })),
    ...(kinds.includes("sum") ? choices.map((name) => ({ value: `sum:${name}`, label: t("see.measure.sum", { property: property(name) }) })) : []),
    ...(kinds.includes("value") ? choices.map((name) => ({ value: `value:${name}`, label: t("see.measure.value", { property: property(name) }) })) : []),
  ];
  return <Select<string> className="w-200" value={text} onChange={(next) => onChange(next === "people" ? "people" : textToMeasure(next))} options={options} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} aria-label={t("see.measure")} />;
}
