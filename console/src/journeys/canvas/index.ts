// The editor comes with its first use: pages that only list journeys do without it.
import { lazy } from "react";

export const JourneyCanvas = lazy(() => import("./JourneyCanvas").then((module) => ({ default: module.JourneyCanvas })));
export type { JourneyCanvasProps } from "./JourneyCanvas";
export type { What } from "./context";
export { emptyDefinition, type Definition, type JourneyNode, type NodeNumbers, type Problem } from "./definition";
