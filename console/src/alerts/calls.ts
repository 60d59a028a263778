import { get, put, type Query } from "../api/client";
import type * as S from "../api/openapi";

export type LossAlert = S.AlertOut;
export type AlertSettings = S.AlertSettingsBody;

export const alerts = {
  list: (query: Query) => get("/wecom/alerts", { query }),
  settings: () => get("/wecom/alerts/settings"),
  change: (body: AlertSettings) => put("/wecom/alerts/settings", { body }),
};

export const alertKeys = { all: ["loss-alerts"] as const, settings: ["loss-alerts", "settings"] as const };
