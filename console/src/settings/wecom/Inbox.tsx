import { InboxOutlined, SafetyOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";
import { wecom as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { WecomAside } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ListTable, usePages } from "../../shell/ListTable";
import { EmptyHint, MayButton, Num } from "../../shell/parts";
import { statusQuery } from "../../wecom/status";

export function Inbox() {
  const { t } = useI18n();
  const format = useFormat();
  const status = useQuery(statusQuery(api.status)).data;
  const [shown, show] = useState(false);
  const figures: [string, string, boolean?][] = status ? [
    [t("wecom.inbox_last"), status.last_callback_at ? format.ago(status.last_callback_at) : t("wecom.never")],
    [t("wecom.inbox_waiting"), format.count(status.inbox_waiting)],
    [t("wecom.inbox_aside"), format.count(status.inbox_aside), status.inbox_aside > 0],
    [t("wecom.out_waiting"), format.count(status.outgoing_waiting)],
    [t("wecom.out_failed"), format.count(status.outgoing_failed), status.outgoing_failed > 0],
  ] : [];
  return (
    <div className="stack">
      <section className="panel pad"><div className="life-now">{figures.map(([label, value, bad]) => <div key={label}><span className="muted small">{label}</span><b className={bad ? "num bad" : "num"}>{value}</b></div>)}</div></section>
      <div className="stack tight">
        <h2 className="settings-title">{t("wecom.aside")}</h2>
        <p className="muted">{t("wecom.aside_hint")}</p>
        {/* Each look is recorded, so nothing is read before somebody wants to. */}
        {status && status.inbox_aside > 0 && !shown ? <div><Button onClick={() => show(true)}>{t("wecom.aside_show")} ({format.count(status.inbox_aside)})</Button></div> : null}
        {shown ? <Aside /> : status?.inbox_aside === 0 ? <div className="panel"><EmptyHint icon={<InboxOutlined />} title={t("wecom.aside_none")}>{t("wecom.aside_none_text")}</EmptyHint></div> : null}
      </div>
      <div className="stack tight">
        <h2 className="settings-title">{t("wecom.refused")}</h2>
        <p className="muted">{t("wecom.refused_hint")}</p>
        <Refused />
      </div>
    </div>
  );
}

function Aside() {
  const { t, word } = useI18n();
  const format = useFormat();
  const { message } = App.useApp();
  const client = useQueryClient();
  const pages = usePages(keys.wecomPart("aside"), api.aside);
  const retry = useMutation({
    mutationFn: api.retry,
    onSuccess: () => {
      void message.success(t("wecom.retried"));
      void client.invalidateQueries({ queryKey: keys.wecom });
    },
  });
  const again = (row: WecomAside) => <MayButton permission="settings.write" size="small" loading={retry.isPending && retry.variables === row.id} onClick={() => retry.mutate(row.id)}>{t("action.retry")}</MayButton>;
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id}
      columns={[
        { title: t("wecom.received"), render: (_, row) => <Num>{format.at(row.received_at, true)}</Num> },
        { title: t("wecom.aside_name"), render: (_, row) => <code>{row.name}</code> },
        { title: t("word.reason"), render: (_, row) => <Why code={row.reason} text={word("wecom.code", row.reason)} /> },
        { title: "", align: "right", render: (_, row) => again(row) },
      ]}
      card={(row) => (
        <>
          <div className="row between"><code className="break">{row.name}</code>{again(row)}</div>
          <div className="small"><Num muted>{format.at(row.received_at)}</Num> · {word("wecom.code", row.reason)}</div>
        </>
      )}
      table={{ expandable: { expandedRowRender: (row) => <pre className="json">{row.body}</pre> } }}
      empty={<EmptyHint icon={<InboxOutlined />} title={t("wecom.aside_none")}>{t("wecom.aside_none_text")}</EmptyHint>}
    />
  );
}

/** A reason we have no words for stays the code it is. */
function Why({ code, text }: { code: string; text: string }) {
  return text === code ? <code>{code}</code> : <>{text}</>;
}

function Refused() {
  const { t, word } = useI18n();
  const format = useFormat();
  const pages = usePages(keys.wecomPart("refused"), api.refused);
  const why = (reason: string) => <Why code={reason} text={word("wecom.refused", reason)} />;
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.at + row.reason}
      columns={[
        { title: t("word.time"), render: (_, row) => <Num>{format.at(row.at, true)}</Num> },
        { title: t("word.reason"), render: (_, row) => why(row.reason) },
        { title: t("wecom.body"), render: (_, row) => <code className="break">{row.detail}</code> },
        { title: "", align: "right", render: (_, row) => <Num muted>{t("wecom.bytes", { n: format.count(row.bytes) })}</Num> },
      ]}
      card={(row) => <><div className="row between"><Num muted>{format.at(row.at)}</Num><Num muted>{t("wecom.bytes", { n: format.count(row.bytes) })}</Num></div><div>{why(row.reason)}</div></>}
      empty={<EmptyHint icon={<SafetyOutlined />} title={t("wecom.refused_none")} />}
    />
  );
}
