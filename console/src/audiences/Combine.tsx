import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { audiences as api } from "./calls";
import type { Audience } from "./shapes";

type Op = "union" | "intersect" | "minus";

/** A new audience out of several: it follows them as they change. */
export function Combine({ open, audiences, onClose, onDone }: { open: boolean; audiences: Audience[]; onClose: () => void; onDone: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [op, setOp] = useState<Op>("union");
  const [first, setFirst] = useState<string>();
  const [name, setName] = useState<string>();
  const start = audiences.find((item) => item.id === first) ?? audiences[0];
  const ordered = start ? [start, ...audiences.filter((item) => item.id !== start.id)] : [];
  const sign = { union: " ∪ ", intersect: " ∩ ", minus: " − " }[op];
  const proposed = ordered.map((item) => item.name).join(sign).slice(0, 60);
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.combine({ name: (name ?? proposed).trim(), op, ids: ordered.map((item) => item.id) }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: keys.audiences });
      onDone();
      onClose();
      void navigate(`/audiences/${made.id}`);
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("audiences.combine")} okText={t("action.save")} cancelText={t("action.cancel")} onOk={() => save.mutate()} confirmLoading={save.isPending} destroyOnHidden>
      <Form layout="vertical">
        <Form.Item><Radio.Group className="stack tight" value={op} onChange={(event) => setOp(event.target.value as Op)} options={(["union", "intersect", "minus"] as const).map((item) => ({ value: item, label: t(`audiences.op.${item}`) }))} /></Form.Item>
        {op === "minus" ? <Form.Item label={t("audiences.first")}><Select value={start?.id} onChange={setFirst} options={audiences.map((item) => ({ value: item.id, label: item.name }))} /></Form.Item> : null}
        <Form.Item label={t("audiences.name")}><Input value={name ?? proposed} maxLength={60} onChange={(event) => setName(event.target.value)} /></Form.Item>
      </Form>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
    </Modal>
  );
}
