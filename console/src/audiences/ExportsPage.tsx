import { CheckOutlined, CloseOutlined, DownloadOutlined, ExportOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal, Space, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, PageHead } from "../shell/parts";
import { useSession } from "../shell/session";
import { useWho } from "../shell/who";
import { exports as api } from "./calls";
import type { Export } from "./shapes";

const COLORS: Record<string, string> = { waiting: "gold", approved: "green", rejected: "red", done: "default", failed: "red" };

export function ExportsPage() {
  return <Need permission="people.export"><Exports /></Need>;
}

function Exports() {
  const { t, word } = useI18n();
  const format = useFormat();
  const who = useWho();
  const [rejecting, setRejecting] = useState<Export | null>(null);
  const pages = usePages<Export>(keys.exports, api.list);
  const state = (row: Export) => <AntTag color={COLORS[row.state]}>{word("exports.state", row.state)}</AntTag>;
  const audience = (row: Export) => {
    const id = row.audience?.id ?? row.audience_id;
    return id ? <Link to={`/audiences/${id}`}>{row.audience?.name ?? id}</Link> : "–";
  };
  return (
    <>
      <PageHead title={t("exports.title")} hint={t("exports.hint")} />
      <ListTable
        pages={pages} rowKey={(row) => row.id}
        columns={[
          { title: t("exports.audience"), render: (_, row) => audience(row) },
          { title: t("exports.reason"), render: (_, row) => <span className="break">{row.reason}</span> },
          { title: t("exports.by"), render: (_, row) => who(row.requested_by) },
          { title: t("exports.at"), render: (_, row) => <span className="num">{format.at(row.requested_at)}</span> },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("exports.decided"), render: (_, row) => (row.decided_by ? <>{who(row.decided_by)} <span className="muted small num">{format.at(row.decided_at)}</span>{row.answer ? <div className="muted small">{row.answer}</div> : null}</> : "–") },
          { title: "", align: "right", render: (_, row) => <Act row={row} onReject={() => setRejecting(row)} /> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><b>{audience(row)}</b>{state(row)}</div>
            <div>{row.reason}</div>
            <div className="muted small num">{who(row.requested_by)} · {format.at(row.requested_at)}</div>
            <Act row={row} onReject={() => setRejecting(row)} />
          </>
        )}
        empty={<EmptyHint icon={<ExportOutlined />} title={t("exports.empty")}><p>{t("exports.empty_text")}</p><Link to="/audiences">{t("audiences.title")}</Link></EmptyHint>}
      />
      <Reject row={rejecting} onClose={() => setRejecting(null)} />
    </>
  );
}

function useRefresh() {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: keys.exports });
}

function Act({ row, onReject }: { row: Export; onReject: () => void }) {
  const { t } = useI18n();
  const { user } = useSession();
  const refresh = useRefresh();
  const approve = useMutation({ mutationFn: () => api.approve(row.id), onSuccess: refresh });
  const fetch = useMutation({ mutationFn: () => api.file(row.id), onSuccess: refresh });
  const own = row.requested_by === user.id;
  if (row.state === "waiting") {
    if (own) return <Tooltip title={t("exports.own")}><span className="muted small">{t("exports.own")}</span></Tooltip>;
    return (
      <Space>
        <MayButton permission="people.export" size="small" type="primary" icon={<CheckOutlined />} loading={approve.isPending} onClick={() => approve.mutate()}>{t("exports.approve")}</MayButton>
        <MayButton permission="people.export" size="small" icon={<CloseOutlined />} onClick={onReject}>{t("exports.reject")}</MayButton>
      </Space>
    );
  }
  if (row.state === "approved" || row.state === "done") return <Button size="small" icon={<DownloadOutlined />} loading={fetch.isPending} onClick={() => fetch.mutate()}>{t("exports.download")}</Button>;
  return null;
}

function Reject({ row, onClose }: { row: Export | null; onClose: () => void }) {
  const { t } = useI18n();
  const refresh = useRefresh();
  const [reason, setReason] = useState("");
  const reject = useMutation({
    mutationFn: (id: string) => api.reject(id, reason.trim()),
    onSuccess: () => {
      refresh();
      setReason("");
      onClose();
    },
  });
  return (
    <Modal open={row !== null} onCancel={onClose} title={t("exports.reject")} okText={t("exports.reject")} okButtonProps={{ danger: true }} cancelText={t("action.cancel")} onOk={() => row && reject.mutate(row.id)} confirmLoading={reject.isPending} destroyOnHidden>
      <Input.TextArea rows={3} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} placeholder={t("exports.reject_reason")} aria-label={t("exports.reject_reason")} />
    </Modal>
  );
}
