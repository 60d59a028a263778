import { useMutation } from "@tanstack/react-query";
import { Alert, Input, Modal } from "antd";
import { useState } from "react";
import { StaffSelect } from "../handover/parts";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { leads as api } from "./calls";

export function AssignLeads({ ids, onClose }: { ids: string[]; onClose: (done: boolean) => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const [staff, setStaff] = useState("");
  const [reason, setReason] = useState("");
  const give = useMutation({ meta: { quiet: true }, mutationFn: () => api.assign({ leads: ids, staff, reason }), onSuccess: () => onClose(true) });
  return (
    <Modal open title={t("leads.assign_title", { n: ids.length })} okText={t("leads.assign")} okButtonProps={{ disabled: !staff, loading: give.isPending }} onOk={() => give.mutate()} onCancel={() => onClose(false)}>
      <div className="stack tight">
        <p className="muted">{t("leads.assign_hint")}</p>
        <StaffSelect id="lead-staff" multiple={false} value={staff ? [staff] : []} onChange={(next) => setStaff(next[0] ?? "")} />
        <Input value={reason} maxLength={200} placeholder={t("leads.reason_optional")} aria-label={t("leads.reason_optional")} onChange={(event) => setReason(event.target.value)} />
        {give.error ? <Alert type="error" showIcon title={text(give.error)} /> : null}
      </div>
    </Modal>
  );
}
