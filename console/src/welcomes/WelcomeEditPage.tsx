import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Popconfirm, Radio, Skeleton, Switch } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ApiError } from "../api/client";
import { useI18n } from "../i18n";
import { bodyOf, SaidEditor, type Taken } from "../library/Said";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead, useSettled } from "../shell/parts";
import { useCan } from "../shell/session";
import { welcomes as api, welcomeKeys } from "./calls";
import { Phone } from "./Phone";
import { draftOf, EMPTY, isComplete, type Draft, type Welcome } from "./shapes";
import { WhenEditor } from "./WhenEditor";
import "./welcomes.css";

export function WelcomeEditPage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const { id } = useParams();
  const found = useQuery({ queryKey: welcomeKeys.one(id ?? ""), queryFn: () => api.get(id ?? ""), enabled: Boolean(id), refetchOnWindowFocus: false });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  if (id && !found.data) return <Skeleton active />;
  return <Editor key={found.data?.version ?? 0} welcome={found.data} />;
}

function Editor({ welcome }: { welcome: Welcome | undefined }) {
  const { t } = useI18n();
  const text = useErrorText();
  const may = useCan()("messages.write");
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>(welcome ? draftOf(welcome) : EMPTY);
  const [material, take] = useState<Taken | null>(welcome?.material ?? null);
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const content = draft.content ?? { text: "", attachments: [] };
  const settled = useSettled(content);
  const preview = useQuery({
    queryKey: welcomeKeys.preview(settled), queryFn: ({ signal }) => api.preview(settled, signal), enabled: draft.kind === "send" && Boolean(settled.text?.trim() || settled.attachments?.length),
    retry: false, meta: { quiet: true }, placeholderData: (before) => before,
  });
  const mistake = preview.error instanceof ApiError && isComplete(draft) ? preview.error : null;
  const done = () => void client.invalidateQueries({ queryKey: welcomeKeys.all });
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => {
      const { content: own, ...rest } = draft;
      const body = { ...rest, ...bodyOf({ content: own ?? {}, material: draft.kind === "send" ? material : null }) };
      return welcome ? api.change(welcome.id, body) : api.add(body);
    },
    onSuccess: () => {
      done();
      void message.success(t("welcomes.saved"));
      void navigate("/welcomes");
    },
  });
  const remove = useMutation({
    mutationFn: () => api.remove(welcome?.id ?? ""),
    onSuccess: () => {
      done();
      void navigate("/welcomes");
    },
  });
  return (
    <>
      <PageHead title={welcome ? welcome.name : t("welcomes.new")} hint={<Link to="/welcomes">{t("nav.welcomes")}</Link>}>
        {welcome ? <Popconfirm title={t("welcomes.remove_sure")} okText={t("action.delete")} cancelText={t("action.cancel")} onConfirm={() => remove.mutate()}><MayButton permission="messages.write" danger>{t("action.delete")}</MayButton></Popconfirm> : null}
      </PageHead>
      <Form layout="vertical" requiredMark={false} disabled={!may} onFinish={() => save.mutate()}>
        <div className="two">
          <div className="stack">
            <section className="panel pad">
              <div className="halves">
                <Form.Item label={t("word.name")}><Input value={draft.name} maxLength={60} autoFocus={!welcome} onChange={(event) => set({ name: event.target.value })} aria-label={t("word.name")} /></Form.Item>
                <Form.Item label={t("word.state")}><span className="row"><Switch checked={draft.active} onChange={(active) => set({ active })} aria-label={t("welcomes.active")} />{draft.active ? t("welcomes.active") : t("welcomes.resting")}</span></Form.Item>
              </div>
              <h3 className="part">{t("welcomes.whom")}</h3>
              <p className="muted small gap-below">{t("welcomes.whom_hint")}</p>
              <WhenEditor when={draft.when ?? {}} onChange={(when) => set({ when })} />
            </section>
            <section className="panel pad">
              <h3 className="part">{t("welcomes.what")}</h3>
              <Form.Item extra={draft.kind === "silent" ? t("welcomes.silent_hint") : undefined}>
                <Radio.Group value={draft.kind} onChange={(event) => set({ kind: event.target.value as Draft["kind"] })} options={[{ value: "send", label: t("welcomes.kind.send") }, { value: "silent", label: t("welcomes.kind.silent") }]} />
              </Form.Item>
              {draft.kind === "send" ? <SaidEditor
                  own={{ content, material }}
                  onChange={(next) => {
                    take(next.material);
                    set({ content: next.content });
                  }}
                /> : null}
              {mistake ? <Alert type="warning" showIcon title={mistake.message} description={mistake.field ?? undefined} className="gap-below" /> : null}
              {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
              <div className="row">
                <MayButton permission="messages.write" type="primary" htmlType="submit" loading={save.isPending} disabled={!isComplete(draft)}>{t("action.save")}</MayButton>
                <Button disabled={false} onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
              </div>
            </section>
          </div>
          {draft.kind === "send" ? <Phone content={content} shown={mistake ? undefined : preview.data} /> : null}
        </div>
      </Form>
    </>
  );
}
