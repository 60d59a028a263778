import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Popconfirm, Segmented, Select, Table } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import type * as S from "../api/openapi";
import { useOnce } from "../api/useOnce";
import { audiences } from "../audiences/calls";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { directBody, DirectFields, isWhole, OtherContents, THROUGH_STAFF, WayChoice, type Direct } from "../direct/DirectFields";
import { DirectPreview } from "../direct/DirectPreview";
import { broadcasts } from "../gate/calls";
import { PLAIN, TermsForm, type Terms } from "../gate/TermsForm";
import { useI18n } from "../i18n";
import { bodyOf, SaidEditor, type Saying } from "../library/Said";
import { TestSend } from "../library/TestSend";
import { useErrorText } from "../shell/errors";
import { MayButton, Need, Num, PageHead, useSettled } from "../shell/parts";
import { welcomeKeys, welcomes } from "../welcomes/calls";
import { Phone } from "../welcomes/Phone";
import "../welcomes/welcomes.css";
import { CareForm, NO_CARE } from "./CareForm";
import { messages as api } from "./calls";

export function MessageNewPage() {
  return <Need permission="messages.write"><New /></Need>;
}

function New() {
  const { t } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [name, setName] = useState("");
  const [audience, setAudience] = useState<string>();
  const [said, say] = useState<Saying>({ content: { text: "", attachments: [] }, material: null });
  const { content } = said;
  const [terms, setTerms] = useState<Terms | null>(null);
  const [care, setCare] = useState(NO_CARE);
  const [direct, setDirect] = useState<Direct>(THROUGH_STAFF);
  const [others, setOthers] = useState<Direct[]>([]);
  const [seen, see] = useState(0);
  const isDirect = direct.way !== "wecom";
  const list = useQuery({ queryKey: keys.audienceChoice, queryFn: () => audiences.list({ limit: 200 }), staleTime: 30_000 });
  const body: S.MessageNew = { name: name.trim(), ...bodyOf(said), audience: audience ?? null, people: [], ...care };
  const whole = Boolean(name.trim() && audience && (isDirect ? [direct, ...others].every(isWhole) : content.text?.trim() || content.attachments?.length));
  const settled = useSettled(content);
  const preview = useQuery({
    queryKey: welcomeKeys.preview(settled), queryFn: ({ signal }) => welcomes.preview(settled, signal), enabled: Boolean(settled.text?.trim() || settled.attachments?.length),
    retry: false, meta: { quiet: true }, placeholderData: (before) => before,
  });
  const broadcast = (own: Terms): S.BroadcastNew => ({ ...body, ...own, variants: own.variants.filter((one) => one.trim()).map((one) => ({ text: one, attachments: content.attachments })) });
  // Mail and SMS have terms always: they are broadcasts.
  const straight = (): S.BroadcastNew => ({ ...(terms ?? PLAIN), name: name.trim(), audience: audience ?? null, people: [], variants: [], test: others.length ? (terms?.test ?? null) : null, ...directBody(direct, others) });
  const asked = (): S.BroadcastNew | null => (isDirect ? straight() : terms ? broadcast(terms) : null);
  const plan = useMutation({
    meta: { quiet: true },
    mutationFn: () => {
      const own = asked();
      return own ? broadcasts.plan(own) : api.plan(body);
    },
  });
  const once = useOnce([body, terms, direct, others]);
  const create = useMutation({
    meta: { quiet: true },
    mutationFn: async (): Promise<{ id: string }> => {
      const own = asked();
      return own ? broadcasts.create(own, once) : api.create(body, once);
    },
    onSuccess: (made) => {
      void message.success(t(isDirect ? "direct.made" : "messages.made"));
      void navigate(isDirect ? `/runs/${made.id}` : `/messages/${made.id}`);
    },
  });
  const failed = create.error ?? plan.error;
  // What was planned for other words or people says nothing.
  const forget = () => plan.reset();
  return (
    <>
      <PageHead title={t("messages.new")} hint={<Link to="/messages">{t("nav.messages")}</Link>} />
      <Form layout="vertical" requiredMark={false} onFinish={() => plan.mutate()}>
        <div className="two">
          <section className="panel pad">
            <div className="halves">
              <Form.Item label={t("word.name")}><Input value={name} maxLength={60} autoFocus onChange={(event) => setName(event.target.value)} aria-label={t("word.name")} /></Form.Item>
              <Form.Item label={t("messages.audience")}>
                <Select
                  className="full" showSearch={{ optionFilterProp: "label" }} loading={list.isPending} value={audience} aria-label={t("messages.audience")}
                  onChange={(id: string) => {
                    setAudience(id);
                    forget();
                  }}
                  options={list.data?.items.map((own) => ({ value: own.id, label: t("messages.audience_of", { name: own.name, n: format.count(own.people) }) }))}
                />
              </Form.Item>
            </div>
            <WayChoice
              way={direct.way}
              onChange={(way) => {
                setDirect({ ...direct, way });
                setOthers([]);
                forget();
              }}
            />
            {isDirect ? (
              <>
                <DirectFields
                  own={direct}
                  onChange={(next) => {
                    setDirect(next);
                    forget();
                  }}
                />
                <OtherContents
                  way={direct.way} others={others}
                  onChange={(next) => {
                    setOthers(next);
                    forget();
                  }}
                />
              </>
            ) : (
              <>
                <p className="muted small gap-below">{t("messages.content_hint")}</p>
                <SaidEditor
                  own={said} only={["staff.name", "store.name", "brand.name"]}
                  onChange={(next) => {
                    say(next);
                    forget();
                  }}
                />
              </>
            )}
            <TermsForm
              terms={terms} contents={isDirect ? others.length + 1 : undefined}
              onChange={(next) => {
                setTerms(next);
                forget();
              }}
            />
            {isDirect ? null : <CareForm care={care} onChange={setCare} />}
            {failed ? <Alert type="error" showIcon title={text(failed)} className="gap-below" /> : null}
            {plan.data ? <Plan plan={plan.data} isDirect={isDirect} /> : null}
            <div className="row">
              <MayButton permission="messages.write" type={plan.data ? "default" : "primary"} htmlType="submit" loading={plan.isPending} disabled={!whole}>{t("messages.plan")}</MayButton>
              {plan.data && (plan.data.reached || plan.data.waiting.length) ? (
                <Popconfirm title={isDirect ? t("direct.create_sure", { n: format.count(plan.data.reached) }) : t("messages.create_sure", { n: format.count(plan.data.reached), staff: format.count(plan.data.staff.length) })} okText={t(isDirect ? "direct.create" : "messages.create")} cancelText={t("action.cancel")} onConfirm={() => create.mutate()}>
                  <MayButton permission="messages.write" type="primary" loading={create.isPending}>{t(isDirect ? "direct.create" : "messages.create")}</MayButton>
                </Popconfirm>
              ) : null}
              {isDirect ? null : <TestSend sample={{ name: name.trim(), ...bodyOf(said) }} disabled={!said.material && !(content.text?.trim() || content.attachments?.length)} />}
              <Button onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
            </div>
          </section>
          {isDirect ? (
            <DirectPreview own={[direct, ...others][seen] ?? direct} service={terms?.service ?? false}>
              {others.length ? <Segmented value={Math.min(seen, others.length)} onChange={see} options={[direct, ...others].map((_, at) => ({ value: at, label: t("broadcast.variant", { n: at + 1 }) }))} /> : null}
            </DirectPreview>
          ) : <Phone content={content} shown={preview.error ? undefined : preview.data} />}
        </div>
      </Form>
    </>
  );
}

