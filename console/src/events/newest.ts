import type { LiveEvent } from "../api/types";

export const LIMIT = 300;

/** Puts `fresh` (oldest first) before `events` (newest first), each message once, at most LIMIT. */
export function addNewest(events: LiveEvent[], fresh: LiveEvent[]): LiveEvent[] {
  const seen = new Set<string>();
  const all = [...[...fresh].reverse(), ...events].filter((event) => !seen.has(event.message_id) && seen.add(event.message_id));
  return all.slice(0, LIMIT);
}

export function fits(event: LiveEvent, name: string, type: string): boolean {
  const wanted = name.trim().toLowerCase();
  if (type && event.type !== type) return false;
  if (!wanted) return true;
  return [event.name, event.type, event.person_name, event.person_id, event.source].some((text) => text?.toLowerCase().includes(wanted));
}
