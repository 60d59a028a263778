// Audiences as the program answers them.
import type { Rule } from "../api/rule";

export interface Audience {
  id: string; name: string; description?: string | null; kind: "rule" | "frozen" | "list"; rule?: Rule | null; summary?: string | null; people: number;
  as_of: string; fresh_seconds: number; entered_today?: number | null; left_today?: number | null; created_at: string; created_by: string;
  error?: { code: string; message: string } | string | null;
}

export interface Preview { people: number; sample: { id: string; name: string | null }[]; as_of: string; took_ms: number; parts?: { place: string; people: number }[] }
export interface DayOf { day: string; people: number; entered: number; left: number }
export interface Difference { entered: number; left: number; stayed: number }
export interface Export {
  id: string; state: "waiting" | "approved" | "rejected" | "done" | "failed"; audience?: { id: string; name: string } | null; audience_id?: string; people?: number | null; reason: string;
  columns?: string[] | null; requested_by: string; requested_at: string; decided_by?: string | null; decided_at?: string | null; answer?: string | null;
}