function Plan({ plan, isDirect }: { plan: S.MessagePlan; isDirect: boolean }) {
  const { t, word } = useI18n();
  const format = useFormat();
  return (
    <div className="stack tight gap-below">
      <Alert
        type={plan.reached ? "info" : "warning"} showIcon
        title={t(isDirect ? "direct.plan_says" : "messages.plan_says", { people: format.count(plan.people), reached: format.count(plan.reached), staff: format.count(plan.staff.length) })}
        description={[...plan.skipped.map((own) => `${word("messages.reason", own.reason)} ${format.count(own.people)}`), ...plan.waiting.map((own) => `${t("messages.waits", { n: format.count(own.people) })} (${word("messages.reason", own.reason)})`)].filter(Boolean).join(" · ") || undefined}
      />
      {plan.parts ? <p className="muted small">{t("direct.parts", { n: format.count(plan.parts) })}</p> : null}
      {plan.staff.length ? <Table
        size="small" rowKey={(row) => row.staff} dataSource={plan.staff} pagination={plan.staff.length > 10 ? { pageSize: 10 } : false}
        columns={[
          { title: t("staff.one"), render: (_, row) => row.staff_name || row.staff },
          { title: t("staff.store"), render: (_, row) => row.store || "–" },
          { title: t("messages.people"), align: "right", render: (_, row) => <Num>{format.count(row.people)}</Num> },
        ]}
      /> : null}
    </div>
  );
}
