import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal, Select } from "antd";
import { ApiError } from "../api/client";
import { useI18n } from "../i18n";
import { StoreSelect } from "../people/pickers";
import { useErrorText } from "../shell/errors";
import { channelKeys, channels, KINDS, type Channel } from "./calls";

interface Draft { code: string; name: string; kind: string; owner: string; store?: string; note: string; states: string[] }

/** A new channel, or one that is there. `state`: what customers came with, for a channel that is to count it. */
export function ChannelForm({ channel, state, onClose }: { channel?: Channel; state?: string; onClose: (saved?: Channel) => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Draft>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => {
      const body = { name: draft.name, kind: draft.kind, owner: draft.owner, store: draft.store ?? "", note: draft.note, states: draft.states };
      return channel ? channels.change(channel.id, { ...body, version: channel.version }) : channels.add({ ...body, code: draft.code });
    },
    onSuccess: (saved) => {
      void message.success(t("channels.saved"));
      void client.invalidateQueries({ queryKey: channelKeys.all });
      onClose(saved);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.field && ["code", "name", "kind", "owner", "store", "note", "states"].includes(error.field)) form.setFields([{ name: error.field as keyof Draft, errors: [error.message] }]);
    },
  });
  const plain = state && /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,19}$/u.test(state);
  const initial: Draft = channel
    ? { code: channel.code, name: channel.name, kind: channel.kind, owner: channel.owner, store: channel.store || undefined, note: channel.note, states: channel.states }
    : { code: plain ? state : "", name: "", kind: "store", owner: "", note: "", states: state && !plain ? [state] : [] };
  const unplaced = save.error instanceof ApiError && save.error.field && save.error.field !== "version" ? null : save.error;
  return (
    <Modal open onCancel={() => onClose()} title={channel ? t("channels.edit") : t("channels.new")} okText={t("action.save")} cancelText={t("action.cancel")} confirmLoading={save.isPending} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" requiredMark={false} initialValues={initial} onFinish={save.mutate}>
        <Form.Item name="name" label={t("channels.name")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={40} autoFocus placeholder={t("channels.name_example")} /></Form.Item>
        <Form.Item name="code" label={t("channels.code")} extra={t("channels.code_hint")} rules={[{ required: true, pattern: /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,19}$/u, message: t("channels.code_bad") }]}><Input maxLength={20} disabled={Boolean(channel)} placeholder="elevator" /></Form.Item>
        <div className="halves">
          <Form.Item name="kind" label={t("channels.kind")}><Select options={KINDS.map((kind) => ({ value: kind, label: t(`channels.kind.${kind}`) }))} /></Form.Item>
          <Form.Item name="owner" label={t("channels.owner")}><Input maxLength={40} /></Form.Item>
        </div>
        <Form.Item name="store" label={t("channels.store")} extra={t("channels.store_hint")}><StoreSelect allowClear /></Form.Item>
        <Form.Item name="states" label={t("channels.states")} extra={t("channels.states_hint")}><Select mode="tags" maxCount={50} open={false} suffixIcon={null} tokenSeparators={[",", " "]} /></Form.Item>
        <Form.Item name="note" label={t("channels.note")}><Input.TextArea maxLength={300} autoSize={{ minRows: 2 }} /></Form.Item>
        {unplaced ? <Alert type="error" showIcon title={text(unplaced)} /> : null}
      </Form>
    </Modal>
  );
}
