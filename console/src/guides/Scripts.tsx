import { FolderAddOutlined, MessageOutlined, PlusOutlined, SearchOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal, Select, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import type { GuideFolder, GuideScript } from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { EmptyHint } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { guideKeys, guides } from "./calls";
import { ScriptForm } from "./ScriptForm";

export function Scripts() {
  const { t } = useI18n();
  const [filters, change] = useFilters();
  const query = { q: filters.q, folder: filters.folder };
  const list = useQuery({ queryKey: guideKeys.part("scripts", query), queryFn: () => guides.scripts(query) });
  const [editing, edit] = useState<GuideScript | "new" | null>(null);
  const folders = list.data?.folders ?? [];
  const items = list.data?.items ?? [];
  const filtered = Boolean(filters.q || filters.folder);
  return (
    <div className="stack">
      <div className="bar filters">
        <SearchInput value={filters.q ?? ""} label={t("guides.script_search")} onChange={(q) => change({ q })} />
        <Select
          className="w-200" aria-label={t("guides.folder_name")} allowClear placeholder={t("guides.folder_all")} value={filters.folder}
          onChange={(folder?: string) => change({ folder })} options={folders.map((own) => ({ value: own.id, label: `${own.name} (${own.scripts})` }))}
        />
        <Folders folder={folders.find((own) => own.id === filters.folder) ?? null} made={(id) => change({ folder: id })} gone={() => change({ folder: null })} />
        <Button type="primary" icon={<PlusOutlined />} disabled={folders.length === 0} onClick={() => edit("new")}>{t("guides.script_new")}</Button>
      </div>
      <div className="panel list">
        {list.isPending ? <div className="pad"><Skeleton active /></div> : null}
        {list.isError ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess && items.length === 0 ? (filtered ? <EmptyHint icon={<SearchOutlined />} title={t("staff.none_found")} /> : <EmptyHint icon={<MessageOutlined />} title={t("guides.script_none")}>{t("guides.script_none_text")}</EmptyHint>) : null}
        {items.map((own) => <Row key={own.id} own={own} folder={folders.find((folder) => folder.id === own.folder)?.name ?? ""} edit={() => edit(own)} />)}
      </div>
      {editing ? <ScriptForm own={editing === "new" ? null : editing} folders={folders} folder={filters.folder ?? null} close={() => edit(null)} /> : null}
    </div>
  );
}

function Row({ own, folder, edit }: { own: GuideScript; folder: string; edit: () => void }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const { modal } = App.useApp();
  const client = useQueryClient();
  const drop = useMutation({ mutationFn: () => guides.dropScript(own.id), onSuccess: () => void client.invalidateQueries({ queryKey: guideKeys.all }) });
  const ask = () => modal.confirm({
    title: t("guides.script_drop"), content: t("guides.script_drop_text"), okText: t("action.delete"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => drop.mutateAsync().catch(() => undefined),
  });
  return (
    <div className="card-row">
      <div className="row between">
        <span className="row"><b>{own.title}</b><AntTag>{word("guides.kind", own.kind)}</AntTag>{own.action ? <AntTag color="blue">{word("guides.action", own.action)}</AntTag> : null}</span>
        <span className="row"><Button size="small" onClick={edit}>{t("action.edit")}</Button><Button size="small" danger onClick={ask}>{t("action.delete")}</Button></span>
      </div>
      {own.image ? <img src={own.image} alt={own.title} style={{ maxHeight: 90, maxWidth: 160 }} loading="lazy" /> : <div className="break">{own.text || own.url || own.page}</div>}
      <div className="muted small num">{[folder, `${t("guides.uses")} ${format.count(own.uses)}`, own.used_at ? format.ago(own.used_at) : ""].filter(Boolean).join(" · ")}</div>
    </div>
  );
}

function Folders({ folder, made, gone }: { folder: GuideFolder | null; made: (id: string) => void; gone: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const [naming, name] = useState<{ id: string | null; text: string } | null>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: guideKeys.all });
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: async (own: { id: string | null; text: string }) => (own.id ? (await guides.renameFolder(own.id, own.text), own.id) : (await guides.addFolder(own.text)).id),
    onSuccess: (id) => {
      name(null);
      refresh();
      made(id);
    },
  });
  const drop = useMutation({ mutationFn: guides.dropFolder, onSuccess: () => { refresh(); gone(); } });
  return (
    <>
      <Button icon={<FolderAddOutlined />} onClick={() => name({ id: null, text: "" })}>{t("guides.folder_new")}</Button>
      {folder ? <Button onClick={() => name({ id: folder.id, text: folder.name })}>{t("guides.folder_rename")}</Button> : null}
      {folder && folder.scripts === 0 ? <Button danger loading={drop.isPending} onClick={() => drop.mutate(folder.id)}>{t("guides.folder_gone")}</Button> : null}
      <Modal open={naming !== null} title={naming?.id ? t("guides.folder_rename") : t("guides.folder_new")} okText={t("action.save")} cancelText={t("action.cancel")} confirmLoading={save.isPending} onCancel={() => name(null)} onOk={() => naming && save.mutate(naming)}>
        <Input aria-label={t("guides.folder_name")} maxLength={20} value={naming?.text ?? ""} onChange={(event) => name({ id: naming?.id ?? null, text: event.target.value })} onPressEnter={() => naming && save.mutate(naming)} />
        {save.error ? <p className="muted small">{text(save.error)}</p> : null}
      </Modal>
    </>
  );
}
