// What headquarters prepares for guides: scripts, stages, tasks, and where their pages are reached.
import { Tabs } from "antd";
import { useI18n } from "../i18n";
import { Need, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { Access } from "./Access";
import { Scripts } from "./Scripts";
import { Stages } from "./Stages";
import { Tasks } from "./Tasks";
import { TrySidebar } from "./TrySidebar";

export function GuidesPage() {
  return <Need permission="guides.write"><Guides /></Need>;
}

function Guides() {
  const { t } = useI18n();
  const can = useCan();
  const [filters, change] = useFilters();
  const tabs = [
    { key: "scripts", label: t("guides.tab.scripts"), children: <Scripts /> },
    { key: "stages", label: t("guides.tab.stages"), children: <Stages /> },
    { key: "tasks", label: t("guides.tab.tasks"), children: <Tasks /> },
    ...(can("settings.write") ? [{ key: "access", label: t("guides.tab.access"), children: <Access /> }] : []),
  ];
  const shown = tabs.some((tab) => tab.key === filters.tab) ? filters.tab : "scripts";
  return (
    <>
      <PageHead title={t("nav.workbench")} hint={t("guides.hint")} />
      <div className="stack">
        <TrySidebar />
        <Tabs items={tabs} activeKey={shown} onChange={(tab) => change({ tab: tab === "scripts" ? null : tab, q: null, folder: null })} destroyOnHidden />
      </div>
    </>
  );
}
