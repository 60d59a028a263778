// The pool and who works on what.
import { ContactsOutlined, PlusOutlined, SearchOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Segmented, Select } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Query } from "../api/client";
import { useChannelName } from "../channels/useChannelName";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { StoreSelect } from "../people/pickers";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { AddLead } from "./AddLead";
import { AssignLeads } from "./AssignLeads";
import { leadKeys, leads as api, SOURCES, STATES, type Lead } from "./calls";
import { LeadDrawer } from "./LeadDrawer";
import { LeadState, useLeadName } from "./parts";

export function LeadsPage() {
  return <Need permission="people.read"><Leads /></Need>;
}

const VIEWS = ["pool", "held", "ended"] as const;
type View = (typeof VIEWS)[number];
const STANDS: Record<View, readonly string[]> = { pool: ["new", "recycled"], held: ["claimed", "contacted"], ended: ["added", "won", "lost", "merged"] };

function Leads() {
  const { t, word } = useI18n();
  const format = useFormat();
  const channel = useChannelName();
  const name = useLeadName();
  const can = useCan();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [filters, change] = useFilters();
  const [chosen, choose] = useState<string[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const [giving, setGiving] = useState(false);
  const view: View = VIEWS.find((own) => own === filters.view) ?? "pool";
  const query: Query = { view, state: filters.state, source: filters.source, store: filters.store, staff: filters.staff, q: filters.q };
  const pages = usePages<Lead>(leadKeys.list(query), api.list, query);
  const counts = useQuery({ queryKey: leadKeys.counts, queryFn: api.counts });
  const many = (own: View) => (counts.data?.items ?? []).filter((row) => STANDS[own].includes(row.state)).reduce((sum, row) => sum + row.leads, 0);
  const excel = useMutation({ mutationFn: () => api.excel(query, `${t("nav.leads")}.xlsx`) });
  const store = (row: Lead) => (row.store ? row.store_name || row.store : t("leads.brand_pool"));
  const from = (row: Lead) => [word("leads.source", row.source), channel(row.channel)].filter(Boolean).join(" · ");
  const why = (row: Lead) => (row.reason ? word("leads.reason", row.reason) : "");
  const when = (row: Lead) => (row.due_at ? t("leads.due", { at: format.at(row.due_at) }) : "");
  const may = can("leads.manage");
  const filtered = Boolean(filters.state || filters.source || filters.store || filters.staff || filters.q);
  const add = <MayButton permission="leads.manage" type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("leads.add")}</MayButton>;
  return (
    <>
      <PageHead title={t("nav.leads")} hint={t("leads.hint")}>
        <Link to="/leads/board"><Button>{t("leads.board")}</Button></Link>
        {can("channels.write") ? <Link to="/leads/rules"><Button>{t("leads.rules")}</Button></Link> : null}
        {can("import.run") ? <Link to="/imports/new?kind=people&leads=1"><Button>{t("leads.import")}</Button></Link> : null}
        {can("people.export") ? <Button loading={excel.isPending} onClick={() => excel.mutate()}>{t("action.export_excel")}</Button> : null}
        {add}
      </PageHead>
      <div className="bar filters">
        <Segmented<View>
          value={view} aria-label={t("leads.view")} onChange={(next) => { choose([]); change({ view: next, state: null }); }}
          options={VIEWS.map((own) => ({ value: own, label: `${t(`leads.view.${own}`)} ${counts.data ? format.count(many(own)) : ""}` }))}
        />
        <SearchInput value={filters.q ?? ""} label={t("leads.search")} onChange={(q) => change({ q })} />
        <Select className="w-140" allowClear aria-label={t("leads.state")} placeholder={t("leads.state_all")} value={filters.state} onChange={(state?: string) => change({ state })} options={STATES.filter((own) => STANDS[view].includes(own)).map((value) => ({ value, label: word("leads.state", value) }))} />
        <Select className="w-140" allowClear aria-label={t("leads.source")} placeholder={t("leads.source_all")} value={filters.source} onChange={(source?: string) => change({ source })} options={SOURCES.map((value) => ({ value, label: word("leads.source", value) }))} />
        <div className="w-200"><StoreSelect allowClear placeholder={t("leads.store_all")} value={filters.store} onChange={(next?: string) => change({ store: next })} /></div>
        {filters.staff ? <Button size="small" onClick={() => change({ staff: null })}>{t("leads.of_staff", { staff: filters.staff })} ×</Button> : null}
      </div>
      {may && view !== "ended" && chosen.length ? (
        <div className="bar">
          <span>{t("leads.chosen", { n: format.count(chosen.length) })}</span>
          <Button type="primary" onClick={() => setGiving(true)}>{t("leads.assign")}</Button>
          <Button onClick={() => choose([])}>{t("leads.unchoose")}</Button>
        </div>
      ) : null}
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => setOpen(row.id)}
        table={may && view !== "ended" ? { rowSelection: { selectedRowKeys: chosen, onChange: (next) => choose(next.map(String).slice(0, 200)) } } : undefined}
        columns={[
          { title: t("leads.person"), render: (_, row) => <><b className="plain">{name(row)}</b>{row.name && row.phone ? <div className="muted small num">{row.phone}</div> : null}</> },
          { title: t("leads.state"), render: (_, row) => <><LeadState state={row.state} />{why(row) ? <div className="muted small">{why(row)}</div> : null}</> },
          { title: t("leads.from"), render: (_, row) => from(row) },
          { title: t("leads.store"), render: (_, row) => store(row) },
          { title: t("leads.staff"), render: (_, row) => row.staff_name || row.staff || "–" },
          { title: view === "held" ? t("leads.goes_back") : t("leads.moved"), render: (_, row) => <Num>{view === "held" ? (row.due_at ? format.at(row.due_at) : "–") : format.at(row.moved_at)}</Num> },
          { title: t("leads.round"), align: "right", render: (_, row) => <Num muted={!row.round}>{format.count(row.round)}</Num> },
          { title: t("leads.note"), render: (_, row) => <span className="muted">{row.note || "–"}</span> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{name(row)}</span><LeadState state={row.state} /></div>
            <div>{[from(row), store(row), row.staff_name || row.staff].filter(Boolean).join(" · ")}</div>
            <div className="muted small num">{[row.name ? row.phone : "", why(row), when(row) || format.at(row.moved_at)].filter(Boolean).join(" · ")}</div>
          </>
        )}
        empty={filtered ? <EmptyHint icon={<SearchOutlined />} title={t("leads.none_found")} /> : <EmptyHint icon={<ContactsOutlined />} title={t(`leads.empty.${view}`)}><p>{t("leads.empty_text")}</p>{view === "pool" ? add : null}</EmptyHint>}
      />
      {open ? <LeadDrawer id={open} onClose={() => setOpen(null)} /> : null}
      {adding ? <AddLead onClose={() => setAdding(false)} /> : null}
      {giving ? <AssignLeads ids={chosen} onClose={(done) => {
        setGiving(false);
        if (!done) return;
        choose([]);
        void client.invalidateQueries({ queryKey: leadKeys.all });
        void message.success(t("leads.assigned", { n: chosen.length }));
      }} /> : null}
    </>
  );
}
