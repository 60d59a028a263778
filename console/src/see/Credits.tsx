// Behind a credit: the orders, each with the touches that share it; and their people.
import { Button, Drawer, Table } from "antd";
import { TeamOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, usePhone } from "../shell/parts";
import { useOpen } from "./Behind";
import { analysis, seeKeys } from "./calls";
import { useNames } from "./parts";
import type { Cell, CreditLine, Spec } from "./shapes";

export function Credits({ spec, behind, onClose }: { spec: object; behind: { cell: Cell; title: string } | null; onClose: () => void }) {
  const phone = usePhone();
  return (
    <Drawer open={behind !== null} onClose={onClose} size={phone ? "100%" : 880} title={behind?.title} destroyOnHidden>
      {behind ? <Orders spec={spec as Spec} cell={behind.cell} title={behind.title} onPeople={onClose} /> : null}
    </Drawer>
  );
}

function Orders({ spec, cell, title, onPeople }: { spec: Spec; cell: Cell; title: string; onPeople: () => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const open = useOpen();
  const pages = usePages<CreditLine>(seeKeys.credits(spec, cell), ({ limit, after }) => analysis.credits({ spec, cell, limit: Number(limit), after: after ? String(after) : null }));
  const order = (row: CreditLine) => (row.order_no ? <Link to={`/orders?open=${encodeURIComponent(row.order_no)}`}>{row.order_no}</Link> : "–");
  const person = (row: CreditLine) => <Link to={`/people/${row.person}`}>{t("orders.open_person")}</Link>;
  return (
    <div className="stack">
      <div className="row between">
        <span className="muted">{t("see.credits_hint")}</span>
        <Button icon={<TeamOutlined />} onClick={() => {
          onPeople();
          open(cell, title);
        }}>{t("see.open_people")}</Button>
      </div>
      <ListTable
        pages={pages} rowKey={(row) => `${row.order_no ?? ""}${row.person}${row.at}`}
        columns={[
          { title: t("orders.no"), render: (_, row) => order(row) },
          { title: t("word.time"), render: (_, row) => <span className="num">{format.at(row.at)}</span> },
          { title: t("see.credit.value"), align: "right", render: (_, row) => <span className="num">{format.money(row.value)}</span> },
          { title: t("see.credit.credit"), align: "right", render: (_, row) => <b className="num">{format.money(row.credit)}</b> },
          { title: t("see.credit.touches"), align: "right", render: (_, row) => row.touches.length },
          { title: "", render: (_, row) => person(row) },
        ]}
        card={(row) => (
          <>
            <div className="row between"><b>{order(row)}</b><b className="num">{format.money(row.credit)}</b></div>
            <div className="muted small num">{format.at(row.at)} · {format.money(row.value)} · {t("see.credit.touches")} {row.touches.length}</div>
            {person(row)}
          </>
        )}
        table={{ expandable: { expandedRowRender: (row) => <Touches line={row} />, rowExpandable: (row) => row.touches.length > 0 } }}
        empty={<EmptyHint title={t("see.people_none")} />}
      />
    </div>
  );
}

function Touches({ line }: { line: CreditLine }) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  return (
    <Table
      size="small" pagination={false} rowKey="at" dataSource={line.touches}
      columns={[
        { title: t("word.time"), render: (_, touch) => <span className="num">{format.at(touch.at, true)}</span> },
        { title: t("see.attribution.touch_name"), render: (_, touch) => names.touch(touch.touch) },
        { title: t("see.share"), align: "right", render: (_, touch) => <span className="num">{format.percent(touch.share)}</span> },
        { title: t("see.credit.credit"), align: "right", render: (_, touch) => <span className="num">{format.money(touch.credit)}</span> },
      ]}
    />
  );
}
