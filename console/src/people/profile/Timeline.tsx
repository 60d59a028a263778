import {
  AppstoreOutlined, EyeOutlined, LinkOutlined, LoginOutlined, MobileOutlined, SettingOutlined, ShoppingOutlined, TagOutlined, TeamOutlined, ThunderboltOutlined, UserOutlined,
} from "@ant-design/icons";
import { Button, Input, Skeleton, Switch } from "antd";
import { useState, type ReactNode } from "react";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { JsonObject, TimelineEvent } from "../../api/types";
import { useChannelName } from "../../channels/useChannelName";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView } from "../../shell/errors";
import { itemsOf, usePages } from "../../shell/ListTable";
import { EmptyHint, IdentifierText, JsonView, useSettled, useSourceName } from "../../shell/parts";
import { eventSummary, groupByDay } from "./timeline";

function iconOf(event: TimelineEvent): ReactNode {
  const name = (event.name ?? "").toLowerCase();
  if (/order|pay|purchase|checkout|cart/.test(name)) return <ShoppingOutlined />;
  if (/tag/.test(name)) return <TagOutlined />;
  if (/sign|login|register/.test(name)) return <LoginOutlined />;
  const icons: Record<string, ReactNode> = {
    identify: <UserOutlined />, page: <EyeOutlined />, screen: <MobileOutlined />, group: <TeamOutlined />, alias: <LinkOutlined />,
    track: <ThunderboltOutlined />, system: <SettingOutlined />,
  };
  return icons[event.type] ?? <AppstoreOutlined />;
}

export function Timeline({ id }: { id: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const [name, setName] = useState("");
  const [system, setSystem] = useState(false);
  const query = { name: useSettled(name.trim()), include: system ? "system" : undefined };
  const pages = usePages(keys.personPart(id, "events", query), (page) => api.events(id, page), query);
  const days = groupByDay(itemsOf(pages), format.day);
  return (
    <section className="panel pad">
      <div className="bar">
        <Input allowClear placeholder={t("timeline.filter")} aria-label={t("timeline.filter")} value={name} onChange={(event) => setName(event.target.value)} className="field" />
        <label className="row"><Switch size="small" checked={system} onChange={setSystem} />{t("timeline.system")}</label>
      </div>
      {pages.isPending ? <Skeleton active paragraph={{ rows: 6 }} /> : null}
      {pages.isError && days.length === 0 ? <ErrorView error={pages.error} retry={() => void pages.refetch()} /> : null}
      {pages.isSuccess && days.length === 0 ? <EmptyHint title={t("timeline.empty")}>{t("timeline.empty_text")}</EmptyHint> : null}
      {days.map(({ day, events }) => (
        <div key={day} className="day">
          <h3>{format.dayTitle(day)} <span className="muted small num">{events.length}</span></h3>
          {events.map((event) => <Entry key={event.message_id} event={event} />)}
        </div>
      ))}
      {pages.hasNextPage ? <Button block loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t("timeline.earlier")}</Button> : null}
    </section>
  );
}

function Entry({ event }: { event: TimelineEvent }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const source = useSourceName();
  const [open, setOpen] = useState(false);
  const channel = useChannelName();
  const named = (properties: JsonObject) => (typeof properties.channel === "string" ? { ...properties, channel: channel(properties.channel) } : properties);
  const title = event.name ? word("event", event.name) : word("event", event.type);
  return (
    <div className={open ? "entry open" : "entry"}>
      <button type="button" className="entry-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={`entry-icon type-${event.type}`}>{iconOf(event)}</span>
        <span className="entry-time num">{format.clock(event.at)}</span>
        <span className="entry-title">{title}</span>
        <span className="entry-text muted">{eventSummary(named(event.properties as JsonObject))}</span>
        {event.source ? <span className="kind" title={event.source}>{source(event.source)}</span> : null}
      </button>
      {open ? (
        <div className="entry-body">
          {event.identifiers?.length ? <div className="identifiers wide">{event.identifiers.map((item) => <IdentifierText key={`${item.kind}:${item.value}`} item={item} />)}</div> : null}
          <div className="muted small num">{event.type} · {event.message_id} · {t("timeline.received", { at: format.at(event.received_at, true) })}</div>
          <JsonView value={event.context && Object.keys(event.context).length ? { properties: event.properties, context: event.context } : event.properties} />
        </div>
      ) : null}
    </div>
  );
}
