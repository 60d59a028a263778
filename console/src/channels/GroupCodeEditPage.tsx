// A live code of groups: which groups, in which order, for which store or city.
import { DeleteOutlined, DownOutlined, PlusOutlined, UpOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, InputNumber, Select, Skeleton, Switch } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead, useSettled } from "../shell/parts";
import { channelKeys, groupCodes, groupKeys, type GroupCode } from "./calls";
import { useChannels } from "./CodesPage";
import "./channels.css";

interface Draft { channel: string; name: string; full_at: number; auto_create: boolean }
interface VariantDraft { variant: string; base_name: string; groups: { id: string; name: string; members: number }[] }

export function GroupCodeEditPage() {
  return <Need permission="people.read"><Loaded /></Need>;
}

function Loaded() {
  const { id } = useParams();
  const code = useQuery({ queryKey: groupKeys.one(id ?? ""), queryFn: () => groupCodes.get(id ?? ""), enabled: Boolean(id), refetchOnWindowFocus: false });
  if (id && code.isError) return <ErrorView error={code.error} retry={() => void code.refetch()} />;
  if (id && !code.data) return <Skeleton active />;
  return <Editor key={code.data?.version ?? 0} code={code.data} />;
}

function Editor({ code }: { code: GroupCode | undefined }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [params] = useSearchParams();
  const list = useChannels();
  const [variants, setVariants] = useState<VariantDraft[]>(() => code?.variants.map((own) => ({ variant: own.variant, base_name: own.base_name, groups: own.rooms.map((room) => ({ id: room.group, name: room.name, members: room.members })) })) ?? [{ variant: "", base_name: "", groups: [] }]);
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => {
      const body = { name: draft.name.trim(), full_at: draft.full_at, auto_create: draft.auto_create, variants: variants.map((own) => ({ variant: own.variant.trim(), base_name: own.base_name.trim(), groups: own.groups.map((group) => group.id) })) };
      return code ? groupCodes.change(code.id, { ...body, version: code.version }) : groupCodes.add({ ...body, channel: draft.channel });
    },
    onSuccess: (saved) => {
      void message.success(code ? t("codes.saved") : t("codes.added"));
      void client.invalidateQueries({ queryKey: channelKeys.all });
      void navigate(`/group-codes/${saved.id}`);
    },
  });
  const initial: Draft = code ? { channel: code.channel, name: code.name, full_at: code.full_at, auto_create: code.auto_create } : { channel: params.get("channel") ?? "", name: "", full_at: 120, auto_create: true };
  const set = (at: number, part: Partial<VariantDraft>) => setVariants(variants.map((own, index) => (index === at ? { ...own, ...part } : own)));
  const empty = variants.some((own) => own.groups.length === 0);
  return (
    <>
      <PageHead title={code ? t("codes.edit", { name: code.name }) : t("group_codes.new")} hint={<Link to="/group-codes">{t("group_codes.title")}</Link>} />
      <Form<Draft> layout="vertical" requiredMark={false} initialValues={initial} onFinish={save.mutate}>
        <div className="stack">
          <section className="panel pad">
            <div className="halves">
              <Form.Item name="channel" label={t("channels.one")} rules={[{ required: true, message: t("codes.channel_needed") }]}>
                <Select disabled={Boolean(code)} showSearch={{ optionFilterProp: "label" }} loading={list.isPending} options={code ? [{ value: code.channel, label: code.channel_name }] : list.data?.items.map((own) => ({ value: own.id, label: own.name }))} />
              </Form.Item>
              <Form.Item name="name" label={t("codes.name")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={30} showCount /></Form.Item>
            </div>
            <div className="halves">
              <Form.Item name="full_at" label={t("group_codes.full_at")} extra={t("group_codes.full_at_hint")} rules={[{ required: true, message: t("group_codes.full_at_hint") }]}><InputNumber className="full" min={10} max={200} precision={0} /></Form.Item>
              <Form.Item name="auto_create" label={t("group_codes.auto")} extra={t("group_codes.auto_hint")} valuePropName="checked"><Switch /></Form.Item>
            </div>
          </section>
          {variants.map((own, at) => <VariantEditor key={at} own={own} alone={variants.length === 1} onChange={(part) => set(at, part)} onRemove={() => setVariants(variants.filter((_, index) => index !== at))} />)}
          <div><Button icon={<PlusOutlined />} onClick={() => setVariants([...variants, { variant: "", base_name: "", groups: [] }])}>{t("group_codes.variant_add")}</Button></div>
          {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
          <div className="row">
            <MayButton permission="channels.write" type="primary" htmlType="submit" loading={save.isPending} disabled={empty} tooltip={empty ? t("group_codes.choose") : undefined}>{t("action.save")}</MayButton>
            <Button onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
          </div>
        </div>
      </Form>
    </>
  );
}

function VariantEditor({ own, alone, onChange, onRemove }: { own: VariantDraft; alone: boolean; onChange: (part: Partial<VariantDraft>) => void; onRemove: () => void }) {
  const { t } = useI18n();
  const [q, setQ] = useState("");
  const query = { q: useSettled(q.trim()), limit: 50 };
  const found = useQuery({ queryKey: keys.wecomPart("groups", query), queryFn: () => wecom.groups(query), staleTime: 60_000 });
  const groups = found.data?.items.filter((group) => !own.groups.some((chosen) => chosen.id === group.id)) ?? [];
  const move = (from: number, to: number) => {
    const next = [...own.groups];
    next.splice(to, 0, ...next.splice(from, 1));
    onChange({ groups: next });
  };
  return (
    <section className="panel pad stack tight">
      <div className="row between"><b className="plain">{own.variant || t("group_codes.everybody")}</b>{alone ? null : <Button type="text" danger icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={onRemove} />}</div>
      <div className="halves">
        <label><span className="muted small">{t("group_codes.variant")}</span><Input value={own.variant} maxLength={40} placeholder={t("group_codes.everybody")} onChange={(event) => onChange({ variant: event.target.value })} /></label>
        <label><span className="muted small">{t("group_codes.base_name")}</span><Input value={own.base_name} maxLength={40} onChange={(event) => onChange({ base_name: event.target.value })} /></label>
      </div>
      <Select<string>
        className="full" value={null} loading={found.isPending} placeholder={t("group_codes.group_add")} aria-label={t("group_codes.group_add")} showSearch={{ filterOption: false, onSearch: setQ, searchValue: q }}
        onSelect={(id) => {
          const group = groups.find((other) => other.id === id);
          if (group) onChange({ groups: [...own.groups, { id, name: group.name, members: group.members }] });
        }}
        options={groups.map((group) => ({ value: group.id, label: `${group.name || t("groups.unnamed")} · ${t("group_codes.n_members", { n: group.members })}` }))}
      />
      {own.groups.map((group, at) => (
        <div className="row between" key={group.id}>
          <span className="grow break">{at + 1}. {group.name || t("groups.unnamed")} <span className="muted small num">{t("group_codes.n_members", { n: group.members })}</span></span>
          <span>
            <Button type="text" size="small" icon={<UpOutlined />} disabled={at === 0} aria-label={t("group_codes.up")} onClick={() => move(at, at - 1)} />
            <Button type="text" size="small" icon={<DownOutlined />} disabled={at === own.groups.length - 1} aria-label={t("group_codes.down")} onClick={() => move(at, at + 1)} />
            <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={() => onChange({ groups: own.groups.filter((other) => other.id !== group.id) })} />
          </span>
        </div>
      ))}
    </section>
  );
}
