import { CheckCircleOutlined, PlusOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, AutoComplete, Form, Input, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { Consent } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { useErrorText } from "../../shell/errors";
import { ListTable, usePages } from "../../shell/ListTable";
import { EmptyHint, MayButton, Num } from "../../shell/parts";
import { useWho } from "../../shell/who";
import { usePersonChanged } from "./usePerson";

const PURPOSES = ["marketing", "service", "profiling", "personal_data"];
const CHANNELS = ["any", "wecom", "wechat", "sms", "email", "phone"];

export function Consents({ id }: { id: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const who = useWho();
  const [adding, setAdding] = useState(false);
  const pages = usePages(keys.personPart(id, "consents"), (query) => api.consents(id, query));
  const state = (row: Consent) => (row.granted
    ? <span className="good"><CheckCircleOutlined /> {t("consent.granted")}</span>
    : <span className="bad"><StopOutlined /> {t("consent.refused")}</span>);
  return (
    <div className="stack tight">
      <div className="row between">
        <span className="muted">{t("consent.hint")}</span>
        <MayButton permission="people.write" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("consent.add")}</MayButton>
      </div>
      <ListTable
        pages={pages} rowKey={(row) => `${row.at}${row.purpose}${row.channel}`}
        columns={[
          { title: t("word.time"), render: (_, row) => <Num>{format.at(row.at, true)}</Num> },
          { title: t("consent.purpose"), render: (_, row) => word("purpose", row.purpose) },
          { title: t("consent.channel"), render: (_, row) => word("channel", row.channel) },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("consent.text_version"), dataIndex: "text_version" },
          { title: t("word.source"), render: (_, row) => [row.source ? word("origin", row.source) : null, row.by ? who(row.by) : null].filter(Boolean).join(" · ") || "–" },
          { title: t("consent.evidence"), render: (_, row) => row.evidence || "–" },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{word("purpose", row.purpose)} · {word("channel", row.channel)}</span>{state(row)}</div>
            <div className="muted small">{[format.at(row.at), row.text_version, row.by ? who(row.by) : null, row.evidence].filter(Boolean).join(" · ")}</div>
          </>
        )}
        empty={<EmptyHint title={t("consent.none")}>{t("consent.none_text")}</EmptyHint>}
      />
      <AddConsent id={id} open={adding} onClose={() => setAdding(false)} />
    </div>
  );
}

interface Draft { purpose: string; channel: string; granted: boolean; text_version: string; evidence?: string }

function AddConsent({ id, open, onClose }: { id: string; open: boolean; onClose: () => void }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const changed = usePersonChanged(id);
  const [form] = Form.useForm<Draft>();
  const add = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => api.addConsent(id, { ...draft, evidence: draft.evidence?.trim() || undefined }),
    onSuccess: () => {
      changed();
      form.resetFields();
      onClose();
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("consent.add")} okText={t("action.save")} cancelText={t("action.cancel")} confirmLoading={add.isPending} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={add.mutate} initialValues={{ purpose: "marketing", channel: "wecom", granted: true, text_version: "" }}>
        <Form.Item name="granted"><Radio.Group options={[{ value: true, label: t("consent.granted") }, { value: false, label: t("consent.refused") }]} optionType="button" /></Form.Item>
        <Form.Item name="purpose" label={t("consent.purpose")}><Select options={PURPOSES.map((value) => ({ value, label: word("purpose", value) }))} /></Form.Item>
        <Form.Item name="channel" label={t("consent.channel")}><Select options={CHANNELS.map((value) => ({ value, label: word("channel", value) }))} /></Form.Item>
        <Form.Item name="text_version" label={t("consent.text_version")} extra={t("consent.text_hint")} rules={[{ required: true, whitespace: true, message: t("consent.text_needed") }]}>
          <AutoComplete options={[{ value: "privacy-1" }]} placeholder="privacy-1" />
        </Form.Item>
        <Form.Item name="evidence" label={t("consent.evidence")}><Input maxLength={300} placeholder={t("consent.evidence_hint")} /></Form.Item>
      </Form>
      {add.error ? <Alert type="error" showIcon title={text(add.error)} /> : null}
    </Modal>
  );
}
