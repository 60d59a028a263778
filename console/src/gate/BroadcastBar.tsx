// What a broadcast has beside its message: approval, breaker, pause, and its contents side by side.
import { CheckOutlined, PauseOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Table } from "antd";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { MayButton, Num } from "../shell/parts";
import { TestPanel } from "./TestPanel";
import { broadcastKey, broadcasts as api } from "./calls";

export function BroadcastBar({ id, state }: { id: string; state: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const client = useQueryClient();
  const found = useQuery({ queryKey: broadcastKey(id), queryFn: () => api.get(id), refetchInterval: 10_000 });
  const onSuccess = () => void client.invalidateQueries({ queryKey: ["messages"] });
  const approve = useMutation({ mutationFn: () => api.approve(id), onSuccess });
  const pause = useMutation({ mutationFn: () => api.pause(id), onSuccess });
  const resume = useMutation({ mutationFn: () => api.resume(id), onSuccess });
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
      {!needed && open ? (
        <div className="row">
          {state === "running"
            ? <MayButton permission="messages.write" icon={<PauseOutlined />} loading={pause.isPending} onClick={() => pause.mutate()}>{t("broadcast.pause")}</MayButton>
            : <MayButton permission="messages.write" icon={<PlayCircleOutlined />} loading={resume.isPending} onClick={() => resume.mutate()}>{t("broadcast.resume")}</MayButton>}
        </div>
      ) : null}
      {own.test ? <TestPanel id={id} test={own.test} contents={rows.length} open={open} /> : null}
      {rows.length > 1 ? (
        <div className="panel list">
          <div className="panel-head">{t("broadcast.variants")}</div>
          <Table
            size="small" pagination={false} rowKey={(row) => row.at} dataSource={rows}
            columns={[
              { title: t("broadcast.content"), render: (_, row) => t("broadcast.variant", { n: row.at + 1 }) },
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
