// A journey that is one row of steps by day – a programme (SOP) – read as a list and written back. Whatever branches is no programme.
import type { Act, Definition, JourneyNode } from "./canvas/definition";
import { blank, leadsTo, waysOf } from "./canvas/definition";

export const STEP_KINDS = ["task", "message", "tag", "webhook"] as const;
export type StepKind = (typeof STEP_KINDS)[number];
type StepAct = Extract<Act, { type: "task" | "message" | "tag" | "webhook" | "points" | "coupon" }>;

export interface Step {
  /** Days after the step before; after coming in for the first. */
  days: number;
  /** A time of day, on the customer's clock; without one it is done when the days are over. */
  at?: string;
  node: JourneyNode & { do: StepAct };
}

const isStep = (act: Act): act is StepAct => (STEP_KINDS as readonly string[]).includes(act.type);

/** The one node all ways of this lead to; undefined when they part. */
function onward(act: Act): string | null | undefined {
  const targets = new Set(waysOf(act).map((way) => leadsTo(act, way)));
  return targets.size === 1 ? [...targets][0] : undefined;
}

export function stepsOf(definition: Definition): Step[] | null {
  const byId = new Map(definition.nodes.map((node) => [node.id, node]));
  const steps: Step[] = [];
  const seen = new Set<string>();
  let days = 0;
  let at: string | undefined;
  let id = definition.start ?? null;
  while (id !== null) {
    const node = byId.get(id);
    if (!node || seen.has(id)) return null;
    seen.add(id);
    const act = node.do;
    if (act.type === "exit") return seen.size === definition.nodes.length && days === 0 && at === undefined && !act.outcome ? steps : null;
    if (act.type === "wait") {
      if (act.for.unit !== "day" || days > 0 || at !== undefined || node.name) return null;
      days = act.for.amount;
    } else if (act.type === "wait_until") {
      if (act.weekdays?.length || act.date !== undefined || at !== undefined || node.name) return null;
      at = act.at;
    } else if (isStep(act)) {
      steps.push({ days, at, node: { ...node, do: act } });
      days = 0;
      at = undefined;
    } else return null;
    const next = onward(act);
    if (next === undefined) return null;
    id = next;
  }
  return definition.nodes.length === 0 ? [] : null;
}

/** The definition with these steps: entry, goal and exits stay; places are given anew by the canvas. */
export function withSteps(definition: Definition, steps: readonly Step[]): Definition {
  const taken = new Set(steps.map((step) => step.node.id));
  const fresh = (base: string) => {
    let id = base;
    for (let n = 2; taken.has(id); n += 1) id = `${base}_${n}`;
    taken.add(id);
    return id;
  };
  const nodes: JourneyNode[] = [];
  const end = fresh("end");
  let next = end;
  for (const step of [...steps].reverse()) {
    const kept = { ...step.node.do } as Record<string, unknown>;
    // Ways that are not drawn go where the first one goes.
    for (const way of ["skipped", "failed", "late"]) delete kept[way];
    const node: JourneyNode = { id: step.node.id, do: { ...kept, next } as unknown as Act };
    if (step.node.name) node.name = step.node.name;
    nodes.unshift(node);
    next = step.node.id;
    if (step.at !== undefined) {
      const id = fresh(`at_${step.node.id}`.slice(0, 36));
      nodes.unshift({ id, do: { type: "wait_until", at: step.at, next } });
      next = id;
    }
    if (step.days > 0) {
      const id = fresh(`wait_${step.node.id}`.slice(0, 36));
      nodes.unshift({ id, do: { type: "wait", for: { amount: step.days, unit: "day" }, next } });
      next = id;
    }
  }
  nodes.push({ id: end, do: { type: "exit" } });
  return { ...definition, start: next, nodes };
}

/** A new step, a day after the last one. */
export function freshStep(steps: readonly Step[], kind: StepKind): Step {
  const taken = new Set(steps.map((step) => step.node.id));
  let n = steps.length + 1;
  while (taken.has(`step_${n}`)) n += 1;
  return { days: 1, at: "10:00", node: { id: `step_${n}`, do: blank(kind) as StepAct } };
}

/** The day of each step, counted from coming in: day 1 is the first. */
export function daysOf(steps: readonly Step[]): number[] {
  let day = 1;
  return steps.map((step) => (day += step.days));
}
