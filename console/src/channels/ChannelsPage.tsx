import { ApartmentOutlined, PlusOutlined, SearchOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Select, Switch, Tag as AntTag } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { channelKeys, channels, KINDS, type Figures } from "./calls";
import { ChannelForm } from "./ChannelForm";
import { Figure, FiguresOf } from "./Figure";
import { SpanPicker } from "./SpanPicker";
import "../wecom/wecom.css";
import "./channels.css";

export function ChannelsPage() {
  return <Need permission="people.read"><FiguresOf><Channels /></FiguresOf></Need>;
}

function Channels() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const [adding, setAdding] = useState(false);
  const query = { q: filters.q, kind: filters.kind, archived: filters.archived ? true : null, from: filters.from, to: filters.to };
  const pages = usePages<Figures>(channelKeys.board(query), channels.board, query, 50);
  const excel = useMutation({ mutationFn: () => channels.excel(query, `${t("channels.title")}.xlsx`) });
  const money = (value: number | null | undefined) => (value === null || value === undefined ? "–" : format.money(value));
  const title = (row: Figures, name: string) => `${row.channel.name} · ${name}`;
  const figure = (row: Figures, key: "adds" | "lost_customer" | "lost_staff" | "lost_unknown" | "buyers" | "first_orders") => (
    <Figure value={row[key]} text={format.count(row[key])} title={title(row, t(`channels.${key}`))} cell={row.cells[key]} />
  );
  const revenue = (row: Figures, days: 30 | 90) => {
    const key = days === 30 ? "revenue_30" as const : "revenue_90" as const;
    return <Figure value={row[key]} text={money(row[key])} title={title(row, t(`channels.${key}`))} cell={row.cells[key]} />;
  };
  const lost = (row: Figures) => <span className="row tight-row">{figure(row, "lost_customer")}<span className="muted">/</span>{figure(row, "lost_staff")}{row.lost_unknown ? <><span className="muted">/</span>{figure(row, "lost_unknown")}</> : null}</span>;
  const friends = (row: Figures) => <Figure value={row.friends} text={format.count(row.friends)} title={title(row, t("channels.friends"))} friends={row.channel.id} />;
  const roi = (value: number | null | undefined) => <Num muted={value === null || value === undefined}>{value === null || value === undefined ? "–" : format.decimal(value, 2)}</Num>;
  const name = (row: Figures) => (
    <>
      <Link to={`/channels/${row.channel.id}`}><b className="plain">{row.channel.name}</b></Link> {row.channel.archived_at ? <AntTag>{t("channels.archived")}</AntTag> : null}
      <div className="muted small">{[word("channels.kind", row.channel.kind), row.channel.code, row.channel.owner].filter(Boolean).join(" · ")}</div>
    </>
  );
  const add = <MayButton permission="channels.write" type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("channels.new")}</MayButton>;
  const filtered = Boolean(filters.q || filters.kind);
  return (
    <>
      <PageHead title={t("channels.title")} hint={t("channels.hint")}>
        <Button loading={excel.isPending} onClick={() => excel.mutate()}>{t("action.export_excel")}</Button>
        {add}
      </PageHead>
      <div className="bar filters">
        <SearchInput value={filters.q ?? ""} label={t("channels.search")} onChange={(q) => change({ q })} />
        <Select className="w-140" allowClear aria-label={t("channels.kind")} placeholder={t("channels.kind_all")} value={filters.kind} onChange={(kind?: string) => change({ kind })} options={KINDS.map((kind) => ({ value: kind, label: t(`channels.kind.${kind}`) }))} />
        <SpanPicker from={filters.from} to={filters.to} onChange={change} />
        <label className="row"><Switch size="small" checked={Boolean(filters.archived)} onChange={(on) => change({ archived: on ? 1 : null })} />{t("channels.archived_too")}</label>
      </div>
      <Strays />
      <ListTable
        pages={pages} rowKey={(row) => row.channel.id} onOpen={(row) => void navigate(`/channels/${row.channel.id}`)}
        columns={[
          { title: t("channels.one"), fixed: "left", render: (_, row) => name(row) },
          { title: t("channels.adds"), align: "right", render: (_, row) => figure(row, "adds") },
          { title: t("channels.friends"), align: "right", render: (_, row) => friends(row) },
          { title: <span title={t("channels.lost_hint")}>{t("channels.lost")}</span>, align: "right", render: (_, row) => lost(row) },
          { title: t("channels.buyers"), align: "right", render: (_, row) => figure(row, "buyers") },
          { title: t("channels.first_orders"), align: "right", render: (_, row) => figure(row, "first_orders") },
          { title: t("channels.revenue_30"), align: "right", render: (_, row) => revenue(row, 30) },
          { title: t("channels.revenue_90"), align: "right", render: (_, row) => revenue(row, 90) },
          { title: t("channels.cost"), align: "right", render: (_, row) => <Num muted={!row.cost}>{money(row.cost)}</Num> },
          { title: t("channels.cost_per_add"), align: "right", render: (_, row) => <Num muted={!row.cost_per_add}>{money(row.cost_per_add)}</Num> },
          { title: t("channels.roi"), align: "right", render: (_, row) => roi(row.roi_90) },
          { title: t("channels.visits"), align: "right", render: (_, row) => <Num muted={!row.visits}>{row.visits === null || row.visits === undefined ? "–" : format.count(row.visits)}</Num> },
          { title: t("codes.title"), align: "right", render: (_, row) => <Num>{format.count(row.channel.codes)}</Num> },
        ]}
        card={(row) => (
          <>
            <div>{name(row)}</div>
            <div className="card-figures">
              <div><span>{t("channels.adds")}</span>{figure(row, "adds")}</div>
              <div><span>{t("channels.friends")}</span>{friends(row)}</div>
              <div><span>{t("channels.lost")}</span>{lost(row)}</div>
              <div><span>{t("channels.first_orders")}</span>{figure(row, "first_orders")}</div>
              <div><span>{t("channels.revenue_90")}</span>{revenue(row, 90)}</div>
              <div><span>{t("channels.cost_per_add")}</span><Num>{money(row.cost_per_add)}</Num></div>
            </div>
          </>
        )}
        empty={filtered ? <EmptyHint icon={<SearchOutlined />} title={t("channels.none_found")} /> : <EmptyHint icon={<ApartmentOutlined />} title={t("channels.empty")}><p>{t("channels.empty_text")}</p>{add}</EmptyHint>}
      />
      {adding ? <ChannelForm onClose={(saved) => {
        setAdding(false);
        if (saved) void navigate(`/channels/${saved.id}`);
      }} /> : null}
    </>
  );
}

