import { Table, Tag as AntTag, type TableProps } from "antd";
import { Link } from "react-router";
import type { Order, OrderLine, OrderStatus } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { Num, usePhone } from "../shell/parts";
import "./orders.css";

const colors: Record<OrderStatus, string> = { paid: "green", partly_refunded: "gold", refunded: "default", refund_only: "volcano" };

export function StatusTag({ status }: { status: OrderStatus }) {
  const { word } = useI18n();
  return <AntTag color={colors[status] ?? "default"}>{word("orders.status", status)}</AntTag>;
}

export function storeName(order: Order): string {
  return order.store ? order.store.name || order.store.code : "–";
}

export function useOrderColumns({ person }: { person: boolean }): TableProps<Order>["columns"] {
  const { t } = useI18n();
  const format = useFormat();
  return [
    { title: t("orders.no"), render: (_, order) => <code>{order.order_no}</code> },
    { title: t("word.time"), render: (_, order) => <Num>{format.at(order.at)}</Num> },
    { title: t("people.store"), render: (_, order) => storeName(order) },
    ...(person ? [{ title: t("orders.person"), render: (_: unknown, order: Order) => (order.person_id ? <Link to={`/people/${order.person_id}`}>{t("orders.open_person")}</Link> : <span className="muted">{t("orders.no_person")}</span>) }] : []),
    { title: t("word.state"), render: (_, order) => <StatusTag status={order.status} /> },
    { title: t("orders.amount"), align: "right", render: (_, order) => <Num>{format.money(order.amount, order.currency)}</Num> },
    { title: t("people.col.refunded"), align: "right", render: (_, order) => <Num muted={!order.refunded}>{order.refunded ? format.money(order.refunded, order.currency) : "–"}</Num> },
  ];
}

export function OrderCard({ order }: { order: Order }) {
  const { t } = useI18n();
  const format = useFormat();
  return (
    <>
      <div className="row between"><Num>{format.money(order.amount, order.currency)}</Num><StatusTag status={order.status} /></div>
      <div className="muted small num">{format.at(order.at)} · {storeName(order)}</div>
      <div className="small"><code className="break">{order.order_no}</code>{order.refunded ? <span className="muted num"> · {t("person.refunded", { n: format.money(order.refunded, order.currency) })}</span> : null}</div>
    </>
  );
}

export function OrderLines({ order }: { order: Order }) {
  const { t } = useI18n();
  const format = useFormat();
  const phone = usePhone();
  const lines = order.lines ?? [];
  if (lines.length === 0) return <p className="muted">{t("orders.no_lines")}</p>;
  const quantity = (line: OrderLine) => format.count(Number(line.quantity));
  const money = (minor: number) => format.money(minor, order.currency);
  if (phone) {
    return (
      <div className="lines">
        {lines.map((line, index) => (
          <div key={index} className={line.refund ? "line refund" : "line"}>
            <span className="break">{line.title || line.sku || "–"} <span className="muted num">× {quantity(line)}</span>{line.refund ? <AntTag color="volcano">{t("orders.refund")}</AntTag> : null}</span>
            <Num>{money(line.amount)}</Num>
          </div>
        ))}
      </div>
    );
  }
  return (
    <Table<OrderLine>
      size="small" rowKey={(line) => lines.indexOf(line)} pagination={lines.length > 50 ? { pageSize: 50 } : false} dataSource={lines} className="lines-table"
      columns={[
        { title: t("orders.product"), render: (_, line) => <>{line.title || "–"} {line.refund ? <AntTag color="volcano">{t("orders.refund")}</AntTag> : null}</> },
        { title: "SKU", render: (_, line) => (line.sku ? <code>{line.sku}</code> : "–") },
        { title: t("orders.quantity"), align: "right", render: (_, line) => <Num>{quantity(line)}</Num> },
        { title: t("orders.price"), align: "right", render: (_, line) => <Num muted={typeof line.price !== "number"}>{typeof line.price !== "number" ? "–" : money(line.price)}</Num> },
        { title: t("orders.line_amount"), align: "right", render: (_, line) => <Num>{money(line.amount)}</Num> },
      ]}
    />
  );
}
