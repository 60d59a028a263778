import { SearchOutlined, ShoppingOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Drawer, Select, Skeleton } from "antd";
import { Link } from "react-router";
import { commerce as api } from "../api/calls";
import { keys } from "../api/keys";
import type { OrderStatus } from "../api/types";
import { dayEnd, dayStart } from "../format/time";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { DayRange, StoreSelect } from "../people/pickers";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { Copyable, EmptyHint, Need, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { OrderCard, OrderLines, StatusTag, storeName, useOrderColumns } from "./parts";

const STATES: OrderStatus[] = ["paid", "partly_refunded", "refunded", "refund_only"];

export function OrdersPage() {
  return <Need permission="orders.read"><Orders /></Need>;
}

function Orders() {
  const { t, word } = useI18n();
  const { zone } = useFormat();
  const [filters, change] = useFilters();
  const query = {
    q: filters.q, store: filters.store, status: filters.status,
    from: filters.from ? dayStart(filters.from, zone) : undefined, to: filters.to ? dayEnd(filters.to, zone) : undefined,
  };
  const some = Object.values(query).some(Boolean);
  const pages = usePages(keys.orders(query), api.orders, query);
  const clear = () => change({ q: null, store: null, status: null, from: null, to: null });
  return (
    <>
      <PageHead title={t("nav.orders")} hint={t("orders.hint")} />
      <div className="bar filters">
        <SearchInput value={filters.q ?? ""} label={t("orders.search")} onChange={(q) => change({ q })} />
        <div className="w-200"><StoreSelect allowClear value={filters.store} onChange={(store) => change({ store })} placeholder={t("people.store")} /></div>
        <Select allowClear className="w-140" value={filters.status} onChange={(status) => change({ status })} placeholder={t("word.state")} aria-label={t("word.state")} options={STATES.map((state) => ({ value: state, label: word("orders.status", state) }))} />
        <div className="w-260"><DayRange from={filters.from} to={filters.to} onChange={(from, to) => change({ from, to })} /></div>
      </div>
      <ListTable
        pages={pages} rowKey={(order) => order.order_no} columns={useOrderColumns({ person: true })} card={(order) => <OrderCard order={order} />}
        onOpen={(order) => change({ open: order.order_no })}
        empty={some ? <EmptyHint icon={<SearchOutlined />} title={t("orders.none_found")}><Button onClick={clear}>{t("action.clear")}</Button></EmptyHint>
          : <EmptyHint icon={<ShoppingOutlined />} title={t("orders.empty")}><p>{t("orders.empty_text")}</p><Link to="/imports/new?kind=orders">{t("imports.new")}</Link></EmptyHint>}
      />
      <Drawer open={Boolean(filters.open)} onClose={() => change({ open: null })} size={680} title={t("orders.one")} destroyOnHidden>
        {filters.open ? <Detail no={filters.open} /> : null}
      </Drawer>
    </>
  );
}

function Detail({ no }: { no: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const order = useQuery({ queryKey: keys.order(no), queryFn: () => api.order(no) });
  if (order.isPending) return <Skeleton active />;
  if (!order.data) return <ErrorView error={order.error} retry={() => void order.refetch()} />;
  const { data } = order;
  return (
    <div className="stack">
      <div className="row between"><Copyable text={data.order_no} /><StatusTag status={data.status} /></div>
      <div className="order-figures">
        <div>{t("orders.amount")}<b>{format.money(data.amount, data.currency)}</b></div>
        <div>{t("people.col.refunded")}<b>{format.money(data.refunded, data.currency)}</b></div>
        <div>{t("orders.net")}<b>{format.money(data.amount - data.refunded, data.currency)}</b></div>
      </div>
      <div className="row between muted">
        <span className="num">{format.at(data.at, true)} · {storeName(data)}</span>
        {data.person_id ? <Link to={`/people/${data.person_id}`}>{t("orders.open_person")}</Link> : <span>{t("orders.no_person")}</span>}
      </div>
      <OrderLines order={data} />
    </div>
  );
}
