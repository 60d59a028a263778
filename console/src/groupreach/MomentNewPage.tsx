import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Popconfirm, Select } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import type * as S from "../api/openapi";
import { useOnce } from "../api/useOnce";
import { useI18n } from "../i18n";
import { bodyOf, SaidEditor, type Saying } from "../library/Said";
import { useTags } from "../people/pickers";
import { useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead } from "../shell/parts";
import { Phone } from "../welcomes/Phone";
import "../welcomes/welcomes.css";
import { moments as api } from "./calls";
import { usePreview } from "./GroupMessageNewPage";

export function MomentNewPage() {
  return <Need permission="messages.write"><New /></Need>;
}

function New() {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [name, setName] = useState("");
  const [senders, setSenders] = useState<string[]>([]);
  const [tags, setTags] = useState<string[]>([]);
  const [said, say] = useState<Saying>({ content: { text: "", attachments: [] }, material: null });
  const { content } = said;
  const staff = useQuery({ queryKey: keys.wecomPart("staff", { limit: 200 }), queryFn: () => wecom.staff({ limit: 200 }), staleTime: 60_000 });
  const groups = useTags().data?.groups ?? [];
  const preview = usePreview(content);
  const body: S.MomentNew = { name: name.trim(), ...bodyOf(said), senders, tags };
  const whole = Boolean(name.trim() && (content.text?.trim() || content.attachments?.length));
  const once = useOnce(body);
  const create = useMutation({
    meta: { quiet: true }, mutationFn: () => api.create(body, once),
    onSuccess: (made) => {
      void message.success(t("moments.made"));
      void navigate(`/moments/${made.id}`);
    },
  });
  return (
    <>
      <PageHead title={t("moments.new")} hint={<Link to="/moments">{t("nav.moments")}</Link>} />
      <Form layout="vertical" requiredMark={false}>
        <div className="two">
          <section className="panel pad">
            <Form.Item label={t("word.name")}><Input value={name} maxLength={60} autoFocus onChange={(event) => setName(event.target.value)} aria-label={t("word.name")} /></Form.Item>
            <Form.Item label={t("moments.senders")}><Select mode="multiple" className="full" placeholder={t("moments.senders_all")} value={senders} onChange={setSenders} loading={staff.isPending} showSearch={{ optionFilterProp: "label" }} options={staff.data?.items.filter((own) => own.serves).map((own) => ({ value: own.userid, label: own.name || own.userid }))} /></Form.Item>
            <Form.Item label={t("moments.tags")}><Select mode="multiple" className="full" placeholder={t("moments.tags_all")} value={tags} onChange={setTags} showSearch={{ optionFilterProp: "label" }} options={groups.map((group) => ({ label: group.name, options: group.tags.map((tag) => ({ value: tag.id, label: tag.name })) }))} /></Form.Item>
            <p className="muted small gap-below">{t("moments.content_hint")}</p>
            <SaidEditor own={said} only={["brand.name"]} onChange={say} />
            {create.error ? <Alert type="error" showIcon title={text(create.error)} className="gap-below" /> : null}
            <div className="row">
              <Popconfirm title={t("moments.create_sure")} okText={t("moments.create")} cancelText={t("action.cancel")} onConfirm={() => create.mutate()} disabled={!whole}>
                <MayButton permission="messages.write" type="primary" loading={create.isPending} disabled={!whole}>{t("moments.create")}</MayButton>
              </Popconfirm>
              <Button onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
            </div>
          </section>
          <Phone content={content} shown={preview.error ? undefined : preview.data} />
        </div>
      </Form>
    </>
  );
}
