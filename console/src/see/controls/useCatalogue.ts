import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { analysis, seeKeys } from "../calls";
import { eventNames } from "../spec";
import type { EventSel } from "../shapes";

export interface Property { name: string; kinds: string[]; values: string[] }

/** Which events there are, and what they carry. */
export function useCatalogue() {
  const query = useQuery({ queryKey: seeKeys.catalogue, queryFn: analysis.catalogue, staleTime: 60_000 });
  return useMemo(() => {
    const events = query.data?.events ?? [];
    /** Properties of the selected events, each once; without a selection those of all. */
    const properties = (selection?: EventSel): Property[] => {
      const names = eventNames(selection);
      const all = names.length === 0 || names.includes("*");
      const found = new Map<string, Property>();
      for (const event of events) {
        if (!all && !names.includes(event.name)) continue;
        for (const own of event.properties) {
          const known = found.get(own.name);
          found.set(own.name, {
            name: own.name, kinds: [...new Set([...(known?.kinds ?? []), ...own.kinds])], values: [...new Set([...(known?.values ?? []), ...own.values])].slice(0, 50),
          });
        }
      }
      return [...found.values()];
    };
    return { events, properties, isPending: query.isPending, error: query.error, refetch: query.refetch };
  }, [query.data, query.isPending, query.error, query.refetch]);
}
