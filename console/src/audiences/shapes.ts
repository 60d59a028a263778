// Audiences as the program answers them.
import type * as S from "../api/openapi";
import type { Rule } from "../api/rule";

/** The document leaves rules open: they are trees. */
export type Audience = Omit<S.AudienceOut, "rule"> & { rule: Rule | null };
export type Preview = S.AudiencePreview;
export type DayOf = S.AudienceOnDay;
export type Export = S.ExportOut;
