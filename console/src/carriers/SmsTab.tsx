import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Select, Skeleton, Switch } from "antd";
import { carriers as api } from "../api/calls";
import { keys } from "../api/keys";
import type { SmsAccount } from "../api/types";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { Copyable, MayButton } from "../shell/parts";
import { Checks, isUnset, place, Remove, Saved, useThere } from "./account";
import { smsDraft, smsInput, type SmsDraft } from "./drafts";

const smsKey = keys.carriersPart("sms");
const REGIONS = ["ap-guangzhou", "ap-beijing", "ap-nanjing"].map((value) => ({ value, label: value }));

export function SmsTab() {
  const there = useThere("sms");
  const account = useQuery({ queryKey: smsKey, queryFn: api.sms, enabled: there === true, retry: false, refetchOnWindowFocus: false, meta: { quiet: true } });
  if (there === undefined || (there && account.isPending)) return <div className="panel pad"><Skeleton active /></div>;
  if (account.isError && !isUnset(account.error)) return <ErrorView error={account.error} retry={() => void account.refetch()} />;
  const saved = account.data ?? null;
  return (
    <div className="wecom-two">
      <section className="panel pad"><SmsForm key={saved?.version ?? 0} saved={saved} /></section>
      <Checks key={`checks-${saved?.version ?? 0}`} saved={saved !== null} check={api.checkSms} />
    </div>
  );
}

function SmsForm({ saved }: { saved: SmsAccount | null }) {
  const { t } = useI18n();
  const { message, modal } = App.useApp();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<SmsDraft>();
  const provider = Form.useWatch("provider", form) ?? saved?.provider ?? "aliyun";
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: ({ draft, renew }: { draft: SmsDraft; renew: boolean }) => api.setSms(smsInput(saved, draft, renew)),
    onSuccess: (account) => {
      void message.success(t("carriers.saved"));
      client.setQueryData(smsKey, account);
      void client.invalidateQueries({ queryKey: keys.carriersPart("status") });
    },
    onError: (error) => place(form, error),
  });
  const draft = (own: Partial<SmsDraft>): SmsDraft => ({ ...smsDraft(saved), ...own });
  const renew = () => modal.confirm({
    title: t("sms.renew_title"), content: t("sms.renew_text"), okText: t("sms.renew"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    // What is in the form and not saved yet stays out of it.
    onOk: () => save.mutateAsync({ draft: smsDraft(saved), renew: true }).catch(() => undefined),
  });
  // Keys of one provider are none of another's.
  const needed = [{ required: !saved || saved.provider !== provider, whitespace: true, message: t("carriers.needed") }];
  const providers = (["aliyun", "tencent"] as const).map((own) => ({ value: own, label: t(`sms.provider.${own}`) }));
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={smsDraft(saved)} onFinish={(own) => save.mutate({ draft: draft(own), renew: false })}>
      <Form.Item name="on" label={t("carriers.on")} extra={t("carriers.on_hint")} valuePropName="checked"><Switch /></Form.Item>
      <h2 className="settings-title">{t("sms.account")}</h2>
      <p className="muted gap-below">{t("sms.account_text")}</p>
      <div className="wecom-pair">
        <Form.Item name="provider" label={t("sms.provider")}><Select options={providers} /></Form.Item>
        <Form.Item name="sign" label={t("sms.sign")} extra={t("sms.sign_hint")} rules={[{ required: true, whitespace: true, message: t("carriers.needed") }]}><Input maxLength={12} /></Form.Item>
      </div>
      <Form.Item name="key_id" label={t("sms.key_id")} rules={needed}><Input autoComplete="off" maxLength={128} placeholder={saved ? t("sms.key_tail", { tail: saved.key_id }) : t("carriers.secret_unset")} /></Form.Item>
      <Form.Item name="key_secret" label={t("sms.key_secret")} rules={needed}><Input.Password autoComplete="new-password" maxLength={128} placeholder={saved?.has_secret ? t("carriers.secret_set") : t("carriers.secret_unset")} /></Form.Item>
      {provider === "tencent" ? (
        <div className="wecom-pair">
          <Form.Item name="app_id" label={t("sms.app_id")} rules={[{ required: true, whitespace: true, message: t("carriers.needed") }]}><Input inputMode="numeric" maxLength={20} /></Form.Item>
          <Form.Item name="region" label={t("sms.region")}><Select options={REGIONS} /></Form.Item>
        </div>
      ) : null}
      <Form.Item name="base" label={t("sms.base")} extra={t("sms.base_hint")}><Input maxLength={200} placeholder="http://127.0.0.1:9090" /></Form.Item>
      <h2 className="settings-title">{t("sms.push")}</h2>
      <p className="muted gap-below">{saved ? t("sms.push_text") : t("sms.push_later")}</p>
      {saved ? <Pushes saved={saved} /> : null}
      <Form.Item name="blocks" label={t("sms.blocks")}><Input.TextArea rows={2} placeholder="203.0.113.0/24" spellCheck={false} /></Form.Item>
      {save.error ? <Alert type="error" showIcon className="gap-below" title={text(save.error)} /> : null}
      <div className="row">
        <MayButton permission="settings.write" type="primary" htmlType="submit" loading={save.isPending}>{t("carriers.save")}</MayButton>
        {saved ? <MayButton permission="settings.write" onClick={renew}>{t("sms.renew")}</MayButton> : null}
        {saved ? <Remove remove={api.removeSms} /> : null}
      </div>
      {saved ? <Saved at={saved.changed_at} by={saved.changed_by} /> : null}
    </Form>
  );
}

function Pushes({ saved }: { saved: SmsAccount }) {
  const { t } = useI18n();
  const base = saved.address ?? window.location.origin;
  return (
    <div className="secret-box gap-below">
      <span className="muted small">{t("sms.push_reports")}</span><span className="break"><Copyable text={base + saved.push_reports} /></span>
      <span className="muted small">{t("sms.push_replies")}</span><span className="break"><Copyable text={base + saved.push_replies} /></span>
    </div>
  );
}
