import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Skeleton } from "antd";
import { carriers as api } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { MayButton } from "../shell/parts";
import { place } from "./account";

export function Address() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const key = keys.carriersPart("address");
  const own = useQuery({ queryKey: key, queryFn: api.address });
  const [form] = Form.useForm<{ address: string }>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: api.setAddress,
    onSuccess: (address) => {
      void message.success(t("action.saved"));
      client.setQueryData(key, address);
    },
    onError: (error) => place(form, error),
  });
  if (own.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (own.isError) return <ErrorView error={own.error} retry={() => void own.refetch()} />;
  return (
    <section className="panel pad settings-form">
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ address: own.data.address ?? "" }} onFinish={(input) => save.mutate(input.address)}>
        <Form.Item name="address" label={t("address.title")} extra={t("address.hint")}><Input maxLength={260} placeholder="https://siyu.example.com" /></Form.Item>
        <Alert type={own.data.used ? "info" : "warning"} showIcon className="gap-below" title={own.data.used ? t("address.used", { address: own.data.used }) : t("address.unused")} />
        <MayButton permission="settings.write" type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</MayButton>
      </Form>
    </section>
  );
}
