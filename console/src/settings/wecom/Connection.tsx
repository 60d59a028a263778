import { ReloadOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Skeleton, Switch } from "antd";
import { wecom as api } from "../../api/calls";
import { ApiError } from "../../api/client";
import { keys } from "../../api/keys";
import type { WecomConnection } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView, useErrorText } from "../../shell/errors";
import { Copyable, EmptyHint, MayButton } from "../../shell/parts";
import { useRemedy } from "../../wecom/Trouble";
import { CheckItem } from "../DoctorPage";
import { changesOf, draftOf, type Draft, type Secret } from "./connection";

/** Before the first connection there is nothing to ask for. */
export function Connection({ connected }: { connected: boolean }) {
  const connection = useQuery({ queryKey: keys.wecomPart("connection"), queryFn: api.connection, enabled: connected, refetchOnWindowFocus: false });
  if (connected && connection.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (connected && !connection.data) return <ErrorView error={connection.error} retry={() => void connection.refetch()} />;
  const saved = (connected && connection.data) || null;
  return (
    <div className="wecom-two">
      <section className="panel pad"><ConnectionForm key={saved?.changed_at ?? "new"} saved={saved} /></section>
      <Checks connected={saved !== null} changed={saved?.changed_at ?? ""} />
    </div>
  );
}

function ConnectionForm({ saved }: { saved: WecomConnection | null }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<Draft>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: api.change,
    onSuccess: (connection) => {
      void message.success(t("wecom.saved"));
      client.setQueryData(keys.wecomPart("connection"), connection);
      void client.invalidateQueries({ queryKey: keys.wecom });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.field) form.setFields([{ name: error.field as keyof Draft, errors: [error.message] }]);
    },
  });
  const unplaced = save.error instanceof ApiError && save.error.field ? null : save.error;
  const submit = (draft: Draft) => {
    const change = changesOf(saved, draft);
    if (change) save.mutate(change);
    else void message.info(t("wecom.unchanged"));
  };
  const secret = (name: Secret, label: string, extra?: string, needed = false, key = false) => {
    const tail = saved?.[name];
    return (
      <Form.Item name={name} label={label} extra={extra} rules={[
        { required: needed && !tail, whitespace: true, message: t("wecom.needed") },
        ...(key ? [{ pattern: /^\s*[A-Za-z0-9]{43}\s*$/, message: t("wecom.key_bad") }] : []),
      ]}>
        <Input.Password autoComplete="new-password" placeholder={tail ? t("wecom.secret_set", { tail }) : t("wecom.secret_unset")} />
      </Form.Item>
    );
  };
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={draftOf(saved)} onFinish={submit}>
      <h2 className="settings-title">{t("wecom.step.app")}</h2>
      <p className="muted gap-below">{t("wecom.step.app_text")}</p>
      <div className="wecom-pair">
        <Form.Item name="corp_id" label={t("wecom.corp_id")} extra={t("wecom.corp_id_hint")} rules={[{ required: true, whitespace: true, message: t("wecom.needed") }]}><Input maxLength={64} /></Form.Item>
        <Form.Item name="agent_id" label={t("wecom.agent_id")} rules={[{ required: true, pattern: /^\s*\d{1,15}\s*$/, message: t("wecom.agent_bad") }]}><Input inputMode="numeric" maxLength={15} /></Form.Item>
      </div>
      {secret("app_secret", t("wecom.app_secret"), undefined, true)}
      <h2 className="settings-title">{t("wecom.step.callback")}</h2>
      <p className="muted gap-below">{t("wecom.step.callback_text")}</p>
      <CallbackAddress saved={saved} />
      <div className="wecom-pair">
        {secret("callback_token", t("wecom.callback_token"))}
        {secret("callback_key", t("wecom.callback_key"), undefined, false, true)}
      </div>
      <h2 className="settings-title">{t("wecom.step.more")}</h2>
      <Form.Item name="match_phones" label={t("wecom.match_phones")} extra={t("wecom.match_phones_hint")} valuePropName="checked"><Switch /></Form.Item>
      {secret("customer_secret", t("wecom.customer_secret"), t("wecom.secret_optional"))}
      {secret("contacts_secret", t("wecom.contacts_secret"), t("wecom.contacts_optional"))}
      <Form.Item name="base" label={t("wecom.base")} extra={t("wecom.base_hint")}><Input placeholder="https://qyapi.weixin.qq.com" maxLength={200} /></Form.Item>
      {unplaced ? <Alert type="error" showIcon className="gap-below" title={text(unplaced)} /> : null}
      <div className="row">
        <MayButton permission="settings.write" type="primary" htmlType="submit" loading={save.isPending}>{t("wecom.save")}</MayButton>
        {saved ? <Disconnect /> : null}
      </div>
    </Form>
  );
}

