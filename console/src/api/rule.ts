// Selections of events and rules over people: trees that the API document leaves open, written here once.
import type { OpName } from "./openapi";

export type WhereOp = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "nin" | "contains" | "exists";
export type Scalar = string | number | boolean;
export interface Where { property: string; op: WhereOp; value?: Scalar | Scalar[] | null }
/** Which events count: one name, several, or "*" for any. */
export interface EventSel { event: string | string[]; where?: Where[]; label?: string }
export type Span = { last_days: number } | { from: string; to: string };
export type Duration = { days: number } | { hours: number } | { minutes: number };

export type Op = OpName;
export type CondValue = string | number | boolean | (string | number)[] | null;
export interface Cond { field: string; op: Op; value?: CondValue }

/** When a deed of a rule lies; in rules also "ever". */
export type DeedSpan = Span | { ever: true };
export type CountOp = "eq" | "ne" | "gt" | "gte" | "lt" | "lte";
export interface Count { op: CountOp; value: number }
/** Did it so often, or for so much, or on so many days. Without any of them: at least once. Zero times: never. */
export interface DidLeaf { did: EventSel & { times?: Count; sum?: Count & { property: string }; days?: Count; span?: DeedSpan } }
export interface FirstLeaf { first: EventSel & { span?: DeedSpan } }
export interface LastLeaf { last: EventSel & { span?: DeedSpan } }
export interface SequenceLeaf { sequence: { steps: EventSel[]; window?: Duration; span?: DeedSpan } }
export type Deed = DidLeaf | FirstLeaf | LastLeaf | SequenceLeaf;
export type Leaf = Cond | Deed;
export type Rule = { all: Node[] } | { any: Node[] } | { not: Node[] };
export type Node = Rule | Leaf;
