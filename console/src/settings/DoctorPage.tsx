import { CheckCircleFilled, CloseCircleFilled, ExclamationCircleFilled, ReloadOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Check } from "../api/types";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { Need, PageHead } from "../shell/parts";
import "./settings.css";

const icons = {
  ok: <CheckCircleFilled className="good" />, warn: <ExclamationCircleFilled className="warn-icon" />, fail: <CloseCircleFilled className="bad" />,
};
const weight = { fail: 0, warn: 1, ok: 2 };

export function DoctorPage() {
  return <Need permission="settings.write"><Doctor /></Need>;
}

function Doctor() {
  const { t } = useI18n();
  const doctor = useQuery({ queryKey: keys.doctor, queryFn: api.doctor, staleTime: 0 });
  const checks = [...(doctor.data?.items ?? [])].sort((a, b) => weight[a.state] - weight[b.state]);
  const wrong = checks.filter((check) => check.state !== "ok").length;
  return (
    <>
      <PageHead title={t("nav.doctor")} hint={doctor.data ? (wrong ? t("doctor.some", { n: wrong }) : t("doctor.fine")) : t("doctor.hint")}>
        <Button icon={<ReloadOutlined />} loading={doctor.isFetching} onClick={() => void doctor.refetch()}>{t("doctor.again")}</Button>
      </PageHead>
      <div className="panel">
        {doctor.isPending ? <div className="pad"><Skeleton active /></div> : null}
        {doctor.isError ? <ErrorView error={doctor.error} retry={() => void doctor.refetch()} /> : null}
        {checks.map((check) => <CheckItem key={check.key} check={check} />)}
      </div>
    </>
  );
}

export function CheckItem({ check }: { check: Check }) {
  const { t } = useI18n();
  return (
    <div className="check">
      <span className="icon" aria-label={t(`doctor.${check.state}`)}>{icons[check.state]}</span>
      <div>
        <b>{check.title}</b>
        <div className="muted break">{check.detail}</div>
        {check.remedy && check.state !== "ok" ? <div className="remedy break">{t("doctor.remedy")} {check.remedy}</div> : null}
      </div>
    </div>
  );
}
