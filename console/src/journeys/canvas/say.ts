// What a node does, in one sentence of the reader's language.
import type { I18n } from "../../i18n";
import type { Act, Again, Arm, Definition, Entry, Filter, JourneyNode, Problem, Schedule, Span, Trigger, Way, With } from "./definition";

export interface Named { id: string; name: string }
export type Speaker = Pick<I18n, "locale" | "t" | "word"> & { audiences: readonly Named[] };

export function saySpan({ t }: Speaker, span: Span): string {
  return t(`canvas.span.${span.unit}`, { n: span.amount });
}

const WORKDAYS = "1,2,3,4,5";
const WEEKEND = "6,7";
export function sayWeekdays({ t }: Speaker, days: readonly number[]): string {
  const sorted = [...days].filter((day) => day >= 1 && day <= 7).sort((a, b) => a - b);
  const list = sorted.join(",");
  if (list === WORKDAYS) return t("canvas.workdays");
  if (list === WEEKEND) return t("canvas.weekend");
  return sorted.length === 7 ? t("canvas.any_day") : sorted.map((day) => t(`canvas.weekday.${day as 1 | 2 | 3 | 4 | 5 | 6 | 7}`)).join(t("canvas.comma"));
}

export function sayAudience({ t, audiences }: Speaker, id: string): string {
  return audiences.find((own) => own.id === id)?.name ?? (id || t("canvas.no_audience"));
}

function sayValue({ t }: Speaker, value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(t("canvas.comma"));
  if (typeof value === "boolean") return value ? t("word.yes") : t("word.no");
  return value === null || value === undefined || value === "" ? "…" : String(value);
}
export function sayFilter(own: Speaker, filter: Filter): string {
  const name = own.word("see.prop", filter.property) || "…";
  if (filter.op === "exists") return own.t(filter.value === false ? "canvas.filter_missing" : "canvas.filter_exists", { name });
  return `${name} ${own.t(`op.${filter.op}`)} ${sayValue(own, filter.value)}`;
}

export function sayTrigger(own: Speaker, trigger: Trigger): string {
  const { t, word } = own;
  if (trigger.type === "audience") return t(trigger.change === "left" ? "canvas.say.left" : "canvas.say.entered", { audience: sayAudience(own, trigger.id) });
  if (!trigger.name) return t("canvas.no_event");
  const event = t("canvas.say.event", { event: word("event", trigger.name) });
  const where = (trigger.where ?? []).map((filter) => sayFilter(own, filter));
  return where.length ? t("canvas.say.where", { event, where: where.join(t("canvas.comma")) }) : event;
}

export function saySchedule(own: Speaker, schedule: Schedule): string {
  const { t } = own;
  switch (schedule.every) {
    case "once": return t("canvas.say.once", { date: schedule.date || "…", at: schedule.at });
    case "day": return t("canvas.say.day", { at: schedule.at });
    case "week": return t("canvas.say.week", { days: schedule.weekdays.length ? sayWeekdays(own, schedule.weekdays) : "…", at: schedule.at });
    case "festival": return sayFestival(own, schedule);
    case "month": return t("canvas.say.month", { day: schedule.day, at: schedule.at });
  }
}
function sayFestival({ t }: Speaker, { festival, days_before: n = 0, at }: Extract<Schedule, { every: "festival" }>): string {
  const name = t(`festival.${festival}`);
  return n > 0 ? t("canvas.say.festival", { n, festival: name, at }) : t("canvas.say.festival_day", { festival: name, at });
}
export function sayEntry(own: Speaker, entry: Entry): string {
  if (entry.type === "trigger") return sayTrigger(own, entry.on);
  return own.t("canvas.say.schedule", { when: saySchedule(own, entry.schedule), audience: sayAudience(own, entry.audience) });
}

