import { SyncOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Progress, Tag as AntTag } from "antd";
import { wecom as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { WecomSync } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ListTable, usePages } from "../../shell/ListTable";
import { EmptyHint, MayButton, Num } from "../../shell/parts";
import { useWho } from "../../shell/who";
import { statusQuery } from "../../wecom/status";
import { useRemedy } from "../../wecom/Trouble";
import { countsOf, isWaiting, percentOf } from "./connection";

const COLORS: Record<string, string> = { running: "blue", done: "green", failed: "red", cancelled: "default" };

export function Syncs() {
  const { t, word } = useI18n();
  const format = useFormat();
  const who = useWho();
  const client = useQueryClient();
  const status = useQuery(statusQuery(api.status));
  const running = status.data?.sync?.state === "running" ? status.data.sync : null;
  // A list of its own for each newest state, so that it is read again when a sync ends.
  const pages = usePages(keys.wecomPart("syncs", { id: status.data?.sync?.id, state: status.data?.sync?.state }), api.syncs);
  const start = useMutation({ mutationFn: api.startSync, onSuccess: () => void client.invalidateQueries({ queryKey: keys.wecom }) });
  const state = (sync: WecomSync) => <AntTag color={COLORS[sync.state]}>{word("wecom.sync", sync.state)}</AntTag>;
  const why = (sync: WecomSync) => (sync.error ? <span className={sync.state === "failed" ? "bad" : "muted"}>{word("wecom.code", sync.error)}</span> : null);
  const counts = (sync: WecomSync) => countsOf(sync).map(({ name, n }) => t(`wecom.count.${name}`, { n: format.count(n) })).join(" · ");
  const took = (sync: WecomSync) => (sync.ended_at ? format.span((Date.parse(sync.ended_at) - Date.parse(sync.started_at)) / 1000) : "–");
  return (
    <div className="stack">
      <section className="panel pad stack tight">
        <div className="row between">
          <span className="muted wecom-text">{t("wecom.sync_hint")}</span>
          {running ? null : <MayButton permission="settings.write" type="primary" icon={<SyncOutlined />} loading={start.isPending} onClick={() => start.mutate()}>{t("wecom.sync_now")}</MayButton>}
        </div>
        {running ? <Running sync={running} /> : null}
      </section>
      <ListTable
        pages={pages} rowKey={(sync) => sync.id}
        columns={[
          { title: t("wecom.started"), render: (_, sync) => <Num>{format.at(sync.started_at, true)}</Num> },
          { title: t("word.state"), render: (_, sync) => <>{state(sync)}{why(sync)}</> },
          { title: t("wecom.took"), render: (_, sync) => <Num>{took(sync)}</Num> },
          { title: t("wecom.result"), render: (_, sync) => <div className="num wecom-counts">{counts(sync) || "–"}</div> },
          { title: t("word.by"), render: (_, sync) => who(sync.started_by) },
        ]}
        card={(sync) => (
          <>
            <div className="row between"><Num>{format.at(sync.started_at)}</Num>{state(sync)}</div>
            {why(sync)}
            <div className="muted small num">{[counts(sync), took(sync), who(sync.started_by)].filter(Boolean).join(" · ")}</div>
          </>
        )}
        empty={<EmptyHint icon={<SyncOutlined />} title={t("wecom.sync_none")}>{t("wecom.sync_none_text")}</EmptyHint>}
      />
    </div>
  );
}

function Running({ sync }: { sync: WecomSync }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const remedy = useRemedy();
  const { modal } = App.useApp();
  const client = useQueryClient();
  const cancel = useMutation({ mutationFn: api.cancelSync, onSettled: () => void client.invalidateQueries({ queryKey: keys.wecom }) });
  const ask = () => modal.confirm({
    title: t("wecom.sync_cancel_title"), content: t("wecom.sync_cancel_text"), okText: t("wecom.sync_cancel"), cancelText: t("action.close"),
    onOk: () => cancel.mutateAsync(sync.id).catch(() => undefined),
  });
  const percent = percentOf(sync);
  const read = countsOf(sync).map(({ name, n }) => t(`wecom.count.${name}`, { n: format.count(n) })).join(" · ");
  return (
    <div className="stack tight" aria-live="polite">
      <div className="row between">
        <b className="plain">{t("wecom.sync_running", { phase: word("wecom.phase", sync.phase) })}</b>
        <Button size="small" onClick={ask} loading={cancel.isPending}>{t("wecom.sync_cancel")}</Button>
      </div>
      <Progress percent={percent ?? 0} status="active" showInfo={percent !== null} />
      <div className="muted small num">{percent === null ? t("wecom.sync_counting") : t("wecom.sync_steps", { done: format.count(sync.done), total: format.count(sync.total) })}{read ? ` · ${read}` : ""}</div>
      {isWaiting(sync) ? <Alert type="warning" showIcon title={t("wecom.sync_waits", { at: format.at(sync.due_at), why: word("wecom.code", sync.error ?? "") })} description={remedy(sync.error ?? "")} /> : null}
    </div>
  );
}
