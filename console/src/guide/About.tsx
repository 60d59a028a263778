/** @jsxImportSource preact */
// What is known of a customer, what to do next, and what one may change.
import { useState } from "preact/hooks";
import { at, get, patch, post, put, remove, type Customer, type Items, type Note, type Session, type Stage, type TagGroup } from "./api";
import { newSend, type Send } from "./Scripts";
import { NewTask, TaskCard } from "./Tasks";
import { More, Sheet, Wait, Wrong, toast, toastError, useAsk, useDo, usePages } from "./ui";
import { moment, t, word } from "./words";

interface Own { own: Customer; session: Session; changed: (own: Customer) => void; again: () => void }

export function About({ own, session, send, changed, again }: Own & { send: Send | null }) {
  const may = session.permissions.includes("people.write");
  const all = { own, session, changed, again };
  return (
    <section class="list">
      <Next {...all} send={send} may={may} />
      <TasksOf {...all} may={may} />
      <Tags {...all} may={may} />
      <StageOf {...all} may={may} />
      <Notes {...all} may={may} />
      <Facts {...all} may={may} />
    </section>
  );
}

function Next({ own, send, again, may }: Own & { send: Send | null; may: boolean }) {
  const { busy, run } = useDo();
  const go = (action: Customer["actions"][number]) => run(async () => {
    if (!send) throw new Error(t("send_outside"));
    if (action.script) {
      const { message } = await post<{ message: object }>(`/scripts/${at(action.script)}/ready`, { external_userid: own.external_userid });
      await send(message).catch((error: Error) => { throw new Error(t("send_failed", { why: error.message })); });
      await post(`/scripts/${at(action.script)}/sent`, { external_userid: own.external_userid, send: newSend() });
    } else {
      await send({ msgtype: "text", text: { content: action.text } }).catch((error: Error) => { throw new Error(t("send_failed", { why: error.message })); });
    }
    again();
  }, t("sent"));
  return (
    <article class="card">
      <h2>{t("about.next")}</h2>
      {own.actions.length === 0 ? <p class="dim">{t("about.next_none")}</p> : null}
      {own.actions.map((action) => (
        <div class="action" key={action.code}>
          <p><span class="mark blue">{word("action", action.code)}</span> {action.reason}</p>
          <blockquote>{action.text}</blockquote>
          <p class="buttons">
            {send && may ? <button type="button" class="main" disabled={busy} onClick={() => void go(action)}>{t("send")}</button> : null}
            <button type="button" onClick={() => copy(action.text)}>{t("copy")}</button>
          </p>
        </div>
      ))}
    </article>
  );
}

export function copy(text: string) {
  // An old browser, or a frame that may not: selecting by hand remains.
  if (!navigator.clipboard) return toastError(new Error(text));
  navigator.clipboard.writeText(text).then(() => toast(t("copied")), toastError);
}

function TasksOf({ own, session, again, may }: Own & { may: boolean }) {
  const [adding, add] = useState(false);
  return (
    <article class="card">
      <h2>{t("about.tasks")}{may ? <button type="button" class="plain" onClick={() => add(true)}>{t("tasks.new")}</button> : null}</h2>
      {own.tasks.map((task) => <TaskCard key={task.id} task={task} session={session} changed={again} bare />)}
      {adding ? <NewTask about={{ external_userid: own.external_userid }} close={() => add(false)} made={again} /> : null}
    </article>
  );
}

function Tags({ own, changed, may }: Own & { may: boolean }) {
  const [choosing, choose] = useState(false);
  const { busy, run } = useDo();
  const take = (tag: string) => run(async () => changed(await remove<Customer>(`/customers/${at(own.external_userid)}/tags/${at(tag)}`)));
  return (
    <article class="card">
      <h2>{t("about.tags")}{may ? <button type="button" class="plain" onClick={() => choose(true)}>{t("about.tags_add")}</button> : null}</h2>
      <p class="chips">
        {own.tags.map((tag) => (
          <span class="chip" key={tag.id}>
            {tag.name}
            {may && tag.kind !== "rule" ? <button type="button" disabled={busy} aria-label={`${t("delete")} ${tag.name}`} onClick={() => void take(tag.id)}>×</button> : null}
          </span>
        ))}
        {own.tags.length === 0 ? <span class="dim">{t("about.tags_none")}</span> : null}
      </p>
      {choosing ? <ChooseTag own={own} changed={changed} close={() => choose(false)} /> : null}
    </article>
  );
}

function ChooseTag({ own, changed, close }: { own: Customer; changed: (own: Customer) => void; close: () => void }) {
  const groups = useAsk(() => get<Items<TagGroup>>("/tags"), []);
  const { busy, run } = useDo();
  const has = new Set(own.tags.map((tag) => tag.id));
  const give = (tag: string) => run(async () => {
    changed(await post<Customer>(`/customers/${at(own.external_userid)}/tags`, { tag_id: tag }));
    close();
  }, t("saved"));
  return (
    <Sheet title={t("about.tags_add")} close={close}>
      {groups.error ? <Wrong error={groups.error} again={groups.again} /> : null}
      {groups.value ? groups.value.items.map((group) => (
        <div key={group.name}>
          <h3>{group.name}</h3>
          <p class="chips">
            {group.tags.map((tag) => <button key={tag.id} type="button" class="chip" disabled={busy || has.has(tag.id)} onClick={() => void give(tag.id)}>{tag.name}</button>)}
          </p>
        </div>
      )) : <Wait />}
    </Sheet>
  );
}

