import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, AutoComplete, Button, Form, Input, Select, Skeleton } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead, useSettled } from "../shell/parts";
import { welcomeKeys, welcomes } from "../welcomes/calls";
import { ContentEditor } from "../welcomes/ContentEditor";
import { Phone } from "../welcomes/Phone";
import { EMPTY, isComplete, type Content } from "../welcomes/shapes";
import "../welcomes/welcomes.css";
import { materialKeys, materials as api, type Whole } from "./calls";
import "./library.css";

export function MaterialEditPage() {
  return <Need permission="messages.write"><Load /></Need>;
}

function Load() {
  const { id } = useParams();
  const found = useQuery({ queryKey: materialKeys.one(id ?? ""), queryFn: () => api.get(id ?? ""), enabled: Boolean(id), refetchOnWindowFocus: false });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  if (id && !found.data) return <Skeleton active />;
  return <Editor key={found.data?.version ?? 0} own={found.data} />;
}

function Editor({ own }: { own: Whole | undefined }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [name, setName] = useState(own?.name ?? "");
  const [folder, setFolder] = useState(own?.folder ?? "");
  const [labels, setLabels] = useState<string[]>(own?.labels ?? []);
  const [content, setContent] = useState<Content>(own?.newest.content ?? { text: "", attachments: [] });
  const places = useQuery({ queryKey: materialKeys.places, queryFn: api.places, staleTime: 30_000 });
  const whole = isComplete({ ...EMPTY, name, content });
  const settled = useSettled(content);
  const preview = useQuery({
    queryKey: welcomeKeys.preview(settled), queryFn: ({ signal }) => welcomes.preview(settled, signal), enabled: Boolean(settled.text?.trim() || settled.attachments?.length),
    retry: false, meta: { quiet: true }, placeholderData: (before) => before,
  });
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: async (): Promise<{ id: string }> => {
      const body = { name: name.trim(), folder: folder.trim(), labels, content };
      return own ? api.change(own.id, { ...body, version: own.version }) : api.add(body);
    },
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: materialKeys.all });
      void message.success(t("materials.saved"));
      void navigate(`/materials/${saved.id}`);
    },
  });
  return (
    <>
      <PageHead title={own ? own.name : t("materials.new")} hint={<Link to={own ? `/materials/${own.id}` : "/materials"}>{own ? own.name : t("nav.materials")}</Link>} />
      <Form layout="vertical" requiredMark={false} onFinish={() => save.mutate()}>
        <div className="two">
          <section className="panel pad">
            <div className="halves">
              <Form.Item label={t("word.name")}><Input value={name} maxLength={60} autoFocus={!own} onChange={(event) => setName(event.target.value)} aria-label={t("word.name")} /></Form.Item>
              <Form.Item label={t("materials.folder")}>
                <AutoComplete className="full" value={folder} maxLength={30} onChange={(value: string) => setFolder(value)} options={places.data?.folders.filter((one) => one.includes(folder.trim())).map((value) => ({ value }))} placeholder={t("materials.no_folder")} aria-label={t("materials.folder")} />
              </Form.Item>
            </div>
            <Form.Item label={t("materials.label")}>
              <Select mode="tags" className="full" maxCount={20} value={labels} onChange={(next: string[]) => setLabels(next.map((one) => one.trim().slice(0, 20)).filter(Boolean))} tokenSeparators={[",", "\uff0c", " "]} options={places.data?.labels.map((value) => ({ value, label: value }))} placeholder={t("materials.labels_hint")} aria-label={t("materials.label")} />
            </Form.Item>
            <ContentEditor content={content} onChange={setContent} />
            {own ? <p className="muted small gap-below">{t("materials.next_version")}</p> : null}
            {preview.error && whole ? <Alert type="warning" showIcon title={text(preview.error)} className="gap-below" /> : null}
            {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
            <div className="row">
              <MayButton permission="messages.write" type="primary" htmlType="submit" loading={save.isPending} disabled={!whole}>{t("materials.save")}</MayButton>
              <Button onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
            </div>
          </section>
          <Phone content={content} shown={preview.error ? undefined : preview.data} />
        </div>
      </Form>
    </>
  );
}
