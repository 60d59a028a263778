// What was decided about messages to one person, and how much of their attention is used.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Progress, Tag as AntTag, Tooltip } from "antd";
import { Link } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable } from "../shell/ListTable";
import { EmptyHint, Num } from "../shell/parts";
import { gate as api, gateKeys } from "./calls";
import { END_COLORS } from "./RunPage";

export function PersonReach({ id }: { id: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const pages = useInfiniteQuery({
    queryKey: gateKeys.ofPerson(id),
    queryFn: ({ pageParam }) => api.ofPerson(id, { limit: 50, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const attention = pages.data?.pages[0]?.attention;
  const run = (row: S.PersonDecision) => <Link to={`/runs/${row.run}`}>{row.name}</Link>;
  const end = (row: S.PersonDecision) => <AntTag color={END_COLORS[row.end]}>{word("messages.sum", row.end)}</AntTag>;
  return (
    <div className="stack">
      {attention ? (
        <Tooltip title={t("person.attention_hint")}>
          <div className="panel pad">
            <div className="small">{t("person.attention", { used: attention.used.toFixed(1), budget: attention.budget.toFixed(1) })}</div>
            <Progress percent={Math.min(100, Math.round((attention.used / attention.budget) * 100))} showInfo={false} />
          </div>
        </Tooltip>
      ) : null}
      <ListTable
        pages={pages} rowKey={(row) => row.run}
        columns={[
          { title: t("word.name"), render: (_, row) => <>{run(row)}<div className="muted small">{word("runs.class", row.class)} · {word("runs.channel", row.channel)}</div></> },
          { title: t("welcomes.end"), render: (_, row) => end(row) },
          { title: t("runs.says"), render: (_, row) => <Tooltip title={t("person.rules_version", { n: row.rules })}><span className="wraps">{row.says}</span></Tooltip> },
          { title: t("welcomes.at"), render: (_, row) => <Num muted>{format.at(row.at)}</Num> },
        ]}
        card={(row) => <><div className="row between"><span className="card-title">{run(row)}</span>{end(row)}</div><div className="small">{row.says}</div><div className="muted small num">{format.at(row.at)}</div></>}
        empty={<EmptyHint title={t("person.reach_none")} />}
      />
    </div>
  );
}
