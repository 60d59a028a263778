// The registry of profile fields: what each is called, its type, and whether it is shown to everybody.
import { EditOutlined, FormOutlined, LockOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Drawer, Form, Input, Select, Skeleton, Switch, Table, Tag as AntTag } from "antd";
import { useState } from "react";
import { fields as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Field, FieldType } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { EmptyHint, MayButton, Need, Num, PageHead, usePhone } from "../shell/parts";
import "./people.css";

const TYPES: FieldType[] = ["text", "number", "boolean", "date", "datetime", "list"];

export function FieldsPage() {
  return <Need permission="people.read"><Fields /></Need>;
}

function Fields() {
  const { t, word, label } = useI18n();
  const format = useFormat();
  const phone = usePhone();
  const list = useQuery({ queryKey: keys.fields, queryFn: api.list });
  const [edited, setEdited] = useState<Field | "new" | null>(null);
  const rows = list.data?.items ?? [];
  const marks = (field: Field) => (
    <span className="row">
      <AntTag>{word("field.type", field.type)}</AntTag>
      {field.sensitive ? <AntTag icon={<LockOutlined />} color="gold">{t("fields.sensitive_short")}</AntTag> : null}
      {field.locked ? <AntTag color="green">{t("fields.locked")}</AntTag> : null}
    </span>
  );
  const edit = (field: Field) => <MayButton permission="schema.write" type="text" icon={<EditOutlined />} aria-label={`${t("action.edit")} ${field.name}`} onClick={() => setEdited(field)} />;
  return (
    <>
      <PageHead title={t("nav.fields")} hint={t("fields.hint")}>
        <MayButton permission="schema.write" type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>{t("fields.new")}</MayButton>
      </PageHead>
      <div className="panel list">
        {list.isPending ? <div className="pad"><Skeleton active /></div> : null}
        {list.isError ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess && rows.length === 0 ? <EmptyHint icon={<FormOutlined />} title={t("fields.none")}>{t("fields.none_text")}</EmptyHint> : null}
        {rows.length && phone ? (
          <div className="cards">{rows.map((field) => (
            <div className="card-row" key={field.name}>
              <div className="row between"><span className="card-title">{label(field)}</span>{edit(field)}</div>
              <code className="muted">{field.name}</code>{marks(field)}
            </div>
          ))}</div>
        ) : null}
        {rows.length && !phone ? (
          <Table<Field>
            size="middle" rowKey="name" pagination={false} dataSource={rows} scroll={{ x: "max-content" }}
            columns={[
              { title: t("word.name"), render: (_, field) => <b>{label(field)}</b> },
              { title: t("fields.key"), render: (_, field) => <code>{field.name}</code> },
              { title: t("word.type"), render: (_, field) => marks(field) },
              { title: t("fields.people"), align: "right", render: (_, field) => <Num>{format.count(field.people)}</Num> },
              { title: "", align: "right", render: (_, field) => edit(field) },
            ]}
          />
        ) : null}
      </div>
      <Drawer open={edited !== null} onClose={() => setEdited(null)} title={edited === "new" ? t("fields.new") : t("fields.edit")} size={420} destroyOnHidden>
        {edited ? <FieldForm field={edited === "new" ? null : edited} onDone={() => setEdited(null)} /> : null}
      </Drawer>
    </>
  );
}

function FieldForm({ field, onDone }: { field: Field | null; onDone: () => void }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: ({ name, ...rest }: Field) => (field ? api.change(field.name, rest) : api.add({ name, ...rest })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.fields });
      void client.invalidateQueries({ queryKey: keys.ruleFields });
      onDone();
    },
  });
  return (
    <Form layout="vertical" requiredMark={false} onFinish={save.mutate} initialValues={field ?? { type: "text", sensitive: false, locked: false }}>
      <Form.Item name="name" label={t("fields.key")} extra={t("fields.key_hint")} rules={[{ required: true, pattern: /^[A-Za-z_][\w.]{0,63}$/, message: t("fields.key_shape") }]}><Input disabled={Boolean(field)} placeholder="skin_type" /></Form.Item>
      <Form.Item name="label_zh" label={t("fields.label_zh")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={60} /></Form.Item>
      <Form.Item name="label_en" label={t("fields.label_en")}><Input maxLength={60} /></Form.Item>
      <Form.Item name="type" label={t("word.type")}><Select options={TYPES.map((type) => ({ value: type, label: word("field.type", type) }))} /></Form.Item>
      <Form.Item name="sensitive" label={t("fields.sensitive_label")} extra={t("fields.sensitive")} valuePropName="checked"><Switch /></Form.Item>
      <Form.Item name="locked" label={t("fields.locked_label")} extra={t("fields.locked_hint")} valuePropName="checked"><Switch /></Form.Item>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
      <Button type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</Button>
    </Form>
  );
}
