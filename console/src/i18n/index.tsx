import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { setRequestLocale } from "../api/client";
import type { Locale } from "../api/types";
import { words } from "./words";

export type Key = keyof typeof words & string;
export type Params = Record<string, string | number>;

/** Puts values into `{name}`, and chooses between the words of `{name|person|people}` by whether the value is one. */
export function fill(text: string, params?: Params): string {
  if (!params) return text;
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (all, name: string, one?: string, more?: string) => {
    if (!(name in params)) return all;
    return (one === undefined ? String(params[name]) : String(params[name]) === "1" ? one : more) ?? all;
  });
}
export function translate(locale: Locale, key: Key, params?: Params): string {
  return fill(words[key][locale === "zh" ? 0 : 1], params);
}
export function has(key: string): key is Key {
  return Object.hasOwn(words, key);
}

export interface I18n {
  locale: Locale;
  setLocale(next: Locale): void;
  t(key: Key, params?: Params): string;
  /** A word the server may extend (a kind, a state, a code): our word for it, or the server's own spelling. */
  word(prefix: string, value: string): string;
  label(item: { label_zh: string; label_en: string }): string;
}

const STORED = "siyu.locale";
const Context = createContext<I18n | null>(null);

/** Whether this browser's reader has chosen; until then the account's language is followed. */
export function localeChosen(): boolean {
  return localStorage.getItem(STORED) !== null;
}

function firstLocale(): Locale {
  const stored = localStorage.getItem(STORED);
  if (stored === "zh" || stored === "en") return stored;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
}

export function I18nProvider({ children }: { children: ReactNode }) {
  const [locale, choose] = useState<Locale>(() => {
    const first = firstLocale();
    setRequestLocale(first);
    return first;
  });
  useEffect(() => {
    document.documentElement.lang = locale === "zh" ? "zh-CN" : "en";
  }, [locale]);
  const setLocale = useCallback((next: Locale) => {
    localStorage.setItem(STORED, next);
    setRequestLocale(next);
    choose(next);
  }, []);
  const value = useMemo<I18n>(() => ({
    locale,
    setLocale,
    t: (key, params) => translate(locale, key, params),
    word: (prefix, text) => {
      const key = `${prefix}.${text}`;
      return has(key) ? translate(locale, key) : text;
    },
    label: (item) => (locale === "zh" ? item.label_zh || item.label_en : item.label_en || item.label_zh),
  }), [locale, setLocale]);
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error("useI18n outside of I18nProvider");
  return value;
}
