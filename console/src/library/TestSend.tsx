// A test send: the content as a customer would read it, to members of staff in WeCom. It reaches no customer.
import { ExperimentOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Drawer, Form, Select, Tag } from "antd";
import { useState } from "react";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import type * as S from "../api/openapi";
import { useI18n } from "../i18n";
import { PersonSelect } from "../people/PersonSelect";
import { messages as api } from "../messages/calls";
import { useErrorText } from "../shell/errors";
import { MayButton, usePhone } from "../shell/parts";

/** Either a content, or a material and its version. */
export type Sample = Pick<S.RehearsalNew, "name" | "content" | "material" | "version">;
const RECEIVERS_MAX = 5;
const COLORS: Record<string, string> = { sent: "green", told: "blue", left_out: "gold", failed: "red", unknown: "orange" };

export function TestSend({ sample, disabled }: { sample: Sample; disabled?: boolean }) {
  const { t } = useI18n();
  const phone = usePhone();
  const [open, setOpen] = useState(false);
  return (
    <>
      <MayButton permission="messages.write" icon={<ExperimentOutlined />} disabled={disabled} onClick={() => setOpen(true)}>{t("test_send.open")}</MayButton>
      <Drawer open={open} onClose={() => setOpen(false)} size={phone ? "100%" : 520} title={t("test_send.open")} destroyOnHidden><Body sample={sample} /></Drawer>
    </>
  );
}

function Body({ sample }: { sample: Sample }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const [person, setPerson] = useState<string>();
  const [staff, setStaff] = useState<string>();
  const [receivers, setReceivers] = useState<string[]>([]);
  const members = useQuery({ queryKey: keys.wecomPart("staff", { limit: 200 }), queryFn: () => wecom.staff({ limit: 200 }), staleTime: 60_000, meta: { quiet: true } });
  const send = useMutation({ meta: { quiet: true }, mutationFn: () => api.test({ ...sample, person: person ?? null, staff: staff ?? null, receivers }) });
  const choice = members.data?.items.map((own) => ({ value: own.userid, label: own.name || own.userid }));
  return (
    <Form layout="vertical" component="div">
      <p className="muted gap-below">{t("test_send.hint")}</p>
      <Form.Item label={t("test_send.receivers")}>
        <Select mode="multiple" maxCount={RECEIVERS_MAX} className="full" value={receivers} onChange={(next: string[]) => setReceivers(next)} showSearch={{ optionFilterProp: "label" }} options={choice} loading={members.isPending} aria-label={t("test_send.receivers")} />
      </Form.Item>
      <div className="halves">
        <Form.Item label={t("materials.reader")}>
          <PersonSelect value={person} onChange={setPerson} />
        </Form.Item>
        <Form.Item label={t("materials.sender")}>
          <Select allowClear className="full" showSearch={{ optionFilterProp: "label" }} value={staff} onChange={(next?: string) => setStaff(next)} placeholder={t("materials.sender_none")} options={choice} aria-label={t("materials.sender")} />
        </Form.Item>
      </div>
      <MayButton permission="messages.write" type="primary" loading={send.isPending} disabled={receivers.length === 0} onClick={() => send.mutate()}>{t("test_send.send")}</MayButton>
      {send.error ? <Alert type="error" showIcon title={text(send.error)} className="gap-above" /> : null}
      {send.data ? (
        <div className="stack tight gap-above">
          {send.data.unreached.length ? <Alert type="warning" showIcon title={t("test_send.unreached", { names: send.data.unreached.join(t("canvas.comma")) })} /> : null}
          {send.data.parts.map((part, at) => (
            <div className="row" key={at}><Tag color={COLORS[part.state]}>{word("test_send.state", part.state)}</Tag><span>{word("test_send.kind", part.kind)}</span>{part.reason ? <span className="muted small">{word("test_send.reason", part.reason)}</span> : null}</div>
          ))}
        </div>
      ) : null}
    </Form>
  );
}
