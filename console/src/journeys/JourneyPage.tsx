// One journey: drawn, tried on the past, published; and what became of its people.
import { EllipsisOutlined, ExperimentOutlined, PauseCircleOutlined, PlayCircleOutlined, SendOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Drawer, Dropdown, Form, Input, Modal, Radio, Segmented, Select, Skeleton, Tag as AntTag } from "antd";
import { Suspense, useEffect, useMemo, useState } from "react";
import { Link, useBlocker, useParams } from "react-router";
import { keys } from "../api/keys";
import type * as S from "../api/openapi";
import { audiences as audiencesApi } from "../audiences/calls";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead, usePhone, useSettled } from "../shell/parts";
import { useCan } from "../shell/session";
import { journeyKeys, journeys as api } from "./calls";
import { JourneyCanvas, type Definition, type NodeNumbers, type What } from "./canvas";
import { sayAct } from "./canvas/say";
import { JOURNEY_STATES } from "./JourneysPage";
import { JourneyDeliveries } from "./JourneyDeliveries";
import { JourneyPeople, type Asked } from "./JourneyPeople";
import { NodeHolds, NodeRule } from "./NodeHolds";
import { JourneyTests } from "./JourneyTests";
import { Programme } from "./Programme";
import { stepsOf, withSteps } from "./steps";
import "./journeys.css";

export function JourneyPage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const { id = "" } = useParams();
  const found = useQuery({ queryKey: journeyKeys.one(id), queryFn: () => api.get(id) });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  return found.data ? <Journey key={found.data.id} journey={found.data} /> : <Skeleton active />;
}

type Wire = S.JourneyNew["definition"];
const wire = (own: Definition) => own as unknown as Wire;
const drawn = (own: Wire) => own as unknown as Definition;

