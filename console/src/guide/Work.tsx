/** @jsxImportSource preact */
// The workbench: my customers, my tasks, my numbers, and who I am.
import { useState } from "preact/hooks";
import { get, remove, type Counts, type Items, type Numbers, type Row, type Session, type Stage } from "./api";
import { CustomerView } from "./Customer";
import { LeadsPage } from "./Leads";
import { useLater } from "./Scripts";
import { TasksPage } from "./Tasks";
import { Empty, Face, More, Tabs, Wait, Wrong, useAsk, useDo, usePages } from "./ui";
import { count, day, money, t, word, type Key } from "./words";

type Place = "customers" | "leads" | "tasks" | "numbers" | "me";

export function Work({ session, other }: { session: Session; other: () => void }) {
  const [place, go] = useState<Place>("customers");
  const [who, look] = useState<string | null>(null);
  const places: Place[] = ["customers", "leads", "tasks", "numbers", "me"];
  return (
    <div class="work">
      {who ? <CustomerView key={who} id={who} session={session} send={null} back={() => look(null)} /> : null}
      {/* The list stays where it was scrolled to while one of it is looked at. */}
      <main hidden={who !== null}>
        {place === "customers" ? <Customers look={look} session={session} /> : null}
        {place === "leads" ? <LeadsPage session={session} open={look} /> : null}
        {place === "tasks" ? <TasksPage session={session} open={look} /> : null}
        {place === "numbers" ? <NumbersPage /> : null}
        {place === "me" ? <Me session={session} other={other} /> : null}
      </main>
      <nav class="bar" aria-label={session.workspace.name}>
        {places.map((own) => (
          <button key={own} type="button" aria-current={place === own ? "page" : undefined} onClick={() => { look(null); go(own); }}>{t(`work.${own}`)}</button>
        ))}
      </nav>
    </div>
  );
}

const ONLY = ["", "new", "bought", "no_order", "lapsed"] as const;

function Customers({ look, session }: { look: (id: string) => void; session: Session }) {
  const [text, type] = useState("");
  const [only, choose] = useState<(typeof ONLY)[number]>("");
  const [stage, set] = useState("");
  const q = useLater(text);
  const stages = useAsk(() => get<Items<Stage>>("/stages"), []);
  const list = usePages((after) => get<Items<Row>>("/customers", { q, only, stage, after, limit: 30 }), [q, only, stage]);
  const names = new Map((stages.value?.items ?? []).map((own) => [own.id, own.name]));
  return (
    <section class="list">
      <input class="search" type="search" value={text} placeholder={t("customers.search")} aria-label={t("customers.search")} onInput={(event) => type(event.currentTarget.value)} />
      <p class="chips scroll">
        {ONLY.map((own) => <button key={own} type="button" class="chip" aria-pressed={only === own} onClick={() => choose(own)}>{t(own ? `customers.${own}` : "customers.all")}</button>)}
        <select class="chip" value={stage} aria-label={t("about.stage")} onChange={(event) => set(event.currentTarget.value)}>
          <option value="">{t("customers.any_stage")}</option>
          {(stages.value?.items ?? []).map((own) => <option key={own.id} value={own.id}>{own.name}</option>)}
        </select>
      </p>
      {list.error ? <Wrong error={list.error} again={list.again} /> : null}
      {!list.items && !list.error ? <Wait /> : null}
      {list.items?.length === 0 ? <Empty text={t("customers.none")} /> : null}
      <ul class="people">
        {list.items?.map((own) => (
          <li key={`${own.external_userid} ${own.staff}`}>
            <button type="button" class="person" onClick={() => look(own.external_userid)}>
              <Face name={own.remark || own.name} src={own.avatar} />
              <span class="grow">
                <b>{own.remark || own.name}</b>
                <small class="dim">
                  {own.staff === session.staff.userid ? "" : `${own.staff_name} · `}
                  {own.orders.count ? `${count(own.orders.count)} ${t("stat.orders")} · ${money(own.orders.amount - own.orders.refunded, session.workspace.currency)}` : t("customers.no_order")}
                </small>
              </span>
              <span class="end"><small class="dim">{day(own.since)}</small>{own.stage ? <span class="mark blue">{names.get(own.stage) ?? ""}</span> : null}</span>
            </button>
          </li>
        ))}
      </ul>
      <More more={list.more} busy={list.busy} />
    </section>
  );
}

