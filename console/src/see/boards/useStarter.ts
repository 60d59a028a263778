import { useQuery } from "@tanstack/react-query";
import { useI18n } from "../../i18n";
import { analysis, seeKeys } from "../calls";
import type { BoardItem, KindName } from "../shapes";

/** What most boards begin with, as far as this workspace has data for it. */
const FIRST: [KindName, 1 | 2][] = [["activity", 2], ["funnel", 1], ["retention", 1], ["lifecycle", 2], ["rfm", 1], ["stores", 1]];

export function useStarter(): BoardItem[] {
  const { t } = useI18n();
  const defaults = useQuery({ queryKey: seeKeys.defaults, queryFn: analysis.defaults, staleTime: 60_000 });
  return FIRST.flatMap(([kind, width]) => {
    const spec = defaults.data?.[kind];
    return spec ? [{ title: t(`see.${kind}`), kind, spec, width }] : [];
  });
}
