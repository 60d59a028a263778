/** @jsxImportSource preact */
// Everything about one customer, beside their chat or from the list.
import { useState } from "preact/hooks";
import { at, get, type Customer, type Deed, type Items, type Order, type Session } from "./api";
import { About } from "./About";
import { Scripts, type Send } from "./Scripts";
import { Empty, Face, More, Tabs, Wait, Wrong, useAsk, usePages } from "./ui";
import { count, day, moment, money, t, word } from "./words";

type Tab = "about" | "scripts" | "history" | "orders";

export function CustomerView({ id, session, send, back }: { id: string; session: Session; send: Send | null; back?: () => void }) {
  const [tab, go] = useState<Tab>("about");
  const asked = useAsk(() => get<Customer>(`/customers/${at(id)}`), [id]);
  if (asked.error) return <Wrong error={asked.error} again={asked.again} />;
  const own = asked.value;
  if (!own) return <Wait />;
  const tabs: [Tab, string][] = [["about", t("tab.about")], ["scripts", t("tab.scripts")], ["history", t("tab.history")], ["orders", t("tab.orders")]];
  return (
    <main>
      <Head own={own} session={session} back={back} />
      <Tabs tabs={tabs} now={tab} go={go} label={own.name} />
      {tab === "about" ? <About own={own} session={session} send={send} changed={asked.set} again={asked.again} /> : null}
      {tab === "scripts" ? <Scripts to={{ external_userid: id }} send={send} sent={asked.again} /> : null}
      {tab === "history" ? <History id={id} /> : null}
      {tab === "orders" ? <Orders id={id} /> : null}
    </main>
  );
}

function Head({ own, session, back }: { own: Customer; session: Session; back: (() => void) | undefined }) {
  const { relation, orders, standing } = own;
  return (
    <header class="head">
      {back ? <button type="button" class="plain back" aria-label={t("close")} onClick={back}>‹</button> : null}
      <div class="who">
        <Face name={relation.remark || own.name} src={own.avatar} />
        <div>
          <h1>{relation.remark || own.name}</h1>
          <p class="dim">
            {relation.remark && relation.remark !== own.name ? `${own.name} · ` : ""}
            {t("about.since", { date: day(relation.since), way: relation.add_way })}
          </p>
          {relation.mine ? null : <p class="dim">{t("about.of", { name: relation.staff_name })}</p>}
          {relation.mutual ? null : <p class="warn">{t("about.half")}</p>}
        </div>
      </div>
      <p class="marks">
        <span class={`mark ${standing.stage}`}>{word("stage", standing.stage)}</span>
        <span class="mark">{word("tier", standing.tier)}</span>
        {own.stage?.name ? <span class="mark blue">{own.stage.name}</span> : null}
      </p>
      <dl class="stats">
        <div><dt>{t("stat.orders")}</dt><dd>{count(orders.count)}</dd></div>
        <div><dt>{t("stat.amount")}</dt><dd>{money(orders.amount - orders.refunded, session.workspace.currency)}</dd></div>
        <div><dt>{t("stat.last")}</dt><dd>{orders.last_at ? day(orders.last_at) : t("never")}</dd></div>
        <div><dt>{t("stat.score")}</dt><dd>{standing.score}</dd></div>
      </dl>
    </header>
  );
}

const SHOWN = ["name", "title", "stage_name", "script_title", "tag", "group_name", "product", "order_id", "total", "url", "channel"];

function History({ id }: { id: string }) {
  const list = usePages((after) => get<Items<Deed>>(`/customers/${at(id)}/events`, { after, limit: 30 }), [id]);
  if (list.error) return <Wrong error={list.error} again={list.again} />;
  if (!list.items) return <Wait />;
  if (list.items.length === 0) return <Empty text={t("history.none")} />;
  return (
    <section class="list">
      <ol class="line">
        {list.items.map((deed) => (
          <li key={deed.message_id}>
            <time>{moment(deed.at)}</time>
            <b>{word("event", deed.name)}</b>
            <span class="dim">{detail(deed)}</span>
          </li>
        ))}
      </ol>
      <More more={list.more} busy={list.busy} />
    </section>
  );
}

/** The one property that says most. */
function detail(deed: Deed): string {
  const own = (deed.properties ?? {}) as Record<string, unknown>;
  const products = Array.isArray(own.products) ? (own.products as Record<string, unknown>[]) : [];
  const named = products.map((product) => product.name ?? product.sku).filter((name) => typeof name === "string");
  if (named.length) return named.slice(0, 3).join(t("joint"));
  const key = SHOWN.find((name) => typeof own[name] === "string" || typeof own[name] === "number");
  return key ? String(own[key]) : "";
}

function Orders({ id }: { id: string }) {
  const list = usePages((after) => get<Items<Order>>(`/customers/${at(id)}/orders`, { after, limit: 20 }), [id]);
  if (list.error) return <Wrong error={list.error} again={list.again} />;
  if (!list.items) return <Wait />;
  if (list.items.length === 0) return <Empty text={t("orders.none")} />;
  return (
    <section class="list">
      {list.items.map((order) => (
        <article class="card" key={order.order_no}>
          <p class="row"><b>{money(order.amount, order.currency)}</b><time class="dim">{moment(order.at)}</time></p>
          {order.refunded > 0 ? <p class="warn">{t("orders.refunded", { sum: money(order.refunded, order.currency) })}</p> : null}
          <ul class="goods">
            {(order.lines ?? []).map((line, n) => <li key={n}>{line.title || line.sku}<span class="dim"> ×{count(line.quantity)}</span></li>)}
          </ul>
          <p class="dim small">{order.store?.name ? `${order.store.name} · ` : ""}{order.order_no}</p>
        </article>
      ))}
      <More more={list.more} busy={list.busy} />
    </section>
  );
}
