// The rules of the gate: edited, tried on the last thirty days, saved as a new version.
import { DeleteOutlined, ExperimentOutlined, HistoryOutlined, PlusOutlined, SaveOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Input, InputNumber, Popconfirm, Select, Skeleton, Switch, Table, TimePicker } from "antd";
import dayjs from "dayjs";
import { useState, type ReactNode } from "react";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import { gate as api, gateKeys } from "./calls";
import "./gate.css";

const CHANNELS = ["wecom", "sms", "email", "official", "mini", "group", "moments", "push"] as const;
const PERIODS = ["day", "week", "month", "24h", "72h", "168h"] as const;

export function RulesPage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const found = useQuery({ queryKey: gateKeys.rules, queryFn: api.rules });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  return found.data ? <Editor key={found.data.version} saved={found.data} /> : <Skeleton active />;
}

function Box({ title, hint, on, children }: { title: string; hint: string; on?: ReactNode; children?: ReactNode }) {
  return (
    <section className="panel pad gate-box">
      <div className="row between"><h3>{title}</h3>{on}</div>
      <p className="muted small">{hint}</p>
      {children}
    </section>
  );
}
function Field({ label, children }: { label: string; children: ReactNode }) {
  return <label className="gate-field"><span className="small muted">{label}</span>{children}</label>;
}

