import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { ApiError } from "../api/client";
import type { GuideFolder, GuideScript, GuideScriptBody } from "../api/openapi";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { guideKeys, guides } from "./calls";

const KINDS = ["text", "image", "link", "miniprogram"] as const;
const ACTIONS = ["unpaid", "greet", "birthday", "win_back", "replenish", "lost_risk"] as const;
type Kind = (typeof KINDS)[number];

interface Draft extends Partial<GuideScriptBody> { folder: string; kind: Kind; title: string; action: string }

function read(file: File): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => fail(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(file);
  });
}

/** A new script, or one that is changed; the kind of a script stays. */
export function ScriptForm({ own, folders, folder, close }: { own: GuideScript | null; folders: GuideFolder[]; folder: string | null; close: () => void }) {
  const { t, word } = useI18n();
  const { message } = App.useApp();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<Draft>();
  const [image, setImage] = useState<string | null>(null);
  const first: Draft = own
    ? { ...own, kind: own.kind as Kind, action: own.action ?? "" }
    : { folder: folder ?? folders[0]?.id ?? "", kind: "text", title: "", action: "" };
  const kind = Form.useWatch("kind", form) ?? first.kind;
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => {
      const part = (name: keyof GuideScriptBody) => draft[name] ?? "";
      const body = { text: part("text"), url: part("url"), description: part("description"), picture_url: part("picture_url"), appid: part("appid"), page: part("page") };
      const common = { folder: draft.folder, title: draft.title, body, action: draft.action || null };
      return own ? guides.changeScript(own.id, common) : guides.addScript({ ...common, kind: draft.kind, image: draft.kind === "image" ? image : null });
    },
    onSuccess: () => {
      void message.success(t("guides.saved"));
      void client.invalidateQueries({ queryKey: guideKeys.all });
      close();
    },
    onError: (error) => {
      if (error instanceof ApiError && error.field) form.setFields([{ name: error.field as keyof Draft, errors: [error.message] }]);
    },
  });
  const unplaced = save.error instanceof ApiError && save.error.field && save.error.field !== "image" ? null : save.error;
  return (
    <Modal open title={own ? t("guides.script_edit") : t("guides.script_new")} okText={t("action.save")} cancelText={t("action.cancel")} confirmLoading={save.isPending} onCancel={close} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" initialValues={first} onFinish={(draft) => save.mutate({ ...first, ...draft })}>
        <Form.Item name="folder" label={t("guides.folder_name")}><Select options={folders.map((one) => ({ value: one.id, label: one.name }))} /></Form.Item>
        <Form.Item name="kind" label={t("guides.kind")} hidden={own !== null}><Select options={KINDS.map((one) => ({ value: one, label: word("guides.kind", one) }))} /></Form.Item>
        <Form.Item name="title" label={t("guides.title")} rules={[{ required: true }]}><Input maxLength={60} /></Form.Item>
        {kind === "text" ? <Form.Item name="text" label={t("guides.text")} extra={t("guides.text_hint")} rules={[{ required: true }]}><Input.TextArea rows={5} maxLength={1300} showCount /></Form.Item> : null}
        {kind === "image" && !own ? (
          <Form.Item label={t("guides.image")} extra={t("guides.image_hint")}>
            <input type="file" accept="image/png,image/jpeg" aria-label={t("guides.image")} onChange={(event) => { const file = event.target.files?.[0]; if (file) void read(file).then(setImage); }} />
            {image ? <div><img src={image} alt="" style={{ maxHeight: 120, maxWidth: "100%", marginTop: 8 }} /></div> : null}
          </Form.Item>
        ) : null}
        {kind === "link" ? (
          <>
            <Form.Item name="url" label={t("guides.url")} rules={[{ required: true }]}><Input inputMode="url" /></Form.Item>
            <Form.Item name="description" label={t("guides.description")}><Input maxLength={170} /></Form.Item>
          </>
        ) : null}
        {kind === "miniprogram" ? (
          <>
            <Form.Item name="appid" label={t("guides.appid")} rules={[{ required: true }]}><Input /></Form.Item>
            <Form.Item name="page" label={t("guides.page")} rules={[{ required: true }]}><Input /></Form.Item>
          </>
        ) : null}
        {kind === "link" || kind === "miniprogram" ? <Form.Item name="picture_url" label={t("guides.picture_url")}><Input inputMode="url" /></Form.Item> : null}
        <Form.Item name="action" label={t("guides.action")}><Select options={[{ value: "", label: t("guides.action_none") }, ...ACTIONS.map((one) => ({ value: one, label: word("guides.action", one) }))]} /></Form.Item>
      </Form>
      {unplaced ? <Alert type="error" title={text(unplaced)} /> : null}
    </Modal>
  );
}
