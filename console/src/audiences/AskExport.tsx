import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Input, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { exports as api } from "./calls";
import type { Audience } from "./shapes";

export function AskExport({ open, audience, onClose }: { open: boolean; audience: Audience; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const ask = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.ask(audience.id, reason.trim()),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.exports });
      void message.success(<Link to="/exports">{t("exports.asked")}</Link>, 6);
      setReason("");
      onClose();
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("exports.ask")} okText={t("exports.ask")} cancelText={t("action.cancel")} okButtonProps={{ disabled: !reason.trim() }} onOk={() => ask.mutate()} confirmLoading={ask.isPending} destroyOnHidden>
      <p className="muted gap-below">{t("exports.ask_hint")}</p>
      <Input.TextArea rows={3} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} placeholder={t("exports.reason")} aria-label={t("exports.reason")} />
      {ask.error ? <Alert type="error" showIcon title={text(ask.error)} className="gap-above" /> : null}
    </Modal>
  );
}
