// An account that was refused: what it means, what to do. What is to go out waits meanwhile.
import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { Link } from "react-router";
import { carriers as api } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useCan } from "../shell/session";

/** `plain`: on the page where it is put right. */
export function CarrierTroubles({ plain }: { plain?: boolean }) {
  const { t } = useI18n();
  const can = useCan();
  const status = useQuery({ queryKey: keys.carriersPart("status"), queryFn: api.status, enabled: can("people.read"), refetchInterval: 60_000 });
  const kinds = ["mail", "sms"] as const;
  return kinds.map((kind) => {
    const trouble = status.data?.[kind]?.trouble;
    if (!trouble) return null;
    const fix = plain || !can("settings.write") ? undefined : <Link to={`/settings/carriers?tab=${kind}`}><Button size="small" type="primary">{t("carriers.fix")}</Button></Link>;
    return <Alert key={kind} type="error" showIcon title={t("carriers.trouble", { what: t(`carriers.tab.${kind}`) })} description={`${trouble.detail} ${trouble.remedy}`} action={fix} />;
  });
}