function Editor({ saved }: { saved: S.GateRulesOut }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const can = useCan()("settings.write");
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [rules, setRules] = useState<S.GateRules>(saved.rules);
  const [note, setNote] = useState("");
  const [history, showHistory] = useState(false);
  const set = (change: Partial<S.GateRules>) => setRules({ ...rules, ...change });
  const setCap = (at: number, change: Partial<S.GateCap>) => set({ caps: rules.caps.map((own, n) => (n === at ? { ...own, ...change } : own)) });
  const attempt = useMutation({ meta: { quiet: true }, mutationFn: () => api.attempt({ rules }) });
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.save({ rules, version: saved.version, note }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: gateKeys.all });
      void message.success(t("gate.saved"));
    },
  });
  const changed = JSON.stringify(rules) !== JSON.stringify(saved.rules);
  const channels = CHANNELS.map((own) => ({ value: own as string, label: t(`runs.channel.${own}`) }));
  const periods = [...PERIODS, ...rules.caps.map((cap) => cap.per)].filter((own, at, all) => all.indexOf(own) === at).map((own) => ({ value: own as string, label: word("gate.per", own) }));
  const quiet = rules.quiet;
  const fatigue = rules.fatigue;
  const time = (value: string, change: (next: string) => void) => (
    <TimePicker format="HH:mm" allowClear={false} needConfirm={false} disabled={!can} value={dayjs(`2000-01-01T${value}`)} onChange={(next) => change(next?.format("HH:mm") ?? value)} />
  );
  const version = saved.version ? t("gate.version", { n: saved.version }) : t("gate.version_default");
  const by = saved.created_at ? ` · ${t("gate.by", { who: saved.created_by, when: format.at(saved.created_at) })}` : "";
  return (
    <>
      <PageHead title={t("nav.gate_rules")} hint={t("gate.hint")}>
        <Button icon={<HistoryOutlined />} onClick={() => showHistory(true)}>{t("gate.history")}</Button>
        <Button icon={<ExperimentOutlined />} loading={attempt.isPending} onClick={() => attempt.mutate()}>{t("gate.try")}</Button>
        <Popconfirm title={t("gate.save_sure")} description={<Input value={note} maxLength={200} placeholder={t("gate.note")} onChange={(event) => setNote(event.target.value)} />} okText={t("gate.save")} cancelText={t("action.cancel")} onConfirm={() => save.mutate()} disabled={!changed || !can}>
          <MayButton permission="settings.write" type="primary" icon={<SaveOutlined />} disabled={!changed} loading={save.isPending}>{t("gate.save")}</MayButton>
        </Popconfirm>
      </PageHead>
      <div className="stack">
        <p className="muted small">{version}{by}</p>
        {save.error ?? attempt.error ? <Alert type="error" showIcon title={text(save.error ?? attempt.error)} /> : null}
        {attempt.data ? <Tried tried={attempt.data} /> : null}
        <div className="gate-grid">
          <Box title={t("gate.caps")} hint={t("gate.caps_hint")} on={<Button size="small" icon={<PlusOutlined />} disabled={!can} onClick={() => set({ caps: [...rules.caps, { class: "marketing", channel: null, per: "month", most: 10 }] })}>{t("gate.cap_add")}</Button>}>
            {rules.caps.map((cap, at) => (
              <div className="gate-cap" key={at}>
                <Select aria-label={t("gate.cap.class")} disabled={!can} value={cap.class} onChange={(value) => setCap(at, { class: value })} options={["marketing", "service"].map((own) => ({ value: own, label: word("runs.class", own) }))} />
                <Select aria-label={t("gate.cap.channel")} disabled={!can} value={cap.channel ?? ""} onChange={(value) => setCap(at, { channel: value || null })} options={[{ value: "", label: t("gate.cap.any") }, ...channels]} />
                <Select aria-label={t("gate.cap.per")} disabled={!can} value={cap.per} onChange={(value) => setCap(at, { per: value })} options={periods} />
                <InputNumber aria-label={t("gate.cap.most")} disabled={!can} min={0} max={1000} precision={0} value={cap.most} onChange={(value) => setCap(at, { most: value ?? 0 })} />
                <Button type="text" aria-label={t("action.delete")} disabled={!can} icon={<DeleteOutlined />} onClick={() => set({ caps: rules.caps.filter((_, n) => n !== at) })} />
              </div>
            ))}
            {rules.caps.length === 0 ? <p className="muted">{t("gate.off")}</p> : null}
          </Box>
          <Box title={t("gate.quota")} hint={t("gate.quota_hint")}>
            <Select className="wide" disabled={!can} value={rules.quota} onChange={(value) => set({ quota: value })} options={["day", "week", "month"].map((own) => ({ value: own, label: word("gate.quota", own) }))} />
          </Box>
          <Box title={t("gate.quiet")} hint={t("gate.quiet_hint")} on={<Switch disabled={!can} checked={Boolean(quiet)} onChange={(on) => set({ quiet: on ? { from: "22:00", to: "08:00", zone: "person" } : null })} />}>
            {quiet ? (
              <div className="gate-fields">
                <Field label={t("gate.quiet.from")}>{time(quiet.from, (from) => set({ quiet: { ...quiet, from } }))}</Field>
                <Field label={t("gate.quiet.to")}>{time(quiet.to, (to) => set({ quiet: { ...quiet, to } }))}</Field>
                <Field label={t("gate.quiet.zone")}><Select disabled={!can} value={quiet.zone} onChange={(zone) => set({ quiet: { ...quiet, zone } })} options={["person", "brand"].map((own) => ({ value: own, label: word("gate.quiet", own) }))} /></Field>
              </div>
            ) : null}
          </Box>
          <Box title={t("gate.fatigue")} hint={t("gate.fatigue_hint")} on={<Switch disabled={!can} checked={Boolean(fatigue)} onChange={(on) => set({ fatigue: on ? { budget: 3, half_life_hours: 168, weights: {} } : null })} />}>
            {fatigue ? (
              <>
                <div className="gate-fields">
                  <Field label={t("gate.fatigue.budget")}><InputNumber disabled={!can} min={0.1} max={1000} step={0.5} value={fatigue.budget} onChange={(budget) => set({ fatigue: { ...fatigue, budget: budget ?? 3 } })} /></Field>
                  <Field label={t("gate.fatigue.half_life")}><InputNumber disabled={!can} min={1} max={2160} value={fatigue.half_life_hours} onChange={(hours) => set({ fatigue: { ...fatigue, half_life_hours: hours ?? 168 } })} /></Field>
                </div>
                <p className="small muted">{t("gate.fatigue.weights")}</p>
                <div className="gate-fields">
                  {CHANNELS.map((own) => (
                    <Field key={own} label={t(`runs.channel.${own}`)}><InputNumber disabled={!can} min={0} max={100} step={0.5} value={fatigue.weights[own] ?? 1} onChange={(value) => set({ fatigue: { ...fatigue, weights: { ...fatigue.weights, [own]: value ?? 1 } } })} /></Field>
                  ))}
                </div>
              </>
            ) : null}
          </Box>
          <Box title={t("gate.contest")} hint={t("gate.contest_hint")}>
            <InputNumber aria-label={t("gate.contest")} disabled={!can} min={0} max={1440} precision={0} value={rules.contest_minutes} onChange={(value) => set({ contest_minutes: value ?? 0 })} />
          </Box>
          <Box title={t("gate.holdout")} hint={t("gate.holdout_hint")}>
            <div className="gate-fields">
              <Field label={t("gate.holdout.percent")}><InputNumber disabled={!can} min={0} max={50} step={1} value={rules.holdout.percent} onChange={(percent) => set({ holdout: { ...rules.holdout, percent: percent ?? 0 } })} /></Field>
              <Field label={t("gate.holdout.salt")}><Input disabled={!can} maxLength={40} value={rules.holdout.salt} onChange={(event) => set({ holdout: { ...rules.holdout, salt: event.target.value } })} /></Field>
            </div>
          </Box>
          <Box title={t("gate.large")} hint={t("gate.large_hint")}>
            <div className="gate-fields">
              <Field label={t("gate.approval_above")}><InputNumber disabled={!can} min={0} max={1_000_000_000} precision={0} value={rules.approval_above} onChange={(value) => set({ approval_above: value ?? 10_000 })} /></Field>
              <Field label={t("gate.breaker")}><InputNumber disabled={!can} min={1} max={100} value={rules.breaker_percent} onChange={(value) => set({ breaker_percent: value ?? 20 })} /></Field>
              <Field label={t("gate.complaints")}><InputNumber disabled={!can} min={0.1} max={100} step={0.5} value={rules.complaint_percent} onChange={(value) => set({ complaint_percent: value ?? 3 })} /></Field>
            </div>
          </Box>
          <Box title={t("gate.consent")} hint={t("gate.consent_hint")}>
            <Select className="wide" mode="multiple" disabled={!can} value={rules.consent} onChange={(consent) => set({ consent })} options={channels} />
          </Box>
        </div>
      </div>
      <Drawer open={history} onClose={() => showHistory(false)} size={560} title={t("gate.history")} destroyOnHidden>{history ? <Versions load={(own) => { setRules(own); showHistory(false); }} /> : null}</Drawer>
    </>
  );
}

