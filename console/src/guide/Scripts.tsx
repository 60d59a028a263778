/** @jsxImportSource preact */
// Scripts and materials, ready for the customer or group the page stands beside.
import { useEffect, useState } from "preact/hooks";
import { at, get, post, type Script, type Scripts as List } from "./api";
import { copy } from "./About";
import { Kits } from "./Kits";
import { Empty, Wait, Wrong, useAsk, useDo } from "./ui";
import { t, word } from "./words";

export type Send = (message: object) => Promise<void>;
export type To = { external_userid: string } | { chat_id: string };

/** Names one sending, so that telling of it twice counts once. */
export function newSend(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A text that follows typing with a pause. */
export function useLater(text: string): string {
  const [later, set] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => set(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return later;
}

export function Scripts({ to, send, sent }: { to: To; send: Send | null; sent: () => void }) {
  const [folder, open] = useState("");
  const [text, type] = useState("");
  const q = useLater(text);
  const who = "external_userid" in to ? to.external_userid : "";
  const list = useAsk(() => get<List>("/scripts", { folder, q, for: who }), [folder, q, who]);
  const { busy, run } = useDo();
  const go = (script: Script) => run(async () => {
    if (!send) throw new Error(t("send_outside"));
    const { message } = await post<{ message: object }>(`/scripts/${at(script.id)}/ready`, to);
    await send(message).catch((error: Error) => { throw new Error(t("send_failed", { why: error.message })); });
    await post(`/scripts/${at(script.id)}/sent`, { ...to, send: newSend() });
    sent();
  }, t("sent"));
  const folders = list.value?.folders ?? [];
  return (
    <section class="list">
      <Kits to={to} send={send} sent={sent} />
      <input class="search" type="search" value={text} placeholder={t("scripts.search")} aria-label={t("scripts.search")} onInput={(event) => type(event.currentTarget.value)} />
      <p class="chips scroll">
        <button type="button" class="chip" aria-pressed={folder === ""} onClick={() => open("")}>{t("scripts.all")}</button>
        {folders.map((own) => <button key={own.id} type="button" class="chip" aria-pressed={folder === own.id} onClick={() => open(own.id)}>{own.name}</button>)}
      </p>
      {list.error ? <Wrong error={list.error} again={list.again} /> : null}
      {!list.value && !list.error ? <Wait /> : null}
      {list.value?.items.length === 0 ? <Empty text={t(q || folder ? "scripts.none_found" : "scripts.none")} /> : null}
      {list.value?.items.map((script) => (
        <article class="card" key={script.id}>
          <p class="row"><b>{script.title}</b><span class="dim small">{script.kind === "text" ? "" : word("kind", script.kind)} {script.uses ? t("scripts.uses", { n: script.uses }) : ""}</span></p>
          <Content script={script} />
          <p class="buttons">
            {send ? <button type="button" class="main" disabled={busy} onClick={() => void go(script)}>{t("send")}</button> : null}
            {script.kind === "text" ? <button type="button" onClick={() => copy(script.text)}>{t("copy")}</button> : null}
          </p>
        </article>
      ))}
    </section>
  );
}

function Content({ script }: { script: Script }) {
  if (script.kind === "text") return <blockquote>{script.text}</blockquote>;
  if (script.image) return <img class="picture" src={script.image} alt={script.title} loading="lazy" />;
  return <p class="dim break">{script.description || script.url || script.page}</p>;
}
