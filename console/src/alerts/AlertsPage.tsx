// Lost customers whose guides and managers were told, and whether the message reached them.
import { BellOutlined, SettingOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useFormat } from "../format/useFormat";
import { has, useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { Nothing } from "../wecom/Nothing";
import { alertKeys, alerts as api, type LossAlert } from "./calls";
import { SettingsDrawer } from "./SettingsDrawer";

export function AlertsPage() {
  return <Need permission="people.read"><Alerts /></Need>;
}

const COLORS: Record<string, string> = { sent: "green", failed: "red", waiting: "gold", sending: "blue" };

function Alerts() {
  const { t, word } = useI18n();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const settings = useQuery({ queryKey: alertKeys.settings, queryFn: api.settings });
  const pages = usePages<LossAlert>([...alertKeys.all, "list"], api.list);
  const name = (row: LossAlert) => (row.person ? <Link to={`/people/${row.person}`}>{row.name || t("lost.nameless")}</Link> : <span>{row.name || t("lost.nameless")}</span>);
  const why = (error?: string | null) => (!error ? "" : has(`alerts.error.${error}`) ? word("alerts.error", error) : word("wecom.code", error));
  const pushes = (row: LossAlert) => (row.pushes.length === 0 ? <span className="muted small">{t("alerts.nobody")}</span> : (
    <span className="row">
      {row.pushes.map((own) => (
        <Tooltip key={own.receiver} title={[own.sent_at ? format.at(own.sent_at) : t("alerts.due", { at: format.at(own.due_at) }), why(own.error)].filter(Boolean).join(" · ")}>
          <AntTag color={COLORS[own.state]}>{own.name || own.receiver} · {word("alerts.state", own.state)}</AntTag>
        </Tooltip>
      ))}
    </span>
  ));
  const what = (row: LossAlert) => `${word("lost.by", row.by)} · ${t("lost.kept", { n: format.count(row.days) })}`;
  return (
    <>
      <PageHead title={t("nav.alerts")} hint={t("alerts.hint")}>
        <MayButton permission="settings.write" icon={<SettingOutlined />} onClick={() => setOpen(true)}>{t("alerts.settings")}</MayButton>
      </PageHead>
      <div className="stack">
        {settings.data && !settings.data.on ? <Alert type="info" showIcon title={t("alerts.off")} /> : null}
        <ListTable
          pages={pages} rowKey={(row) => row.id}
          columns={[
            { title: t("lost.customer"), render: (_, row) => name(row) },
            { title: t("lost.staff"), render: (_, row) => row.staff_name || row.staff },
            { title: t("lost.by"), render: (_, row) => what(row) },
            { title: t("lost.at"), render: (_, row) => <Num>{format.at(row.at)}</Num> },
            { title: t("alerts.told"), render: (_, row) => pushes(row) },
          ]}
          card={(row) => (
            <>
              <div className="row between"><span className="card-title">{name(row)}</span><Num muted>{format.at(row.at)}</Num></div>
              <div>{row.staff_name || row.staff} · {what(row)}</div>
              {pushes(row)}
            </>
          )}
          empty={<Nothing icon={<BellOutlined />} title={t("alerts.empty")}><p>{t("alerts.empty_text")}</p></Nothing>}
        />
      </div>
      <SettingsDrawer open={open} settings={settings.data} onClose={() => setOpen(false)} />
    </>
  );
}
