import { BellOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Drawer, Popconfirm, Skeleton, Table, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { STATES } from "../messages/MessagesPage";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead, usePhone } from "../shell/parts";
import { Phone } from "../welcomes/Phone";
import "../welcomes/welcomes.css";
import { groupKeys, groupMessages as api } from "./calls";
import { usePreview } from "./GroupMessageNewPage";

const TASKS: Record<string, string> = { making: "default", unconfirmed: "gold", confirmed: "green", cancelled: "default", refused: "red" };
const ENDS: Record<string, string> = { waiting: "blue", sent: "green", skipped: "default", failed: "red" };

export function GroupMessagePage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const { id = "" } = useParams();
  const found = useQuery({ queryKey: groupKeys.message(id), queryFn: () => api.get(id), refetchInterval: 10_000 });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  return found.data ? <Message message={found.data} /> : <Skeleton active />;
}

function Message({ message }: { message: S.GroupMessageWhole }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const phone = usePhone();
  const { message: toast } = App.useApp();
  const client = useQueryClient();
  const [asked, ask] = useState<string | null>(null);
  const done = (text: string) => {
    void client.invalidateQueries({ queryKey: groupKeys.all });
    void toast.success(text);
  };
  const remind = useMutation({ mutationFn: () => api.remind(message.id), onSuccess: () => done(t("messages.reminded")) });
  const cancel = useMutation({ mutationFn: () => api.cancel(message.id), onSuccess: () => done(t("messages.cancelling")) });
  const preview = usePreview(message.content);
  const running = message.state === "running";
  const { sums } = message;
  const box = (state: "people" | "sent" | "waiting" | "skipped" | "failed", n: number) => (
    <button type="button" key={state} className="number opens" onClick={() => ask(state === "people" ? "" : state)}>
      <div className="label">{state === "people" ? t("group_messages.groups") : t(`messages.sum.${state}`)}</div><div className="value">{format.count(n)}</div>
    </button>
  );
  const name = (row: S.GroupMessageTask) => row.owner_name || row.owner;
  const state = (row: S.GroupMessageTask) => <Tooltip title={row.error ?? undefined}><AntTag color={TASKS[row.state]}>{word("messages.task", row.state)}</AntTag></Tooltip>;
  return (
    <>
      <PageHead title={message.name} hint={<Link to="/group-messages">{t("nav.group_messages")}</Link>}>
        <span className="row"><AntTag>{word("group_messages.class", message.class)}</AntTag><AntTag color={STATES[message.state]}>{word("messages.state", message.state)}</AntTag></span>
        {running ? <MayButton permission="messages.write" icon={<BellOutlined />} loading={remind.isPending} onClick={() => remind.mutate()}>{t("group_messages.remind")}</MayButton> : null}
        {running ? <Popconfirm title={t("messages.cancel_sure")} okText={t("messages.cancel")} cancelText={t("action.cancel")} onConfirm={() => cancel.mutate()}><MayButton permission="messages.write" danger icon={<StopOutlined />}>{t("messages.cancel")}</MayButton></Popconfirm> : null}
      </PageHead>
      <div className="stack">
        <div className="numbers">
          {[box("people", sums.people), box("sent", sums.sent), box("waiting", sums.waiting), box("skipped", sums.skipped), box("failed", sums.failed)]}
          <div className="number"><div className="label">{t("group_messages.members")}</div><div className="value">{format.count(message.members)}</div></div>
        </div>
        <div className="row wrap">{message.reasons.filter((own) => own.reason).map((own) => <span key={own.state + own.reason} className="small muted num">{word("messages.sum", own.state)} · {word("messages.reason", own.reason)} {format.count(own.groups)}</span>)}</div>
        <div className="two">
          <div className="panel list">
            <div className="panel-head">{t("group_messages.owners", { n: format.count(message.confirmed), all: format.count(message.tasks) })}</div>
            {phone ? (
              <div className="cards">{message.owners.map((row) => <div className="card-row" key={row.id}><div className="row between"><span className="card-title">{name(row)}</span>{state(row)}</div><div className="muted small num">{t("messages.sum.sent")} {row.sums.sent} / {row.sums.people}</div></div>)}</div>
            ) : (
              <Table
                size="middle" rowKey={(row) => row.id} dataSource={message.owners} locale={{ emptyText: t("messages.no_tasks") }} pagination={message.owners.length > 50 ? { pageSize: 50 } : false} scroll={{ x: "max-content" }}
                columns={[
                  { title: t("group_messages.owner"), render: (_, row) => <><b className="plain">{name(row)}</b>{row.store ? <div className="muted small">{row.store}</div> : null}</> },
                  { title: t("word.state"), render: (_, row) => state(row) },
                  { title: t("messages.sum.sent"), align: "right", render: (_, row) => <Num muted={!row.sums.sent}>{format.count(row.sums.sent)}</Num> },
                  { title: t("messages.sum.waiting"), align: "right", render: (_, row) => <Num muted={!row.sums.waiting}>{format.count(row.sums.waiting)}</Num> },
                  { title: t("messages.sum.failed"), align: "right", render: (_, row) => <Num muted={!row.sums.failed}>{format.count(row.sums.failed)}</Num> },
                  { title: t("messages.confirmed_at"), render: (_, row) => <Num muted>{row.confirmed_at ? format.at(row.confirmed_at) : "–"}</Num> },
                  { title: t("messages.reminded_at"), render: (_, row) => <Num muted>{row.reminded_at ? format.at(row.reminded_at) : "–"}</Num> },
                ]}
              />
            )}
          </div>
          <Phone content={message.content} shown={preview.data} />
        </div>
      </div>
      <Drawer open={asked !== null} onClose={() => ask(null)} size={phone ? "100%" : 720} title={asked ? word("messages.sum", asked) : t("group_messages.groups")} destroyOnHidden>
        {asked !== null ? <Groups id={message.id} state={asked} /> : null}
      </Drawer>
    </>
  );
}

function Groups({ id, state }: { id: string; state: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const query = { state: state || null };
  const pages = usePages(groupKeys.groups(id, query), (more) => api.groups(id, more), query);
  const which = (row: S.GroupMessageGroup) => <Link to={`/groups/${encodeURIComponent(row.group)}`}>{row.name || t("groups.unnamed")}</Link>;
  const end = (row: S.GroupMessageGroup) => <><AntTag color={ENDS[row.state]}>{word("messages.sum", row.state)}</AntTag>{row.reason ? <span className="small muted">{word("messages.reason", row.reason)}</span> : null}</>;
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.group}
      columns={[
        { title: t("group_messages.groups"), render: (_, row) => which(row) },
        { title: t("group_messages.owner"), render: (_, row) => row.owner || "–" },
        { title: t("group_messages.members"), align: "right", render: (_, row) => <Num>{format.count(row.members)}</Num> },
        { title: t("welcomes.end"), render: (_, row) => end(row) },
        { title: t("welcomes.at"), render: (_, row) => <Num muted>{format.at(row.at)}</Num> },
      ]}
      card={(row) => <><div className="row between"><span className="card-title">{which(row)}</span><span>{end(row)}</span></div><div className="muted small">{[row.owner, format.at(row.at)].filter(Boolean).join(" · ")}</div></>}
      empty={<EmptyHint title={t("see.people_none")} />}
    />
  );
}
