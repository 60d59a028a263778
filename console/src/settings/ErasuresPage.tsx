import { FileProtectOutlined } from "@ant-design/icons";
import { Modal } from "antd";
import { useState } from "react";
import { people as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Certificate } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { CertificateView } from "../people/CertificateView";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, Num, PageHead } from "../shell/parts";
import { useWho } from "../shell/who";

export function ErasuresPage() {
  return <Need permission="audit.read"><Erasures /></Need>;
}

function Erasures() {
  const { t } = useI18n();
  const format = useFormat();
  const who = useWho();
  const pages = usePages(keys.erasures, api.erasures);
  const [open, setOpen] = useState<Certificate | null>(null);
  return (
    <>
      <PageHead title={t("nav.erasures")} hint={t("erasures.hint")} />
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={setOpen}
        columns={[
          { title: t("word.time"), render: (_, row) => <Num>{format.at(row.at, true)}</Num> },
          { title: t("erase.certificate"), render: (_, row) => <code>{row.id}</code> },
          { title: t("erase.person"), render: (_, row) => <code>{row.person_id}</code> },
          { title: t("erase.identifiers"), align: "right", render: (_, row) => <Num>{format.count(row.identifiers_removed)}</Num> },
          { title: t("erase.events"), align: "right", render: (_, row) => <Num>{format.count(row.events_removed)}</Num> },
          { title: t("erase.orders"), align: "right", render: (_, row) => <Num>{format.count(row.orders_detached)}</Num> },
          { title: t("word.by"), render: (_, row) => who(row.by) },
        ]}
        card={(row) => (
          <>
            <code className="break card-title">{row.person_id}</code>
            <div className="muted small num">{format.at(row.at, true)} · {who(row.by)}</div>
          </>
        )}
        empty={<EmptyHint icon={<FileProtectOutlined />} title={t("erasures.none")}>{t("erasures.none_text")}</EmptyHint>}
      />
      <Modal open={open !== null} onCancel={() => setOpen(null)} footer={null} title={t("erase.certificate")}>{open ? <CertificateView certificate={open} /> : null}</Modal>
    </>
  );
}
