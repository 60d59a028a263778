// A live code: who is behind it, when, how many a day; what happens when somebody is added.
import { ClockCircleOutlined, DeleteOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, InputNumber, Modal, Select, Skeleton, Switch, Table, Tabs } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useTags } from "../people/pickers";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead, useSettled } from "../shell/parts";
import { welcomeKeys, welcomes } from "../welcomes/calls";
import { channelKeys, codes, POOLS, type Code } from "./calls";
import { useChannels } from "./CodesPage";
import { Coverage, RotaGrid } from "./RotaGrid";
import { always, gaps, isAlways, total, type Rota } from "./rota";
import "./channels.css";

interface SeatDraft { staff: string; name: string; store: string; weight: number; cap: number | null; rota: Rota }
type Pools = Record<string, SeatDraft[]>;
interface Draft { channel: string; name: string; skip_verify: boolean; exclusive: boolean; by_store: boolean; backup: string[]; tags: string[]; remark: string; welcome?: string }

export function CodeEditPage() {
  return <Need permission="people.read"><Loaded /></Need>;
}

function Loaded() {
  const { id } = useParams();
  const code = useQuery({ queryKey: channelKeys.code(id ?? ""), queryFn: () => codes.get(id ?? ""), enabled: Boolean(id), refetchOnWindowFocus: false });
  if (id && code.isError) return <ErrorView error={code.error} retry={() => void code.refetch()} />;
  if (id && !code.data) return <Skeleton active />;
  return <Editor key={code.data?.version ?? 0} code={code.data} />;
}

function poolsOf(code: Code | undefined): Pools {
  const seats = Object.entries(code?.pools ?? {}).map(([pool, list]) => [pool, list.map((seat) => ({ staff: seat.staff, name: seat.name, store: seat.store, weight: seat.weight, cap: seat.cap ?? null, rota: seat.rota }))]);
  return { general: [], ...Object.fromEntries(seats) } as Pools;
}

