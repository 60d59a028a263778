import { DeleteOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Skeleton } from "antd";
import { ApiError } from "../api/client";
import type { GuideSettings } from "../api/openapi";
import { useI18n } from "../i18n";
import { OwnPages } from "../library/OwnPages";
import { ErrorView, useErrorText } from "../shell/errors";
import { Copyable } from "../shell/parts";
import { guideKeys, guides } from "./calls";

interface Draft { address: string; pages: string; client: string }

export function Access() {
  const setup = useQuery({ queryKey: guideKeys.part("setup"), queryFn: guides.setup });
  if (setup.isError) return <ErrorView error={setup.error} retry={() => void setup.refetch()} />;
  if (!setup.data) return <Skeleton active />;
  return (
    <div className="stack">
      <section className="panel pad"><Addresses key={`${setup.data.address} ${setup.data.pages} ${setup.data.client}`} saved={setup.data} /></section>
      <section className="panel pad stack tight"><Steps saved={setup.data} /></section>
      <section className="panel pad stack tight"><OwnPages address={setup.data.address} /></section>
    </div>
  );
}

function useSave() {
  const client = useQueryClient();
  const { message } = App.useApp();
  const { t } = useI18n();
  return (own: GuideSettings) => {
    void message.success(t("guides.saved"));
    client.setQueryData(guideKeys.part("setup"), own);
  };
}

function Addresses({ saved }: { saved: GuideSettings }) {
  const { t } = useI18n();
  const text = useErrorText();
  const put = useSave();
  const [form] = Form.useForm<Draft>();
  const save = useMutation({
    meta: { quiet: true }, mutationFn: guides.change, onSuccess: put,
    onError: (error) => {
      if (error instanceof ApiError && error.field) form.setFields([{ name: error.field as keyof Draft, errors: [error.message] }]);
    },
  });
  const unplaced = save.error instanceof ApiError && save.error.field ? null : save.error;
  return (
    <Form form={form} layout="vertical" initialValues={saved} onFinish={(draft) => save.mutate(draft)} style={{ maxWidth: 560 }}>
      <Form.Item name="address" label={t("guides.address")} extra={t("guides.address_hint")}><Input inputMode="url" placeholder={window.location.origin} /></Form.Item>
      <Form.Item name="pages" label={t("guides.pages")} extra={t("guides.pages_hint")}><Input inputMode="url" /></Form.Item>
      <Form.Item name="client" label={t("guides.client")} extra={t("guides.client_hint")}><Input inputMode="url" /></Form.Item>
      {unplaced ? <Alert type="error" title={text(unplaced)} /> : null}
      <Button type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</Button>
    </Form>
  );
}

function Steps({ saved }: { saved: GuideSettings }) {
  const { t } = useI18n();
  const text = useErrorText();
  const put = useSave();
  const [form] = Form.useForm<{ name: string; content: string }>();
  const add = useMutation({
    meta: { quiet: true }, mutationFn: (own: { name: string; content: string }) => guides.putFile(own.name.trim(), own.content),
    onSuccess: (own) => {
      form.resetFields();
      put(own);
    },
  });
  const drop = useMutation({ mutationFn: guides.dropFile, onSuccess: put });
  return (
    <>
      <b>{t("guides.steps")}</b>
      <span>1. {t("guides.step_domain")}</span>
      {saved.files.map((file) => (
        <div className="row" key={file.name}>
          <Copyable text={`${saved.address}/${file.name}`} />
          <Button size="small" icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={() => drop.mutate(file.name)} />
        </div>
      ))}
      <Form form={form} layout="inline" onFinish={(own) => add.mutate(own)}>
        <Form.Item name="name" rules={[{ required: true, message: "" }]}><Input aria-label={t("guides.file_name")} placeholder={"WW_verify_….txt"} /></Form.Item>
        <Form.Item name="content" rules={[{ required: true, message: "" }]}><Input aria-label={t("guides.file_content")} placeholder={t("guides.file_content")} /></Form.Item>
        <Button htmlType="submit" loading={add.isPending}>{t("guides.file_add")}</Button>
      </Form>
      {add.error ? <Alert type="error" title={text(add.error)} /> : null}
      <span>2. {t("guides.step_home")}</span>
      {saved.home_page ? <Copyable text={saved.home_page} /> : <span className="muted">{t("guides.step_none")}</span>}
      <span>3. {t("guides.step_side")}</span>
      {saved.side_page ? <Copyable text={saved.side_page} /> : <span className="muted">{t("guides.step_none")}</span>}
    </>
  );
}
