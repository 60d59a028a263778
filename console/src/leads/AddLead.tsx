// One lead by hand: a phone, or an audience at once.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Form, Input, Segmented, Select } from "antd";
import { useState } from "react";
import { audiences } from "../audiences/calls";
import { channelKeys, channels } from "../channels/calls";
import { useI18n } from "../i18n";
import { StoreSelect } from "../people/pickers";
import { useErrorText } from "../shell/errors";
import { leadKeys, leads as api } from "./calls";

interface Draft { phone?: string; name?: string; audience?: string; channel?: string; store?: string; note?: string }

export function AddLead({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [how, setHow] = useState<"phone" | "audience">("phone");
  const known = useQuery({ queryKey: channelKeys.choice, queryFn: () => channels.list({ limit: 200 }), staleTime: 60_000 });
  const groups = useQuery({ queryKey: ["audiences", "choice"], queryFn: () => audiences.list({ limit: 200 }), enabled: how === "audience", staleTime: 30_000 });
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: async (draft: Draft) => {
      const common = { channel: draft.channel ?? "", store: draft.store ?? "", note: draft.note ?? "" };
      if (how === "phone") {
        await api.add({ phone: draft.phone ?? "", name: draft.name ?? "", ...common });
        return t("leads.added_one");
      }
      const put = await api.addPeople({ audience: draft.audience ?? "", ...common });
      return t("leads.added_many", { n: put.new + put.again, here: put.here, friends: put.friends, refused: put.refused });
    },
    onSuccess: (said) => {
      void client.invalidateQueries({ queryKey: leadKeys.all });
      void message.success(said, 5);
      onClose();
    },
  });
  return (
    <Drawer open onClose={onClose} size={440} title={t("leads.add")}>
      <Form<Draft> layout="vertical" requiredMark={false} onFinish={save.mutate}>
        <Form.Item><Segmented value={how} onChange={setHow} options={[{ value: "phone", label: t("leads.by_phone") }, { value: "audience", label: t("leads.by_audience") }]} /></Form.Item>
        {how === "phone" ? (
          <>
            <Form.Item name="phone" label={t("leads.phone")} rules={[{ required: true, message: t("leads.phone_needed") }]}><Input inputMode="tel" autoFocus /></Form.Item>
            <Form.Item name="name" label={t("leads.name")}><Input maxLength={80} /></Form.Item>
          </>
        ) : (
          <Form.Item name="audience" label={t("leads.audience")} extra={t("leads.audience_hint")} rules={[{ required: true, message: t("leads.audience_needed") }]}>
            <Select showSearch={{ optionFilterProp: "label" }} loading={groups.isPending} options={(groups.data?.items ?? []).map((own) => ({ value: own.id, label: own.name }))} />
          </Form.Item>
        )}
        <Form.Item name="channel" label={t("leads.channel")}>
          <Select allowClear showSearch={{ optionFilterProp: "label" }} loading={known.isPending} options={(known.data?.items ?? []).map((own) => ({ value: own.code, label: own.name }))} />
        </Form.Item>
        <Form.Item name="store" label={t("leads.store")} extra={t("leads.store_hint")}><StoreSelect allowClear /></Form.Item>
        <Form.Item name="note" label={t("leads.note")}><Input.TextArea rows={3} maxLength={500} /></Form.Item>
        {save.error ? <Alert type="error" showIcon title={text(save.error)} className="form-gap" /> : null}
        <Button type="primary" htmlType="submit" loading={save.isPending}>{t("leads.add")}</Button>
      </Form>
    </Drawer>
  );
}
