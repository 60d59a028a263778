// What the program has against a question, at the control it is about.
import { createContext, useContext } from "react";
import type { ApiError } from "../../api/client";

export const MistakeContext = createContext<ApiError | null>(null);

/** Whether a place such as `steps[1].where[0].op` lies in the part `steps[1]`. */
export function lies(field: string | null, part: string): boolean {
  return field !== null && (field === part || field.startsWith(`${part}.`) || field.startsWith(`${part}[`));
}

export function Wrong({ at }: { at: string }) {
  const mistake = useContext(MistakeContext);
  return mistake && lies(mistake.field, at) ? <span className="bad small wrong" role="alert">{mistake.message}</span> : null;
}
