import { AuditOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { AuditEntry } from "../api/types";
import { dayEnd, dayStart } from "../format/time";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { DayRange } from "../people/pickers";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, JsonView, Need, Num, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";

export function AuditPage() {
  return <Need permission="audit.read"><Audit /></Need>;
}

/** The server matches a whole action, or a noun with its dot: "person." is everything done to people. */
const NOUNS = ["session.", "user.", "key.", "person.", "people.", "tag.", "tag_group.", "import.", "schema.", "quarantine.", "material.", "kit.", "store.", "field.", "settings."];

function Audit() {
  const { t } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const actionName = useActionName();
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
        <ActorSelect value={filters.actor} onChange={(actor) => change({ actor })} />
        <Select
          allowClear className="w-200" value={filters.action} onChange={(action) => change({ action })} placeholder={t("audit.action")} aria-label={t("audit.action")}
          options={[...new Set([...NOUNS, ...(filters.action ? [filters.action] : [])])].map((value) => ({ value, label: actionName(value) }))}
        />
        <Input.Search allowClear className="w-260" key={filters.object} defaultValue={filters.object} placeholder={t("audit.object")} aria-label={t("audit.object")} onSearch={(object) => change({ object: object.trim() })} />
        <div className="w-260"><DayRange from={filters.from} to={filters.to} onChange={(from, to) => change({ from, to })} /></div>
      </div>
      <ListTable
        pages={pages} rowKey={(entry) => entry.id}
        columns={[
          { title: t("word.time"), render: (_, entry) => <Num>{format.at(entry.at, true)}</Num> },
          { title: t("audit.actor"), render: (_, entry) => who(entry) },
          { title: t("audit.action"), render: (_, entry) => <button type="button" className="link" onClick={() => change({ action: entry.action })}>{actionName(entry.action)}</button> },
          { title: t("audit.object"), render: (_, entry) => (entry.object ? <button type="button" className="link" onClick={() => change({ object: entry.object })}><code>{entry.object}</code></button> : "–") },
          { title: "IP", render: (_, entry) => <Num muted>{entry.ip ?? "–"}</Num> },
          { title: t("error.request"), render: (_, entry) => <code className="muted">{entry.request_id ?? "–"}</code> },
        ]}
        card={(entry) => (
          <>
            <div className="row between"><span className="card-title">{actionName(entry.action)}</span><span>{who(entry)}</span></div>
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

function useActionName(): (action: string) => string {
  const { word } = useI18n();
  return (action) => {
    const known = word("act", action);
    if (known !== action || action.endsWith(".")) return known;
    const noun = word("act", `${action.split(".")[0]}.`);
    return `${noun.replace(/\.$/, "")} · ${action.split(".").slice(1).join(".")}`;
  };
}

function ActorSelect({ value, onChange }: { value?: string; onChange: (actor: string | undefined) => void }) {
  const { t } = useI18n();
  const may = useCan()("users.manage");
  const users = useQuery({ queryKey: ["users", "all"], queryFn: () => api.users({ limit: 200 }), enabled: may, staleTime: 60_000 });
  if (!may) return null;
  const options = (users.data?.items ?? []).map((user) => ({ value: user.id, label: user.name }));
  return <Select allowClear showSearch={{ optionFilterProp: "label" }} className="w-200" value={value} onChange={onChange} options={options} placeholder={t("audit.actor")} aria-label={t("audit.actor")} />;
}
