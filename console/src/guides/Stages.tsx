import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Input, Skeleton } from "antd";
import { useState } from "react";
import type { GuideStage } from "../api/openapi";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { guideKeys, guides } from "./calls";

interface Draft { key: string; id: string | null; name: string; people: number }

export function Stages() {
  const list = useQuery({ queryKey: guideKeys.part("stages"), queryFn: guides.stages });
  if (list.isError) return <ErrorView error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Skeleton active />;
  return <Editor key={JSON.stringify(list.data.items)} saved={list.data.items} />;
}

function Editor({ saved }: { saved: GuideStage[] }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const text = useErrorText();
  const client = useQueryClient();
  const [draft, set] = useState<Draft[]>(() => saved.map((own) => ({ key: own.id, id: own.id, name: own.name, people: own.people })));
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => guides.setStages(draft.map(({ id, name }) => ({ id, name }))),
    onSuccess: (stages) => {
      void message.success(t("guides.saved"));
      client.setQueryData(guideKeys.part("stages"), stages);
    },
  });
  const move = (at: number, by: number) => set((old) => {
    const next = [...old];
    const [own] = next.splice(at, 1);
    if (own) next.splice(at + by, 0, own);
    return next;
  });
  const same = JSON.stringify(draft.map(({ id, name }) => [id, name])) === JSON.stringify(saved.map(({ id, name }) => [id, name]));
  return (
    <section className="panel pad stack tight">
      <span className="muted">{t("guides.stage_hint")}</span>
      {draft.map((own, at) => (
        <div className="row" key={own.key}>
          <Input
            aria-label={t("guides.tab.stages")} style={{ maxWidth: 260 }} maxLength={20} value={own.name}
            onChange={(event) => set((old) => old.map((one) => (one.key === own.key ? { ...one, name: event.target.value } : one)))}
          />
          <Button icon={<ArrowUpOutlined />} aria-label={t("guides.up")} disabled={at === 0} onClick={() => move(at, -1)} />
          <Button icon={<ArrowDownOutlined />} aria-label={t("guides.down")} disabled={at === draft.length - 1} onClick={() => move(at, 1)} />
          <Button icon={<DeleteOutlined />} aria-label={t("action.delete")} disabled={draft.length === 1} onClick={() => set((old) => old.filter((one) => one.key !== own.key))} />
          <span className="muted small num">{t("guides.stage_people", { n: own.people })}</span>
        </div>
      ))}
      <div className="row">
        <Button icon={<PlusOutlined />} disabled={draft.length >= 20} onClick={() => set((old) => [...old, { key: `new ${Math.random()}`, id: null, name: "", people: 0 }])}>{t("guides.stage_add")}</Button>
        <Button type="primary" disabled={same} loading={save.isPending} onClick={() => save.mutate()}>{t("action.save")}</Button>
      </div>
      {save.error ? <Alert type="error" title={text(save.error)} /> : null}
    </section>
  );
}
