// What something says: written here, or taken from the library.
import { FolderOpenOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Drawer, Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, usePhone } from "../shell/parts";
import { ContentEditor } from "../welcomes/ContentEditor";
import type { Content } from "../welcomes/shapes";
import { materialKeys, materials as api, type Material } from "./calls";
import { KindIcon, Labels } from "./parts";
import "./library.css";

export interface Taken { id: string; name: string }
export interface Saying { content: Content; material: Taken | null }

/** What goes to the server: one of the two. */
export function bodyOf(own: Saying): { content?: Content; material?: string } {
  return own.material ? { material: own.material.id } : { content: own.content };
}

interface Props { own: Saying; onChange: (own: Saying) => void; only?: string[] }

/** `only`: the variables that are offered to whoever writes. */
export function SaidEditor({ own, onChange, only }: Props) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <>
      <div className="row gap-below">
        <Button icon={<FolderOpenOutlined />} onClick={() => setOpen(true)}>{t(own.material ? "materials.take_other" : "materials.take")}</Button>
        {own.material ? <Button type="link" onClick={() => onChange({ ...own, material: null })}>{t("materials.write_own")}</Button> : null}
      </div>
      {own.material ? (
        <Alert type="info" showIcon className="gap-below" title={<>{t("materials.taken")} <Link to={`/materials/${own.material.id}`} target="_blank">{own.material.name}</Link></>} description={t("materials.taken_hint")} />
      ) : <ContentEditor content={own.content} only={only} onChange={(content) => onChange({ content, material: null })} />}
      <Pick open={open} onClose={() => setOpen(false)} onTake={(next) => { onChange(next); setOpen(false); }} />
    </>
  );
}

function Pick({ open, onClose, onTake }: { open: boolean; onClose: () => void; onTake: (own: Saying) => void }) {
  const { t } = useI18n();
  const phone = usePhone();
  return <Drawer open={open} onClose={onClose} size={phone ? "100%" : 520} title={t("materials.take")} destroyOnHidden><Choice onTake={onTake} /></Drawer>;
}

function Choice({ onTake }: { onTake: (own: Saying) => void }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const [q, setQ] = useState("");
  const query = { q, usable: true };
  const pages = usePages<Material>(materialKeys.list(query), api.list, query);
  const take = useMutation({
    meta: { quiet: true }, mutationFn: (id: string) => api.get(id),
    onSuccess: (own) => own.in_use && onTake({ content: own.in_use, material: { id: own.id, name: own.name } }),
  });
  const line = (row: Material) => (
    <span className="row tight"><KindIcon kind={row.kind} /><span><b className="plain">{row.name}</b> <span className="muted small">{[row.folder, word("materials.kind", row.kind)].filter(Boolean).join(" · ")}</span>{row.labels.length ? <div><Labels own={row} /></div> : null}</span></span>
  );
  return (
    <div className="stack">
      <Input.Search allowClear placeholder={t("materials.search")} aria-label={t("materials.search")} onSearch={(next) => setQ(next.trim())} />
      {take.error ? <Alert type="error" showIcon title={text(take.error)} /> : null}
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => take.mutate(row.id)} card={line} table={{ showHeader: false }}
        columns={[{ render: (_, row) => line(row) }]}
        empty={<EmptyHint icon={<FolderOpenOutlined />} title={t("materials.none_usable")}><Link to="/materials">{t("nav.materials")}</Link></EmptyHint>}
      />
    </div>
  );
}
