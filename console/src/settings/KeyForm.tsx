import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Radio, Select } from "antd";
import { useState } from "react";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { NewKey, Role } from "../api/types";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";

const ROLES: Role[] = ["read_only", "analyst", "operator", "owner"];
interface Draft { name: string; kind: "write" | "api"; role?: Role }

/** Makes a key. `kind` fixed: only that kind is offered. */
export function KeyForm({ kind, name, onMade }: { kind?: "write" | "api"; name?: string; onMade: (key: NewKey) => void }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<"write" | "api">(kind ?? "write");
  const make = useMutation({
    meta: { quiet: true },
    mutationFn: (draft: Draft) => api.addKey({ name: draft.name.trim(), kind: chosen, role: chosen === "api" ? draft.role : undefined }),
    onSuccess: (key) => {
      void client.invalidateQueries({ queryKey: keys.apiKeys });
      onMade(key);
    },
  });
  return (
    <Form<Draft> layout="vertical" requiredMark={false} onFinish={make.mutate} initialValues={{ name, role: "read_only" }} className="settings-form">
      {kind ? null : (
        <Form.Item label={t("keys.kind")} extra={t(`keys.why.${chosen}`)}>
          <Radio.Group optionType="button" value={chosen} onChange={(event) => setChosen(event.target.value as "write" | "api")} options={[{ value: "write", label: t("keys.kind.write") }, { value: "api", label: t("keys.kind.api") }]} />
        </Form.Item>
      )}
      <Form.Item name="name" label={t("keys.name")} extra={t("keys.name_hint")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={80} /></Form.Item>
      {chosen === "api" ? <Form.Item name="role" label={t("users.role")}><Select options={ROLES.map((role) => ({ value: role, label: word("role", role) }))} /></Form.Item> : null}
      {make.error ? <Alert type="error" showIcon title={text(make.error)} className="form-gap" /> : null}
      <Button type="primary" htmlType="submit" loading={make.isPending}>{t("keys.make")}</Button>
    </Form>
  );
}
