import { DashboardOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal, Skeleton } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView, useErrorText } from "../../shell/errors";
import { EmptyHint, MayButton, Need, PageHead } from "../../shell/parts";
import { boards as api, seeKeys } from "../calls";
import { useStarter } from "./useStarter";
import "../see.css";

export function BoardsPage() {
  return <Need permission="people.read"><Boards /></Need>;
}

function Boards() {
  const { t } = useI18n();
  const format = useFormat();
  const [adding, setAdding] = useState(false);
  const list = useQuery({ queryKey: seeKeys.boards, queryFn: api.list });
  const add = <MayButton permission="boards.write" type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("boards.new")}</MayButton>;
  return (
    <>
      <PageHead title={t("boards.title")} hint={t("boards.hint")}>{add}</PageHead>
      {list.error ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isPending ? <Skeleton active /> : null}
      {list.data?.items.length === 0 ? <div className="panel"><EmptyHint icon={<DashboardOutlined />} title={t("boards.empty")}><p>{t("boards.empty_text")}</p>{add}</EmptyHint></div> : null}
      <div className="board-list">
        {list.data?.items.map((board) => (
          <Link key={board.id} to={`/boards/${board.id}`} className="panel board-card">
            <b>{board.name}</b>
            <span className="muted small">{board.items.map((item) => item.title).join(" · ") || t("boards.no_items")}</span>
            <span className="muted small num">{t("boards.changed", { at: format.at(board.updated_at) })}</span>
          </Link>
        ))}
      </div>
      <NewBoard open={adding} onClose={() => setAdding(false)} />
    </>
  );
}

function NewBoard({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const starter = useStarter();
  const [name, setName] = useState("");
  const add = useMutation({
    meta: { quiet: true },
    mutationFn: () => api.add({ name: name.trim(), items: starter }),
    onSuccess: (board) => {
      void client.invalidateQueries({ queryKey: seeKeys.boards });
      void navigate(`/boards/${board.id}`);
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("boards.new")} okText={t("action.add")} cancelText={t("action.cancel")} okButtonProps={{ disabled: !name.trim() }} onOk={() => add.mutate()} confirmLoading={add.isPending} destroyOnHidden>
      <p className="muted gap-below">{t("boards.new_text")}</p>
      <Form.Item layout="vertical" label={t("boards.name")}><Input value={name} maxLength={60} autoFocus onChange={(event) => setName(event.target.value)} onPressEnter={() => name.trim() && add.mutate()} /></Form.Item>
      {add.error ? <Alert type="error" showIcon title={text(add.error)} /> : null}
    </Modal>
  );
}
