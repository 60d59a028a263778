// One programme: its steps by day, who is in it, and its board.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, InputNumber, Popconfirm, Segmented, Select, Skeleton, Switch, Tag as AntTag, TimePicker } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import type * as S from "../api/openapi";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead } from "../shell/parts";
import { ContentEditor } from "../welcomes/ContentEditor";
import { Board } from "./Board";
import { sopKeys, sops as api } from "./calls";
import { SOP_COLORS } from "./SopsPage";
import { bodyOf, draftOf, fresh, freshStep, inOrder, isWhole, type Draft } from "./steps";

export function SopPage() {
  return <Need permission="people.read"><Page /></Need>;
}

function Page() {
  const { id } = useParams();
  const one = useQuery({ queryKey: sopKeys.one(id ?? ""), queryFn: () => api.get(id ?? ""), enabled: Boolean(id) });
  if (!id) return <Editor draft={fresh()} />;
  if (one.isError) return <ErrorView error={one.error} retry={() => void one.refetch()} />;
  if (one.isPending) return <div className="panel pad"><Skeleton active /></div>;
  return <Whole key={one.data.version} sop={one.data} />;
}

function Whole({ sop }: { sop: S.SopWhole }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const [shown, show] = useState<"steps" | "board">("steps");
  const turn = useMutation({ meta: { quiet: true }, mutationFn: (state: S.SopTurn["state"]) => api.turn(sop.id, state), onSuccess: () => client.invalidateQueries({ queryKey: sopKeys.all }) });
  const board = useQuery({ queryKey: sopKeys.board({ sop: sop.id }), queryFn: () => api.board({ sop: sop.id }), enabled: shown === "board" });
  const over = sop.state === "ended";
  return (
    <>
      <PageHead title={<>{sop.name} <AntTag color={SOP_COLORS[sop.state]}>{word("sops.state", sop.state)}</AntTag></>} hint={<Link to="/sops">{t("nav.sops")}</Link>}>
        {over ? null : (
          <>
            <MayButton permission="messages.write" loading={turn.isPending} onClick={() => turn.mutate(sop.state === "paused" ? "running" : "paused")}>{t(sop.state === "paused" ? "sops.resume" : "sops.pause")}</MayButton>
            <Popconfirm title={t("sops.end_sure")} okText={t("sops.end")} cancelText={t("action.cancel")} onConfirm={() => turn.mutate("ended")}><MayButton permission="messages.write" danger>{t("sops.end")}</MayButton></Popconfirm>
          </>
        )}
      </PageHead>
      {turn.error ? <Alert type="error" showIcon title={text(turn.error)} className="gap-below" /> : null}
      {over ? null : <Enrol sop={sop} />}
      <div className="gap-below"><Segmented value={shown} onChange={show} options={[{ value: "steps", label: t("sops.steps") }, { value: "board", label: t("sops.board") }]} /></div>
      {shown === "steps" ? <Editor sop={sop} draft={draftOf(sop)} readOnly={over} /> : null}
      {shown === "board" && board.isError ? <ErrorView error={board.error} retry={() => void board.refetch()} /> : null}
      {shown === "board" && board.data ? <Board board={board.data} sop={sop.id} /> : null}
    </>
  );
}

