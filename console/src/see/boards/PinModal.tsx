// Puts a question onto a board, so that its answer is there tomorrow.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Segmented, Select } from "antd";
import { Link } from "react-router";
import { useI18n } from "../../i18n";
import { useErrorText } from "../../shell/errors";
import { boards as api, seeKeys } from "../calls";
import type { KindName, Spec } from "../shapes";

const NEW = "new";

export function PinModal({ open, kind, spec, title, onClose }: { open: boolean; kind: KindName; spec: Spec; title: string; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t("see.pin")} destroyOnHidden>
      <PinForm kind={kind} spec={spec} title={title} onClose={onClose} />
    </Modal>
  );
}

interface Draft { board: string; name?: string; title: string; width: 1 | 2 }

function PinForm({ kind, spec, title, onClose }: { kind: KindName; spec: Spec; title: string; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Draft>();
  const list = useQuery({ queryKey: seeKeys.boards, queryFn: api.list });
  const boards = list.data?.items ?? [];
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: async (draft: Draft) => {
      const item = { title: draft.title.trim(), kind, spec, width: draft.width };
      if (draft.board === NEW) return api.add({ name: draft.name?.trim() ?? "", items: [item] });
      // The board as it is now: what a colleague has added meanwhile stays.
      const board = await api.get(draft.board);
      return api.change(board.id, { name: board.name, items: [...board.items, item], version: board.version });
    },
    onSuccess: (board) => {
      void client.invalidateQueries({ queryKey: seeKeys.boards });
      void message.success(<span>{t("boards.pinned")} <Link to={`/boards/${board.id}`}>{board.name}</Link></span>, 6);
      onClose();
    },
  });
  const chosen = Form.useWatch("board", form);
  if (list.isPending) return null;
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={save.mutate} initialValues={{ board: boards[0]?.id ?? NEW, title, width: 1 }}>
      <Form.Item name="board" label={t("boards.board")}><Select options={[...boards.map((board) => ({ value: board.id, label: board.name })), { value: NEW, label: t("boards.new") }]} /></Form.Item>
      {chosen === NEW ? <Form.Item name="name" label={t("boards.name")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={60} autoFocus /></Form.Item> : null}
      <Form.Item name="title" label={t("boards.title_of")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={60} /></Form.Item>
      <Form.Item name="width" label={t("boards.width")}><Segmented options={[{ value: 1, label: t("boards.half") }, { value: 2, label: t("boards.whole") }]} /></Form.Item>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
      <Button type="primary" htmlType="submit" loading={save.isPending}>{t("action.save")}</Button>
    </Form>
  );
}
