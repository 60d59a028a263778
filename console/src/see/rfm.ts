import type { RfmTable } from "./shapes";

/** People and value by recency (rows, score 1 first) and frequency (columns), over all monetary scores. */
export function gridOf(cells: RfmTable["cells"], scores: number): { people: number; value: number }[][] {
  const grid = Array.from({ length: scores }, () => Array.from({ length: scores }, () => ({ people: 0, value: 0 })));
  for (const { r, f, people, value } of cells) {
    const cell = grid[r - 1]?.[f - 1];
    if (!cell) continue;
    cell.people += people;
    cell.value += value;
  }
  return grid;
}
