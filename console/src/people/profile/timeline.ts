import type { Instant, JsonObject } from "../../api/types";

/** Consecutive events of the same day, in the order given. */
export function groupByDay<E extends { at: Instant }>(events: E[], dayOf: (at: Instant) => string): { day: string; events: E[] }[] {
  const days: { day: string; events: E[] }[] = [];
  for (const event of events) {
    const day = dayOf(event.at);
    const last = days.at(-1);
    if (last?.day === day) last.events.push(event);
    else days.push({ day, events: [event] });
  }
  return days;
}

/** The first few plain properties in one line: enough to tell two events of the same name apart. */
export function eventSummary(properties: JsonObject, max = 3): string {
  const plain = Object.entries(properties).filter(([, value]) => value !== null && typeof value !== "object" && value !== "");
  return plain.slice(0, max).map(([name, value]) => `${name}: ${String(value).slice(0, 60)}`).join(" · ");
}
