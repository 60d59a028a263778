// A programme while it is written.
import type * as S from "../api/openapi";

export interface Draft { name: string; kind: "group" | "moment"; anchor: "enrolled" | "created"; steps: S.SopStep[]; rule?: S.SopRule | null }

export function fresh(): Draft {
  return { name: "", kind: "group", anchor: "enrolled", steps: [freshStep([])], rule: null };
}

/** Behind the last day there is; with a key that no step has. */
export function freshStep(steps: S.SopStep[]): S.SopStep {
  const taken = new Set(steps.map((step) => step.key));
  let n = steps.length + 1;
  while (taken.has(`s${n}`)) n += 1;
  const last = Math.max(-1, ...steps.map((step) => step.day ?? -1));
  return { key: `s${n}`, name: "", day: Math.min(last + 1, 730), hour: 20, minute: 0, grace_hours: 4, depth: "basic", task: "" };
}

/** By day and time, weekly ones last; each with its place in the list. */
export function inOrder(steps: S.SopStep[]): { step: S.SopStep; at: number }[] {
  const rank = (step: S.SopStep) => ((typeof step.weekday === "number" ? 1_000 + step.weekday : (step.day ?? 0)) * 24 + step.hour) * 60 + (step.minute ?? 0);
  return steps.map((step, at) => ({ step, at })).sort((a, b) => rank(a.step) - rank(b.step) || a.at - b.at);
}

export function isWhole(draft: Draft): boolean {
  const says = (step: S.SopStep) => Boolean(step.content ? step.content.text?.trim() || step.content.attachments?.length : step.task?.trim());
  return Boolean(draft.name.trim()) && draft.steps.length > 0 && draft.steps.every((step) => step.name.trim() && says(step));
}

export function bodyOf(draft: Draft, version?: number): S.SopIn {
  return { name: draft.name.trim(), kind: draft.kind, anchor: draft.anchor, steps: draft.steps, rule: draft.rule ?? null, version: version ?? null };
}

/** A programme as it stands, to be changed. */
export function draftOf({ name, kind, anchor, steps, rule }: S.SopWhole): Draft {
  return { name, kind: kind === "moment" ? kind : "group", anchor: anchor === "created" ? anchor : "enrolled", steps, rule: rule ?? null };
}
