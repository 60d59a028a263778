/** @jsxImportSource preact */
import { useState } from "preact/hooks";
import { at, get, post, type Board, type Items, type Session, type Task } from "./api";
import { Empty, More, Sheet, Tabs, Wait, Wrong, useAsk, useDo, usePages } from "./ui";
import { count, moment, t, word } from "./words";

const KINDS = ["follow_up", "message", "call", "invite", "other"] as const;

export function TaskCard({ task, session, changed, bare, open }: { task: Task; session: Session; changed: () => void; bare?: boolean; open?: (id: string) => void }) {
  const [ending, end] = useState<"done" | "skip" | null>(null);
  const live = task.state === "open" || task.state === "late";
  const may = session.permissions.includes("people.write");
  const whom = task.external_userid;
  return (
    <div class={bare ? "action" : "card"}>
      <p>
        <span class={`mark ${task.state === "late" ? "lost" : task.state === "done" ? "active" : "blue"}`}>{live && task.state === "open" ? word("tasks.kind", task.kind) : word("tasks.state", task.state)}</span>{" "}
        {task.text}
      </p>
      <p class="dim small">
        {bare || !whom ? (task.group_name ?? "") : open ? <button type="button" class="plain" onClick={() => open(whom)}>{task.customer_name ?? whom}</button> : task.customer_name}
        {task.due_at ? ` ${t("tasks.due")} ${moment(task.due_at)}` : ""}
        {task.staff !== session.staff.userid ? ` · ${task.staff_name}` : ""}
        {task.created_by !== session.staff.name ? ` · ${t("tasks.by", { name: task.created_by })}` : ""}
        {live && task.nudged_at ? <b class="warn"> · {t("tasks.nudged")}</b> : ""}
        {task.ended_late && task.state === "done" ? ` · ${t("tasks.ended_late")}` : ""}
      </p>
      {task.result ? <blockquote>{task.result}</blockquote> : null}
      {live && may ? (
        <p class="buttons">
          <button type="button" class="main" onClick={() => end("done")}>{t("tasks.done")}</button>
          <button type="button" onClick={() => end("skip")}>{t("tasks.skip")}</button>
        </p>
      ) : null}
      {ending ? <EndTask task={task} how={ending} close={() => end(null)} ended={changed} /> : null}
    </div>
  );
}

function EndTask({ task, how, close, ended }: { task: Task; how: "done" | "skip"; close: () => void; ended: () => void }) {
  const [result, type] = useState("");
  const { busy, run } = useDo();
  const save = async () => {
    if (await run(() => post(`/tasks/${at(task.id)}/${how}`, { result: result.trim() || null }), t("saved"))) {
      close();
      ended();
    }
  };
  const label = t(how === "done" ? "tasks.result" : "tasks.reason");
  return (
    <Sheet title={task.text} close={close}>
      <label class="field tall"><span>{label}</span><textarea rows={3} maxLength={500} value={result} onInput={(event) => type(event.currentTarget.value)} /></label>
      <p class="buttons"><button type="button" class="main" disabled={busy || (how === "skip" && !result.trim())} onClick={() => void save()}>{t(how === "done" ? "tasks.done" : "tasks.skip")}</button></p>
    </Sheet>
  );
}

export function NewTask({ about, close, made }: { about: { external_userid?: string; chat_id?: string }; close: () => void; made: () => void }) {
  const [kind, choose] = useState<string>(about.chat_id ? "group" : "follow_up");
  const [text, type] = useState("");
  const [due, set] = useState("");
  const { busy, run } = useDo();
  const kinds = about.chat_id ? (["group", ...KINDS] as const) : KINDS;
  const save = async () => {
    const task = { kind, text, ...about, due_at: due ? new Date(due).toISOString() : null };
    if (await run(() => post("/tasks", task), t("saved"))) {
      close();
      made();
    }
  };
  return (
    <Sheet title={t("tasks.new")} close={close}>
      <label class="field tall"><span>{t("tasks.text")}</span><textarea rows={3} maxLength={500} value={text} onInput={(event) => type(event.currentTarget.value)} /></label>
      <p class="chips">{kinds.map((own) => <button key={own} type="button" class="chip" aria-pressed={kind === own} onClick={() => choose(own)}>{word("tasks.kind", own)}</button>)}</p>
      <label class="field"><span>{t("tasks.due")}</span><input type="datetime-local" value={due} onInput={(event) => set(event.currentTarget.value)} /></label>
      <p class="buttons"><button type="button" class="main" disabled={busy || !text.trim()} onClick={() => void save()}>{t("save")}</button></p>
    </Sheet>
  );
}

type State = "open" | "late" | "ended" | "team";

/** My tasks; of whoever leads others, theirs counted. */
export function TasksPage({ session, open }: { session: Session; open: (id: string) => void }) {
  const [state, go] = useState<State>("open");
  const [adding, add] = useState(false);
  const [round, next] = useState(0);
  const tabs: [State, string][] = [["open", t("tasks.open")], ["late", t("tasks.late")], ["ended", t("tasks.ended")]];
  if (session.staff.leads) tabs.push(["team", t("tasks.team")]);
  return (
    <section class="list">
      <Tabs tabs={tabs} now={state} go={go} label={t("work.tasks")} />
      {session.permissions.includes("people.write") ? <button type="button" class="more" onClick={() => add(true)}>{t("tasks.new")}</button> : null}
      {state === "team" ? <Team /> : <TaskList key={`${state} ${round}`} state={state} session={session} open={open} />}
      {adding ? <NewTask about={{}} close={() => add(false)} made={() => next(round + 1)} /> : null}
    </section>
  );
}

function TaskList({ state, session, open }: { state: State; session: Session; open: (id: string) => void }) {
  const list = usePages((after) => get<Items<Task>>("/tasks", { state, after, limit: 30 }), [state]);
  if (list.error) return <Wrong error={list.error} again={list.again} />;
  if (!list.items) return <Wait />;
  if (list.items.length === 0) return <Empty text={t("tasks.none")} />;
  return (
    <>
      {list.items.map((task) => <TaskCard key={task.id} task={task} session={session} changed={list.again} open={open} />)}
      <More more={list.more} busy={list.busy} />
    </>
  );
}

function Team() {
  const board = useAsk(() => get<Items<Board>>("/board", { days: 7 }), []);
  if (board.error) return <Wrong error={board.error} again={board.again} />;
  if (!board.value) return <Wait />;
  if (board.value.items.length === 0) return <Empty text={t("tasks.none")} />;
  return (
    <div class="card scrolling">
      <table>
        <thead><tr><th>{t("role.guide")}</th><th>{t("tasks.open")}</th><th>{t("tasks.late")}</th><th>{t("tasks.done")}</th><th>{t("tasks.skip")}</th></tr></thead>
        <tbody>
          {board.value.items.map((own) => (
            <tr key={own.staff}><td>{own.name || own.staff}</td><td>{count(own.open)}</td><td class={own.late ? "warn" : ""}>{count(own.late)}</td><td>{count(own.done)}</td><td>{count(own.skipped)}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
