import { AuditOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { useEffect, useState } from "react";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { AuditEntry } from "../api/types";
import { dayEnd, dayStart } from "../format/time";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { DayRange } from "../people/pickers";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, JsonView, Need, Num, PageHead, useSettled } from "../shell/parts";
import { useFilters } from "../shell/useFilters";

export function AuditPage() {
  return <Need permission="audit.read"><Audit /></Need>;
}

/** A text filter that reaches the address when typing pauses. */
function TextFilter({ name, label, value, change }: { name: string; label: string; value?: string; change: (change: Record<string, string>) => void }) {
  const [text, setText] = useState(value ?? "");
  const settled = useSettled(text.trim());
  useEffect(() => {
    change({ [name]: settled });
  }, [settled, name, change]);
  return <Input allowClear className="w-200" value={text} placeholder={label} aria-label={label} onChange={(event) => setText(event.target.value)} />;
}

function Audit() {
  const { t } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const query = {
    actor: filters.actor, action: filters.action, object: filters.object,
    from: filters.from ? dayStart(filters.from, format.zone) : undefined, to: filters.to ? dayEnd(filters.to, format.zone) : undefined,
  };
  const pages = usePages(keys.audit(query), api.audit, query);
  const who = (entry: AuditEntry) => entry.actor.name || entry.actor.id || t("word.system");
  const detail = (entry: AuditEntry) => entry.detail !== null && typeof entry.detail === "object" && Object.keys(entry.detail).length > 0;
  return (
    <>
      <PageHead title={t("nav.audit")} hint={t("audit.hint")} />
      <div className="bar filters">
        <TextFilter name="actor" label={t("audit.actor")} value={filters.actor} change={change} />
        <TextFilter name="action" label={t("audit.action")} value={filters.action} change={change} />
        <TextFilter name="object" label={t("audit.object")} value={filters.object} change={change} />
        <div className="w-260"><DayRange from={filters.from} to={filters.to} onChange={(from, to) => change({ from, to })} /></div>
      </div>
      <ListTable
        pages={pages} rowKey={(entry) => entry.id}
        columns={[
          { title: t("word.time"), render: (_, entry) => <Num>{format.at(entry.at, true)}</Num> },
          { title: t("audit.actor"), render: (_, entry) => who(entry) },
          { title: t("audit.action"), render: (_, entry) => <Action entry={entry} /> },
          { title: t("audit.object"), render: (_, entry) => <code>{entry.object ?? "–"}</code> },
          { title: "IP", render: (_, entry) => <Num muted>{entry.ip ?? "–"}</Num> },
          { title: t("error.request"), render: (_, entry) => <code className="muted">{entry.request_id ?? "–"}</code> },
        ]}
        card={(entry) => (
          <>
            <div className="row between"><span className="card-title"><Action entry={entry} /></span><span>{who(entry)}</span></div>
            <code className="break">{entry.object ?? "–"}</code>
            <div className="muted small num">{format.at(entry.at, true)} · {entry.ip ?? "–"}</div>
          </>
        )}
        table={{ expandable: { expandedRowRender: (entry) => <JsonView value={entry.detail} />, rowExpandable: detail, expandRowByClick: true } }}
        empty={<EmptyHint icon={<AuditOutlined />} title={t("audit.none")}><Button onClick={() => change({ actor: null, action: null, object: null, from: null, to: null })}>{t("action.clear")}</Button></EmptyHint>}
      />
    </>
  );
}

function Action({ entry }: { entry: AuditEntry }) {
  const { word } = useI18n();
  const name = word("act", entry.action);
  return name === entry.action ? <code>{entry.action}</code> : <span title={entry.action}>{name}</span>;
}
