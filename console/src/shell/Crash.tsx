import { Button, Result } from "antd";
import { Link, useRouteError } from "react-router";
import { useI18n } from "../i18n";

/** A page that broke, or one whose file was replaced by a newer version of the program. */
export function Crash() {
  const error = useRouteError();
  const { t } = useI18n();
  return (
    <Result
      className="crash"
      status="warning"
      title={t("error.crash")}
      subTitle={error instanceof Error ? error.message : null}
      extra={<Button type="primary" onClick={() => window.location.reload()}>{t("action.reload")}</Button>}
    />
  );
}

export function NotFound() {
  const { t } = useI18n();
  return <Result status="404" title={t("error.missing")} subTitle={t("error.missing_page")} extra={<Link to="/">{t("nav.home")}</Link>} />;
}
