// How identifiers of each kind may join people. The order is the strength: the stronger one wins a dispute.
import { ArrowDownOutlined, ArrowUpOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, InputNumber, Select, Skeleton, Switch } from "antd";
import { useState } from "react";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { IdentityKind } from "../api/types";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead, useKindName } from "../shell/parts";
import { move } from "./order";
import "./settings.css";

export function IdentityPage() {
  return <Need permission="settings.write"><Identity /></Need>;
}

function Identity() {
  const { t } = useI18n();
  const settings = useQuery({ queryKey: keys.settings, queryFn: api.settings });
  if (settings.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (!settings.data) return <ErrorView error={settings.error} retry={() => void settings.refetch()} />;
  return (
    <>
      <PageHead title={t("nav.identity")} hint={t("rules.hint")} />
      <Rules key={settings.dataUpdatedAt} kinds={settings.data.identity.kinds} />
    </>
  );
}

function Rules({ kinds }: { kinds: IdentityKind[] }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [rows, setRows] = useState(() => [...kinds].sort((a, b) => a.priority - b.priority));
  const changed = JSON.stringify(rows) !== JSON.stringify([...kinds].sort((a, b) => a.priority - b.priority));
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.changeSettings({ identity: { kinds: rows } }),
    onSuccess: () => {
      void message.success(t("rules.saved"));
      void client.invalidateQueries({ queryKey: keys.settings });
    },
  });
  const set = (at: number, change: Partial<IdentityKind>) => setRows(rows.map((row, index) => (index === at ? { ...row, ...change } : row)));
  return (
    <div className="stack">
      <section className="panel">
        <div className="identity-row head"><span>{t("rules.strength")}</span><span>{t("rules.kind")}</span><span>{t("rules.limit")}</span><span>{t("rules.merges")}</span><span>{t("rules.blocked")}</span></div>
        {rows.map((row, at) => (
          <Rule key={row.kind} row={row} first={at === 0} last={at === rows.length - 1} onMove={(by) => setRows(move(rows, at, by))} onChange={(change) => set(at, change)} />
        ))}
      </section>
      <Explain />
      {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
      <div className="row sticky-foot">
        <MayButton permission="settings.write" type="primary" disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>{t("action.save")}</MayButton>
        {changed ? <Button onClick={() => setRows([...kinds].sort((a, b) => a.priority - b.priority))}>{t("rules.revert")}</Button> : <span className="muted small">{t("rules.unchanged")}</span>}
      </div>
    </div>
  );
}

function Rule({ row, first, last, onMove, onChange }: {
  row: IdentityKind; first: boolean; last: boolean; onMove: (by: number) => void; onChange: (change: Partial<IdentityKind>) => void;
}) {
  const { t, word } = useI18n();
  const name = useKindName()(row.kind);
  return (
    <div className="identity-row">
      <span className="order-buttons">
        <b className="num">{row.priority}</b>
        <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={first} aria-label={t("rules.up", { kind: name })} onClick={() => onMove(-1)} />
        <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={last} aria-label={t("rules.down", { kind: name })} onClick={() => onMove(1)} />
      </span>
      <span><b>{name}</b><div className="muted small">{word("kind.why", row.kind) === row.kind ? row.kind : word("kind.why", row.kind)}</div></span>
      <label><span className="only-phone small muted">{t("rules.limit")}</span><InputNumber min={1} max={1000} precision={0} value={row.limit} aria-label={`${t("rules.limit")} ${name}`} onChange={(limit) => limit && onChange({ limit })} /></label>
      <label className="row"><Switch size="small" checked={row.merges} aria-label={`${t("rules.merges")} ${name}`} onChange={(merges) => onChange({ merges })} /><span className="small muted">{row.merges ? t("rules.merges_on") : t("rules.merges_off")}</span></label>
      <div className="wide">
        <Select mode="tags" open={false} suffix={null} className="full" value={row.blocked} tokenSeparators={[",", "\n", " "]} placeholder={t("rules.blocked_hint")} aria-label={`${t("rules.blocked")} ${name}`} onChange={(blocked: string[]) => onChange({ blocked })} />
      </div>
    </div>
  );
}

function Explain() {
  const { t } = useI18n();
  return (
    <section className="panel pad stack tight muted">
      <p><b>{t("rules.strength")}</b> · {t("rules.explain_strength")}</p>
      <p><b>{t("rules.limit")}</b> · {t("rules.explain_limit")}</p>
      <p><b>{t("rules.merges")}</b> · {t("rules.explain_merges")}</p>
      <p><b>{t("rules.blocked")}</b> · {t("rules.explain_blocked")}</p>
    </section>
  );
}
