// Limits, times, what fills the pool by itself, and who is given leads without asking.
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Form, Input, InputNumber, Select, Skeleton, Switch } from "antd";
import { useState } from "react";
import { channelKeys, channels } from "../channels/calls";
import { StaffSelect } from "../handover/parts";
import { useI18n } from "../i18n";
import { commerce } from "../api/calls";
import { keys } from "../api/keys";
import { ErrorView, useErrorText } from "../shell/errors";
import { Need, PageHead } from "../shell/parts";
import { leadKeys, leads as api, MODES, SOURCES, WALKS, type LeadRule, type LeadSettings } from "./calls";
import "./leads.css";

export function LeadRulesPage() {
  return <Need permission="channels.write"><Pages /></Need>;
}

function Pages() {
  const { t } = useI18n();
  const settings = useQuery({ queryKey: leadKeys.settings, queryFn: api.settings });
  const rules = useQuery({ queryKey: leadKeys.rules, queryFn: api.rules });
  const failed = settings.error ?? rules.error;
  return (
    <>
      <PageHead title={t("leads.rules")} hint={t("leads.rules_hint")} />
      {failed ? <ErrorView error={failed} retry={() => { void settings.refetch(); void rules.refetch(); }} /> : null}
      <div className="stack">
        {settings.data ? <Limits settings={settings.data} /> : <Skeleton active />}
        {rules.data ? <Rules saved={rules.data.items} /> : <Skeleton active />}
      </div>
    </>
  );
}

const NUMBERS = [["daily_max", 10_000], ["held_max", 100_000], ["contact_hours", 2160], ["follow_days", 365], ["again_days", 365], ["rounds_max", 100], ["won_days", 365], ["idle_days", 730]] as const;

function Limits({ settings }: { settings: LeadSettings }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const save = useMutation({
    meta: { quiet: true }, mutationFn: api.setSettings,
    onSuccess: (next) => { client.setQueryData(leadKeys.settings, next); void client.invalidateQueries({ queryKey: leadKeys.all }); void message.success(t("action.saved")); },
  });
  return (
    <section className="panel pad">
      <h3>{t("leads.limits")}</h3>
      <Form<LeadSettings> layout="vertical" requiredMark={false} initialValues={settings} onFinish={save.mutate}>
        <Form.Item name="claim" label={t("leads.set.claim")} extra={t("leads.why.claim")} valuePropName="checked"><Switch /></Form.Item>
        <div className="lead-numbers">
          {NUMBERS.map(([name, max]) => <Form.Item key={name} name={name} label={t(`leads.set.${name}`)} extra={t(`leads.why.${name}`)}><InputNumber min={name === "won_days" ? 1 : name === "idle_days" ? 7 : 0} max={max} precision={0} className="full" /></Form.Item>)}
        </div>
        <Form.Item name="walks" label={t("leads.set.walks")} extra={t("leads.why.walks")}><Checkbox.Group options={WALKS.map((value) => ({ value, label: word("leads.walk", value) }))} /></Form.Item>
        {save.error ? <Alert type="error" showIcon title={text(save.error)} className="form-gap" /> : null}
        <Button type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</Button>
      </Form>
    </section>
  );
}

