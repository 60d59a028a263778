import { keys } from "../api/keys";
import type { WecomStatus } from "../api/types";

/** While a sync runs it is looked at often, otherwise now and then. */
export function everyMs(status: WecomStatus | undefined): number {
  return status?.sync?.state === "running" ? 2_000 : 30_000;
}

export function statusQuery(fetch: () => Promise<WecomStatus>) {
  return {
    queryKey: keys.wecomPart("status"), queryFn: fetch,
    refetchInterval: (query: { state: { data?: WecomStatus } }) => everyMs(query.state.data),
  };
}
