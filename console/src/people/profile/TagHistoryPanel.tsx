import { Tag as AntTag } from "antd";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { TagHistory } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ListTable, usePages } from "../../shell/ListTable";
import { EmptyHint, Num } from "../../shell/parts";
import { useWho } from "../../shell/who";

const colors = { added: "green", removed: "default", expired: "orange" } as const;

export function TagHistoryPanel({ id }: { id: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const who = useWho();
  const pages = usePages(keys.personPart(id, "tag-history"), (query) => api.tagHistory(id, query));
  const action = (row: TagHistory) => <AntTag color={colors[row.action]}>{word("tags.action", row.action)}</AntTag>;
  return (
    <ListTable
      pages={pages} rowKey={(row) => `${row.at}${row.tag}${row.action}`}
      columns={[
        { title: t("word.time"), render: (_, row) => <Num>{format.at(row.at, true)}</Num> },
        { title: t("tags.tag"), render: (_, row) => <b>{row.tag}</b> },
        { title: t("tags.what"), render: (_, row) => action(row) },
        { title: t("word.by"), render: (_, row) => who(row.by) },
        { title: t("word.reason"), render: (_, row) => row.why || "–" },
        { title: t("word.source"), render: (_, row) => (row.source ? word("origin", row.source) : "–") },
      ]}
      card={(row) => (
        <>
          <div className="row between"><span className="card-title">{row.tag}</span>{action(row)}</div>
          <div className="muted small">{[format.at(row.at), who(row.by), row.why].filter(Boolean).join(" · ")}</div>
        </>
      )}
      empty={<EmptyHint title={t("tags.history_none")} />}
    />
  );
}
