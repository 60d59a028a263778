// Filters live in the address: a number on another page can link to its list, and the back button works.
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

export type Filters = Record<string, string>;

export function useFilters(): [Filters, (change: Record<string, string | number | null | undefined>) => void] {
  const [params, setParams] = useSearchParams();
  const filters = useMemo(() => Object.fromEntries(params.entries()), [params]);
  const change = useCallback((change: Record<string, string | number | null | undefined>) => {
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(change)) {
        if (value === null || value === undefined || value === "") next.delete(name);
        else next.set(name, String(value));
      }
      return next;
    }, { replace: true });
  }, [setParams]);
  return [filters, change];
}
