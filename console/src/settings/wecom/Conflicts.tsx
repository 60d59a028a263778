import { SwapOutlined } from "@ant-design/icons";
import { Tag as AntTag } from "antd";
import { wecom as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { WecomConflict } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { has, useI18n } from "../../i18n";
import { ListTable, usePages } from "../../shell/ListTable";
import { EmptyHint, Num } from "../../shell/parts";

export function Conflicts() {
  const { t, word } = useI18n();
  const format = useFormat();
  const pages = usePages(keys.wecomPart("conflicts"), api.conflicts);
  const winner = (row: WecomConflict) => <AntTag color={row.winner === "here" ? "green" : "blue"}>{word("wecom.winner", row.winner)}</AntTag>;
  const what = (row: WecomConflict) => [word("wecom.conflict", row.kind), row.tag].filter(Boolean).join(" · ");
  const why = (row: WecomConflict) => [has(`wecom.why.${row.reason}`) ? word("wecom.why", row.reason) : word("wecom.code", row.reason), row.detail].filter(Boolean).join(" · ");
  return (
    <div className="stack tight">
      <p className="muted">{t("wecom.conflicts_hint")}</p>
      <ListTable
        pages={pages} rowKey={(row) => row.id}
        columns={[
          { title: t("word.time"), render: (_, row) => <Num>{format.at(row.at, true)}</Num> },
          { title: t("lost.customer"), render: (_, row) => row.name || <code>{row.external_userid}</code> },
          { title: t("staff.one"), render: (_, row) => row.staff || "–" },
          { title: t("wecom.conflict_what"), render: (_, row) => what(row) },
          { title: t("wecom.winner"), render: (_, row) => winner(row) },
          { title: t("word.reason"), render: (_, row) => <span className="break">{why(row)}</span> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name || row.external_userid}</span>{winner(row)}</div>
            <div className="small">{what(row)}</div>
            <div className="muted small break">{[format.at(row.at), row.staff, why(row)].filter(Boolean).join(" · ")}</div>
          </>
        )}
        empty={<EmptyHint icon={<SwapOutlined />} title={t("wecom.conflicts_none")}>{t("wecom.conflicts_none_text")}</EmptyHint>}
      />
    </div>
  );
}
