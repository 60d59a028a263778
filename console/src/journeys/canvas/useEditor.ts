import { useCallback, useLayoutEffect, useRef, useState } from "react";
import type { Definition } from "./definition";
import { emptyHistory, note, redo, undo, type History } from "./history";

/** A function that stays the same while what it does follows the last rendering. */
export function useStable<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R {
  const latest = useRef(run);
  useLayoutEffect(() => {
    latest.current = run;
  });
  return useCallback((...args: A) => latest.current(...args), []);
}

export type Change = (own: Definition) => Definition;
export type Apply = (change: Change, key?: string) => void;

/** Changes with undo over a value that somebody else holds. A value that did not come from here begins a new history. */
export function useEditor(value: Definition, onChange: (next: Definition) => void) {
  const [history, setHistory] = useState<History<Definition>>(emptyHistory);
  const now = useRef({ value, history });
  useLayoutEffect(() => {
    if (now.current.value === value) return;
    const ours = JSON.stringify(now.current.value) === JSON.stringify(value);
    now.current.value = value;
    if (ours) return;
    now.current.history = emptyHistory();
    setHistory(now.current.history);
  }, [value]);
  const put = (next: Definition, own: History<Definition>) => {
    now.current = { value: next, history: own };
    setHistory(own);
    onChange(next);
  };
  const apply: Apply = useStable((change, key) => {
    const next = change(now.current.value);
    if (next !== now.current.value) put(next, note(now.current.history, now.current.value, key ?? null, Date.now()));
  });
  const turn = (by: typeof undo<Definition>) => {
    const moved = by(now.current.history, now.current.value);
    if (moved) put(moved.present, moved.history);
    return moved !== null;
  };
  return {
    apply, latest: () => now.current.value, undo: useStable(() => turn(undo)), redo: useStable(() => turn(redo)),
    canUndo: history.past.length > 0, canRedo: history.future.length > 0,
  };
}
