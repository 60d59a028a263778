// All hand-overs, and before them whoever has left with customers who wait.
import { RetweetOutlined, SwapOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { Link, useNavigate } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import { Nothing } from "../wecom/Nothing";
import { handoverKeys, handovers as api, type Handover, type Leaver } from "./calls";
import { JobProgress, JobState } from "./parts";
import "./handover.css";

export function HandoversPage() {
  return <Need permission="people.read"><Handovers /></Need>;
}

function Handovers() {
  const { t, word } = useI18n();
  const format = useFormat();
  const go = useNavigate();
  const pages = usePages<Handover>([...handoverKeys.all, "list"], api.list);
  const add = <MayButton permission="handover.run" type="primary" icon={<SwapOutlined />} onClick={() => void go("/handovers/new")}>{t("handover.new")}</MayButton>;
  const names = (list: string[]) => (list.length > 3 ? `${list.slice(0, 3).join(", ")} +${list.length - 3}` : list.join(", "));
  const people = (row: Handover) => <span className="break">{names(row.from)} → {names(row.to)}</span>;
  return (
    <>
      <PageHead title={t("nav.handovers")} hint={t("handover.hint")}>{add}</PageHead>
      <div className="stack">
        <Leavers />
        <ListTable
          pages={pages} rowKey={(row) => row.id} onOpen={(row) => void go(`/handovers/${row.id}`)}
          columns={[
            { title: t("handover.who"), render: (_, row) => <><Link to={`/handovers/${row.id}`}><b className="plain">{people(row)}</b></Link><div className="muted small">{row.reason}</div></> },
            { title: t("word.type"), render: (_, row) => word("handover.what", row.what) },
            { title: t("handover.total"), align: "right", render: (_, row) => <Num>{format.count(row.counts.total)}</Num> },
            { title: t("handover.item.done"), align: "right", render: (_, row) => <Num>{format.count(row.counts.done)}</Num> },
            { title: t("handover.progress"), width: 170, render: (_, row) => <JobProgress job={row} /> },
            { title: t("word.state"), render: (_, row) => <JobState job={row} /> },
            { title: t("handover.begun"), render: (_, row) => <><Num>{format.at(row.created_at)}</Num><div className="muted small">{row.created_by}</div></> },
          ]}
          card={(row) => (
            <>
              <div className="row between"><span className="card-title">{people(row)}</span><JobState job={row} /></div>
              <div className="muted small">{[word("handover.what", row.what), row.reason, format.at(row.created_at)].join(" · ")}</div>
              <JobProgress job={row} />
            </>
          )}
          empty={<Nothing icon={<RetweetOutlined />} title={t("handover.empty")}><p>{t("handover.empty_text")}</p>{add}</Nothing>}
        />
      </div>
    </>
  );
}

function Leavers() {
  const { t } = useI18n();
  const format = useFormat();
  const go = useNavigate();
  const { message } = App.useApp();
  const client = useQueryClient();
  const may = useCan()("handover.run");
  const leavers = useQuery({ queryKey: handoverKeys.leavers, queryFn: api.leavers, refetchInterval: 30_000 });
  const again = useMutation({
    mutationFn: api.readLeavers,
    onSuccess: () => {
      void message.info(t("handover.reading"));
      setTimeout(() => void client.invalidateQueries({ queryKey: handoverKeys.leavers }), 3000);
    },
  });
  if (leavers.isError) return <ErrorView error={leavers.error} retry={() => void leavers.refetch()} />;
  const rows = leavers.data?.items ?? [];
  if (rows.length === 0) return null;
  const what = (row: Leaver) => [row.customers ? t("handover.customers_n", { n: format.count(row.customers) }) : "", row.groups ? t("handover.groups_n", { n: format.count(row.groups) }) : "", row.on_the_way ? t("handover.on_the_way_n", { n: format.count(row.on_the_way) }) : ""].filter(Boolean).join(" · ");
  return (
    <section className="panel">
      <div className="panel-head"><span>{t("handover.leavers")}</span>{may ? <Button size="small" loading={again.isPending} onClick={() => again.mutate()}>{t("handover.read_again")}</Button> : null}</div>
      <p className="muted panel-note">{t("handover.leavers_text")}</p>
      {rows.map((row) => (
        <div key={row.staff} className="leaver">
          <div className="grow"><b className="plain">{row.name || row.staff}</b> <span className="muted small">{[row.store, row.left_at ? t("handover.left_at", { at: format.day(row.left_at) }) : ""].filter(Boolean).join(" · ")}</span><div className="muted small num">{what(row)}</div></div>
          {row.customers > row.on_the_way ? <MayButton permission="handover.run" size="small" onClick={() => void go(`/handovers/new?from=${encodeURIComponent(row.staff)}`)}>{t("handover.hand_customers")}</MayButton> : null}
          {row.groups ? <MayButton permission="handover.run" size="small" onClick={() => void go(`/handovers/new?what=groups&from=${encodeURIComponent(row.staff)}`)}>{t("handover.hand_groups")}</MayButton> : null}
        </div>
      ))}
    </section>
  );
}
