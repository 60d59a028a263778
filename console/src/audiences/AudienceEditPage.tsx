// The builder: conditions on the left, who fits on the right, while one writes.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Skeleton } from "antd";
import { useMemo, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { tags as tagsApi } from "../api/calls";
import { keys } from "../api/keys";
import type { Rule, RuleField } from "../api/types";
import { useI18n } from "../i18n";
import { freshDeed } from "../people/deed";
import { isComplete } from "../people/rule";
import { RuleBuilder } from "../people/RuleBuilder";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead } from "../shell/parts";
import { audiences as api } from "./calls";
import { LiveCount, usePreview } from "./LiveCount";
import type { Audience } from "./shapes";
import "./audiences.css";

export function AudienceEditPage() {
  return <Need permission="people.read"><Loaded /></Need>;
}

function Loaded() {
  const { id } = useParams();
  const audience = useQuery({ queryKey: keys.audience(id ?? ""), queryFn: () => api.get(id ?? ""), enabled: Boolean(id) });
  const fields = useQuery({ queryKey: keys.ruleFields, queryFn: tagsApi.fields, staleTime: 60_000 });
  const failed = audience.error ?? fields.error;
  if (failed) return <ErrorView error={failed} retry={() => void (audience.error ? audience.refetch() : fields.refetch())} />;
  if (!fields.data || (id && audience.isPending)) return <Skeleton active />;
  return <Editor audience={audience.data} fields={fields.data.items} />;
}

/** What a new audience begins with: something that counts at once. */
const FIRST: Rule = { all: [freshDeed("Order Completed")] };

function Editor({ audience, fields }: { audience: Audience | undefined; fields: RuleField[] }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [rule, setRule] = useState<Rule>(audience?.rule ?? FIRST);
  const preview = usePreview(rule);
  const counts = useMemo(() => new Map((preview.data?.parts ?? []).map((part) => [part.place, part.people])), [preview.data]);
  const ruled = !audience || audience.kind === "rule";
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: ({ name, description }: { name: string; description?: string }) => {
      const input = { name: name.trim(), description: description?.trim() ?? "", ...(ruled ? { rule } : {}) };
      return audience ? api.change(audience.id, { ...input, version: audience.version }) : api.add({ ...input, rule });
    },
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: keys.audiences });
      void message.success(t("audiences.saved"));
      void navigate(`/audiences/${saved.id}`);
    },
  });
  return (
    <>
      <PageHead title={audience ? t("audiences.edit") : t("audiences.new")} hint={<Link to="/audiences">{t("audiences.title")}</Link>} />
      <Form layout="vertical" requiredMark={false} onFinish={save.mutate} initialValues={{ name: audience?.name ?? "", description: audience?.description ?? "" }}>
        <div className={ruled ? "two" : ""}>
          <div className="stack">
            <section className="panel pad">
              <div className="halves">
                <Form.Item name="name" label={t("audiences.name")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={60} autoFocus={!audience} /></Form.Item>
                <Form.Item name="description" label={t("audiences.description")}><Input maxLength={200} /></Form.Item>
              </div>
              {ruled ? <Form.Item label={t("audiences.rule")}><RuleBuilder rule={rule} fields={fields} onChange={setRule} deeds counts={counts} /></Form.Item> : null}
              {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
              <div className="row">
                <MayButton permission="audiences.write" type="primary" htmlType="submit" loading={save.isPending} disabled={ruled && !isComplete(rule)}>{t("action.save")}</MayButton>
                <Button onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
              </div>
            </section>
          </div>
          {ruled ? <LiveCount rule={rule} fields={fields} preview={preview} /> : null}
        </div>
      </Form>
    </>
  );
}
