import { ShoppingOutlined } from "@ant-design/icons";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import { useI18n } from "../../i18n";
import { OrderCard, OrderLines, useOrderColumns } from "../../orders/parts";
import { ListTable, usePages } from "../../shell/ListTable";
import { EmptyHint } from "../../shell/parts";

export function PersonOrders({ id }: { id: string }) {
  const { t } = useI18n();
  const pages = usePages(keys.personPart(id, "orders"), (query) => api.orders(id, query));
  return (
    <ListTable
      pages={pages} rowKey={(order) => order.order_no} columns={useOrderColumns({ person: false })}
      card={(order) => <><OrderCard order={order} /><OrderLines order={order} /></>}
      table={{ expandable: { expandedRowRender: (order) => <OrderLines order={order} />, rowExpandable: (order) => Boolean(order.lines?.length), expandRowByClick: true } }}
      empty={<EmptyHint icon={<ShoppingOutlined />} title={t("orders.person_none")} />}
    />
  );
}
