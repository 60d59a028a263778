// What a message says by mail or SMS, with nobody of staff in between.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Segmented, Select } from "antd";
import { Link } from "react-router";
import { carriers as api } from "../api/calls";
import { keys } from "../api/keys";
import type * as S from "../api/openapi";
import { VARIANTS_MAX } from "../gate/TermsForm";
import { useI18n } from "../i18n";
import { useCan } from "../shell/session";

export type Way = "wecom" | "email" | "sms";
export interface Direct { way: Way; mail: S.MailSaid; sms: S.SmsSaid }
export const THROUGH_STAFF: Direct = { way: "wecom", mail: { subject: "", text: "", html: "" }, sms: { template: "", params: {} } };

/** As the API takes it: nothing of another channel is given. `others`: what is said instead to equal parts of the people. */
export function directBody(own: Direct, others: Direct[] = []): Pick<S.BroadcastNew, "channel" | "mail" | "mail_variants" | "sms" | "sms_variants"> {
  if (own.way === "email") return { channel: own.way, mail: own.mail, mail_variants: others.map((one) => one.mail) };
  return own.way === "sms" ? { channel: own.way, sms: own.sms, sms_variants: others.map((one) => one.sms) } : { channel: own.way };
}
export function isWhole({ way, mail, sms }: Direct): boolean {
  return way === "email" ? Boolean(mail.subject.trim() && (mail.text?.trim() || mail.html?.trim())) : Boolean(sms.template.trim());
}

export function WayChoice({ way, onChange }: { way: Way; onChange: (way: Way) => void }) {
  const { t } = useI18n();
  const options = (["wecom", "email", "sms"] as const).map((value) => ({ value, label: t(`direct.way.${value}`) }));
  return <Form.Item label={t("direct.way")}><Segmented options={options} value={way} onChange={(next) => onChange(next as Way)} /></Form.Item>;
}

/** Up to four other contents, each whole. */
export function OtherContents({ way, others, onChange }: { way: Way; others: Direct[]; onChange: (others: Direct[]) => void }) {
  const { t } = useI18n();
  return (
    <div className="stack gap-below">
      {others.map((own, at) => (
        <div className="panel" key={at}>
          <div className="panel-head row between">
            {t("broadcast.variant", { n: at + 2 })}
            <Button type="text" aria-label={t("action.delete")} icon={<DeleteOutlined />} onClick={() => onChange(others.filter((_, n) => n !== at))} />
          </div>
          <div className="pad"><DirectFields own={own} another onChange={(next) => onChange(others.map((one, n) => (n === at ? next : one)))} /></div>
        </div>
      ))}
      {others.length < VARIANTS_MAX ? <div><Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...others, { ...THROUGH_STAFF, way }])}>{t("broadcast.variant_add")}</Button></div> : null}
    </div>
  );
}

/** `another`: there is one above that says what is missing. */
export function DirectFields({ own, another = false, onChange }: { own: Direct; another?: boolean; onChange: (own: Direct) => void }) {
  const { t } = useI18n();
  const mail = (more: Partial<S.MailSaid>) => onChange({ ...own, mail: { ...own.mail, ...more } });
  if (own.way === "email") {
    return (
      <>
        {another ? null : <NoAccount kind="mail" />}
        <Form.Item label={t("direct.subject")}><Input value={own.mail.subject} maxLength={200} onChange={(event) => mail({ subject: event.target.value })} aria-label={t("direct.subject")} /></Form.Item>
        <Form.Item label={t("direct.text")}><Input.TextArea rows={6} value={own.mail.text} onChange={(event) => mail({ text: event.target.value })} aria-label={t("direct.text")} /></Form.Item>
        <Form.Item label={t("direct.html")} extra={t("direct.hint")}><Input.TextArea rows={4} className="code" value={own.mail.html} onChange={(event) => mail({ html: event.target.value })} aria-label={t("direct.html")} /></Form.Item>
      </>
    );
  }
  return <ShortFields own={own} another={another} onChange={onChange} />;
}

/** Without an account what is made waits, and nobody would know why. */
function NoAccount({ kind }: { kind: "mail" | "sms" }) {
  const { t } = useI18n();
  const may = useCan();
  const status = useQuery({ queryKey: keys.carriersPart("status"), queryFn: api.status, staleTime: 30_000 });
  if (!status.data || status.data[kind]) return null;
  return <Alert type="warning" showIcon className="gap-below" title={t(`direct.no_account.${kind}`)} action={may("settings.write") ? <Link to={kind === "mail" ? "/settings/carriers" : "/settings/carriers?tab=sms"}>{t("direct.to_settings")}</Link> : undefined} />;
}

/** An approved template, and what its places are filled with. */
function ShortFields({ own, another, onChange }: { own: Direct; another: boolean; onChange: (own: Direct) => void }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: keys.carriersPart("templates"), queryFn: api.templates, staleTime: 30_000 });
  const templates = found.data?.items ?? [];
  const chosen = templates.find((one) => one.id === own.sms.template);
  const params = own.sms.params ?? {};
  const choose = (id: string) => {
    const places = templates.find((one) => one.id === id)?.places ?? [];
    onChange({ ...own, sms: { template: id, params: Object.fromEntries(places.map((place) => [place, params[place] ?? ""])) } });
  };
  const fill = (place: string, value: string) => onChange({ ...own, sms: { ...own.sms, params: { ...params, [place]: value } } });
  return (
    <>
      {another ? null : <NoAccount kind="sms" />}
      <Form.Item label={t("direct.template")} extra={chosen ? t("direct.signed", { sign: chosen.sign, text: chosen.text }) : t("direct.template_hint")}>
        <Select<string> showSearch={{ optionFilterProp: "label" }} loading={found.isPending} value={own.sms.template || undefined} onChange={choose} placeholder={t("direct.template_none")} options={templates.map((one) => ({ value: one.id, label: `${one.name} · ${one.code}` }))} aria-label={t("direct.template")} />
      </Form.Item>
      {chosen?.places.length ? (
        <Form.Item label={t("direct.params")} extra={t("direct.params_hint")}>
          <div className="stack tight">
            {chosen.places.map((place) => <Input key={place} prefix={<span className="muted small">{place}</span>} value={params[place] ?? ""} placeholder={t("direct.param_example")} aria-label={place} onChange={(event) => fill(place, event.target.value)} />)}
          </div>
        </Form.Item>
      ) : null}
    </>
  );
}
