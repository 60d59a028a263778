/** @jsxImportSource preact */
// Beside a chat: the customer or the group it is with.
import type { Session } from "./api";
import { CustomerView } from "./Customer";
import { GroupView } from "./Group";
import { begin } from "./sdk";
import { Wait, useAsk } from "./ui";
import { t } from "./words";

export function Side({ session, other }: { session: Session; other: () => void }) {
  const sdk = useAsk(() => begin(session.sdk), []);
  if (!sdk.value) return <Wait />;
  const { where, send } = sdk.value;
  if (where.kind === "customer") return <CustomerView key={where.id} id={where.id} session={session} send={send} />;
  if (where.kind === "group") return <GroupView key={where.id} id={where.id} session={session} send={send} />;
  return (
    <main class="failed">
      <p>{t("side.none")}</p>
      {where.why ? <p class="dim">{t("side.why", { why: where.why })}</p> : null}
      <a class="button" href="/guide/work">{t("side.work")}</a>
      <button type="button" class="plain" onClick={other}>{t("language")}</button>
    </main>
  );
}
