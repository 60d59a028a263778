// Specs and results of the analyses (docs/analysis.md). The API document leaves them open, because each kind has its own; so they are
// written here, once. Money is minor units, ratios are 0 to 1 and null where there was nothing to divide by.

import type { Duration, EventSel, Span } from "../api/rule";

export type { Duration, EventSel, Scalar, Span, Where, WhereOp } from "../api/rule";

export const KINDS = [
  "activity", "trend", "funnel", "retention", "paths", "distribution", "interval", "attribution", "touchpoints", "lifecycle", "rfm",
  "cohort_value", "assets", "stores", "guides",
] as const;
export type KindName = (typeof KINDS)[number];

export type Unit = "day" | "week" | "month";
export type By = { property: string } | { trait: string } | { tags: string } | { audiences: string[] };
export type Among = { audience: string } | { rule: unknown };

/** What most specs share. */
export interface Frame { span?: Span; among?: Among; by?: By; groups?: number; compare?: boolean }
export type Spec = Frame & { [key: string]: unknown };

export interface Warning { code: string; field?: string; event?: string }
export interface Answered {
  as_of: string; fresh_seconds: number; took_ms: number; span?: { from: string; to: string }; warnings?: Warning[];
}
/** Names one number of a result. */
export type Cell = Record<string, unknown>;
type Grouped<T> = { group: string | null } & T;

export interface FunnelSpec extends Frame { steps: EventSel[]; window?: Duration; exclude?: (EventSel & { between?: [number, number] })[] }
export interface FunnelStep { label: string; people: number; of_first: number | null; of_previous: number | null; seconds_median: number | null }
export interface FunnelResult { steps: FunnelStep[]; groups?: Grouped<{ people: number[] }>[]; before?: FunnelResult }

export interface RetentionSpec extends Frame { start?: EventSel; return?: EventSel; unit?: Unit; periods?: number; mode?: "on" | "rolling"; first?: boolean }
export interface Cohort { day: string; people: number; returned: number[] }
export interface RetentionTable { cohorts: Cohort[]; average: (number | null)[] }
export interface RetentionResult extends RetentionTable { groups?: Grouped<RetentionTable>[]; before?: RetentionTable }

export type Model = "last" | "first" | "linear" | "position" | "decay";
export type TouchWindow = "same_day" | number;
export interface AttributionSpec extends Frame {
  conversion?: EventSel; touch?: EventSel; touch_by?: string; windows?: TouchWindow[]; models?: Model[]; half_life?: Duration; refunds?: boolean;
}
export interface Credit { model: Model; window: TouchWindow; conversions: number; value: number }
export interface Attributed { total: { conversions: number; value: number; refunded: number }; rows: (Credit & { touch: string | null })[]; none: Credit[] }
export interface AttributionResult extends Attributed { groups?: Grouped<Attributed>[]; before?: Attributed }
export interface CreditLine {
  order_no?: string | null; person: string; at: string; value: number; refunded: number; credit: number;
  touches: { at: string; touch?: string | null; share: number; credit: number }[];
}

export interface RfmSpec extends Frame { orders?: EventSel; as_of?: string; scores?: number; method?: "quantile" | "fixed"; bounds?: { r: number[]; f: number[]; m: number[] } }
export interface RfmSegment { segment: string; people: number; value: number; recency_days: number | null; orders: number | null }
export interface RfmTable { people: number; grid: number[][]; cells: { r: number; f: number; m: number; people: number; value: number }[]; segments: RfmSegment[] }
export interface RfmResult extends RfmTable { groups?: Grouped<RfmTable>[]; before?: RfmTable }

export interface PathsSpec extends Frame { start?: EventSel; end?: EventSel; events?: EventSel; depth?: number; session?: Duration; top?: number; property?: string }
export interface PathLink { step: number; from: string; to: string | null; people: number; count: number }
export interface PathsTable { people: number; sessions: number; links: PathLink[]; routes: { nodes: string[]; people: number; count: number }[]; hidden?: { links: number; routes: number } }
export interface PathsResult extends PathsTable { groups?: Grouped<PathsTable>[]; before?: PathsTable }

