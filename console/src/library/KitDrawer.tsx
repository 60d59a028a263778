// One kit: what, for whom, how; and what was sent of it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, DatePicker, Drawer, Form, Input, Popconfirm, Select, Skeleton, Switch } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { commerce, wecom } from "../api/calls";
import { keys } from "../api/keys";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, usePhone } from "../shell/parts";
import { useCan } from "../shell/session";
import { kits as api, materialKeys, materials } from "./calls";

interface Props { id: string | null; day: string; onClose: () => void }

export function KitDrawer({ id, day, onClose }: Props) {
  const { t } = useI18n();
  const phone = usePhone();
  const found = useQuery({ queryKey: materialKeys.kit(id ?? ""), queryFn: () => api.get(id ?? ""), enabled: id !== null, refetchOnWindowFocus: false });
  return (
    <Drawer open onClose={onClose} size={phone ? "100%" : 520} title={found.data?.name ?? t("kits.new")}>
      {found.error ? <ErrorView error={found.error} retry={() => void found.refetch()} /> : null}
      {id === null || found.data ? <Body key={found.data?.version ?? 0} own={found.data} day={day} onClose={onClose} /> : <Skeleton active />}
    </Drawer>
  );
}

function Body({ own, day, onClose }: { own: S.KitWhole | undefined; day: string; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const can = useCan();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [kit, put] = useState<S.KitNew>({
    name: own?.name ?? "", day: own?.day ?? day, how: own?.how ?? "", materials: own?.materials.map((one) => one.id) ?? [],
    staff: own?.staff ?? [], stores: own?.stores ?? [], owners: own?.owners ?? false, version: own?.version ?? null,
  });
  const set = (change: Partial<S.KitNew>) => put((before) => ({ ...before, ...change }));
  const query = { usable: true, limit: 200 };
  const list = useQuery({ queryKey: materialKeys.list(query), queryFn: () => materials.list(query) });
  const staff = useQuery({ queryKey: keys.wecomPart("staff", { limit: 200 }), queryFn: () => wecom.staff({ limit: 200 }), staleTime: 60_000, meta: { quiet: true } });
  const stores = useQuery({ queryKey: keys.stores({ limit: 200 }), queryFn: () => commerce.stores({ limit: 200 }), enabled: can("orders.read"), staleTime: 60_000, meta: { quiet: true } });
  const done = () => {
    void client.invalidateQueries({ queryKey: materialKeys.all });
    onClose();
  };
  const save = useMutation({
    meta: { quiet: true }, mutationFn: () => (own ? api.change(own.id, kit) : api.add(kit)),
    onSuccess: () => {
      void message.success(t("action.saved"));
      done();
    },
  });
  const remove = useMutation({ mutationFn: () => api.remove(own?.id ?? ""), onSuccess: done });
  // What was retired since still has a name.
  const known = [...(list.data?.items ?? []), ...(own?.materials ?? []).filter((one) => !list.data?.items.some((other) => other.id === one.id))];
  return (
    <Form layout="vertical" requiredMark={false} disabled={!can("messages.write")} onFinish={() => save.mutate()}>
      <div className="halves">
        <Form.Item label={t("word.name")}><Input value={kit.name} maxLength={60} onChange={(event) => set({ name: event.target.value })} aria-label={t("word.name")} /></Form.Item>
        <Form.Item label={t("kits.day")}><DatePicker className="full" allowClear={false} value={dayjs(kit.day)} onChange={(value) => { if (value) set({ day: value.format("YYYY-MM-DD") }); }} aria-label={t("kits.day")} /></Form.Item>
      </div>
      <Form.Item label={t("kits.materials")}>
        <Select mode="multiple" className="full" maxCount={20} value={kit.materials} onChange={(next: string[]) => set({ materials: next })} loading={list.isPending} showSearch={{ optionFilterProp: "label" }} options={known.map((one) => ({ value: one.id, label: one.name }))} placeholder={t("materials.take")} aria-label={t("kits.materials")} />
      </Form.Item>
      <Form.Item label={t("kits.how")}><Input.TextArea rows={3} maxLength={500} value={kit.how} onChange={(event) => set({ how: event.target.value })} placeholder={t("kits.how_hint")} aria-label={t("kits.how")} /></Form.Item>
      <Form.Item label={t("kits.staff")} extra={t("kits.whom_hint")}>
        <Select mode="multiple" className="full" value={kit.staff} onChange={(next: string[]) => set({ staff: next })} loading={staff.isPending} showSearch={{ optionFilterProp: "label" }} options={staff.data?.items.map((one) => ({ value: one.userid, label: one.name || one.userid }))} aria-label={t("kits.staff")} />
      </Form.Item>
      <Form.Item label={t("kits.stores")}>
        <Select mode="multiple" className="full" value={kit.stores} onChange={(next: string[]) => set({ stores: next })} showSearch={{ optionFilterProp: "label" }} options={stores.data?.items.map((one) => ({ value: one.code, label: one.name ? `${one.name} · ${one.code}` : one.code }))} aria-label={t("kits.stores")} />
      </Form.Item>
      <Form.Item><span className="row"><Switch checked={kit.owners} onChange={(owners) => set({ owners })} aria-label={t("kits.owners")} />{t("kits.owners")}</span></Form.Item>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
      <div className="row">
        <MayButton permission="messages.write" type="primary" htmlType="submit" loading={save.isPending} disabled={!kit.name.trim() || kit.materials.length === 0}>{t("action.save")}</MayButton>
        {own ? <Popconfirm title={t("kits.remove_sure")} okText={t("action.delete")} cancelText={t("action.cancel")} onConfirm={() => remove.mutate()}><MayButton permission="messages.write" danger loading={remove.isPending}>{t("action.delete")}</MayButton></Popconfirm> : null}
      </div>
      {own ? <Sent own={own} /> : null}
    </Form>
  );
}

function Sent({ own }: { own: S.KitWhole }) {
  const { t } = useI18n();
  const format = useFormat();
  const name = (id: string) => own.materials.find((one) => one.id === id)?.name ?? "";
  return (
    <section className="gap-above">
      <h3 className="part">{t("kits.sent")}</h3>
      {own.sent.length === 0 ? <p className="muted">{t("kits.sent_none")}</p> : own.sent.map((one) => (
        <div key={`${one.staff}${one.material}`} className="row between material-line"><span>{one.staff_name || one.staff} <span className="muted small">{name(one.material)}</span></span><span className="muted small num">{t("kits.sends", { n: format.count(one.sends) })} · {format.at(one.last_at)}</span></div>
      ))}
    </section>
  );
}
