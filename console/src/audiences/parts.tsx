import { Alert, Tag as AntTag, Tooltip } from "antd";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import type { Audience } from "./shapes";

const COLORS = { rule: "green", frozen: "blue", list: "default" } as const;

export function KindTag({ kind }: { kind: Audience["kind"] }) {
  const { t } = useI18n();
  return <Tooltip title={t(`audiences.kind_hint.${kind}`)}><AntTag color={COLORS[kind]}>{t(`audiences.kind.${kind}`)}</AntTag></Tooltip>;
}

/** How many came in and went today; nothing for lists that do not change. */
export function InOut({ audience }: { audience: Audience }) {
  const format = useFormat();
  const { entered_today: entered, left_today: left } = audience;
  if (typeof entered !== "number" || typeof left !== "number") return <span className="muted">–</span>;
  return <span className="num"><span className={entered ? "good" : "muted"}>+{format.count(entered)}</span> <span className={left ? "bad" : "muted"}>−{format.count(left)}</span></span>;
}

export function AudienceError({ audience }: { audience: Audience }) {
  const { t } = useI18n();
  const { error } = audience;
  if (!error) return null;
  return <Alert type="error" showIcon className="gap-below" title={t("audiences.error")} description={error.message} />;
}
