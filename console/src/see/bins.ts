// Ranges of numbers: how they are named, and how edges are typed.

/** "3", "2–5", "≥ 20", "< 1". Bounds: from included, to not. Whole numbers name their last member instead of the open bound. */
export function binLabel(bin: { from: number | null; to: number | null }, show: (value: number) => string, whole: boolean): string {
  const { to } = bin;
  // Who did it not at all is in no bin of whole numbers.
  const from = whole && bin.from === 0 ? 1 : bin.from;
  if (from === null) return to === null ? "" : `< ${show(to)}`;
  if (to === null) return `≥ ${show(from)}`;
  if (!whole || !Number.isInteger(from) || !Number.isInteger(to)) return `${show(from)} – ${show(to)}`;
  return to - from <= 1 ? show(from) : `${show(from)}–${show(to - 1)}`;
}

/** Rising edges out of "1, 2, 5"; null when the text is something else. Empty is no edges. */
export function edgesOf(text: string): number[] | null {
  const parts = text.split(/[\s,;\u3001\uff0c]+/).filter(Boolean);
  const edges = parts.map(Number);
  if (edges.some((edge) => !Number.isFinite(edge))) return null;
  return edges.every((edge, at) => at === 0 || edge > (edges[at - 1] as number)) ? edges : null;
}
