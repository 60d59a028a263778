import type { Overview } from "../api/types";

/** The last day on which anything happened (null: none), and how many days have passed since. Days come oldest first. */
export function lastBusyDay(days: Overview["days"]): { last: string | null; quiet: number } {
  const at = days.findLastIndex((day) => day.people || day.orders || day.revenue);
  return { last: days[at]?.day ?? null, quiet: days.length - 1 - at };
}
