import type { FieldType, Json } from "../../api/types";

/** The type of a field that the registry does not know, from the value it has. */
export function typeOfValue(value: Json): FieldType {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (Array.isArray(value)) return "list";
  return "text";
}
