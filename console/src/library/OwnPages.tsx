// On which sites of the brand links tell how long somebody stays.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Select } from "antd";
import { useState } from "react";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { Copyable, MayButton } from "../shell/parts";
import { materialKeys, materials as api } from "./calls";

export function OwnPages({ address }: { address: string }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [draft, write] = useState<string[]>();
  const saved = useQuery({ queryKey: materialKeys.pages, queryFn: api.pages });
  const save = useMutation({
    meta: { quiet: true }, mutationFn: (hosts: string[]) => api.setPages(hosts),
    onSuccess: (own) => {
      client.setQueryData(materialKeys.pages, own);
      write(undefined);
      void message.success(t("guides.saved"));
    },
  });
  const hosts = draft ?? saved.data?.hosts ?? [];
  return (
    <>
      <b>{t("materials.pages")}</b>
      <span className="muted small">{t("materials.pages_hint")}</span>
      <Copyable text={`<script src="${address || window.location.origin}/l/stay.js"></script>`} />
      <Select mode="tags" className="full" tokenSeparators={[",", " "]} value={hosts} onChange={write} open={false} suffixIcon={null} placeholder="shop.example.com" aria-label={t("materials.pages")} style={{ maxWidth: 560 }} />
      {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
      <div><MayButton permission="settings.write" disabled={!draft} loading={save.isPending} onClick={() => save.mutate(hosts)}>{t("action.save")}</MayButton></div>
    </>
  );
}
