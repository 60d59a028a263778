// What a run did: treated against held out, contents against the first; the same for the tests of a journey.
import { useQuery } from "@tanstack/react-query";
import { Alert, Select, Skeleton, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { gate as api, gateKeys } from "./calls";
import { chance, isOneOfSeveral, whiskers, type Whisker } from "./effect";
import "./gate.css";

const VERDICTS: Record<string, string> = { better: "green", worse: "red", mismatch: "orange" };
type Verdict = "better" | "worse" | "too_small" | "no_difference_seen" | "mismatch";
type What = "bought" | "revenue" | "lost" | "goal";
const DAYS = [7, 14, 30, 60, 90];

/** `explains`: says why there is nothing to see, where there could have been. */
export function EffectPanel({ id, explains }: { id: string; explains: boolean }) {
  const { t } = useI18n();
  const format = useFormat();
  const [days, setDays] = useState(14);
  // Whoever sees a part of the brand is refused: they see the run without its effect.
  const found = useQuery({ queryKey: gateKeys.effect(id, days), queryFn: () => api.effect(id, { days }), meta: { quiet: true }, retry: false, placeholderData: (before) => before });
  const code = (found.error as { code?: string } | null)?.code;
  if (code === "scope_needed" || code === "run_unknown") return null;
  const own = found.data;
  if (!explains && !found.error && !own?.trials.length) return null;
  return (
    <section className="panel effect" aria-label={t("effect.title")}>
      <div className="panel-head">
        {t("effect.title")}
        {own?.trials.length ? <Select value={days} onChange={setDays} aria-label={t("effect.days_word")} options={DAYS.map((n) => ({ value: n, label: t("effect.days", { n }) }))} /> : null}
      </div>
      {found.error ? <ErrorView error={found.error} retry={() => void found.refetch()} /> : null}
      {found.isPending ? <div className="effect-body"><Skeleton active /></div> : null}
      {own && !own.trials.length ? <p className="panel-note muted">{t("effect.none")}</p> : null}
      {own?.trials.length ? (
        <div className="effect-body">
          <p className="muted small">{t("effect.window", { from: format.at(own.from), until: format.at(own.until) })}{own.both ? ` · ${t("effect.both", { n: format.count(own.both) })}` : ""}</p>
          <p className="muted small">{t("effect.hint")}</p>
          {own.over ? null : <Alert type="info" showIcon title={t("effect.not_over")} />}
          {own.trials.map((trial) => <TrialView key={trial.kind} trial={trial} lift={own.lift_percent} currency={own.currency} titled />)}
        </div>
      ) : null}
    </section>
  );
}

/** One trial: its groups, and each outcome of theirs. */
export function TrialView({ trial, lift, currency, titled }: { trial: S.EffectTrial; lift: number; currency?: string; titled?: boolean }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const nameOf = (arm: S.EffectArm, at: number) => {
    if (trial.kind === "holdout" || trial.kind === "journey") return word("effect.arm", arm.name);
    if (trial.kind === "variants") return t("effect.variant", { name: String.fromCharCode(65 + at) });
    return arm.name || t("journeys.arm", { n: at + 1 });
  };
  const names = trial.arms.map(nameOf);
  return (
    <div className="effect-trial">
      {titled ? <h3>{word("effect.kind", trial.kind)}</h3> : null}
      {trial.mismatch ? <Alert type="error" showIcon title={t("effect.mismatch", { p: chance(trial.ratio_p ?? 0, (p) => format.percent(p, 2)) })} /> : null}
      {trial.outcomes.map((outcome) => <OutcomeView key={outcome.what} outcome={outcome} arms={trial.arms} names={names} lift={lift} currency={currency} />)}
    </div>
  );
}

function OutcomeView({ outcome, arms, names, lift, currency }: { outcome: S.EffectOutcome; arms: readonly S.EffectArm[]; names: string[]; lift: number; currency?: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const isMoney = outcome.what === "revenue";
  const value = (n: number) => (isMoney ? format.money(Math.round(n), currency) : format.percent(n, 2));
  const signed = (n: number, show: (n: number) => string) => (n > 0 ? `+${show(n)}` : show(n));
  const points = (n: number) => t("effect.points", { n: format.decimal(n * 100, 2) });
  const apart = (n: number) => signed(n, isMoney ? value : points);
  const total = (n: number) => signed(n, isMoney ? value : (own) => format.count(Math.round(own)));
  const places = whiskers(outcome.comparisons);
  const percent = format.percent(lift / 100, 1);
  const says = (own: S.EffectComparison) => t(`effect.says.${own.verdict as Verdict}`, { first: names[0] ?? "", p: chance(own.p ?? 1, (p) => format.percent(p, 1)), lift: percent });
  return (
    <div className="effect-outcome">
      <div className="effect-what"><b>{word("effect.what", outcome.what)}</b> <span className="muted small">{word("effect.what_hint", outcome.what)}</span></div>
      <div className="effect-arms">
        {outcome.figures.map((figure, at) => (
          <div key={at} className="effect-arm">
            <span className="muted small">{names[at]} · {t("effect.people", { n: format.count(arms[at]?.people ?? 0) })}</span>
            <span className="effect-value num">{value(figure.value)}</span>
          </div>
        ))}
      </div>
      {outcome.comparisons.map((own, at) => (
        <div key={own.arm} className="effect-comparison">
          <div className="row wrap">
            <AntTag color={VERDICTS[own.verdict]}>{outcome.comparisons.length > 1 ? `${names[own.arm] ?? ""} · ` : ""}{word("effect.verdict", own.verdict)}</AntTag>
            <Spread place={places[at] ?? null} label={own.interval && typeof own.difference === "number" ? t("effect.picture", { value: apart(own.difference), low: apart(own.interval.low), high: apart(own.interval.high) }) : t("effect.nothing")} verdict={own.verdict} />
            <Tooltip title={t("effect.difference")}><span className="num small">{own.interval && typeof own.difference === "number" ? t("effect.interval", { value: apart(own.difference), low: apart(own.interval.low), high: apart(own.interval.high) }) : t("effect.nothing")}</span></Tooltip>
          </div>
          <p className="small">
            {says(own)} {isOneOfSeveral(own) ? t("effect.several") : ""}
            {typeof own.extra === "number" && own.extra_interval && own.verdict !== "mismatch" ? ` ${t(`effect.more.${outcome.what as What}`, { value: total(own.extra), low: total(own.extra_interval.low), high: total(own.extra_interval.high) })}` : ""}
          </p>
          {own.verdict === "too_small" ? (
            <p className="muted small">
              {[typeof own.findable === "number" ? t("effect.findable", { n: isMoney ? value(own.findable) : points(own.findable) }) : "", typeof own.people_needed === "number" ? t("effect.needed", { lift: percent, n: format.count(own.people_needed) }) : ""].filter(Boolean).join(" · ")}
            </p>
          ) : null}
        </div>
      ))}
    </div>
  );
}

/** An interval and its middle beside the line of nought. */
function Spread({ place, label, verdict }: { place: Whisker | null; label: string; verdict: string }) {
  if (!place) return null;
  return (
    <svg className={`effect-spread is-${verdict}`} viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label={label}>
      <line className="nought" x1={place.zero} x2={place.zero} y1="0" y2="16" />
      <line className="reach" x1={place.low} x2={place.high} y1="8" y2="8" />
      <line className="end" x1={place.low} x2={place.low} y1="4" y2="12" />
      <line className="end" x1={place.high} x2={place.high} y1="4" y2="12" />
      <line className="middle" x1={place.at} x2={place.at} y1="2" y2="14" />
    </svg>
  );
}
