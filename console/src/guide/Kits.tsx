/** @jsxImportSource preact */
// Today's materials, with how to use them: what headquarters has prepared for this day.
import { at, get, post, type Items, type Kit, type KitMaterial } from "./api";
import { newSend, type Send, type To } from "./Scripts";
import { useAsk, useDo } from "./ui";
import { t, word } from "./words";

export function Kits({ to, send, sent }: { to: To; send: Send | null; sent: () => void }) {
  const kits = useAsk(() => get<Items<Kit>>("/kits"), []);
  const { busy, run } = useDo();
  const go = (kit: Kit, material: KitMaterial) => run(async () => {
    if (!send) throw new Error(t("send_outside"));
    const own = `/kits/${at(kit.id)}/materials/${at(material.id)}`;
    const { messages, left_out } = await post<{ messages: object[]; left_out: number }>(`${own}/ready`, to);
    if (messages.length === 0) throw new Error(t("kits.nothing"));
    // A chat takes one after the other.
    for (const message of messages) await send(message).catch((error: Error) => { throw new Error(t("send_failed", { why: error.message })); });
    await post(`${own}/sent`, { ...to, send: newSend() });
    sent();
    if (left_out) throw new Error(t("kits.left_out", { n: left_out }));
  }, t("sent"));
  // Without any, and while it is not known, the scripts stand alone.
  const shown = kits.value?.items.filter((kit) => kit.materials.length > 0) ?? [];
  return (
    <>
      {shown.map((kit) => (
        <article class="card" key={kit.id}>
          <p class="row"><b>{kit.name}</b><span class="mark blue">{t("kits.today")}</span></p>
          {kit.how ? <p class="dim">{kit.how}</p> : null}
          {kit.materials.map((material) => (
            <div key={material.id} class="kit-material">
              <p class="row"><span>{material.name}</span><span class="dim small">{material.kind === "text" ? "" : word("kind", material.kind)}</span></p>
              {material.content.text ? <blockquote>{material.content.text}</blockquote> : null}
              {send ? <p class="buttons"><button type="button" class="main" disabled={busy} onClick={() => void go(kit, material)}>{t("send")}</button></p> : null}
            </div>
          ))}
        </article>
      ))}
    </>
  );
}
