import type { Deed, DeedSpan, EventSel } from "../api/rule";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { usePropertyName } from "../see/names";
import { useNames } from "../see/parts";
import { isWhole } from "../see/spec";
import { countOf, eventOfDeed, modeOfDeed, spanOfDeed } from "./deed";

/** A condition on what people did, in a line. */
export function useDeedText(): (deed: Deed) => string {
  const { t, word } = useI18n();
  const format = useFormat();
  const names = useNames();
  const property = usePropertyName();
  const when = (span: DeedSpan) => ("ever" in span ? t("deed.span.ever") : "from" in span ? `${span.from} – ${span.to}` : t("see.last_days", { n: span.last_days }));
  const named = (event: EventSel) => {
    const list = (Array.isArray(event.event) ? event.event : [event.event]).map(names.event).join(" / ");
    const where = (event.where ?? []).filter(isWhole).map((item) => [property(item.property), word("op", item.op), item.op === "exists" ? "" : String(item.value)].filter(Boolean).join(" "));
    return where.length ? `${list} (${where.join(", ")})` : list;
  };
  return (deed) => {
    const span = when(spanOfDeed(deed));
    if ("sequence" in deed) return t("deed.say.sequence", { span, steps: deed.sequence.steps.map(named).join(" → ") });
    const mode = modeOfDeed(deed);
    const event = named(eventOfDeed(deed));
    const count = countOf(deed);
    if (mode === "sum" && "did" in deed && deed.did.sum) {
      const { property: name, op, value } = deed.did.sum;
      return t("deed.say.sum", { span, event, property: property(name), op: word("op", op), n: name === "amount" ? format.money(value) : format.decimal(value) });
    }
    if (mode === "did" || mode === "days") return t(`deed.say.${mode}`, { span, event, op: word("op", count?.op ?? "gte"), n: format.count(count?.value ?? 1) });
    return t(`deed.say.${mode === "never" ? "never" : mode === "first" ? "first" : "last"}`, { span, event });
  };
}
