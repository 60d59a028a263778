// All analyses by what one wants to know: where somebody begins who does not know their names yet.
import { Link } from "react-router";
import { useI18n, type Key } from "../i18n";
import { analyses } from "../shell/menu";
import { Need, PageHead } from "../shell/parts";
import "./see.css";

export function SeePage() {
  const { t } = useI18n();
  return (
    <Need permission="people.read">
      <PageHead title={t("nav.see_all")} hint={t("nav.see_hint")} />
      <div className="stack">
        {analyses.map((part) => (
          <section key={part.label}>
            <h2 className="see-part">{t(part.label)}</h2>
            <div className="board-list">
              {part.entries.map((entry) => (
                <Link key={entry.path} to={entry.path} className="panel board-card">
                  <b><span className="see-icon">{entry.icon}</span> {t(entry.label)}</b>
                  <span className="muted small">{t(hintOf(entry.label))}</span>
                </Link>
              ))}
            </div>
          </section>
        ))}
      </div>
    </Need>
  );
}

/** "see.funnel" has its sentence under "see.hint.funnel". */
export function hintOf(label: Key): Key {
  return label.replace("see.", "see.hint.") as Key;
}
