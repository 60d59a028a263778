// One tag for many people: single requests, a few at a time, so that one refusal does not stop the rest.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, DatePicker, Form, Input, Modal, Progress } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { people as api } from "../api/calls";
import { dayEnd } from "../format/time";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { TagSelect } from "./pickers";

interface Choice { tag_id: string; why?: string; expires?: Dayjs | null }

export function BulkTag({ open, ids, onClose, onDone }: { open: boolean; ids: string[]; onClose: () => void; onDone: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const { zone } = useFormat();
  const client = useQueryClient();
  const [form] = Form.useForm<Choice>();
  const [done, setDone] = useState(0);
  const run = useMutation({
    meta: { quiet: true },
    mutationFn: async ({ tag_id, why, expires }: Choice) => {
      const input = { tag_id, why: why || undefined, expires_at: expires ? dayEnd(expires.format("YYYY-MM-DD"), zone) : undefined };
      const waiting = [...ids];
      let failed = 0;
      let first: unknown = null;
      setDone(0);
      const worker = async () => {
        for (let id = waiting.pop(); id; id = waiting.pop()) {
          await api.addTag(id, input).catch((error: unknown) => {
            failed += 1;
            first ??= error;
          });
          setDone((before) => before + 1);
        }
      };
      await Promise.all([worker(), worker(), worker(), worker()]);
      if (failed) throw new Error(t("people.tag_failed", { n: failed, why: text(first) }));
    },
    onSuccess: () => {
      void message.success(t("people.tagged", { n: ids.length }));
      form.resetFields();
      onDone();
      onClose();
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["people"] }),
  });
  return (
    <Modal
      open={open} onCancel={onClose} title={t("people.tag_selected", { n: ids.length })} okText={t("action.add")} cancelText={t("action.cancel")}
      confirmLoading={run.isPending} onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" onFinish={run.mutate} requiredMark={false}>
        <Form.Item name="tag_id" label={t("people.tag")} rules={[{ required: true, message: t("tags.choose") }]}><TagSelect manual /></Form.Item>
        <Form.Item name="why" label={t("word.reason")}><Input maxLength={200} /></Form.Item>
        <Form.Item name="expires" label={t("tags.until")} extra={t("tags.until_hint")}><DatePicker className="full" /></Form.Item>
      </Form>
      {run.isPending ? <Progress percent={Math.round((done / ids.length) * 100)} /> : null}
      {run.error ? <Alert type="error" showIcon title={run.error.message} /> : null}
    </Modal>
  );
}
