// What a kind of analysis brings along; the page around it is the same for all.
import type { ComponentType } from "react";
import type { Answered, Cell, EventSel, Frame, KindName } from "./shapes";

export interface FormProps<S> { spec: S; change: (part: Partial<S>) => void }
export interface ViewProps<S, R> { spec: S; result: R & Answered; small?: boolean }

export interface Kind<S extends Frame, R> {
  /** Asked when the program knows no useful question of its own. */
  fallback: S;
  /** What can split it: properties of events too, only what people are, or nothing. */
  by: "property" | "people" | "none";
  /** Whether it is asked for a time; `all`: for all time, when none is chosen. */
  span: boolean | "all";
  compare: boolean;
  /** The selection whose properties can split. */
  counted?: (spec: S) => EventSel | undefined;
  Form?: ComponentType<FormProps<S>>;
  View: ComponentType<ViewProps<S, R>>;
  isEmpty: (result: R) => boolean;
}
export type AnyKind = Kind<Frame, object>;

/** A kind as the page takes it: the page gives spec and result of that kind only. */
export function define<S extends Frame, R>(kind: Kind<S, R>): AnyKind {
  return kind as unknown as AnyKind;
}

export const loaders: Record<KindName, () => Promise<{ default: AnyKind }>> = {
  activity: () => import("./kinds/activity"),
  trend: () => import("./kinds/trend"),
  funnel: () => import("./kinds/funnel"),
  retention: () => import("./kinds/retention"),
  paths: () => import("./kinds/paths"),
  distribution: () => import("./kinds/distribution"),
  interval: () => import("./kinds/interval"),
  attribution: () => import("./kinds/attribution"),
  touchpoints: () => import("./kinds/touchpoints"),
  lifecycle: () => import("./kinds/lifecycle"),
  rfm: () => import("./kinds/rfm"),
  cohort_value: () => import("./kinds/cohortValue"),
  assets: () => import("./kinds/assets"),
  stores: () => import("./kinds/stores"),
  guides: () => import("./kinds/guides"),
};

const loaded = new Map<KindName, Promise<AnyKind>>();
/** The same promise each time, as React's `use` wants it. A file that did not arrive is asked for again. */
export function kindOf(name: KindName): Promise<AnyKind> {
  let promise = loaded.get(name);
  if (!promise) {
    promise = loaders[name]().then((module) => module.default);
    promise.catch(() => loaded.delete(name));
    loaded.set(name, promise);
  }
  return promise;
}

export interface OpenPeople { (cell: Cell, title: string): void }
