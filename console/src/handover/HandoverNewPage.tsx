// A new hand-over: who gives, which, who takes, why; then what it would come to; then it is sent.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, InputNumber, Radio, Select, Switch } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { TagSelect } from "../people/pickers";
import { useErrorText } from "../shell/errors";
import { MayButton, Need, Num, PageHead, useSettled } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { audiences } from "../audiences/calls";
import { handoverKeys, handovers as api, type HandoverNew } from "./calls";
import { StaffSelect } from "./parts";
import "./handover.css";

export function HandoverNewPage() {
  return <Need permission="handover.run"><Wizard /></Need>;
}

type Which = "all" | "tag" | "audience";
interface Taker { staff: string; weight: number }

function Wizard() {
  const { t } = useI18n();
  const text = useErrorText();
  const go = useNavigate();
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const [filters] = useFilters();
  const [what, setWhat] = useState<"customers" | "groups">(filters.what === "groups" ? "groups" : "customers");
  const [from, setFrom] = useState<string[]>(filters.from ? [filters.from] : []);
  const [takers, setTakers] = useState<Taker[]>([]);
  const [which, setWhich] = useState<Which>("all");
  const [tag, setTag] = useState<string>();
  const [audience, setAudience] = useState<string>();
  const [byStore, setByStore] = useState(false);
  const [reason, setReason] = useState("");
  const [words, setWords] = useState("");
  const groups = what === "groups";
  const body: HandoverNew = {
    what, from, to: takers, by_store: byStore && !groups, reason: reason.trim() || "–", message: words.trim() || null,
    tag: !groups && which === "tag" ? tag : null, audience: !groups && which === "audience" ? audience : null,
  };
  const chosen = from.length > 0 && takers.length > 0 && (groups || which === "all" || (which === "tag" ? tag : audience));
  const complete = Boolean(chosen) && reason.trim() !== "";
  const send = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.add(body),
    onSuccess: (job) => {
      void client.invalidateQueries({ queryKey: handoverKeys.all });
      void message.success(t("handover.begun_now"));
      void go(`/handovers/${job.id}`);
    },
  });
  const choose = (next: string[]) => setTakers(next.map((staff) => takers.find((own) => own.staff === staff) ?? { staff, weight: 1 }));
  const ask = () => void modal.confirm({ title: t("handover.confirm_title"), content: t(groups ? "handover.confirm_groups" : "handover.confirm_customers"), okText: t("handover.send"), cancelText: t("action.cancel"), onOk: () => send.mutateAsync().catch(() => undefined) });
  return (
    <>
      <PageHead title={t("handover.new")} hint={<Link to="/handovers">{t("nav.handovers")}</Link>} />
      <Form layout="vertical" requiredMark={false}>
        <div className="two">
          <section className="panel pad">
            <Form.Item label={t("handover.what")}>
              <Radio.Group optionType="button" value={what} onChange={(event) => setWhat(event.target.value as "customers" | "groups")} options={[{ value: "customers", label: t("handover.what.customers") }, { value: "groups", label: t("handover.what.groups") }]} />
            </Form.Item>
            <Form.Item label={t("handover.from")} extra={t("handover.from_hint")} htmlFor="handover-from"><StaffSelect id="handover-from" gone value={from} onChange={setFrom} /></Form.Item>
            {groups ? null : (
              <Form.Item label={t("handover.which")}>
                <Radio.Group value={which} onChange={(event) => setWhich(event.target.value as Which)} options={(["all", "tag", "audience"] as const).map((value) => ({ value, label: t(`handover.which.${value}`) }))} />
                {which === "tag" ? <div className="gap-above"><TagSelect value={tag} onChange={setTag} placeholder={t("handover.which.tag")} /></div> : null}
                {which === "audience" ? <div className="gap-above"><AudienceSelect value={audience} onChange={setAudience} /></div> : null}
              </Form.Item>
            )}
            <Form.Item label={t("handover.to")} extra={takers.length > 1 ? t("handover.weights_hint") : undefined} htmlFor="handover-to">
              <StaffSelect id="handover-to" value={takers.map((own) => own.staff)} onChange={choose} />
              {takers.length > 1 ? takers.map((own) => (
                <div key={own.staff} className="row taker"><span className="grow break">{own.staff}</span><span className="muted small">{t("handover.weight")}</span><InputNumber aria-label={`${t("handover.weight")} ${own.staff}`} min={1} max={100} value={own.weight} onChange={(weight) => setTakers(takers.map((one) => (one.staff === own.staff ? { ...one, weight: weight ?? 1 } : one)))} /></div>
              )) : null}
            </Form.Item>
            {groups || takers.length < 2 ? null : <Form.Item label={t("handover.by_store")} extra={t("handover.by_store_hint")}><Switch checked={byStore} onChange={setByStore} /></Form.Item>}
            <Form.Item label={t("handover.reason")} extra={t("handover.reason_hint")} htmlFor="handover-reason"><Input id="handover-reason" maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} /></Form.Item>
            {groups ? null : <Form.Item label={t("handover.message")} extra={t("handover.message_hint")} htmlFor="handover-message"><Input.TextArea id="handover-message" maxLength={200} autoSize={{ minRows: 2 }} value={words} onChange={(event) => setWords(event.target.value)} /></Form.Item>}
            {send.error ? <Alert type="error" showIcon title={text(send.error)} className="gap-below" /> : null}
            <div className="row">
              <MayButton permission="handover.run" type="primary" disabled={!complete} loading={send.isPending} tooltip={complete ? undefined : t("handover.incomplete")} onClick={ask}>{t("handover.send")}</MayButton>
              <Button onClick={() => void go("/handovers")}>{t("action.cancel")}</Button>
            </div>
          </section>
          <Foreseen body={body} ready={Boolean(chosen)} />
        </div>
      </Form>
    </>
  );
}

