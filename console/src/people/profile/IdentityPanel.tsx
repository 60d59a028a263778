// Who was found to be the same person, why, and how to take it back.
import { MergeOutlined, UndoOutlined, WarningOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { Identity, Merge, Person } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView } from "../../shell/errors";
import { MayButton, useKindName, useSourceName } from "../../shell/parts";
import { useWho } from "../../shell/who";
import { IdentityTree } from "./IdentityTree";
import { MergeModal } from "./MergeModal";
import { UnmergeModal } from "./UnmergeModal";

export function IdentityPanel({ asked, person }: { asked: string; person: Person }) {
  const { t } = useI18n();
  const identity = useQuery({ queryKey: keys.personPart(asked, "identity"), queryFn: () => api.identity(asked) });
  const [merging, setMerging] = useState(false);
  const [undoing, setUndoing] = useState<Merge | null>(null);
  if (identity.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (!identity.data) return <ErrorView error={identity.error} retry={() => void identity.refetch()} />;
  const { data } = identity;
  return (
    <div className="stack">
      <section className="panel">
        <div className="panel-head">
          <span>{data.people.length > 1 ? t("identity.people", { n: data.people.length }) : t("identity.single")}</span>
          <MayButton permission="people.merge" icon={<MergeOutlined />} onClick={() => setMerging(true)}>{t("identity.merge")}</MayButton>
        </div>
        <IdentityTree identity={data} current={person.id} />
      </section>
      <Conflicts items={data.conflicts} />
      <History merges={data.merges} onUndo={setUndoing} />
      <Splits items={data.splits} current={person.id} />
      <MergeModal asked={asked} person={person} open={merging} onClose={() => setMerging(false)} />
      {undoing ? <UnmergeModal asked={asked} merge={undoing} onClose={() => setUndoing(null)} /> : null}
    </div>
  );
}

function Conflicts({ items }: { items: Identity["conflicts"] }) {
  const { t } = useI18n();
  const format = useFormat();
  const kind = useKindName();
  if (items.length === 0) return null;
  return (
    <section className="panel">
      <div className="panel-head"><span className="warn"><WarningOutlined /> {t("identity.conflicts", { n: items.length })}</span></div>
      <p className="muted panel-note">{t("identity.conflicts_hint")}</p>
      {items.map((item) => (
        <div className="merge-row" key={`${item.at}${item.code}${item.message}`}>
          <div>
            <div>{item.message}</div>
            <div className="muted small num">{format.at(item.at, true)} · {item.kinds.map(kind).join(" + ")}</div>
          </div>
          <code className="muted">{item.code}</code>
        </div>
      ))}
    </section>
  );
}

function History({ merges, onUndo }: { merges: Merge[]; onUndo: (merge: Merge) => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const source = useSourceName();
  const who = useWho();
  const kind = useKindName();
  if (merges.length === 0) return null;
  return (
    <section className="panel">
      <div className="panel-head">{t("identity.history")}</div>
      {merges.map((merge) => (
        <div className="merge-row" key={merge.id}>
          <div>
            <div><code className="break">{merge.merged_id}</code> → <code className="break">{merge.kept_id}</code></div>
            <div className="muted small num">
              {format.at(merge.at, true)}
              {merge.reason ? ` · ${t("identity.because", { kind: kind(merge.reason.kind), value: merge.reason.value })}` : ""}
              {merge.source ? ` · ${source(merge.source)}` : ""}{merge.by && merge.by !== "rule" ? ` · ${who(merge.by)}` : ""}
            </div>
            {merge.state === "undone" ? <div className="muted small num">{t("identity.undone", { at: format.at(merge.undone_at), by: who(merge.undone_by) })}</div> : null}
          </div>
          {merge.state === "active"
            ? <MayButton permission="people.merge" icon={<UndoOutlined />} onClick={() => onUndo(merge)}>{t("identity.undo")}</MayButton>
            : <AntTag>{t("identity.state_undone")}</AntTag>}
        </div>
      ))}
    </section>
  );
}

function Splits({ items, current }: { items: Identity["splits"]; current: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const who = useWho();
  if (items.length === 0) return null;
  return (
    <section className="panel">
      <div className="panel-head">{t("identity.splits")}</div>
      <p className="muted panel-note">{t("identity.splits_hint")}</p>
      {items.map((split) => {
        const other = split.a_id === current ? split.b_id : split.a_id;
        return (
          <div className="merge-row" key={`${split.a_id}${split.b_id}`}>
            <Link to={`/people/${other}`}><code>{other}</code></Link>
            <span className="muted small num">{format.at(split.at)} · {who(split.by)}</span>
          </div>
        );
      })}
    </section>
  );
}
