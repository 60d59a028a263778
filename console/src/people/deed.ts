// Conditions on what people did: how they are told apart, changed, and when they are complete.
import type { Count, CountOp, Deed, DeedSpan, EventSel } from "../api/rule";

export const DEED_MODES = ["did", "never", "days", "sum", "first", "last", "sequence"] as const;
export type DeedMode = (typeof DEED_MODES)[number];

export const DEED_SPAN: DeedSpan = { last_days: 90 };

export function modeOfDeed(deed: Deed): DeedMode {
  if ("sequence" in deed) return "sequence";
  if ("first" in deed) return "first";
  if ("last" in deed) return "last";
  const { times, sum, days } = deed.did;
  if (sum) return "sum";
  if (days) return "days";
  return times?.op === "eq" && times.value === 0 ? "never" : "did";
}

/** The event of a deed; of a sequence its first. */
export function eventOfDeed(deed: Deed): EventSel {
  if ("sequence" in deed) return deed.sequence.steps[0] ?? { event: "*" };
  const { event, where, label } = "did" in deed ? deed.did : "first" in deed ? deed.first : deed.last;
  return { event, ...(where ? { where } : {}), ...(label ? { label } : {}) };
}
export function spanOfDeed(deed: Deed): DeedSpan {
  const inside = "sequence" in deed ? deed.sequence : "did" in deed ? deed.did : "first" in deed ? deed.first : deed.last;
  return inside.span ?? DEED_SPAN;
}

/** A deed of this kind on this event; counts begin where most people begin. */
export function deedOf(mode: DeedMode, event: EventSel, span: DeedSpan): Deed {
  switch (mode) {
    case "sequence": return { sequence: { steps: [event, { event: "Order Completed" }], window: { days: 7 }, span } };
    case "first": return { first: { ...event, span } };
    case "last": return { last: { ...event, span } };
    case "sum": return { did: { ...event, sum: { property: "amount", op: "gte", value: 0 }, span } };
    case "days": return { did: { ...event, days: { op: "gte", value: 2 }, span } };
    case "never": return { did: { ...event, times: { op: "eq", value: 0 }, span } };
    default: return { did: { ...event, times: { op: "gte", value: 1 }, span } };
  }
}
export function freshDeed(event: string): Deed {
  return deedOf("did", { event }, DEED_SPAN);
}
/** Another kind on the same event and time. */
export function withMode(deed: Deed, mode: DeedMode): Deed {
  return deedOf(mode, eventOfDeed(deed), spanOfDeed(deed));
}
export function withEvent(deed: Deed, event: EventSel): Deed {
  // What the new selection does not say is not kept from the old one.
  const put = <T extends EventSel>(inside: T): T => ({ ...inside, where: undefined, label: undefined, ...event });
  if ("sequence" in deed) return { sequence: { ...deed.sequence, steps: [event, ...deed.sequence.steps.slice(1)] } };
  if ("did" in deed) return { did: put(deed.did) };
  return "first" in deed ? { first: put(deed.first) } : { last: put(deed.last) };
}
export function withSpan(deed: Deed, span: DeedSpan): Deed {
  if ("sequence" in deed) return { sequence: { ...deed.sequence, span } };
  if ("did" in deed) return { did: { ...deed.did, span } };
  return "first" in deed ? { first: { ...deed.first, span } } : { last: { ...deed.last, span } };
}

export const COUNT_OPS: CountOp[] = ["gte", "gt", "lte", "lt", "eq", "ne"];
/** The count of a deed that has one. */
export function countOf(deed: Deed): Count | undefined {
  return "did" in deed ? (deed.did.sum ?? deed.did.days ?? deed.did.times) : undefined;
}
export function withCount(deed: Deed, count: Partial<Count>): Deed {
  if (!("did" in deed)) return deed;
  const { did } = deed;
  if (did.sum) return { did: { ...did, sum: { ...did.sum, ...count } } };
  if (did.days) return { did: { ...did, days: { ...did.days, ...count } } };
  return { did: { ...did, times: { ...(did.times ?? { op: "gte", value: 1 }), ...count } } };
}

export function isDeedComplete(deed: Deed): boolean {
  const named = (event: EventSel) => (Array.isArray(event.event) ? event.event.length > 0 : event.event !== "");
  if ("sequence" in deed) return deed.sequence.steps.length >= 2 && deed.sequence.steps.every(named);
  if ("did" in deed && deed.did.sum && !deed.did.sum.property) return false;
  const count = countOf(deed);
  return named(eventOfDeed(deed)) && (!count || Number.isFinite(count.value));
}