function AudienceSelect({ value, onChange }: { value?: string; onChange: (next: string) => void }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: ["audiences", "choice", "handover"], queryFn: () => audiences.list({ limit: 200 }), staleTime: 60_000 });
  return <Select className="full" showSearch={{ optionFilterProp: "label" }} placeholder={t("handover.which.audience")} value={value} onChange={onChange} loading={found.isPending} options={found.data?.items.map((own) => ({ value: own.id, label: own.name }))} />;
}

function Foreseen({ body, ready }: { body: HandoverNew; ready: boolean }) {
  const { t } = useI18n();
  const format = useFormat();
  const text = useErrorText();
  // What people are told does not change who can be handed over.
  const asked = useSettled(JSON.stringify({ ...body, reason: "–", message: null }));
  // While somebody chooses, what is asked may be of a moment before.
  const meant = JSON.parse(asked) as HandoverNew;
  const whole = ready && meant.from.length > 0 && meant.to.length > 0;
  const forecast = useQuery({ queryKey: [...handoverKeys.all, "forecast", asked], queryFn: ({ signal }) => api.forecast(meant, signal), enabled: whole, retry: false, meta: { quiet: true } });
  const own = forecast.data;
  return (
    <section className="panel pad stack tight" aria-live="polite">
      <b>{t("handover.forecast")}</b>
      {!ready ? <p className="muted">{t("handover.forecast_waits")}</p> : null}
      {ready && forecast.error ? <Alert type="warning" showIcon title={text(forecast.error)} /> : null}
      {ready && own ? (
        <>
          <div className="foreseen"><span className="value num">{format.count(own.ready)}</span><span className="muted">{t("handover.ready_of", { total: format.count(own.total) })}</span></div>
          {own.not.map((why) => <div key={why.code} className="row between"><span>{why.label}</span><Num>{format.count(why.count)}</Num></div>)}
          {own.to.map((one) => (
            <div key={one.staff} className="row between taker"><span>{one.name || one.staff} <span className="muted small">{one.store}</span></span><span className="num">{format.count(one.has)} <b className="good">+{format.count(one.gets)}</b></span></div>
          ))}
          {own.days > 1 ? <p className="muted small">{t("handover.takes_days", { n: own.days })}</p> : null}
          {own.at_work && body.what === "customers" ? <p className="muted small">{t("handover.day_to_refuse")}</p> : null}
        </>
      ) : null}
    </section>
  );
}
