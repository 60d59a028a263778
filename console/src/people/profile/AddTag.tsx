import { useMutation } from "@tanstack/react-query";
import { Alert, DatePicker, Form, Input, Modal } from "antd";
import type { Dayjs } from "dayjs";
import { people as api } from "../../api/calls";
import { dayEnd } from "../../format/time";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { useErrorText } from "../../shell/errors";
import { TagSelect, useTags } from "../pickers";
import { usePersonChanged } from "./usePerson";

interface Draft { tag_id?: string; name?: string; why?: string; expires?: Dayjs | null }

export function AddTag({ asked, open, onClose }: { asked: string; open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { zone } = useFormat();
  const changed = usePersonChanged(asked);
  const groups = useTags().data?.groups;
  const [form] = Form.useForm<Draft>();
  const add = useMutation({
    meta: { quiet: true },
    mutationFn: ({ tag_id, name, why, expires }: Draft) => api.addTag(asked, {
      ...(name?.trim() ? { name: name.trim(), group: groups?.[0]?.name } : { tag_id }),
      why: why?.trim() || undefined,
      expires_at: expires ? dayEnd(expires.format("YYYY-MM-DD"), zone) : undefined,
    }),
    onSuccess: (person) => {
      changed(person);
      form.resetFields();
      onClose();
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("tags.add_to")} okText={t("action.add")} cancelText={t("action.cancel")} confirmLoading={add.isPending} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={add.mutate}>
        <Form.Item
          name="tag_id" label={t("people.tag")} dependencies={["name"]}
          rules={[({ getFieldValue }) => ({ validator: (_rule, value) => (value || getFieldValue("name")?.trim() ? Promise.resolve() : Promise.reject(new Error(t("tags.choose")))) })]}
        >
          <TagSelect manual allowClear />
        </Form.Item>
        <Form.Item name="name" label={t("tags.or_new")}><Input maxLength={40} placeholder={t("tags.or_new_hint")} /></Form.Item>
        <Form.Item name="why" label={t("word.reason")}><Input maxLength={200} placeholder={t("tags.why_hint")} /></Form.Item>
        <Form.Item name="expires" label={t("tags.until")} extra={t("tags.until_hint")}><DatePicker className="full" /></Form.Item>
      </Form>
      {add.error ? <Alert type="error" showIcon title={text(add.error)} /> : null}
    </Modal>
  );
}
