import { EditOutlined, SearchOutlined, ShopOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { commerce as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Store } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";

export function StoresPage() {
  return <Need permission="orders.read"><Stores /></Need>;
}

function Stores() {
  const { t } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const [edited, setEdited] = useState<Store | null>(null);
  const query = { q: filters.q };
  const pages = usePages(keys.stores(query), api.stores, query);
  const edit = (store: Store) => <MayButton permission="commerce.write" type="text" icon={<EditOutlined />} aria-label={`${t("action.edit")} ${store.code}`} onClick={() => setEdited(store)} />;
  const people = (store: Store) => <Link to={`/people?store=${encodeURIComponent(store.code)}`} className="num">{t("tags.people", { n: format.count(store.people) })}</Link>;
  const orders = (store: Store) => <Link to={`/orders?store=${encodeURIComponent(store.code)}`} className="num">{format.count(store.orders)}</Link>;
  return (
    <>
      <PageHead title={t("nav.stores")} hint={t("stores.hint")} />
      <div className="bar"><SearchInput value={filters.q ?? ""} label={t("stores.search")} onChange={(q) => change({ q })} /></div>
      <ListTable
        pages={pages} rowKey={(store) => store.code}
        columns={[
          { title: t("people.store"), render: (_, store) => <b className="plain">{store.name || t("stores.unnamed")}</b> },
          { title: t("stores.code"), render: (_, store) => <code>{store.code}</code> },
          { title: t("stores.region"), render: (_, store) => store.region || "–" },
          { title: t("people.orders"), align: "right", render: (_, store) => orders(store) },
          { title: t("home.revenue"), align: "right", render: (_, store) => <Num>{format.money(store.revenue)}</Num> },
          { title: t("home.people"), align: "right", render: (_, store) => people(store) },
          { title: "", align: "right", render: (_, store) => edit(store) },
        ]}
        card={(store) => (
          <>
            <div className="row between"><span className="card-title">{store.name || store.code}</span>{edit(store)}</div>
            <div className="muted small">{[store.name && store.name !== store.code ? store.code : "", store.region].filter(Boolean).join(" · ")}</div>
            <div className="row between"><span>{people(store)} · {t("people.orders")} {orders(store)}</span><Num>{format.money(store.revenue)}</Num></div>
          </>
        )}
        empty={filters.q ? <EmptyHint icon={<SearchOutlined />} title={t("stores.none_found")} /> : <EmptyHint icon={<ShopOutlined />} title={t("stores.empty")}>{t("stores.empty_text")}</EmptyHint>}
      />
      {edited ? <StoreModal store={edited} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

function StoreModal({ store, onClose }: { store: Store; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<{ name: string; region: string }>();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (input: { name: string; region: string }) => api.saveStore(store.code, input),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["stores"] });
      onClose();
    },
  });
  return (
    <Modal open onCancel={onClose} title={t("stores.edit", { code: store.code })} okText={t("action.save")} cancelText={t("action.cancel")} confirmLoading={save.isPending} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={save.mutate} initialValues={{ name: store.name ?? "", region: store.region ?? "" }}>
        <Form.Item name="name" label={t("word.name")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input autoFocus maxLength={80} /></Form.Item>
        <Form.Item name="region" label={t("stores.region")} extra={t("stores.region_hint")}><Input maxLength={80} /></Form.Item>
      </Form>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
    </Modal>
  );
}
