/** @jsxImportSource preact */
import { useState } from "preact/hooks";
import { at, get, type Group, type Items, type Member, type Session, type Task } from "./api";
import { CustomerView } from "./Customer";
import { Scripts, type Send } from "./Scripts";
import { NewTask, TaskCard } from "./Tasks";
import { Empty, Face, More, Tabs, Wait, Wrong, useAsk, usePages } from "./ui";
import { count, day, t } from "./words";

type Tab = "members" | "scripts" | "tasks";

export function GroupView({ id, session, send }: { id: string; session: Session; send: Send }) {
  const [tab, go] = useState<Tab>("members");
  const [who, look] = useState<string | null>(null);
  const group = useAsk(() => get<Group>(`/groups/${at(id)}`), [id]);
  if (group.error) return <Wrong error={group.error} again={group.again} />;
  const own = group.value;
  if (!own) return <Wait />;
  // What is sent from here goes to the group: beside a single member nothing is sent.
  if (who) return <CustomerView id={who} session={session} send={null} back={() => look(null)} />;
  const stats: [string, number][] = [
    [t("group.known"), own.known], [t("group.mine"), own.mine], [t("group.buyers"), own.buyers], [t("group.joined"), own.joined], [t("group.left"), own.left],
  ];
  const tabs: [Tab, string][] = [["members", t("tab.members")], ["scripts", t("tab.scripts")], ["tasks", t("tab.tasks")]];
  return (
    <main>
      <header class="head">
        <h1>{own.name}</h1>
        <p class="dim">{t("group.numbers", { members: count(own.members), customers: count(own.customers) })} · {t("group.owner", { name: own.owner_name || own.owner })}</p>
        {own.notice ? <p class="small">{t("group.notice")}{t("colon")}{own.notice}</p> : null}
        <dl class="stats">{stats.map(([name, n]) => <div key={name}><dt>{name}</dt><dd>{count(n)}</dd></div>)}</dl>
      </header>
      <Tabs tabs={tabs} now={tab} go={go} label={own.name} />
      {tab === "members" ? <Members id={id} look={look} /> : null}
      {tab === "scripts" ? <Scripts to={{ chat_id: id }} send={send} sent={() => {}} /> : null}
      {tab === "tasks" ? <GroupTasks id={id} session={session} /> : null}
    </main>
  );
}

function Members({ id, look }: { id: string; look: (id: string) => void }) {
  const list = usePages((after) => get<Items<Member>>(`/groups/${at(id)}/members`, { after, limit: 50 }), [id]);
  if (list.error) return <Wrong error={list.error} again={list.again} />;
  if (!list.items) return <Wait />;
  return (
    <section class="list">
      <ul class="people">
        {list.items.map((own, n) => {
          const mark = !own.outside ? t("member.staff") : own.external_userid ? t("member.orders", { n: own.orders ?? 0 }) : t(own.known ? "member.known" : "member.stranger");
          const inside = <><Face name={own.name} /><span class="grow"><b>{own.name}</b><small class="dim">{day(own.join_at)}</small></span><span class={own.external_userid ? "mark blue" : "mark"}>{mark}</span></>;
          const whom = own.external_userid;
          return <li key={n}>{whom ? <button type="button" class="person" onClick={() => look(whom)}>{inside}</button> : <div class="person">{inside}</div>}</li>;
        })}
      </ul>
      <More more={list.more} busy={list.busy} />
    </section>
  );
}

function GroupTasks({ id, session }: { id: string; session: Session }) {
  const [adding, add] = useState(false);
  const list = useAsk(() => get<Items<Task>>("/tasks", { chat_id: id, limit: 50 }), [id]);
  if (list.error) return <Wrong error={list.error} again={list.again} />;
  return (
    <section class="list">
      {session.permissions.includes("people.write") ? <button type="button" class="more" onClick={() => add(true)}>{t("tasks.new")}</button> : null}
      {list.value ? null : <Wait />}
      {list.value?.items.length === 0 ? <Empty text={t("tasks.none")} /> : null}
      {list.value?.items.map((task) => <TaskCard key={task.id} task={task} session={session} changed={list.again} />)}
      {adding ? <NewTask about={{ chat_id: id }} close={() => add(false)} made={list.again} /> : null}
    </section>
  );
}
