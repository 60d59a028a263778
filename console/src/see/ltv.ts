import type { ValueCohort } from "./shapes";

/** Value for each person by period, over all cohorts that are that old: later points stand on fewer cohorts. */
export function curveOf(cohorts: ValueCohort[]): (number | null)[] {
  const length = Math.max(0, ...cohorts.map((cohort) => cohort.value.length));
  return Array.from({ length }, (_, at) => {
    const old = cohorts.filter((cohort) => cohort.value.length > at);
    const people = old.reduce((sum, cohort) => sum + cohort.people, 0);
    return people ? old.reduce((sum, cohort) => sum + (cohort.value[at] ?? 0), 0) / people : null;
  });
}

/** The groups of a split question, as they first come; null is the rest. */
export function groupsOf(cohorts: ValueCohort[]): (string | null)[] {
  return [...new Set(cohorts.map((cohort) => cohort.group ?? null))];
}
