// What a node of each kind holds.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, InputNumber, Segmented, Switch } from "antd";
import { useI18n } from "../../i18n";
import { useShared } from "./context";
import { ARMS_MAX, blankTrigger, REASSIGN_MAX, UNITS, waysOf, without, type AbAct, type Act, type Arm, type ConditionAct, type DeedAct, type ExitAct, type JourneyNode, type MessageAct, type Span, type SplitAct, type TaskAct, type WaitEventAct, type WaitUntilAct, type With } from "./definition";
import { evenWeights } from "./edit";
import { ClockInput, DateInput, DraftInput, Field, JsonInput, SpanInput, WeekdaysInput } from "./inputs";
import { TriggerEditor } from "./TriggerEditor";
import { WaySelect } from "./WaySelect";

interface Props<A extends Act = Act> { node: JourneyNode; act: A; onChange: (next: Act) => void }

export function NodeFields({ node, act, onChange }: Props) {
  const { t } = useI18n();
  switch (act.type) {
    case "wait": return <Field label={t("canvas.wait_for")} hint={t("canvas.wait_hint")}><SpanInput value={act.for} onChange={(span) => onChange({ ...act, for: span })} label={t("canvas.wait_for")} /></Field>;
    case "wait_until": return <WaitUntil node={node} act={act} onChange={onChange} />;
    case "wait_event": return <WaitEvent node={node} act={act} onChange={onChange} />;
    case "condition": return <Condition node={node} act={act} onChange={onChange} />;
    case "split": return <Arms node={node} act={act} onChange={onChange} />;
    case "ab": return <Ab node={node} act={act} onChange={onChange} />;
    case "message": return <Held node={node} act={act} onChange={onChange} />;
    case "task": return <Task node={node} act={act} onChange={onChange} />;
    case "exit": return <Exit node={node} act={act} onChange={onChange} />;
    default: return <Held node={node} act={act} onChange={onChange} />;
  }
}

type On = "any" | "days" | "date";
function WaitUntil({ act, onChange }: Props<WaitUntilAct>) {
  const { t } = useI18n();
  const { readOnly } = useShared();
  const on: On = act.date !== undefined ? "date" : act.weekdays?.length ? "days" : "any";
  const rest = without(act, "weekdays", "date");
  const turn = (next: On) => onChange(next === "date" ? { ...rest, date: today() } : next === "days" ? { ...rest, weekdays: [1, 2, 3, 4, 5] } : rest);
  return (
    <>
      <Field label={t("canvas.until_at")} hint={t("canvas.until_hint")}><ClockInput value={act.at} onChange={(at) => onChange({ ...act, at })} label={t("canvas.until_at")} /></Field>
      <Field label={t("canvas.until_on")}>
        <Segmented<On> block value={on} onChange={turn} options={[{ value: "any", label: t("canvas.on.any") }, { value: "days", label: t("canvas.on.days") }, { value: "date", label: t("canvas.on.date") }]} />
        {on === "days" ? <WeekdaysInput value={act.weekdays ?? []} disabled={readOnly} label={t("canvas.on.days")} onChange={(weekdays) => weekdays.length && onChange({ ...act, weekdays })} /> : null}
        {on === "date" ? <DateInput value={act.date ?? ""} onChange={(date) => onChange({ ...act, date })} label={t("canvas.on.date")} /> : null}
        {on === "date" ? <span className="muted small">{t("canvas.date_hint")}</span> : null}
      </Field>
    </>
  );
}
export function today(): string {
  return new Intl.DateTimeFormat("en-CA").format(new Date());
}

function WaitEvent({ act, onChange }: Props<WaitEventAct>) {
  const { t } = useI18n();
  return (
    <>
      <Field label={t("canvas.wait_event_on")}><TriggerEditor value={act.on} onChange={(on) => onChange({ ...act, on })} /></Field>
      <Field label={t("canvas.timeout")} hint={t("canvas.timeout_hint")}><SpanInput value={act.timeout} onChange={(timeout) => onChange({ ...act, timeout })} label={t("canvas.timeout")} /></Field>
    </>
  );
}

function Condition({ act, onChange }: Props<ConditionAct>) {
  const { t } = useI18n();
  const { renderRule, readOnly } = useShared();
  const put = (rule: unknown) => onChange({ ...act, rule });
  return <Field label={t("canvas.rule")}>{renderRule ? renderRule(act.rule, put) : <JsonInput value={act.rule} onChange={put} label={t("canvas.rule")} disabled={readOnly} />}</Field>;
}

