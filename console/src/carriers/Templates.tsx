import { DeleteOutlined, EditOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal, Select, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { carriers as api } from "../api/calls";
import { keys } from "../api/keys";
import type { SmsTemplate, SmsTemplateInput } from "../api/types";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { EmptyHint, MayButton } from "../shell/parts";
import { place } from "./account";

const templatesKey = keys.carriersPart("templates");
const CLASSES = ["code", "notice", "marketing"] as const;
const PROVIDERS = ["aliyun", "tencent"] as const;

export function Templates() {
  const { t } = useI18n();
  const list = useQuery({ queryKey: templatesKey, queryFn: api.templates });
  const [open, setOpen] = useState<SmsTemplate | "new" | null>(null);
  const rows = list.data?.items ?? [];
  return (
    <div className="stack">
      <div><MayButton permission="settings.write" type="primary" icon={<PlusOutlined />} onClick={() => setOpen("new")}>{t("templates.new")}</MayButton></div>
      <div className="panel list">
        {list.isPending ? <div className="pad"><Skeleton active /></div> : null}
        {list.isError ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess && rows.length === 0 ? <EmptyHint title={t("templates.none")}>{t("templates.none_text")}</EmptyHint> : null}
        {rows.map((row) => <Row key={row.id} item={row} edit={() => setOpen(row)} />)}
      </div>
      <Modal open={open !== null} onCancel={() => setOpen(null)} footer={null} destroyOnHidden title={open === "new" ? t("templates.new") : t("templates.edit")}>
        {open ? <TemplateForm saved={open === "new" ? null : open} done={() => setOpen(null)} /> : null}
      </Modal>
    </div>
  );
}

function Row({ item, edit }: { item: SmsTemplate; edit: () => void }) {
  const { t, word } = useI18n();
  const { modal } = App.useApp();
  const client = useQueryClient();
  const drop = useMutation({ mutationFn: () => api.removeTemplate(item.id), onSuccess: () => void client.invalidateQueries({ queryKey: templatesKey }) });
  const ask = () => modal.confirm({
    title: t("templates.remove_title", { name: item.name }), okText: t("action.delete"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => drop.mutateAsync().catch(() => undefined),
  });
  return (
    <div className="card-row">
      <div className="row between">
        <span className="row"><b className="break">{item.name}</b><AntTag>{word("templates.class", item.class)}</AntTag><span className="muted small">{word("sms.provider", item.provider)} · <code>{item.code}</code></span></span>
        <span className="row">
          <span className="muted small">{item.uses ? t("templates.uses", { n: item.uses }) : t("templates.unused")}</span>
          <MayButton permission="settings.write" size="small" aria-label={t("action.edit")} icon={<EditOutlined />} onClick={edit} />
          <MayButton permission="settings.write" size="small" aria-label={t("action.delete")} icon={<DeleteOutlined />} disabled={item.uses > 0} onClick={ask} />
        </span>
      </div>
      <div className="muted break">{item.text}</div>
    </div>
  );
}

function TemplateForm({ saved, done }: { saved: SmsTemplate | null; done: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<SmsTemplateInput>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (input: SmsTemplateInput) => (saved ? api.changeTemplate(saved.id, input) : api.addTemplate(input)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: templatesKey });
      done();
    },
    onError: (error) => place(form, error),
  });
  const needed = [{ required: true, whitespace: true, message: t("carriers.needed") }];
  const { name = "", provider = "aliyun", code = "", sign = "", class: kind = "notice", text: body = "" } = saved ?? {};
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={{ name, provider, code, sign, class: kind, text: body }} onFinish={(input) => save.mutate(input)}>
      <Form.Item name="name" label={t("word.name")} rules={needed}><Input maxLength={100} /></Form.Item>
      <div className="wecom-pair">
        <Form.Item name="provider" label={t("sms.provider")}><Select options={PROVIDERS.map((own) => ({ value: own, label: t(`sms.provider.${own}`) }))} /></Form.Item>
        <Form.Item name="class" label={t("templates.class")}><Select options={CLASSES.map((own) => ({ value: own, label: t(`templates.class.${own}`) }))} /></Form.Item>
        <Form.Item name="code" label={t("templates.code")} rules={needed}><Input maxLength={24} /></Form.Item>
        <Form.Item name="sign" label={t("sms.sign")} rules={needed}><Input maxLength={12} /></Form.Item>
      </div>
      <Form.Item name="text" label={t("templates.text")} extra={t("templates.text_hint")} rules={needed}><Input.TextArea rows={4} maxLength={500} showCount /></Form.Item>
      {save.error ? <Alert type="error" showIcon className="gap-below" title={text(save.error)} /> : null}
      <MayButton permission="settings.write" type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</MayButton>
    </Form>
  );
}
