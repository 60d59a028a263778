/** Whole days somebody was a customer of this member of staff. */
export function daysKept(added: string, lost: string): number {
  return Math.max(0, Math.floor((Date.parse(lost) - Date.parse(added)) / 86_400_000));
}
