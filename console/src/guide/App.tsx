/** @jsxImportSource preact */
import { useEffect, useState } from "preact/hooks";
import { get, logIn, page, setCsrf, Refused, type Session } from "./api";
import { Side } from "./Side";
import { Toasts, Wait, Wrong, useAsk } from "./ui";
import { locale, setLocale, setZone, t, word } from "./words";
import { Work } from "./Work";

/** A change of language draws everything anew. */
export function App() {
  const [, draw] = useState(0);
  const other = () => {
    setLocale(locale() === "zh" ? "en" : "zh");
    draw((n) => n + 1);
  };
  const failed = location.pathname.startsWith("/guide/failed");
  return (
    <>
      {failed ? <Failed other={other} /> : <Inside key={locale()} other={other} />}
      <Toasts />
    </>
  );
}

function Inside({ other }: { other: () => void }) {
  const session = useAsk(async () => {
    const own = await get<Session>("/session").catch((error: unknown) => {
      if (error instanceof Refused && error.status === 401) return null;
      throw error;
    });
    if (own) {
      setCsrf(own.csrf);
      setZone(own.workspace.timezone);
    }
    return { own };
  }, []);
  const out = session.value !== null && session.value.own === null;
  useEffect(() => { if (out) logIn(); }, [out]);
  if (session.error) return <Wrong error={session.error} again={session.again} />;
  const own = session.value?.own;
  if (!own) return <Wait />;
  return page() === "work" ? <Work session={own} other={other} /> : <Side session={own} other={other} />;
}

function Failed({ other }: { other: () => void }) {
  const code = new URLSearchParams(location.search).get("code") ?? "";
  const known = word("failed", code);
  return (
    <main class="failed">
      <h1>{t("failed.title")}</h1>
      <p>{known === code ? t("failed.other", { code: code || "?" }) : known}</p>
      <a class="button" href="/guide/enter?to=side">{t("failed.again")}</a>
      <button type="button" class="plain" onClick={other}>{t("language")}</button>
    </main>
  );
}
