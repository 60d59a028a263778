// Audiences as the program answers them.
import type { EventSel, Duration, Span } from "../see/shapes";
import type { Cond, Op } from "../api/types";

export interface Audience {
  id: string; name: string; description?: string | null; kind: "rule" | "frozen" | "list"; rule?: Rule | null; summary?: string | null; people: number;
  as_of: string; fresh_seconds: number; entered_today?: number | null; left_today?: number | null; created_at: string; created_by: string;
  error?: { code: string; message: string } | string | null;
}

export interface Count { op: Op; value: number }
/** Did it so often; or for so much; or on so many days. Without any of them: at least once. */
export type Did = EventSel & { times?: Count; sum?: Count & { property: string }; days?: Count; span?: Span };
export interface DidLeaf { did: Did }
export interface SequenceLeaf { sequence: { steps: EventSel[]; window?: Duration; span?: Span } }
export interface FirstLeaf { first: EventSel & { span?: Span } }
export interface LastLeaf { last: EventSel & { span?: Span } }
export type Behaviour = DidLeaf | SequenceLeaf | FirstLeaf | LastLeaf;
export type Leaf = Cond | Behaviour;
export type Rule = { all: Node[] } | { any: Node[] } | { not: Node[] };
export type Node = Rule | Leaf;

export interface Preview { people: number; sample: { id: string; name: string | null }[]; as_of: string; took_ms: number; parts?: { place: string; people: number }[] }
export interface DayOf { day: string; people: number; entered: number; left: number }
export interface Difference { entered: number; left: number; stayed: number }
export interface Export {
  id: string; state: "waiting" | "approved" | "rejected" | "done" | "failed"; audience?: { id: string; name: string } | null; audience_id?: string; people?: number | null; reason: string;
  columns?: string[] | null; requested_by: string; requested_at: string; decided_by?: string | null; decided_at?: string | null; answer?: string | null;
}
