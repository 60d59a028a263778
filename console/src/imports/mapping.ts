// Which column becomes which field. On the wire {field: column}; here the other way round, because people choose per column.
import type { ImportField, ImportKind, ImportPreview } from "../api/types";

export type Choice = Record<string, string>;

/** A field whose name ends with "." or ":" is completed by a name of the operator's choice: trait.城市 → "trait." + "城市". */
export function isOpen(field: string): boolean {
  return field.endsWith(".") || field.endsWith(":");
}

/** Splits a chosen field into the entry of the list and the operator's own part. The longest open entry wins. */
export function splitField(field: string, known: string[]): { base: string; name: string } {
  if (known.includes(field)) return { base: field, name: "" };
  const open = known.filter((base) => isOpen(base) && field.startsWith(base)).sort((a, b) => b.length - a.length)[0];
  return open ? { base: open, name: field.slice(open.length) } : { base: field, name: "" };
}

/** From this confidence on a suggestion is taken over without asking; the server's own scale. */
const SURE = 0.5;

export function fromSuggestions(preview: ImportPreview): Choice {
  const known = preview.fields.map((field) => field.field);
  const taken = new Set<string>();
  const choice: Choice = {};
  for (const { column, field, confidence } of [...preview.suggestions].sort((a, b) => b.confidence - a.confidence)) {
    const open = isOpen(splitField(field, known).base);
    if (taken.has(field) || column in choice || (confidence < SURE && !open)) continue;
    taken.add(field);
    choice[column] = field;
  }
  return choice;
}

export function fromMapping(mapping: Record<string, string> | null): Choice {
  return Object.fromEntries(Object.entries(mapping ?? {}).map(([field, column]) => [column, field]));
}

export function toMapping(choice: Choice): Record<string, string> {
  return Object.fromEntries(Object.entries(choice).map(([column, field]) => [field, column]));
}

export interface Problems { missing: ImportField[]; twice: string[]; unnamed: string[] }

export function problems(choice: Choice, fields: ImportField[]): Problems {
  const chosen = Object.values(choice);
  return {
    missing: fields.filter((field) => field.required && !chosen.includes(field.field)),
    twice: [...new Set(chosen.filter((field, at) => chosen.indexOf(field) !== at))],
    unnamed: Object.entries(choice).filter(([, field]) => isOpen(field)).map(([column]) => column),
  };
}

const PERSON_KINDS = ["user_id", "member_no", "phone", "email", "unionid", "openid", "external_userid", "pos_no", "device"];

/** What an order file may say about its buyer, beyond the fields that the server lists. */
export function personFields(kind: ImportKind, fields: ImportField[]): string[] {
  if (kind !== "orders") return [];
  const all = [...PERSON_KINDS.map((name) => `person.${name}`), "person.ext:", "person.trait."];
  return all.filter((name) => !fields.some((field) => field.field === name));
}

