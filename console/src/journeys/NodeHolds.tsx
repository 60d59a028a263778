// What a node says: the message, the task, the tag, the address that is told.
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Form, Input, InputNumber, Select, Switch } from "antd";
import { useState } from "react";
import { directBody, DirectFields, THROUGH_STAFF, WayChoice, type Direct, type Way } from "../direct/DirectFields";
import { tags as tagsApi } from "../api/calls";
import { keys } from "../api/keys";
import type { Rule } from "../api/types";
import { useI18n } from "../i18n";
import { materialKeys, materials } from "../library/calls";
import { bodyOf, SaidEditor, type Saying } from "../library/Said";
import { TagSelect } from "../people/pickers";
import { RuleBuilder } from "../people/RuleBuilder";
import { usePhone } from "../shell/parts";
import type { Content } from "../welcomes/shapes";
import "../welcomes/welcomes.css";
import type { JourneyNode } from "./canvas";

type Held = Record<string, unknown>;
interface Props { node: JourneyNode; onChange: (held: Held) => void }

const TASK_KINDS = ["follow_up", "message", "call", "invite", "group", "other"] as const;
const DEPTHS = ["basic", "standard", "deep"] as const;

export function NodeHolds(props: Props) {
  return <Form layout="vertical" component="div"><Holds {...props} /></Form>;
}

function Holds({ node, onChange }: Props) {
  const { t } = useI18n();
  const held = ("with" in node.do ? node.do.with : {}) as Held;
  switch (node.do.type) {
    case "message": return <MessageHolds held={held} onChange={onChange} />;
    case "task": return <TaskHolds held={held} onChange={onChange} />;
    case "tag":
      return (
        <>
          <Form.Item label={t("journeys.tag")}><TagSelect manual value={held.tag as string | undefined} onChange={(tag) => onChange({ ...held, tag })} /></Form.Item>
          <label className="row gap-below"><Switch size="small" checked={Boolean(held.remove)} onChange={(remove) => onChange({ ...held, remove })} /> {t("journeys.tag_remove")}</label>
        </>
      );
    case "webhook":
      return <Form.Item label={t("journeys.url")} extra={t("journeys.url_hint")}><Input value={(held.url as string | undefined) ?? ""} placeholder="https://" onChange={(event) => onChange({ url: event.target.value })} aria-label={t("journeys.url")} /></Form.Item>;
    default: return <Alert type="warning" showIcon title={t("journeys.absent")} className="gap-below" />;
  }
}

