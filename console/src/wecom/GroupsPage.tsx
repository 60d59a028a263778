import { CommentOutlined, SearchOutlined } from "@ant-design/icons";
import { Select, Tag as AntTag } from "antd";
import { Link, useNavigate } from "react-router";
import { wecom as api } from "../api/calls";
import { keys } from "../api/keys";
import type { WecomGroup } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { Nothing } from "./Nothing";

export function GroupsPage() {
  return <Need permission="people.read"><Groups /></Need>;
}

export function GroupState({ group }: { group: WecomGroup }) {
  const { t, word } = useI18n();
  if (group.dismissed_at) return <AntTag>{t("groups.state.dismissed")}</AntTag>;
  return <AntTag color={group.status === 0 ? "green" : "orange"}>{word("groups.state", String(group.status))}</AntTag>;
}

function Groups() {
  const { t } = useI18n();
  const format = useFormat();
  const go = useNavigate();
  const [filters, change] = useFilters();
  const query = { q: filters.q, owner: filters.owner, dismissed: filters.dismissed === "true" };
  const pages = usePages(keys.wecomPart("groups", query), api.groups, query);
  const path = (row: WecomGroup) => `/groups/${encodeURIComponent(row.id)}`;
  const owner = (row: WecomGroup) => row.owner_name || row.owner || "–";
  const filtered = Boolean(filters.q || filters.owner || filters.dismissed);
  return (
    <>
      <PageHead title={t("nav.groups")} hint={t("groups.hint")} />
      <div className="bar filters">
        <SearchInput value={filters.q ?? ""} label={t("groups.search")} onChange={(q) => change({ q })} />
        <Select
          className="w-200" aria-label={t("word.state")} value={filters.dismissed === "true" ? "true" : "false"} onChange={(value) => change({ dismissed: value === "true" ? value : null })}
          options={[{ value: "false", label: t("groups.open_ones") }, { value: "true", label: t("groups.dismissed_ones") }]}
        />
      </div>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void go(path(row))}
        columns={[
          { title: t("groups.name"), render: (_, row) => <Link to={path(row)}>{row.name || t("groups.unnamed")}</Link> },
          { title: t("groups.owner"), render: (_, row) => owner(row) },
          { title: t("groups.members"), align: "right", render: (_, row) => <Num>{format.count(row.members)}</Num> },
          { title: t("groups.customers"), align: "right", render: (_, row) => <Num>{format.count(row.customers)}</Num> },
          { title: t("groups.created"), render: (_, row) => <Num>{format.day(row.created_at)}</Num> },
          { title: t("word.state"), render: (_, row) => <GroupState group={row} /> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name || t("groups.unnamed")}</span><GroupState group={row} /></div>
            <div className="muted small num">{t("groups.owner")} {owner(row)} · {format.day(row.created_at)}</div>
            <div className="row between"><span>{t("groups.members")} <Num>{format.count(row.members)}</Num></span><span>{t("groups.customers")} <Num>{format.count(row.customers)}</Num></span></div>
          </>
        )}
        empty={filtered ? <EmptyHint icon={<SearchOutlined />} title={t("groups.none_found")} /> : <Nothing icon={<CommentOutlined />} title={t("groups.empty")}>{t("groups.empty_text")}</Nothing>}
      />
    </>
  );
}
