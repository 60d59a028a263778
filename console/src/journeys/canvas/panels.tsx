// What stands beside the canvas: a node, the journey's own rules, or all that is wrong.
import { CloseOutlined, CopyOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Alert, Button, Collapse, ConfigProvider, Input, InputNumber, Segmented, Select, Switch } from "antd";
import type { ReactNode } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { useShared, type What } from "./context";
import { blankTrigger, EXITS_MAX, FESTIVALS, HOLDOUT_DAYS, HOLDOUT_MAX, NAME_MAX, schedule, total, waysOf, without, type Again, type Entry, type ExitRule, type Festival, type JourneyNode, type Problem, type Schedule } from "./definition";
import { idMistake, nodeOf, putNode, renameNode } from "./edit";
import { KindIcon } from "./icons";
import { ClockInput, DateInput, DraftInput, Field, WeekdaysInput } from "./inputs";
import { NodeFields, today } from "./NodeFields";
import { sayProblem, sayTrigger, sayWay, titleOf } from "./say";
import { AudienceSelect, TriggerEditor } from "./TriggerEditor";
import { WaySelect } from "./WaySelect";

function Frame({ title, icon, actions, onClose, children }: { title: string; icon?: ReactNode; actions?: ReactNode; onClose: () => void; children: ReactNode }) {
  const { t } = useI18n();
  const { readOnly } = useShared();
  return (
    <section className="jc-panel" aria-label={title}>
      <header className="jc-panel-head">
        {icon}
        <h2>{title}</h2>
        {actions}
        <Button type="text" icon={<CloseOutlined />} aria-label={t("action.close")} title={t("action.close")} onClick={onClose} />
      </header>
      <div className="jc-panel-body"><ConfigProvider componentDisabled={readOnly}>{children}</ConfigProvider></div>
    </section>
  );
}

function Wrong({ problems }: { problems: readonly Problem[] }) {
  const { speaker } = useShared();
  return problems.map((own, at) => <Alert key={at} type="error" showIcon title={sayProblem(speaker, own)} />);
}

interface NodePanelProps { node: JourneyNode; onClose: () => void; onRemove: () => void; onDuplicate: () => void; onRenamed: (id: string) => void }

export function NodePanel({ node, onClose, onRemove, onDuplicate, onRenamed }: NodePanelProps) {
  const { t } = useI18n();
  const { definition, apply, problems, readOnly, speaker, numbers } = useShared();
  const kind = t(`canvas.kind.${node.do.type}`);
  const put = (change: (own: JourneyNode) => JourneyNode, key: string) => apply((own) => putNode(own, node.id, change), `${node.id}.${key}`);
  const rename = (next: string) => {
    apply((own) => renameNode(own, node.id, next));
    onRenamed(next);
  };
  const mistake = (next: string) => {
    const found = idMistake(definition, node.id, next);
    return found ? t(`canvas.id_mistake.${found}`) : null;
  };
  const setName = (name: string) => put((own) => (name ? { ...own, name } : without(own, "name")), "name");
  const ways = waysOf(node.do);
  const own = numbers?.[node.id];
  return (
    <Frame
      title={kind} icon={<KindIcon kind={node.do.type} />} onClose={onClose}
      actions={readOnly ? null : (
        <>
          <Button type="text" icon={<CopyOutlined />} aria-label={t("canvas.duplicate")} title={t("canvas.duplicate")} onClick={onDuplicate} />
          <Button type="text" danger icon={<DeleteOutlined />} aria-label={t("canvas.remove")} title={t("canvas.remove")} onClick={onRemove} />
        </>
      )}
    >
      <p className="muted small">{t(`canvas.about.${node.do.type}`)}</p>
      <Wrong problems={problems.filter((own) => own.node === node.id)} />
      {own ? <Numbers node={node} /> : null}
      <Field label={t("word.name")}><Input value={node.name ?? ""} maxLength={NAME_MAX} placeholder={kind} aria-label={t("word.name")} onChange={(event) => setName(event.target.value)} /></Field>
      <NodeFields key={node.id} node={node} act={node.do} onChange={(act) => put((own) => ({ ...own, do: act }), "do")} />
      {ways.length && node.do.type !== "split" && node.do.type !== "ab" ? (
        <div className="jc-section">
          <h3>{t("canvas.ways")}</h3>
          {ways.map((way) => <Field key={way.id} label={sayWay(speaker, node.do, way)}><WaySelect node={node} way={way} /></Field>)}
        </div>
      ) : null}
      <Collapse
        ghost size="small" className="jc-more"
        items={[{ key: "id", label: t("canvas.advanced"), children: <Field label={t("canvas.id")} hint={t("canvas.id_hint")}><DraftInput code key={node.id} value={node.id} maxLength={40} label={t("canvas.id")} mistake={mistake} onCommit={rename} /></Field> }]}
      />
    </Frame>
  );
}

