// What an empty list of the mirror says: whether WeCom is connected at all, and who may connect it.
import { WechatWorkOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactElement, ReactNode } from "react";
import { Link } from "react-router";
import { wecom as api } from "../api/calls";
import { useI18n } from "../i18n";
import { EmptyHint } from "../shell/parts";
import { useCan } from "../shell/session";
import { statusQuery } from "./status";

export function Nothing({ title, icon, children }: { title: string; icon: ReactElement; children?: ReactNode }) {
  const { t } = useI18n();
  const may = useCan()("settings.write");
  const status = useQuery(statusQuery(api.status));
  if (status.data?.connected !== false) return <EmptyHint icon={icon} title={title}>{children}</EmptyHint>;
  return (
    <EmptyHint icon={<WechatWorkOutlined />} title={t("wecom.not_connected")}>
      <p>{t("wecom.not_connected_text")}</p>
      {may ? <Link to="/settings/wecom"><Button type="primary" className="gap-above">{t("wecom.go_connect")}</Button></Link> : <p>{t("wecom.ask_connect")}</p>}
    </EmptyHint>
  );
}
