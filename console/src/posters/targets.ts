// What a poster can lead to: live codes and group codes that have their QR.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { channelKeys, codes, groupCodes, groupKeys } from "../channels/calls";
import { useI18n } from "../i18n";

export interface Target { value: string; label: string; name: string; code: string; pool: string }

export function useTargets() {
  const { t } = useI18n();
  const live = useQuery({ queryKey: channelKeys.codes({ limit: 200 }), queryFn: () => codes.list({ limit: 200 }) });
  const groups = useQuery({ queryKey: groupKeys.list({ limit: 200 }), queryFn: () => groupCodes.list({ limit: 200 }) });
  return useMemo(() => {
    const own: Target[] = (live.data?.items ?? []).flatMap((code) => code.ways.filter((way) => way.qr.address && way.state !== "dead").map((way) => ({
      value: `${code.id}|${way.pool}`, name: code.name, label: way.pool === "general" ? code.name : `${code.name} · ${way.pool}`, code: code.id, pool: way.pool,
    })));
    const others: Target[] = (groups.data?.items ?? []).flatMap((code) => code.variants.filter((way) => way.qr.address && way.state !== "dead").map((way) => ({
      value: `${code.id}|${way.variant}`, name: code.name, label: way.variant ? `${code.name} · ${way.variant}` : code.name, code: code.id, pool: way.variant,
    })));
    return { all: [...own, ...others], pending: live.isPending || groups.isPending, options: [{ label: t("codes.title"), options: own }, { label: t("group_codes.title"), options: others }].filter((part) => part.options.length > 0) };
  }, [live.data, groups.data, live.isPending, groups.isPending, t]);
}