function Editor({ code }: { code: Code | undefined }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [params] = useSearchParams();
  const [form] = Form.useForm<Draft>();
  const [pools, setPools] = useState<Pools>(() => poolsOf(code));
  const list = useChannels();
  const backup = Form.useWatch("backup", form) ?? code?.backup.map((own) => own.staff) ?? [];
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => {
      const seats = Object.fromEntries(Object.entries(pools).filter(([pool, own]) => own.length > 0 || pool === "general").map(([pool, own]) => [pool, own.map(({ staff, weight, cap, rota }) => ({ staff, weight, cap, rota: isAlways(rota) ? [] : rota }))]));
      const body = { name: draft.name.trim(), skip_verify: draft.skip_verify, by_store: draft.by_store, pools: seats, backup: draft.backup, tags: draft.tags, remark: draft.remark.trim(), welcome: draft.welcome ?? "" };
      return code ? codes.change(code.id, { ...body, version: code.version }) : codes.add({ ...body, channel: draft.channel, exclusive: draft.exclusive });
    },
    onSuccess: (saved) => {
      void message.success(code ? t("codes.saved") : t("codes.added"));
      void client.invalidateQueries({ queryKey: channelKeys.all });
      void navigate(`/live-codes/${saved.id}`);
    },
  });
  const initial: Draft = code
    ? { channel: code.channel, name: code.name, skip_verify: code.skip_verify, exclusive: code.exclusive, by_store: code.by_store, backup: code.backup.map((own) => own.staff), tags: code.tags, remark: code.remark, welcome: code.welcome ?? undefined }
    : { channel: params.get("channel") ?? "", name: "", skip_verify: true, exclusive: false, by_store: false, backup: [], tags: [], remark: "" };
  const known = [...Object.values(pools).flat(), ...(code?.backup ?? [])].map((own) => ({ value: own.staff, label: own.name || own.staff }));
  const set = (pool: string, seats: SeatDraft[]) => setPools((before) => ({ ...before, [pool]: seats }));
  return (
    <>
      <PageHead title={code ? t("codes.edit", { name: code.name }) : t("codes.new")} hint={<Link to="/live-codes">{t("codes.title")}</Link>} />
      <Form form={form} layout="vertical" requiredMark={false} initialValues={initial} onFinish={save.mutate}>
        <div className="stack">
          <section className="panel pad">
            <div className="halves">
              <Form.Item name="channel" label={t("channels.one")} rules={[{ required: true, message: t("codes.channel_needed") }]}>
                <Select disabled={Boolean(code)} showSearch={{ optionFilterProp: "label" }} loading={list.isPending} options={code ? [{ value: code.channel, label: code.channel_name }] : list.data?.items.map((own) => ({ value: own.id, label: own.name }))} />
              </Form.Item>
              <Form.Item name="name" label={t("codes.name")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={30} showCount placeholder={t("codes.name_example")} /></Form.Item>
            </div>
          </section>
          <section className="panel pad">
            <h2 className="settings-title">{t("codes.who")}</h2>
            <p className="muted gap-below">{t("codes.who_hint")}</p>
            <Tabs items={POOLS.map((pool) => ({ key: pool, label: `${t(`codes.pool.${pool}`)} (${pools[pool]?.length ?? 0})`, children: <PoolEditor pool={pool} seats={pools[pool] ?? []} backup={backup.length > 0} onChange={(seats) => set(pool, seats)} /> }))} />
            <Form.Item name="backup" label={t("codes.backup")} extra={t("codes.backup_hint")}><StaffSelect known={known} max={20} /></Form.Item>
            <Form.Item name="by_store" label={t("codes.by_store")} extra={t("codes.by_store_hint")} valuePropName="checked"><Switch /></Form.Item>
          </section>
          <section className="panel pad">
            <h2 className="settings-title">{t("codes.after")}</h2>
            <div className="halves">
              <Form.Item name="tags" label={t("codes.tags")} extra={t("codes.tags_hint")}><TagsSelect /></Form.Item>
              <Form.Item name="remark" label={t("codes.remark")} extra={t("codes.remark_hint", { a: "{name}", b: "{channel}", c: "{staff}", d: "{date}" })}><Input maxLength={60} placeholder="{channel}-{name}" /></Form.Item>
            </div>
            <Form.Item name="welcome" label={t("codes.welcome")} extra={t("codes.welcome_hint")}><WelcomeSelect /></Form.Item>
            <div className="halves">
              <Form.Item name="skip_verify" label={t("codes.skip_verify")} extra={t("codes.skip_verify_hint")} valuePropName="checked"><Switch /></Form.Item>
              <Form.Item name="exclusive" label={t("codes.exclusive")} extra={code ? t("codes.exclusive_fixed") : t("codes.exclusive_hint")} valuePropName="checked"><Switch disabled={Boolean(code)} /></Form.Item>
            </div>
          </section>
          {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
          <div className="row">
            <MayButton permission="channels.write" type="primary" htmlType="submit" loading={save.isPending} disabled={(pools.general?.length ?? 0) === 0} tooltip={(pools.general?.length ?? 0) === 0 ? t("codes.nobody_chosen") : undefined}>{t("action.save")}</MayButton>
            <Button onClick={() => void navigate(-1)}>{t("action.cancel")}</Button>
          </div>
        </div>
      </Form>
    </>
  );
}

type Option = { value: string; label: string; store?: string };

/** Staff who may have customers, found by typing. */
function useStaffOptions(q: string) {
  const settled = useSettled(q.trim());
  const query = { q: settled, serving: true, limit: 50 };
  const found = useQuery({ queryKey: keys.wecomPart("staff", query), queryFn: () => wecom.staff(query), staleTime: 60_000 });
  const options: Option[] = (found.data?.items ?? []).map((own) => ({ value: own.userid, label: own.name || own.userid, store: own.store ?? "" }));
  return { options, pending: found.isPending };
}

function StaffSelect({ value, onChange, known, max }: { value?: string[]; onChange?: (next: string[]) => void; known: Option[]; max: number }) {
  const { t } = useI18n();
  const [q, setQ] = useState("");
  const { options, pending } = useStaffOptions(q);
  const all = [...new Map([...known, ...options].map((own) => [own.value, own])).values()];
  return <Select<string[]> mode="multiple" className="full" maxCount={max} value={value} onChange={onChange} loading={pending} showSearch={{ filterOption: false, onSearch: setQ, searchValue: q }} placeholder={t("codes.staff_search")} options={all.filter((own) => options.includes(own) || value?.includes(own.value))} optionRender={(option) => <span>{option.label}{(option.data as Option).store ? <span className="muted small"> · {(option.data as Option).store}</span> : null}</span>} />;
}

function TagsSelect(props: { value?: string[]; onChange?: (next: string[]) => void }) {
  const groups = useTags();
  const options = (groups.data?.groups ?? []).map((group) => ({ label: group.name, options: group.tags.filter((tag) => tag.kind !== "rule").map((tag) => ({ value: tag.id, label: tag.name })) })).filter((group) => group.options.length > 0);
  return <Select<string[]> {...props} mode="multiple" className="full" maxCount={20} showSearch={{ optionFilterProp: "label" }} loading={groups.isPending} options={options} />;
}

function WelcomeSelect(props: { value?: string; onChange?: (next?: string) => void }) {
  const { t } = useI18n();
  const list = useQuery({ queryKey: welcomeKeys.list(30), queryFn: () => welcomes.list(30), staleTime: 60_000 });
  return <Select<string> {...props} className="full" allowClear placeholder={t("codes.welcome_none")} showSearch={{ optionFilterProp: "label" }} loading={list.isPending} options={list.data?.items.map((own) => ({ value: own.id, label: own.name }))} />;
}

function PoolEditor({ pool, seats, backup, onChange }: { pool: string; seats: SeatDraft[]; backup: boolean; onChange: (next: SeatDraft[]) => void }) {
  const { t } = useI18n();
  const [q, setQ] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [editing, setEditing] = useState<{ staff: string[]; rota: Rota } | null>(null);
  const { options, pending } = useStaffOptions(q);
  const change = (staff: string, part: Partial<SeatDraft>) => onChange(seats.map((seat) => (seat.staff === staff ? { ...seat, ...part } : seat)));
  const put = (list: Option[]) => onChange([...seats, ...list.filter((own) => !seats.some((seat) => seat.staff === own.value)).map((own) => ({ staff: own.value, name: own.label, store: own.store ?? "", weight: 1, cap: null, rota: always }))]);
  const left = options.filter((own) => !seats.some((seat) => seat.staff === own.value));
  const open = gaps(seats.map((seat) => seat.rota));
  const capped = seats.length > 0 && seats.every((seat) => seat.cap !== null);
  const marked = seats.filter((seat) => chosen.includes(seat.staff));
  return (
    <div className="stack tight">
      <p className="muted">{t(`codes.pool.${pool as "general"}.hint`)}</p>
      <div className="seat-bar">
        <Select<string>
          className="w-260" value={null} loading={pending} placeholder={t("codes.staff_add")} aria-label={t("codes.staff_add")} showSearch={{ filterOption: false, onSearch: setQ, searchValue: q }}
          onSelect={(userid) => put(options.filter((own) => own.value === userid))} options={left}
          optionRender={(option) => <span>{option.label}{(option.data as Option).store ? <span className="muted small"> · {(option.data as Option).store}</span> : null}</span>}
        />
        <Button disabled={left.length === 0} onClick={() => put(left)}>{t("codes.staff_add_all", { n: left.length })}</Button>
        <Button icon={<ClockCircleOutlined />} disabled={marked.length === 0} onClick={() => setEditing({ staff: chosen, rota: marked[0]?.rota ?? always })}>{t("codes.rota_for", { n: marked.length })}</Button>
      </div>
      {seats.length > 0 ? (
        <>
          <Table<SeatDraft>
            size="small" rowKey="staff" dataSource={seats} scroll={{ x: "max-content" }} pagination={{ pageSize: 10, hideOnSinglePage: true, size: "small", showSizeChanger: false }}
            rowSelection={{ selectedRowKeys: chosen, onChange: (next) => setChosen(next as string[]) }}
            columns={[
              { title: t("staff.one"), render: (_, row) => <>{row.name || row.staff}{row.store ? <span className="muted small"> · {row.store}</span> : null}</> },
              { title: t("codes.weight"), render: (_, row) => <InputNumber size="small" className="w-80" min={1} max={100} precision={0} value={row.weight} onChange={(weight) => change(row.staff, { weight: weight ?? 1 })} aria-label={t("codes.weight")} /> },
              { title: t("codes.cap"), render: (_, row) => <InputNumber size="small" className="w-80" min={1} max={10_000} precision={0} value={row.cap} placeholder={t("codes.cap_none")} onChange={(cap) => change(row.staff, { cap })} aria-label={t("codes.cap")} /> },
              { title: t("rota.hours"), render: (_, row) => <Button size="small" onClick={() => setEditing({ staff: [row.staff], rota: isAlways(row.rota) ? always : row.rota })}>{isAlways(row.rota) ? t("rota.always") : t("rota.week", { n: total(row.rota) })}</Button> },
              { title: "", render: (_, row) => <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={() => onChange(seats.filter((seat) => seat.staff !== row.staff))} /> },
            ]}
          />
          <Coverage rotas={seats.map((seat) => seat.rota)} />
          {open > 0 || capped ? <Alert type={backup ? "info" : "warning"} showIcon title={open > 0 ? t("codes.gaps", { n: open }) : t("codes.all_capped")} description={backup ? t("codes.gaps_backup") : t("codes.gaps_nobody")} /> : null}
        </>
      ) : null}
      <Modal open={editing !== null} onCancel={() => setEditing(null)} width={860} title={t("rota.title")} okText={t("action.apply")} cancelText={t("action.cancel")} okButtonProps={{ disabled: editing !== null && total(editing.rota) === 0 }}
        onOk={() => {
          if (editing) onChange(seats.map((seat) => (editing.staff.includes(seat.staff) ? { ...seat, rota: editing.rota } : seat)));
          setEditing(null);
        }}>
        <p className="muted gap-below">{t("rota.hint")}</p>
        {editing ? <RotaGrid value={editing.rota} onChange={(rota) => setEditing({ ...editing, rota })} /> : null}
      </Modal>
    </div>
  );
}
