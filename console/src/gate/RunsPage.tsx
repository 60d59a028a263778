// Every message for many people with its accounts: people = sent + skipped + failed + waiting.
import { AuditOutlined } from "@ant-design/icons";
import { Progress, Select, Tag as AntTag } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { Need, Num, PageHead } from "../shell/parts";
import { Nothing } from "../wecom/Nothing";
import { gate as api, gateKeys } from "./calls";

export const RUN_STATES: Record<string, string> = { running: "blue", paused: "gold", ended: "green", cancelled: "default" };
const KINDS = ["message", "broadcast", "journey", "welcome"] as const;

export function RunsPage() {
  return <Need permission="people.read"><Runs /></Need>;
}

function Runs() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const [kind, setKind] = useState<string>();
  const query = { kind };
  const pages = usePages(gateKeys.runs(query), api.runs, query);
  const state = (row: S.RunOut) => <AntTag color={RUN_STATES[row.state]}>{word("runs.state", row.state)}</AntTag>;
  const share = (row: S.RunOut) => (row.audience ? Math.round((row.sent / row.audience) * 100) : 0);
  const number = (n: number) => <Num muted={n === 0}>{format.count(n)}</Num>;
  return (
    <>
      <PageHead title={t("nav.runs")} hint={t("runs.hint")}>
        <Select allowClear className="medium" placeholder={t("runs.kind_word")} value={kind} onChange={setKind} options={KINDS.map((own) => ({ value: own, label: t(`runs.kind.${own}`) }))} />
      </PageHead>
      <ListTable
        pages={pages} rowKey={(row) => row.kind + row.id} onOpen={(row) => void navigate(`/runs/${row.id}`)}
        columns={[
          { title: t("word.name"), render: (_, row) => <><b className="plain">{row.name}</b><div className="muted small">{word("runs.kind", row.kind)} · {word("runs.class", row.class)}</div></> },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("messages.people"), align: "right", render: (_, row) => number(row.audience) },
          { title: t("messages.sum.sent"), align: "right", render: (_, row) => number(row.sent) },
          { title: t("messages.sum.waiting"), align: "right", render: (_, row) => number(row.waiting) },
          { title: t("messages.sum.skipped"), align: "right", render: (_, row) => number(row.skipped) },
          { title: t("messages.sum.failed"), align: "right", render: (_, row) => number(row.failed) },
          { title: t("messages.created"), render: (_, row) => <Num muted>{row.created_at ? format.at(row.created_at) : "–"}</Num> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name}</span>{state(row)}</div>
            <Progress percent={share(row)} size="small" />
            <div className="muted small num">{word("runs.kind", row.kind)} · {t("messages.sum.sent")} {format.count(row.sent)} / {format.count(row.audience)} · {t("messages.sum.waiting")} {format.count(row.waiting)}</div>
          </>
        )}
        empty={<Nothing icon={<AuditOutlined />} title={t("runs.empty")}>{t("runs.empty_text")}</Nothing>}
      />
    </>
  );
}
