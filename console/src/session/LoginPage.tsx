import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { QrcodeOutlined } from "@ant-design/icons";
import { Alert, Button, Divider, Form, Input } from "antd";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { session as api } from "../api/calls";
import { setCsrf } from "../api/client";
import { keys } from "../api/keys";
import { has, useI18n, type I18n, type Key } from "../i18n";
import { useErrorText } from "../shell/errors";
import { safeNext } from "./next";
import { Outside } from "./Outside";

export function LoginPage() {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [search] = useSearchParams();
  const next = safeNext(search.get("next"));
  const failed = search.get("failed");
  const setup = useQuery({ queryKey: keys.setup, queryFn: api.setup });
  const login = useMutation({
    meta: { quiet: true },
    mutationFn: (input: { email: string; password: string }) => api.login(input.email.trim(), input.password),
    onSuccess: (session) => {
      client.clear();
      setCsrf(session.csrf);
      client.setQueryData(keys.session, session);
      void navigate(next, { replace: true });
    },
  });
  if (setup.data?.needed) return <Navigate to="/setup" replace />;
  return (
    <Outside title={setup.data?.name || t("login.title")} hint={t("login.hint")}>
      {failed && !login.error ? <Alert type="error" showIcon title={failedText(t, failed)} className="form-alert" /> : null}
      <Form layout="vertical" requiredMark={false} onFinish={login.mutate} size="large">
        <Form.Item name="email" label={t("login.email")} rules={[{ required: true, message: t("login.email_needed") }]}>
          <Input type="email" autoComplete="username" autoFocus />
        </Form.Item>
        <Form.Item name="password" label={t("login.password")} rules={[{ required: true, message: t("login.password_needed") }]}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        {login.error ? <Alert type="error" showIcon title={text(login.error)} className="form-alert" /> : null}
        {setup.error ? <Alert type="error" showIcon title={text(setup.error)} className="form-alert" /> : null}
        <Button type="primary" htmlType="submit" block loading={login.isPending}>{t("login.enter")}</Button>
      </Form>
      {setup.data?.wecom_login ? (
        <>
          <Divider plain>{t("login.or")}</Divider>
          {/* A page of the server, which sends the browser on to WeCom. */}
          <Button block size="large" icon={<QrcodeOutlined />} href={`/login/wecom?next=${encodeURIComponent(next)}`}>{t("login.wecom")}</Button>
        </>
      ) : null}
    </Outside>
  );
}

/** What became of a login with WeCom, by the code in the address. */
function failedText(t: I18n["t"], code: string): string {
  return has(`login.failed.${code}`) ? t(`login.failed.${code}` as Key) : t("login.failed.other", { code: code.slice(0, 60) });
}
