// Every number opens its people, and those can become an audience.
import { TeamOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Input, Modal } from "antd";
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { PersonCard, usePeopleColumns } from "../people/columns";
import { useErrorText } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, usePhone } from "../shell/parts";
import { analysis, seeKeys } from "./calls";
import type { OpenPeople } from "./kind";
import { Asked } from "./parts";
import type { Cell, KindName, Spec } from "./shapes";

const Open = createContext<OpenPeople>(() => undefined);
export const useOpen = () => useContext(Open);

/** The numbers inside open the people behind them, as this question counts them. */
export function Behind({ kind, spec, children }: { kind: KindName; spec: Spec; children: ReactNode }) {
  const [asked, ask] = useState<{ cell: Cell; title: string } | null>(null);
  const phone = usePhone();
  const open = useMemo<OpenPeople>(() => (cell, title) => ask({ cell, title }), []);
  const question = useMemo(() => ({ kind, spec }), [kind, spec]);
  return (
    <Open value={open}>
      <Asked value={question}>{children}</Asked>
      <Drawer open={asked !== null} onClose={() => ask(null)} size={phone ? "100%" : 880} title={asked?.title} destroyOnHidden>
        {asked ? <People kind={kind} spec={spec} cell={asked.cell} title={asked.title} /> : null}
      </Drawer>
    </Open>
  );
}

export function People({ kind, spec, cell, title }: { kind: KindName; spec: Spec; cell: Cell; title: string }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [saving, setSaving] = useState(false);
  const pages = usePages(seeKeys.people(kind, spec, cell), ({ limit, after }) => analysis.people(kind, { spec, cell, limit: Number(limit), after: after ? String(after) : null }));
  const columns = usePeopleColumns(["identifiers", "tags", "orders", "amount", "last_order"]);
  const some = (pages.data?.pages[0]?.items.length ?? 0) > 0;
  return (
    <div className="stack">
      <div className="row between">
        <span className="muted">{t("see.people_hint")}</span>
        <MayButton permission="audiences.write" type="primary" icon={<TeamOutlined />} disabled={!some} onClick={() => setSaving(true)}>{t("see.save_audience")}</MayButton>
      </div>
      <ListTable
        pages={pages} rowKey={(row) => row.id} columns={columns} card={(row) => <PersonCard row={row} />} onOpen={(row) => void navigate(`/people/${row.id}`)}
        empty={<EmptyHint title={t("see.people_none")} />}
      />
      <SaveAudience open={saving} kind={kind} spec={spec} cell={cell} name={title} onClose={() => setSaving(false)} />
    </div>
  );
}

function SaveAudience({ open, kind, spec, cell, name, onClose }: { open: boolean; kind: KindName; spec: Spec; cell: Cell; name: string; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => analysis.audience(kind, { spec, cell, name: (draft ?? name).trim().slice(0, 60) }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: keys.audiences });
      void message.success(<span>{t("see.audience_saved")} <Link to={`/audiences/${made.id}`}>{made.name}</Link></span>, 8);
      onClose();
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("see.save_audience")} okText={t("action.save")} cancelText={t("action.cancel")} onOk={() => save.mutate()} confirmLoading={save.isPending} destroyOnHidden>
      <p className="muted gap-below">{t("see.save_audience_hint")}</p>
      <Input value={draft ?? name} maxLength={60} onChange={(event) => setDraft(event.target.value)} aria-label={t("word.name")} />
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-above" /> : null}
    </Modal>
  );
}

/** A number that opens its people. Nobody is nothing to open. */
export function Few({ n, cell, title, children, className }: { n: number; cell: Cell; title: string; children: ReactNode; className?: string }) {
  const open = useOpen();
  if (!n) return <span className={["num muted", className].filter(Boolean).join(" ")}>{children}</span>;
  return <Button type="link" className={["few num", className].filter(Boolean).join(" ")} onClick={() => open(cell, title)} title={title}>{children}</Button>;
}
