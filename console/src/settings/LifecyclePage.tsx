// What the stages of life, loyalty and the tiers of value mean here, and how many people each has by what is saved.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, InputNumber, Skeleton, Switch } from "antd";
import { admin as api } from "../api/calls";
import { ApiError } from "../api/client";
import { keys } from "../api/keys";
import type { LifecycleSettings } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { analysis, seeKeys } from "../see/calls";
import type { LifecycleResult } from "../see/shapes";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import "./settings.css";

/** Bounds as the API checks them. */
const MAX = { cycle_days: 3650, retention_days: 366, loyal_orders: 1000, loyal_days: 3650, super_vip: 100 } as const;
type Whole = keyof typeof MAX;
const USUAL = { cycle_days: null, retention_days: 30, referral_event: "Referral Completed", loyal_orders: 4, loyal_days: 30, loyal_before: true, super_vip: 80 };
/** The parts of the value score that are counted today add up to this. */
const POINTS_MAX = 90;

type Fields = Omit<LifecycleSettings, "measured_cycle_days">;

export function LifecyclePage() {
  return <Need permission="settings.write"><Lifecycle /></Need>;
}

function Lifecycle() {
  const { t } = useI18n();
  const can = useCan();
  const settings = useQuery({ queryKey: keys.lifecycle, queryFn: api.lifecycle });
  return (
    <>
      <PageHead title={t("nav.lifecycle")} hint={t("life.hint")} />
      <div className="stack">
        {can("people.read") ? <Now /> : null}
        <section className="panel pad settings-form">
          {settings.isPending ? <Skeleton active /> : null}
          {settings.isError ? <ErrorView error={settings.error} retry={() => void settings.refetch()} /> : null}
          {settings.data ? <LifecycleForm settings={settings.data} /> : null}
        </section>
      </div>
    </>
  );
}

function Now() {
  const { t, word } = useI18n();
  const format = useFormat();
  const spec = {};
  const now = useQuery({ queryKey: seeKeys.answer("lifecycle", spec), queryFn: ({ signal }) => analysis.ask<LifecycleResult>("lifecycle", spec, signal) });
  const rows = now.data ? [
    ...now.data.stages.map(({ stage, people }) => ({ label: word("stage", stage), people })),
    { label: t("see.lifecycle.loyal"), people: now.data.loyal.people },
    ...now.data.tiers.map(({ tier, people }) => ({ label: word("tier", tier), people })),
  ] : [];
  return (
    <section className="panel pad">
      <h2 className="settings-title">{t("life.now")}</h2>
      {now.isPending ? <Skeleton active title={false} paragraph={{ rows: 2 }} /> : null}
      {now.isError ? <ErrorView error={now.error} retry={() => void now.refetch()} /> : null}
      {now.data && rows.every((row) => !row.people) ? <p className="muted">{t("life.no_people")}</p> : null}
      {rows.some((row) => row.people) ? (
        <div className="life-now">
          {rows.map((row) => <div key={row.label}><span className="muted small">{row.label}</span><b className="num">{format.count(row.people)}</b></div>)}
        </div>
      ) : null}
    </section>
  );
}

function LifecycleForm({ settings }: { settings: LifecycleSettings }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const super_vip = Form.useWatch("super_vip", form);
  const { measured_cycle_days: measured, ...saved } = settings;
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (input: Fields) => api.changeLifecycle(input),
    onSuccess: () => {
      void message.success(t("life.saved"));
      void client.invalidateQueries();
    },
    onError: (error) => {
      if (error instanceof ApiError && error.field && error.field in USUAL) form.setFields([{ name: error.field as keyof Fields, errors: [error.message] }]);
    },
  });
  const unplaced = save.error instanceof ApiError && save.error.field && save.error.field in USUAL ? null : save.error;
  const whole = (name: Whole, label: string, extra?: string, empty = false) => (
    <Form.Item name={name} label={label} extra={extra} rules={[{ required: !empty, type: "integer", min: 1, max: MAX[name], message: t("life.whole", { max: MAX[name] }) }]}>
      <InputNumber className="w-140" />
    </Form.Item>
  );
  const cycle = measured ? t("life.cycle_measured", { n: measured }) : t("life.cycle_unmeasured");
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={saved} onFinish={(input) => save.mutate({ ...input, cycle_days: input.cycle_days ?? null })}>
      <h2 className="settings-title">{t("life.stages")}</h2>
      {whole("cycle_days", t("life.cycle"), `${t("life.cycle_hint")} ${cycle}`, true)}
      {whole("retention_days", t("life.retention"), t("life.retention_hint"))}
      <Form.Item name="referral_event" label={t("life.referral")} extra={t("life.referral_hint")} rules={[{ required: true, whitespace: true, max: 200, message: t("life.referral_needed") }]}><Input /></Form.Item>
      <h2 className="settings-title">{t("life.loyalty")}</h2>
      <div className="row life-pair">
        {whole("loyal_orders", t("life.loyal_orders"))}
        {whole("loyal_days", t("life.loyal_days"))}
      </div>
      <Form.Item name="loyal_before" label={t("life.loyal_before")} extra={t("life.loyal_before_hint")} valuePropName="checked"><Switch /></Form.Item>
      <h2 className="settings-title">{t("life.value")}</h2>
      {whole("super_vip", t("life.super_vip"), t("life.super_vip_hint"))}
      {super_vip > POINTS_MAX ? <Alert type="warning" showIcon className="gap-below" title={t("life.unreachable", { n: super_vip })} /> : null}
      {unplaced ? <Alert type="error" showIcon className="gap-below" title={text(unplaced)} /> : null}
      <div className="row">
        <MayButton permission="settings.write" type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</MayButton>
        <Button onClick={() => form.setFieldsValue(USUAL)}>{t("life.usual")}</Button>
      </div>
    </Form>
  );
}