function Enrol({ sop }: { sop: S.SopWhole }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [subjects, setSubjects] = useState<string[]>([]);
  const isGroup = sop.kind === "group";
  const groups = useQuery({ queryKey: keys.wecomPart("groups", { limit: 200 }), queryFn: () => wecom.groups({ limit: 200 }), staleTime: 60_000, enabled: isGroup });
  const staff = useQuery({ queryKey: keys.wecomPart("staff", { limit: 200 }), queryFn: () => wecom.staff({ limit: 200 }), staleTime: 60_000, enabled: !isGroup });
  const enrol = useMutation({
    meta: { quiet: true }, mutationFn: (body: S.SopEnrol) => api.enrol(sop.id, body),
    onSuccess: (own) => {
      setSubjects([]);
      void message.success(t("sops.came", { n: own.came }));
      void client.invalidateQueries({ queryKey: sopKeys.all });
    },
  });
  const out = useMutation({
    meta: { quiet: true }, mutationFn: async () => {
      for (const subject of subjects) await api.takeOut(sop.id, isGroup ? subject : subject.toLowerCase());
    },
    onSuccess: () => setSubjects([]), onSettled: () => client.invalidateQueries({ queryKey: sopKeys.all }),
  });
  const options = isGroup
    ? groups.data?.items.map((own) => ({ value: own.id, label: own.name || own.id }))
    : staff.data?.items.filter((own) => own.serves).map((own) => ({ value: own.userid, label: own.name || own.userid }));
  const error = enrol.error ?? out.error;
  return (
    <section className="panel pad stack gap-below">
      <b>{t("sops.inside", { n: sop.subjects })}</b>
      <Select mode="tags" className="full" placeholder={t(isGroup ? "sops.choose_groups" : "sops.choose_staff")} aria-label={t(isGroup ? "sops.choose_groups" : "sops.choose_staff")} value={subjects} onChange={setSubjects} showSearch={{ optionFilterProp: "label" }} options={options ?? []} />
      <div className="row wrap">
        <MayButton permission="messages.write" disabled={!subjects.length} loading={enrol.isPending} onClick={() => enrol.mutate({ subjects })}>{t("sops.enrol")}</MayButton>
        <Popconfirm title={t("sops.enrol_all_sure")} okText={t("sops.enrol_all")} cancelText={t("action.cancel")} onConfirm={() => enrol.mutate({ rule: {} })}><MayButton permission="messages.write">{t("sops.enrol_all")}</MayButton></Popconfirm>
        <MayButton permission="messages.write" disabled={!subjects.length} loading={out.isPending} onClick={() => out.mutate()}>{t("sops.take_out")}</MayButton>
      </div>
      {error ? <Alert type="error" showIcon title={text(error)} /> : null}
    </section>
  );
}

function Editor({ sop, draft: given, readOnly = false }: { sop?: S.SopWhole; draft: Draft; readOnly?: boolean }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [draft, setDraft] = useState<Draft>(given);
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () => (sop ? api.save(sop.id, bodyOf(draft, sop.version)) : api.create(bodyOf(draft))),
    onSuccess: (saved) => {
      void message.success(t("action.saved"));
      void client.invalidateQueries({ queryKey: sopKeys.all });
      if (!sop) void navigate(`/sops/${saved.id}`, { replace: true });
    },
  });
  const put = (at: number, step: S.SopStep) => setDraft({ ...draft, steps: draft.steps.map((own, other) => (other === at ? step : own)) });
  return (
    <>
      {sop ? null : <PageHead title={t("sops.new")} hint={<Link to="/sops">{t("nav.sops")}</Link>} />}
      <fieldset disabled={readOnly} className="bare stack">
        <section className="panel pad stack">
          <Input value={draft.name} maxLength={60} placeholder={t("word.name")} aria-label={t("word.name")} onChange={(event) => setDraft({ ...draft, name: event.target.value })} />
          {sop ? null : (
            <div className="row wrap">
              <Segmented<Draft["kind"]> value={draft.kind} onChange={(kind) => setDraft({ ...draft, kind })} options={[{ value: "group", label: t("sops.kind.group") }, { value: "moment", label: t("sops.kind.moment") }]} />
              {draft.kind === "group" ? <Select value={draft.anchor} aria-label={t("sops.anchor")} onChange={(anchor) => setDraft({ ...draft, anchor })} options={[{ value: "enrolled", label: t("sops.anchor.enrolled") }, { value: "created", label: t("sops.anchor.created") }]} /> : null}
            </div>
          )}
          <label className="row"><Switch disabled={readOnly} checked={Boolean(draft.rule)} onChange={(on) => setDraft({ ...draft, rule: on ? { owners: [], stores: [] } : null })} /> {t(draft.kind === "group" ? "sops.rule_groups" : "sops.rule_staff")}</label>
        </section>
        {inOrder(draft.steps).map(({ step, at }) => <OneStep key={step.key} step={step} kind={draft.kind} readOnly={readOnly} onChange={(own) => put(at, own)} onRemove={() => setDraft({ ...draft, steps: draft.steps.filter((_, other) => other !== at) })} />)}
        {readOnly ? null : <Button icon={<PlusOutlined />} onClick={() => setDraft({ ...draft, steps: [...draft.steps, freshStep(draft.steps)] })}>{t("programme.add")}</Button>}
        {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
        {readOnly ? null : <div className="row"><MayButton permission="messages.write" type="primary" disabled={!isWhole(draft)} loading={save.isPending} onClick={() => save.mutate()}>{t("action.save")}</MayButton>{sop ? <span className="muted small">{t("sops.edit_hint")}</span> : null}</div>}
      </fieldset>
    </>
  );
}

