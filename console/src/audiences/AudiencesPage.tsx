import { BlockOutlined, PlusOutlined, SearchOutlined, TeamOutlined, UploadOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Tooltip } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { tags as tagsApi } from "../api/calls";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useRuleText } from "../people/RulePreview";
import { ListTable, itemsOf, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { audiences as api } from "./calls";
import { Combine } from "./Combine";
import { InOut, KindTag } from "./parts";
import type { Audience } from "./shapes";
import { UploadList } from "./UploadList";
import "./audiences.css";

export function AudiencesPage() {
  return <Need permission="people.read"><Audiences /></Need>;
}

function Audiences() {
  const { t } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const [selected, setSelected] = useState<string[]>([]);
  const [combining, setCombining] = useState(false);
  const [uploading, setUploading] = useState(false);
  const query = filters.q ? { q: filters.q } : {};
  const pages = usePages<Audience>([...keys.audiences, query], api.list, query);
  const chosen = itemsOf(pages).filter((item) => selected.includes(item.id));
  const add = <MayButton permission="audiences.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/audiences/new")}>{t("audiences.new")}</MayButton>;
  const fields = useQuery({ queryKey: keys.ruleFields, queryFn: tagsApi.fields, staleTime: 60_000 });
  const say = useRuleText(fields.data?.items ?? []);
  const summary = (row: Audience) => row.description || (row.rule && fields.data ? say(row.rule) : row.summary);
  const fresh = (row: Audience) => <Tooltip title={format.at(row.as_of, true)}><span className="num">{format.ago(row.as_of)}</span></Tooltip>;
  return (
    <>
      <PageHead title={t("audiences.title")} hint={t("audiences.hint")}>
        <MayButton permission="audiences.write" icon={<UploadOutlined />} onClick={() => setUploading(true)}>{t("audiences.upload")}</MayButton>
        {add}
      </PageHead>
      <div className="bar">
        <SearchInput value={filters.q ?? ""} label={t("audiences.search")} onChange={(q) => change({ q })} />
        <span className="grow" />
        <MayButton permission="audiences.write" icon={<BlockOutlined />} disabled={chosen.length < 2} tooltip={chosen.length < 2 ? t("audiences.combine_hint") : undefined} onClick={() => setCombining(true)}>{t("audiences.combine")}</MayButton>
      </div>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/audiences/${row.id}`)}
        table={{ rowSelection: { selectedRowKeys: selected, onChange: (ids) => setSelected(ids as string[]) } }}
        columns={[
          { title: t("audiences.name"), render: (_, row) => <><Link to={`/audiences/${row.id}`}><b className="plain">{row.name}</b></Link><div className="muted small audience-summary">{summary(row)}</div></> },
          { title: t("word.type"), render: (_, row) => <KindTag kind={row.kind} /> },
          { title: t("audiences.people"), align: "right", render: (_, row) => <Num>{format.count(row.people)}</Num> },
          { title: t("audiences.today"), align: "right", render: (_, row) => <InOut audience={row} /> },
          { title: t("audiences.fresh"), render: (_, row) => fresh(row) },
          { title: t("audiences.created"), render: (_, row) => <span className="num">{format.at(row.created_at)}</span> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name}</span><KindTag kind={row.kind} /></div>
            <div className="muted small">{summary(row)}</div>
            <div className="row between"><b className="num">{t("tags.people", { n: format.count(row.people) })}</b><span><InOut audience={row} /> <span className="muted small">{fresh(row)}</span></span></div>
          </>
        )}
        empty={filters.q ? <EmptyHint icon={<SearchOutlined />} title={t("audiences.none_found")} /> : <EmptyHint icon={<TeamOutlined />} title={t("audiences.empty")}><p>{t("audiences.empty_text")}</p>{add}</EmptyHint>}
      />
      <Combine open={combining} audiences={chosen} onClose={() => setCombining(false)} onDone={() => setSelected([])} />
      <UploadList open={uploading} onClose={() => setUploading(false)} />
    </>
  );
}