const DAYS = ["1", "7", "30", "90"] as const;

function NumbersPage() {
  const [days, choose] = useState<(typeof DAYS)[number]>("7");
  const asked = useAsk(() => get<Numbers>("/numbers", { days }), [days]);
  return (
    <section class="list">
      <Tabs tabs={DAYS.map((n) => [n, t("numbers.days", { n })] as const)} now={days} go={choose} label={t("work.numbers")} />
      {asked.error ? <Wrong error={asked.error} again={asked.again} /> : null}
      {asked.value ? <Table own={asked.value} /> : asked.error ? null : <Wait />}
    </section>
  );
}

interface Line { name: string; mine: string; store: string; more?: boolean }

function linesOf(own: Numbers): Line[] {
  const { mine, store, currency } = own;
  const each = (sum: number) => (store && store.staff > 0 ? sum / store.staff : null);
  const line = (key: Exclude<keyof Counts, "staff">, name: Key, cash = false, more = false): Line => {
    const show = (n: number) => (cash ? money(Math.round(n), currency) : count(n));
    const mean = store ? each(store[key]) : null;
    return { name: t(name), mine: show(mine[key]), store: mean === null ? "–" : show(mean), more };
  };
  return [
    line("added", "numbers.added"), line("lost", "numbers.lost"), line("lost_by_customer", "numbers.lost_by", false, true),
    line("customers", "numbers.customers"), line("assets", "numbers.assets"),
    line("buyers", "numbers.buyers"), line("orders", "numbers.orders"), line("amount", "numbers.amount", true), line("refunded", "numbers.refunded", true, true),
    ...figuresOf(own), line("tasks_done", "numbers.tasks_done"),
  ];
}

function figuresOf({ figures, store_figures: store, store: counts }: Numbers): Line[] {
  if (!figures) return [];
  const staff = counts?.staff ?? 0;
  const each = (sum: number | undefined) => (sum === undefined || staff === 0 ? "–" : count(sum / staff));
  const some = (n: number | null | undefined, unit = "") => (n === null || n === undefined ? "–" : `${count(n)}${unit}`);
  return [
    { name: t("numbers.messages"), mine: count(figures.messages), store: each(store?.messages) },
    { name: t("numbers.chats"), mine: count(figures.chats), store: each(store?.chats) },
    { name: t("numbers.answered"), mine: some(figures.answered, "%"), store: some(store?.answered, "%") },
    { name: t("numbers.minutes"), mine: some(figures.minutes), store: some(store?.minutes) },
  ];
}

function Table({ own }: { own: Numbers }) {
  return (
    <>
      <div class="card scrolling">
        <table class="numbers">
          <thead><tr><th /><th>{t("numbers.mine")}</th><th>{t("numbers.store")}</th></tr></thead>
          <tbody>{linesOf(own).map((line) => <tr key={line.name} class={line.more ? "sub" : ""}><td>{line.name}</td><td><b>{line.mine}</b></td><td>{line.store}</td></tr>)}</tbody>
        </table>
      </div>
      <p class="dim small">{own.figures ? t("numbers.figures", { n: own.figures.days }) : t("numbers.figures_missing", { code: own.figures_missing ?? "?" })}</p>
      <p class="dim small">{t("numbers.orders_hint")}</p>
    </>
  );
}

function Me({ session, other }: { session: Session; other: () => void }) {
  const { busy, run } = useDo();
  const [left, leave] = useState(false);
  if (left) return <Empty text={t("me.left")} />;
  const { staff, role, workspace } = session;
  return (
    <section class="list">
      <article class="card">
        <div class="who"><Face name={staff.name} /><div><h1>{staff.name}</h1><p class="dim">{workspace.name} · {staff.userid}</p></div></div>
        <dl class="facts">
          <div><dt>{t("me.store")}</dt><dd>{staff.store_name ?? staff.store ?? t("me.none")}</dd></div>
          <div><dt>{t("me.role")}</dt><dd>{word("role", role)}</dd></div>
        </dl>
        {staff.leads ? <p class="dim">{t("me.leads")}</p> : null}
      </article>
      <button type="button" class="more" onClick={other}>{t("language")}</button>
      <button type="button" class="more" disabled={busy} onClick={() => void run(() => remove("/session")).then((done) => { if (done) leave(true); })}>{t("me.leave")}</button>
    </section>
  );
}
