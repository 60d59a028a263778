import { InboxOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal, Progress, Upload } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { audiences as api } from "./calls";

export function UploadList({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const text = useErrorText();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState<string>();
  const [share, setShare] = useState(0);
  const proposed = file?.name.replace(/\.[^.]+$/, "").slice(0, 60) ?? "";
  const send = useMutation({
    meta: { quiet: true },
    mutationFn: () => {
      if (!file) throw new Error("no file");
      return api.upload((name ?? proposed).trim(), file, setShare, new AbortController().signal);
    },
    onSuccess: ({ audience, matched, unknown }) => {
      void client.invalidateQueries({ queryKey: keys.audiences });
      void message.success(t("audiences.uploaded", { matched: format.count(matched), unknown: format.count(unknown) }), 8);
      onClose();
      void navigate(`/audiences/${audience.id}`);
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("audiences.upload")} okText={t("audiences.upload")} cancelText={t("action.cancel")} okButtonProps={{ disabled: !file || !(name ?? proposed).trim() }} onOk={() => send.mutate()} confirmLoading={send.isPending} destroyOnHidden>
      <Upload.Dragger
        accept=".csv,.xlsx,.xls,.txt" maxCount={1} fileList={file ? [{ uid: "1", name: file.name }] : []} onRemove={() => setFile(null)}
        beforeUpload={(next) => {
          setFile(next);
          return false;
        }}
      >
        <p className="ant-upload-drag-icon"><InboxOutlined /></p>
        <p>{t("audiences.upload_choose")}</p>
        <p className="muted small">{t("audiences.upload_hint")}</p>
      </Upload.Dragger>
      <Form.Item layout="vertical" label={t("audiences.name")} className="gap-above"><Input value={name ?? proposed} maxLength={60} onChange={(event) => setName(event.target.value)} /></Form.Item>
      {send.isPending ? <Progress percent={Math.round(share * 100)} /> : null}
      {send.error ? <Alert type="error" showIcon title={text(send.error)} /> : null}
    </Modal>
  );
}
