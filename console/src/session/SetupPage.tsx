// First start: a brand and its owner. It only has to be enough to begin; settings can change it later.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Select, Skeleton } from "antd";
import { Navigate, useNavigate } from "react-router";
import { session as api } from "../api/calls";
import { ApiError, setCsrf } from "../api/client";
import { keys } from "../api/keys";
import type { SetupInput } from "../api/types";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { currencyOptions, homeZone, zoneOptions } from "./choices";
import { Outside } from "./Outside";

export function SetupPage() {
  const { t, locale, setLocale } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [form] = Form.useForm<SetupInput & { again: string }>();
  const setup = useQuery({ queryKey: keys.setup, queryFn: api.setup });
  const finish = useMutation({
    meta: { quiet: true },
    mutationFn: ({ name, timezone, currency, locale, email, admin_name, password }: SetupInput) =>
      api.finishSetup({ name, timezone, currency, locale, email: email.trim(), admin_name, password }),
    onSuccess: (session) => {
      client.clear();
      setCsrf(session.csrf);
      client.setQueryData(keys.session, session);
      void navigate("/welcome", { replace: true });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.field) form.setFields([{ name: error.field as keyof SetupInput, errors: [error.message] }]);
    },
  });
  if (setup.isPending) return <Outside wide title={t("setup.title")} hint={t("setup.hint")}><Skeleton active /></Outside>;
  if (setup.data && !setup.data.needed && !finish.isSuccess) return <Navigate to="/" replace />;
  const needed = (message: string) => [{ required: true, whitespace: true, message }];
  return (
    <Outside wide title={t("setup.title")} hint={t("setup.hint")}>
      <Form
        form={form} layout="vertical" requiredMark={false} onFinish={finish.mutate} scrollToFirstError
        initialValues={{ timezone: homeZone(), currency: "CNY", locale }}
      >
        <Form.Item name="name" label={t("setup.brand")} rules={needed(t("setup.brand_needed"))}>
          <Input autoFocus placeholder={t("setup.brand_example")} maxLength={80} />
        </Form.Item>
        <div className="form-two">
          <Form.Item name="timezone" label={t("setup.zone")} extra={t("setup.zone_hint")} rules={needed(t("setup.zone"))}>
            <Select showSearch options={zoneOptions()} />
          </Form.Item>
          <Form.Item name="currency" label={t("setup.currency")} extra={t("setup.currency_hint")} rules={needed(t("setup.currency"))}>
            <Select showSearch={{ optionFilterProp: "label" }} options={currencyOptions(locale)} />
          </Form.Item>
          <Form.Item name="locale" label={t("setup.language")}>
            <Select options={[{ value: "zh", label: t("nav.chinese") }, { value: "en", label: "English" }]} onChange={setLocale} />
          </Form.Item>
          <Form.Item name="admin_name" label={t("setup.your_name")} rules={needed(t("setup.name_needed"))}>
            <Input autoComplete="name" maxLength={80} />
          </Form.Item>
        </div>
        <Form.Item name="email" label={t("login.email")} rules={[{ required: true, type: "email", message: t("setup.email_needed") }]}>
          <Input type="email" autoComplete="username" />
        </Form.Item>
        <div className="form-two">
          <Form.Item name="password" label={t("login.password")} rules={[{ required: true, min: 10, message: t("password.short") }]}>
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Form.Item
            name="again" label={t("password.again")} dependencies={["password"]}
            rules={[({ getFieldValue }) => ({
              validator: (_rule, value) => (value === getFieldValue("password") ? Promise.resolve() : Promise.reject(new Error(t("password.differs")))),
            })]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
        </div>
        {finish.error ? <Alert type="error" showIcon title={text(finish.error)} className="form-alert" /> : null}
        {setup.error ? <Alert type="error" showIcon title={text(setup.error)} className="form-alert" /> : null}
        <Button type="primary" size="large" htmlType="submit" block loading={finish.isPending}>{t("setup.start")}</Button>
      </Form>
    </Outside>
  );
}
