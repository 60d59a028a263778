// Credits as a table: a row for each touch, a column for each model, for one window.
import type { Attributed, Model, TouchWindow } from "./shapes";

export interface MatrixRow { touch: string | null; credit: Partial<Record<Model, { value: number; conversions: number }>> }

/** `rows`: touches, the best first by the first model. `all`: with what no touch earned (touch null) at the end. */
export function matrixOf(result: Attributed, window: TouchWindow, models: Model[]): { rows: MatrixRow[]; all: MatrixRow[]; none: MatrixRow["credit"] } {
  const byTouch = new Map<string | null, MatrixRow>();
  for (const { touch, model, window: own, value, conversions } of result.rows) {
    if (own !== window) continue;
    const row = byTouch.get(touch) ?? { touch, credit: {} };
    row.credit[model] = { value, conversions };
    byTouch.set(touch, row);
  }
  const first = models[0] ?? "last";
  const worth = (row: MatrixRow) => row.credit[first]?.value ?? 0;
  const rows = [...byTouch.values()].sort((a, b) => worth(b) - worth(a));
  const none: MatrixRow["credit"] = {};
  for (const { model, window: own, value, conversions } of result.none) if (own === window) none[model] = { value, conversions };
  return { rows, all: [...rows, { touch: null, credit: none }], none };
}
