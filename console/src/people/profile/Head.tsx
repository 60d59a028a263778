import { EyeOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { App, Avatar, Button } from "antd";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { people as api } from "../../api/calls";
import type { Person, Unmasked } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Copyable, IdentifierText, MayButton, TagChip, useKindName } from "../../shell/parts";
import { useCan } from "../../shell/session";
import { personTitle } from "../columns";
import { AddTag } from "./AddTag";
import { MoreActions, UnmaskModal } from "./PersonActions";
import { usePersonChanged } from "./usePerson";

export function Head({ asked, person }: { asked: string; person: Person }) {
  const { t } = useI18n();
  const [plain, setPlain] = useState<Unmasked | null>(null);
  const [asking, setAsking] = useState(false);
  const title = personTitle(person);
  useEffect(() => {
    document.title = `${title} · Siyu`;
  }, [title]);
  const masked = person.identifiers.some((item) => item.masked);
  return (
    <section className="panel profile-head">
      <div className="row between top-row">
        <div className="who-row">
          <Avatar size={52} className="avatar">{title.slice(0, 1)}</Avatar>
          <div className="who-text">
            <h1>{title}</h1>
            <div className="muted small"><Copyable text={person.id} /></div>
          </div>
        </div>
        <div className="row">
          {masked && !plain ? <MayButton permission="people.unmask" icon={<EyeOutlined />} onClick={() => setAsking(true)}>{t("person.unmask")}</MayButton> : null}
          {plain ? <Button onClick={() => setPlain(null)}>{t("person.mask_again")}</Button> : null}
          <MoreActions asked={asked} person={person} />
        </div>
      </div>
      <Identifiers person={person} plain={plain} />
      <TagRow asked={asked} person={person} />
      <Figures person={person} />
      <UnmaskModal id={asked} open={asking} onClose={() => setAsking(false)} onShow={setPlain} />
    </section>
  );
}

function Identifiers({ person, plain }: { person: Person; plain: Unmasked | null }) {
  const name = useKindName();
  if (plain) {
    return (
      <div className="identifiers wide">
        {plain.identifiers.map((item) => <span className="identifier" key={`${item.kind}:${item.value}`}><span className="kind">{name(item.kind)}</span><Copyable text={item.value} /></span>)}
      </div>
    );
  }
  return <div className="identifiers wide">{person.identifiers.map((item) => <IdentifierText key={`${item.kind}:${item.value}`} item={item} />)}</div>;
}

function TagRow({ asked, person }: { asked: string; person: Person }) {
  const { t } = useI18n();
  const { modal } = App.useApp();
  const can = useCan();
  const changed = usePersonChanged(asked);
  const [adding, setAdding] = useState(false);
  const drop = useMutation({ mutationFn: (tag: string) => api.removeTag(asked, tag), onSuccess: changed });
  const ask = (id: string, name: string) => modal.confirm({
    title: t("tags.remove_from", { name }), okText: t("action.delete"), cancelText: t("action.cancel"), onOk: () => drop.mutateAsync(id).catch(() => undefined),
  });
  return (
    <div className="chips wide">
      {person.tags.map((tag) => (
        <TagChip key={tag.id} tag={tag} onRemove={can("people.write") && tag.kind !== "rule" ? () => ask(tag.id, tag.name) : undefined} />
      ))}
      <MayButton permission="people.write" size="small" type="dashed" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("tags.tag")}</MayButton>
      <AddTag asked={asked} open={adding} onClose={() => setAdding(false)} />
    </div>
  );
}

function Figures({ person }: { person: Person }) {
  const { t } = useI18n();
  const format = useFormat();
  const { orders } = person;
  const figures: [string, string, string?][] = [
    [t("person.amount"), format.money(orders.amount, orders.currency), orders.refunded ? t("person.refunded", { n: format.money(orders.refunded, orders.currency) }) : undefined],
    [t("people.orders"), format.count(orders.count), orders.last_at ? t("person.last", { at: format.ago(orders.last_at) }) : undefined],
    [t("home.events"), format.count(person.events.count), person.last_seen_at ? t("person.last", { at: format.ago(person.last_seen_at) }) : undefined],
    [t("person.first_seen"), format.ago(person.first_seen_at), format.at(person.first_seen_at)],
  ];
  const favourite = [...person.stores].sort((a, b) => b.orders - a.orders)[0];
  return (
    <dl className="figures">
      {figures.map(([label, value, sub]) => <div key={label}><dt>{label}</dt><dd className="num">{value}</dd>{sub ? <span className="muted small num">{sub}</span> : null}</div>)}
      {favourite ? (
        <div>
          <dt>{t("person.store")}</dt>
          <dd><Link to={`/people?store=${encodeURIComponent(favourite.code)}`}>{favourite.name ?? favourite.code}</Link></dd>
          <span className="muted small num">{t("people.card_orders", { n: favourite.orders })}</span>
        </div>
      ) : null}
    </dl>
  );
}
