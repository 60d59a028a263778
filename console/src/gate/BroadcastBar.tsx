// What a broadcast has beside its message: approval, breaker, pause, and its contents side by side.
import { CheckOutlined, PauseOutlined, PlayCircleOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Popconfirm, Table } from "antd";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { MayButton, Num } from "../shell/parts";
import { TestPanel } from "./TestPanel";
import { broadcastKey, broadcasts as api } from "./calls";

/** What a mail or an SMS says, in a few words. */
function saidBy(own: S.BroadcastOut, at: number): string {
  const mail = at ? own.mail_variants[at - 1] : own.mail;
  const sms = at ? own.sms_variants[at - 1] : own.sms;
  return mail?.subject ?? Object.values(sms?.params ?? {}).join(" · ");
}

/** `cancels`: it is cancelled here, not on a page of its message. */
export function BroadcastBar({ id, state, cancels = false }: { id: string; state: string; cancels?: boolean }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const client = useQueryClient();
  const found = useQuery({ queryKey: broadcastKey(id), queryFn: () => api.get(id), refetchInterval: 10_000 });
  const onSuccess = () => void client.invalidateQueries({ queryKey: ["messages"] });
  const approve = useMutation({ mutationFn: () => api.approve(id), onSuccess });
  const pause = useMutation({ mutationFn: () => api.pause(id), onSuccess });
  const resume = useMutation({ mutationFn: () => api.resume(id), onSuccess });
  const { message } = App.useApp();
  const cancel = useMutation({
    mutationFn: () => api.cancel(id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["messages"] });
      void message.success(t("messages.cancelling"));
    },
  });
  const own = found.data;
  if (!own) return null;
  const needed = own.approval === "needed";
  const open = state === "running" || state === "paused";
  const rows = own.variants.map((row, at) => ({ ...row, at }));
  const rate = (row: S.BroadcastVariant) => (row.people ? `${Math.round((row.sent / row.people) * 100)}%` : "–");
  return (
    <div className="stack">
      {needed && open ? <Alert type="warning" showIcon title={t("broadcast.needs_approval")} action={<MayButton permission="messages.write" type="primary" icon={<CheckOutlined />} loading={approve.isPending} onClick={() => approve.mutate()}>{t("broadcast.approve")}</MayButton>} /> : null}
      {own.approved_by ? <p className="muted small">{t("broadcast.approved", { who: own.approved_by })}</p> : null}
      {own.stopped ? <Alert type="error" showIcon title={word("broadcast.stopped", own.stopped)} /> : null}
      {open && (cancels || !needed) ? (
        <div className="row">
          {needed ? null : state === "running"
            ? <MayButton permission="messages.write" icon={<PauseOutlined />} loading={pause.isPending} onClick={() => pause.mutate()}>{t("broadcast.pause")}</MayButton>
            : <MayButton permission="messages.write" icon={<PlayCircleOutlined />} loading={resume.isPending} onClick={() => resume.mutate()}>{t("broadcast.resume")}</MayButton>}
          {cancels ? <Popconfirm title={t("messages.cancel_sure")} okText={t("messages.cancel")} cancelText={t("action.cancel")} onConfirm={() => cancel.mutate()}><MayButton permission="messages.write" danger icon={<StopOutlined />} loading={cancel.isPending}>{t("messages.cancel")}</MayButton></Popconfirm> : null}
        </div>
      ) : null}
      {own.test ? <TestPanel id={id} test={own.test} contents={rows.length} open={open} /> : null}
      {rows.length > 1 ? (
        <div className="panel list">
          <div className="panel-head">{t("broadcast.variants")}</div>
          <Table
            size="small" pagination={false} rowKey={(row) => row.at} dataSource={rows}
            columns={[
              { title: t("broadcast.content"), render: (_, row) => <>{t("broadcast.variant", { n: row.at + 1 })} <span className="muted small wraps">{saidBy(own, row.at)}</span></> },
              { title: t("messages.people"), align: "right", render: (_, row) => <Num>{format.count(row.people)}</Num> },
              { title: t("messages.sum.sent"), align: "right", render: (_, row) => <Num>{format.count(row.sent)}</Num> },
              { title: t("messages.sum.failed"), align: "right", render: (_, row) => <Num>{format.count(row.failed)}</Num> },
              { title: t("broadcast.rate"), align: "right", render: (_, row) => <Num>{rate(row)}</Num> },
            ]}
          />
        </div>
      ) : null}
    </div>
  );
}
