import { CameraOutlined, DeleteOutlined, EditOutlined, ExportOutlined, FunnelPlotOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, DatePicker, Popconfirm, Skeleton, Tabs } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { tags as tagsApi } from "../api/calls";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { PersonCard, usePeopleColumns } from "../people/columns";
import { useRuleText } from "../people/RulePreview";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { useWho } from "../shell/who";
import { AskExport } from "./AskExport";
import { audiences as api } from "./calls";
import { Difference } from "./Difference";
import { Freeze } from "./Freeze";
import { History } from "./History";
import { AudienceError, InOut, KindTag } from "./parts";
import type { Audience } from "./shapes";
import "./audiences.css";

export function AudiencePage() {
  return <Need permission="people.read"><Loaded /></Need>;
}

function Loaded() {
  const { id = "" } = useParams();
  const audience = useQuery({ queryKey: keys.audience(id), queryFn: () => api.get(id), refetchInterval: 15_000 });
  if (audience.isPending) return <Skeleton active />;
  if (audience.error && !audience.data) return <ErrorView error={audience.error} retry={() => void audience.refetch()} />;
  return audience.data ? <Shown audience={audience.data} /> : null;
}

function Shown({ audience }: { audience: Audience }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [filters, change] = useFilters();
  const [freezing, setFreezing] = useState(false);
  const [exporting, setExporting] = useState(false);
  const live = audience.kind === "rule";
  const remove = useMutation({
    mutationFn: () => api.remove(audience.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.audiences });
      void message.success(t("audiences.deleted"));
      void navigate("/audiences");
    },
  });
  const funnel = `/see/funnel?spec=${encodeURIComponent(JSON.stringify({ steps: [{ event: "*" }, { event: "Order Completed" }], window: { days: 30 }, among: { audience: audience.id } }))}`;
  return (
    <>
      <PageHead title={audience.name} hint={<Link to="/audiences">{t("audiences.title")}</Link>}>
        <Link to={funnel}><Button icon={<FunnelPlotOutlined />}>{t("audiences.analyse")}</Button></Link>
        {live ? <MayButton permission="audiences.write" icon={<CameraOutlined />} onClick={() => setFreezing(true)}>{t("audiences.freeze")}</MayButton> : null}
        <MayButton permission="people.export" icon={<ExportOutlined />} onClick={() => setExporting(true)}>{t("exports.ask")}</MayButton>
        <MayButton permission="audiences.write" icon={<EditOutlined />} onClick={() => void navigate(`/audiences/${audience.id}/edit`)}>{t("action.edit")}</MayButton>
        <Popconfirm title={t("audiences.delete_sure")} okText={t("action.delete")} cancelText={t("action.cancel")} onConfirm={() => remove.mutate()}>
          <MayButton permission="audiences.write" danger icon={<DeleteOutlined />} aria-label={t("action.delete")} />
        </Popconfirm>
      </PageHead>
      <AudienceError audience={audience} />
      <Head audience={audience} />
      <Tabs
        activeKey={filters.tab ?? "members"} onChange={(tab) => change({ tab: tab === "members" ? null : tab })} destroyOnHidden
        items={[
          { key: "members", label: t("audiences.members"), children: <Members audience={audience} /> },
          ...(live ? [
            { key: "history", label: t("audiences.history"), children: <History id={audience.id} /> },
            { key: "difference", label: t("audiences.difference"), children: <Difference id={audience.id} made={audience.created_at} /> },
          ] : []),
        ]}
      />
      <Freeze open={freezing} audience={audience} onClose={() => setFreezing(false)} />
      <AskExport open={exporting} audience={audience} onClose={() => setExporting(false)} />
    </>
  );
}

function Head({ audience }: { audience: Audience }) {
  const { t } = useI18n();
  const format = useFormat();
  const who = useWho();
  const fields = useQuery({ queryKey: keys.ruleFields, queryFn: tagsApi.fields, staleTime: 60_000 });
  const say = useRuleText(fields.data?.items ?? []);
  return (
    <section className="panel pad audience-head">
      <div className="row"><span className="live-number num">{format.count(audience.people)}</span><span>{t("audiences.people")}</span><KindTag kind={audience.kind} />{audience.kind === "rule" ? <span className="muted small">{t("audiences.today")} <InOut audience={audience} /></span> : null}</div>
      {audience.description ? <p>{audience.description}</p> : null}
      <p className="muted">{audience.rule && fields.data ? say(audience.rule) : audience.summary || t(`audiences.kind_hint.${audience.kind}`)}</p>
      <p className="muted small num">{t("audiences.as_of", { at: format.at(audience.as_of, true) })} · {t("audiences.created")} {format.at(audience.created_at)} · {who(audience.created_by)}</p>
    </section>
  );
}

function Members({ audience }: { audience: Audience }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [day, setDay] = useState<string | null>(null);
  const query = day ? { day } : {};
  const pages = usePages(keys.audiencePart(audience.id, "people", query), (page) => api.people(audience.id, page), query);
  const columns = usePeopleColumns(["identifiers", "tags", "orders", "amount", "last_order"]);
  return (
    <>
      {audience.kind === "rule" ? (
        <div className="bar"><span className="muted small">{t("audiences.members_on")}</span><DatePicker value={day ? dayjs(day) : null} placeholder={t("audiences.now")} disabledDate={(date) => date.isAfter(dayjs()) || date.isBefore(dayjs(audience.created_at), "day")} onChange={(next) => setDay(next?.format("YYYY-MM-DD") ?? null)} aria-label={t("audiences.members_on")} /></div>
      ) : null}
      <ListTable pages={pages} rowKey={(row) => row.id} columns={columns} card={(row) => <PersonCard row={row} />} onOpen={(row) => void navigate(`/people/${row.id}`)} empty={<EmptyHint title={t("see.people_none")} />} />
    </>
  );
}
