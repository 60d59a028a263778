import type { MergeSide } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { IdentifierText, TagChip } from "../../shell/parts";

/** One side of a merge, told so that two of them can be compared line by line. */
export function Side({ side, title, currency }: { side: MergeSide; title: string; currency: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const traits = Object.entries(side.traits);
  return (
    <div className="side-box">
      <h4>{title}</h4>
      <code className="break muted">{side.id}</code>
      <div className="identifiers wide">{side.identifiers.map((item) => <IdentifierText key={`${item.kind}:${item.value}`} item={item} />)}</div>
      <div className="num small">
        {t("people.card_orders", { n: format.count(side.orders.count) })} · {format.money(side.orders.amount, currency)}
        {side.orders.refunded ? ` · ${t("person.refunded", { n: format.money(side.orders.refunded, currency) })}` : ""}
        <br />{t("identity.events", { n: format.count(side.events.count) })}
      </div>
      {side.tags.length ? <div className="chips wide">{side.tags.map((tag) => <TagChip key={tag.id} tag={tag} />)}</div> : null}
      {traits.length ? <div className="small break">{traits.slice(0, 8).map(([name, value]) => <div key={name}><span className="muted">{name}</span> {typeof value === "object" ? JSON.stringify(value) : String(value)}</div>)}</div> : null}
    </div>
  );
}
