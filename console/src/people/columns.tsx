import { Tooltip, type TableProps } from "antd";
import { Link } from "react-router";
import type { PersonRow } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { IdentifierText, Num, TagChip } from "../shell/parts";

export const columnNames = ["identifiers", "tags", "orders", "amount", "refunded", "last_order", "events", "created", "seen", "merged"] as const;
export type ColumnName = (typeof columnNames)[number];
export const usualColumns: ColumnName[] = ["identifiers", "tags", "orders", "amount", "last_order", "created"];

const STORED = "siyu.people.columns";

export function storedColumns(): ColumnName[] {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "null") as string[] | null;
    const known = columnNames.filter((name) => stored?.includes(name));
    return stored ? known : usualColumns;
  } catch {
    return usualColumns;
  }
}
export function storeColumns(columns: ColumnName[]) {
  localStorage.setItem(STORED, JSON.stringify(columns));
}

export function personTitle(person: Pick<PersonRow, "name" | "identifiers" | "id">): string {
  return person.name || person.identifiers[0]?.value || person.id;
}

export function Identifiers({ person, max = 3 }: { person: Pick<PersonRow, "identifiers">; max?: number }) {
  const more = person.identifiers.slice(max);
  return (
    <div className="identifiers">
      {person.identifiers.slice(0, max).map((item) => <IdentifierText key={`${item.kind}:${item.value}`} item={item} />)}
      {more.length ? (
        <Tooltip title={<div className="stack tight">{more.map((item) => <span key={`${item.kind}:${item.value}`}>{item.kind}: {item.value}</span>)}</div>}>
          <span className="muted small">+{more.length}</span>
        </Tooltip>
      ) : null}
    </div>
  );
}

export function Tags({ person, max = 4 }: { person: Pick<PersonRow, "tags">; max?: number }) {
  const rest = person.tags.length - max;
  return (
    <div className="chips">
      {person.tags.slice(0, max).map((tag) => <TagChip key={tag.id} tag={tag} />)}
      {rest > 0 ? <Tooltip title={person.tags.slice(max).map((tag) => tag.name).join(" · ")}><span className="muted small">+{rest}</span></Tooltip> : null}
    </div>
  );
}

export function usePeopleColumns(shown: ColumnName[]): TableProps<PersonRow>["columns"] {
  const { t } = useI18n();
  const format = useFormat();
  const all: Record<ColumnName, NonNullable<TableProps<PersonRow>["columns"]>[number]> = {
    identifiers: { title: t("people.col.identifiers"), render: (_, row) => <Identifiers person={row} max={2} /> },
    tags: { title: t("people.col.tags"), render: (_, row) => <Tags person={row} max={3} /> },
    orders: { title: t("people.col.orders"), align: "right", render: (_, row) => <Num muted={!row.orders.count}>{format.count(row.orders.count)}</Num> },
    amount: { title: t("people.col.amount"), align: "right", render: (_, row) => <Num muted={!row.orders.count}>{row.orders.count ? format.money(row.orders.amount, row.orders.currency) : "–"}</Num> },
    refunded: { title: t("people.col.refunded"), align: "right", render: (_, row) => <Num muted={!row.orders.refunded}>{row.orders.refunded ? format.money(row.orders.refunded, row.orders.currency) : "–"}</Num> },
    last_order: { title: t("people.col.last_order"), render: (_, row) => <Num muted={!row.orders.last_at}>{format.at(row.orders.last_at)}</Num> },
    events: { title: t("people.col.events"), align: "right", render: (_, row) => <Num>{format.count(row.events.count)}</Num> },
    created: { title: t("people.col.created"), render: (_, row) => <Num>{format.at(row.created_at)}</Num> },
    seen: { title: t("people.col.seen"), render: (_, row) => <Num muted>{format.at(row.last_seen_at)}</Num> },
    merged: { title: t("people.col.merged"), align: "right", render: (_, row) => <Num muted={!row.merged}>{row.merged || "–"}</Num> },
  };
  return [
    {
      title: t("people.col.name"), key: "name", fixed: "start", width: 190,
      render: (_, row) => <Link to={`/people/${row.id}`} className="name-link">{personTitle(row)}</Link>,
    },
    ...columnNames.filter((name) => shown.includes(name)).map((name) => ({ key: name, ...all[name] })),
  ];
}

export function PersonCard({ row }: { row: PersonRow }) {
  const { t } = useI18n();
  const format = useFormat();
  return (
    <>
      <div className="row between">
        <span className="card-title">{personTitle(row)}</span>
        {row.orders.count ? <Num>{format.money(row.orders.amount, row.orders.currency)}</Num> : null}
      </div>
      <Identifiers person={row} />
      {row.tags.length ? <Tags person={row} /> : null}
      <div className="muted small num">
        {t("people.card_orders", { n: row.orders.count })} · {t("people.col.created")} {format.at(row.created_at)}
      </div>
    </>
  );
}
