// What several pages of hand-overs show.
import { Progress, Select, Tag as AntTag } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useSettled } from "../shell/parts";
import type { Handover } from "./calls";

const COLORS: Record<string, string> = { done: "green", refused: "red", waiting: "gold", sent: "blue", sending: "blue", cancelled: "default", skipped: "default" };

export function ItemState({ state }: { state: string }) {
  const { word } = useI18n();
  return <AntTag color={COLORS[state] ?? "default"}>{word("handover.item", state)}</AntTag>;
}

export function JobState({ job }: { job: Handover }) {
  const { word } = useI18n();
  const running = job.state === "running" || (job.state === "cancelled" && !job.ended_at);
  return <AntTag color={running ? "blue" : job.state === "done" ? "green" : "default"}>{word("handover.job", job.state)}</AntTag>;
}

/** What has ended, of everything. */
export function settled(job: Handover): number {
  const own = job.counts;
  return own.done + own.refused + own.skipped + own.cancelled;
}

export function JobProgress({ job }: { job: Handover }) {
  const share = (n: number) => (job.counts.total ? Math.round((100 * n) / job.counts.total) : 0);
  return <Progress size="small" percent={share(settled(job))} success={{ percent: share(job.counts.done) }} aria-label={`${settled(job)} / ${job.counts.total}`} />;
}

/** Members of staff by name; those who may take customers over, or anybody. */
export function StaffSelect({ value, onChange, gone, multiple = true, id }: { value: string[]; onChange: (next: string[]) => void; gone?: boolean; multiple?: boolean; id?: string }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState("");
  const q = useSettled(typed);
  const query = { q: q || null, serving: gone ? null : true, gone: gone ? true : null, limit: 100 };
  const found = useQuery({ queryKey: keys.wecomPart("staff-choice", query), queryFn: () => wecom.staff(query), staleTime: 60_000 });
  const label = (row: { name: string; userid: string; store?: string | null; customers: number }) => [row.name || row.userid, row.store, t("handover.customers_n", { n: row.customers })].filter(Boolean).join(" · ");
  return (
    <Select<string[] | string>
      id={id} className="full" mode={multiple ? "multiple" : undefined} allowClear={!multiple} value={multiple ? value : value[0]} onChange={(next) => onChange(Array.isArray(next) ? next : next ? [next] : [])}
      showSearch={{ filterOption: false, onSearch: setTyped }} loading={found.isPending} placeholder={t("handover.staff_placeholder")}
      options={found.data?.items.map((row) => ({ value: row.userid, label: label(row) }))}
    />
  );
}
