import type { ReactNode } from "react";
import { useI18n } from "../i18n";
import { LanguageButton } from "../shell/Shell";
import "./outside.css";

/** The frame of the pages before signing in. */
export function Outside({ title, hint, wide, children }: { title: string; hint: string; wide?: boolean; children: ReactNode }) {
  const { t } = useI18n();
  return (
    <div className="outside">
      <div className="outside-top">
        <div className="brand"><img src="/icon.svg" width={28} height={28} alt="" /><span>{t("app.name")}</span></div>
        <LanguageButton />
      </div>
      <main className={wide ? "outside-card wide" : "outside-card"}>
        <h1>{title}</h1>
        <p className="muted">{hint}</p>
        {children}
      </main>
      <p className="outside-foot muted">{t("app.motto")}</p>
    </div>
  );
}