function Journey({ journey }: { journey: S.JourneyOut }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { message, modal } = App.useApp();
  const may = useCan()("messages.write") && !journey.part;
  // Whoever sees a part of the customers changes nothing.
  const over = journey.state === "ending" || journey.state === "ended" || journey.part;
  const [mode, setMode] = useState<"list" | "draw" | "numbers">(journey.version ? "numbers" : stepsOf(drawn(journey.definition)) ? "list" : "draw");
  const [name, setName] = useState(journey.name);
  const [definition, setDefinition] = useState<Definition>(drawn(journey.definition));
  const [publishing, setPublishing] = useState(false);
  const [tried, setTried] = useState(false);
  const [entering, setEntering] = useState(false);
  const [asked, ask] = useState<Asked | null>(null);
  const phone = usePhone();

  const body = useMemo(() => JSON.stringify(definition), [definition]);
  const saved = useMemo(() => JSON.stringify(journey.definition), [journey.definition]);
  const dirty = body !== saved || name.trim() !== journey.name;
  const settled = useSettled(body);
  const check = useQuery({
    queryKey: journeyKeys.check(settled), queryFn: ({ signal }) => api.check({ definition: JSON.parse(settled) as Wire }, signal), enabled: may && mode !== "numbers" && !over,
    meta: { quiet: true }, retry: false, placeholderData: (before) => before,
  });
  const steps = useMemo(() => stepsOf(definition), [definition]);
  const problems = check.data?.problems ?? journey.problems;
  const list = useQuery({ queryKey: keys.audienceChoice, queryFn: () => audiencesApi.list({ limit: 200 }), staleTime: 30_000 });
  const audiences = useMemo(() => list.data?.items.map((own) => ({ id: own.id, name: own.name })) ?? [], [list.data]);

  const took = (row: S.JourneyOut) => {
    client.setQueryData(journeyKeys.one(row.id), row);
    void client.invalidateQueries({ queryKey: journeyKeys.list });
    void client.invalidateQueries({ queryKey: journeyKeys.numbers(row.id) });
  };
  const save = useMutation({ meta: { quiet: true }, mutationFn: () => api.save(journey.id, { name: name.trim(), definition: wire(definition), edits: journey.edits }), onSuccess: took });
  const change = useMutation({ meta: { quiet: true }, mutationFn: (act: "pause" | "resume" | "end") => api[act](journey.id), onSuccess: took });
  const blocker = useBlocker(dirty && may && !over);
  useEffect(() => {
    if (blocker.state !== "blocked") return;
    modal.confirm({ title: t("journeys.unsaved"), okText: t("journeys.leave"), cancelText: t("action.cancel"), onOk: () => blocker.proceed(), onCancel: () => blocker.reset() });
  }, [blocker, modal, t]);

  const nameOf = useNames(mode === "numbers" ? drawn(journey.definition) : definition, audiences);
  const modes = [
    ...(journey.version ? [{ value: "numbers" as const, label: t("journeys.numbers") }] : []),
    ...(steps ? [{ value: "list" as const, label: t("journeys.list") }] : []),
    { value: "draw" as const, label: over ? t("journeys.drawing") : t("journeys.draw") },
  ];
  const failed = save.error ?? change.error;
  const more = [
    journey.state === "running" || journey.state === "paused" ? { key: "enter", label: t("journeys.enter") } : null,
    over ? null : { key: "end", danger: true, label: t("journeys.end") },
  ].filter((item) => item !== null);
  const chosen = (key: string) => {
    if (key === "enter") setEntering(true);
    else modal.confirm({ title: t("journeys.end_sure"), content: t("journeys.end_text"), okText: t("journeys.end"), okButtonProps: { danger: true }, cancelText: t("action.cancel"), onOk: () => change.mutate("end") });
  };
  return (
    <>
      <PageHead title={may && mode !== "numbers" && !over ? <Input className="journey-name" value={name} maxLength={100} onChange={(event) => setName(event.target.value)} aria-label={t("word.name")} /> : journey.name} hint={<Link to="/journeys">{t("nav.journeys")}</Link>}>
        <AntTag color={JOURNEY_STATES[journey.state]}>{word("journeys.state", journey.state)}</AntTag>
        {modes.length > 1 ? <Segmented value={mode} onChange={setMode} options={modes} /> : null}
        {mode !== "numbers" && !over ? (
          <>
            <MayButton permission="messages.write" icon={<ExperimentOutlined />} disabled={problems.length > 0} onClick={() => setTried(true)}>{t("journeys.try")}</MayButton>
            <MayButton permission="messages.write" loading={save.isPending} disabled={!dirty || !name.trim()} onClick={() => save.mutate(undefined, { onSuccess: () => void message.success(t("journeys.saved")) })}>{t("action.save")}</MayButton>
            <MayButton permission="messages.write" type="primary" icon={<SendOutlined />} disabled={problems.length > 0 || (!dirty && journey.published)} onClick={() => (dirty ? save.mutate(undefined, { onSuccess: () => setPublishing(true) }) : setPublishing(true))}>{t("journeys.publish")}</MayButton>
          </>
        ) : null}
        {journey.state === "running" && !journey.part ? <MayButton permission="messages.write" icon={<PauseCircleOutlined />} loading={change.isPending} onClick={() => change.mutate("pause")}>{t("journeys.pause")}</MayButton> : null}
        {journey.state === "paused" && !journey.part ? <MayButton permission="messages.write" type="primary" icon={<PlayCircleOutlined />} loading={change.isPending} onClick={() => change.mutate("resume")}>{t("journeys.resume")}</MayButton> : null}
        {may && more.length ? <Dropdown menu={{ items: more, onClick: ({ key }) => chosen(key) }}><MayButton permission="messages.write" icon={<EllipsisOutlined />} aria-label={t("journeys.more")} /></Dropdown> : null}
      </PageHead>
      {failed ? <Alert type="error" showIcon title={text(failed)} className="gap-below" /> : null}
      {journey.part ? <Alert type="info" showIcon title={t("journeys.part")} className="gap-below" /> : null}
      {journey.state === "paused" ? <Alert type="warning" showIcon title={t("journeys.paused_text")} className="gap-below" /> : null}
      {mode === "numbers" ? <Report journey={journey} audiences={audiences} onAsk={ask} /> : mode === "list" && steps ? (
        <>
          <p className="muted small gap-below">{t("journeys.entry_on_canvas")}</p>
          {problems.filter((own) => !own.node).map((own) => <Alert key={own.code} type="warning" showIcon title={own.message} className="gap-below" />)}
          <Programme steps={steps} onChange={(next) => setDefinition(withSteps(definition, next))} readOnly={!may || over} problems={problems} />
        </>
      ) : (
        <Suspense fallback={<Skeleton active />}>
          <JourneyCanvas
            value={definition} onChange={setDefinition} readOnly={!may || over} audiences={audiences} problems={may ? problems : undefined}
            renderWith={(node, onChange) => <NodeHolds node={node} onChange={onChange} />} renderRule={(rule, onChange) => <NodeRule rule={rule} onChange={onChange} />}
          />
        </Suspense>
      )}
      <Publish key={journey.edits} journey={journey} open={publishing} onClose={() => setPublishing(false)} onDone={(row) => {
        took(row);
        setPublishing(false);
        setMode("numbers");
        void message.success(t("journeys.published"));
      }} />
      {tried ? <Trial id={journey.id} definition={definition} nameOf={nameOf} onClose={() => setTried(false)} /> : null}
      <Enter id={journey.id} open={entering} onClose={() => setEntering(false)} />
      <Drawer open={asked !== null} onClose={() => ask(null)} size={phone ? "100%" : 760} title={asked?.title} destroyOnHidden>
        {asked ? <JourneyPeople id={journey.id} asked={asked} nameOf={nameOf} part={journey.part} /> : null}
      </Drawer>
    </>
  );
}

