// One hand-over: its counts, each of which opens its customers, and why some are not handed over.
import { ArrowLeftOutlined, DownloadOutlined, SwapOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Popconfirm, Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { useRemedy } from "../wecom/Trouble";
import { handoverKeys, handovers as api, type Handover, type HandoverItem } from "./calls";
import { ItemState, JobProgress, JobState } from "./parts";
import "./handover.css";

export function HandoverPage() {
  const { id = "" } = useParams();
  return <Need permission="people.read"><Job key={id} id={id} /></Need>;
}

const STATES = ["planned", "sending", "sent", "waiting", "done", "refused", "skipped", "cancelled"] as const;

function Job({ id }: { id: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const remedy = useRemedy();
  const { message } = App.useApp();
  const client = useQueryClient();
  const job = useQuery({ queryKey: handoverKeys.one(id), queryFn: () => api.get(id), refetchInterval: (state) => (state.state.data?.ended_at ? false : 5_000) });
  const cancel = useMutation({
    mutationFn: () => api.cancel(id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: handoverKeys.all });
      void message.success(t("handover.cancelled_now"));
    },
  });
  const file = useMutation({ mutationFn: () => api.file(id) });
  if (job.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (!job.data) return <ErrorView error={job.error} retry={() => void job.refetch()} />;
  const own = job.data;
  const hint = [word("handover.what", own.what), own.reason, own.created_by, format.at(own.created_at)].filter(Boolean).join(" · ");
  return (
    <>
      <Link to="/handovers" className="small"><ArrowLeftOutlined /> {t("nav.handovers")}</Link>
      <PageHead title={`${own.from.join(", ")} → ${own.to.join(", ")}`} hint={hint}>
        <span className="row"><JobState job={own} /></span>
        <MayButton permission="people.export" icon={<DownloadOutlined />} loading={file.isPending} onClick={() => file.mutate()}>{t("action.export_excel")}</MayButton>
        {own.counts.planned > 0 ? (
          <Popconfirm title={t("handover.cancel_title")} description={t("handover.cancel_text")} onConfirm={() => cancel.mutate()} okText={t("handover.cancel")} cancelText={t("action.cancel")}>
            <MayButton permission="handover.run" danger loading={cancel.isPending}>{t("handover.cancel")}</MayButton>
          </Popconfirm>
        ) : null}
      </PageHead>
      <div className="stack">
        {own.error ? <Alert type="warning" showIcon title={t("handover.waits_for", { what: word("wecom.code", own.error), at: own.due_at ? format.at(own.due_at) : "" })} description={own.error === "groups_a_day" ? t("handover.groups_a_day") : remedy(own.error)} /> : null}
        <JobProgress job={own} />
        <Counts job={own} />
        {own.message ? <p className="muted">{t("handover.message")}: {own.message}</p> : null}
        <Items job={own} />
      </div>
    </>
  );
}

function Counts({ job }: { job: Handover }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const shown = STATES.filter((state) => job.counts[state] > 0);
  return (
    <>
      <div className="numbers">
        <button type="button" className={filters.state ? "number pick" : "number pick on"} onClick={() => change({ state: null, code: null })}><div className="label">{t("handover.total")}</div><div className="value">{format.count(job.counts.total)}</div></button>
        {shown.map((state) => (
          <button key={state} type="button" className={filters.state === state ? "number pick on" : "number pick"} onClick={() => change({ state, code: null })}>
            <div className="label">{word("handover.item", state)}</div><div className="value">{format.count(job.counts[state])}</div>
          </button>
        ))}
      </div>
      {job.not.length ? (
        <section className="panel">
          <div className="panel-head">{t("handover.why_not")}</div>
          {job.not.map((why) => (
            <button key={why.code} type="button" className="todo why" onClick={() => change({ code: filters.code === why.code ? null : why.code, state: null })}>
              <span className="count num">{format.count(why.count)}</span><span className="todo-text"><b className={filters.code === why.code ? "" : "plain"}>{why.label}</b>{why.wecom ? <span className="muted small num">WeCom {why.wecom}</span> : null}</span>
            </button>
          ))}
        </section>
      ) : null}
    </>
  );
}

function Items({ job }: { job: Handover }) {
  const { t } = useI18n();
  const format = useFormat();
  const [filters] = useFilters();
  const query = { state: filters.state, code: filters.code };
  // The counts tell when the rows have changed.
  const pages = usePages<HandoverItem>([...handoverKeys.items(job.id, query), JSON.stringify(job.counts)], (page) => api.items(job.id, page), query);
  const name = (row: HandoverItem) => {
    if (job.what === "groups") return <Link to={`/groups/${encodeURIComponent(row.target)}`}>{row.name || t("groups.unnamed")}</Link>;
    return row.person ? <Link to={`/people/${row.person}`}>{row.name || t("lost.nameless")}</Link> : <span className="muted break">{row.name || row.target || t("handover.erased")}</span>;
  };
  const when = (row: HandoverItem) => (row.state === "waiting" && row.due_at ? t("handover.takes_effect", { at: format.at(row.due_at) }) : format.at(row.settled_at ?? row.sent_at ?? job.created_at));
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id}
      columns={[
        { title: t(job.what === "groups" ? "groups.name" : "lost.customer"), render: (_, row) => name(row) },
        { title: t("handover.who"), render: (_, row) => `${row.from_name || row.from} → ${row.to_name || row.to}` },
        { title: t("word.state"), render: (_, row) => <><ItemState state={row.state} />{row.label ? <div className="muted small">{row.label}</div> : null}</> },
        { title: t("handover.when"), render: (_, row) => <Num>{when(row)}</Num> },
      ]}
      card={(row) => (
        <>
          <div className="row between"><span className="card-title">{name(row)}</span><ItemState state={row.state} /></div>
          <div className="muted small">{[`${row.from_name || row.from} → ${row.to_name || row.to}`, row.label, when(row)].filter(Boolean).join(" · ")}</div>
        </>
      )}
      empty={<EmptyHint icon={<SwapOutlined />} title={t("handover.no_items")} />}
    />
  );
}
