// What is pushed to whom, and when not.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Form, Input, Select, Switch } from "antd";
import { useI18n, type Key } from "../i18n";
import { useErrorText } from "../shell/errors";
import { alertKeys, alerts as api, type AlertSettings } from "./calls";

const HOURS = Array.from({ length: 24 }, (_, hour) => ({ value: hour, label: `${String(hour).padStart(2, "0")}:00` }));
const SWITCHES = ["on", "staff", "managers", "by_staff", "unknown"] as const;

export function SettingsDrawer({ open, settings, onClose }: { open: boolean; settings?: AlertSettings; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Drawer open={open} onClose={onClose} size={440} title={t("alerts.settings")} destroyOnHidden>
      {settings ? <SettingsForm settings={settings} onClose={onClose} /> : null}
    </Drawer>
  );
}

function SettingsForm({ settings, onClose }: { settings: AlertSettings; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: AlertSettings) => api.change({ ...draft, link: draft.link?.trim() ?? "" }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: alertKeys.all });
      void message.success(t("action.saved"));
      onClose();
    },
  });
  return (
    <Form<AlertSettings> layout="vertical" requiredMark={false} initialValues={settings} onFinish={save.mutate}>
      {SWITCHES.map((name) => (
        <Form.Item key={name} name={name} label={t(`alerts.set.${name}` as Key)} extra={t(`alerts.why.${name}` as Key)} valuePropName="checked"><Switch /></Form.Item>
      ))}
      <div className="halves">
        <Form.Item name="quiet_from" label={t("alerts.quiet_from")}><Select options={HOURS} /></Form.Item>
        <Form.Item name="quiet_to" label={t("alerts.quiet_to")}><Select options={HOURS} /></Form.Item>
      </div>
      <p className="muted small form-gap">{t("alerts.quiet_hint")}</p>
      <Form.Item name="link" label={t("alerts.link")} extra={t("alerts.link_hint")}><Input placeholder="https://crm.example.com" /></Form.Item>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="form-gap" /> : null}
      <Button type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</Button>
    </Form>
  );
}