function CallbackAddress({ saved }: { saved: WecomConnection | null }) {
  const { t } = useI18n();
  const format = useFormat();
  const { origin, protocol } = window.location;
  return (
    <div className="gap-below stack tight">
      <div><span className="muted">{t("wecom.callback_url")}</span> <Copyable text={`${origin}/wecom/callback`} /></div>
      {protocol === "https:" ? null : <div className="small wecom-warn">{t("wecom.callback_local")}</div>}
      {saved ? <div className="small muted">{saved.verified_at ? t("wecom.callback_seen", { at: format.ago(saved.verified_at) }) : t("wecom.callback_never")}</div> : null}
    </div>
  );
}

function Disconnect() {
  const { t } = useI18n();
  const { modal, message } = App.useApp();
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: api.forget,
    onSuccess: () => {
      void message.success(t("wecom.disconnected"));
      void client.invalidateQueries({ queryKey: keys.wecom });
    },
  });
  const ask = () => modal.confirm({
    title: t("wecom.disconnect_title"), content: t("wecom.disconnect_text"), okText: t("wecom.disconnect"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => drop.mutateAsync().catch(() => undefined),
  });
  return <MayButton permission="settings.write" type="text" danger onClick={ask}>{t("wecom.disconnect")}</MayButton>;
}

/** What WeCom says about the connection, item by item. Looked at again after each change. */
function Checks({ connected, changed }: { connected: boolean; changed: string }) {
  const { t } = useI18n();
  const text = useErrorText();
  const remedy = useRemedy();
  const format = useFormat();
  const client = useQueryClient();
  const checks = useQuery({ queryKey: keys.wecomPart("doctor", { changed }), queryFn: api.doctor, enabled: connected, staleTime: 60_000, retry: false, refetchOnWindowFocus: false });
  const test = useMutation({ meta: { quiet: true }, mutationFn: api.test, onSettled: () => void client.invalidateQueries({ queryKey: keys.wecom }) });
  if (!connected) return <section className="panel"><EmptyHint title={t("wecom.checks")}>{t("wecom.checks_after")}</EmptyHint></section>;
  return (
    <section className="panel">
      <div className="panel-head">
        <span>{t("wecom.checks")}</span>
        <span className="row">
          <Button icon={<ReloadOutlined />} loading={checks.isFetching} onClick={() => void checks.refetch()}>{t("doctor.again")}</Button>
          <MayButton permission="settings.write" type="primary" loading={test.isPending} onClick={() => test.mutate()}>{t("wecom.test")}</MayButton>
        </span>
      </div>
      <p className="muted panel-note">{t("wecom.checks_hint")}</p>
      {test.isSuccess ? <Alert type="success" showIcon className="wecom-said" title={t("wecom.test_ok")} description={test.data.checked_at ? t("wecom.checked", { at: format.ago(test.data.checked_at) }) : undefined} /> : null}
      {test.error ? (
        <Alert type="error" showIcon className="wecom-said" title={t("wecom.test_failed")} description={<><div>{text(test.error)}</div>{test.error instanceof ApiError ? <div>{remedy(test.error.code)}</div> : null}</>} />
      ) : null}
      {checks.isPending ? <div className="pad"><Skeleton active /></div> : null}
      {checks.isError ? <ErrorView error={checks.error} retry={() => void checks.refetch()} /> : null}
      {checks.data?.items.map((check) => <CheckItem key={check.key} check={check} />)}
    </section>
  );
}
