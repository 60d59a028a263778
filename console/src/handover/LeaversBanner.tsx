// On the first page: customers whose guide has left wait for somebody new.
import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { Link } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useCan } from "../shell/session";
import { handoverKeys, handovers as api } from "./calls";

export function LeaversBanner() {
  const { t } = useI18n();
  const format = useFormat();
  const can = useCan();
  const leavers = useQuery({ queryKey: handoverKeys.leavers, queryFn: api.leavers, enabled: can("handover.run"), refetchInterval: 60_000, meta: { quiet: true } });
  const rows = (leavers.data?.items ?? []).filter((row) => row.customers > row.on_the_way || row.groups > 0);
  if (rows.length === 0) return null;
  const customers = rows.reduce((sum, row) => sum + row.customers - row.on_the_way, 0);
  const groups = rows.reduce((sum, row) => sum + row.groups, 0);
  const staff = format.count(rows.length);
  const title = customers ? t("handover.banner", { staff, customers: format.count(customers) }) : t("handover.banner_groups", { staff, groups: format.count(groups) });
  return <Alert type="warning" showIcon title={title} action={<Link to="/handovers"><Button size="small" type="primary">{t("handover.banner_go")}</Button></Link>} />;
}
