import { MobileOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useI18n } from "../i18n";
import { useCan } from "../shell/session";
import { guideKeys, guides } from "./calls";

/** Where staff chat in a browser, when such a place is set: one look at it says more than a manual. */
export function TrySidebar() {
  const { t } = useI18n();
  const can = useCan();
  const setup = useQuery({ queryKey: guideKeys.part("setup"), queryFn: guides.setup, enabled: can("guides.write"), staleTime: 300_000 });
  if (!setup.data?.client) return null;
  return (
    <section className="panel pad row between">
      <span><b>{t("guides.try")}</b><div className="muted">{t("guides.try_text")}</div></span>
      <Button type="primary" icon={<MobileOutlined />} href={setup.data.client} target="_blank" rel="noreferrer">{t("guides.try")}</Button>
    </section>
  );
}
