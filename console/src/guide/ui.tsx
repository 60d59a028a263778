/** @jsxImportSource preact */
// The few parts every page here is made of.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { logIn, Refused, type Items } from "./api";
import { t } from "./words";

export interface Asked<T> { value: T | null; error: Error | null; again(): void; set(value: T): void }

/** Asks once, and again when one of `on` changes. A session that ended leads back to the login. */
export function useAsk<T>(ask: () => Promise<T>, on: readonly unknown[]): Asked<T> {
  const [state, put] = useState<{ value: T | null; error: Error | null }>({ value: null, error: null });
  const [round, next] = useState(0);
  useEffect(() => {
    let gone = false;
    put((old) => ({ value: old.value, error: null }));
    ask().then(
      (value) => { if (!gone) put({ value, error: null }); },
      (error: Error) => {
        if (gone) return;
        if (error instanceof Refused && error.code === "guide_not_signed_in") logIn();
        else put({ value: null, error });
      },
    );
    return () => { gone = true; };
    // What the question depends on is said by the caller.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [...on, round]);
  const again = useCallback(() => next((n) => n + 1), []);
  const set = useCallback((value: T) => put({ value, error: null }), []);
  return { ...state, again, set };
}

/** A list that grows page by page. */
export function usePages<T>(ask: (after: string | null) => Promise<Items<T>>, on: readonly unknown[]) {
  const first = useAsk(() => ask(null), on);
  const [rest, setRest] = useState<{ of: Items<T> | null; items: T[]; next: string | null }>({ of: null, items: [], next: null });
  const [busy, setBusy] = useState(false);
  const mine = rest.of === first.value ? rest : { of: first.value, items: [], next: first.value?.next ?? null };
  const more = mine.next === null ? null : () => {
    setBusy(true);
    ask(mine.next).then((page) => setRest({ of: first.value, items: [...mine.items, ...page.items], next: page.next ?? null }), toastError).finally(() => setBusy(false));
  };
  return { ...first, items: first.value ? [...first.value.items, ...mine.items] : null, more, busy };
}

let show: (text: string, bad: boolean) => void = () => {};
export function toast(text: string) {
  show(text, false);
}
export function toastError(error: unknown) {
  if (error instanceof Refused && error.code === "guide_not_signed_in") logIn();
  else show(error instanceof Error ? error.message : String(error), true);
}
/** Where toasts appear. */
export function Toasts() {
  const [own, set] = useState<{ text: string; bad: boolean } | null>(null);
  const timer = useRef(0);
  show = (text, bad) => {
    set({ text, bad });
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => set(null), bad ? 6000 : 2200);
  };
  return <div class="toasts" role="status" aria-live="polite">{own ? <p class={own.bad ? "bad" : ""}>{own.text}</p> : null}</div>;
}

/** Runs a change: one at a time, its error shown. Answers whether it worked. */
export function useDo() {
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<unknown>, said?: string): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    try {
      await work();
      if (said) toast(said);
      return true;
    } catch (error) {
      toastError(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, run };
}

export function Wait() {
  return <div class="wait" aria-busy="true"><i /><i /><i /><span class="hidden">{t("loading")}</span></div>;
}
export function Wrong({ error, again }: { error: Error; again: () => void }) {
  return <div class="empty"><p>{error.message}</p><button type="button" onClick={again}>{t("retry")}</button></div>;
}
export function Empty({ text }: { text: string }) {
  return <div class="empty"><p>{text}</p></div>;
}
export function More({ more, busy }: { more: (() => void) | null; busy: boolean }) {
  return more ? <button type="button" class="more" disabled={busy} onClick={more}>{busy ? t("loading") : t("more")}</button> : null;
}

export function Tabs<K extends string>({ tabs, now, go, label }: { tabs: readonly (readonly [K, string])[]; now: K; go: (key: K) => void; label: string }) {
  return (
    <div class="tabs" role="tablist" aria-label={label}>
      {tabs.map(([key, text]) => <button key={key} type="button" role="tab" aria-selected={key === now} onClick={() => go(key)}>{text}</button>)}
    </div>
  );
}

/** A sheet from below: on a phone the thumb is there. */
export function Sheet({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const own = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    own.current?.querySelector<HTMLElement>("textarea, input, select, button")?.focus();
    const key = (event: KeyboardEvent) => { if (event.key === "Escape") close(); };
    addEventListener("keydown", key);
    return () => {
      removeEventListener("keydown", key);
      if (before instanceof HTMLElement) before.focus();
    };
    // Opened once: `close` may be another function with each drawing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    <div class="shade" onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div class="sheet" role="dialog" aria-modal="true" aria-label={title} ref={own}>
        <header><b>{title}</b><button type="button" class="plain" onClick={close}>{t("close")}</button></header>
        {children}
      </div>
    </div>
  );
}

export function Face({ name, src }: { name: string; src?: string | undefined }) {
  const [broken, setBroken] = useState(false);
  // WeCom still spells the addresses of pictures without the s.
  return src && !broken ? <img class="face" src={src.replace(/^http:/, "https:")} alt="" onError={() => setBroken(true)} /> : <span class="face" aria-hidden="true">{[...name][0] ?? "?"}</span>;
}
