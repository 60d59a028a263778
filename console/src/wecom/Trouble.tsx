// What is wrong with the connection and what to click. The program names it by a code.
import { Alert } from "antd";
import type { ReactNode } from "react";
import { has, useI18n } from "../i18n";

export function useRemedy(): (code: string) => string {
  const { t, word } = useI18n();
  return (code) => (has(`wecom.remedy.${code}`) ? word("wecom.remedy", code) : t("wecom.remedy.other"));
}

export function Trouble({ code, action }: { code: string; action?: ReactNode }) {
  const { t, word } = useI18n();
  const remedy = useRemedy();
  return <Alert type="error" showIcon title={t("wecom.trouble_title", { what: word("wecom.code", code) })} description={remedy(code)} action={action} />;
}
