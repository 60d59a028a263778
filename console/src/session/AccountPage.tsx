import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input } from "antd";
import { session as api } from "../api/calls";
import { ApiError } from "../api/client";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { PageHead } from "../shell/parts";
import { useSession } from "../shell/session";
import "./outside.css";

export function AccountPage() {
  const { t } = useI18n();
  return (
    <>
      <PageHead title={t("nav.account")} hint={t("account.hint")} />
      <div className="halves"><Name /><Password /></div>
    </>
  );
}

function Name() {
  const { t, word } = useI18n();
  const { message } = App.useApp();
  const { user } = useSession();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (input: { name: string }) => api.change(input),
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      void message.success(t("action.saved"));
    },
  });
  return (
    <section className="panel pad">
      <Form layout="vertical" initialValues={{ name: user.name }} onFinish={save.mutate} requiredMark={false}>
        <Form.Item name="name" label={t("setup.your_name")} rules={[{ required: true, whitespace: true, message: t("setup.name_needed") }]}><Input maxLength={80} /></Form.Item>
        <Form.Item label={t("login.email")}><Input value={user.email} readOnly variant="filled" /></Form.Item>
        <Form.Item label={t("users.role")}><Input value={word("role", user.role)} readOnly variant="filled" /></Form.Item>
        <Button type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</Button>
      </Form>
    </section>
  );
}

function Password() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const text = useErrorText();
  const [form] = Form.useForm<{ current: string; new: string; again: string }>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (input: { current: string; new: string }) => api.password({ current: input.current, new: input.new }),
    onSuccess: () => {
      form.resetFields();
      void message.success(t("password.changed"));
    },
  });
  return (
    <section className="panel pad">
      <Form form={form} layout="vertical" onFinish={save.mutate} requiredMark={false}>
        <Form.Item name="current" label={t("password.current")} rules={[{ required: true, message: t("login.password_needed") }]}><Input.Password autoComplete="current-password" /></Form.Item>
        <Form.Item name="new" label={t("password.new")} rules={[{ required: true, min: 10, message: t("password.short") }]}><Input.Password autoComplete="new-password" /></Form.Item>
        <Form.Item
          name="again" label={t("password.again")} dependencies={["new"]}
          rules={[({ getFieldValue }) => ({
            validator: (_rule, value) => (value === getFieldValue("new") ? Promise.resolve() : Promise.reject(new Error(t("password.differs")))),
          })]}
        ><Input.Password autoComplete="new-password" /></Form.Item>
        {save.error instanceof ApiError ? <Alert type="error" showIcon title={text(save.error)} className="form-alert" /> : null}
        <Button type="primary" htmlType="submit" loading={save.isPending}>{t("password.change")}</Button>
      </Form>
    </section>
  );
}
