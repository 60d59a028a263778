// What arrives, and one of it sent to an address of one's own.
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Input } from "antd";
import { type ReactNode, useState } from "react";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { PersonSelect } from "../people/PersonSelect";
import { useErrorText } from "../shell/errors";
import { MayButton, useSettled } from "../shell/parts";
import { direct as api } from "./calls";
import { isWhole, type Direct } from "./DirectFields";

interface Seen { subject?: string; text: string; html?: string; parts?: number }

/** `children`: which of several contents is meant. */
export function DirectPreview({ own, service, children }: { own: Direct; service: boolean; children?: ReactNode }) {
  const { t } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const { message } = App.useApp();
  const [to, setTo] = useState("");
  const [person, setPerson] = useState<string>();
  const settled = useSettled(own);
  const shown = useQuery({
    queryKey: ["direct", "preview", settled, service, person], enabled: isWhole(settled), retry: false, meta: { quiet: true }, placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Seen> => (settled.way === "email" ? api.mail({ mail: settled.mail, service, person: person ?? null }, signal) : api.sms({ sms: settled.sms, service, person: person ?? null }, signal)),
  });
  const attempt = useMutation({
    meta: { quiet: true },
    mutationFn: async () => (own.way === "email" ? api.tryMail({ mail: own.mail, to, service }) : api.trySms({ sms: own.sms, to, service })),
    onSuccess: () => void message.success(t("direct.tried")),
  });
  const seen = shown.error ? undefined : shown.data;
  return (
    <section className="panel pad stack">
      <div className="muted small">{t("direct.preview")}</div>
      {children}
      <PersonSelect value={person} onChange={setPerson} />
      {shown.error && isWhole(own) ? <Alert type="warning" showIcon title={text(shown.error)} /> : null}
      {seen?.subject ? <strong>{seen.subject}</strong> : null}
      {seen?.html ? <iframe title={t("direct.preview")} sandbox="" srcDoc={seen.html} className="full" height={320} /> : seen ? <div className="wraps" style={{ whiteSpace: "pre-wrap" }}>{seen.text}</div> : null}
      {seen?.parts ? <div className="muted small">{t("direct.parts_each", { n: format.count(seen.parts) })}</div> : null}
      <div className="row">
        <Input value={to} placeholder={t(own.way === "email" ? "direct.to_mail" : "direct.to_phone")} aria-label={t("direct.to")} onChange={(event) => setTo(event.target.value)} />
        <MayButton permission="messages.write" disabled={!to.trim() || !isWhole(own)} loading={attempt.isPending} onClick={() => attempt.mutate()}>{t("direct.try")}</MayButton>
      </div>
      {attempt.error ? <Alert type="error" showIcon title={text(attempt.error)} /> : null}
    </section>
  );
}