function OneStep({ step, kind, readOnly, onChange, onRemove }: { step: S.SopStep; kind: Draft["kind"]; readOnly: boolean; onChange: (step: S.SopStep) => void; onRemove: () => void }) {
  const { t } = useI18n();
  const weekly = typeof step.weekday === "number";
  const sends = Boolean(step.content);
  const two = (n: number) => String(n).padStart(2, "0");
  return (
    <section className="panel pad stack" aria-label={step.name}>
      <div className="row between wrap">
        <span className="row wrap">
          <Select size="small" disabled={readOnly} value={weekly ? "weekly" : "day"} aria-label={t("sops.when")} onChange={(own) => onChange({ ...step, day: own === "day" ? 0 : null, weekday: own === "weekly" ? 1 : null })} options={[{ value: "day", label: t("sops.when.day") }, { value: "weekly", label: t("sops.when.weekly") }]} />
          {weekly
            ? <Select size="small" disabled={readOnly} value={step.weekday} aria-label={t("sops.when.weekly")} onChange={(weekday) => onChange({ ...step, weekday })} options={([1, 2, 3, 4, 5, 6, 7] as const).map((n) => ({ value: n, label: t(`sops.weekday.${n}`) }))} />
            : <InputNumber size="small" disabled={readOnly} min={0} max={730} precision={0} value={step.day ?? 0} aria-label={t("sops.when.day")} onChange={(day) => onChange({ ...step, day: day ?? 0 })} />}
          <TimePicker size="small" disabled={readOnly} format="HH:mm" allowClear={false} value={dayjs(`2000-01-01T${two(step.hour)}:${two(step.minute ?? 0)}`)} aria-label={t("programme.time")} onChange={(time) => time && onChange({ ...step, hour: time.hour(), minute: time.minute() })} />
          <InputNumber size="small" disabled={readOnly} min={1} max={168} precision={0} value={step.grace_hours} prefix={t("sops.grace")} suffix={t("sops.grace_hours")} aria-label={t("sops.grace")} onChange={(n) => onChange({ ...step, grace_hours: n ?? 1 })} />
          <Select size="small" disabled={readOnly} value={step.depth ?? "basic"} aria-label={t("sops.depth")} onChange={(depth) => onChange({ ...step, depth })} options={(["basic", "standard", "deep"] as const).map((value) => ({ value, label: t(`sops.depth.${value}`) }))} />
        </span>
        {readOnly ? null : <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={onRemove} />}
      </div>
      <Input value={step.name} maxLength={60} placeholder={t("sops.step_name")} aria-label={t("sops.step_name")} onChange={(event) => onChange({ ...step, name: event.target.value })} />
      <Segmented size="small" disabled={readOnly} value={sends ? "send" : "task"} onChange={(own) => onChange(own === "send" ? { ...step, task: null, content: { text: step.task ?? "", attachments: [] } } : { ...step, content: null, task: step.content?.text ?? "" })} options={[{ value: "send", label: t(kind === "group" ? "sops.send_group" : "sops.send_moment") }, { value: "task", label: t("sops.task") }]} />
      {step.content
        ? <Form component={false} layout="vertical"><ContentEditor content={step.content} only={kind === "group" ? ["brand.name", "staff.name", "store.name"] : ["brand.name"]} onChange={(content) => onChange({ ...step, content })} /></Form>
        : <Input.TextArea rows={3} maxLength={500} value={step.task ?? ""} placeholder={t("sops.task_text")} aria-label={t("sops.task_text")} onChange={(event) => onChange({ ...step, task: event.target.value })} />}
    </section>
  );
}
