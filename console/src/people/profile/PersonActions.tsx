// The heavy actions on a person: showing plain numbers, taking the data out, erasing it. Each is permission-bound and audited.
import { DeleteOutlined, DownloadOutlined, MoreOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Dropdown, Form, Input, Modal } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { people as api } from "../../api/calls";
import type { Person, Unmasked } from "../../api/types";
import { useI18n } from "../../i18n";
import { useErrorText } from "../../shell/errors";
import { useCan } from "../../shell/session";
import { CertificateView } from "../CertificateView";

export function UnmaskModal({ id, open, onClose, onShow }: { id: string; open: boolean; onClose: () => void; onShow: (plain: Unmasked) => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const [form] = Form.useForm<{ reason: string }>();
  const unmask = useMutation({
    meta: { quiet: true },
    mutationFn: ({ reason }: { reason: string }) => api.unmask(id, reason.trim()),
    onSuccess: (plain) => {
      onShow(plain);
      form.resetFields();
      onClose();
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("person.unmask")} okText={t("person.unmask_show")} cancelText={t("action.cancel")} confirmLoading={unmask.isPending} onOk={() => form.submit()}>
      <p className="muted gap-below">{t("person.unmask_hint")}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={unmask.mutate}>
        <Form.Item name="reason" label={t("word.reason")} rules={[{ required: true, whitespace: true, message: t("word.reason_needed") }]}><Input autoFocus maxLength={200} placeholder={t("person.unmask_example")} /></Form.Item>
      </Form>
      {unmask.error ? <Alert type="error" showIcon title={text(unmask.error)} /> : null}
    </Modal>
  );
}

export function MoreActions({ asked, person }: { asked: string; person: Person }) {
  const { t, word } = useI18n();
  const can = useCan();
  const [erasing, setErasing] = useState(false);
  const json = useMutation({ mutationFn: () => api.json(asked) });
  const without = (permission: "people.export" | "people.erase") => (can(permission) ? undefined : t("error.needs", { permission: word("perm", permission) }));
  return (
    <>
      <Dropdown
        trigger={["click"]} placement="bottomRight"
        menu={{
          items: [
            { key: "json", icon: <DownloadOutlined />, label: t("person.export"), title: without("people.export"), disabled: !can("people.export"), onClick: () => json.mutate() },
            { type: "divider" },
            { key: "erase", icon: <DeleteOutlined />, danger: true, label: t("person.erase"), title: without("people.erase"), disabled: !can("people.erase"), onClick: () => setErasing(true) },
          ],
        }}
      >
        <Button icon={<MoreOutlined />} loading={json.isPending} aria-label={t("action.more")} />
      </Dropdown>
      <EraseModal person={person} open={erasing} onClose={() => setErasing(false)} />
    </>
  );
}

function EraseModal({ person, open, onClose }: { person: Person; open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const erase = useMutation({ meta: { quiet: true }, mutationFn: () => api.erase(person.id, reason.trim()) });
  const leave = () => {
    onClose();
    void navigate("/people", { replace: true });
    client.removeQueries({ queryKey: ["person"] });
    void client.invalidateQueries();
  };
  if (erase.data) {
    return (
      <Modal open={open} onCancel={leave} title={t("erase.done")} footer={<Button type="primary" onClick={leave}>{t("action.close")}</Button>}>
        <CertificateView certificate={erase.data.certificate} />
      </Modal>
    );
  }
  const ready = typed.trim() === person.id && reason.trim() !== "";
  return (
    <Modal
      open={open} onCancel={onClose} title={t("person.erase")} okText={t("erase.now")} cancelText={t("action.cancel")}
      okButtonProps={{ danger: true, disabled: !ready }} confirmLoading={erase.isPending} onOk={() => erase.mutate()}
    >
      <div className="stack">
        <Alert type="warning" showIcon title={t("erase.warning")} />
        <label>{t("word.reason")}<Input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} placeholder={t("erase.example")} /></label>
        <label>{t("erase.type")} <code>{person.id}</code><Input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} /></label>
        {erase.error ? <Alert type="error" showIcon title={text(erase.error)} /> : null}
      </div>
    </Modal>
  );
}