/** Every number of a node, and the people behind it. */
function Numbers({ node }: { node: JourneyNode }) {
  const { t } = useI18n();
  const format = useFormat();
  const { numbers, onOpenPeople, speaker } = useShared();
  const own = numbers?.[node.id];
  if (!own) return null;
  const rows: { what: What; label: string; n: number }[] = [
    { what: "came", label: t("canvas.count.came"), n: own.came },
    { what: "inside", label: t("canvas.count.inside"), n: own.inside },
    ...waysOf(node.do).map((way) => ({ what: `passed:${way.id}` as What, label: t("canvas.passed_by", { way: sayWay(speaker, node.do, way) }), n: own.passed?.[way.id] ?? 0 })),
    ...(node.do.type === "exit" ? [{ what: "finished" as What, label: t("canvas.count.finished"), n: total(own.finished) }] : []),
    { what: "exited", label: t("canvas.count.exited"), n: total(own.exited) },
  ];
  return (
    <dl className="jc-numbers">
      {rows.map((row) => (
        <div key={row.what}>
          <dt>{row.label}</dt>
          <dd className="num">{onOpenPeople && row.n ? <button type="button" className="link" onClick={() => onOpenPeople(node.id, row.what)}>{format.count(row.n)}</button> : format.count(row.n)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function JourneyPanel({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { definition, apply, problems } = useShared();
  return (
    <Frame title={t("canvas.entry_title")} icon={<KindIcon kind="entry" />} onClose={onClose}>
      <Wrong problems={problems.filter((own) => !own.node)} />
      <div className="jc-section">
        <h3>{t("canvas.entry")}</h3>
        <EntryFields value={definition.entry} onChange={(entry) => apply((own) => ({ ...own, entry }), "entry")} />
        <Field label={t("canvas.start")}><WaySelect node={null} way={{ id: "start", to: definition.start ?? null, optional: false }} /></Field>
      </div>
      <div className="jc-section"><h3>{t("canvas.again")}</h3><AgainFields /></div>
      <div className="jc-section"><h3>{t("canvas.goal")}</h3><GoalFields /></div>
      <div className="jc-section"><h3>{t("canvas.exits")}</h3><ExitFields /></div>
      <div className="jc-section"><h3>{t("canvas.holdout")}</h3><HoldoutFields /></div>
    </Frame>
  );
}

function EntryFields({ value, onChange }: { value: Entry; onChange: (next: Entry) => void }) {
  const { t } = useI18n();
  const turn = (type: Entry["type"]) => {
    if (type !== value.type) onChange(type === "trigger" ? { type, on: blankTrigger("event") } : { type, schedule: schedule("day", "10:00", today()), audience: "" });
  };
  return (
    <>
      <Segmented<Entry["type"]> block value={value.type} onChange={turn} options={[{ value: "trigger", label: t("canvas.entry.trigger") }, { value: "schedule", label: t("canvas.entry.schedule") }]} />
      {value.type === "trigger" ? <TriggerEditor value={value.on} onChange={(on) => onChange({ ...value, on })} /> : (
        <>
          <ScheduleFields value={value.schedule} onChange={(own) => onChange({ ...value, schedule: own })} />
          <Field label={t("canvas.schedule_audience")}><AudienceSelect value={value.audience} onChange={(audience) => onChange({ ...value, audience })} /></Field>
        </>
      )}
    </>
  );
}

const EVERY = ["once", "day", "week", "month", "festival"] as const;
function ScheduleFields({ value, onChange }: { value: Schedule; onChange: (next: Schedule) => void }) {
  const { t } = useI18n();
  const { readOnly } = useShared();
  return (
    <>
      <Field label={t("canvas.every")}>
        <Select<Schedule["every"]> value={value.every} onChange={(every) => onChange(schedule(every, value.at, today()))} options={EVERY.map((every) => ({ value: every, label: t(`canvas.every.${every}`) }))} aria-label={t("canvas.every")} />
        {value.every === "once" ? <DateInput value={value.date} onChange={(date) => onChange({ ...value, date })} label={t("canvas.every.once")} /> : null}
        {value.every === "week" ? <WeekdaysInput value={value.weekdays} disabled={readOnly} onChange={(weekdays) => weekdays.length && onChange({ ...value, weekdays })} label={t("canvas.every.week")} /> : null}
        {value.every === "month" ? <InputNumber className="full" min={1} max={31} precision={0} value={value.day} suffix={t("canvas.day_of_month")} aria-label={t("canvas.every.month")} onChange={(day) => day !== null && onChange({ ...value, day })} /> : null}
        {value.every === "festival" ? <FestivalInput value={value} onChange={onChange} /> : null}
        {value.every === "month" && value.day > 28 ? <span className="muted small">{t("canvas.month_hint")}</span> : null}
      </Field>
      <Field label={t("canvas.at")} hint={t("canvas.at_hint")}><ClockInput value={value.at} onChange={(at) => onChange({ ...value, at })} label={t("canvas.at")} /></Field>
    </>
  );
}

type FestivalSchedule = Extract<Schedule, { every: "festival" }>;
function FestivalInput({ value, onChange }: { value: FestivalSchedule; onChange: (next: Schedule) => void }) {
  const { t } = useI18n();
  return (
    <>
      <Select<Festival> className="full" showSearch={{ optionFilterProp: "label" }} value={value.festival} onChange={(festival) => onChange({ ...value, festival })} options={FESTIVALS.map((own) => ({ value: own, label: t(`festival.${own}`) }))} aria-label={t("canvas.every.festival")} />
      <InputNumber className="full" min={0} max={60} precision={0} value={value.days_before ?? 0} suffix={t("canvas.days_before")} aria-label={t("canvas.days_before")} onChange={(days) => days !== null && onChange({ ...value, days_before: days })} />
    </>
  );
}

type AgainKind = "never" | "after_days" | "always";
function AgainFields() {
  const { t } = useI18n();
  const { definition, apply } = useShared();
  const again = definition.again ?? "never";
  const kind: AgainKind = typeof again === "object" ? "after_days" : again;
  const put = (next: Again) => apply((own) => ({ ...own, again: next }), "again");
  return (
    <>
      <Select<AgainKind>
        className="full" value={kind} aria-label={t("canvas.again")} onChange={(next) => put(next === "after_days" ? { after_days: 30 } : next)}
        options={[{ value: "never", label: t("canvas.again.never") }, { value: "after_days", label: t("canvas.again.after_days") }, { value: "always", label: t("canvas.again.always") }]}
      />
      {typeof again === "object" ? <InputNumber className="full" min={1} max={3_650} precision={0} value={again.after_days} suffix={t("canvas.days_after")} aria-label={t("canvas.again.after_days")} onChange={(days) => days !== null && put({ after_days: days })} /> : null}
      <span className="muted small">{t("canvas.again_hint")}</span>
    </>
  );
}

function GoalFields() {
  const { t } = useI18n();
  const { definition, apply } = useShared();
  const goal = definition.goal;
  const turn = (on: boolean) => apply((own) => (on ? { ...own, goal: { on: blankTrigger("event"), exit: true } } : without(own, "goal")));
  return (
    <>
      <label className="row"><Switch checked={goal !== undefined} onChange={turn} aria-label={t("canvas.goal_on")} /><span>{t("canvas.goal_on")}</span></label>
      {goal ? <TriggerEditor value={goal.on} onChange={(on) => apply((own) => ({ ...own, goal: { ...goal, on } }), "goal")} /> : null}
      {goal ? <label className="row"><Switch checked={goal.exit ?? true} onChange={(exit) => apply((own) => ({ ...own, goal: { ...goal, exit } }))} aria-label={t("canvas.goal_exit")} /><span>{t("canvas.goal_exit")}</span></label> : null}
    </>
  );
}

function HoldoutFields() {
  const { t } = useI18n();
  const { definition, apply } = useShared();
  const percent = definition.holdout_percent ?? 0;
  const put = (n: number) => apply((own) => (n ? { ...own, holdout_percent: n } : without(without(own, "holdout_percent"), "holdout_days")), "holdout");
  return (
    <>
      <InputNumber className="full" min={0} max={HOLDOUT_MAX} precision={0} value={percent} suffix="%" aria-label={t("canvas.holdout_percent")} onChange={(n) => n !== null && put(n)} />
      {percent ? <InputNumber className="full" min={1} max={90} precision={0} value={definition.holdout_days ?? HOLDOUT_DAYS} prefix={t("canvas.holdout_watched")} suffix={t("canvas.holdout_days")} aria-label={t("canvas.holdout_watched")} onChange={(n) => n !== null && apply((own) => ({ ...own, holdout_days: n }), "holdout_days")} /> : null}
      <span className="muted small">{t("canvas.holdout_hint")}</span>
    </>
  );
}

function ExitFields() {
  const { t } = useI18n();
  const { definition, apply, speaker } = useShared();
  const exits = definition.exits ?? [];
  const put = (next: ExitRule[], key?: string) => apply((own) => (next.length ? { ...own, exits: next } : without(own, "exits")), key);
  const change = (at: number, part: Partial<ExitRule>) => put(exits.map((own, index) => (index === at ? { ...own, ...part } : own)), `exits.${at}`);
  const mistake = (at: number, next: string) => (!/^[a-z0-9_]{1,40}$/.test(next) ? t("canvas.word_form") : exits.some((own, index) => index !== at && own.reason === next) ? t("canvas.reason_twice") : null);
  const fresh = () => {
    let n = exits.length + 1;
    while (exits.some((own) => own.reason === `exit_${n}`)) n += 1;
    return `exit_${n}`;
  };
  return (
    <>
      <span className="muted small">{t("canvas.exits_hint")}</span>
      {exits.map((rule, at) => (
        <div key={at} className="jc-exit-rule" role="group" aria-label={sayTrigger(speaker, rule.on)}>
          <div className="row between">
            <span className="jc-label">{t("canvas.reason")}</span>
            <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("canvas.remove_exit")} onClick={() => put(exits.filter((_, index) => index !== at))} />
          </div>
          <DraftInput code value={rule.reason} maxLength={40} label={t("canvas.reason")} mistake={(next) => mistake(at, next)} onCommit={(reason) => change(at, { reason })} />
          <TriggerEditor value={rule.on} onChange={(on) => change(at, { on })} />
        </div>
      ))}
      <Button size="small" type="dashed" className="start" icon={<PlusOutlined />} disabled={exits.length >= EXITS_MAX} onClick={() => put([...exits, { reason: fresh(), on: blankTrigger("event") }])}>{t("canvas.add_exit")}</Button>
    </>
  );
}

export function ProblemsPanel({ onClose, onJump }: { onClose: () => void; onJump: (node: string | null) => void }) {
  const { t } = useI18n();
  const { problems, definition, speaker } = useShared();
  return (
    <Frame title={t("canvas.problems")} onClose={onClose}>
      {problems.length === 0 ? <p className="muted">{t("canvas.problems_none")}</p> : null}
      <ul className="jc-problems">
        {problems.map((own, at) => {
          const node = nodeOf(definition, own.node);
          return (
            <li key={at}>
              <button type="button" onClick={() => onJump(node ? node.id : null)}>
                <KindIcon kind={node ? node.do.type : "entry"} />
                <span><b>{node ? titleOf(speaker, node) : t("canvas.entry_title")}</b><span>{sayProblem(speaker, own)}</span></span>
              </button>
            </li>
          );
        })}
      </ul>
    </Frame>
  );
}
