// What can be undone. The present is the caller's: only what was before and what was taken back is kept here.

export const HISTORY_MAX = 100;
/** Changes of the same thing that follow each other within this time are one. */
export const TOGETHER_MS = 900;

export interface History<T> { past: readonly T[]; future: readonly T[]; key: string | null; at: number }

export function emptyHistory<T>(): History<T> {
  return { past: [], future: [], key: null, at: 0 };
}

/** Notes that `present` is about to change. `key`: what is being changed, so that typing a word is undone at once. */
export function note<T>(own: History<T>, present: T, key: string | null, now: number): History<T> {
  const same = key !== null && key === own.key && now - own.at <= TOGETHER_MS && own.past.length > 0;
  const past = same ? own.past : [...own.past, present].slice(-HISTORY_MAX);
  return { past, future: [], key, at: now };
}

export interface Moved<T> { history: History<T>; present: T }

export function undo<T>(own: History<T>, present: T): Moved<T> | null {
  const last = own.past.at(-1);
  if (last === undefined) return null;
  return { history: { past: own.past.slice(0, -1), future: [...own.future, present], key: null, at: 0 }, present: last };
}

export function redo<T>(own: History<T>, present: T): Moved<T> | null {
  const next = own.future.at(-1);
  if (next === undefined) return null;
  return { history: { past: [...own.past, present], future: own.future.slice(0, -1), key: null, at: 0 }, present: next };
}
