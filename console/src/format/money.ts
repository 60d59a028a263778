// Money travels as integer minor units; how many make one major unit depends on the currency.
import type { Locale } from "../api/types";

const tag = (locale: Locale) => (locale === "zh" ? "zh-CN" : "en-US");

const digitsOf = new Map<string, number>();

/** Decimal places of a currency: 2 for CNY, 0 for JPY. An unknown code counts as 2. */
export function currencyDigits(currency: string): number {
  let digits = digitsOf.get(currency);
  if (digits === undefined) {
    try {
      digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
    } catch {
      digits = 2;
    }
    digitsOf.set(currency, digits);
  }
  return digits;
}

export function money(minor: number, currency: string, locale: Locale): string {
  const digits = currencyDigits(currency);
  const value = minor / 10 ** digits;
  try {
    return new Intl.NumberFormat(tag(locale), { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(value);
  } catch {
    return `${value.toFixed(digits)} ${currency}`;
  }
}

/** Short form for cards and axes: ¥1.2万, $12.3K. */
export function moneyShort(minor: number, currency: string, locale: Locale): string {
  const value = minor / 10 ** currencyDigits(currency);
  // Between a hundred and the first unit that shortens, a decimal only takes room.
  const plain = Math.abs(value) >= 100 && Math.abs(value) < (locale === "zh" ? 10_000 : 1_000);
  try {
    return new Intl.NumberFormat(tag(locale), {
      style: "currency", currency, currencyDisplay: "narrowSymbol", notation: "compact", maximumFractionDigits: plain ? 0 : 1,
    }).format(value);
  } catch {
    return money(minor, currency, locale);
  }
}

/** What an operator types ("128.5") as minor units, rounded half away from zero; null when it is no number. */
export function toMinor(text: string | number | null | undefined, currency: string): number | null {
  if (text === null || text === undefined || String(text).trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? Math.sign(value) * Math.round(Math.abs(value) * 10 ** currencyDigits(currency) + 1e-9) : null;
}

export function fromMinor(minor: number, currency: string): number {
  return minor / 10 ** currencyDigits(currency);
}

export function count(value: number, locale: Locale): string {
  return new Intl.NumberFormat(tag(locale)).format(value);
}

export function bytes(size: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
