import { CarryOutOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, DatePicker, Form, Input, Modal, Select, Skeleton, Table } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { EmptyHint, Num } from "../shell/parts";
import { guideKeys, guides } from "./calls";

const KINDS = ["follow_up", "message", "call", "invite", "group", "other"] as const;
const COLUMNS = ["open", "late", "done", "done_late", "skipped"] as const;

export function Tasks() {
  const { t } = useI18n();
  const format = useFormat();
  const board = useQuery({ queryKey: guideKeys.part("board"), queryFn: guides.board });
  const [giving, give] = useState(false);
  return (
    <div className="stack">
      <div className="bar"><span className="muted">{t("guides.board_hint")}</span><Button type="primary" icon={<PlusOutlined />} onClick={() => give(true)}>{t("guides.task_new")}</Button></div>
      <div className="panel list">
        {board.isPending ? <div className="pad"><Skeleton active /></div> : null}
        {board.isError ? <ErrorView error={board.error} retry={() => void board.refetch()} /> : null}
        {board.data?.items.length === 0 ? <EmptyHint icon={<CarryOutOutlined />} title={t("guides.task_none")}>{t("guides.task_none_text")}</EmptyHint> : null}
        {board.data && board.data.items.length > 0 ? (
          <Table
            rowKey="staff" dataSource={board.data.items} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: "max-content" }} size="small"
            columns={[
              { title: t("staff.one"), render: (_, row) => row.name || row.staff },
              ...COLUMNS.map((column) => ({ title: t(`guides.board.${column}`), align: "right" as const, render: (_: unknown, row: Record<(typeof COLUMNS)[number], number>) => <Num>{format.count(row[column])}</Num> })),
            ]}
          />
        ) : null}
      </div>
      {giving ? <Give close={() => give(false)} /> : null}
    </div>
  );
}

interface Draft { staff: string[]; kind: string; text: string; due: Dayjs | null }

function Give({ close }: { close: () => void }) {
  const { t, word } = useI18n();
  const { message } = App.useApp();
  const text = useErrorText();
  const client = useQueryClient();
  const [form] = Form.useForm<Draft>();
  const [q, search] = useState("");
  // Named once: whoever presses twice gives one task.
  const [origin] = useState(() => Math.random().toString(36).slice(2));
  const query = { q, serving: true, gone: false, limit: 200 };
  const staff = useQuery({ queryKey: keys.wecomPart("staff", query), queryFn: () => wecom.staff(query), placeholderData: (old) => old });
  const give = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => guides.give({ staff: draft.staff, kind: draft.kind, text: draft.text, due_at: draft.due ? draft.due.toISOString() : null, origin }),
    onSuccess: ({ items }) => {
      void message.success(t("guides.task_given", { n: items.length }));
      void client.invalidateQueries({ queryKey: guideKeys.all });
      close();
    },
  });
  return (
    <Modal open title={t("guides.task_new")} okText={t("guides.task_new")} cancelText={t("action.cancel")} confirmLoading={give.isPending} onCancel={close} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" initialValues={{ staff: [], kind: "follow_up", text: "", due: null }} onFinish={(draft) => give.mutate(draft)}>
        <Form.Item name="staff" label={t("guides.task_staff")} rules={[{ required: true }]}>
          <Select mode="multiple" showSearch={{ filterOption: false, onSearch: search }} loading={staff.isFetching} options={staff.data?.items.map((own) => ({ value: own.userid, label: `${own.name || own.userid}${own.store ? ` · ${own.store}` : ""}` }))} />
        </Form.Item>
        <Form.Item name="kind" label={t("guides.task_kind")}><Select options={KINDS.map((own) => ({ value: own, label: word("guides.task_kind", own) }))} /></Form.Item>
        <Form.Item name="text" label={t("guides.task_text")} rules={[{ required: true }]}><Input.TextArea rows={3} maxLength={500} showCount /></Form.Item>
        <Form.Item name="due" label={t("guides.task_due")}><DatePicker showTime={{ format: "HH:mm" }} style={{ width: "100%" }} /></Form.Item>
      </Form>
      {give.error ? <Alert type="error" title={text(give.error)} /> : null}
    </Modal>
  );
}
