// Journeys: what happens to each person, step by step, over days.
import { PartitionOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input, Modal, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { Nothing } from "../wecom/Nothing";
import { journeyKeys, journeys as api } from "./calls";
import { emptyDefinition } from "./canvas";
import { freshStep, withSteps } from "./steps";
import "./journeys.css";

export const JOURNEY_STATES: Record<string, string> = { draft: "default", running: "blue", paused: "gold", ending: "orange", ended: "green" };

export function JourneysPage() {
  return <Need permission="people.read"><Journeys /></Need>;
}

function Journeys() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const pages = usePages(journeyKeys.list, api.list);
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t("journeys.new")}</MayButton>;
  const state = (row: S.JourneyRowOut) => <AntTag color={JOURNEY_STATES[row.state]}>{word("journeys.state", row.state)}</AntTag>;
  const number = (n: number) => <Num muted={n === 0}>{format.count(n)}</Num>;
  return (
    <>
      <PageHead title={t("nav.journeys")} hint={t("journeys.hint")}>{add}</PageHead>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/journeys/${row.id}`)}
        columns={[
          { title: t("word.name"), render: (_, row) => <b className="plain">{row.name}</b> },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("journeys.version"), align: "right", render: (_, row) => <Num muted={!row.version}>{row.version || "–"}</Num> },
          { title: t("journeys.sum.entered"), align: "right", render: (_, row) => number(row.sums.entered) },
          { title: t("journeys.sum.inside"), align: "right", render: (_, row) => number(row.sums.inside) },
          { title: t("journeys.sum.finished"), align: "right", render: (_, row) => number(row.sums.finished) },
          { title: t("journeys.sum.exited"), align: "right", render: (_, row) => number(row.sums.exited) },
          { title: t("journeys.sum.goals"), align: "right", render: (_, row) => number(row.sums.goals) },
          { title: t("journeys.changed"), render: (_, row) => <Num muted>{format.at(row.changed_at)}</Num> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name}</span>{state(row)}</div>
            <div className="muted small num">{t("journeys.sum.entered")} {format.count(row.sums.entered)} · {t("journeys.sum.inside")} {format.count(row.sums.inside)} · {t("journeys.sum.goals")} {format.count(row.sums.goals)}</div>
          </>
        )}
        empty={<Nothing icon={<PartitionOutlined />} title={t("journeys.empty")}>{t("journeys.empty_text")}<p className="gap-above">{add}</p></Nothing>}
      />
      <New open={adding} onClose={() => setAdding(false)} />
    </>
  );
}

function New({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [chosen, choose] = useState("");
  const [name, setName] = useState("");
  const templates = useQuery({ queryKey: journeyKeys.templates, queryFn: api.templates, staleTime: Infinity, enabled: open });
  const create = useMutation({
    meta: { quiet: true },
    mutationFn: () => {
      const own = templates.data?.items.find((one) => one.id === chosen);
      const empty = chosen === "sop" ? withSteps(emptyDefinition(), [freshStep([], "task")]) : emptyDefinition();
      return api.create({ name: name.trim(), definition: own?.definition ?? (empty as unknown as S.JourneyNew["definition"]) });
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: journeyKeys.all });
      void navigate(`/journeys/${made.id}`);
    },
  });
  const pick = (id: string, title: string) => {
    // A name that was typed stays.
    const known = ["", t("journeys.sop"), ...(templates.data?.items.map((own) => own.name) ?? [])];
    if (known.includes(name)) setName(title);
    choose(id);
  };
  const card = (id: string, title: string, about: string) => (
    <button key={id} type="button" aria-pressed={chosen === id} className={chosen === id ? "template chosen" : "template"} onClick={() => pick(id, id ? title : "")}>
      <b>{title}</b><span className="muted small">{about}</span>
    </button>
  );
  return (
    <Modal open={open} onCancel={onClose} width={860} title={t("journeys.new")} okText={t("journeys.create")} cancelText={t("action.cancel")} okButtonProps={{ disabled: !name.trim(), loading: create.isPending }} onOk={() => create.mutate()}>
      <div className="stack tight">
        {templates.isPending ? <Skeleton active /> : (
          <div className="templates">
            {card("", t("journeys.blank"), t("journeys.blank_about"))}
            {card("sop", t("journeys.sop"), t("journeys.sop_about"))}
            {templates.data?.items.map((own) => card(own.id, own.name, own.about))}
          </div>
        )}
        <label className="stack tight"><span>{t("word.name")}</span><Input value={name} maxLength={100} onChange={(event) => setName(event.target.value)} onPressEnter={() => name.trim() && create.mutate()} /></label>
        {create.error ? <Alert type="error" showIcon title={text(create.error)} /> : null}
        {templates.error ? <Alert type="error" showIcon title={text(templates.error)} action={<Button size="small" onClick={() => void templates.refetch()}>{t("action.retry")}</Button>} /> : null}
      </div>
    </Modal>
  );
}
