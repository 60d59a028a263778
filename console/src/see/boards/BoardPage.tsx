import { DeleteOutlined, EditOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Input, Popconfirm, Skeleton } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { useI18n } from "../../i18n";
import { ErrorView } from "../../shell/errors";
import { EmptyHint, MayButton, Need, PageHead } from "../../shell/parts";
import { boards as api, seeKeys } from "../calls";
import type { Board, BoardItem } from "../shapes";
import { moved } from "../spec";
import { Card } from "./Card";
import "../see.css";

export function BoardPage() {
  return <Need permission="people.read"><Loaded /></Need>;
}

function Loaded() {
  const { id = "" } = useParams();
  const board = useQuery({ queryKey: seeKeys.board(id), queryFn: () => api.get(id) });
  if (board.isPending) return <Skeleton active />;
  if (board.error) return <ErrorView error={board.error} retry={() => void board.refetch()} />;
  return <Shown board={board.data} />;
}

function Shown({ board }: { board: Board }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [editing, setEditing] = useState(false);
  const save = useMutation({
    mutationFn: (next: { name?: string; items?: BoardItem[] }) => api.change(board.id, { name: next.name ?? board.name, items: next.items ?? board.items, version: board.version }),
    onSuccess: (saved) => {
      client.setQueryData(seeKeys.board(board.id), saved);
      void client.invalidateQueries({ queryKey: seeKeys.boards, exact: true });
    },
    // Somebody else was faster: what they made is shown, and the notice says so.
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409) void client.invalidateQueries({ queryKey: seeKeys.board(board.id) });
    },
  });
  const remove = useMutation({
    mutationFn: () => api.remove(board.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: seeKeys.boards, exact: true });
      void message.success(t("boards.removed"));
      void navigate("/boards");
    },
  });
  const items = (next: BoardItem[]) => save.mutate({ items: next });
  const { items: all } = board;
  return (
    <>
      <PageHead title={board.name} hint={<Link to="/boards">{t("boards.all")}</Link>}>
        {editing ? <Popconfirm title={t("boards.remove_sure")} okText={t("action.delete")} cancelText={t("action.cancel")} onConfirm={() => remove.mutate()}><MayButton permission="boards.write" danger icon={<DeleteOutlined />}>{t("boards.remove")}</MayButton></Popconfirm> : null}
        <MayButton permission="boards.write" type={editing ? "primary" : "default"} icon={<EditOutlined />} onClick={() => setEditing(!editing)}>{editing ? t("boards.done") : t("boards.arrange")}</MayButton>
      </PageHead>
      {editing ? <div className="bar"><Rename name={board.name} onSave={(name) => save.mutate({ name })} /></div> : null}
      {all.length === 0 ? <div className="panel"><EmptyHint title={t("boards.no_items")}>{t("boards.no_items_text")}</EmptyHint></div> : null}
      <div className="board">
        {all.map((item, at) => (
          <Card
            key={item.id ?? at} item={item} editing={editing} first={at === 0} last={at === all.length - 1}
            onMove={(step) => items(moved(all, at, step))} onRemove={() => items(all.filter((_, index) => index !== at))} onChange={(part) => items(all.map((own, index) => (index === at ? { ...own, ...part } : own)))}
          />
        ))}
      </div>
    </>
  );
}

function Rename({ name, onSave }: { name: string; onSave: (name: string) => void }) {
  const { t } = useI18n();
  const [draft, setDraft] = useState(name);
  const save = () => {
    if (draft.trim() && draft.trim() !== name) onSave(draft.trim());
  };
  return <Input className="w-260" value={draft} maxLength={60} onChange={(event) => setDraft(event.target.value)} onBlur={save} onPressEnter={save} aria-label={t("boards.name")} />;
}
