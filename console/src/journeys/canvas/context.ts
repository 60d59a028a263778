// What every part of the editor knows.
import { createContext, useContext, type ReactNode } from "react";
import type { Definition, JourneyNode, NodeNumbers, Problem, With } from "./definition";
import type { From } from "./edit";
import type { Speaker } from "./say";
import type { Apply } from "./useEditor";

/** Which people behind a node: `passed:yes` are those who went on by the way `yes`. */
export type What = "came" | "inside" | "finished" | "exited" | `passed:${string}`;

export interface Slots {
  /** Edits what a message, a task, a tag, points, a coupon or a webhook holds. */
  renderWith?: (node: JourneyNode, onChange: (held: With) => void) => ReactNode;
  /** Edits the rule of a condition. */
  renderRule?: (rule: unknown, onChange: (rule: unknown) => void) => ReactNode;
  /** A sentence about a node instead of the editor's own. */
  say?: (node: JourneyNode) => string | undefined;
  onOpenPeople?: (node: string, what: What) => void;
}

export interface Shared extends Slots {
  definition: Definition;
  apply: Apply;
  speaker: Speaker;
  readOnly: boolean;
  problems: readonly Problem[];
  numbers: Readonly<Record<string, NodeNumbers>> | undefined;
  events: readonly string[];
  sentence(node: JourneyNode): string;
  /** Asks for a new node after a way. */
  extend(from: From): void;
  /** Node ids in the order people pass them. */
  order: readonly string[];
}

export const EditorContext = createContext<Shared | null>(null);
export function useShared(): Shared {
  const value = useContext(EditorContext);
  if (!value) throw new Error("useShared outside of JourneyCanvas");
  return value;
}
