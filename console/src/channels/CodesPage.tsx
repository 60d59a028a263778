import { PlusOutlined, QrcodeOutlined, SearchOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Select, Switch, Tag as AntTag, Tooltip } from "antd";
import { Link, useNavigate } from "react-router";
import type { Query } from "../api/client";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { channelKeys, channels, codes, type Code, type Way } from "./calls";
import "./channels.css";

export function CodesPage() {
  return <Need permission="people.read"><Codes /></Need>;
}

/** Channels to choose from. */
export function useChannels() {
  return useQuery({ queryKey: channelKeys.choice, queryFn: () => channels.list({ limit: 200 }), staleTime: 60_000 });
}

function Codes() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const list = useChannels();
  const query = { q: filters.q, channel: filters.channel, archived: filters.archived ? true : null };
  const excel = useMutation({ mutationFn: () => codes.excel(query, `${t("codes.title")}.xlsx`) });
  return (
    <>
      <PageHead title={t("codes.title")} hint={t("codes.hint")}>
        <Button loading={excel.isPending} onClick={() => excel.mutate()}>{t("action.export_excel")}</Button>
        <MayButton permission="channels.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/live-codes/new")}>{t("codes.new")}</MayButton>
      </PageHead>
      <div className="bar filters">
        <SearchInput value={filters.q ?? ""} label={t("codes.search")} onChange={(q) => change({ q })} />
        <Select
          className="w-200" allowClear showSearch={{ optionFilterProp: "label" }} aria-label={t("channels.one")} placeholder={t("codes.channels_all")} value={filters.channel}
          onChange={(channel?: string) => change({ channel })} options={list.data?.items.map((own) => ({ value: own.id, label: own.name }))}
        />
        <label className="row"><Switch size="small" checked={Boolean(filters.archived)} onChange={(on) => change({ archived: on ? 1 : null })} />{t("channels.archived_too")}</label>
      </div>
      <CodesTable query={query} filtered={Boolean(filters.q || filters.channel)} add />
    </>
  );
}

export function StateTag({ code }: { code: Code }) {
  const { t } = useI18n();
  if (code.archived_at) return <AntTag>{t("channels.archived")}</AntTag>;
  if (code.troubled) return <AntTag color="red">{t("codes.troubled")}</AntTag>;
  const way = code.ways.find((own) => own.pool === "general");
  return way?.state === "good" ? <AntTag color="green">{t("codes.way.good")}</AntTag> : <AntTag color="blue">{t("codes.way.new")}</AntTag>;
}

/** Names of those whom a visitor meets now. */
export function WhoNow({ code, way, max = 4 }: { code: Code; way: Way | undefined; max?: number }) {
  const { t } = useI18n();
  const names = new Map([...Object.values(code.pools).flat(), ...code.backup].map((own) => [own.staff, own.name || own.staff]));
  const users = (way?.users ?? []).map((userid) => names.get(userid) ?? userid);
  if (users.length === 0) return <span className="muted">–</span>;
  const shown = users.slice(0, max).join(t("codes.sep"));
  return <Tooltip title={users.length > max ? users.join(t("codes.sep")) : undefined}><span>{users.length > max ? t("codes.and_more", { names: shown, n: users.length }) : shown}</span></Tooltip>;
}

export function CodesTable({ query, filtered = false, add }: { query: Query; filtered?: boolean; add: boolean }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const pages = usePages<Code>(channelKeys.codes(query), codes.list, query, 50);
  const general = (row: Code) => row.ways.find((own) => own.pool === "general");
  const qr = (row: Code) => (general(row)?.qr.address && !row.archived_at ? <img className="code-mini" src={codes.qrUrl(row.id, "general")} alt={t("codes.qr_of", { name: row.name })} loading="lazy" /> : <QrcodeOutlined className="muted" />);
  const seats = (row: Code) => new Set(Object.values(row.pools).flat().map((seat) => seat.staff)).size;
  const kinds = (row: Code) => [row.pools.buyer || row.pools.prospect ? t("codes.by_history") : "", row.by_store ? t("codes.by_store") : "", row.pools.general?.some((seat) => seat.cap) ? t("codes.capped") : ""].filter(Boolean);
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/live-codes/${row.id}`)}
      columns={[
        { title: "", width: 60, render: (_, row) => qr(row) },
        { title: t("codes.one"), render: (_, row) => <><Link to={`/live-codes/${row.id}`}><b className="plain">{row.name}</b></Link><div className="muted small">{row.channel_name}{kinds(row).map((kind) => <AntTag key={kind}>{kind}</AntTag>)}</div></> },
        { title: t("word.state"), render: (_, row) => <StateTag code={row} /> },
        { title: t("codes.now"), render: (_, row) => <><WhoNow code={row} way={general(row)} /><div className="muted small">{word("codes.why", general(row)?.why ?? "")}</div></> },
        { title: t("codes.members"), align: "right", render: (_, row) => <Num>{format.count(seats(row))}</Num> },
        { title: t("codes.adds_today"), align: "right", render: (_, row) => <Num muted={!row.adds_today}>{format.count(row.adds_today)}</Num> },
        { title: t("codes.adds"), align: "right", render: (_, row) => <Num>{format.count(row.adds)}</Num> },
        { title: t("channels.visits"), align: "right", render: (_, row) => <Num muted={!row.visits}>{format.count(row.visits)}</Num> },
      ]}
      card={(row) => (
        <>
          <div className="row between"><span className="row">{qr(row)}<span><span className="card-title">{row.name}</span><div className="muted small">{row.channel_name}</div></span></span><StateTag code={row} /></div>
          <div className="small"><WhoNow code={row} way={general(row)} /> · {word("codes.why", general(row)?.why ?? "")}</div>
          <div className="row between small"><span>{t("codes.adds_today")} <Num>{format.count(row.adds_today)}</Num></span><span>{t("codes.adds")} <Num>{format.count(row.adds)}</Num></span></div>
        </>
      )}
      empty={filtered ? <EmptyHint icon={<SearchOutlined />} title={t("codes.none_found")} /> : (
        <EmptyHint icon={<QrcodeOutlined />} title={t("codes.empty")}><p>{t("codes.empty_text")}</p>{add ? <MayButton permission="channels.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/live-codes/new")}>{t("codes.new")}</MayButton> : null}</EmptyHint>
      )}
    />
  );
}
