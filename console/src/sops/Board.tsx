// Steps counted by programme, store and guide; behind each number its list.
import { Button, Drawer, Segmented, Skeleton, Table, Tag as AntTag } from "antd";
import { useState } from "react";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { itemsOf, usePages } from "../shell/ListTable";
import { EmptyHint, Num } from "../shell/parts";
import { sopKeys, sops as api } from "./calls";

const STATES = ["planned", "asked", "overdue", "on_time", "late", "missed", "skipped"] as const;
type Part = "programmes" | "stores" | "staff";
const ASKED_AS: Record<Part, "sop" | "store" | "staff"> = { programmes: "sop", stores: "store", staff: "staff" };
type Asked = Record<string, string>;

export function Board({ board, sop }: { board: S.SopBoard; sop?: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const [part, choose] = useState<Part>(sop ? "staff" : "programmes");
  const [asked, ask] = useState<Asked | null>(null);
  const own: Asked = sop ? { sop } : {};
  const number = (sums: S.SopSums, state: (typeof STATES)[number], more: Asked) => (
    sums[state] ? <Button type="link" size="small" className="num" onClick={() => ask({ ...own, ...more, state })}>{format.count(sums[state])}</Button> : <Num muted>0</Num>
  );
  const percent = (sums: S.SopSums) => (typeof sums.rate === "number" ? `${(sums.rate * 100).toFixed(1)}%` : "–");
  const median = (sums: S.SopSums) => (typeof sums.late_median_seconds === "number" ? t("sops.hours", { n: (sums.late_median_seconds / 3600).toFixed(1) }) : "–");
  const rows = [{ key: "", name: "", whole: true, sums: board.all }, ...board[part].map((row) => ({ ...row, whole: false }))];
  const more = (row: { key: string; whole: boolean }): Asked => (row.whole ? {} : { [ASKED_AS[part]]: row.key });
  if (board.all.steps === 0) return <EmptyHint title={t("sops.board_empty")} />;
  return (
    <section className="panel pad stack">
      <p className="muted small">{t("sops.board_hint")}</p>
      <Segmented value={part} onChange={choose} options={(["programmes", "stores", "staff"] as const).map((value) => ({ value, label: t(`sops.by.${value}`) }))} />
      <Table
        size="small" scroll={{ x: "max-content" }} pagination={false} dataSource={rows} rowKey={(row) => (row.whole ? "*" : `=${row.key}`)}
        columns={[
          { title: t(`sops.by.${part}`), render: (_, row) => (row.whole ? <b>{t("sops.all")}</b> : row.name || t("word.none")) },
          ...STATES.map((state) => ({ title: t(`sops.end.${state}`), align: "right" as const, render: (_: unknown, row: (typeof rows)[number]) => number(row.sums, state, more(row)) })),
          { title: t("sops.rate"), align: "right", render: (_, row) => <Num>{percent(row.sums)}</Num> },
          { title: t("sops.late_median"), align: "right", render: (_, row) => <Num muted>{median(row.sums)}</Num> },
        ]}
      />
      <Behind asked={asked} onClose={() => ask(null)} />
    </section>
  );
}

function Behind({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  const { word } = useI18n();
  return (
    <Drawer open={asked !== null} onClose={onClose} size="large" title={asked?.state ? word("sops.end", asked.state) : ""} destroyOnHidden>
      {asked ? <Steps asked={asked} /> : null}
    </Drawer>
  );
}

function Steps({ asked }: { asked: Asked }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const pages = usePages(sopKeys.steps(asked), api.steps, asked);
  const why = (row: S.SopStepOut) => (row.reason ? word("sops.reason", row.reason) : "");
  if (pages.isPending) return <Skeleton active />;
  return (
    <>
      {pages.isError ? <ErrorView error={pages.error} retry={() => void pages.refetch()} /> : null}
      <div className="cards">
        {itemsOf(pages).map((row, at) => (
          <div key={at} className="panel pad gap-below">
            <div className="row between wrap"><b>{row.sop_name}{row.step ? ` · ${row.step_name}` : ""}</b><AntTag>{word("sops.end", row.state)}</AntTag></div>
            <div className="muted small num">{[row.subject === row.staff ? "" : row.subject_name, row.staff_name, row.store_name, why(row)].filter(Boolean).join(" · ")}</div>
            <div className="muted small num">{t("sops.due", { at: format.at(row.due_at) })}{row.done_at ? ` · ${t("sops.done", { at: format.at(row.done_at) })}` : ""}</div>
          </div>
        ))}
      </div>
      {pages.hasNextPage ? <Button block loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t("list.more")}</Button> : null}
    </>
  );
}
