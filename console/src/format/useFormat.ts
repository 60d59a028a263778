import { useMemo } from "react";
import type { Instant } from "../api/types";
import { useI18n } from "../i18n";
import { useMaybeSession } from "../shell/session";
import { count, money, moneyShort } from "./money";
import { decimal, percent, short, span } from "./numbers";
import { ago, clock, dateTime, dayOf, dayTitle } from "./time";

export type Format = ReturnType<typeof useFormat>;

/** Formatting bound to the reader's language and the workspace's zone and currency. */
export function useFormat() {
  const { locale } = useI18n();
  const workspace = useMaybeSession()?.workspace;
  const zone = workspace?.timezone ?? "Asia/Shanghai";
  const currency = workspace?.currency ?? "CNY";
  return useMemo(() => ({
    zone,
    currency,
    money: (minor: number, code: string = currency) => money(minor, code, locale),
    moneyShort: (minor: number, code: string = currency) => moneyShort(minor, code, locale),
    count: (value: number) => count(value, locale),
    percent: (share: number | null | undefined, digits?: number) => percent(share, locale, digits),
    decimal: (value: number | null | undefined, digits?: number) => decimal(value, locale, digits),
    short: (value: number) => short(value, locale),
    span: (seconds: number | null | undefined) => span(seconds, locale),
    at: (value: Instant | null | undefined, seconds = false) => dateTime(value, zone, seconds),
    clock: (value: Instant) => clock(value, zone),
    ago: (value: Instant | null | undefined) => ago(value, locale),
    day: (value: Instant) => dayOf(value, zone),
    dayTitle: (day: string) => dayTitle(day, locale),
  }), [zone, currency, locale]);
}
