// What a message says by mail or SMS, with nobody of staff in between.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, Segmented } from "antd";
import type * as S from "../api/openapi";
import { useI18n } from "../i18n";

export type Way = "wecom" | "email" | "sms";
export interface Direct { way: Way; mail: S.MailSaid; sms: S.SmsSaid }
export const THROUGH_STAFF: Direct = { way: "wecom", mail: { subject: "", text: "", html: "" }, sms: { template: "", params: {} } };

/** As the API takes it: nothing of another channel is given. */
export function directBody(own: Direct): { channel: Way; mail?: S.MailSaid; sms?: S.SmsSaid } {
  if (own.way === "email") return { channel: own.way, mail: own.mail };
  return own.way === "sms" ? { channel: own.way, sms: own.sms } : { channel: own.way };
}
export function isWhole({ way, mail, sms }: Direct): boolean {
  return way === "email" ? Boolean(mail.subject.trim() && (mail.text?.trim() || mail.html?.trim())) : Boolean(sms.template.trim());
}

export function WayChoice({ way, onChange }: { way: Way; onChange: (way: Way) => void }) {
  const { t } = useI18n();
  const options = (["wecom", "email", "sms"] as const).map((value) => ({ value, label: t(`direct.way.${value}`) }));
  return <Form.Item label={t("direct.way")}><Segmented options={options} value={way} onChange={(next) => onChange(next as Way)} /></Form.Item>;
}

export function DirectFields({ own, onChange }: { own: Direct; onChange: (own: Direct) => void }) {
  const { t } = useI18n();
  const mail = (more: Partial<S.MailSaid>) => onChange({ ...own, mail: { ...own.mail, ...more } });
  if (own.way === "email") {
    return (
      <>
        <Form.Item label={t("direct.subject")}><Input value={own.mail.subject} maxLength={200} onChange={(event) => mail({ subject: event.target.value })} aria-label={t("direct.subject")} /></Form.Item>
        <Form.Item label={t("direct.text")}><Input.TextArea rows={6} value={own.mail.text} onChange={(event) => mail({ text: event.target.value })} aria-label={t("direct.text")} /></Form.Item>
        <Form.Item label={t("direct.html")} extra={t("direct.hint")}><Input.TextArea rows={4} className="code" value={own.mail.html} onChange={(event) => mail({ html: event.target.value })} aria-label={t("direct.html")} /></Form.Item>
      </>
    );
  }
  const params = Object.entries(own.sms.params ?? {});
  const set = (next: [string, string][]) => onChange({ ...own, sms: { ...own.sms, params: Object.fromEntries(next) } });
  return (
    <>
      <Form.Item label={t("direct.template")} extra={t("direct.template_hint")}><Input value={own.sms.template} onChange={(event) => onChange({ ...own, sms: { ...own.sms, template: event.target.value.trim() } })} aria-label={t("direct.template")} /></Form.Item>
      <Form.Item label={t("direct.params")} extra={t("direct.params_hint")}>
        <div className="stack tight">
          {params.map(([name, value], at) => (
            <div className="row" key={at}>
              <Input value={name} placeholder={t("direct.param_name")} aria-label={t("direct.param_name")} onChange={(event) => set(params.map((one, n) => (n === at ? [event.target.value, one[1]] : one)))} />
              <Input value={value} placeholder={'{{ customer.name or "会员" }}'} aria-label={t("direct.param_value")} onChange={(event) => set(params.map((one, n) => (n === at ? [one[0], event.target.value] : one)))} />
              <Button type="text" aria-label={t("action.delete")} icon={<DeleteOutlined />} onClick={() => set(params.filter((_, n) => n !== at))} />
            </div>
          ))}
          <div><Button size="small" icon={<PlusOutlined />} disabled={params.some(([name]) => !name)} onClick={() => set([...params, ["", ""]])}>{t("direct.param_add")}</Button></div>
        </div>
      </Form.Item>
    </>
  );
}
