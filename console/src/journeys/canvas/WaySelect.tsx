import { Button, Select, Space } from "antd";
import { PlusOutlined } from "@ant-design/icons";
import { useI18n } from "../../i18n";
import { useShared } from "./context";
import { waysOf, type JourneyNode, type Way } from "./definition";
import { connect, nodeOf } from "./edit";
import { sayWay, titleOf } from "./say";

const NOWHERE = "@nowhere";

/** Where a way leads, by choosing. `node`: null for the entry. */
export function WaySelect({ node, way }: { node: JourneyNode | null; way: Pick<Way, "id" | "to" | "optional"> & Partial<Way> }) {
  const { t } = useI18n();
  const { definition, apply, speaker, sentence, order, extend, readOnly } = useShared();
  const first = node ? waysOf(node.do)[0] : undefined;
  const nowhere = way.optional && node && first ? t("canvas.as_first", { first: sayWay(speaker, node.do, first) }) : t("canvas.nowhere");
  const options = order.flatMap((id) => {
    const own = nodeOf(definition, id);
    if (!own || id === node?.id) return [];
    const title = titleOf(speaker, own);
    return [{ value: id, label: `${title} · ${sentence(own)}` }];
  });
  const lost = way.to !== null && !nodeOf(definition, way.to);
  const name = node && way.name !== undefined ? sayWay(speaker, node.do, way as Way) : t("canvas.start");
  return (
    <Space.Compact className="full jc-way-select">
      <Select<string>
        className="grow" value={way.to ?? NOWHERE} aria-label={t("canvas.leads_to", { way: name })} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false}
        status={way.to === null && !way.optional ? "warning" : lost ? "error" : undefined}
        options={[{ value: NOWHERE, label: nowhere }, ...(lost && way.to ? [{ value: way.to, label: way.to }] : []), ...options]}
        onChange={(to) => apply((own) => connect(own, node?.id ?? null, way.id, to === NOWHERE ? null : to))}
      />
      <Button icon={<PlusOutlined />} disabled={readOnly} title={t("canvas.add_after", { way: name })} aria-label={t("canvas.add_after", { way: name })} onClick={() => extend({ node: node?.id ?? null, way: way.id })} />
    </Space.Compact>
  );
}
