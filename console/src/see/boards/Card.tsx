// One question on a board with its answer of now.
import { ArrowDownOutlined, ArrowUpOutlined, ColumnWidthOutlined, DeleteOutlined, RightOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Input, Skeleton } from "antd";
import { Suspense, use, useState } from "react";
import { Link } from "react-router";
import { useI18n } from "../../i18n";
import { useErrorText } from "../../shell/errors";
import { EmptyHint } from "../../shell/parts";
import { Behind } from "../Behind";
import { analysis, seeKeys } from "../calls";
import { kindOf } from "../kind";
import type { BoardItem } from "../shapes";
import { toParam } from "../spec";

interface Props { item: BoardItem; editing: boolean; first: boolean; last: boolean; onMove: (step: number) => void; onRemove: () => void; onChange: (part: Partial<BoardItem>) => void }

export function pathOf(item: Pick<BoardItem, "kind" | "spec">): string {
  return `/see/${item.kind.replaceAll("_", "-")}?spec=${encodeURIComponent(toParam(item.spec))}`;
}

export function Card({ item, editing, first, last, onMove, onRemove, onChange }: Props) {
  const { t } = useI18n();
  const [title, setTitle] = useState(item.title);
  const rename = () => {
    if (title.trim() && title.trim() !== item.title) onChange({ title: title.trim() });
  };
  return (
    <section className={item.width === 2 ? "board-item wide" : "board-item"}>
      <header className="row between">
        {editing ? <Input size="small" value={title} maxLength={60} onChange={(event) => setTitle(event.target.value)} onBlur={rename} onPressEnter={rename} aria-label={t("boards.title_of")} /> : <h2>{item.title}</h2>}
        {editing ? (
          <span className="board-tools">
            <Button size="small" type="text" icon={<ArrowUpOutlined />} disabled={first} onClick={() => onMove(-1)} aria-label={t("see.earlier")} />
            <Button size="small" type="text" icon={<ArrowDownOutlined />} disabled={last} onClick={() => onMove(1)} aria-label={t("see.later")} />
            <Button size="small" type="text" icon={<ColumnWidthOutlined />} onClick={() => onChange({ width: item.width === 2 ? 1 : 2 })} aria-label={t("boards.width")} title={t("boards.width")} />
            <Button size="small" type="text" danger icon={<DeleteOutlined />} onClick={onRemove} aria-label={t("boards.take_off")} title={t("boards.take_off")} />
          </span>
        ) : <Link to={pathOf(item)} className="small">{t("boards.open")} <RightOutlined /></Link>}
      </header>
      <Suspense fallback={<Skeleton active />}><Answer item={item} /></Suspense>
    </section>
  );
}

function Answer({ item }: { item: BoardItem }) {
  const { t } = useI18n();
  const text = useErrorText();
  const kind = use(kindOf(item.kind));
  const answer = useQuery({ queryKey: seeKeys.answer(item.kind, item.spec), queryFn: ({ signal }) => analysis.ask<object>(item.kind, item.spec, signal), staleTime: 30_000, refetchInterval: 300_000 });
  if (answer.isPending) return <Skeleton active />;
  if (answer.error) return <EmptyHint title={t("error.failed")}>{text(answer.error)}</EmptyHint>;
  if (kind.isEmpty(answer.data)) return <EmptyHint title={t("see.nothing")} />;
  return <Behind kind={item.kind} spec={item.spec}><div className="stack tight"><kind.View spec={item.spec} result={answer.data} small /></div></Behind>;
}
