// What of a connection is sent, and how far a sync has come: plain rules, without a page.
import type { WecomChange, WecomConnection, WecomSync } from "../../api/types";

/** Shown as their last characters only; an empty box leaves them as they are. */
export const SECRETS = ["app_secret", "customer_secret", "contacts_secret", "callback_token", "callback_key"] as const;
export type Secret = (typeof SECRETS)[number];
export interface Draft extends Partial<Record<Secret, string>> { corp_id: string; agent_id: string; base: string; match_phones: boolean }

export function draftOf(saved: WecomConnection | null): Draft {
  return { corp_id: saved?.corp_id ?? "", agent_id: saved ? String(saved.agent_id) : "", base: saved?.base ?? "", match_phones: saved?.match_phones ?? true };
}

/** Only what differs: what is absent stays as it is. Nothing differs: `null`. */
export function changesOf(saved: WecomConnection | null, draft: Draft): WecomChange | null {
  const change: WecomChange = {};
  if (draft.corp_id.trim() !== (saved?.corp_id ?? "")) change.corp_id = draft.corp_id.trim();
  if (Number(draft.agent_id) !== saved?.agent_id) change.agent_id = Number(draft.agent_id);
  const base = draft.base.trim();
  // Empty is WeCom's own address, which the program knows.
  if (base && base !== saved?.base) change.base = base;
  if (draft.match_phones !== (saved?.match_phones ?? true)) change.match_phones = draft.match_phones;
  for (const name of SECRETS) {
    const value = draft[name]?.trim();
    if (value) change[name] = value;
  }
  return Object.keys(change).length > 0 ? change : null;
}

/** The share of the running phase, in percent; `null` while nobody knows how many steps there are. */
export function percentOf(sync: Pick<WecomSync, "done" | "total">): number | null {
  return sync.total > 0 ? Math.min(100, Math.floor((sync.done / sync.total) * 100)) : null;
}

/** A running sync with an error waits until `due_at`. */
export function isWaiting(sync: Pick<WecomSync, "state" | "error">): boolean {
  return sync.state === "running" && Boolean(sync.error);
}

const COUNTS = ["departments", "staff", "tags", "relations", "lost", "groups", "members", "skipped"] as const;
/** What a sync has read, without what it has not come to. */
export function countsOf(sync: Pick<WecomSync, "counts">): { name: (typeof COUNTS)[number]; n: number }[] {
  return COUNTS.map((name) => ({ name, n: sync.counts[name] })).filter(({ n }) => n > 0);
}
