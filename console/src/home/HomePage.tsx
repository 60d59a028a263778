import { CheckCircleFilled, RightOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Progress, Skeleton } from "antd";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Link } from "react-router";
import { home, wecom } from "../api/calls";
import { keys } from "../api/keys";
import type { AttentionKey, ChecklistKey, Overview, Permission } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n, type Key } from "../i18n";
import { analysis, seeKeys } from "../see/calls";
import { LeaversBanner } from "../handover/LeaversBanner";
import { ErrorView } from "../shell/errors";
import { analyses } from "../shell/menu";
import { EmptyHint, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import { CarrierTroubles } from "../carriers/Troubles";
import { statusQuery } from "../wecom/status";
import { Trouble } from "../wecom/Trouble";
import { TrySidebar } from "../guides/TrySidebar";
import { lastBusyDay } from "./quiet";
import "./home.css";

const TrendChart = lazy(() => import("./TrendChart"));

export function HomePage() {
  const { t } = useI18n();
  const overview = useQuery({ queryKey: keys.overview, queryFn: home.overview, refetchInterval: 60_000 });
  return (
    <>
      <PageHead title={t("home.title")} />
      {overview.isError && !overview.data ? <ErrorView error={overview.error} retry={() => void overview.refetch()} /> : null}
      {overview.isPending ? <Skeleton active paragraph={{ rows: 10 }} /> : null}
      {overview.data ? <Body data={overview.data} /> : null}
    </>
  );
}

function Body({ data }: { data: Overview }) {
  return (
    <div className="stack">
      <WecomTrouble />
      <CarrierTroubles />
      <TrySidebar />
      <LeaversBanner />
      <Numbers data={data} />
      <div className="two">
        <div className="stack"><Attention items={data.attention} /><Trend data={data} /></div>
        <div className="stack"><Questions /><Checklist items={data.checklist} /></div>
      </div>
    </div>
  );
}

/** A connection in trouble stands before everything: until it is put right nothing comes in. */
function WecomTrouble() {
  const { t } = useI18n();
  const can = useCan();
  const status = useQuery({ ...statusQuery(wecom.status), enabled: can("people.read") });
  if (!status.data?.trouble) return null;
  return <Trouble code={status.data.trouble} action={can("settings.write") ? <Link to="/settings/wecom"><Button size="small" type="primary">{t("wecom.trouble_fix")}</Button></Link> : undefined} />;
}

/** The questions most asked, as far as there is something to answer them from. */
const ASKED = ["activity", "lifecycle", "rfm", "funnel", "retention", "attribution"] as const;

function Questions() {
  const { t } = useI18n();
  const may = useCan()("people.read");
  const defaults = useQuery({ queryKey: seeKeys.defaults, queryFn: analysis.defaults, staleTime: 60_000, enabled: may });
  const shown = ASKED.filter((kind) => defaults.data?.[kind]);
  if (shown.length === 0) return null;
  return (
    <section className="panel">
      <div className="panel-head"><span>{t("home.ask")}</span><Link to="/see" className="small">{t("nav.see_all")}</Link></div>
      {shown.map((kind) => (
        <Line key={kind} to={`/see/${kind}`} mark={analyses.flatMap((part) => part.entries).find((entry) => entry.path === `/see/${kind}`)?.icon}>
          <b>{t(`see.${kind}`)}</b><span className="muted small">{t(`see.hint.${kind}`)}</span>
        </Line>
      ))}
    </section>
  );
}

function Figure({ label, value, sub, to, needs }: { label: Key; value: string; sub: string; to?: string; needs: Permission }) {
  const { t } = useI18n();
  const inside = <><div className="label">{t(label)}</div><div className="value" title={value}>{value}</div><div className="sub">{sub}</div></>;
  const may = useCan()(needs);
  return to && may ? <Link className="number" to={to}>{inside}</Link> : <div className="number">{inside}</div>;
}

function Numbers({ data }: { data: Overview }) {
  const { t } = useI18n();
  const format = useFormat();
  const recent = data.days.reduce((sum, day) => sum + day.orders, 0);
  const money = (minor: number) => (Math.abs(minor) >= 1e10 ? format.moneyShort : format.money)(minor, data.currency);
  return (
    <div className="numbers">
      <Figure label="home.people" value={format.count(data.people)} sub={t("home.identified", { n: format.count(data.identified) })} to="/people" needs="people.read" />
      <Figure label="home.orders" value={format.count(data.orders)} sub={t("home.orders_sub", { n: format.count(recent) })} to="/orders" needs="orders.read" />
      <Figure label="home.revenue" value={money(data.revenue)} sub={t("home.net", { n: money(data.net) })} to="/orders" needs="orders.read" />
      <Figure label="home.events" value={typeof data.events === "number" ? format.count(data.events) : "–"} sub={t("home.events_sub", { n: format.count(data.quarantined) })} to="/events" needs="events.read" />
      <Figure label="home.merges" value={format.count(data.merges)} sub={t("home.merges_sub")} to="/people?merged=true" needs="people.read" />
    </div>
  );
}

function Trend({ data }: { data: Overview }) {
  const { t } = useI18n();
  const { last, quiet } = lastBusyDay(data.days);
  const something = last !== null;
  return (
    <section className="panel">
      <div className="panel-head">{t("home.trend")}</div>
      {something && quiet > 1 ? <p className="muted panel-note">{t("home.trend_quiet", { n: quiet, day: last })}</p> : null}
      {something ? (
        <Suspense fallback={<div className="chart"><Skeleton active /></div>}><TrendChart days={data.days} currency={data.currency} /></Suspense>
      ) : <EmptyHint title={t("home.trend")}>{t("home.trend_none")}</EmptyHint>}
    </section>
  );
}

const todo: Record<ChecklistKey, { to: string; needs: Permission }> = {
  import_people: { to: "/imports/new?kind=people", needs: "import.run" },
  import_orders: { to: "/imports/new?kind=orders", needs: "import.run" },
  connect_sdk: { to: "/settings/keys", needs: "keys.manage" },
  create_tag: { to: "/tags?new=rule", needs: "tags.write" },
  invite_user: { to: "/settings/users?new=1", needs: "users.manage" },
  lock_schema: { to: "/schema", needs: "schema.write" },
};

function Checklist({ items }: { items: Overview["checklist"] }) {
  const { t } = useI18n();
  const can = useCan();
  const shown = items.filter((item) => item.key in todo && can(todo[item.key].needs));
  const done = shown.filter((item) => item.done).length;
  if (shown.length === 0) return null;
  const ordered = [...shown].sort((a, b) => Number(a.done) - Number(b.done));
  return (
    <section className="panel">
      <div className="panel-head">
        <span>{t("home.next")}</span><span className="muted small num">{t("home.next_done", { done, all: shown.length })}</span>
      </div>
      <div className="check-bar"><Progress percent={Math.round((done / shown.length) * 100)} showInfo={false} size="small" /></div>
      {ordered.map((item) => (
        <Line key={item.key} to={todo[item.key].to} done={item.done}>
          <b>{t(`home.do.${item.key}`)}</b><span className="muted small">{t(`home.why.${item.key}`)}</span>
        </Line>
      ))}
    </section>
  );
}

function Line({ to, done, mark, children }: { to: string; done?: boolean; mark?: ReactNode; children: ReactNode }) {
  return (
    <Link to={to} className={done ? "todo done" : "todo"}>
      <span className="todo-mark">{mark ?? (done ? <CheckCircleFilled /> : <i />)}</span>
      <span className="todo-text">{children}</span>
      <RightOutlined className="todo-go" />
    </Link>
  );
}

const attention: Record<AttentionKey, { to: string; needs: Permission }> = {
  quarantine: { to: "/quarantine", needs: "events.read" },
  identity_conflict: { to: "/people?conflict=true", needs: "people.read" },
  import_failed: { to: "/imports", needs: "import.run" },
  // What is counted runs out within a week; the day is put in when the link is drawn.
  expiring_tags: { to: "/people?tag_expires_to=", needs: "people.read" },
};

function Attention({ items }: { items: Overview["attention"] }) {
  const { t } = useI18n();
  const format = useFormat();
  const can = useCan();
  const [week] = useState(() => format.day(new Date(Date.now() + 7 * 86_400_000).toISOString()));
  const shown = items.filter((item) => item.count > 0 && item.key in attention && can(attention[item.key].needs));
  return (
    <section className="panel">
      <div className="panel-head">{t("home.attention")}</div>
      {shown.length === 0 ? <p className="muted pad">{t("home.attention_none")}</p> : null}
      {shown.map((item) => {
        const { to } = attention[item.key];
        return (
          <Link key={item.key} to={to.endsWith("=") ? to + week : to} className="todo">
            <span className="count num">{format.count(item.count)}</span><span className="todo-text">{t(`home.att.${item.key}`)}</span><RightOutlined className="todo-go" />
          </Link>
        );
      })}
    </section>
  );
}