/** What customers came with and no channel counts. */
function Strays() {
  const { t } = useI18n();
  const format = useFormat();
  const may = useCan()("channels.write");
  const strays = useQuery({ queryKey: channelKeys.strays, queryFn: channels.strays, staleTime: 60_000, enabled: may });
  const [open, setOpen] = useState(false);
  const [state, setState] = useState<string | null>(null);
  const items = strays.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <>
      <Alert className="gap-below" type="info" showIcon title={t("channels.strays", { n: items.length })} action={<Button size="small" onClick={() => setOpen(true)}>{t("channels.strays_show")}</Button>} />
      <Drawer open={open} onClose={() => setOpen(false)} title={t("channels.strays_title")} size={420}>
        <p className="muted gap-below">{t("channels.strays_hint")}</p>
        {items.map((item) => (
          <div className="relation" key={item.state}>
            <div className="row between"><code className="break">{item.state}</code><Button size="small" onClick={() => setState(item.state)}>{t("channels.register")}</Button></div>
            <div className="muted small num">{t("channels.stray", { n: format.count(item.relations), at: format.at(item.last_at) })}</div>
          </div>
        ))}
      </Drawer>
      {state !== null ? <ChannelForm state={state} onClose={() => setState(null)} /> : null}
    </>
  );
}
