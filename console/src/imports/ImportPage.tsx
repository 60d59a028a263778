// One import from uploaded file to result. The state decides what is shown; leaving the page stops nothing.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Progress, Skeleton, Steps } from "antd";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import { imports as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Import } from "../api/types";
import { bytes } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { Need, PageHead, usePhone } from "../shell/parts";
import { share, StateTag } from "./ImportsPage";
import { Prepare } from "./Prepare";
import { Result } from "./Result";
import "./imports.css";

export function ImportPage() {
  const { id = "" } = useParams();
  return <Need permission="import.run"><One key={id} id={id} /></Need>;
}

function One({ id }: { id: string }) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: keys.import(id), queryFn: () => api.get(id),
    refetchInterval: (state) => (state.state.data?.state === "running" ? 1000 : false),
  });
  const finished = query.data?.state === "done" && !query.data.dry_run;
  useEffect(() => {
    // New people and orders are in every list from now on.
    if (finished) void client.invalidateQueries({ predicate: (other) => other.queryKey[0] !== "import" });
  }, [finished, client]);
  if (query.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (!query.data) return <ErrorView error={query.error} retry={() => void query.refetch()} />;
  return <Loaded item={query.data} />;
}

function step(item: Import, preparing: boolean): number {
  if (preparing) return item.summary && item.dry_run ? 2 : 1;
  return item.state === "done" ? 4 : 3;
}

function Loaded({ item }: { item: Import }) {
  const { t } = useI18n();
  const phone = usePhone();
  const [again, setAgain] = useState(false);
  const dryDone = item.dry_run && item.state === "done";
  const preparing = item.state === "uploaded" || dryDone || (again && item.state !== "running");
  const titles = ["imports.step.upload", "imports.step.map", "imports.step.check", "imports.step.run"] as const;
  return (
    <>
      <PageHead title={item.file} hint={`${t(`imports.kind.${item.kind}`)} · ${bytes(item.size)}`}><StateTag item={item} /></PageHead>
      <div className="stack">
        {phone ? null : <Steps size="small" current={step(item, preparing)} items={titles.map((key) => ({ title: t(key) }))} className="import-steps" />}
        {item.state === "running" ? <Running item={item} /> : null}
        {preparing ? <Prepare item={item} /> : null}
        {!preparing && item.state !== "running" ? <Finished item={item} onAgain={() => setAgain(true)} /> : null}
      </div>
    </>
  );
}

function Running({ item }: { item: Import }) {
  const { t } = useI18n();
  const format = useFormat();
  const client = useQueryClient();
  const cancel = useMutation({ mutationFn: () => api.cancel(item.id), onSuccess: (next) => client.setQueryData(keys.import(item.id), next) });
  return (
    <section className="panel pad stack tight" aria-live="polite">
      <div className="row between"><b>{item.dry_run ? t("imports.checking") : t("imports.running")}</b><span className="num muted">{t("imports.rows_n", { n: format.count(item.progress.rows) })}</span></div>
      <Progress percent={share(item)} status="active" strokeColor={item.dry_run ? "#3f8f9f" : undefined} />
      <div className="row between">
        <span className={item.rejected ? "bad num" : "muted num"}>{t("imports.rejected_n", { n: format.count(item.rejected) })}</span>
        <Button loading={cancel.isPending} onClick={() => cancel.mutate()}>{t("imports.stop")}</Button>
      </div>
      <p className="muted small">{t("imports.leave")}</p>
    </section>
  );
}

function Finished({ item, onAgain }: { item: Import; onAgain: () => void }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const resume = useMutation({
    mutationFn: () => api.resume(item.id),
    onSuccess: (next) => {
      client.setQueryData(keys.import(item.id), next);
      void message.info(t("imports.resumed"));
    },
  });
  const stopped = item.state === "paused" || item.state === "failed" || item.state === "cancelled";
  return (
    <div className="stack">
      {item.state === "failed" ? <Alert type="error" showIcon title={t("imports.failed")} description={item.error?.message} /> : null}
      {item.state === "paused" ? <Alert type="warning" showIcon title={t("imports.paused")} description={item.error?.message} /> : null}
      {item.state === "cancelled" ? <Alert type="info" showIcon title={t("imports.cancelled")} /> : null}
      {item.summary ? <Result item={item} summary={item.summary} /> : null}
      <div className="row">
        {stopped ? <Button type="primary" loading={resume.isPending} onClick={() => resume.mutate()}>{t("imports.resume")}</Button> : null}
        {stopped && item.state !== "paused" ? <Button onClick={onAgain}>{t("imports.change_mapping")}</Button> : null}
        <Link to="/imports"><Button>{t("imports.history")}</Button></Link>
        <Link to={`/imports/new?kind=${item.kind}`}><Button>{t("imports.another")}</Button></Link>
      </div>
    </div>
  );
}
