import { DeleteOutlined, RedoOutlined, SafetyOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { events as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Quarantined } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { itemsOf, usePages } from "../shell/ListTable";
import { EmptyHint, JsonView, MayButton, Need, PageHead } from "../shell/parts";
import "./events.css";

export function QuarantinePage() {
  return <Need permission="events.read"><Quarantine /></Need>;
}

function useRefresh() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ["quarantine"] });
    void client.invalidateQueries({ queryKey: keys.overview });
  };
}

function Quarantine() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const query = { state: "waiting" };
  const pages = usePages(keys.quarantine(query), api.quarantine, query);
  const rows = itemsOf(pages);
  const retry = useMutation({
    mutationFn: () => api.retryAll(),
    onSuccess: ({ accepted, rejected }) => void message.info(t("quarantine.retried", { accepted, rejected })),
    onSettled: refresh,
  });
  return (
    <>
      <PageHead title={t("nav.quarantine")} hint={t("quarantine.hint")}>
        <Link to="/schema"><Button>{t("nav.schema")}</Button></Link>
        <MayButton permission="schema.write" type="primary" icon={<RedoOutlined />} disabled={rows.length === 0} loading={retry.isPending} onClick={() => retry.mutate()}>{t("quarantine.retry_all")}</MayButton>
      </PageHead>
      <div className="panel list">
        {pages.isPending ? <div className="pad"><Skeleton active /></div> : null}
        {pages.isError && rows.length === 0 ? <ErrorView error={pages.error} retry={() => void pages.refetch()} /> : null}
        {pages.isSuccess && rows.length === 0 ? <EmptyHint icon={<SafetyOutlined />} title={t("quarantine.empty")}>{t("quarantine.empty_text")}</EmptyHint> : null}
        {rows.map((row) => <Row key={row.id} row={row} />)}
        {pages.hasNextPage ? <footer className="list-foot"><span /><Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t("list.more")}</Button></footer> : null}
      </div>
    </>
  );
}

function Row({ row }: { row: Quarantined }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const { message, modal } = App.useApp();
  const refresh = useRefresh();
  const [open, setOpen] = useState(false);
  const retry = useMutation({
    mutationFn: () => api.retry(row.id),
    onSuccess: ({ accepted }) => void (accepted ? message.success(t("quarantine.accepted")) : message.warning(t("quarantine.still"))),
    onSettled: refresh,
  });
  const discard = useMutation({ mutationFn: () => api.discard(row.id), onSuccess: refresh });
  const ask = () => modal.confirm({
    title: t("quarantine.discard"), content: t("quarantine.discard_text"), okText: t("quarantine.discard"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => discard.mutateAsync().catch(() => undefined),
  });
  return (
    <div className="quarantine-row">
      <div className="row between">
        <span className="row"><b>{row.name || word("event", row.type)}</b><AntTag color="gold">{word("quarantine.code", row.reason.code)}</AntTag><span className="muted small num">{format.at(row.at, true)}</span></span>
        <span className="row">
          <Button size="small" type="text" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? t("quarantine.hide") : t("quarantine.body")}</Button>
          <MayButton permission="schema.write" size="small" icon={<RedoOutlined />} loading={retry.isPending} onClick={() => retry.mutate()}>{t("quarantine.retry")}</MayButton>
          <MayButton permission="schema.write" size="small" type="text" icon={<DeleteOutlined />} aria-label={t("quarantine.discard")} onClick={ask} />
        </span>
      </div>
      <div>{row.reason.message}{row.reason.field ? <> <code>{row.reason.field}</code></> : null}</div>
      {open ? <JsonView value={row.body} /> : null}
    </div>
  );
}