export function sayAgain({ t }: Speaker, again: Again | undefined): string {
  if (typeof again === "object") return t("canvas.say.again_days", { n: again.after_days });
  return again === "always" ? t("canvas.say.again_always") : t("canvas.say.again_never");
}
/** What holds for the whole journey, in a line. */
export function sayRules(own: Speaker, definition: Definition): string {
  const { t } = own;
  const exits = definition.exits?.length ?? 0;
  return [
    sayAgain(own, definition.again),
    ...(definition.goal ? [t("canvas.say.goal", { goal: sayTrigger(own, definition.goal.on) })] : []),
    ...(exits ? [t("canvas.say.exits", { n: exits })] : []),
    ...(definition.holdout_percent ? [t("canvas.say.holdout", { n: definition.holdout_percent })] : []),
  ].join(" · ");
}

export function armName({ t }: Speaker, arm: Arm, at: number): string {
  return arm.name?.trim() || t("canvas.arm_n", { n: at + 1 });
}
export function sayWay(own: Speaker, act: Act, way: Way): string {
  if (way.name) return own.t(`canvas.way.${way.name}`);
  const arms = act.type === "split" || act.type === "ab" ? act.arms : [];
  return way.arm ? armName(own, way.arm, arms.indexOf(way.arm)) : way.id;
}

function sayArms(own: Speaker, arms: readonly Arm[]): string {
  return arms.map((arm, at) => `${armName(own, arm, at)} ${arm.weight}%`).join(own.t("canvas.comma"));
}

function countConditions(rule: unknown): number {
  if (typeof rule !== "object" || rule === null) return 0;
  const own = rule as Record<string, unknown>;
  const inner = ["all", "any", "not"].flatMap((name) => (Array.isArray(own[name]) ? (own[name] as unknown[]) : []));
  const grouped = "all" in own || "any" in own || "not" in own;
  return grouped ? inner.reduce<number>((sum, item) => sum + countConditions(item), 0) : Object.keys(own).length ? 1 : 0;
}

/** What the page cannot name is told by the words that such contents mostly have. */
function sayWith({ t }: Speaker, held: With | undefined): string {
  for (const name of ["title", "name", "label", "text", "content", "coupon", "tag", "points", "url"]) {
    const value = held?.[name];
    if (typeof value === "string" && value.trim()) return value.trim();
    if (typeof value === "number") return String(value);
  }
  return held && Object.keys(held).length ? t("canvas.say.filled") : t("canvas.say.empty");
}

export function sayAct(own: Speaker, act: Act): string {
  const { t } = own;
  switch (act.type) {
    case "wait": return t("canvas.say.wait", { span: saySpan(own, act.for) });
    case "wait_until":
      if (act.date) return t("canvas.say.until_date", { date: act.date, at: act.at });
      return act.weekdays?.length ? t("canvas.say.until_days", { at: act.at, days: sayWeekdays(own, act.weekdays) }) : t("canvas.say.until", { at: act.at });
    case "wait_event": return t("canvas.say.wait_event", { what: sayTrigger(own, act.on), span: saySpan(own, act.timeout) });
    case "condition": {
      const n = countConditions(act.rule);
      return n ? t("canvas.say.condition", { n }) : t("canvas.say.condition_none");
    }
    case "split": return sayArms(own, act.arms);
    case "ab": return [sayArms(own, act.arms), ...(act.goal ? [t("canvas.say.ab_goal", { n: act.within_days ?? 0, goal: sayTrigger(own, act.goal) })] : [])].join(t("canvas.semicolon"));
    case "task": return t("canvas.say.task", { what: sayWith(own, act.with), span: saySpan(own, act.deadline) });
    case "exit": return act.outcome ? t("canvas.say.exit", { outcome: act.outcome }) : t("canvas.say.exit_plain");
    default: return sayWith(own, act.with);
  }
}

/** What a node is called where it is chosen. */
export function titleOf({ t }: Speaker, node: JourneyNode): string {
  return node.name?.trim() || t(`canvas.kind.${node.do.type}`);
}

export function sayProblem({ locale }: Speaker, problem: Problem): string {
  return (locale === "zh" ? problem.zh : problem.en) || problem.message || problem.zh || problem.en || problem.code;
}
