// Takes a task back whose member does not confirm: its people go through other friends.
import { SwapOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Popconfirm, Tag } from "antd";
import type * as S from "../api/openapi";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { MayButton } from "../shell/parts";
import { messageKeys, messages as api } from "./calls";

export function Reassign({ message, task }: { message: string; task: S.MessageTask }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { message: toast } = App.useApp();
  const act = useMutation({
    meta: { quiet: true }, mutationFn: () => api.reassign(message, task.id),
    onSuccess: () => void toast.success(t("messages.reassigning")),
    onError: (error) => void toast.error(text(error)),
    onSettled: () => void client.invalidateQueries({ queryKey: messageKeys.all }),
  });
  if (task.leaving) return <Tag color="blue">{t("messages.leaving")}</Tag>;
  if (task.moved) return <span className="muted small">{t("messages.moved", { n: task.moved })}</span>;
  if (task.state !== "unconfirmed") return null;
  return (
    <Popconfirm title={t("messages.reassign_sure")} okText={t("messages.reassign")} cancelText={t("action.cancel")} onConfirm={() => act.mutate()}>
      <MayButton permission="messages.write" size="small" icon={<SwapOutlined />} loading={act.isPending}>{t("messages.reassign")}</MayButton>
    </Popconfirm>
  );
}
