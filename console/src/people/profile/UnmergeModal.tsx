import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Input, Modal, Skeleton } from "antd";
import { useState } from "react";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { Merge } from "../../api/types";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView, useErrorText } from "../../shell/errors";
import { Side } from "./MergeSides";
import { usePersonChanged } from "./usePerson";

export function UnmergeModal({ asked, merge, onClose }: { asked: string; merge: Merge; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const { currency } = useFormat();
  const changed = usePersonChanged(asked);
  const [reason, setReason] = useState("");
  const preview = useQuery({ queryKey: keys.personPart(asked, `preview-${merge.id}`), queryFn: () => api.mergePreview(asked, merge.id), staleTime: 0 });
  const undo = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.undoMerge(asked, merge.id, reason.trim()),
    onSuccess: () => {
      void message.success(t("identity.undo_done"));
      changed();
      onClose();
    },
  });
  return (
    <Modal
      open onCancel={onClose} width={760} title={t("identity.undo_title")} okText={t("identity.undo_now")} cancelText={t("action.cancel")}
      okButtonProps={{ disabled: !preview.data || !reason.trim() }} confirmLoading={undo.isPending} onOk={() => undo.mutate()}
    >
      <div className="stack">
        <p className="muted">{t("identity.undo_hint")}</p>
        {preview.isPending ? <Skeleton active /> : null}
        {preview.isError ? <ErrorView error={preview.error} retry={() => void preview.refetch()} /> : null}
        {preview.data ? (
          <div className="sides">
            <Side side={preview.data.left} title={t("identity.left")} currency={currency} />
            <Side side={preview.data.right} title={t("identity.right")} currency={currency} />
          </div>
        ) : null}
        <label>{t("word.reason")}<Input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} placeholder={t("identity.undo_example")} /></label>
        {undo.error ? <Alert type="error" showIcon title={text(undo.error)} /> : null}
      </div>
    </Modal>
  );
}
