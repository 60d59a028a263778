/** @jsxImportSource preact */
// The pool and my leads: claim, call, say what came of it.
import { useState } from "preact/hooks";
import { at, get, post, type Items, type Lead, type LeadRoom, type LeadWhole, type Session } from "./api";
import { useLater } from "./Scripts";
import { Empty, More, Sheet, Tabs, Wait, Wrong, useAsk, useDo, usePages } from "./ui";
import { count, day, moment, t, word } from "./words";

type View = "mine" | "pool" | "ended";

const nameOf = (lead: Lead) => lead.name || lead.phone || t("leads.nameless");
const isHeld = (lead: Lead) => lead.state === "claimed" || lead.state === "contacted";
const markOf = (state: string) => (state === "added" || state === "won" ? "active" : state === "lost" || state === "merged" ? "" : state === "claimed" ? "at_risk" : "blue");

export function LeadsPage({ session, open }: { session: Session; open: (id: string) => void }) {
  const [view, go] = useState<View>("mine");
  const [text, type] = useState("");
  const [who, look] = useState<string | null>(null);
  const [round, next] = useState(0);
  const q = useLater(text);
  const may = session.permissions.includes("people.write");
  const room = useAsk(() => get<LeadRoom>("/leads/room"), [round]);
  const tabs: [View, string][] = [["mine", t("leads.mine")], ["pool", t("leads.pool")], ["ended", t("leads.ended")]];
  const changed = () => next(round + 1);
  return (
    <section class="list">
      <Tabs tabs={tabs} now={view} go={go} label={t("work.leads")} />
      {room.value ? <p class="dim small">{roomText(room.value)}</p> : null}
      <input class="search" type="search" value={text} placeholder={t("leads.search")} aria-label={t("leads.search")} onInput={(event) => type(event.currentTarget.value)} />
      <LeadList key={`${view} ${round}`} view={view} q={q} may={may && room.value?.claim !== false} look={look} changed={changed} />
      {who ? <LeadSheet id={who} may={may} close={() => look(null)} changed={changed} open={open} /> : null}
    </section>
  );
}

function roomText(own: LeadRoom): string {
  const common = { held: count(own.held), today: count(own.today) };
  const said = own.left === null || own.left === undefined ? t("leads.room_free", common) : t("leads.room", { ...common, left: count(own.left) });
  return own.claim ? said : `${said} · ${t("leads.off")}`;
}

function LeadList({ view, q, may, look, changed }: { view: View; q: string; may: boolean; look: (id: string) => void; changed: () => void }) {
  const list = usePages((after) => get<Items<Lead>>("/leads", { view, q, after, limit: 30 }), [view, q]);
  if (list.error) return <Wrong error={list.error} again={list.again} />;
  if (!list.items) return <Wait />;
  if (list.items.length === 0) return <Empty text={t(`leads.none.${view}`)} />;
  return (
    <>
      {list.items.map((lead) => <LeadCard key={lead.id} lead={lead} may={may} look={look} changed={changed} />)}
      <More more={list.more} busy={list.busy} />
    </>
  );
}

function LeadCard({ lead, may, look, changed }: { lead: Lead; may: boolean; look: (id: string) => void; changed: () => void }) {
  const { busy, run } = useDo();
  const pooled = lead.state === "new" || lead.state === "recycled";
  // Whoever was too late sees the pool as it is now.
  const claim = async () => {
    await run(() => post(`/leads/${at(lead.id)}/claim`, {}), t("leads.claimed"));
    changed();
  };
  return (
    <div class="card">
      <div class="row">
        <button type="button" class="plain" onClick={() => look(lead.id)}><b>{nameOf(lead)}</b></button>
        <span class={`mark ${markOf(lead.state)}`}>{word("leads.state", lead.state)}</span>
      </div>
      <p class="dim small">{[lead.name ? lead.phone : "", word("leads.source", lead.source), lead.store_name, lead.reason ? word("leads.reason", lead.reason) : ""].filter(Boolean).join(" · ")}</p>
      {lead.note ? <p>{lead.note}</p> : null}
      {lead.due_at ? <p class="small warn">{t("leads.due", { at: moment(lead.due_at) })}</p> : null}
      {pooled && may ? <p class="buttons"><button type="button" class="main" disabled={busy} onClick={() => void claim()}>{t("leads.claim")}</button></p> : null}
    </div>
  );
}

const WAYS = ["phone", "wecom", "sms", "store", "other"] as const;
const RESULTS = ["reached", "no_answer", "refused", "invalid"] as const;
type Doing = "contact" | "release" | "lose" | "win" | "notes";