function MessageHolds({ held, onChange }: { held: Held; onChange: (held: Held) => void }) {
  const { t } = useI18n();
  const phone = usePhone();
  const [open, setOpen] = useState(false);
  const content = (held.content as Content | undefined) ?? { text: "", attachments: [] };
  const set = (more: Held) => onChange({ ...held, ...more });
  const pieces = content.attachments?.length ?? 0;
  const material = (held.material as string | undefined) ?? "";
  const taken = useQuery({ queryKey: materialKeys.one(material), queryFn: () => materials.get(material), enabled: Boolean(material), staleTime: 30_000 });
  const said: Saying = { content, material: material ? { id: material, name: taken.data?.name ?? material } : null };
  const say = (next: Saying) => {
    const rest = Object.fromEntries(Object.entries(held).filter(([name]) => name !== "content" && name !== "material"));
    onChange({ ...rest, ...bodyOf(next) });
  };
  const direct: Direct = { way: (held.channel as Way | undefined) ?? "wecom", mail: (held.mail as Direct["mail"] | undefined) ?? THROUGH_STAFF.mail, sms: (held.sms as Direct["sms"] | undefined) ?? THROUGH_STAFF.sms };
  const go = (next: Direct) => {
    const rest = Object.fromEntries(Object.entries(held).filter(([name]) => !["channel", "mail", "sms", "content", "material"].includes(name)));
    onChange(next.way === "wecom" ? { ...rest, content: { text: "", attachments: [] } } : { ...rest, ...directBody(next) });
  };
  return (
    <>
      <WayChoice way={direct.way} onChange={(way) => go({ ...direct, way })} />
      {direct.way !== "wecom" ? <DirectFields own={direct} onChange={go} /> : <Form.Item label={t("journeys.content")}>
        <div className="journey-says">{said.material ? t("journeys.from_material", { name: said.material.name }) : content.text?.trim() || <span className="muted">{t("journeys.content_none")}</span>}{pieces ? <div className="muted small">{t("journeys.pieces", { n: pieces })}</div> : null}</div>
        <Button className="gap-above-small" onClick={() => setOpen(true)}>{t("journeys.content_edit")}</Button>
      </Form.Item>}
      <label className="row gap-below"><Switch size="small" checked={Boolean(held.service)} onChange={(service) => set({ service })} /> {t("journeys.service")}</label>
      <p className="muted small gap-below">{t("journeys.service_hint")}</p>
      <Form.Item label={t("journeys.gather")} extra={t("journeys.gather_hint")}><InputNumber min={0} max={1440} value={(held.gather_minutes as number | undefined) ?? 10} onChange={(n) => set({ gather_minutes: n ?? 10 })} suffix={t("journeys.minutes")} className="full" aria-label={t("journeys.gather")} /></Form.Item>
      <div className="halves">
        <Form.Item label={t("journeys.expires")}><InputNumber min={1} max={30} value={(held.expires_days as number | undefined) ?? 3} onChange={(n) => set({ expires_days: n ?? 3 })} suffix={t("journeys.days")} className="full" aria-label={t("journeys.expires")} /></Form.Item>
        <Form.Item label={t("journeys.worth")}><InputNumber min={0} max={1_000_000} value={(held.worth as number | undefined) ?? 1} onChange={(n) => set({ worth: n ?? 1 })} className="full" aria-label={t("journeys.worth")} /></Form.Item>
      </div>
      <Drawer open={open} onClose={() => setOpen(false)} title={t("journeys.content_edit")} size={phone ? "100%" : 640} destroyOnHidden>
        <Form layout="vertical" component="div"><SaidEditor own={said} only={["staff.name", "store.name", "brand.name"]} onChange={say} /></Form>
      </Drawer>
    </>
  );
}

function TaskHolds({ held, onChange }: { held: Held; onChange: (held: Held) => void }) {
  const { t } = useI18n();
  const set = (more: Held) => onChange({ ...held, ...more });
  return (
    <>
      <Form.Item label={t("journeys.task_title")} extra={t("journeys.task_hint")}><Input.TextArea rows={2} maxLength={200} value={(held.title as string | undefined) ?? ""} onChange={(event) => set({ title: event.target.value })} aria-label={t("journeys.task_title")} /></Form.Item>
      <Form.Item label={t("guides.task_kind")}><Select value={(held.kind as string | undefined) ?? "follow_up"} onChange={(kind: string) => set({ kind })} options={TASK_KINDS.map((kind) => ({ value: kind, label: t(`guides.task_kind.${kind}`) }))} aria-label={t("guides.task_kind")} /></Form.Item>
      <Form.Item label={t("sops.depth")} extra={t("journeys.depth_hint")}><Select value={(held.depth as string | undefined) ?? "basic"} onChange={(depth: string) => set({ depth })} options={DEPTHS.map((depth) => ({ value: depth, label: t(`sops.depth.${depth}`) }))} aria-label={t("sops.depth")} /></Form.Item>
    </>
  );
}

/** The rule of a condition, in a drawer of its own: it needs more room than the panel has. */
export function NodeRule({ rule, onChange }: { rule: unknown; onChange: (rule: unknown) => void }) {
  const { t } = useI18n();
  const phone = usePhone();
  const [open, setOpen] = useState(false);
  const fields = useQuery({ queryKey: keys.ruleFields, queryFn: tagsApi.fields, staleTime: 60_000 });
  return (
    <Form layout="vertical" component="div"><Form.Item label={t("journeys.rule")}>
      <Button onClick={() => setOpen(true)}>{t("journeys.rule_edit")}</Button>
      <Drawer open={open} onClose={() => setOpen(false)} title={t("journeys.rule_edit")} size={phone ? "100%" : 760} destroyOnHidden>
        {fields.data ? <RuleBuilder rule={rule as Rule} fields={fields.data.items} onChange={onChange} deeds /> : null}
      </Drawer>
    </Form.Item></Form>
  );
}
