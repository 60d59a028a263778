// What a journey did: as a whole against its control, and the arms of its tests against the first.
import { useQuery } from "@tanstack/react-query";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { TrialView } from "../gate/EffectPanel";
import { ErrorView } from "../shell/errors";
import { journeyKeys, journeys as api } from "./calls";

export function JourneyTests({ journey }: { journey: S.JourneyOut }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: journeyKeys.tests(journey.id), queryFn: () => api.tests(journey.id), refetchInterval: journey.state === "ended" ? false : 60_000 });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return null;
  return (
    <>
      {found.data.effect ? <Whole own={found.data.effect} lift={found.data.lift_percent} /> : null}
      {found.data.items.length ? (
        <section className="panel" aria-label={t("effect.tests")}>
          <div className="panel-head">{t("effect.tests")}</div>
          <p className="panel-note muted">{t("effect.hint")} {journey.state === "ended" ? "" : t("effect.test_open")}</p>
          {found.data.items.map((own) => (
            <div key={`${own.node}-${own.versions.join()}`} className="effect-test">
              <div><b>{own.name || own.node}</b> <span className="muted small">{t("effect.test_hint", { n: own.within_days, versions: own.versions.join(", ") })}</span></div>
              <TrialView trial={own.trial} lift={found.data.lift_percent} />
            </div>
          ))}
        </section>
      ) : null}
    </>
  );
}

function Whole({ own, lift }: { own: S.JourneyEffect; lift: number }) {
  const { t } = useI18n();
  const format = useFormat();
  const notes = [
    t("effect.window", { from: format.at(own.from), until: format.at(own.until) }),
    own.open ? t("effect.whole_open", { n: format.count(own.open) }) : "",
    own.both ? t("effect.both", { n: format.count(own.both) }) : "",
    own.kept_out ? t("effect.kept_out", { n: format.count(own.kept_out) }) : "",
  ];
  return (
    <section className="panel effect" aria-label={t("effect.whole")}>
      <div className="panel-head">{t("effect.whole")}</div>
      <div className="effect-body">
        <p className="muted small">{t("effect.whole_hint")}</p>
        <p className="muted small">{notes.filter(Boolean).join(" · ")}</p>
        <TrialView trial={own.trial} lift={lift} currency={own.currency} />
      </div>
    </section>
  );
}
