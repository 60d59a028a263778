import { ApiOutlined, PauseOutlined, CaretRightOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Badge, Button, Input, Select, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { events as api } from "../api/calls";
import { keys } from "../api/keys";
import type { LiveEvent } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { eventSummary } from "../people/profile/timeline";
import { ErrorView } from "../shell/errors";
import { EmptyHint, JsonView, Need, PageHead, useSourceName } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { addNewest, fits } from "./newest";
import { useStream } from "./useStream";
import "./events.css";

const TYPES = ["track", "identify", "page", "screen", "group", "alias", "system"];

export function LivePage() {
  return <Need permission="events.read"><Live /></Need>;
}

function Live() {
  const { t, word } = useI18n();
  const format = useFormat();
  const [paused, setPaused] = useState(false);
  const [filters, change] = useFilters();
  const name = filters.name ?? "";
  const type = filters.type ?? "";
  const stream = useStream(paused);
  const query = { limit: 100, type: type || undefined, include: type === "system" ? "system" : undefined };
  const before = useQuery({ queryKey: keys.events(query), queryFn: () => api.list(query), staleTime: 0 });
  const all = addNewest([...(before.data?.items ?? [])], [...stream.events].reverse());
  const shown = all.filter((event) => fits(event, name, type));
  return (
    <>
      <PageHead title={t("nav.events")} hint={t("events.hint")}>
        <Button type={paused ? "primary" : "default"} icon={paused ? <CaretRightOutlined /> : <PauseOutlined />} onClick={() => setPaused(!paused)}>
          {paused ? (stream.waiting ? t("events.resume_n", { n: stream.waiting }) : t("events.resume")) : t("events.pause")}
        </Button>
      </PageHead>
      <div className="bar">
        <Input allowClear value={name} onChange={(event) => change({ name: event.target.value })} placeholder={t("events.filter")} aria-label={t("events.filter")} className="w-260" />
        <Select allowClear className="w-140" value={type || undefined} onChange={(next) => change({ type: next })} placeholder={t("word.type")} aria-label={t("word.type")} options={TYPES.map((item) => ({ value: item, label: word("event", item) }))} />
        <span className="grow" />
        <Badge status={paused ? "default" : stream.state === "open" ? "processing" : "warning"} text={paused ? t("events.paused") : t(`events.${stream.state}`)} />
      </div>
      <div className="panel list">
        {before.isPending ? <div className="pad"><Skeleton active /></div> : null}
        {before.isError && all.length === 0 ? <ErrorView error={before.error} retry={() => void before.refetch()} /> : null}
        {!before.isPending && !before.isError && shown.length === 0 ? (
          <EmptyHint icon={<ApiOutlined />} title={all.length ? t("events.none_found") : t("events.empty")}>
            {all.length ? null : <><p>{t("events.empty_text")}</p><Link to="/settings/keys">{t("home.do.connect_sdk")}</Link></>}
          </EmptyHint>
        ) : null}
        {shown.map((event) => <Row key={event.message_id} event={event} />)}
        {shown.length ? <footer className="list-foot muted num">{t("list.shown", { n: format.count(shown.length) })}</footer> : null}
      </div>
    </>
  );
}

function Row({ event }: { event: LiveEvent }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const source = useSourceName();
  const [open, setOpen] = useState(false);
  return (
    <div className="live-row">
      <div className="live-head">
        <button type="button" className="live-open" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="num muted live-time">{format.at(event.at, true)}</span>
          <span className={`live-type type-${event.type}`}>{word("event", event.type)}</span>
          <b>{event.name ? word("event", event.name) : "–"}</b>
          <span className="muted live-text">{eventSummary(event.properties)}</span>
        </button>
        {event.source ? <span className="kind" title={event.source}>{source(event.source)}</span> : null}
        {event.person_id ? <Link to={`/people/${event.person_id}`} className="live-person">{event.person_name || t("orders.open_person")}</Link> : <span className="muted live-person">–</span>}
      </div>
      {open ? <div className="live-body"><div className="muted small num">{event.message_id} · {t("timeline.received", { at: format.at(event.received_at, true) })}</div><JsonView value={event.properties} /></div> : null}
    </div>
  );
}
