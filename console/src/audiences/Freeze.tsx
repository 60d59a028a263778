import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, DatePicker, Form, Input, Modal } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { useNavigate } from "react-router";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { audiences as api } from "./calls";
import type { Audience } from "./shapes";

export function Freeze({ open, audience, onClose }: { open: boolean; audience: Audience; onClose: () => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const text = useErrorText();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [today] = useState(() => format.day(new Date().toISOString()));
  const [day, setDay] = useState<string | null>(null);
  const [name, setName] = useState<string>();
  const proposed = t("audiences.freeze_name", { name: audience.name, day: day ?? today }).slice(0, 60);
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.freeze(audience.id, { name: (name ?? proposed).trim(), ...(day ? { day } : {}) }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: keys.audiences });
      void message.success(t("audiences.frozen"));
      onClose();
      void navigate(`/audiences/${made.id}`);
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("audiences.freeze")} okText={t("audiences.freeze")} cancelText={t("action.cancel")} onOk={() => save.mutate()} confirmLoading={save.isPending} destroyOnHidden>
      <p className="muted gap-below">{t("audiences.freeze_hint")}</p>
      <Form layout="vertical">
        <Form.Item label={t("audiences.day")}><DatePicker value={day ? dayjs(day) : null} placeholder={t("audiences.now")} disabledDate={(date) => date.isAfter(dayjs()) || date.isBefore(dayjs(audience.created_at), "day")} onChange={(next) => setDay(next?.format("YYYY-MM-DD") ?? null)} /></Form.Item>
        <Form.Item label={t("audiences.name")}><Input value={name ?? proposed} maxLength={60} onChange={(event) => setName(event.target.value)} /></Form.Item>
      </Form>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
    </Modal>
  );
}