function Arms({ node, act, onChange }: Props<SplitAct | AbAct>) {
  const { t } = useI18n();
  const sum = act.arms.reduce((all, arm) => all + arm.weight, 0);
  const put = (arms: Arm[]) => onChange({ ...act, arms });
  const change = (at: number, part: Partial<Arm>) => put(act.arms.map((arm, index) => (index === at ? { ...arm, ...part } : arm)));
  const even = (arms: Arm[]) => {
    const weights = evenWeights(arms.length);
    return arms.map((arm, at) => ({ ...arm, weight: weights[at] ?? 0 }));
  };
  return (
    <Field label={t("canvas.arms")}>
      {act.arms.map((arm, at) => {
        const name = t("canvas.arm_n", { n: at + 1 });
        const way = waysOf(act)[at];
        return (
          <div key={at} className="jc-arm" role="group" aria-label={name}>
            <Input value={arm.name ?? ""} maxLength={60} placeholder={name} aria-label={t("canvas.arm_name")} onChange={(event) => change(at, { name: event.target.value })} />
            <InputNumber value={arm.weight} min={1} max={100} precision={0} suffix="%" aria-label={t("canvas.weight")} onChange={(weight) => weight !== null && change(at, { weight })} />
            <Button type="text" icon={<DeleteOutlined />} aria-label={t("canvas.remove_arm")} disabled={act.arms.length <= 2} onClick={() => put(act.arms.filter((_, index) => index !== at))} />
            {way ? <WaySelect node={node} way={way} /> : null}
          </div>
        );
      })}
      <div className="row">
        <Button size="small" type="dashed" icon={<PlusOutlined />} disabled={act.arms.length >= ARMS_MAX} onClick={() => put(even([...act.arms, { name: String.fromCharCode(65 + act.arms.length), weight: 0, to: null }]))}>{t("canvas.add_arm")}</Button>
        <Button size="small" type="text" onClick={() => put(even(act.arms))}>{t("canvas.even")}</Button>
        <span className={sum === 100 ? "muted small num" : "bad small num"} role="status">{t("canvas.weights_sum", { n: sum })}</span>
      </div>
    </Field>
  );
}

function Ab({ node, act, onChange }: Props<AbAct>) {
  const { t } = useI18n();
  return (
    <>
      <Arms node={node} act={act} onChange={onChange} />
      <Field label={t("canvas.ab_goal")}><TriggerEditor value={act.goal ?? blankTrigger("event")} onChange={(goal) => onChange({ ...act, goal })} /></Field>
      <Field label={t("canvas.ab_within")}><InputNumber className="full" min={1} max={90} precision={0} suffix={t("word.days")} value={act.within_days ?? null} aria-label={t("canvas.ab_within")} onChange={(days) => days !== null && onChange({ ...act, within_days: days })} /></Field>
    </>
  );
}

function Held({ node, act, onChange }: Props<MessageAct | TaskAct | DeedAct>) {
  const { t } = useI18n();
  const { renderWith, readOnly } = useShared();
  const put = (held: With) => onChange({ ...act, with: held });
  return <Field label={t("canvas.content")}>{renderWith ? renderWith(node, put) : <JsonInput value={act.with} onChange={put} label={t("canvas.content")} disabled={readOnly} />}</Field>;
}

function Task({ node, act, onChange }: Props<TaskAct>) {
  const { t } = useI18n();
  const nudge = (on: boolean) => onChange(on ? { ...act, nudge: beforeDeadline(act.deadline) } : without(act, "nudge"));
  return (
    <>
      <Held node={node} act={act} onChange={onChange} />
      <Field label={t("canvas.deadline")}><SpanInput value={act.deadline} onChange={(deadline) => onChange({ ...act, deadline })} label={t("canvas.deadline")} /></Field>
      <Field label={t("canvas.nudge")} hint={act.nudge ? t("canvas.nudge_hint") : undefined}>
        <Switch className="start" checked={act.nudge !== undefined} onChange={nudge} aria-label={t("canvas.nudge")} />
        {act.nudge ? <SpanInput value={act.nudge} onChange={(own) => onChange({ ...act, nudge: own })} label={t("canvas.nudge")} /> : null}
      </Field>
      <Field label={t("canvas.reassign")} hint={t("canvas.reassign_hint")}>
        <InputNumber
          className="full" min={0} max={REASSIGN_MAX} precision={0} value={act.reassign ?? 0} aria-label={t("canvas.reassign")}
          onChange={(n) => {
            if (n !== null) onChange(n ? { ...act, reassign: n } : without(act, "reassign"));
          }}
        />
      </Field>
    </>
  );
}

/** A reminder that is earlier than the deadline whatever that is. */
function beforeDeadline({ amount, unit }: Span): Span {
  if (amount > 1) return { amount: Math.floor(amount / 2), unit };
  return { amount: 1, unit: UNITS[Math.max(0, UNITS.indexOf(unit) - 1)] ?? "minute" };
}

function Exit({ act, onChange }: Props<ExitAct>) {
  const { t } = useI18n();
  return (
    <Field label={t("canvas.outcome")} hint={t("canvas.outcome_hint")}>
      <DraftInput code value={act.outcome ?? ""} maxLength={40} label={t("canvas.outcome")} mistake={(next) => (/^[a-z0-9_]*$/.test(next) ? null : t("canvas.word_form"))} onCommit={(next) => onChange(next ? { type: "exit", outcome: next } : { type: "exit" })} />
    </Field>
  );
}
