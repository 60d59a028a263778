// Values of filters as they are typed.
import type { Op } from "./definition";

/** A number, yes or no where the text is one; a number with leading noughts is a code and stays text. */
export function readValue(text: string): string | number | boolean {
  const trimmed = text.trim();
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  return trimmed === "true" ? true : trimmed === "false" ? false : text;
}
/** What a value becomes when another operator is chosen: it is kept where it fits. */
export function valueFor(op: Op, value: unknown): unknown {
  if (op === "exists") return true;
  const plain = Array.isArray(value) ? value[0] : value;
  if (op === "in") return Array.isArray(value) ? value : plain === undefined || plain === null || plain === "" || typeof plain === "boolean" ? [] : [plain];
  return plain ?? "";
}