function StageOf({ own, changed, may }: Own & { may: boolean }) {
  const stages = useAsk(() => get<Items<Stage>>("/stages"), []);
  const { busy, run } = useDo();
  const now = own.stage?.id ?? "";
  const known = stages.value?.items.some((stage) => stage.id === now) ?? true;
  const move = (stage: string) => run(async () => changed(await put<Customer>(`/customers/${at(own.external_userid)}/stage`, { stage })), t("saved"));
  return (
    <article class="card">
      <label class="field">
        <span>{t("about.stage")}</span>
        <select value={now} disabled={busy || !may || !stages.value} onChange={(event) => void move(event.currentTarget.value)}>
          {now === "" ? <option value="">{t("about.stage_none")}</option> : null}
          {known ? null : <option value={now}>{own.stage?.name}</option>}
          {(stages.value?.items ?? []).map((stage) => <option key={stage.id} value={stage.id}>{stage.name}</option>)}
        </select>
      </label>
    </article>
  );
}

function Notes({ own, again, may }: Own & { may: boolean }) {
  const [text, type] = useState("");
  const [all, showAll] = useState(false);
  const { busy, run } = useDo();
  const add = async () => {
    if (await run(() => post(`/customers/${at(own.external_userid)}/notes`, { text }), t("saved"))) {
      type("");
      again();
    }
  };
  return (
    <article class="card">
      <h2>{t("about.notes")}</h2>
      {may ? (
        <>
          <textarea rows={2} maxLength={1000} value={text} placeholder={t("about.note_new")} aria-label={t("about.note_new")} onInput={(event) => type(event.currentTarget.value)} />
          {text.trim() ? <p class="buttons"><button type="button" class="main" disabled={busy} onClick={() => void add()}>{t("about.note_add")}</button></p> : null}
        </>
      ) : null}
      {own.notes.map((note) => <NoteRow key={note.id} note={note} gone={again} />)}
      {own.notes.length >= 3 ? <button type="button" class="plain" onClick={() => showAll(true)}>{t("about.notes_all")}</button> : null}
      {all ? <AllNotes id={own.external_userid} close={() => showAll(false)} gone={again} /> : null}
    </article>
  );
}

function NoteRow({ note, gone }: { note: Note; gone: () => void }) {
  const { busy, run } = useDo();
  return (
    <div class="note">
      <p>{note.text}</p>
      <p class="dim small">
        {note.by} · {moment(note.at)}
        {note.mine ? <button type="button" class="plain" disabled={busy} onClick={() => void run(() => remove(`/notes/${at(note.id)}`)).then((done) => { if (done) gone(); })}>{t("delete")}</button> : null}
      </p>
    </div>
  );
}

function AllNotes({ id, close, gone }: { id: string; close: () => void; gone: () => void }) {
  const list = usePages((after) => get<Items<Note>>(`/customers/${at(id)}/notes`, { after, limit: 30 }), [id]);
  return (
    <Sheet title={t("about.notes_all")} close={close}>
      {list.error ? <Wrong error={list.error} again={list.again} /> : null}
      {list.items ? list.items.map((note) => <NoteRow key={note.id} note={note} gone={() => { list.again(); gone(); }} />) : <Wait />}
      <More more={list.more} busy={list.busy} />
    </Sheet>
  );
}

/** What the head of the page says already. */
const HEADED = ["name", "nickname", "avatar", "remark"];

function Facts({ own, changed, may }: Own & { may: boolean }) {
  const [editing, edit] = useState(false);
  const plain = (name: string, value: unknown) => !HEADED.includes(name) && ["string", "number", "boolean"].includes(typeof value) && !/^https?:/.test(String(value));
  const traits = Object.entries(own.traits as Record<string, unknown>).filter(([name, value]) => plain(name, value)).slice(0, 10);
  const facts: [string, string][] = [
    ...own.identifiers.map((one): [string, string] => [one.kind === "phone" ? t("about.contact") : one.kind, one.value]),
    ...(own.relation.description ? [[t("about.description"), own.relation.description] as [string, string]] : []),
    ...(own.groups.length ? [[t("about.groups"), own.groups.join(t("joint"))] as [string, string]] : []),
    ...traits.map(([name, value]): [string, string] => [word("trait", name), String(value)]),
  ];
  return (
    <article class="card">
      <h2>{t("about.facts")}{may && own.relation.mine ? <button type="button" class="plain" onClick={() => edit(true)}>{t("about.remark")}</button> : null}</h2>
      <dl class="facts">{facts.map(([name, value], n) => <div key={n}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {editing ? <EditRemark own={own} changed={changed} close={() => edit(false)} /> : null}
    </article>
  );
}

function EditRemark({ own, changed, close }: { own: Customer; changed: (own: Customer) => void; close: () => void }) {
  const [remark, setRemark] = useState(own.relation.remark);
  const [description, setDescription] = useState(own.relation.description);
  const { busy, run } = useDo();
  const save = () => run(async () => {
    const change = { ...(remark === own.relation.remark ? {} : { remark }), ...(description === own.relation.description ? {} : { description }) };
    if (Object.keys(change).length) changed(await patch<Customer>(`/customers/${at(own.external_userid)}`, change));
    close();
  }, t("about.pending"));
  return (
    <Sheet title={t("about.remark")} close={close}>
      <label class="field"><span>{t("about.remark")}</span><input value={remark} maxLength={20} onInput={(event) => setRemark(event.currentTarget.value)} /></label>
      <label class="field tall"><span>{t("about.description")}</span><textarea rows={3} maxLength={150} value={description} onInput={(event) => setDescription(event.currentTarget.value)} /></label>
      <p class="buttons"><button type="button" class="main" disabled={busy} onClick={() => void save()}>{t("save")}</button></p>
    </Sheet>
  );
}
