import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useMaybeSession } from "../shell/session";
import { channelKeys, channels } from "./calls";

/** What a value of `channel` in events, or a state of WeCom's, is called. Unknown ones keep their spelling. */
export function useChannelName(): (value: string | null | undefined) => string {
  const may = useMaybeSession()?.user.permissions.includes("people.read") ?? false;
  const names = useQuery({ queryKey: channelKeys.names, queryFn: channels.names, staleTime: 60_000, enabled: may }).data?.names;
  return useCallback((value) => (value ? (names?.[value] ?? value) : ""), [names]);
}
