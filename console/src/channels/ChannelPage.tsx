import { EditOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, DatePicker, Form, Input, InputNumber, Modal, Skeleton, Tag as AntTag } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { toMinor } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { channelKeys, channels, type Channel, type Figures } from "./calls";
import { ChannelForm } from "./ChannelForm";
import { CodesTable } from "./CodesPage";
import { Figure, FiguresOf } from "./Figure";
import { SpanPicker } from "./SpanPicker";
import "../wecom/wecom.css";
import "./channels.css";

export function ChannelPage() {
  const { id = "" } = useParams();
  return <Need permission="people.read"><FiguresOf><Loaded id={id} /></FiguresOf></Need>;
}

function Loaded({ id }: { id: string }) {
  const channel = useQuery({ queryKey: channelKeys.one(id), queryFn: () => channels.get(id) });
  if (channel.isPending) return <Skeleton active />;
  if (!channel.data) return <ErrorView error={channel.error} retry={() => void channel.refetch()} />;
  return <Shown channel={channel.data} />;
}

function Shown({ channel }: { channel: Channel }) {
  const { t, word } = useI18n();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [editing, setEditing] = useState(false);
  const archive = useMutation({
    mutationFn: (archived: boolean) => channels.change(channel.id, { archived, version: channel.version }),
    onSuccess: () => {
      void message.success(t("channels.saved"));
      void client.invalidateQueries({ queryKey: channelKeys.all });
    },
  });
  const about = [word("channels.kind", channel.kind), channel.code, channel.owner, channel.store].filter(Boolean).join(" · ");
  return (
    <>
      <PageHead title={channel.name} hint={<><Link to="/channels">{t("channels.title")}</Link> · {about} {channel.archived_at ? <AntTag>{t("channels.archived")}</AntTag> : null}</>}>
        <MayButton permission="channels.write" loading={archive.isPending} onClick={() => archive.mutate(!channel.archived_at)}>{channel.archived_at ? t("channels.restore") : t("channels.archive")}</MayButton>
        <MayButton permission="channels.write" icon={<EditOutlined />} onClick={() => setEditing(true)}>{t("action.edit")}</MayButton>
        <MayButton permission="channels.write" type="primary" icon={<PlusOutlined />} disabled={Boolean(channel.archived_at)} onClick={() => void navigate(`/live-codes/new?channel=${channel.id}`)}>{t("codes.new")}</MayButton>
      </PageHead>
      {channel.note ? <p className="muted gap-below">{channel.note}</p> : null}
      <div className="stack">
        <Numbers channel={channel} />
        <section className="stack tight">
          <h2 className="settings-title">{t("codes.title")}</h2>
          <CodesTable query={{ channel: channel.id, archived: true }} add={false} />
        </section>
        <Costs channel={channel} />
      </div>
      {editing ? <ChannelForm channel={channel} onClose={() => setEditing(false)} /> : null}
    </>
  );
}

function Numbers({ channel }: { channel: Channel }) {
  const { t } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const query = { q: channel.code, archived: true, from: filters.from, to: filters.to, limit: 200 };
  const board = useQuery({ queryKey: channelKeys.figures(channel.id, query), queryFn: () => channels.board(query) });
  const row = board.data?.items.find((own) => own.channel.id === channel.id);
  const count = (value: number) => format.count(value);
  const card = (own: Figures, key: keyof Figures["cells"] & string, value: number, text: string) => (
    <div className="number" key={key}><div className="label">{t(`channels.${key as "adds"}`)}</div><div className="value"><Figure value={value} text={text} title={`${channel.name} · ${t(`channels.${key as "adds"}`)}`} cell={own.cells[key]} /></div></div>
  );
  const plain = (label: string, text: string) => <div className="number" key={label}><div className="label">{label}</div><div className="value num">{text}</div></div>;
  return (
    <section className="panel pad">
      <div className="bar filters"><b className="plain grow">{t("channels.figures")}</b><SpanPicker from={filters.from} to={filters.to} onChange={change} /></div>
      {board.isPending ? <Skeleton active /> : null}
      {board.isError ? <ErrorView error={board.error} retry={() => void board.refetch()} /> : null}
      {row ? (
        <div className="figure-cards">
          {card(row, "adds", row.adds, count(row.adds))}
          <div className="number"><div className="label">{t("channels.friends")}</div><div className="value"><Figure value={row.friends} text={count(row.friends)} title={`${channel.name} · ${t("channels.friends")}`} friends={channel.id} /></div></div>
          {card(row, "lost_customer", row.lost_customer, count(row.lost_customer))}
          {card(row, "lost_staff", row.lost_staff, count(row.lost_staff))}
          {row.lost_unknown ? card(row, "lost_unknown", row.lost_unknown, count(row.lost_unknown)) : null}
          {card(row, "buyers", row.buyers, count(row.buyers))}
          {card(row, "first_orders", row.first_orders, count(row.first_orders))}
          {card(row, "revenue_30", row.revenue_30, format.money(row.revenue_30))}
          {card(row, "revenue_90", row.revenue_90, format.money(row.revenue_90))}
          {plain(t("channels.cost"), row.cost === null || row.cost === undefined ? "–" : format.money(row.cost))}
          {plain(t("channels.cost_per_add"), row.cost_per_add === null || row.cost_per_add === undefined ? "–" : format.money(row.cost_per_add))}
          {plain(t("channels.roi_30"), row.roi_30 === null || row.roi_30 === undefined ? "–" : (format.decimal(row.roi_30, 2)))}
          {plain(t("channels.roi"), row.roi_90 === null || row.roi_90 === undefined ? "–" : (format.decimal(row.roi_90, 2)))}
          {plain(t("channels.visits"), row.visits === null || row.visits === undefined ? "–" : count(row.visits))}
        </div>
      ) : null}
      <p className="muted small gap-above">{t("channels.figures_hint")}</p>
    </section>
  );
}

