import { Descriptions } from "antd";
import type { ReactNode } from "react";
import type { Certificate } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { Copyable } from "../shell/parts";
import { useWho } from "../shell/who";

export function CertificateView({ certificate }: { certificate: Certificate }) {
  const { t } = useI18n();
  const format = useFormat();
  const who = useWho();
  const rows: [string, ReactNode][] = [
    [t("erase.certificate"), <Copyable key="id" text={certificate.id} />],
    [t("word.time"), format.at(certificate.at, true)],
    [t("erase.person"), <code key="p">{certificate.person_id}</code>],
    ...(certificate.reason ? [[t("word.reason"), certificate.reason] as [string, ReactNode]] : []),
    [t("erase.identifiers"), format.count(certificate.identifiers_removed)],
    [t("erase.events"), format.count(certificate.events_removed)],
    [t("erase.orders"), format.count(certificate.orders_detached)],
    [t("word.by"), who(certificate.by)],
    [t("erase.digest"), <Copyable key="d" text={certificate.digest} />],
  ];
  return <Descriptions column={1} size="small" bordered items={rows.map(([label, children]) => ({ key: label, label, children }))} />;
}
