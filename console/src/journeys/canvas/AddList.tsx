// The kinds of nodes, to be added.
import { DisconnectOutlined } from "@ant-design/icons";
import { Button, Modal, Select } from "antd";
import type { PointerEvent } from "react";
import { useI18n } from "../../i18n";
import { useShared } from "./context";
import { GROUPS, waysOf, type Kind } from "./definition";
import { nodeOf, type From } from "./edit";
import { KindIcon } from "./icons";
import { sayWay, titleOf } from "./say";

interface ListProps { onChoose: (kind: Kind) => void; onGrab?: (event: PointerEvent, kind: Kind) => void; about?: boolean }

export function AddList({ onChoose, onGrab, about }: ListProps) {
  const { t } = useI18n();
  return GROUPS.map((group) => (
    <div key={group.name} className="jc-group" role="group" aria-label={t(`canvas.group.${group.name}`)}>
      <span className="jc-group-name">{t(`canvas.group.${group.name}`)}</span>
      {group.kinds.map((kind) => (
        <button key={kind} type="button" className="jc-add" data-kind={kind} title={t(`canvas.about.${kind}`)} onPointerDown={onGrab ? (event) => onGrab(event, kind) : undefined} onClick={() => onChoose(kind)}>
          <KindIcon kind={kind} />
          <span><span>{t(`canvas.kind.${kind}`)}</span>{about ? <span className="muted small">{t(`canvas.about.${kind}`)}</span> : null}</span>
        </button>
      ))}
    </div>
  ));
}

/** Chooses what comes after a way: something new, or a node that is there. */
export function AddDialog({ from, open, onChoose, onConnect, onClose, onClosed }: { from: From | null; open: boolean; onChoose: (kind: Kind) => void; onConnect: (id: string | null) => void; onClose: () => void; onClosed: () => void }) {
  const { t } = useI18n();
  const { definition, speaker, sentence, order } = useShared();
  const source = nodeOf(definition, from?.node);
  const way = source ? waysOf(source.do).find((own) => own.id === from?.way) : undefined;
  const led = from ? (from.node === null ? Boolean(definition.start) : Boolean(way?.to)) : false;
  const name = source && way ? t("canvas.after_way", { node: titleOf(speaker, source), way: sayWay(speaker, source.do, way) }) : from ? t("canvas.start") : null;
  const others = order.flatMap((id) => {
    const node = nodeOf(definition, id);
    return node && id !== from?.node ? [{ value: id, label: `${titleOf(speaker, node)} · ${sentence(node)}` }] : [];
  });
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={name ? t("canvas.add_to", { way: name }) : t("canvas.add")} width={640} focusable={{ focusTriggerAfterClose: false }} afterClose={onClosed} destroyOnHidden>
      <div className="jc-add-grid"><AddList about onChoose={onChoose} /></div>
      {led ? <Button danger type="text" className="jc-cut" icon={<DisconnectOutlined />} onClick={() => onConnect(null)}>{t("canvas.disconnect")}</Button> : null}
      {from && others.length ? (
        <div className="jc-field jc-add-connect">
          <span className="jc-label">{t("canvas.connect_to")}</span>
          <Select<string> className="full" options={others} onChange={onConnect} placeholder={t("canvas.choose_node")} aria-label={t("canvas.connect_to")} showSearch={{ optionFilterProp: "label" }} />
        </div>
      ) : null}
    </Modal>
  );
}
