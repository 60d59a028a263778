// Addresses that get nothing more: why, since when, and letting one again.
import { StopOutlined, UploadOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Form, Input, Modal, Select, Upload } from "antd";
import { useState } from "react";
import { carriers as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Suppression } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorNotice } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { useWho } from "../shell/who";
import { place } from "./account";

type Way = "email" | "sms";

export function AlonePage() {
  return <Need permission="messages.write"><LeftAlone /></Need>;
}

function useWays(): { value: Way; label: string }[] {
  const { t } = useI18n();
  return [{ value: "email", label: t("carriers.tab.mail") }, { value: "sms", label: t("carriers.tab.sms") }];
}

function LeftAlone() {
  const { t, word } = useI18n();
  const format = useFormat();
  const who = useWho();
  const ways = useWays();
  const [filters, change] = useFilters();
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Suppression | null>(null);
  const query = { channel: filters.channel, address: filters.address };
  const pages = usePages(keys.carriersPart("alone", query), api.alone, query);
  const way = (row: Suppression) => ways.find((own) => own.value === row.channel)?.label ?? row.channel;
  const end = (row: Suppression) => <MayButton permission="messages.write" size="small" onClick={() => setEnding(row)}>{t("alone.again")}</MayButton>;
  return (
    <>
      <PageHead title={t("nav.left_alone")} hint={t("alone.hint")}>
        <Import ways={ways} />
        <MayButton permission="messages.write" type="primary" onClick={() => setAdding(true)}>{t("alone.add")}</MayButton>
      </PageHead>
      <div className="stack">
        <div className="row wrap">
          <Select aria-label={t("alone.any")} value={filters.channel ?? ""} onChange={(channel) => change({ channel })} options={[{ value: "", label: t("alone.any") }, ...ways]} style={{ minWidth: 130 }} />
          <Input.Search allowClear defaultValue={filters.address} placeholder={t("alone.find")} onSearch={(address) => change({ address: address.trim() })} style={{ maxWidth: 320 }} />
        </div>
        <ListTable
          pages={pages} rowKey={(row) => row.id}
          columns={[
            { title: t("alone.address"), render: (_, row) => <span className="num">{row.masked || t("alone.erased")}</span> },
            { title: t("alone.channel"), key: "way", render: (_, row) => way(row) },
            { title: t("word.reason"), render: (_, row) => word("alone.reason", row.reason) },
            { title: t("alone.message"), render: (_, row) => (row.message ? <code>{row.message}</code> : null) },
            { title: t("word.time"), render: (_, row) => <Num>{format.at(row.at)}</Num> },
            { title: t("word.by"), render: (_, row) => who(row.by) },
            { title: "", key: "end", render: (_, row) => end(row) },
          ]}
          card={(row) => (
            <>
              <div className="row between"><b className="num break">{row.masked || t("alone.erased")}</b>{end(row)}</div>
              <div className="muted small">{way(row)} · {word("alone.reason", row.reason)} · {format.at(row.at)}</div>
            </>
          )}
          empty={<EmptyHint icon={<StopOutlined />} title={t("alone.none")}>{t("alone.none_text")}</EmptyHint>}
        />
      </div>
      <Modal open={adding} onCancel={() => setAdding(false)} footer={null} destroyOnHidden title={t("alone.add")}><Add ways={ways} done={() => setAdding(false)} /></Modal>
      <Modal open={ending !== null} onCancel={() => setEnding(null)} footer={null} destroyOnHidden title={t("alone.again_title", { address: ending?.masked ?? "" })}>
        {ending ? <End id={ending.id} done={() => setEnding(null)} /> : null}
      </Modal>
    </>
  );
}

function Add({ ways, done }: { ways: { value: Way; label: string }[]; done: () => void }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<{ channel: Way; address: string }>();
  const add = useMutation({
    meta: { quiet: true },
    mutationFn: api.addAlone,
    onSuccess: ({ added }) => {
      void message.success(added ? t("alone.added") : t("alone.known"));
      void client.invalidateQueries({ queryKey: keys.carriers });
      done();
    },
    onError: (error) => place(form, error),
  });
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={{ channel: "email" }} onFinish={(input) => add.mutate(input)}>
      <Form.Item name="channel" label={t("alone.channel")}><Select options={ways} /></Form.Item>
      <Form.Item name="address" label={t("alone.address")} rules={[{ required: true, whitespace: true, message: t("carriers.needed") }]}><Input maxLength={254} autoComplete="off" /></Form.Item>
      <MayButton permission="messages.write" type="primary" htmlType="submit" loading={add.isPending}>{t("action.add")}</MayButton>
    </Form>
  );
}

function End({ id, done }: { id: string; done: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: ({ why }: { why: string }) => api.letAgain(id, why),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.carriers });
      done();
    },
  });
  return (
    <Form layout="vertical" requiredMark={false} onFinish={(input: { why: string }) => end.mutate(input)}>
      <Form.Item name="why" label={t("word.reason")} rules={[{ required: true, whitespace: true, message: t("word.reason_needed") }]}><Input.TextArea rows={2} maxLength={500} /></Form.Item>
      <MayButton permission="messages.write" type="primary" danger htmlType="submit" loading={end.isPending}>{t("alone.again")}</MayButton>
    </Form>
  );
}

/** One channel at a time: a number is no mail address. */
function Import({ ways }: { ways: { value: Way; label: string }[] }) {
  const { t } = useI18n();
  const { modal } = App.useApp();
  const notice = useErrorNotice();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [way, setWay] = useState<Way>("email");
  const load = useMutation({
    meta: { quiet: true },
    mutationFn: (file: File) => api.importAlone(way, file, new AbortController().signal),
    onSuccess: (done) => {
      setOpen(false);
      void client.invalidateQueries({ queryKey: keys.carriers });
      const { added, known, refused, lines } = done;
      modal.info({ title: t("alone.imported", { added, known, refused }), content: lines.length > 0 ? t("alone.imported_lines", { lines: lines.join(", ") }) : null });
    },
    onError: notice,
  });
  return (
    <>
      <MayButton permission="messages.write" icon={<UploadOutlined />} onClick={() => setOpen(true)}>{t("alone.import")}</MayButton>
      <Modal open={open} onCancel={() => setOpen(false)} footer={null} destroyOnHidden title={t("alone.import")}>
        <div className="stack tight">
          <Select aria-label={t("alone.channel")} value={way} onChange={setWay} options={ways} />
          <Upload accept=".csv,text/csv" maxCount={1} showUploadList={false} beforeUpload={(file) => {
            load.mutate(file);
            return false;
          }}>
            <MayButton permission="messages.write" type="primary" icon={<UploadOutlined />} loading={load.isPending}>{t("alone.import")}</MayButton>
          </Upload>
        </div>
      </Modal>
    </>
  );
}
