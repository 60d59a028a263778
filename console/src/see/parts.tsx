// Small things that several analyses show.
import { ArrowDownOutlined, ArrowUpOutlined } from "@ant-design/icons";
import { Segmented } from "antd";
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { useChannelName } from "../channels/useChannelName";
import { growth } from "../format/numbers";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useOpen } from "./Behind";
import type { Cell, KindName, Spec } from "./shapes";

/** What the numbers around are an answer to: values of a channel are shown by the channel's name. */
export const Asked = createContext<{ kind?: KindName; spec?: Spec }>({});

/** Which of a question's names are values of `channel`. */
export function channelParts({ kind, spec }: { kind?: KindName; spec?: Spec }): { group: boolean; touch: boolean } {
  const by = spec?.by;
  const touch = kind === "attribution" ? (spec?.touch_by ?? "channel") : kind === "touchpoints" ? spec?.touch_by : kind === "paths" ? spec?.property : undefined;
  return { group: Boolean(by && "property" in by && by.property === "channel"), touch: touch === "channel" };
}

/** Names as data has them, in the reader's words where we have some: events, groups, touches, stages, channels. */
export function useNames() {
  const { t, word } = useI18n();
  const asked = useContext(Asked);
  const channel = useChannelName();
  return useMemo(() => {
    const is = channelParts(asked);
    const place = (name: string) => {
      const known = is.touch ? channel(name) : name;
      return known === name ? word("event", name) : known;
    };
    return {
      event: (name: string) => (name === "*" ? t("see.any_event") : place(name)),
      /** null is what the groups leave over, "" those without a value. */
      group: (name: string | null | undefined) => (name === null || name === undefined ? t("see.rest") : name === "" ? t("see.no_value") : is.group ? channel(name) : word("event", name)),
      touch: (name: string | null | undefined) => (name === null || name === undefined ? t("see.no_touch") : name === "" ? t("see.no_value") : name === "…" ? t("see.rest") : is.touch ? channel(name) : name),
    };
  }, [t, word, asked, channel]);
}

export function Delta({ now, before, less = false }: { now: number | null | undefined; before: number | null | undefined; less?: boolean }) {
  const { t } = useI18n();
  const format = useFormat();
  const change = growth(now, before);
  if (change === null) return null;
  const good = change === 0 ? "muted" : change > 0 !== less ? "good" : "bad";
  return (
    <span className={`delta small num ${good}`} title={t("see.against_before")}>
      {change === 0 ? "=" : change > 0 ? <ArrowUpOutlined /> : <ArrowDownOutlined />} {format.percent(Math.abs(change))}
    </span>
  );
}

/** A figure with its name, the change since the period before, and its people behind it. */
export function Stat({ label, value, hint, now, before, less, cell, n }: {
  label: string; value: string; hint?: ReactNode; now?: number | null; before?: number | null; less?: boolean; cell?: Cell; n?: number;
}) {
  const open = useOpen();
  const inside = (
    <>
      <div className="label">{label}</div>
      <div className="value" title={value}>{value}</div>
      <div className="sub">{before === undefined ? null : <Delta now={now} before={before} less={less} />} {hint}</div>
    </>
  );
  if (!cell || !n) return <div className="number">{inside}</div>;
  return <button type="button" className="number opens" onClick={() => open(cell, label)}>{inside}</button>;
}

export function Panel({ title, note, extra, children }: { title: ReactNode; note?: ReactNode; extra?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel see-panel">
      <div className="panel-head"><span>{title}</span>{extra}</div>
      {note ? <p className="muted panel-note">{note}</p> : null}
      {children}
    </section>
  );
}

/** Chooses which group a table shows, when the question is split: all together first. */
export function useGroup<T extends object>(whole: T, groups: ({ group: string | null } & T)[] | undefined): { shown: T; group: string | null | undefined; chooser: ReactNode } {
  const { t } = useI18n();
  const names = useNames();
  const [at, setAt] = useState(-1);
  const chosen = groups?.[at];
  const chooser = groups?.length ? (
    <div className="group-choice" data-no-picture>
      <Segmented<number> value={chosen ? at : -1} onChange={setAt} options={[{ value: -1, label: t("see.all_groups") }, ...groups.map((item, index) => ({ value: index, label: names.group(item.group) }))]} />
    </div>
  ) : null;
  return { shown: chosen ?? whole, group: chosen ? chosen.group : undefined, chooser };
}

/** The part of a cell that names a group; nothing for all together. */
export function inGroup(group: string | null | undefined): Cell {
  return group === undefined ? {} : { group };
}

/** Short names of days on an axis: the year only where it changes the meaning. */
export function shortDay(day: string): string {
  return day.slice(5);
}
