import { FilterOutlined, SearchOutlined, SettingOutlined, TagOutlined, UserAddOutlined, UserOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Badge, Button, Checkbox, Popover, Select, Tag as AntTag } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { people as api } from "../api/calls";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, PageHead, useKindName, usePhone } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { BulkTag } from "./BulkTag";
import { columnNames, PersonCard, storeColumns, storedColumns, usePeopleColumns, type ColumnName } from "./columns";
import { activeFilters, drawerFilters, peopleQuery, sorts } from "./filters";
import { NewPerson } from "./NewPerson";
import { PeopleFilters } from "./PeopleFilters";
import { useTagName } from "./pickers";
import "./people.css";

export function PeoplePage() {
  return <Need permission="people.read"><People /></Need>;
}

function People() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const phone = usePhone();
  const { zone } = useFormat();
  const [filters, change] = useFilters();
  const [drawer, setDrawer] = useState(false);
  const [adding, setAdding] = useState(false);
  const [tagging, setTagging] = useState(false);
  const [selected, setSelected] = useState<string[]>([]);
  const [columns, setColumns] = useState<ColumnName[]>(storedColumns);
  const query = peopleQuery(filters, zone);
  const pages = usePages(keys.people(query), api.list, query);
  const excel = useMutation({ mutationFn: () => api.excel(query, "people.xlsx") });
  const some = activeFilters(filters) > 0 || Boolean(filters.q);
  const choose = (next: ColumnName[]) => {
    setColumns(next);
    storeColumns(next);
  };
  return (
    <>
      <PageHead title={t("people.title")} hint={t("people.hint")}>
        <MayButton permission="people.export" loading={excel.isPending} onClick={() => excel.mutate()}>{t("action.export_excel")}</MayButton>
        <MayButton permission="people.write" type="primary" icon={<UserAddOutlined />} onClick={() => setAdding(true)}>{t("people.new")}</MayButton>
      </PageHead>
      <div className="bar">
        <SearchInput value={filters.q ?? ""} label={t("people.search")} onChange={(q) => change({ q })} />
        <Badge count={activeFilters(filters)} size="small" color="#1f6f5c">
          <Button icon={<FilterOutlined />} onClick={() => setDrawer(true)}>{t("action.filter")}</Button>
        </Badge>
        <Select
          value={filters.sort ?? "-created_at"} onChange={(sort) => change({ sort: sort === "-created_at" ? null : sort })}
          options={sorts.map((sort) => ({ value: sort, label: t(`people.sort.${sort}`) }))} popupMatchSelectWidth={false} aria-label={t("people.sort")}
        />
        {phone ? null : <ColumnChooser columns={columns} onChange={choose} />}
        <span className="grow" />
        {selected.length ? (
          <MayButton permission="people.write" icon={<TagOutlined />} onClick={() => setTagging(true)}>{t("people.tag_selected", { n: selected.length })}</MayButton>
        ) : null}
      </div>
      <Chips filters={filters} change={change} />
      <ListTable
        pages={pages} rowKey={(row) => row.id} columns={usePeopleColumns(columns)} card={(row) => <PersonCard row={row} />}
        onOpen={(row) => void navigate(`/people/${row.id}`)}
        table={{ rowSelection: { selectedRowKeys: selected, onChange: (ids) => setSelected(ids as string[]), fixed: true } }}
        empty={some ? (
          <EmptyHint icon={<SearchOutlined />} title={t("people.none_found")}>
            <Button onClick={() => change(Object.fromEntries(["q", "identifier", ...drawerFilters].map((name) => [name, null])))}>{t("action.clear")}</Button>
          </EmptyHint>
        ) : (
          <EmptyHint icon={<UserOutlined />} title={t("people.empty")}><p>{t("people.empty_text")}</p><Link to="/imports/new?kind=people">{t("imports.new")}</Link></EmptyHint>
        )}
      />
      <PeopleFilters open={drawer} filters={filters} onClose={() => setDrawer(false)} onApply={change} />
      <BulkTag open={tagging} ids={selected} onClose={() => setTagging(false)} onDone={() => setSelected([])} />
      <NewPerson open={adding} onClose={() => setAdding(false)} />
    </>
  );
}

function ColumnChooser({ columns, onChange }: { columns: ColumnName[]; onChange: (columns: ColumnName[]) => void }) {
  const { t } = useI18n();
  return (
    <Popover
      trigger="click" placement="bottomRight" title={t("people.columns")}
      content={<Checkbox.Group className="column-choice" value={columns} onChange={(next) => onChange(next as ColumnName[])} options={columnNames.map((name) => ({ value: name, label: t(`people.col.${name}`) }))} />}
    >
      <Button icon={<SettingOutlined />} aria-label={t("people.columns")} />
    </Popover>
  );
}

/** The filters that are on, each removable where it stands. */
function Chips({ filters, change }: { filters: Record<string, string>; change: (change: Record<string, null>) => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const kind = useKindName();
  const tag = useTagName(filters.tag);
  const range = (name: string, show: (text: string) => string) => {
    const from = filters[`${name}_min`] ?? filters[`${name}_from`];
    const to = filters[`${name}_max`] ?? filters[`${name}_to`];
    return from || to ? `${from ? show(from) : "…"} – ${to ? show(to) : "…"}` : "";
  };
  const chips: [string[], string][] = [
    [["tag"], filters.tag ? `${t("people.tag")}: ${tag ?? filters.tag}` : ""],
    [["has"], filters.has ? `${t("people.has")}: ${kind(filters.has)}` : ""],
    [["store"], filters.store ? `${t("people.store")}: ${filters.store}` : ""],
    [["merged"], filters.merged ? t("people.merged_only") : ""],
    [["conflict"], filters.conflict ? t("people.conflict_only") : ""],
    [["tag_expires_to"], filters.tag_expires_to ? t("people.tag_expires_to", { day: filters.tag_expires_to }) : ""],
    [["identifier"], filters.identifier ?? ""],
    [["orders_min", "orders_max"], prefixed(t("people.orders"), range("orders", String))],
    [["amount_min", "amount_max"], prefixed(t("people.amount"), range("amount", (text) => format.money(Number(text))))],
    [["created_from", "created_to"], prefixed(t("people.created"), range("created", String))],
    [["last_order_from", "last_order_to"], prefixed(t("people.last_order"), range("last_order", String))],
  ];
  const on = chips.filter(([, text]) => text);
  if (on.length === 0) return null;
  return (
    <div className="bar chips-on">
      {on.map(([names, text]) => (
        <AntTag key={names[0]} closable onClose={(event) => {
          event.preventDefault();
          change(Object.fromEntries(names.map((name) => [name, null])));
        }}>{text}</AntTag>
      ))}
    </div>
  );
}

function prefixed(label: string, text: string): string {
  return text ? `${label}: ${text}` : "";
}
