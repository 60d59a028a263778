import { Alert } from "antd";
import { useI18n } from "../i18n";
import { useNames } from "./parts";
import type { Warning } from "./shapes";

/** What the answer says about the question itself: an event that nobody has sent counts as nothing. */
export function Warnings({ warnings }: { warnings: Warning[] | undefined }) {
  const { t, word } = useI18n();
  const names = useNames();
  if (!warnings?.length) return null;
  const say = (warning: Warning) => (warning.event ? t("see.warn.event_unknown", { event: names.event(warning.event) }) : word("see.warn", warning.code));
  return <Alert type="warning" showIcon title={[...new Set(warnings.map(say))].join(" ")} />;
}
