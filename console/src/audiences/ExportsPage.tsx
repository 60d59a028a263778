import { CheckOutlined, CloseOutlined, DownloadOutlined, ExportOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal, Space, Tag as AntTag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, PageHead } from "../shell/parts";
import { useSession } from "../shell/session";
import { exports as api } from "./calls";
import type { Export } from "./shapes";

const COLORS: Record<string, string> = { waiting: "gold", approved: "green", rejected: "red", done: "default" };

export function ExportsPage() {
  return <Need permission="people.export"><Exports /></Need>;
}

function Exports() {
  const { t, word } = useI18n();
  const format = useFormat();
  const [rejecting, setRejecting] = useState<Export | null>(null);
  const pages = usePages<Export>(keys.exports, api.list);
  const state = (row: Export) => <AntTag color={COLORS[row.state]}>{word("exports.state", row.state)}</AntTag>;
  const audience = (row: Export) => <Link to={`/audiences/${row.audience_id}`}>{row.audience_name}</Link>;
  const decision = (row: Export) => (row.decided_by ? <>{row.decided_by.name} <span className="muted small num">{format.at(row.decided_at)}</span>{row.decision ? <div className="muted small">{row.decision}</div> : null}</> : "–");
  return (
    <>
      <PageHead title={t("exports.title")} hint={t("exports.hint")} />
      <ListTable
        pages={pages} rowKey={(row) => row.id}
        columns={[
          { title: t("exports.audience"), render: (_, row) => audience(row) },
          { title: t("exports.reason"), render: (_, row) => <span className="break">{row.reason}</span> },
          { title: t("see.people"), align: "right", render: (_, row) => <span className="num">{format.count(row.people)}{row.unmasked ? <div className="muted small">{t("exports.unmasked")}</div> : null}</span> },
          { title: t("exports.by"), render: (_, row) => row.asked_by.name },
          { title: t("exports.at"), render: (_, row) => <span className="num">{format.at(row.asked_at)}</span> },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("exports.decided"), render: (_, row) => decision(row) },
          { title: "", align: "right", render: (_, row) => <Act row={row} onReject={() => setRejecting(row)} /> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><b>{audience(row)}</b>{state(row)}</div>
            <div>{row.reason}</div>
            <div className="muted small num">{row.asked_by.name} · {format.at(row.asked_at)} · {t("tags.people", { n: format.count(row.people) })}</div>
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
  if (row.may_decide) {
    return (
      <Space>
        <Button size="small" type="primary" icon={<CheckOutlined />} loading={approve.isPending} onClick={() => approve.mutate()}>{t("exports.approve")}</Button>
        <Button size="small" icon={<CloseOutlined />} onClick={onReject}>{t("exports.reject")}</Button>
      </Space>
    );
  }
  if (row.may_fetch) return <Button size="small" icon={<DownloadOutlined />} loading={fetch.isPending} onClick={() => fetch.mutate()}>{t("exports.download")}</Button>;
  return row.state === "waiting" && row.asked_by.id === user.id ? <span className="muted small">{t("exports.own")}</span> : null;
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