export type Measure = "count" | "days" | { sum: string } | { value: string };
export interface DistributionSpec extends Frame { event?: EventSel; measure?: Measure; bins?: number[] }
export interface Bin { from: number | null; to: number | null; people: number }
export interface DistributionTable { bins: Bin[]; people: number; total: number; mean: number | null; median: number | null; p90: number | null }
export interface DistributionResult extends DistributionTable { groups?: Grouped<DistributionTable>[]; before?: DistributionTable }

export interface IntervalSpec extends Frame { from?: EventSel; to?: EventSel; within?: Duration }
export interface IntervalTable {
  bins: { from_seconds: number; to_seconds: number; count: number }[]; count: number; people: number;
  median: number | null; p25: number | null; p75: number | null; p90: number | null;
}
export interface IntervalResult extends IntervalTable { groups?: Grouped<IntervalTable>[]; before?: IntervalTable }

export interface TrendSpec extends Frame { events?: EventSel[]; unit?: Unit; measure?: "count" | "people" | { sum: string } }
export interface Series { label: string; group?: string | null; points: { day: string; value: number }[]; total: number | null }
export interface TrendResult { series: Series[]; before?: { series: Series[] } }

export interface ActivitySpec extends Frame { unit?: Unit }
export interface ActivityTable {
  points: { day: string; active: number; new: number; returning: number; events: number }[]; people: number;
  dau: number; wau: number; mau: number; stickiness: number | null; by_event: { event: string; people: number; count: number }[]; by_hour: number[][];
}
export interface ActivityResult extends ActivityTable { groups?: Grouped<ActivityTable>[]; before?: ActivityTable }

export interface CohortValueSpec extends Frame { start?: EventSel; unit?: "week" | "month"; periods?: number; value?: string }
export interface ValueCohort { day: string; group?: string | null; people: number; buyers: number; value: number[] }
export interface CohortValueResult { cohorts: ValueCohort[]; before?: { cohorts: ValueCohort[] } }

export interface TouchpointsSpec extends Frame { touch_by?: string; conversion?: EventSel; within?: Duration; top?: number; events?: EventSel }
export interface TouchNode { node: string; people: number; count: number; converted: number; entry: number; exit: number }
export interface TouchpointsTable { people: number; nodes: TouchNode[]; links: { from: string; to: string; people: number; count: number }[]; hidden?: number }
export interface TouchpointsResult extends TouchpointsTable { groups?: Grouped<TouchpointsTable>[]; before?: TouchpointsTable }

export interface LifecycleSpec extends Frame { on?: string; against?: string }
export interface LifecycleTable {
  stages: { stage: string; people: number; before: number }[]; flow: { from: string; to: string; people: number }[];
  aarrr: { stage: string; people: number; reached: number }[]; tiers: { tier: string; people: number; value: number }[];
  loyal: { people: number; rule: { orders: number; days: number; before: boolean } };
}
export interface LifecycleResult extends LifecycleTable { on: string; against: string; cycle_days: number; groups?: Grouped<LifecycleTable>[] }

export type AssetsSpec = Frame;
export interface AssetsResult {
  media: { medium: string; people: number }[]; total: number; over_time: { day: string; total: number }[]; guides?: { staff: string; people: number }[];
}

export type RankSpec = Frame;
export interface RankRow {
  key: string | null; name: string | null; people: number; buyers: number; orders: number; value: number; refunded: number; new_people: number;
  active: number; repeat_buyers: number; repurchase_rate: number | null;
}
export interface RankResult { rows: RankRow[]; before?: { rows: RankRow[] } }

export interface Catalogue {
  events: { name: string; people?: number | null; count?: number | null; properties: { name: string; kinds: string[]; values: string[] }[] }[]; as_of?: string | null;
}
export interface BoardItem { id?: string; title: string; kind: KindName; spec: Spec; width: 1 | 2 }
export interface Board { id: string; name: string; items: BoardItem[]; updated_at: string; version: number }
