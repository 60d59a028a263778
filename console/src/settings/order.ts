import type { IdentityKind } from "../api/types";

/** Moves a row and numbers all rows again from 1, so that no two share a priority. */
export function move(rows: IdentityKind[], at: number, by: number): IdentityKind[] {
  const to = at + by;
  const row = rows[at];
  if (!row || to < 0 || to >= rows.length) return rows;
  const next = rows.filter((_, index) => index !== at);
  next.splice(to, 0, row);
  return next.map((item, index) => ({ ...item, priority: index + 1 }));
}
