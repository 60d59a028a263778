import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Select, Skeleton } from "antd";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Settings } from "../api/types";
import { useI18n } from "../i18n";
import { currencyOptions, zoneOptions } from "../session/choices";
import { ErrorView } from "../shell/errors";
import { MayButton, Need, PageHead } from "../shell/parts";
import { useSession } from "../shell/session";
import "./settings.css";

export function GeneralPage() {
  return <Need permission="settings.write"><General /></Need>;
}

function General() {
  const { t } = useI18n();
  const settings = useQuery({ queryKey: keys.settings, queryFn: api.settings });
  return (
    <>
      <PageHead title={t("nav.general")} hint={t("general.hint")} />
      <section className="panel pad settings-form">
        {settings.isPending ? <Skeleton active /> : null}
        {settings.isError ? <ErrorView error={settings.error} retry={() => void settings.refetch()} /> : null}
        {settings.data ? <GeneralForm settings={settings.data} /> : null}
      </section>
    </>
  );
}

function GeneralForm({ settings }: { settings: Settings }) {
  const { t, locale } = useI18n();
  const { message } = App.useApp();
  const { workspace } = useSession();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (input: Partial<Settings>) => api.changeSettings(input),
    onSuccess: () => {
      void message.success(t("action.saved"));
      void client.invalidateQueries();
    },
  });
  const { name, timezone, currency, locale: language } = settings;
  return (
    <Form layout="vertical" requiredMark={false} onFinish={save.mutate} initialValues={{ name, timezone, currency, locale: language }}>
      <Form.Item name="name" label={t("setup.brand")} rules={[{ required: true, whitespace: true, message: t("setup.brand_needed") }]}><Input maxLength={80} /></Form.Item>
      <Form.Item name="timezone" label={t("setup.zone")} extra={t("setup.zone_hint")}><Select showSearch options={zoneOptions()} /></Form.Item>
      <Form.Item name="currency" label={t("setup.currency")} extra={t("setup.currency_hint")}><Select showSearch={{ optionFilterProp: "label" }} options={currencyOptions(locale)} /></Form.Item>
      <Form.Item name="locale" label={t("general.language")} extra={t("general.language_hint")}><Select options={[{ value: "zh", label: t("nav.chinese") }, { value: "en", label: "English" }]} /></Form.Item>
      <div className="row between">
        <MayButton permission="settings.write" type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</MayButton>
        <span className="muted small num">{t("general.version", { version: workspace.version })} · <Button type="link" size="small" href="/api/docs" target="_blank">{t("general.api_docs")}</Button></span>
      </div>
    </Form>
  );
}
