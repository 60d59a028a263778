import { Button, Drawer, Form, InputNumber, Space } from "antd";
import { useState } from "react";
import { fromMinor, toMinor } from "../format/money";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import type { Filters } from "../shell/useFilters";
import { drawerFilters } from "./filters";
import { DayRange, KindSelect, StoreSelect, TagSelect } from "./pickers";

type Draft = Record<string, string | null | undefined>;

export function PeopleFilters({ open, filters, onClose, onApply }: {
  open: boolean; filters: Filters; onClose: () => void; onApply: (change: Draft) => void;
}) {
  const { t } = useI18n();
  return (
    <Drawer open={open} onClose={onClose} title={t("people.filters")} size={400} destroyOnHidden>
      <FilterForm filters={filters} onApply={(draft) => {
        onApply(draft);
        onClose();
      }} />
    </Drawer>
  );
}

function FilterForm({ filters, onApply }: { filters: Filters; onApply: (change: Draft) => void }) {
  const { t } = useI18n();
  const { currency } = useFormat();
  const [draft, setDraft] = useState<Draft>(() => Object.fromEntries(drawerFilters.map((name) => [name, filters[name]])));
  const set = (change: Draft) => setDraft((before) => ({ ...before, ...change }));
  const number = (name: string, label: string, amount: boolean) => (
    <InputNumber
      min={0} placeholder={label} aria-label={label} className="full" precision={amount ? undefined : 0}
      value={draft[name] ? (amount ? fromMinor(Number(draft[name]), currency) : Number(draft[name])) : null}
      onChange={(value) => set({ [name]: value === null ? null : String(amount ? toMinor(value, currency) : value) })}
    />
  );
  return (
    <Form layout="vertical" onFinish={() => onApply(draft)}>
      <Form.Item label={t("people.tag")}><TagSelect allowClear value={draft.tag ?? undefined} onChange={(tag) => set({ tag: tag ?? null })} /></Form.Item>
      <Form.Item label={t("people.has")}><KindSelect allowClear value={draft.has ?? undefined} onChange={(has) => set({ has: has ?? null })} /></Form.Item>
      <Form.Item label={t("people.store")}><StoreSelect allowClear value={draft.store ?? undefined} onChange={(store) => set({ store: store ?? null })} /></Form.Item>
      <Form.Item label={t("people.orders")}>
        <Space.Compact block>{number("orders_min", t("word.min"), false)}{number("orders_max", t("word.max"), false)}</Space.Compact>
      </Form.Item>
      <Form.Item label={t("people.amount_in", { currency })}>
        <Space.Compact block>{number("amount_min", t("word.min"), true)}{number("amount_max", t("word.max"), true)}</Space.Compact>
      </Form.Item>
      <Form.Item label={t("people.created")}>
        <DayRange from={draft.created_from ?? undefined} to={draft.created_to ?? undefined} onChange={(created_from, created_to) => set({ created_from, created_to })} />
      </Form.Item>
      <Form.Item label={t("people.last_order")}>
        <DayRange from={draft.last_order_from ?? undefined} to={draft.last_order_to ?? undefined} onChange={(last_order_from, last_order_to) => set({ last_order_from, last_order_to })} />
      </Form.Item>
      <div className="row form-foot">
        <Button type="primary" htmlType="submit">{t("action.apply")}</Button>
        <Button onClick={() => setDraft(Object.fromEntries(drawerFilters.map((name) => [name, null])))}>{t("action.clear")}</Button>
      </div>
    </Form>
  );
}
