import { PlusOutlined, SearchOutlined, UsergroupAddOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Button, Select, Switch, Tag as AntTag } from "antd";
import { Link, useNavigate } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { groupCodes, groupKeys, type GroupCode } from "./calls";
import { useChannels } from "./CodesPage";
import "./channels.css";

export function GroupCodesPage() {
  return <Need permission="people.read"><GroupCodes /></Need>;
}

export function GroupState({ code }: { code: GroupCode }) {
  const { t } = useI18n();
  if (code.archived_at) return <AntTag>{t("channels.archived")}</AntTag>;
  if (code.variants.some((own) => own.room === "none")) return <AntTag color="red">{t("group_codes.room.none")}</AntTag>;
  if (code.troubled) return <AntTag color="red">{t("codes.troubled")}</AntTag>;
  if (code.variants.some((own) => own.state === "new")) return <AntTag color="blue">{t("codes.way.new")}</AntTag>;
  if (code.variants.some((own) => own.room === "last")) return <AntTag color="orange">{t("group_codes.room.last")}</AntTag>;
  return <AntTag color="green">{t("codes.way.good")}</AntTag>;
}

function GroupCodes() {
  const { t } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const list = useChannels();
  const query = { q: filters.q, channel: filters.channel, archived: filters.archived ? true : null };
  const pages = usePages<GroupCode>(groupKeys.list(query), groupCodes.list, query, 50);
  const excel = useMutation({ mutationFn: () => groupCodes.excel(query, `${t("group_codes.title")}.xlsx`) });
  const groups = (row: GroupCode) => row.variants.reduce((sum, own) => sum + own.rooms.filter((room) => room.alive).length, 0);
  const add = <MayButton permission="channels.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/group-codes/new")}>{t("group_codes.new")}</MayButton>;
  return (
    <>
      <PageHead title={t("group_codes.title")} hint={t("group_codes.hint")}>
        <Button loading={excel.isPending} onClick={() => excel.mutate()}>{t("action.export_excel")}</Button>
        {add}
      </PageHead>
      <div className="bar filters">
        <SearchInput value={filters.q ?? ""} label={t("codes.search")} onChange={(q) => change({ q })} />
        <Select
          className="w-200" allowClear showSearch={{ optionFilterProp: "label" }} aria-label={t("channels.one")} placeholder={t("codes.channels_all")} value={filters.channel}
          onChange={(channel?: string) => change({ channel })} options={list.data?.items.map((own) => ({ value: own.id, label: own.name }))}
        />
        <label className="row"><Switch size="small" checked={Boolean(filters.archived)} onChange={(on) => change({ archived: on ? 1 : null })} />{t("channels.archived_too")}</label>
      </div>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/group-codes/${row.id}`)}
        columns={[
          { title: t("group_codes.one"), render: (_, row) => <><Link to={`/group-codes/${row.id}`}><b className="plain">{row.name}</b></Link><div className="muted small">{row.channel_name}</div></> },
          { title: t("word.state"), render: (_, row) => <GroupState code={row} /> },
          { title: t("group_codes.variants"), align: "right", render: (_, row) => <Num>{format.count(row.variants.length)}</Num> },
          { title: t("group_codes.groups"), align: "right", render: (_, row) => <Num>{format.count(groups(row))}</Num> },
          { title: t("group_codes.full_at"), align: "right", render: (_, row) => <Num>{format.count(row.full_at)}</Num> },
          { title: t("group_codes.members"), align: "right", render: (_, row) => <Num>{format.count(row.members)}</Num> },
          { title: t("channels.visits"), align: "right", render: (_, row) => <Num muted={!row.visits}>{format.count(row.visits)}</Num> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name}</span><GroupState code={row} /></div>
            <div className="muted small">{row.channel_name} · {t("group_codes.n_groups", { n: groups(row) })}</div>
            <div className="small">{t("group_codes.members")} <Num>{format.count(row.members)}</Num></div>
          </>
        )}
        empty={filters.q || filters.channel ? <EmptyHint icon={<SearchOutlined />} title={t("codes.none_found")} /> : <EmptyHint icon={<UsergroupAddOutlined />} title={t("group_codes.empty")}><p>{t("group_codes.empty_text")}</p>{add}</EmptyHint>}
      />
    </>
  );
}
