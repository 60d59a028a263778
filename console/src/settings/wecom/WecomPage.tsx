// The connection to WeCom: credentials and checks, full syncs, callbacks, and changes both sides made.
import { useQuery } from "@tanstack/react-query";
import { Skeleton, Tabs } from "antd";
import { wecom as api } from "../../api/calls";
import { useI18n } from "../../i18n";
import { ErrorView } from "../../shell/errors";
import { Need, PageHead } from "../../shell/parts";
import { useCan } from "../../shell/session";
import { useFilters } from "../../shell/useFilters";
import { Trouble } from "../../wecom/Trouble";
import { statusQuery } from "../../wecom/status";
import { Conflicts } from "./Conflicts";
import { Connection } from "./Connection";
import { Inbox } from "./Inbox";
import { Stores } from "./Stores";
import { Syncs } from "./Syncs";
import "../settings.css";
import "../../wecom/wecom.css";

export function WecomPage() {
  return <Need permission="settings.write"><Wecom /></Need>;
}

function Wecom() {
  const { t } = useI18n();
  const can = useCan();
  const [filters, change] = useFilters();
  const status = useQuery(statusQuery(api.status));
  const connected = status.data?.connected ?? false;
  const tabs = [
    { key: "connection", label: t("wecom.tab.connection"), children: status.data ? <Connection connected={connected} /> : <Skeleton active /> },
    ...(connected ? [
      { key: "sync", label: t("wecom.tab.sync"), children: <Syncs /> },
      { key: "stores", label: t("stores.map"), children: <Stores /> },
      { key: "inbox", label: t("wecom.tab.inbox"), children: <Inbox /> },
      ...(can("tags.write") ? [{ key: "conflicts", label: t("wecom.tab.conflicts"), children: <Conflicts /> }] : []),
    ] : []),
  ];
  const shown = tabs.some((tab) => tab.key === filters.tab) ? filters.tab : "connection";
  return (
    <>
      <PageHead title={t("nav.wecom")} hint={t("wecom.hint")} />
      <div className="stack">
        {status.isError && !status.data ? <ErrorView error={status.error} retry={() => void status.refetch()} /> : null}
        {status.data?.trouble ? <Trouble code={status.data.trouble} /> : null}
        <Tabs items={tabs} activeKey={shown} onChange={(tab) => change({ tab: tab === "connection" ? null : tab })} destroyOnHidden />
      </div>
    </>
  );
}
