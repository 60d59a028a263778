// One lead: who it is, what happened, what may be done.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Input, Select, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useChannelName } from "../channels/useChannelName";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { useCan } from "../shell/session";
import { AssignLeads } from "./AssignLeads";
import { leadKeys, leads as api, RESULTS, WAYS, type Lead, type LeadMove } from "./calls";
import "./leads.css";
import { held, LeadState, pooled, useLeadName } from "./parts";

export function LeadDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useI18n();
  const lead = useQuery({ queryKey: leadKeys.one(id), queryFn: () => api.get(id) });
  const name = useLeadName();
  return (
    <Drawer open onClose={onClose} size={520} title={lead.data ? name(lead.data) : t("nav.leads")}>
      {lead.isPending ? <Skeleton active /> : lead.isError ? <ErrorView error={lead.error} retry={() => void lead.refetch()} /> : <Body lead={lead.data} />}
    </Drawer>
  );
}

function Body({ lead }: { lead: Lead }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const channel = useChannelName();
  const can = useCan();
  const moves = useQuery({ queryKey: leadKeys.moves(lead.id), queryFn: () => api.moves(lead.id) });
  const phone = useMutation({ mutationFn: () => api.phone(lead.id) });
  const facts: [string, React.ReactNode][] = [
    [t("leads.state"), <><LeadState state={lead.state} />{lead.reason ? <span className="muted">{word("leads.reason", lead.reason)}</span> : null}</>],
    [t("leads.phone"), <span className="num">{phone.data?.phone ?? lead.phone ?? "–"} {lead.phone && !phone.data && can("people.unmask") ? <Button size="small" type="link" loading={phone.isPending} onClick={() => phone.mutate()}>{t("leads.show_phone")}</Button> : null}</span>],
    [t("leads.from"), [word("leads.source", lead.source), channel(lead.channel)].filter(Boolean).join(" · ")],
    [t("leads.store"), lead.store ? lead.store_name || lead.store : t("leads.brand_pool")],
    [t("leads.staff"), lead.staff_name || lead.staff || "–"],
    [t("leads.goes_back"), lead.due_at ? format.at(lead.due_at) : "–"],
    [t("leads.round"), format.count(lead.round)],
    [t("leads.note"), lead.note || "–"],
  ];
  return (
    <div className="stack">
      <dl className="lead-facts">{facts.map(([label, value]) => <div key={label}><dt className="muted">{label}</dt><dd>{value}</dd></div>)}</dl>
      {lead.person ? <Link to={`/people/${lead.person}`}>{t("leads.open_person")}</Link> : null}
      {can("leads.manage") ? <Actions lead={lead} /> : null}
      <h3>{t("leads.history")}</h3>
      {moves.isPending ? <Skeleton active /> : null}
      <ol className="lead-moves">{(moves.data?.items ?? []).map((own) => <Move key={own.id} own={own} />)}</ol>
    </div>
  );
}

function Move({ own }: { own: LeadMove }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const who = (name: string, id: string) => name || id;
  const said = [
    own.from && own.from !== own.staff ? t("leads.from_staff", { name: who(own.from_name, own.from) }) : "",
    own.staff ? t("leads.to_staff", { name: who(own.staff_name, own.staff) }) : "",
    own.how ? word("leads.how", own.how) : "",
    own.reason ? word("leads.reason", own.reason) : "",
    own.by && own.how !== "clock" ? t("leads.by", { name: own.by }) : "",
  ].filter(Boolean);
  return (
    <li>
      <div className="row between"><b className="plain">{word("leads.what", own.what)}</b><span className="muted small num">{format.at(own.at)}</span></div>
      <div className="muted small">{said.join(" · ")}</div>
      {own.note ? <div>{own.note}</div> : null}
    </li>
  );
}

type Doing = "contact" | "release" | "lose" | "win" | "note" | null;

function Actions({ lead }: { lead: Lead }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [doing, setDoing] = useState<Doing>(null);
  const [giving, setGiving] = useState(false);
  const [words, setWords] = useState("");
  const [way, setWay] = useState<string>("phone");
  const [result, setResult] = useState<string>("reached");
  const done = () => {
    void client.invalidateQueries({ queryKey: leadKeys.all });
    void message.success(t("action.saved"));
    setDoing(null);
    setWords("");
  };
  const act = useMutation({
    meta: { quiet: true },
    mutationFn: () => {
      if (doing === "contact") return api.contact(lead.id, { way, result, note: words });
      if (doing === "release") return api.release(lead.id, words);
      if (doing === "lose") return api.lose(lead.id, words);
      if (doing === "win") return api.win(lead.id, words);
      return api.note(lead.id, words);
    },
    onSuccess: done,
  });
  const may: [Exclude<Doing, null>, boolean][] = [
    ["contact", held(lead)], ["release", held(lead) || lead.state === "lost"], ["lose", held(lead) || pooled(lead) || lead.state === "added"], ["win", held(lead) || lead.state === "added"], ["note", true],
  ];
  const needs = doing === "release" || doing === "lose" || doing === "note";
  return (
    <div className="stack tight">
      <div className="row wrap">
        {pooled(lead) || held(lead) ? <Button type="primary" onClick={() => setGiving(true)}>{t(held(lead) ? "leads.reassign" : "leads.assign")}</Button> : null}
        {may.filter(([, ok]) => ok).map(([what]) => <Button key={what} type={doing === what ? "primary" : "default"} ghost={doing === what} onClick={() => { act.reset(); setDoing(doing === what ? null : what); }}>{t(`leads.do.${what}`)}</Button>)}
      </div>
      {doing ? (
        <>
          {doing === "contact" ? (
            <div className="row">
              <Select className="w-140" value={way} onChange={setWay} aria-label={t("leads.way")} options={WAYS.map((value) => ({ value, label: word("leads.way", value) }))} />
              <Select className="w-140" value={result} onChange={setResult} aria-label={t("leads.result")} options={RESULTS.map((value) => ({ value, label: word("leads.reason", value) }))} />
            </div>
          ) : null}
          <Input.TextArea rows={2} value={words} maxLength={doing === "release" || doing === "lose" ? 200 : 500} aria-label={t(`leads.do.${doing}`)} placeholder={t(needs ? (doing === "note" ? "leads.note" : "leads.reason_needed") : "leads.note_optional")} onChange={(event) => setWords(event.target.value)} />
          {act.error ? <Alert type="error" showIcon title={text(act.error)} /> : null}
          <div><Button type="primary" disabled={needs && !words.trim()} loading={act.isPending} onClick={() => act.mutate()}>{t("action.save")}</Button></div>
        </>
      ) : null}
      {giving ? <AssignLeads ids={[lead.id]} onClose={(given) => { setGiving(false); if (given) done(); }} /> : null}
    </div>
  );
}
