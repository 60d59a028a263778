import { StopOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Drawer, Popconfirm, Skeleton, Table, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead, usePhone } from "../shell/parts";
import { Phone } from "../welcomes/Phone";
import "../welcomes/welcomes.css";
import { groupKeys, moments as api } from "./calls";
import { usePreview } from "./GroupMessageNewPage";
import { MOMENT_COLORS } from "./MomentsPage";

const TASKS: Record<string, string> = { waiting: "gold", published: "green", cancelled: "default" };
type Which = "people" | "likes" | "comments";

export function MomentPage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const { id = "" } = useParams();
  const found = useQuery({ queryKey: groupKeys.moment(id), queryFn: () => api.get(id), refetchInterval: 10_000 });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  return found.data ? <Moment moment={found.data} /> : <Skeleton active />;
}

function Moment({ moment }: { moment: S.MomentWhole }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const phone = usePhone();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [asked, ask] = useState<Which | null>(null);
  const preview = usePreview(moment.content);
  const cancel = useMutation({
    mutationFn: () => api.cancel(moment.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: groupKeys.all });
      void message.success(t("moments.cancelling"));
    },
  });
  const open = moment.state === "making" || moment.state === "running";
  const { sums } = moment;
  const plain = (label: string, n: number) => <div className="number" key={label}><div className="label">{label}</div><div className="value">{format.count(n)}</div></div>;
  const box = (which: Which, n: number) => <button type="button" key={which} className="number opens" onClick={() => ask(which)}><div className="label">{t(`moments.${which}`)}</div><div className="value">{format.count(n)}</div></button>;
  const name = (row: S.MomentTaskOut) => row.staff_name || row.staff;
  const state = (row: S.MomentTaskOut) => <Tooltip title={row.error ?? undefined}><AntTag color={TASKS[row.state]}>{word("moments.task", row.state)}</AntTag></Tooltip>;
  const number = (n: number) => <Num muted={!n}>{format.count(n)}</Num>;
  return (
    <>
      <PageHead title={moment.name} hint={<Link to="/moments">{t("nav.moments")}</Link>}>
        <span className="row"><AntTag color={MOMENT_COLORS[moment.state]}>{word("moments.state", moment.state)}</AntTag></span>
        {open ? <Popconfirm title={t("moments.cancel_sure")} okText={t("moments.cancel")} cancelText={t("action.cancel")} onConfirm={() => cancel.mutate()}><MayButton permission="messages.write" danger icon={<StopOutlined />}>{t("moments.cancel")}</MayButton></Popconfirm> : null}
      </PageHead>
      <div className="stack">
        {moment.error ? <Alert type={moment.state === "refused" ? "error" : "warning"} showIcon title={word("wecom.code", moment.error)} /> : null}
        <div className="numbers">{[plain(t("moments.members"), sums.members), plain(t("moments.published"), sums.published), box("people", sums.people), box("likes", sums.likes), box("comments", sums.comments)]}</div>
        <div className="two">
          <div className="panel list">
            <div className="panel-head">{t("moments.staff", { n: format.count(sums.published), all: format.count(sums.members) })}</div>
            {phone ? (
              <div className="cards">{moment.staff.map((row) => <div className="card-row" key={row.staff}><div className="row between"><span className="card-title">{name(row)}</span>{state(row)}</div><div className="muted small num">{t("moments.visible")} {row.visible} · {t("moments.likes")} {row.likes} · {t("moments.comments")} {row.comments}</div></div>)}</div>
            ) : (
              <Table
                size="middle" rowKey={(row) => row.staff} dataSource={moment.staff} locale={{ emptyText: t("messages.no_tasks") }} pagination={moment.staff.length > 50 ? { pageSize: 50 } : false} scroll={{ x: "max-content" }}
                columns={[
                  { title: t("staff.one"), render: (_, row) => <><b className="plain">{name(row)}</b>{row.store ? <div className="muted small">{row.store}</div> : null}</> },
                  { title: t("word.state"), render: (_, row) => state(row) },
                  { title: t("moments.visible"), align: "right", render: (_, row) => number(row.visible) },
                  { title: t("moments.likes"), align: "right", render: (_, row) => number(row.likes) },
                  { title: t("moments.comments"), align: "right", render: (_, row) => number(row.comments) },
                  { title: t("moments.seen_at"), render: (_, row) => <Num muted>{row.seen_at ? format.at(row.seen_at) : "–"}</Num> },
                  { title: t("moments.read_at"), render: (_, row) => <Num muted>{row.read_at ? format.at(row.read_at) : "–"}</Num> },
                ]}
              />
            )}
          </div>
          <Phone content={moment.content} shown={preview.data} />
        </div>
      </div>
      <Drawer open={asked !== null} onClose={() => ask(null)} size={phone ? "100%" : 640} title={asked ? t(`moments.${asked}`) : ""} destroyOnHidden>
        {asked ? <Watchers id={moment.id} which={asked} /> : null}
      </Drawer>
    </>
  );
}

function Watchers({ id, which }: { id: string; which: Which }) {
  const { t } = useI18n();
  const format = useFormat();
  const query = { liked: which === "likes" || null, commented: which === "comments" || null };
  const pages = usePages(groupKeys.watchers(id, query), (more) => api.people(id, more), query);
  const who = (row: S.MomentPerson) => <Link to={`/people/${row.id}`}>{row.name || t("lost.nameless")}</Link>;
  const at = (when: string | null | undefined) => <Num muted>{when ? format.at(when) : "–"}</Num>;
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id}
      columns={[
        { title: t("welcomes.who"), render: (_, row) => who(row) },
        { title: t("moments.likes"), render: (_, row) => at(row.liked_at) },
        { title: t("moments.comments"), render: (_, row) => at(row.commented_at) },
      ]}
      card={(row) => <div className="row between"><span className="card-title">{who(row)}</span><span className="small">{at(row.liked_at)}</span></div>}
      empty={<EmptyHint title={t("see.people_none")} />}
    />
  );
}
