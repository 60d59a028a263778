import { DeleteOutlined, ImportOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Progress, Tag as AntTag } from "antd";
import { useEffect } from "react";
import { Link, useNavigate } from "react-router";
import { imports as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Import, ImportState } from "../api/types";
import { bytes } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { itemsOf, ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { useWho } from "../shell/who";
import "./imports.css";

const colors: Record<ImportState, string> = { uploaded: "blue", running: "processing", paused: "gold", done: "green", failed: "red", cancelled: "default" };

export function StateTag({ item }: { item: Import }) {
  const { t, word } = useI18n();
  const dry = item.dry_run && item.state === "done";
  return <AntTag color={dry ? "cyan" : (colors[item.state] ?? "default")}>{dry ? t("imports.dry_done") : word("imports.state", item.state)}</AntTag>;
}

/** Percent read: of bytes, or of rows where the format counts them. */
export function share(item: Import): number {
  const { done, total } = item.progress;
  return total ? Math.min(100, Math.floor((done / total) * 100)) : 0;
}

export function ImportsPage() {
  return <Need permission="import.run"><Imports /></Need>;
}

function Imports() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const who = useWho();
  const { modal } = App.useApp();
  const client = useQueryClient();
  const pages = usePages(keys.imports, api.list);
  const { refetch } = pages;
  const running = itemsOf(pages).some((item) => item.state === "running");
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => void refetch(), 2000);
    return () => clearInterval(timer);
  }, [running, refetch]);
  const drop = useMutation({ mutationFn: api.remove, onSuccess: () => void client.invalidateQueries({ queryKey: keys.imports }) });
  const ask = (item: Import) => modal.confirm({
    title: t("imports.delete", { file: item.file }), content: t("imports.delete_text"), okText: t("action.delete"), cancelText: t("action.cancel"), okButtonProps: { danger: true },
    onOk: () => drop.mutateAsync(item.id).catch(() => undefined),
  });
  const remove = (item: Import) => (item.state === "running" ? null
    : <MayButton permission="import.run" type="text" icon={<DeleteOutlined />} aria-label={`${t("action.delete")} ${item.file}`} onClick={() => ask(item)} />);
  const outcome = (item: Import) => {
    if (item.state === "running") return <Progress percent={share(item)} size="small" className="progress" />;
    if (!item.summary) return <span className="muted">–</span>;
    return <Num>{t("imports.outcome", { imported: format.count(item.summary.imported), rejected: format.count(item.rejected) })}</Num>;
  };
  return (
    <>
      <PageHead title={t("nav.imports")} hint={t("imports.hint")}>
        <MayButton permission="import.run" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/imports/new")}>{t("imports.new")}</MayButton>
      </PageHead>
      <ListTable
        pages={pages} rowKey={(item) => item.id} onOpen={(item) => void navigate(`/imports/${item.id}`)}
        columns={[
          { title: t("imports.file"), render: (_, item) => <Link to={`/imports/${item.id}`} className="file-name">{item.file}</Link> },
          { title: t("imports.kind"), render: (_, item) => t(`imports.kind.${item.kind}`) },
          { title: t("imports.size"), align: "right", render: (_, item) => <Num>{bytes(item.size)}</Num> },
          { title: t("word.state"), render: (_, item) => <StateTag item={item} /> },
          { title: t("imports.result"), render: (_, item) => outcome(item) },
          { title: t("word.time"), render: (_, item) => <Num>{format.at(item.created_at)}</Num> },
          { title: t("word.by"), render: (_, item) => who(item.by) },
          { title: "", align: "right", render: (_, item) => remove(item) },
        ]}
        card={(item) => (
          <>
            <div className="row between"><span className="card-title">{item.file}</span><StateTag item={item} /></div>
            <div>{outcome(item)}</div>
            <div className="row between muted small num"><span>{word("imports.kind", item.kind)} · {bytes(item.size)} · {format.at(item.created_at)}</span>{remove(item)}</div>
          </>
        )}
        empty={<EmptyHint icon={<ImportOutlined />} title={t("imports.empty")}><p>{t("imports.empty_text")}</p><Link to="/imports/new">{t("imports.new")}</Link></EmptyHint>}
      />
    </>
  );
}
