// The accounts of mail and SMS, the templates of SMS, and where this server is reached.
import { Tabs } from "antd";
import { useI18n } from "../i18n";
import { Need, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Address } from "./Address";
import { MailTab } from "./MailTab";
import { SmsTab } from "./SmsTab";
import { Templates } from "./Templates";
import { CarrierTroubles } from "./Troubles";
import "../settings/settings.css";
import "../wecom/wecom.css";

export function CarriersPage() {
  return <Need permission="settings.write"><Carriers /></Need>;
}

function Carriers() {
  const { t } = useI18n();
  const [filters, change] = useFilters();
  const tabs = [
    { key: "mail", label: t("carriers.tab.mail"), children: <MailTab /> },
    { key: "sms", label: t("carriers.tab.sms"), children: <SmsTab /> },
    { key: "templates", label: t("carriers.tab.templates"), children: <Templates /> },
    { key: "address", label: t("carriers.tab.address"), children: <Address /> },
  ];
  const shown = tabs.some((tab) => tab.key === filters.tab) ? filters.tab : "mail";
  return (
    <>
      <PageHead title={t("nav.carriers")} hint={t("carriers.hint")} />
      <div className="stack">
        <CarrierTroubles plain />
        <Tabs items={tabs} activeKey={shown} onChange={(tab) => change({ tab: tab === "mail" ? null : tab })} destroyOnHidden />
      </div>
    </>
  );
}
