import { DatabaseOutlined, LockOutlined, SearchOutlined, UnlockOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Collapse, Input, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { events as api } from "../api/calls";
import { keys } from "../api/keys";
import type { SchemaEvent } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { EmptyHint, Need, PageHead } from "../shell/parts";
import { SchemaDetail } from "./SchemaDetail";
import "./events.css";

export function SchemaPage() {
  return <Need permission="events.read"><Schema /></Need>;
}

function Schema() {
  const { t } = useI18n();
  const schema = useQuery({ queryKey: keys.schema, queryFn: api.schema });
  const [q, setQ] = useState("");
  const wanted = q.trim().toLowerCase();
  const all = schema.data?.items ?? [];
  const shown = all.filter((event) => !wanted || `${event.name} ${event.type}`.toLowerCase().includes(wanted) || event.properties.some((property) => property.name.toLowerCase().includes(wanted)));
  return (
    <>
      <PageHead title={t("nav.schema")} hint={t("schema.hint")} />
      <div className="bar"><Input allowClear prefix={<SearchOutlined />} value={q} onChange={(event) => setQ(event.target.value)} placeholder={t("schema.search")} aria-label={t("schema.search")} /></div>
      {schema.isPending ? <div className="panel pad"><Skeleton active /></div> : null}
      {schema.isError ? <ErrorView error={schema.error} retry={() => void schema.refetch()} /> : null}
      {schema.isSuccess && shown.length === 0 ? <div className="panel"><EmptyHint icon={<DatabaseOutlined />} title={all.length ? t("schema.none_found") : t("schema.empty")}>{all.length ? null : t("schema.empty_text")}</EmptyHint></div> : null}
      {shown.length ? (
        <Collapse
          className="panel" ghost
          items={shown.map((event) => ({ key: `${event.type}/${event.name}`, label: <Title event={event} />, extra: <Lock event={event} />, children: <SchemaDetail event={event} /> }))}
        />
      ) : null}
    </>
  );
}

function Title({ event }: { event: SchemaEvent }) {
  const { t, word } = useI18n();
  const format = useFormat();
  return (
    <span className="schema-name">
      <b>{event.name || word("event", event.type)}</b>
      <span className="kind">{word("event", event.type)}</span>
      <span className="muted small num">{t("schema.count", { n: format.count(event.count) })} · {t("schema.properties", { n: event.properties.length })} · {t("schema.last", { at: format.ago(event.last_seen_at) })}</span>
    </span>
  );
}

function Lock({ event }: { event: SchemaEvent }) {
  const { t } = useI18n();
  return event.locked ? <AntTag icon={<LockOutlined />} color="green">{t("schema.locked")}</AntTag> : <AntTag icon={<UnlockOutlined />}>{t("schema.open")}</AntTag>;
}
