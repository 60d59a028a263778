// What several pages of leads show.
import { Tag as AntTag } from "antd";
import { useI18n } from "../i18n";
import type { Lead } from "./calls";

const COLORS: Record<string, string> = { new: "blue", recycled: "cyan", claimed: "gold", contacted: "orange", added: "green", won: "green", lost: "default", merged: "default" };

export function LeadState({ state }: { state: string }) {
  const { word } = useI18n();
  return <AntTag color={COLORS[state] ?? "default"}>{word("leads.state", state)}</AntTag>;
}

/** Who a lead is, as far as that is known. */
export function useLeadName(): (lead: Lead) => string {
  const { t } = useI18n();
  return (lead) => lead.name || lead.phone || t("leads.nameless");
}

export const held = (lead: Lead) => lead.state === "claimed" || lead.state === "contacted";
export const pooled = (lead: Lead) => lead.state === "new" || lead.state === "recycled";
