// The merged people as a tree: below each person, those that became part of them, with the value they shared.
import { Tag as AntTag } from "antd";
import type { Identity, IdentityNode, Merge } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { IdentifierText, useKindName } from "../../shell/parts";
import { treeOf, type Branch } from "./identityTreeOf";

export function IdentityTree({ identity, current }: { identity: Identity; current: string }) {
  return <div className="tree">{treeOf(identity, current).map((branch) => <Node key={branch.person.id} branch={branch} />)}</div>;
}

function Node({ branch }: { branch: Branch }) {
  const { person, children, merge } = branch;
  return (
    <div className="branch">
      {merge ? <Reason merge={merge} /> : null}
      <PersonBox person={person} />
      {children.length ? <div className="tree">{children.map((child) => <Node key={child.person.id} branch={child} />)}</div> : null}
    </div>
  );
}

function Reason({ merge }: { merge: Merge }) {
  const { t } = useI18n();
  const format = useFormat();
  const kind = useKindName();
  const why = merge.reason ? t("identity.because", { kind: kind(merge.reason.kind), value: merge.reason.value }) : t("identity.by_hand");
  return <div className="branch-why small muted num">{why} · {format.at(merge.at)}</div>;
}

function PersonBox({ person }: { person: IdentityNode }) {
  const { t } = useI18n();
  const format = useFormat();
  const kind = useKindName();
  return (
    <div className={person.kept ? "tree-box kept" : "tree-box"}>
      <div className="row">
        <code className="break">{person.id}</code>
        {person.kept ? <AntTag color="green">{t("identity.kept")}</AntTag> : null}
        {person.strongest ? <span className="muted small">{t("identity.strongest", { kind: kind(person.strongest) })}</span> : null}
      </div>
      <div className="identifiers wide">{person.identifiers.map((item) => <IdentifierText key={`${item.kind}:${item.value}`} item={item} />)}</div>
      <div className="muted small num">
        {t("people.card_orders", { n: format.count(person.orders) })} · {t("identity.events", { n: format.count(person.events) })} · {t("people.col.created")} {format.at(person.created_at)}
      </div>
    </div>
  );
}
