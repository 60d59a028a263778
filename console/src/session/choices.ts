// Time zones and currencies come from the browser's own tables, so nobody has to maintain a list here.
import type { Locale } from "../api/types";

const COMMON_ZONES = ["Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Europe/London", "America/New_York", "America/Los_Angeles"];
const COMMON_CURRENCIES = ["CNY", "HKD", "TWD", "USD", "EUR", "GBP", "JPY", "SGD"];

/** Where the operator sits. A browser that claims UTC mostly does not know. */
export function homeZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && zone !== "UTC" ? zone : "Asia/Shanghai";
}

function supported(kind: "timeZone" | "currency"): string[] {
  try {
    return Intl.supportedValuesOf(kind);
  } catch {
    return [];
  }
}

export function zoneOptions() {
  return [...new Set([...COMMON_ZONES, ...supported("timeZone"), "UTC"])].map((zone) => ({ value: zone, label: zone }));
}

export function currencyOptions(locale: Locale) {
  const names = new Intl.DisplayNames(locale === "zh" ? "zh-CN" : "en", { type: "currency" });
  return [...new Set([...COMMON_CURRENCIES, ...supported("currency")])].map((code) => ({ value: code, label: `${code} · ${names.of(code) ?? code}` }));
}
