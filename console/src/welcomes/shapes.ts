import type * as S from "../api/openapi";

export type Welcome = S.WelcomeOut;
export type Draft = S.WelcomeIn;
export type Content = S.MessageContent;
export type Piece = S.MessagePiece;
export type When = S.WelcomeWhen;
export type Hours = S.WelcomeHours;
export type Numbers = S.WelcomeNumbers;
export type Arrival = S.WelcomeArrival;
export type Tried = S.WelcomeTried;
export type Shown = S.MessageShown;

export const HISTORIES = ["new", "friend", "back", "bought", "known"] as const;
export const PIECES = ["link", "image", "miniprogram", "video", "file"] as const;
/** WeCom takes so many attachments. */
export const PIECES_MAX = 9;
export const TEXT_BYTES_MAX = 4000;

export const EMPTY: Draft = {
  name: "", active: true, kind: "send",
  when: { channels: [], staff: [], stores: [], departments: [], history: [], tags: [], hours: [] },
  content: { text: "", attachments: [] },
};

export function freshPiece(kind: Piece["kind"]): Piece {
  switch (kind) {
    case "link": return { kind, title: "", url: "https://", description: "", picture: "" };
    case "miniprogram": return { kind, title: "", appid: "", page: "", file: "" };
    default: return { kind, file: "" };
  }
}
/** What a save would send: the rule as it was read, without what the server keeps. */
export function draftOf(welcome: Welcome): Draft {
  const { name, active, kind, when, content, version } = welcome;
  return { name, active, kind, when, content, version };
}
/** How many bytes WeCom counts. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
export function isComplete(draft: Draft): boolean {
  if (!draft.name.trim()) return false;
  if (draft.kind === "silent") return true;
  const { text = "", attachments = [] } = draft.content ?? {};
  const whole = (piece: Piece) => (piece.kind === "link" ? Boolean(piece.title.trim() && piece.url.trim()) : piece.kind === "miniprogram" ? Boolean(piece.title.trim() && piece.appid.trim() && piece.page.trim() && piece.file) : Boolean(piece.file));
  return (text.trim() !== "" || attachments.length > 0) && attachments.every(whole);
}
/** Moves one step up or down; what is at the edge stays. */
export function moved<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const next = [...list];
  const to = at + by;
  if (to < 0 || to >= next.length) return next;
  [next[at], next[to]] = [next[to] as T, next[at] as T];
  return next;
}
