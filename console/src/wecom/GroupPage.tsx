// One customer group and who is in it. A customer opens the person; customers of other stores stay nameless.
import { ArrowLeftOutlined, TeamOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Radio, Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { wecom as api } from "../api/calls";
import { keys } from "../api/keys";
import type { WecomMember } from "../api/types";
import { useChannelName } from "../channels/useChannelName";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, Num, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { GroupState } from "./GroupsPage";

export function GroupPage() {
  const { id = "" } = useParams();
  return <Need permission="people.read"><Group key={id} id={id} /></Need>;
}

function Group({ id }: { id: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const group = useQuery({ queryKey: keys.wecomPart("group", { id }), queryFn: () => api.group(id) });
  if (group.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (!group.data) return <ErrorView error={group.error} retry={() => void group.refetch()} />;
  const own = group.data;
  const hint = [`${t("groups.owner")} ${own.owner_name || own.owner}`, `${t("groups.members")} ${format.count(own.members)}`, `${t("groups.customers")} ${format.count(own.customers)}`, format.day(own.created_at)].join(" · ");
  return (
    <>
      <Link to="/groups" className="small"><ArrowLeftOutlined /> {t("groups.back")}</Link>
      <PageHead title={own.name || t("groups.unnamed")} hint={hint}><GroupState group={own} /></PageHead>
      {own.notice ? <div className="panel pad gap-below"><span className="muted small">{t("groups.notice")}</span><div className="break">{own.notice}</div></div> : null}
      <Members id={id} />
    </>
  );
}

function Members({ id }: { id: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const left = filters.left === "true";
  const query = { left };
  const pages = usePages(keys.wecomPart("members", { id, left }), (page) => api.members(id, page), query);
  const name = (row: WecomMember) => {
    const shown = row.name || row.nickname;
    if (row.person) return <Link to={`/people/${row.person}`}>{shown || t("lost.nameless")}</Link>;
    return shown ? <span>{shown}</span> : <span className="muted">{row.kind === 2 ? t("groups.hidden") : row.userid}</span>;
  };
  const channel = useChannelName();
  const scene = (row: WecomMember) => [word("groups.scene", String(row.join_scene)), row.state ? t("person.by_channel", { channel: channel(row.state) }) : ""].filter(Boolean).join(" · ");
  const gone = (row: WecomMember) => (row.left_at ? t("groups.left_at", { at: format.at(row.left_at) }) : "");
  return (
    <>
      <div className="bar">
        <Radio.Group
          optionType="button" value={left} onChange={(event) => change({ left: event.target.value ? "true" : null })}
          options={[{ value: false, label: t("groups.in_ones") }, { value: true, label: t("groups.left_ones") }]}
        />
      </div>
      <ListTable
        pages={pages} rowKey={(row) => row.userid}
        columns={[
          { title: t("groups.member"), render: (_, row) => name(row) },
          { title: t("word.type"), render: (_, row) => word("groups.kind", String(row.kind)) },
          { title: t("groups.nickname"), render: (_, row) => row.nickname || "–" },
          { title: t("groups.scene"), render: (_, row) => scene(row) },
          { title: t("groups.joined"), render: (_, row) => <><Num>{format.at(row.join_at)}</Num>{row.left_at ? <div className="muted small num">{gone(row)}</div> : null}</> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{name(row)}</span><span className="kind">{word("groups.kind", String(row.kind))}</span></div>
            <div className="muted small num">{[format.at(row.join_at), scene(row), gone(row)].filter(Boolean).join(" · ")}</div>
          </>
        )}
        empty={<EmptyHint icon={<TeamOutlined />} title={t("groups.no_members")} />}
      />
    </>
  );
}
