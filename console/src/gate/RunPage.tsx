// One run: its accounts by end and reason, and the people behind each number.
import { useQuery } from "@tanstack/react-query";
import { Drawer, Skeleton, Table, Tag as AntTag } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, Num, PageHead, usePhone } from "../shell/parts";
import "../welcomes/welcomes.css";
import { gate as api, gateKeys } from "./calls";
import { Delivery } from "../direct/Delivery";
import { EffectPanel } from "./EffectPanel";
import { RUN_STATES } from "./RunsPage";

export const END_COLORS: Record<string, string> = { waiting: "blue", sent: "green", skipped: "default", failed: "red" };
interface Asked { title: string; end?: string; reason?: string }

export function RunPage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const { id = "" } = useParams();
  const found = useQuery({ queryKey: gateKeys.run(id), queryFn: () => api.run(id), refetchInterval: (query) => (query.state.data?.ended_at ? false : 3_000) });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  return found.data ? <Run run={found.data} /> : <Skeleton active />;
}

function Run({ run }: { run: S.RunDetail }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const phone = usePhone();
  const [asked, ask] = useState<Asked | null>(null);
  const box = (name: "people" | "sent" | "waiting" | "skipped" | "failed", n: number) => {
    const inside = <><div className="label">{t(`messages.sum.${name}`)}</div><div className="value">{format.count(n)}</div></>;
    return <button type="button" key={name} className="number opens" onClick={() => ask({ title: t(`messages.sum.${name}`), end: name === "people" ? undefined : name })}>{inside}</button>;
  };
  const count = (row: S.RunReason) => {
    const title = `${word("messages.sum", row.end)} · ${row.says}`;
    return <button type="button" className="link num" onClick={() => ask({ title, end: row.end, reason: row.code || undefined })}>{format.count(row.people)}</button>;
  };
  const end = (row: S.RunReason) => <AntTag color={END_COLORS[row.end]}>{word("messages.sum", row.end)}</AntTag>;
  const isDirect = run.channel === "email" || run.channel === "sms";
  const facts = [
    word("runs.kind", run.kind), word("runs.class", run.class), word("runs.channel", run.channel),
    run.start_at ? `${t("runs.start")} ${format.at(run.start_at)}` : "", run.expires_at ? `${t("runs.expires")} ${format.at(run.expires_at)}` : "",
  ].filter(Boolean).join(" · ");
  return (
    <>
      <PageHead title={run.name} hint={<Link to="/runs">{t("nav.runs")}</Link>}>
        <AntTag color={RUN_STATES[run.state]}>{word("runs.state", run.state)}</AntTag>
        {isDirect ? null : run.kind !== "welcome" ? <Link to={`/messages/${run.id}`}>{t("runs.open_message")}</Link> : <Link to={`/welcomes/${run.id}`}>{t("nav.welcomes")}</Link>}
      </PageHead>
      <div className="stack">
        <p className="muted small">{facts}</p>
        <div className="numbers">{[box("people", run.audience), box("sent", run.sent), box("waiting", run.waiting), box("skipped", run.skipped), box("failed", run.failed)]}</div>
        {isDirect ? <Delivery id={run.id} state={run.state} /> : null}
        {run.kind !== "welcome" ? <EffectPanel id={run.id} explains={run.kind === "broadcast"} /> : null}
        <div className="panel list">
          <div className="panel-head">{t("runs.why")}</div>
          {phone ? (
            <div className="cards">{run.ends.map((row) => <div className="card-row" key={row.end + row.code}><div className="row between">{end(row)}{count(row)}</div><div className="small">{row.says}</div></div>)}</div>
          ) : (
            <Table
              size="middle" pagination={false} rowKey={(row) => row.end + row.code} dataSource={run.ends} locale={{ emptyText: t("runs.empty") }}
              columns={[
                { title: t("word.state"), width: 120, render: (_, row) => end(row) },
                { title: t("runs.says"), render: (_, row) => row.says },
                { title: t("messages.people"), align: "right", width: 140, render: (_, row) => count(row) },
              ]}
            />
          )}
        </div>
      </div>
      <Drawer open={asked !== null} onClose={() => ask(null)} size={phone ? "100%" : 760} title={asked?.title} destroyOnHidden>
        {asked ? <People id={run.id} asked={asked} /> : null}
      </Drawer>
    </>
  );
}

function People({ id, asked }: { id: string; asked: Asked }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const query = { end: asked.end, reason: asked.reason };
  const pages = usePages(gateKeys.people(id, query), (more) => api.people(id, more), query);
  const who = (row: S.RunPerson) => <Link to={`/people/${row.id}?tab=reach`}>{row.name || t("lost.nameless")}</Link>;
  const end = (row: S.RunPerson) => <AntTag color={END_COLORS[row.end]}>{word("messages.sum", row.end)}</AntTag>;
  const at = (row: S.RunPerson) => (row.at ? format.at(row.at) : "–");
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id}
      columns={[
        { title: t("welcomes.who"), render: (_, row) => who(row) },
        { title: t("welcomes.end"), render: (_, row) => end(row) },
        { title: t("runs.says"), render: (_, row) => <span className="wraps">{row.says}</span> },
        { title: t("welcomes.at"), render: (_, row) => <Num muted>{at(row)}</Num> },
      ]}
      card={(row) => <><div className="row between"><span className="card-title">{who(row)}</span>{end(row)}</div><div className="small">{row.says}</div><div className="muted small num">{at(row)}</div></>}
      empty={<EmptyHint title={t("see.people_none")} />}
    />
  );
}