function LeadSheet({ id, may, close, changed, open }: { id: string; may: boolean; close: () => void; changed: () => void; open: (id: string) => void }) {
  const whole = useAsk(() => get<LeadWhole>(`/leads/${at(id)}`), [id]);
  const [doing, go] = useState<Doing | null>(null);
  const [phone, show] = useState<string | null>(null);
  const { busy, run } = useDo();
  if (whole.error) return <Sheet title={t("work.leads")} close={close}><Wrong error={whole.error} again={whole.again} /></Sheet>;
  if (!whole.value) return <Sheet title={t("work.leads")} close={close}><Wait /></Sheet>;
  const { lead, moves, external_userid: friend } = whole.value;
  const held = isHeld(lead);
  const dial = () => void run(async () => show((await post<{ phone?: string | null }>(`/leads/${at(id)}/phone`, {})).phone ?? ""));
  const acts: [Doing, string, boolean][] = [
    ["contact", t("leads.contact"), held], ["release", t("leads.release"), held], ["win", t("leads.win"), held || lead.state === "added"], ["lose", t("leads.lose"), held || lead.state === "added"], ["notes", t("leads.note"), true],
  ];
  return (
    <Sheet title={nameOf(lead)} close={close}>
      <p class="marks"><span class={`mark ${markOf(lead.state)}`}>{word("leads.state", lead.state)}</span><span class="dim small">{[word("leads.source", lead.source), lead.store_name, lead.due_at ? t("leads.due", { at: moment(lead.due_at) }) : ""].filter(Boolean).join(" · ")}</span></p>
      {lead.note ? <blockquote>{lead.note}</blockquote> : null}
      {held && may ? (
        <>
          {phone === null ? <button type="button" disabled={busy} onClick={dial}>{t("leads.phone")}</button> : phone ? <a class="button" href={`tel:${phone}`}>{t("leads.call", { phone })}</a> : <p class="dim">{t("leads.no_phone")}</p>}
          <p class="dim small">{t("leads.add_hint")}</p>
        </>
      ) : null}
      {friend ? <button type="button" class="main" onClick={() => { close(); open(friend); }}>{t("leads.open")}</button> : null}
      {may && (held || lead.state === "added") ? <p class="chips">{acts.filter(([, , ok]) => ok).map(([key, name]) => <button key={key} type="button" class="chip" aria-pressed={doing === key} onClick={() => go(doing === key ? null : key)}>{name}</button>)}</p> : null}
      {doing ? <Act key={doing} id={id} doing={doing} done={() => { go(null); whole.again(); changed(); }} /> : null}
      <h3>{t("leads.history")}</h3>
      <ol class="line">
        {moves.map((own) => (
          <li key={own.id}>
            <time>{day(own.at)}</time>
            <span>{[word("leads.what", own.what), own.reason ? word("leads.reason", own.reason) : "", own.staff_name].filter(Boolean).join(" · ")}</span>
            {own.note ? <span class="dim">{own.note}</span> : null}
          </li>
        ))}
      </ol>
    </Sheet>
  );
}

function Act({ id, doing, done }: { id: string; doing: Doing; done: () => void }) {
  const [way, byWay] = useState<string>("phone");
  const [result, came] = useState<string>("reached");
  const [text, type] = useState("");
  const { busy, run } = useDo();
  const reason = doing === "release" || doing === "lose";
  const needed = reason || doing === "notes";
  const body = doing === "contact" ? { way, result, note: text } : reason ? { reason: text } : { note: text };
  const save = async () => {
    if (await run(() => post(`/leads/${at(id)}/${doing}`, body), t("saved"))) done();
  };
  return (
    <>
      {doing === "contact" ? (
        <>
          <p class="chips">{WAYS.map((own) => <button key={own} type="button" class="chip" aria-pressed={way === own} onClick={() => byWay(own)}>{word("leads.way", own)}</button>)}</p>
          <p class="chips">{RESULTS.map((own) => <button key={own} type="button" class="chip" aria-pressed={result === own} onClick={() => came(own)}>{word("leads.reason", own)}</button>)}</p>
        </>
      ) : null}
      <label class="field tall"><span>{t(reason ? "leads.reason_needed" : needed ? "leads.note" : "leads.note_optional")}</span><textarea rows={2} maxLength={reason ? 200 : 500} value={text} onInput={(event) => type(event.currentTarget.value)} /></label>
      <p class="buttons"><button type="button" class="main" disabled={busy || (needed && !text.trim())} onClick={() => void save()}>{t("save")}</button></p>
    </>
  );
}
