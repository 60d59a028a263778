// Merging by hand: find the other person, see both, say why.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Input, Modal, Radio, Skeleton } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { Person } from "../../api/types";
import { useI18n } from "../../i18n";
import { useErrorText } from "../../shell/errors";
import { useSettled } from "../../shell/parts";
import { PersonCard, personTitle } from "../columns";
import { Side } from "./MergeSides";
import { usePersonChanged } from "./usePerson";

export function MergeModal({ asked, person, open, onClose }: { asked: string; person: Person; open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const changed = usePersonChanged(asked);
  const [q, setQ] = useState("");
  const [other, setOther] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const wanted = useSettled(q.trim());
  const found = useQuery({ queryKey: keys.people({ q: wanted, limit: 6 }), queryFn: () => api.list({ q: wanted, limit: 6 }), enabled: open && wanted !== "" });
  const chosen = useQuery({ queryKey: keys.person(other ?? ""), queryFn: () => api.get(other ?? ""), enabled: other !== null });
  const merge = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.merge(asked, other ?? "", reason.trim()),
    onSuccess: (kept) => {
      void message.success(t("identity.merged"));
      changed(kept);
      onClose();
      if (kept.id !== person.id) void navigate(`/people/${kept.id}?tab=identity`, { replace: true });
    },
  });
  const rows = (found.data?.items ?? []).filter((row) => row.id !== person.id);
  return (
    <Modal
      open={open} onCancel={onClose} width={760} title={t("identity.merge_title")} okText={t("identity.merge")} cancelText={t("action.cancel")} destroyOnHidden
      okButtonProps={{ disabled: !chosen.data || !reason.trim() }} confirmLoading={merge.isPending} onOk={() => merge.mutate()}
    >
      <div className="stack">
        <p className="muted">{t("identity.merge_hint")}</p>
        <Input.Search allowClear value={q} loading={found.isFetching} onChange={(event) => setQ(event.target.value)} placeholder={t("identity.find")} aria-label={t("identity.find")} />
        {rows.length ? (
          <Radio.Group className="pick-person" value={other} onChange={(event) => setOther(event.target.value as string)} options={rows.map((row) => ({ value: row.id, label: <PersonCard row={row} /> }))} />
        ) : null}
        {wanted && found.isSuccess && rows.length === 0 ? <div className="muted">{t("people.none_found")}</div> : null}
        {other && chosen.isPending ? <Skeleton active /> : null}
        {chosen.data ? (
          <div className="sides">
            <Side side={person} title={personTitle(person)} currency={person.orders.currency} />
            <Side side={chosen.data} title={personTitle(chosen.data)} currency={chosen.data.orders.currency} />
          </div>
        ) : null}
        <label>{t("word.reason")}<Input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} placeholder={t("identity.merge_example")} /></label>
        {merge.error ? <Alert type="error" showIcon title={text(merge.error)} /> : null}
      </div>
    </Modal>
  );
}