function Costs({ channel }: { channel: Channel }) {
  const { t } = useI18n();
  const format = useFormat();
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const costs = useQuery({ queryKey: channelKeys.costs(channel.id), queryFn: () => channels.costs(channel.id) });
  const drop = useMutation({ mutationFn: (id: string) => channels.removeCost(channel.id, id), onSuccess: () => void client.invalidateQueries({ queryKey: channelKeys.all }) });
  return (
    <section className="panel">
      <div className="panel-head"><span>{t("channels.costs")}</span><MayButton permission="channels.write" size="small" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("channels.cost_add")}</MayButton></div>
      <p className="muted panel-note">{t("channels.costs_hint")}</p>
      {costs.isPending ? <div className="pad"><Skeleton active paragraph={{ rows: 2 }} title={false} /></div> : null}
      {costs.isError ? <ErrorView error={costs.error} retry={() => void costs.refetch()} /> : null}
      {costs.data?.items.length === 0 ? <EmptyHint title={t("channels.costs_none")} /> : null}
      {costs.data?.items.map((own) => (
        <div className="relation row between" key={own.id}>
          <span><b className="plain num">{format.money(own.amount, own.currency)}</b> <span className="num">{own.from} – {own.to}</span>{own.note ? <span className="muted"> · {own.note}</span> : null}<div className="muted small">{own.created_by} · <Num>{format.at(own.created_at)}</Num></div></span>
          <MayButton permission="channels.write" size="small" type="text" danger loading={drop.isPending && drop.variables === own.id} onClick={() => drop.mutate(own.id)}>{t("action.delete")}</MayButton>
        </div>
      ))}
      {adding ? <CostForm channel={channel} onClose={() => setAdding(false)} /> : null}
    </section>
  );
}

function CostForm({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { currency } = useFormat();
  const client = useQueryClient();
  const [form] = Form.useForm<{ days: [Dayjs, Dayjs]; amount: number; note: string }>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: { days: [Dayjs, Dayjs]; amount: number; note: string }) => channels.addCost(channel.id, {
      from: draft.days[0].format("YYYY-MM-DD"), to: draft.days[1].format("YYYY-MM-DD"), amount: toMinor(draft.amount, currency) ?? 0, note: draft.note,
    }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: channelKeys.all });
      onClose();
    },
  });
  return (
    <Modal open onCancel={onClose} title={t("channels.cost_add")} okText={t("action.save")} cancelText={t("action.cancel")} confirmLoading={save.isPending} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={save.mutate} initialValues={{ note: "" }}>
        <Form.Item name="days" label={t("channels.cost_days")} rules={[{ required: true, message: t("channels.cost_days_needed") }]}><DatePicker.RangePicker className="full" /></Form.Item>
        <Form.Item name="amount" label={`${t("channels.amount")} (${currency})`} rules={[{ required: true, message: t("channels.amount_needed") }]}><InputNumber<number> className="full" min={0.01} max={1e12} /></Form.Item>
        <Form.Item name="note" label={t("channels.note")}><Input maxLength={200} /></Form.Item>
        {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
      </Form>
    </Modal>
  );
}
