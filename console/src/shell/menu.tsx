import {
  AimOutlined, ApartmentOutlined, ApiOutlined, AppstoreOutlined, AuditOutlined, BarChartOutlined, BellOutlined, BranchesOutlined, CalendarOutlined, CameraOutlined, ClusterOutlined, CommentOutlined, CompassOutlined, ContactsOutlined, DashboardOutlined, DatabaseOutlined,
  DeploymentUnitOutlined, ExportOutlined, FieldTimeOutlined, FileProtectOutlined, FolderOpenOutlined, FormOutlined, FunnelPlotOutlined, HeartOutlined, HeatMapOutlined, HomeOutlined, IdcardOutlined, ImportOutlined, KeyOutlined,
  LineChartOutlined, MailOutlined, MedicineBoxOutlined, MessageOutlined, MobileOutlined, PartitionOutlined, PictureOutlined, QrcodeOutlined, RetweetOutlined, RiseOutlined, SafetyOutlined, ScheduleOutlined, SendOutlined, SettingOutlined, ShopOutlined, ShoppingOutlined, SkinOutlined, SmileOutlined,
  SolutionOutlined, StockOutlined, StopOutlined, SwapOutlined, TagsOutlined, TeamOutlined, ThunderboltOutlined, UserDeleteOutlined, UsergroupAddOutlined, UserOutlined, WalletOutlined,
  WechatWorkOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import type { Permission } from "../api/types";
import type { Key } from "../i18n";

export interface Entry { path: string; label: Key; icon: ReactNode; needs?: Permission }
/** Entries of a long section stand under small headings. */
export interface Part { label: Key; entries: Entry[] }
export interface Section { key: string; label: Key; icon: ReactNode; parts: Part[] }

const part = (label: Key, entries: Entry[]): Part => ({ label, entries });
const one = (key: string, entry: Entry): Section => ({ key, label: entry.label, icon: entry.icon, parts: [part(entry.label, [entry])] });
const section = (key: string, label: Key, icon: ReactNode, entries: Entry[]): Section => ({ key, label, icon, parts: [part(label, entries)] });

/** The kinds of analysis by what one wants to know. */
export const analyses: Part[] = [
  part("nav.see_do", [
    { path: "/see/activity", label: "see.activity", icon: <RiseOutlined />, needs: "people.read" },
    { path: "/see/trend", label: "see.trend", icon: <LineChartOutlined />, needs: "people.read" },
    { path: "/see/funnel", label: "see.funnel", icon: <FunnelPlotOutlined />, needs: "people.read" },
    { path: "/see/retention", label: "see.retention", icon: <HeatMapOutlined />, needs: "people.read" },
    { path: "/see/paths", label: "see.paths", icon: <BranchesOutlined />, needs: "people.read" },
    { path: "/see/distribution", label: "see.distribution", icon: <BarChartOutlined />, needs: "people.read" },
    { path: "/see/interval", label: "see.interval", icon: <FieldTimeOutlined />, needs: "people.read" },
  ]),
  part("nav.see_worth", [
    { path: "/see/lifecycle", label: "see.lifecycle", icon: <RetweetOutlined />, needs: "people.read" },
    { path: "/see/rfm", label: "see.rfm", icon: <AppstoreOutlined />, needs: "people.read" },
    { path: "/see/cohort-value", label: "see.cohort_value", icon: <StockOutlined />, needs: "people.read" },
    { path: "/see/assets", label: "see.assets", icon: <WalletOutlined />, needs: "people.read" },
  ]),
  part("nav.see_from", [
    { path: "/see/attribution", label: "see.attribution", icon: <AimOutlined />, needs: "people.read" },
    { path: "/see/touchpoints", label: "see.touchpoints", icon: <DeploymentUnitOutlined />, needs: "people.read" },
    { path: "/see/stores", label: "see.stores", icon: <ShopOutlined />, needs: "people.read" },
    { path: "/see/guides", label: "see.guides", icon: <SolutionOutlined />, needs: "people.read" },
  ]),
];

/** The menu in the users' verbs. An entry is here when its page works. */
export const sections: Section[] = [
  one("home", { path: "/", label: "nav.home", icon: <HomeOutlined /> }),
  one("boards", { path: "/boards", label: "nav.boards", icon: <DashboardOutlined />, needs: "people.read" }),
  section("people", "nav.people", <UserOutlined />, [
    { path: "/people", label: "nav.people_list", icon: <UserOutlined />, needs: "people.read" },
    { path: "/tags", label: "nav.tags", icon: <TagsOutlined />, needs: "people.read" },
    { path: "/fields", label: "nav.fields", icon: <FormOutlined />, needs: "people.read" },
    { path: "/lost", label: "nav.lost", icon: <UserDeleteOutlined />, needs: "people.read" },
    { path: "/alerts", label: "nav.alerts", icon: <BellOutlined />, needs: "people.read" },
  ]),
  section("audiences", "nav.whom", <UsergroupAddOutlined />, [
    { path: "/audiences", label: "nav.audiences", icon: <UsergroupAddOutlined />, needs: "people.read" },
    { path: "/exports", label: "nav.exports", icon: <ExportOutlined />, needs: "people.export" },
  ]),
  section("add", "nav.add", <QrcodeOutlined />, [
    { path: "/channels", label: "nav.channels", icon: <ApartmentOutlined />, needs: "people.read" },
    { path: "/live-codes", label: "nav.live_codes", icon: <QrcodeOutlined />, needs: "people.read" },
    { path: "/group-codes", label: "nav.group_codes", icon: <CommentOutlined />, needs: "people.read" },
    { path: "/leads", label: "nav.leads", icon: <ContactsOutlined />, needs: "people.read" },
    { path: "/posters", label: "nav.posters", icon: <PictureOutlined />, needs: "people.read" },
  ]),
  section("reach", "nav.reach", <CommentOutlined />, [
    { path: "/journeys", label: "nav.journeys", icon: <PartitionOutlined />, needs: "people.read" },
    { path: "/sops", label: "nav.sops", icon: <ScheduleOutlined />, needs: "people.read" },
    { path: "/materials", label: "nav.materials", icon: <FolderOpenOutlined />, needs: "people.read" },
    { path: "/content-calendar", label: "nav.content_calendar", icon: <CalendarOutlined />, needs: "people.read" },
    { path: "/messages", label: "nav.messages", icon: <SendOutlined />, needs: "people.read" },
    { path: "/group-messages", label: "nav.group_messages", icon: <CommentOutlined />, needs: "people.read" },
    { path: "/moments", label: "nav.moments", icon: <CameraOutlined />, needs: "people.read" },
    { path: "/welcomes", label: "nav.welcomes", icon: <MessageOutlined />, needs: "people.read" },
    { path: "/group-welcomes", label: "nav.group_welcomes", icon: <SmileOutlined />, needs: "people.read" },
    { path: "/groups", label: "nav.groups", icon: <CommentOutlined />, needs: "people.read" },
    { path: "/runs", label: "nav.runs", icon: <AuditOutlined />, needs: "people.read" },
    { path: "/gate", label: "nav.gate_rules", icon: <SafetyOutlined />, needs: "people.read" },
    { path: "/left-alone", label: "nav.left_alone", icon: <StopOutlined />, needs: "messages.write" },
  ]),
  {
    key: "see", label: "nav.see", icon: <BarChartOutlined />, parts: [
      part("nav.see", [{ path: "/see", label: "nav.see_all", icon: <CompassOutlined />, needs: "people.read" }]),
      ...analyses,
    ],
  },
  section("sell", "nav.sell", <ShoppingOutlined />, [
    { path: "/orders", label: "nav.orders", icon: <ShoppingOutlined />, needs: "orders.read" },
    { path: "/products", label: "nav.products", icon: <SkinOutlined />, needs: "orders.read" },
    { path: "/stores", label: "nav.stores", icon: <ShopOutlined />, needs: "orders.read" },
  ]),
  section("team", "nav.team", <IdcardOutlined />, [
    { path: "/staff", label: "nav.staff", icon: <IdcardOutlined />, needs: "people.read" },
    { path: "/workbench", label: "nav.workbench", icon: <MobileOutlined />, needs: "guides.write" },
    { path: "/handovers", label: "nav.handovers", icon: <SwapOutlined />, needs: "people.read" },
  ]),
  section("data", "nav.data", <DatabaseOutlined />, [
    { path: "/events", label: "nav.events", icon: <ThunderboltOutlined />, needs: "events.read" },
    { path: "/imports", label: "nav.imports", icon: <ImportOutlined />, needs: "import.run" },
    { path: "/schema", label: "nav.schema", icon: <DatabaseOutlined />, needs: "events.read" },
    { path: "/quarantine", label: "nav.quarantine", icon: <SafetyOutlined />, needs: "events.read" },
  ]),
  section("settings", "nav.settings", <SettingOutlined />, [
    { path: "/settings/general", label: "nav.general", icon: <SettingOutlined />, needs: "settings.write" },
    { path: "/settings/identity", label: "nav.identity", icon: <ClusterOutlined />, needs: "settings.write" },
    { path: "/settings/lifecycle", label: "nav.lifecycle", icon: <HeartOutlined />, needs: "settings.write" },
    { path: "/settings/wecom", label: "nav.wecom", icon: <WechatWorkOutlined />, needs: "settings.write" },
    { path: "/settings/carriers", label: "nav.carriers", icon: <MailOutlined />, needs: "settings.write" },
    { path: "/settings/users", label: "nav.users", icon: <TeamOutlined />, needs: "users.manage" },
    { path: "/settings/keys", label: "nav.keys", icon: <KeyOutlined />, needs: "keys.manage" },
    { path: "/settings/audit", label: "nav.audit", icon: <AuditOutlined />, needs: "audit.read" },
    { path: "/settings/erasures", label: "nav.erasures", icon: <FileProtectOutlined />, needs: "audit.read" },
    { path: "/settings/doctor", label: "nav.doctor", icon: <MedicineBoxOutlined />, needs: "settings.write" },
  ]),
];

export function entriesOf(section: Section): Entry[] {
  return section.parts.flatMap((own) => own.entries);
}

/** Pages that are reached by search only. */
export const hidden: Entry[] = [
  { path: "/imports/new", label: "nav.import_new", icon: <ImportOutlined />, needs: "import.run" },
  { path: "/audiences/new", label: "audiences.new", icon: <UsergroupAddOutlined />, needs: "audiences.write" },
  { path: "/live-codes/new", label: "codes.new", icon: <QrcodeOutlined />, needs: "channels.write" },
  { path: "/welcome", label: "nav.welcome", icon: <ApiOutlined /> },
  { path: "/account", label: "nav.account", icon: <UserOutlined /> },
];

/** The entry a path belongs to: the longest one it starts with. */
export function entryOf(path: string): string {
  const all = sections.flatMap((own) => entriesOf(own).map((entry) => entry.path));
  const fits = all.filter((entry) => path === entry || (entry !== "/" && path.startsWith(`${entry}/`)));
  return fits.sort((a, b) => b.length - a.length)[0] ?? (path === "/" ? "/" : "");
}
/** The section of an entry. */
export function sectionOf(entry: string): string | undefined {
  return sections.find((own) => entriesOf(own).some(({ path }) => path === entry))?.key;
}