function Rules({ saved }: { saved: LeadRule[] }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [rules, setRules] = useState(saved);
  const save = useMutation({
    meta: { quiet: true }, mutationFn: () => api.setRules(rules),
    onSuccess: (next) => { client.setQueryData(leadKeys.rules, next); setRules(next.items); void message.success(t("action.saved")); },
  });
  const put = (at: number, own: Partial<LeadRule>) => setRules(rules.map((rule, n) => (n === at ? { ...rule, ...own } : rule)));
  const move = (at: number, by: number) => {
    const next = [...rules];
    const [own] = next.splice(at, 1);
    if (own) next.splice(at + by, 0, own);
    setRules(next);
  };
  const fresh = (): LeadRule => ({ id: "", name: t("leads.rule_new"), active: true, sources: [], channels: [], stores: [], mode: "round_robin", staff: [] });
  return (
    <section className="panel pad stack tight">
      <h3>{t("leads.giving")}</h3>
      <p className="muted">{t("leads.giving_hint")}</p>
      {rules.length === 0 ? <p className="muted">{t("leads.no_rules")}</p> : null}
      {rules.map((rule, at) => (
        <div className="lead-rule" key={rule.id || `new-${at}`}>
          <div className="row between">
            <Input className="w-260" value={rule.name} maxLength={40} aria-label={t("leads.rule_name")} onChange={(event) => put(at, { name: event.target.value })} />
            <span className="row">
              <Switch checked={rule.active} checkedChildren={t("leads.on")} unCheckedChildren={t("leads.off")} onChange={(active) => put(at, { active })} />
              <Button size="small" icon={<ArrowUpOutlined />} aria-label={t("leads.up")} disabled={at === 0} onClick={() => move(at, -1)} />
              <Button size="small" icon={<ArrowDownOutlined />} aria-label={t("leads.down")} disabled={at === rules.length - 1} onClick={() => move(at, 1)} />
              <Button size="small" danger icon={<DeleteOutlined />} aria-label={t("leads.drop")} onClick={() => setRules(rules.filter((_, n) => n !== at))} />
            </span>
          </div>
          <Rule rule={rule} change={(own) => put(at, own)} />
        </div>
      ))}
      {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
      <div className="row">
        <Button icon={<PlusOutlined />} onClick={() => setRules([...rules, fresh()])}>{t("leads.rule_add")}</Button>
        <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>{t("leads.rules_save")}</Button>
      </div>
    </section>
  );
}

function Rule({ rule, change }: { rule: LeadRule; change: (own: Partial<LeadRule>) => void }) {
  const { t, word } = useI18n();
  const known = useQuery({ queryKey: channelKeys.choice, queryFn: () => channels.list({ limit: 200 }), staleTime: 60_000 });
  const stores = useQuery({ queryKey: keys.stores({ limit: 200 }), queryFn: () => commerce.stores({ limit: 200 }), staleTime: 60_000 });
  const seats = rule.staff ?? [];
  const weight = (staff: string) => seats.find((own) => own.staff.toLowerCase() === staff.toLowerCase())?.weight ?? 1;
  const many = (label: string, value: string[] | undefined, options: { value: string; label: string }[], set: (next: string[]) => void) => (
    <label>{label}<Select mode="multiple" allowClear className="full" placeholder={t("leads.any")} value={value ?? []} onChange={set} options={options} showSearch={{ optionFilterProp: "label" }} /></label>
  );
  return (
    <div className="lead-rule-grid">
      {many(t("leads.source"), rule.sources, SOURCES.map((value) => ({ value, label: word("leads.source", value) })), (sources) => change({ sources }))}
      {many(t("leads.channel"), rule.channels, (known.data?.items ?? []).map((own) => ({ value: own.code, label: own.name })), (next) => change({ channels: next }))}
      {many(t("leads.store"), rule.stores, (stores.data?.items ?? []).map((own) => ({ value: own.code, label: own.name || own.code })), (next) => change({ stores: next }))}
      <label>{t("leads.mode")}<Select className="full" value={rule.mode} onChange={(mode: string) => change({ mode })} options={MODES.map((value) => ({ value, label: word("leads.mode", value) }))} /></label>
      {rule.mode === "owner" ? null : (
        <label className="wide">{t("leads.seats")}
          <StaffSelect value={seats.map((own) => own.staff)} onChange={(next) => change({ staff: next.map((staff) => ({ staff, weight: weight(staff) })) })} />
        </label>
      )}
      {rule.mode === "weights" ? (
        <div className="row wrap wide">
          {seats.map((own) => <label key={own.staff} className="row">{own.staff}<InputNumber min={1} max={100} precision={0} value={own.weight || 1} aria-label={t("leads.weight")} onChange={(next) => change({ staff: seats.map((one) => (one.staff === own.staff ? { ...one, weight: next ?? 1 } : one)) })} /></label>)}
        </div>
      ) : null}
    </div>
  );
}
