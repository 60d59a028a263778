import { KeyOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Select, Skeleton, Switch } from "antd";
import { carriers as api } from "../api/calls";
import { keys } from "../api/keys";
import type { MailAccount } from "../api/types";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { Copyable, MayButton } from "../shell/parts";
import { Checks, isUnset, place, Remove, Saved, useThere } from "./account";
import { mailDraft, mailInput, type MailDraft } from "./drafts";

const mailKey = keys.carriersPart("mail");

export function MailTab() {
  const there = useThere("mail");
  const account = useQuery({ queryKey: mailKey, queryFn: api.mail, enabled: there === true, retry: false, refetchOnWindowFocus: false, meta: { quiet: true } });
  if (there === undefined || (there && account.isPending)) return <div className="panel pad"><Skeleton active /></div>;
  if (account.isError && !isUnset(account.error)) return <ErrorView error={account.error} retry={() => void account.refetch()} />;
  const saved = account.data ?? null;
  return (
    <div className="wecom-two">
      <section className="panel pad"><MailForm key={saved?.version ?? 0} saved={saved} /></section>
      <Checks key={`checks-${saved?.version ?? 0}`} saved={saved !== null} check={api.checkMail} />
    </div>
  );
}

function MailForm({ saved }: { saved: MailAccount | null }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<MailDraft>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: MailDraft) => api.setMail(mailInput(saved, draft)),
    onSuccess: (account) => {
      void message.success(t("carriers.saved"));
      client.setQueryData(mailKey, account);
      void client.invalidateQueries({ queryKey: keys.carriersPart("status") });
    },
    onError: (error) => place(form, error),
  });
  const needed = [{ required: true, whitespace: true, message: t("carriers.needed") }];
  const securities = (["tls", "starttls", "none"] as const).map((own) => ({ value: own, label: t(`mail.security.${own}`) }));
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={mailDraft(saved)} onFinish={(draft) => save.mutate({ ...mailDraft(saved), ...draft })}>
      <Form.Item name="on" label={t("carriers.on")} extra={t("carriers.on_hint")} valuePropName="checked"><Switch /></Form.Item>
      <h2 className="settings-title">{t("mail.server")}</h2>
      <p className="muted gap-below">{t("mail.server_text")}</p>
      <Form.Item name="host" label={t("mail.host")} rules={needed}><Input maxLength={253} placeholder="smtp.example.com" autoComplete="off" /></Form.Item>
      <div className="wecom-pair">
        <Form.Item name="security" label={t("mail.security")}><Select options={securities} /></Form.Item>
        <Form.Item name="port" label={t("mail.port")} rules={[{ required: true, pattern: /^\s*\d{1,5}\s*$/, message: t("mail.port_bad") }]}><Input inputMode="numeric" maxLength={5} /></Form.Item>
        <Form.Item name="user" label={t("mail.user")}><Input maxLength={254} autoComplete="off" /></Form.Item>
        <Form.Item name="password" label={t("mail.password")}><Input.Password autoComplete="new-password" placeholder={saved?.has_password ? t("carriers.secret_set") : t("carriers.secret_unset")} /></Form.Item>
      </div>
      <h2 className="settings-title">{t("mail.sender")}</h2>
      <div className="wecom-pair">
        <Form.Item name="from" label={t("mail.from")} rules={needed}><Input maxLength={254} inputMode="email" placeholder="news@example.com" /></Form.Item>
        <Form.Item name="from_name" label={t("mail.from_name")}><Input maxLength={100} /></Form.Item>
      </div>
      <Form.Item name="reply_to" label={t("mail.reply_to")}><Input maxLength={254} inputMode="email" /></Form.Item>
      <Form.Item name="bounce" label={t("mail.bounce")} extra={t("mail.bounce_hint")}><Input maxLength={254} inputMode="email" placeholder="bounce@example.com" /></Form.Item>
      <h2 className="settings-title">{t("mail.dkim")}</h2>
      <p className="muted gap-below">{t("mail.dkim_text")}</p>
      <div className="wecom-pair">
        <Form.Item name="dkim_domain" label={t("mail.dkim_domain")}><Input maxLength={253} placeholder="example.com" /></Form.Item>
        <Form.Item name="dkim_selector" label={t("mail.dkim_selector")}><Input maxLength={63} placeholder="siyu" /></Form.Item>
      </div>
      <Dkim saved={saved} names={() => form.getFieldsValue(["dkim_domain", "dkim_selector"])} />
      <Form.Item name="dkim_key" label={t("mail.dkim_key")}><Input.TextArea rows={2} autoComplete="off" spellCheck={false} placeholder={saved?.dkim_record ? t("carriers.secret_set") : t("carriers.secret_unset")} /></Form.Item>
      <h2 className="settings-title">{t("mail.more")}</h2>
      <div className="wecom-pair">
        <Form.Item name="per_minute" label={t("mail.per_minute")}><Input inputMode="numeric" maxLength={6} /></Form.Item>
        <Form.Item name="domain_per_minute" label={t("mail.domain_per_minute")}><Input inputMode="numeric" maxLength={6} /></Form.Item>
      </div>
      <Form.Item name="hello" label={t("mail.hello")}><Input maxLength={253} /></Form.Item>
      <Form.Item name="authority" label={t("mail.authority")}><Input.TextArea rows={2} spellCheck={false} /></Form.Item>
      {save.error ? <Alert type="error" showIcon className="gap-below" title={text(save.error)} /> : null}
      <div className="row">
        <MayButton permission="settings.write" type="primary" htmlType="submit" loading={save.isPending}>{t("carriers.save")}</MayButton>
        {saved ? <Remove remove={api.removeMail} /> : null}
      </div>
      {saved ? <Saved at={saved.changed_at} by={saved.changed_by} /> : null}
    </Form>
  );
}

/** The record that has to be added to DNS, and a key made here. */
function Dkim({ saved, names }: { saved: MailAccount | null; names: () => { dkim_domain?: string; dkim_selector?: string } }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => {
      const { dkim_domain, dkim_selector } = names();
      return api.makeDkim({ domain: dkim_domain || null, selector: dkim_selector || null });
    },
    onSuccess: (account) => {
      void message.success(t("mail.dkim_made"));
      client.setQueryData(mailKey, account);
    },
  });
  const record = saved?.dkim_record;
  return (
    <div className="stack tight gap-below">
      {saved ? <div><MayButton permission="settings.write" icon={<KeyOutlined />} loading={make.isPending} onClick={() => make.mutate()}>{t("mail.dkim_make")}</MayButton></div> : null}
      {record ? (
        <div className="secret-box">
          <span className="muted small">{t("mail.dkim_name")}</span><span className="break"><Copyable text={record.name} /></span>
          <span className="muted small">{t("mail.dkim_value")}</span><span className="break"><Copyable text={record.text} /></span>
        </div>
      ) : null}
    </div>
  );
}
