import { useQuery } from "@tanstack/react-query";
import { keys } from "../api/keys";
import { audiences } from "./calls";
import type { Audience } from "./shapes";

const NONE: Audience[] = [];

/** The audiences one may choose from. Empty until they are here. */
export function useAudiences(): Audience[] {
  const query = useQuery({ queryKey: keys.audienceChoice, queryFn: () => audiences.list({ limit: 200 }), staleTime: 30_000 });
  return query.data?.items ?? NONE;
}
