import { DeleteOutlined, EditOutlined, PlusOutlined, SmileOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Drawer, Form, Input, Popconfirm, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { EmptyHint, MayButton, Need, PageHead, usePhone } from "../shell/parts";
import { ContentEditor } from "../welcomes/ContentEditor";
import type { Content } from "../welcomes/shapes";
import "../welcomes/welcomes.css";
import { groupKeys, groupWelcomes as api } from "./calls";

const COLORS: Record<string, string> = { good: "green", unsure: "orange", closing: "default" };

export function GroupWelcomesPage() {
  return <Need permission="people.read"><Welcomes /></Need>;
}

function Welcomes() {
  const { t } = useI18n();
  const phone = usePhone();
  const [edited, edit] = useState<S.GroupWelcomeOut | "new" | null>(null);
  const list = useQuery({ queryKey: groupKeys.welcomes, queryFn: api.list, refetchInterval: (query) => (query.state.data?.items.some((own) => own.state !== "good") ? 3_000 : 30_000) });
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => edit("new")}>{t("group_welcomes.new")}</MayButton>;
  const items = list.data?.items ?? [];
  return (
    <>
      <PageHead title={t("nav.group_welcomes")} hint={t("group_welcomes.hint")}>{add}</PageHead>
      {list.isPending ? <Skeleton active /> : null}
      {list.error ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
      {list.data && items.length === 0 ? <div className="panel"><EmptyHint icon={<SmileOutlined />} title={t("group_welcomes.empty")}><p>{t("group_welcomes.empty_text")}</p><p className="gap-above">{add}</p></EmptyHint></div> : null}
      <div className="stack">{items.map((own) => <One key={own.id} own={own} edit={() => edit(own)} />)}</div>
      <Drawer open={edited !== null} onClose={() => edit(null)} size={phone ? "100%" : 640} title={t(edited === "new" ? "group_welcomes.new" : "group_welcomes.edit")} destroyOnHidden>
        {edited ? <Editor own={edited === "new" ? undefined : edited} done={() => edit(null)} /> : null}
      </Drawer>
    </>
  );
}

function One({ own, edit }: { own: S.GroupWelcomeOut; edit: () => void }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: groupKeys.welcomes });
  const drop = useMutation({ mutationFn: () => api.remove(own.id), onSuccess: again });
  const retry = useMutation({ mutationFn: () => api.retry(own.id), onSuccess: again });
  const pieces = own.content.attachments?.map((piece) => t(`welcomes.piece.${piece.kind}`)) ?? [];
  return (
    <section className="panel pad">
      <div className="row between">
        <span className="row"><b className="plain">{own.name}</b><AntTag color={COLORS[own.state] ?? "blue"}>{word("group_welcomes.state", own.state)}</AntTag>{pieces.map((piece) => <AntTag key={piece}>{piece}</AntTag>)}</span>
        <span className="row">
          <MayButton permission="messages.write" size="small" icon={<EditOutlined />} disabled={own.state === "closing"} onClick={edit}>{t("action.edit")}</MayButton>
          <Popconfirm title={t("group_welcomes.delete_sure")} okText={t("group_welcomes.delete")} cancelText={t("action.cancel")} onConfirm={() => drop.mutate()}><MayButton permission="messages.write" size="small" danger icon={<DeleteOutlined />} aria-label={t("group_welcomes.delete")} /></Popconfirm>
        </span>
      </div>
      <p className="gap-above-small pre-line">{own.content.text}</p>
      <div className="muted small">{own.changed_by} · {format.at(own.changed_at)}</div>
      {own.state === "unsure" ? <Alert className="gap-above" type="warning" showIcon title={t("group_welcomes.unsure_text")} description={<MayButton permission="messages.write" size="small" loading={retry.isPending} onClick={() => retry.mutate()}>{t("group_welcomes.retry")}</MayButton>} /> : own.error ? <Alert className="gap-above" type="warning" showIcon title={word("wecom.code", own.error)} /> : null}
    </section>
  );
}

function Editor({ own, done }: { own: S.GroupWelcomeOut | undefined; done: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [name, setName] = useState(own?.name ?? "");
  const [content, setContent] = useState<Content>(own?.content ?? { text: "", attachments: [] });
  const [notify, setNotify] = useState(own?.notify ?? true);
  const body: S.GroupWelcomeNew = { name: name.trim(), content, notify, version: own?.version ?? null };
  const save = useMutation({
    meta: { quiet: true }, mutationFn: () => (own ? api.change(own.id, body) : api.add(body)),
    onSuccess: () => {
      void message.success(t("group_welcomes.saved"));
      void client.invalidateQueries({ queryKey: groupKeys.welcomes });
      done();
    },
  });
  return (
    <Form layout="vertical" requiredMark={false} onFinish={() => save.mutate()}>
      <Form.Item label={t("word.name")}><Input value={name} maxLength={60} autoFocus onChange={(event) => setName(event.target.value)} aria-label={t("word.name")} /></Form.Item>
      <div className="row between gap-below"><span className="muted small">{t("group_welcomes.content_hint")}</span><Button size="small" onClick={() => setContent({ ...content, text: `${content.text ?? ""}%NICKNAME%` })}>{t("group_welcomes.nickname")}</Button></div>
      <ContentEditor content={content} only={["brand.name"]} onChange={setContent} />
      <Form.Item><Checkbox checked={notify} onChange={(event) => setNotify(event.target.checked)}>{t("group_welcomes.notify")}</Checkbox></Form.Item>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
      <div className="row"><MayButton permission="messages.write" type="primary" htmlType="submit" loading={save.isPending} disabled={!name.trim()}>{t("action.save")}</MayButton><Button onClick={done}>{t("action.cancel")}</Button></div>
    </Form>
  );
}