/** A node's name, else what it does, by its id. */
function useNames(definition: Definition | undefined, audiences: readonly { id: string; name: string }[]): (node: string) => string {
  const { locale, t, word } = useI18n();
  return (node) => {
    const own = definition?.nodes.find((one) => one.id === node);
    return own ? own.name?.trim() || sayAct({ locale, t, word, audiences }, own.do) : node;
  };
}

/** Numbers of the nodes of one version, as the canvas shows them. */
function numbersOf(all: readonly S.JourneyNodeNumbers[], version: number | null): Record<string, NodeNumbers> {
  const out: Record<string, NodeNumbers> = {};
  for (const own of all) {
    if (version !== null && own.version !== version) continue;
    const before = out[own.node];
    const added = (a: Record<string, number> | number | undefined, b: Record<string, number>) => {
      const sum: Record<string, number> = typeof a === "object" ? { ...a } : {};
      for (const [name, n] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + n;
      return sum;
    };
    out[own.node] = {
      came: (before?.came ?? 0) + own.came, inside: (before?.inside ?? 0) + own.inside,
      passed: added(before?.passed, own.passed), finished: added(before?.finished, own.finished), exited: added(before?.exited, own.exited),
    };
  }
  return out;
}

function Report({ journey, audiences, onAsk }: { journey: S.JourneyOut; audiences: { id: string; name: string }[]; onAsk: (asked: Asked) => void }) {
  const { t, word } = useI18n();
  const format = useFormat();
  // The newest unless another one is chosen: right after publishing it is known a moment later.
  const [chosen, setVersion] = useState<number | null>(null);
  const version = chosen ?? journey.version;
  const found = useQuery({ queryKey: journeyKeys.numbers(journey.id), queryFn: () => api.numbers(journey.id), refetchInterval: journey.state === "ended" ? false : 5_000 });
  const versions = useQuery({ queryKey: [...journeyKeys.versions(journey.id), journey.version], queryFn: () => api.versions(journey.id) });
  const definition = useQuery({ queryKey: journeyKeys.version(journey.id, version), queryFn: () => api.version(journey.id, version), enabled: version > 0, staleTime: Infinity });
  const nameOf = useNames(definition.data ? drawn(definition.data.definition) : undefined, audiences);
  const numbers = useMemo(() => numbersOf(found.data?.nodes ?? [], version), [found.data, version]);
  const error = found.error ?? definition.error;
  if (error) return <ErrorView error={error} retry={() => void Promise.all([found.refetch(), definition.refetch()])} />;
  if (!found.data || !definition.data) return <Skeleton active />;
  const own = drawn(definition.data.definition);
  const sums = found.data.sums;
  const hooks = own.nodes.filter((node) => node.do.type === "webhook").map((node) => node.id);
  const box = (name: "entered" | "inside" | "finished" | "exited", n: number) => (
    <button type="button" key={name} className="number opens" onClick={() => onAsk({ title: t(`journeys.sum.${name}`), stand: name === "entered" ? undefined : name })}>
      <div className="label">{t(`journeys.sum.${name}`)}</div><div className="value">{format.count(n)}</div>
    </button>
  );
  const open = (node: string, what: What) => {
    const base = { title: nameOf(node), node, version };
    if (what === "came") onAsk(base);
    else if (what.startsWith("passed:")) onAsk({ ...base, passed: what.slice(7) });
    else onAsk({ ...base, stand: what });
  };
  const ends = [...Object.entries(sums.outcomes).map(([reason, people]) => ({ stand: "finished", reason, people })), ...Object.entries(sums.reasons).map(([reason, people]) => ({ stand: "exited", reason, people }))];
  return (
    <div className="stack">
      <div className="numbers">
        {[box("entered", sums.entered), box("inside", sums.inside), box("finished", sums.finished), box("exited", sums.exited)]}
        <div className="number"><div className="label">{t("journeys.sum.goals")}</div><div className="value">{format.count(sums.goals)}</div></div>
        {sums.control.entered ? (
          <button type="button" className="number opens" onClick={() => onAsk({ title: t("journeys.control"), control: true })}>
            <div className="label">{t("journeys.sum.control")}</div><div className="value">{format.count(sums.control.entered)}</div>
          </button>
        ) : null}
      </div>
      {ends.length ? (
        <div className="row wrap">
          {ends.map((end) => (
            <button key={end.stand + end.reason} type="button" className="link" onClick={() => onAsk({ title: word("journeys.reason", end.reason), stand: end.stand, reason: end.reason })}>
              <AntTag color={end.stand === "finished" ? "green" : "default"}>{end.reason ? word("journeys.reason", end.reason) : t("journeys.sum.finished")} {format.count(end.people)}</AntTag>
            </button>
          ))}
        </div>
      ) : null}
      {versions.data && versions.data.items.length > 1 ? (
        <Select
          className="medium" value={version} onChange={setVersion} aria-label={t("journeys.version")}
          options={versions.data.items.map((one) => ({ value: one.version, label: t("journeys.version_of", { n: one.version, inside: format.count(one.inside) }) }))}
        />
      ) : null}
      <Suspense fallback={<Skeleton active />}>
        <JourneyCanvas
          key={version} value={own} onChange={() => undefined} readOnly numbers={numbers} audiences={audiences} onOpenPeople={open}
          renderWith={(node) => <p className="muted small">{saysOf(node.do)}</p>} renderRule={() => null}
        />
      </Suspense>
      {journey.part ? null : <JourneyTests journey={journey} />}
      {journey.part || !hooks.length ? null : <JourneyDeliveries journey={journey} nodes={hooks} nameOf={nameOf} />}
    </div>
  );
}

function saysOf(act: Definition["nodes"][number]["do"]): string {
  const held = "with" in act ? (act.with as { content?: { text?: string }; title?: string; url?: string }) : {};
  return held.content?.text ?? held.title ?? held.url ?? "";
}

function Publish({ journey, open, onClose, onDone }: { journey: S.JourneyOut; open: boolean; onClose: () => void; onDone: (row: S.JourneyOut) => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const [inside, setInside] = useState<"finish" | "move">("finish");
  const [note, setNote] = useState("");
  const moves = useQuery({ queryKey: journeyKeys.moves(journey.id, journey.edits), queryFn: () => api.moves(journey.id), enabled: open && journey.version > 0 });
  const publish = useMutation({ meta: { quiet: true }, mutationFn: () => api.publish(journey.id, { edits: journey.edits, inside, note: note.trim() }), onSuccess: onDone });
  return (
    <Modal open={open} onCancel={onClose} title={journey.version ? t("journeys.publish_again", { n: journey.version + 1 }) : t("journeys.publish_first")} okText={t("journeys.publish")} cancelText={t("action.cancel")} okButtonProps={{ loading: publish.isPending }} onOk={() => publish.mutate()}>
      <div className="stack tight">
        {journey.version ? (
          <Radio.Group
            value={inside} onChange={(event) => setInside(event.target.value as "finish" | "move")} className="stack tight"
            options={[
              { value: "finish", label: t("journeys.inside_finish") },
              { value: "move", label: moves.data ? t("journeys.inside_move_n", { can: format.count(moves.data.can), cannot: format.count(moves.data.cannot) }) : t("journeys.inside_move") },
            ]}
          />
        ) : <p>{t("journeys.publish_text")}</p>}
        <label className="stack tight"><span>{t("journeys.note")}</span><Input value={note} maxLength={200} onChange={(event) => setNote(event.target.value)} /></label>
        {publish.error ? <Alert type="error" showIcon title={text(publish.error)} /> : null}
      </div>
    </Modal>
  );
}

function Trial({ id, definition, nameOf, onClose }: { id: string; definition: Definition; nameOf: (node: string) => string; onClose: () => void }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const phone = usePhone();
  const found = useQuery({ queryKey: ["journeys", "trial", id, JSON.stringify(definition)], queryFn: () => api.attempt(id, { definition: wire(definition), days: 90 }), meta: { quiet: true }, retry: false, gcTime: 0 });
  const own = found.data;
  const box = (label: string, n: number) => <div className="number"><div className="label">{label}</div><div className="value">{format.count(n)}</div></div>;
  const wayOf = (way: string) => (way.startsWith("arm_") ? t("journeys.arm", { n: way.slice(4) }) : word("journeys.way", way));
  return (
    <Drawer open onClose={onClose} size={phone ? "100%" : 640} title={t("journeys.try")}>
      {found.error ? <ErrorView error={found.error} retry={() => void found.refetch()} /> : null}
      {found.isPending ? <><p className="muted">{t("journeys.trying")}</p><Skeleton active /></> : null}
      {own ? (
        <div className="stack">
          <p className="muted small">{t("journeys.try_hint", { days: own.days })}</p>
          {own.share < 1 ? <Alert type="info" showIcon title={t("journeys.share", { n: Math.round(own.share * 100) })} /> : null}
          <div className="numbers">
            {box(t("journeys.sum.entered"), own.numbers.sums.entered)}
            {box(t("journeys.messages"), own.messages)}
            {box(t("journeys.tasks"), own.tasks)}
            {box(t("journeys.sum.goals"), own.numbers.sums.goals)}
          </div>
          {own.numbers.sums.control.entered ? <p className="small">{t("journeys.control_n", { n: format.count(own.numbers.sums.control.entered) })}</p> : null}
          {own.messages ? <p className="small">{t("journeys.load", { people: format.count(own.people), each: format.decimal(own.messages / Math.max(own.people, 1), 1), most: format.count(own.most) })}</p> : null}
          {own.same_day ? <Alert type="warning" showIcon title={t("journeys.same_day", { n: format.count(own.same_day) })} /> : null}
          {own.collisions ? <Alert type="info" showIcon title={t("journeys.collisions", { n: format.count(own.collisions) })} /> : null}
          {own.numbers.sums.entered === 0 ? <Alert type="warning" showIcon title={t("journeys.nobody")} /> : null}
          <table className="plain-table">
            <thead><tr><th>{t("journeys.node")}</th><th>{t("journeys.came")}</th><th>{t("journeys.went")}</th></tr></thead>
            <tbody>
              {definition.nodes.map((node) => {
                const row = own.numbers.nodes.find((one) => one.node === node.id);
                if (!row) return null;
                const went = [...Object.entries(row.passed).map(([way, n]) => `${wayOf(way)} ${format.count(n)}`), ...Object.values(row.finished).map((n) => `${t("journeys.sum.finished")} ${format.count(n)}`), ...(row.inside ? [`${t("journeys.sum.inside")} ${format.count(row.inside)}`] : [])];
                return <tr key={node.id}><td>{nameOf(node.id)}</td><td className="num">{format.count(row.came)}</td><td className="small">{went.join(" · ")}</td></tr>;
              })}
            </tbody>
          </table>
        </div>
      ) : null}
    </Drawer>
  );
}

function Enter({ id, open, onClose }: { id: string; open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [audience, choose] = useState<string>();
  const list = useQuery({ queryKey: keys.audienceChoice, queryFn: () => audiencesApi.list({ limit: 200 }), staleTime: 30_000, enabled: open });
  const enter = useMutation({
    meta: { quiet: true }, mutationFn: () => api.enter(id, { audience, people: [] }),
    onSuccess: (own) => {
      void client.invalidateQueries({ queryKey: journeyKeys.numbers(id) });
      void message.success(t("journeys.entering", { n: format.count(own.people) }));
      onClose();
    },
  });
  return (
    <Modal open={open} onCancel={onClose} title={t("journeys.enter")} okText={t("journeys.enter_ok")} cancelText={t("action.cancel")} okButtonProps={{ disabled: !audience, loading: enter.isPending }} onOk={() => enter.mutate()}>
      <p className="muted small gap-below">{t("journeys.enter_hint")}</p>
      <Form.Item label={t("messages.audience")}>
        <Select
          className="full" showSearch={{ optionFilterProp: "label" }} loading={list.isPending} value={audience} onChange={choose} aria-label={t("messages.audience")}
          options={list.data?.items.map((own) => ({ value: own.id, label: t("messages.audience_of", { name: own.name, n: format.count(own.people) }) }))}
        />
      </Form.Item>
      {enter.error ? <Alert type="error" showIcon title={text(enter.error)} /> : null}
    </Modal>
  );
}
