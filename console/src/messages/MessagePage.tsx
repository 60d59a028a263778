import { BellOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Drawer, Popconfirm, Skeleton, Table, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { BroadcastBar } from "../gate/BroadcastBar";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead, usePhone } from "../shell/parts";
import { welcomeKeys, welcomes } from "../welcomes/calls";
import { Phone } from "../welcomes/Phone";
import "../welcomes/welcomes.css";
import { messageKeys, messages as api } from "./calls";
import { STATES } from "./MessagesPage";
import { Reassign } from "./Reassign";

const TASKS: Record<string, string> = { making: "default", unconfirmed: "gold", confirmed: "green", cancelled: "default", refused: "red" };
const PEOPLE: Record<string, string> = { waiting: "blue", sent: "green", skipped: "default", failed: "red" };
interface Asked { title: string; state?: string; reason?: string; task?: string }

export function MessagePage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const { id = "" } = useParams();
  const found = useQuery({ queryKey: messageKeys.one(id), queryFn: () => api.get(id), refetchInterval: 10_000 });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  return found.data ? <Message message={found.data} /> : <Skeleton active />;
}

function Message({ message }: { message: S.MessageOut }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const phone = usePhone();
  const { message: toast } = App.useApp();
  const client = useQueryClient();
  const [asked, ask] = useState<Asked | null>(null);
  const done = (text: string) => {
    void client.invalidateQueries({ queryKey: messageKeys.all });
    void toast.success(text);
  };
  const remind = useMutation({ mutationFn: () => api.remind(message.id), onSuccess: () => done(t("messages.reminded")) });
  const cancel = useMutation({ mutationFn: () => api.cancel(message.id), onSuccess: () => done(t("messages.cancelling")) });
  const preview = useQuery({ queryKey: welcomeKeys.preview(message.content), queryFn: ({ signal }) => welcomes.preview(message.content, signal), retry: false, meta: { quiet: true } });
  const running = message.state === "running" || message.state === "paused";
  const { sums } = message;
  const box = (state: keyof S.MessageSums | "people", n: number) => (
    <button type="button" key={state} className="number opens" onClick={() => ask({ title: t(`messages.sum.${state}`), state: state === "people" ? undefined : state })}>
      <div className="label">{t(`messages.sum.${state}`)}</div><div className="value">{format.count(n)}</div>
    </button>
  );
  const few = (n: number, title: string, state: string, task: string) => (n ? <button type="button" className="link num" onClick={() => ask({ title, state, task })}>{format.count(n)}</button> : <Num muted>0</Num>);
  const name = (row: S.MessageTask) => row.staff_name || row.staff;
  const state = (row: S.MessageTask) => <Tooltip title={row.error ?? undefined}><AntTag color={TASKS[row.state]}>{word("messages.task", row.state)}</AntTag></Tooltip>;
  return (
    <>
      <PageHead title={message.name} hint={<><Link to="/messages">{t("nav.messages")}</Link> · <Link to={`/runs/${message.id}`}>{t("nav.runs")}</Link></>}>
        <span className="row"><AntTag color={STATES[message.state]}>{word("messages.state", message.state)}</AntTag></span>
        {running ? <MayButton permission="messages.write" icon={<BellOutlined />} loading={remind.isPending} onClick={() => remind.mutate()}>{t("messages.remind")}</MayButton> : null}
        {running ? <Popconfirm title={t("messages.cancel_sure")} okText={t("messages.cancel")} cancelText={t("action.cancel")} onConfirm={() => cancel.mutate()}><MayButton permission="messages.write" danger icon={<StopOutlined />}>{t("messages.cancel")}</MayButton></Popconfirm> : null}
      </PageHead>
      <div className="stack">
        {message.kind === "broadcast" ? <BroadcastBar id={message.id} state={message.state} /> : null}
        <div className="numbers">{[box("people", sums.people), box("sent", sums.sent), box("waiting", sums.waiting), box("skipped", sums.skipped), box("failed", sums.failed)]}</div>
        <div className="row">
          {message.reasons.filter((own) => own.reason).map((own) => (
            <button type="button" key={own.state + own.reason} className="link small num" onClick={() => ask({ title: word("messages.reason", own.reason), state: own.state, reason: own.reason })}>
              {word("messages.sum", own.state)} · {word("messages.reason", own.reason)} {format.count(own.people)}
            </button>
          ))}
        </div>
        {message.nudge_after_hours || message.reassign_after_hours ? (
          <p className="muted small">{[message.nudge_after_hours ? t("messages.care.nudges", { n: message.nudge_after_hours }) : "", message.reassign_after_hours ? t("messages.care.reassigns", { n: message.reassign_after_hours }) : ""].filter(Boolean).join(" · ")}</p>
        ) : null}
        <div className="two">
          <div className="panel list">
            <div className="panel-head">{t("messages.staff", { n: format.count(message.confirmed), all: format.count(message.tasks) })}</div>
            {phone ? (
              <div className="cards">{message.staff.length === 0 ? <p className="muted small card-row">{t("messages.no_tasks")}</p> : null}{message.staff.map((row) => <div className="card-row" key={row.id}><div className="row between"><span className="card-title">{name(row)}</span>{state(row)}</div><div className="muted small num">{t("messages.sum.sent")} {row.sums.sent} / {row.sums.people}</div>{running || row.moved ? <Reassign message={message.id} task={row} /> : null}</div>)}</div>
            ) : (
              <Table
                size="middle" rowKey={(row) => row.id} dataSource={message.staff} locale={{ emptyText: t("messages.no_tasks") }} pagination={message.staff.length > 50 ? { pageSize: 50 } : false} scroll={{ x: "max-content" }}
                columns={[
                  { title: t("staff.one"), render: (_, row) => <><b className="plain">{name(row)}</b>{row.store ? <div className="muted small">{row.store}</div> : null}</> },
                  { title: t("word.state"), render: (_, row) => state(row) },
                  { title: t("messages.sum.sent"), align: "right", render: (_, row) => few(row.sums.sent, name(row), "sent", row.id) },
                  { title: t("messages.sum.waiting"), align: "right", render: (_, row) => few(row.sums.waiting, name(row), "waiting", row.id) },
                  { title: t("messages.sum.failed"), align: "right", render: (_, row) => few(row.sums.failed, name(row), "failed", row.id) },
                  { title: t("messages.confirmed_at"), render: (_, row) => <Num muted>{row.confirmed_at ? format.at(row.confirmed_at) : "–"}</Num> },
                  { title: t("messages.reminded_at"), render: (_, row) => <Num muted>{row.reminded_at ? format.at(row.reminded_at) : "–"}</Num> },
                  { title: "", render: (_, row) => (running || row.moved ? <Reassign message={message.id} task={row} /> : null) },
                ]}
              />
            )}
          </div>
          <Phone content={message.content} shown={preview.data} />
        </div>
      </div>
      <Drawer open={asked !== null} onClose={() => ask(null)} size={phone ? "100%" : 720} title={asked?.title} destroyOnHidden>
        {asked ? <People id={message.id} asked={asked} /> : null}
      </Drawer>
    </>
  );
}

function People({ id, asked }: { id: string; asked: Asked }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const query = { state: asked.state, reason: asked.reason, task: asked.task };
  const pages = usePages(messageKeys.people(id, query), (more) => api.people(id, more), query);
  const who = (row: S.MessagePerson) => <Link to={`/people/${row.id}`}>{row.name || t("lost.nameless")}</Link>;
  const end = (row: S.MessagePerson) => <><AntTag color={PEOPLE[row.state]}>{word("messages.sum", row.state)}</AntTag>{row.reason ? <span className="small muted">{word("messages.reason", row.reason)}</span> : null}</>;
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id}
      columns={[
        { title: t("welcomes.who"), render: (_, row) => who(row) },
        { title: t("staff.one"), render: (_, row) => row.staff || "–" },
        { title: t("welcomes.end"), render: (_, row) => end(row) },
        { title: t("welcomes.at"), render: (_, row) => <Num muted>{format.at(row.at)}</Num> },
      ]}
      card={(row) => <><div className="row between"><span className="card-title">{who(row)}</span><span>{end(row)}</span></div><div className="muted small">{[row.staff, format.at(row.at)].filter(Boolean).join(" · ")}</div></>}
      empty={<EmptyHint title={t("see.people_none")} />}
    />
  );
}