function Tried({ tried }: { tried: S.GateTried }) {
  const { t, word } = useI18n();
  const format = useFormat();
  if (tried.asks === 0) return <Alert type="info" showIcon title={t("gate.tried_none")} />;
  const reasons = [...new Set([...Object.keys(tried.before.skipped), ...Object.keys(tried.after.skipped)])].sort();
  const rows: [string, string | number, string | number][] = [
    ...(["sent", "delayed", "reached"] as const).map((name): [string, string, string] => [t(`gate.load.${name}`), format.count(tried.before[name]), format.count(tried.after[name])]),
    [t("gate.load.each"), tried.before.each.toFixed(2), tried.after.each.toFixed(2)],
    [t("gate.load.most"), format.count(tried.before.most), format.count(tried.after.most)],
    ...reasons.map((own): [string, string, string] => [`${t("gate.load.skipped")} · ${word("messages.reason", own)}`, format.count(tried.before.skipped[own] ?? 0), format.count(tried.after.skipped[own] ?? 0)]),
  ];
  return (
    <div className="panel list">
      <div className="panel-head">{t("gate.try")} · {t("gate.tried", { asks: format.count(tried.asks), people: format.count(tried.people) })}{tried.cut ? ` · ${t("gate.tried_cut")}` : ""}</div>
      <Table
        size="small" pagination={false} rowKey={([name]) => name} dataSource={rows}
        columns={[
          { title: "", render: (_, [name]) => name },
          { title: t("gate.before"), align: "right", render: (_, [, before]) => <Num>{before}</Num> },
          { title: t("gate.after"), align: "right", render: (_, [, before, after]) => (before === after ? <Num muted>{after}</Num> : <b><Num>{after}</Num></b>) },
        ]}
      />
    </div>
  );
}

function Versions({ load }: { load: (rules: S.GateRules) => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const found = useQuery({ queryKey: gateKeys.versions, queryFn: api.versions });
  if (!found.data) return <Skeleton active />;
  return (
    <Table
      size="small" pagination={false} rowKey={(row) => row.version} dataSource={found.data.items}
      columns={[
        { title: "", render: (_, row) => <Button type="link" size="small" onClick={() => load(row.rules)}>{t("gate.version", { n: row.version })}</Button> },
        { title: t("gate.note"), render: (_, row) => <>{row.note || "–"}<div className="muted small">{row.created_by} · {row.created_at ? format.at(row.created_at) : ""}</div></> },
      ]}
    />
  );
}
