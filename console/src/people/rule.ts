// A rule over people as a tree, and the few ways to change it. Nothing here mutates.
import type { Cond, CondValue, Deed, Node, Op, Rule, RuleField } from "../api/types";
import { isDeedComplete } from "./deed";

export type Mode = "all" | "any" | "not";
/** Where a node is: the index taken at each level from the root. */
export type Path = number[];

export function isGroup(node: Node): node is Rule {
  return "all" in node || "any" in node || "not" in node;
}
/** A condition on a field; the others are on what people did. */
export function isCond(node: Node): node is Cond {
  return "field" in node;
}
export function modeOf(rule: Rule): Mode {
  return "all" in rule ? "all" : "any" in rule ? "any" : "not";
}
export function itemsOf(rule: Rule): Node[] {
  return "all" in rule ? rule.all : "any" in rule ? rule.any : rule.not;
}
export function group(mode: Mode, items: Node[]): Rule {
  return mode === "all" ? { all: items } : mode === "any" ? { any: items } : { not: items };
}

/** Replaces the node at `path` by what `change` makes of it; null removes it. The root cannot be removed. */
export function changeAt(rule: Rule, path: Path, change: (node: Node) => Node | null): Rule {
  const [index, ...rest] = path;
  if (index === undefined) {
    const next = change(rule);
    return next && isGroup(next) ? next : rule;
  }
  const items = itemsOf(rule).flatMap((item, at) => {
    if (at !== index) return [item];
    if (rest.length && isGroup(item)) return [changeAt(item, rest, change)];
    const next = rest.length ? item : change(item);
    return next ? [next] : [];
  });
  return group(modeOf(rule), items);
}

export function addAt(rule: Rule, path: Path, node: Node): Rule {
  return changeAt(rule, path, (at) => (isGroup(at) ? group(modeOf(at), [...itemsOf(at), node]) : at));
}

/** Where a node is, as the program names it: rule.all[0].any[1]. */
export function placeOf(parent: string, mode: Mode, index: number): string {
  return `${parent}.${mode}[${index}]`;
}

export type ValueKind = "money" | "number" | "boolean" | "date" | "options" | "text";

export function valueKind(field: RuleField | undefined): ValueKind {
  if (!field) return "text";
  if (field.type === "money" || field.field === "orders.amount" || field.field === "orders.average") return "money";
  if (field.type === "boolean" || field.field.startsWith("has.")) return "boolean";
  if (field.type === "option" || field.options?.length) return "options";
  if (field.type === "number" || field.type === "integer") return "number";
  if (field.type === "date" || field.type === "datetime") return "date";
  return "text";
}

/** A new condition on a field: its first operator, and a value that is empty until somebody fills it in. */
export function freshCond(field: RuleField): Cond {
  const op = field.operators[0] ?? "eq";
  return { field: field.field, op, value: startValue(valueKind(field), op) };
}

export function startValue(kind: ValueKind, op: Op): CondValue {
  if (op === "exists") return true;
  if (op === "in") return [];
  return kind === "boolean" ? true : null;
}

/** A condition after choosing another operator: the value is kept when it still fits. */
export function withOp(cond: Cond, op: Op, kind: ValueKind): Cond {
  const fits = (op === "in") === Array.isArray(cond.value) && (op === "exists") === (cond.op === "exists");
  return { ...cond, op, value: fits ? cond.value : startValue(kind, op) };
}

export function optionsOf(field: RuleField, zh: boolean): { value: string; label: string }[] {
  return (field.options ?? []).map((option) => ({ value: option.value, label: (zh ? option.label_zh : option.label_en) || option.value }));
}

function filled(cond: Cond): boolean {
  if (!cond.field) return false;
  if (cond.op === "exists") return true;
  if (Array.isArray(cond.value)) return cond.value.length > 0;
  return cond.value !== null && cond.value !== undefined && cond.value !== "";
}

/** Whether every condition is filled in and no group is empty: only then the server is asked. */
export function isComplete(rule: Rule): boolean {
  const items = itemsOf(rule);
  return items.length > 0 && items.every((item) => (isGroup(item) ? isComplete(item) : isCond(item) ? filled(item) : isDeedComplete(item)));
}

export interface Words { field(name: string): string; op(op: Op): string; value(cond: Cond): string; deed(deed: Deed): string; and: string; or: string; not: string }

/** The rule in one line. Inner groups are bracketed. */
export function describe(rule: Rule, words: Words): string {
  const mode = modeOf(rule);
  const joint = mode === "all" ? words.and : words.or;
  const text = itemsOf(rule).map((item) => {
    if (isGroup(item)) return `(${describe(item, words)})`;
    if (!isCond(item)) return words.deed(item);
    return [words.field(item.field), words.op(item.op), item.op === "exists" ? "" : words.value(item)].filter(Boolean).join(" ");
  }).join(` ${joint} `);
  return mode === "not" ? `${words.not} (${text})` : text;
}
