import { App, Skeleton } from "antd";
import type { ComponentType } from "react";
import { createBrowserRouter, Outlet, type RouteObject } from "react-router";
import { Crash, NotFound } from "./Crash";
import { Shell } from "./Shell";

type Lazy = NonNullable<RouteObject["lazy"]>;
/** Each page is its own file for the browser: the first one does not wait for all others. */
function page<M extends Record<string, unknown>>(load: () => Promise<M>, name: keyof M): Lazy {
  return async () => ({ Component: (await load())[name] as ComponentType });
}
function Loading() {
  return <div className="loading"><Skeleton active /></div>;
}

const outside: RouteObject[] = [
  { path: "/login", lazy: page(() => import("../session/LoginPage"), "LoginPage") },
  { path: "/setup", lazy: page(() => import("../session/SetupPage"), "SetupPage") },
];

const inside: RouteObject[] = [
  { index: true, lazy: page(() => import("../home/HomePage"), "HomePage") },
  { path: "welcome", lazy: page(() => import("../session/WelcomePage"), "WelcomePage") },
  { path: "account", lazy: page(() => import("../session/AccountPage"), "AccountPage") },
  { path: "people", lazy: page(() => import("../people/PeoplePage"), "PeoplePage") },
  { path: "people/:id", lazy: page(() => import("../people/PersonPage"), "PersonPage") },
  { path: "tags", lazy: page(() => import("../people/TagsPage"), "TagsPage") },
  { path: "fields", lazy: page(() => import("../people/FieldsPage"), "FieldsPage") },
  { path: "audiences", lazy: page(() => import("../audiences/AudiencesPage"), "AudiencesPage") },
  { path: "audiences/new", lazy: page(() => import("../audiences/AudienceEditPage"), "AudienceEditPage") },
  { path: "audiences/:id", lazy: page(() => import("../audiences/AudiencePage"), "AudiencePage") },
  { path: "audiences/:id/edit", lazy: page(() => import("../audiences/AudienceEditPage"), "AudienceEditPage") },
  { path: "exports", lazy: page(() => import("../audiences/ExportsPage"), "ExportsPage") },
  { path: "orders", lazy: page(() => import("../orders/OrdersPage"), "OrdersPage") },
  { path: "products", lazy: page(() => import("../orders/ProductsPage"), "ProductsPage") },
  { path: "stores", lazy: page(() => import("../orders/StoresPage"), "StoresPage") },
  { path: "channels", lazy: page(() => import("../channels/ChannelsPage"), "ChannelsPage") },
  { path: "channels/:id", lazy: page(() => import("../channels/ChannelPage"), "ChannelPage") },
  { path: "live-codes", lazy: page(() => import("../channels/CodesPage"), "CodesPage") },
  { path: "live-codes/new", lazy: page(() => import("../channels/CodeEditPage"), "CodeEditPage") },
  { path: "live-codes/:id", lazy: page(() => import("../channels/CodePage"), "CodePage") },
  { path: "live-codes/:id/edit", lazy: page(() => import("../channels/CodeEditPage"), "CodeEditPage") },
  { path: "group-codes", lazy: page(() => import("../channels/GroupCodesPage"), "GroupCodesPage") },
  { path: "group-codes/new", lazy: page(() => import("../channels/GroupCodeEditPage"), "GroupCodeEditPage") },
  { path: "group-codes/:id", lazy: page(() => import("../channels/GroupCodePage"), "GroupCodePage") },
  { path: "group-codes/:id/edit", lazy: page(() => import("../channels/GroupCodeEditPage"), "GroupCodeEditPage") },
  { path: "leads", lazy: page(() => import("../leads/LeadsPage"), "LeadsPage") },
  { path: "leads/rules", lazy: page(() => import("../leads/LeadRulesPage"), "LeadRulesPage") },
  { path: "leads/board", lazy: page(() => import("../leads/LeadBoardPage"), "LeadBoardPage") },
  { path: "posters", lazy: page(() => import("../posters/PostersPage"), "PostersPage") },
  { path: "posters/new", lazy: page(() => import("../posters/PosterEditPage"), "PosterEditPage") },
  { path: "posters/:id", lazy: page(() => import("../posters/PosterEditPage"), "PosterEditPage") },
  { path: "lost", lazy: page(() => import("../wecom/LostPage"), "LostPage") },
  { path: "journeys", lazy: page(() => import("../journeys/JourneysPage"), "JourneysPage") },
  { path: "journeys/:id", lazy: page(() => import("../journeys/JourneyPage"), "JourneyPage") },
  { path: "runs", lazy: page(() => import("../gate/RunsPage"), "RunsPage") },
  { path: "runs/:id", lazy: page(() => import("../gate/RunPage"), "RunPage") },
  { path: "gate", lazy: page(() => import("../gate/RulesPage"), "RulesPage") },
  { path: "messages", lazy: page(() => import("../messages/MessagesPage"), "MessagesPage") },
  { path: "messages/new", lazy: page(() => import("../messages/MessageNewPage"), "MessageNewPage") },
  { path: "messages/:id", lazy: page(() => import("../messages/MessagePage"), "MessagePage") },
  { path: "group-messages", lazy: page(() => import("../groupreach/GroupMessagesPage"), "GroupMessagesPage") },
  { path: "group-messages/new", lazy: page(() => import("../groupreach/GroupMessageNewPage"), "GroupMessageNewPage") },
  { path: "group-messages/:id", lazy: page(() => import("../groupreach/GroupMessagePage"), "GroupMessagePage") },
  { path: "sops", lazy: page(() => import("../sops/SopsPage"), "SopsPage") },
  { path: "sops/new", lazy: page(() => import("../sops/SopPage"), "SopPage") },
  { path: "sops/:id", lazy: page(() => import("../sops/SopPage"), "SopPage") },
  { path: "moments", lazy: page(() => import("../groupreach/MomentsPage"), "MomentsPage") },
  { path: "moments/new", lazy: page(() => import("../groupreach/MomentNewPage"), "MomentNewPage") },
  { path: "moments/:id", lazy: page(() => import("../groupreach/MomentPage"), "MomentPage") },
  { path: "materials", lazy: page(() => import("../library/MaterialsPage"), "MaterialsPage") },
  { path: "content-calendar", lazy: page(() => import("../library/CalendarPage"), "CalendarPage") },
  { path: "materials/new", lazy: page(() => import("../library/MaterialEditPage"), "MaterialEditPage") },
  { path: "materials/:id", lazy: page(() => import("../library/MaterialPage"), "MaterialPage") },
  { path: "materials/:id/edit", lazy: page(() => import("../library/MaterialEditPage"), "MaterialEditPage") },
  { path: "group-welcomes", lazy: page(() => import("../groupreach/GroupWelcomesPage"), "GroupWelcomesPage") },
  { path: "welcomes", lazy: page(() => import("../welcomes/WelcomesPage"), "WelcomesPage") },
  { path: "welcomes/new", lazy: page(() => import("../welcomes/WelcomeEditPage"), "WelcomeEditPage") },
  { path: "welcomes/:id", lazy: page(() => import("../welcomes/WelcomeEditPage"), "WelcomeEditPage") },
  { path: "groups", lazy: page(() => import("../wecom/GroupsPage"), "GroupsPage") },
  { path: "groups/:id", lazy: page(() => import("../wecom/GroupPage"), "GroupPage") },
  { path: "staff", lazy: page(() => import("../wecom/StaffPage"), "StaffPage") },
  { path: "workbench", lazy: page(() => import("../guides/GuidesPage"), "GuidesPage") },
  { path: "alerts", lazy: page(() => import("../alerts/AlertsPage"), "AlertsPage") },
  { path: "handovers", lazy: page(() => import("../handover/HandoversPage"), "HandoversPage") },
  { path: "handovers/new", lazy: page(() => import("../handover/HandoverNewPage"), "HandoverNewPage") },
  { path: "handovers/:id", lazy: page(() => import("../handover/HandoverPage"), "HandoverPage") },
  { path: "see", lazy: page(() => import("../see/SeePage"), "SeePage") },
  { path: "see/:kind", lazy: page(() => import("../see/AnalysisPage"), "AnalysisPage") },
  { path: "boards", lazy: page(() => import("../see/boards/BoardsPage"), "BoardsPage") },
  { path: "boards/:id", lazy: page(() => import("../see/boards/BoardPage"), "BoardPage") },
  { path: "events", lazy: page(() => import("../events/LivePage"), "LivePage") },
  { path: "schema", lazy: page(() => import("../events/SchemaPage"), "SchemaPage") },
  { path: "quarantine", lazy: page(() => import("../events/QuarantinePage"), "QuarantinePage") },
  { path: "imports", lazy: page(() => import("../imports/ImportsPage"), "ImportsPage") },
  { path: "imports/new", lazy: page(() => import("../imports/UploadPage"), "UploadPage") },
  { path: "imports/:id", lazy: page(() => import("../imports/ImportPage"), "ImportPage") },
  { path: "settings/general", lazy: page(() => import("../settings/GeneralPage"), "GeneralPage") },
  { path: "settings/identity", lazy: page(() => import("../settings/IdentityPage"), "IdentityPage") },
  { path: "settings/lifecycle", lazy: page(() => import("../settings/LifecyclePage"), "LifecyclePage") },
  { path: "settings/wecom", lazy: page(() => import("../settings/wecom/WecomPage"), "WecomPage") },
  { path: "settings/carriers", lazy: page(() => import("../carriers/CarriersPage"), "CarriersPage") },
  { path: "left-alone", lazy: page(() => import("../carriers/AlonePage"), "AlonePage") },
  { path: "settings/users", lazy: page(() => import("../settings/UsersPage"), "UsersPage") },
  { path: "settings/keys", lazy: page(() => import("../settings/KeysPage"), "KeysPage") },
  { path: "settings/audit", lazy: page(() => import("../settings/AuditPage"), "AuditPage") },
  { path: "settings/doctor", lazy: page(() => import("../settings/DoctorPage"), "DoctorPage") },
  { path: "settings/erasures", lazy: page(() => import("../settings/ErasuresPage"), "ErasuresPage") },
  { path: "*", Component: NotFound },
];

/** Notices of pages may hold links, so their place is inside of the router. */
function Root() {
  return <App component={false}><Outlet /></App>;
}

export const router = createBrowserRouter([{
  Component: Root, ErrorBoundary: Crash, HydrateFallback: Loading,
  children: [
    ...outside.map((route) => ({ ...route, ErrorBoundary: Crash, HydrateFallback: Loading })),
    {
      path: "/", Component: Shell, ErrorBoundary: Crash, HydrateFallback: Loading,
      children: [{ ErrorBoundary: Crash, children: inside }],
    },
  ],
}]);
