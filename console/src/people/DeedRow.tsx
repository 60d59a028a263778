// A condition on what people did, in one line.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, InputNumber, Select } from "antd";
import type { CountOp, Deed } from "../api/rule";
import { fromMinor, toMinor } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { DeedSpanPicker } from "../see/controls/DeedSpanPicker";
import { EventPicker } from "../see/controls/EventPicker";
import { DurationInput } from "../see/controls/simple";
import { useCatalogue } from "../see/controls/useCatalogue";
import { usePropertyName } from "../see/names";
import "../see/see.css";
import { COUNT_OPS, countOf, DEED_MODES, eventOfDeed, modeOfDeed, spanOfDeed, withCount, withEvent, withMode, withSpan, type DeedMode } from "./deed";

const STEPS_MAX = 10;

export function DeedRow({ deed, onChange }: { deed: Deed; onChange: (deed: Deed | null) => void }) {
  const { t } = useI18n();
  const mode = modeOfDeed(deed);
  return (
    <div className="rule-deed">
      <Select<DeedMode> value={mode} onChange={(next) => onChange(withMode(deed, next))} options={DEED_MODES.map((item) => ({ value: item, label: t(`deed.${item}`) }))} popupMatchSelectWidth={false} aria-label={t("deed.kind")} />
      {"sequence" in deed ? <Steps deed={deed} onChange={onChange} /> : <EventPicker any value={eventOfDeed(deed)} onChange={(event) => onChange(withEvent(deed, event))} label={t("see.event")} />}
      <CountOf deed={deed} mode={mode} onChange={onChange} />
      <DeedSpanPicker value={spanOfDeed(deed)} onChange={(span) => onChange(withSpan(deed, span))} />
      <Button type="text" className="deed-remove" icon={<DeleteOutlined />} aria-label={t("rule.remove")} onClick={() => onChange(null)} />
    </div>
  );
}

function CountOf({ deed, mode, onChange }: { deed: Deed; mode: DeedMode; onChange: (deed: Deed) => void }) {
  const { t, word } = useI18n();
  const { currency } = useFormat();
  const property = usePropertyName();
  const { properties } = useCatalogue();
  const count = countOf(deed);
  if (!("did" in deed) || mode === "never" || !count) return null;
  const sum = deed.did.sum;
  const numbers = properties(eventOfDeed(deed)).filter((own) => own.kinds.some((kind) => kind === "int" || kind === "float")).map((own) => own.name);
  const names = sum && !numbers.includes(sum.property) ? [sum.property, ...numbers] : numbers;
  const money = sum?.property === "amount";
  return (
    <>
      {sum ? <Select<string> value={sum.property} onChange={(name) => onChange({ did: { ...deed.did, sum: { ...sum, property: name } } })} options={names.map((name) => ({ value: name, label: property(name) }))} popupMatchSelectWidth={false} aria-label={t("see.property")} /> : null}
      <Select<CountOp> value={count.op} onChange={(op) => onChange(withCount(deed, { op }))} options={COUNT_OPS.map((op) => ({ value: op, label: word("op", op) }))} popupMatchSelectWidth={false} aria-label={t("rule.op")} />
      <InputNumber
        className="w-140" aria-label={t("rule.value")} precision={sum ? undefined : 0} min={sum ? undefined : mode === "did" ? 1 : 0} value={money ? fromMinor(count.value, currency) : count.value}
        onChange={(next) => next !== null && onChange(withCount(deed, { value: money ? (toMinor(next, currency) ?? 0) : next }))}
        suffix={money ? currency : sum ? undefined : mode === "days" ? t("see.bin_unit.days") : t("see.bin_unit.count")}
      />
    </>
  );
}

function Steps({ deed, onChange }: { deed: Extract<Deed, { sequence: unknown }>; onChange: (deed: Deed) => void }) {
  const { t } = useI18n();
  const { steps, window = { days: 7 } } = deed.sequence;
  const put = (part: Partial<typeof deed.sequence>) => onChange({ sequence: { ...deed.sequence, ...part } });
  return (
    <>
      {steps.map((step, at) => (
        <span className="row" key={at}>
          {at ? <span className="muted">→</span> : null}
          <EventPicker any value={step} onChange={(next) => put({ steps: steps.map((own, index) => (index === at ? next : own)) })} label={t("see.step_n", { n: at + 1 })} />
          {steps.length > 2 ? <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("see.remove_step")} onClick={() => put({ steps: steps.filter((_, index) => index !== at) })} /> : null}
        </span>
      ))}
      {steps.length < STEPS_MAX ? <Button size="small" type="dashed" icon={<PlusOutlined />} aria-label={t("see.add_step")} onClick={() => put({ steps: [...steps, { event: "Order Completed" }] })} /> : null}
      <span className="row"><span className="muted small">{t("see.within")}</span><DurationInput value={window} onChange={(next) => put({ window: next })} label={t("see.within")} /></span>
    </>
  );
}
