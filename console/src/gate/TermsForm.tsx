// When and how a message goes out: what makes it a broadcast.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, DatePicker, Input, InputNumber, Select, Switch } from "antd";
import dayjs from "dayjs";
import type { ReactNode } from "react";
import { useI18n } from "../i18n";
import { GOALS, type Test, TestForm } from "./TestForm";
import "./gate.css";

export interface Terms { service: boolean; worth: number; holdout_percent: number; per_hour: number; start_at: string | null; expires_at: string | null; variants: string[]; test: Test | null }
export const PLAIN: Terms = { service: false, worth: 1, holdout_percent: 0, per_hour: 0, start_at: null, expires_at: null, variants: [], test: null };

export const VARIANTS_MAX = 4;

/** Friends are lost in WeCom. */
const DIRECT_GOALS = GOALS.filter((goal) => goal !== "lost");

/** `contents`: so many go out by mail or SMS, which are written elsewhere. */
export function TermsForm({ terms, contents, onChange }: { terms: Terms | null; contents?: number; onChange: (terms: Terms | null) => void }) {
  const { t } = useI18n();
  const isDirect = contents !== undefined;
  const set = (change: Partial<Terms>) => onChange({ ...(terms ?? PLAIN), ...change });
  const field = (label: string, child: ReactNode) => <label className="gate-field"><span className="small muted">{label}</span>{child}</label>;
  const time = (value: string | null, change: (next: string | null) => void) => (
    <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" value={value ? dayjs(value) : null} onChange={(next) => change(next ? next.toISOString() : null)} />
  );
  return (
    <div className="gap-below">
      <label className="row gap-below"><Switch checked={terms !== null} onChange={(on) => onChange(on ? PLAIN : null)} /> <span>{t(!isDirect ? "broadcast.on" : contents > 1 ? "broadcast.on_tested" : "broadcast.on_one")}</span></label>
      {terms ? (
        <div className="stack tight">
          <div className="gate-fields">
            {field(t("broadcast.class"), <Select value={terms.service ? "service" : "marketing"} onChange={(value) => set({ service: value === "service" })} options={[{ value: "marketing", label: t("runs.class.marketing") }, { value: "service", label: t("runs.class.service") }]} />)}
            {field(t("broadcast.start"), time(terms.start_at, (start_at) => set({ start_at })))}
            {field(t("broadcast.expires"), time(terms.expires_at, (expires_at) => set({ expires_at })))}
            {field(t("broadcast.per_hour"), <InputNumber min={0} max={10_000_000} precision={0} value={terms.per_hour || null} placeholder={t("gate.off")} onChange={(value) => set({ per_hour: value ?? 0 })} />)}
            {field(t("runs.worth"), <InputNumber min={0} max={1_000_000} value={terms.worth} onChange={(value) => set({ worth: value ?? 1 })} />)}
            {field(t("broadcast.holdout"), <InputNumber min={0} max={50} value={terms.holdout_percent} onChange={(value) => set({ holdout_percent: value ?? 0 })} />)}
          </div>
          <p className="muted small">{t("broadcast.hint")}</p>
          {(isDirect ? [] : terms.variants).map((text, at) => (
            <div className="row" key={at}>
              <Input.TextArea aria-label={t("broadcast.variant", { n: at + 2 })} placeholder={t("broadcast.variant", { n: at + 2 })} autoSize={{ minRows: 2 }} maxLength={4000} value={text} onChange={(event) => set({ variants: terms.variants.map((own, n) => (n === at ? event.target.value : own)) })} />
              <Button type="text" aria-label={t("action.delete")} icon={<DeleteOutlined />} onClick={() => set({ variants: terms.variants.filter((_, n) => n !== at) })} />
            </div>
          ))}
          {!isDirect && terms.variants.length < VARIANTS_MAX ? <div><Button size="small" icon={<PlusOutlined />} onClick={() => set({ variants: [...terms.variants, ""] })}>{t("broadcast.variant_add")}</Button></div> : null}
          {!isDirect && (terms.variants.some((text) => text.trim()) || terms.test) ? <TestForm test={terms.test} contents={terms.variants.filter((text) => text.trim()).length + 1} onChange={(test) => set({ test })} /> : null}
          {contents !== undefined && (contents > 1 || terms.test) ? <TestForm test={terms.test} contents={contents} goals={DIRECT_GOALS} onChange={(test) => set({ test })} /> : null}
        </div>
      ) : null}
    </div>
  );
}
