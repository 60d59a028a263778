import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Popconfirm, Segmented, Select, Table } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { commerce, wecom } from "../api/calls";
import { keys } from "../api/keys";
import type * as S from "../api/openapi";
import { useOnce } from "../api/useOnce";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { bodyOf, SaidEditor, type Saying } from "../library/Said";
import { useErrorText } from "../shell/errors";
import { MayButton, Need, Num, PageHead, useSettled } from "../shell/parts";
import { useCan } from "../shell/session";
import { welcomeKeys, welcomes } from "../welcomes/calls";
import { Phone } from "../welcomes/Phone";
import type { Content } from "../welcomes/shapes";
import "../welcomes/welcomes.css";
import { groupMessages as api } from "./calls";

type Where = "all" | "stores" | "groups";

export function GroupMessageNewPage() {
  return <Need permission="messages.write"><New /></Need>;
}

/** What a content looks like, once typing pauses. */
export function usePreview(content: Content) {
  const settled = useSettled(content);
  return useQuery({
    queryKey: welcomeKeys.preview(settled), queryFn: ({ signal }) => welcomes.preview(settled, signal), enabled: Boolean(settled.text?.trim() || settled.attachments?.length),
    retry: false, meta: { quiet: true }, placeholderData: (before) => before,
  });
}

function New() {
  const { t } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const navigate = useNavigate();
  const may = useCan();
  const { message } = App.useApp();
  const [name, setName] = useState("");
  const [where, setWhere] = useState<Where>("all");
  const [stores, setStores] = useState<string[]>([]);
  const [groups, setGroups] = useState<string[]>([]);
  const [kind, setKind] = useState<"marketing" | "service">("marketing");
  const [said, say] = useState<Saying>({ content: { text: "", attachments: [] }, material: null });
  const { content } = said;
  const storeList = useQuery({ queryKey: keys.stores({ limit: 200 }), queryFn: () => commerce.stores({ limit: 200 }), enabled: may("orders.read"), staleTime: 60_000 });
  const groupList = useQuery({ queryKey: keys.wecomPart("groups", { limit: 200 }), queryFn: () => wecom.groups({ limit: 200 }), staleTime: 60_000 });
  const preview = usePreview(content);
  const body: S.GroupMessageNew = {
    name: name.trim(), ...bodyOf(said), class: kind, owners: [],
    everywhere: where === "all", stores: where === "stores" ? stores : [], groups: where === "groups" ? groups : [],
  };
  const chosen = where === "all" || (where === "stores" ? stores.length > 0 : groups.length > 0);
  const whole = Boolean(name.trim() && chosen && (content.text?.trim() || content.attachments?.length));
  const plan = useMutation({ meta: { quiet: true }, mutationFn: () => api.plan(body) });
  const once = useOnce(body);
  const create = useMutation({
    meta: { quiet: true }, mutationFn: () => api.create(body, once),
    onSuccess: (made) => {
      void message.success(t("messages.made"));
      void navigate(`/group-messages/${made.id}`);
    },
  });
  const failed = create.error ?? plan.error;
  /** What was planned for something else says nothing. */
  const then = <T,>(set: (value: T) => void) => (value: T) => {
    set(value);
    plan.reset();
  };
  return (
    <>
      <PageHead title={t("group_messages.new")} hint={<Link to="/group-messages">{t("nav.group_messages")}</Link>} />
      <Form layout="vertical" requiredMark={false} onFinish={() => plan.mutate()}>
        <div className="two">
          <section className="panel pad">
            <Form.Item label={t("word.name")}><Input value={name} maxLength={60} autoFocus onChange={(event) => setName(event.target.value)} aria-label={t("word.name")} /></Form.Item>
            <Form.Item label={t("group_messages.where")}>
              <Segmented<Where> value={where} onChange={then(setWhere)} options={(["all", "stores", "groups"] as const).map((value) => ({ value, label: t(`group_messages.where.${value}`) }))} />
            </Form.Item>
            {where === "stores" ? <Form.Item><Select mode="multiple" className="full" aria-label={t("group_messages.where.stores")} value={stores} onChange={then(setStores)} loading={storeList.isPending} showSearch={{ optionFilterProp: "label" }} options={storeList.data?.items.map((own) => ({ value: own.code, label: own.name ? `${own.name} · ${own.code}` : own.code }))} /></Form.Item> : null}
            {where === "groups" ? <Form.Item><Select mode="multiple" className="full" aria-label={t("group_messages.where.groups")} value={groups} onChange={then(setGroups)} loading={groupList.isPending} showSearch={{ optionFilterProp: "label" }} options={groupList.data?.items.map((own) => ({ value: own.id, label: own.name || t("groups.unnamed") }))} /></Form.Item> : null}
            <Form.Item label={t("group_messages.class")} extra={t("group_messages.class_hint")}>
              <Segmented<"marketing" | "service"> value={kind} onChange={then(setKind)} options={(["marketing", "service"] as const).map((value) => ({ value, label: t(`group_messages.class.${value}`) }))} />
            </Form.Item>
            <p className="muted small gap-below">{t("group_messages.content_hint")}</p>
            <SaidEditor own={said} only={["staff.name", "store.name", "brand.name"]} onChange={then(say)} />
            {failed ? <Alert type="error" showIcon title={text(failed)} className="gap-below" /> : null}
            {plan.data ? <Plan plan={plan.data} /> : null}
            <div className="row">
              <MayButton permission="messages.write" type={plan.data ? "default" : "primary"} htmlType="submit" loading={plan.isPending} disabled={!whole}>{t("messages.plan")}</MayButton>
              {plan.data?.reached ? (
                <Popconfirm title={t("group_messages.create_sure", { n: format.count(plan.data.reached), owners: format.count(plan.data.owners.length) })} okText={t("messages.create")} cancelText={t("action.cancel")} onConfirm={() => create.mutate()}>
                  <MayButton permission="messages.write" type="primary" loading={create.isPending}>{t("messages.create")}</MayButton>
                </Popconfirm>
              ) : null}
              <Button onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
            </div>
          </section>
          <Phone content={content} shown={preview.error ? undefined : preview.data} />
        </div>
      </Form>
    </>
  );
}

function Plan({ plan }: { plan: S.GroupMessagePlan }) {
  const { t, word } = useI18n();
  const format = useFormat();
  return (
    <div className="stack tight gap-below">
      <Alert
        type={plan.reached ? "info" : "warning"} showIcon
        title={t("group_messages.plan_says", { groups: format.count(plan.groups), reached: format.count(plan.reached), owners: format.count(plan.owners.length), members: format.count(plan.members) })}
        description={plan.skipped.map((own) => `${word("messages.reason", own.reason)} ${format.count(own.groups)}`).join(" · ") || undefined}
      />
      <Table
        size="small" rowKey={(row) => row.owner} dataSource={plan.owners} pagination={plan.owners.length > 10 ? { pageSize: 10 } : false}
        columns={[
          { title: t("group_messages.owner"), render: (_, row) => row.owner_name || row.owner },
          { title: t("staff.store"), render: (_, row) => row.store || "–" },
          { title: t("group_messages.groups"), align: "right", render: (_, row) => <Num>{format.count(row.groups)}</Num> },
        ]}
      />
    </div>
  );
}
