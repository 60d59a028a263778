import { MinusCircleOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal } from "antd";
import { useNavigate } from "react-router";
import { people as api } from "../api/calls";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { KindSelect } from "./pickers";

interface Draft { name?: string; identifiers: { kind: string; value: string }[] }

export function NewPerson({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [form] = Form.useForm<Draft>();
  const add = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => api.create({
      identifiers: draft.identifiers.map(({ kind, value }) => ({ kind, value: value.trim() })),
      traits: draft.name?.trim() ? { name: draft.name.trim() } : {},
    }),
    onSuccess: (person) => {
      void client.invalidateQueries({ queryKey: ["people"] });
      form.resetFields();
      onClose();
      void navigate(`/people/${person.id}`);
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("people.new")} okText={t("action.add")} cancelText={t("action.cancel")} confirmLoading={add.isPending} onOk={() => form.submit()}>
      <p className="muted gap-below">{t("people.new_hint")}</p>
      <Form form={form} layout="vertical" onFinish={add.mutate} requiredMark={false} initialValues={{ identifiers: [{ kind: "phone", value: "" }] }}>
        <Form.Item name="name" label={t("people.col.name")}><Input maxLength={120} /></Form.Item>
        <Form.List name="identifiers">
          {(rows, { add: addRow, remove }) => (
            <>
              {rows.map((row) => (
                <div className="identifier-row" key={row.key}>
                  <Form.Item name={[row.name, "kind"]} rules={[{ required: true, message: t("people.kind_needed") }]}><KindSelect /></Form.Item>
                  <Form.Item name={[row.name, "value"]} rules={[{ required: true, whitespace: true, message: t("people.value_needed") }]}><Input placeholder={t("people.value")} /></Form.Item>
                  {rows.length > 1 ? <Button type="text" icon={<MinusCircleOutlined />} aria-label={t("action.delete")} onClick={() => remove(row.name)} /> : null}
                </div>
              ))}
              <Button type="dashed" icon={<PlusOutlined />} onClick={() => addRow({ kind: "member_no", value: "" })}>{t("people.add_identifier")}</Button>
            </>
          )}
        </Form.List>
      </Form>
      {add.error ? <Alert type="error" showIcon title={text(add.error)} className="gap-above" /> : null}
    </Modal>
  );
}
