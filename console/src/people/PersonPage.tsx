// Everything about one person. An id that was merged away still opens the person it became.
import { useQuery } from "@tanstack/react-query";
import { Alert, Skeleton, Tabs } from "antd";
import { useParams } from "react-router";
import { people as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Person } from "../api/types";
import { PersonReach } from "../gate/PersonReach";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { Need } from "../shell/parts";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { Consents } from "./profile/Consents";
import { Fields } from "./profile/Fields";
import { Head } from "./profile/Head";
import { IdentityPanel } from "./profile/IdentityPanel";
import { PersonOrders } from "./profile/PersonOrders";
import { Standing } from "./profile/Standing";
import { TagHistoryPanel } from "./profile/TagHistoryPanel";
import { Timeline } from "./profile/Timeline";
import { WecomPanel } from "./profile/WecomPanel";
import "./people.css";
import "./profile/profile.css";

export function PersonPage() {
  const { id = "" } = useParams();
  return <Need permission="people.read"><Profile key={id} id={id} /></Need>;
}

function Profile({ id }: { id: string }) {
  const person = useQuery({ queryKey: keys.person(id), queryFn: () => api.get(id) });
  if (person.isPending) return <div className="panel pad"><Skeleton active avatar paragraph={{ rows: 8 }} /></div>;
  if (!person.data) return <ErrorView error={person.error} retry={() => void person.refetch()} />;
  return <Loaded asked={id} person={person.data} />;
}

function Loaded({ asked, person }: { asked: string; person: Person }) {
  const { t } = useI18n();
  const can = useCan();
  const [filters, change] = useFilters();
  const tabs = [
    ...(can("events.read") ? [{ key: "timeline", label: t("person.timeline"), children: <Timeline id={asked} /> }] : []),
    ...(can("orders.read") ? [{ key: "orders", label: t("person.orders", { n: person.orders.count }), children: <PersonOrders id={asked} /> }] : []),
    { key: "wecom", label: t("person.wecom"), children: <WecomPanel id={asked} /> },
    { key: "reach", label: t("person.reach"), children: <PersonReach id={asked} /> },
    { key: "fields", label: t("person.fields"), children: <Fields asked={asked} person={person} /> },
    { key: "identity", label: t("person.identity"), children: <IdentityPanel asked={asked} person={person} /> },
    { key: "consents", label: t("person.consents"), children: <Consents id={asked} /> },
    { key: "tags", label: t("person.tag_history"), children: <TagHistoryPanel id={asked} /> },
  ];
  return (
    <div className="stack">
      {person.requested_id !== person.id ? <Alert type="info" showIcon title={t("person.merged_into", { asked: person.requested_id, id: person.id })} /> : null}
      <Head asked={asked} person={person} />
      <Standing id={asked} />
      <Tabs items={tabs} activeKey={filters.tab ?? tabs[0]?.key} onChange={(tab) => change({ tab: tab === tabs[0]?.key ? null : tab })} destroyOnHidden />
    </div>
  );
}
