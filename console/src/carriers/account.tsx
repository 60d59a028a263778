// What the forms of both accounts share.
import { ReloadOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Skeleton, type FormInstance } from "antd";
import { carriers as api } from "../api/calls";
import { ApiError } from "../api/client";
import { keys } from "../api/keys";
import type { Check } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { CheckItem } from "../settings/DoctorPage";
import { useErrorText } from "../shell/errors";
import { EmptyHint, MayButton } from "../shell/parts";
import { useWho } from "../shell/who";

/** There is no account yet: that is no error of the page. */
export function isUnset(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Puts a refusal beside its field; `false` when it names none of the form. */
export function place(form: FormInstance, error: unknown): boolean {
  if (!(error instanceof ApiError) || !error.field || form.getFieldInstance(error.field) === undefined) return false;
  form.setFields([{ name: error.field, errors: [error.message] }]);
  form.scrollToField(error.field);
  return true;
}

export function Saved({ at, by }: { at: string; by: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const who = useWho();
  return <div className="small muted gap-above">{t("carriers.changed", { at: format.ago(at), who: who(by) })}</div>;
}

/** Whether there is an account: nobody asks for one that is not there. Undefined until that is known. */
export function useThere(kind: "mail" | "sms"): boolean | undefined {
  const status = useQuery({ queryKey: keys.carriersPart("status"), queryFn: api.status });
  return status.data ? status.data[kind] !== null && status.data[kind] !== undefined : status.isError || undefined;
}

export function Remove({ remove }: { remove: () => Promise<unknown> }) {
  const { t } = useI18n();
  const { modal, message } = App.useApp();
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: remove,
    onSuccess: () => {
      void message.success(t("carriers.removed"));
      void client.resetQueries({ queryKey: keys.carriers });
    },
  });
  const ask = () => modal.confirm({
    title: t("carriers.remove_title"), content: t("carriers.remove_text"), okText: t("carriers.remove"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => drop.mutateAsync().catch(() => undefined),
  });
  return <MayButton permission="settings.write" type="text" danger onClick={ask}>{t("carriers.remove")}</MayButton>;
}

/** Asked for by hand: it knocks at somebody else's door. */
export function Checks({ saved, check }: { saved: boolean; check: () => Promise<{ items: Check[] }> }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const run = useMutation({ meta: { quiet: true }, mutationFn: check, onSettled: () => void client.invalidateQueries({ queryKey: keys.carriersPart("status") }) });
  if (!saved) return <section className="panel"><EmptyHint title={t("carriers.checks")}>{t("carriers.checks_after")}</EmptyHint></section>;
  return (
    <section className="panel" aria-live="polite">
      <div className="panel-head">
        <span>{t("carriers.checks")}</span>
        <MayButton permission="settings.write" type="primary" icon={<ReloadOutlined />} loading={run.isPending} onClick={() => run.mutate()}>{t("carriers.check")}</MayButton>
      </div>
      <p className="muted panel-note">{t("carriers.checks_hint")}</p>
      {run.isPending ? <div className="pad"><Skeleton active /></div> : null}
      {run.error ? <Alert type="error" showIcon className="wecom-said" title={text(run.error)} /> : null}
      {run.data?.items.map((item) => <CheckItem key={item.key} check={item} />)}
    </section>
  );
}
