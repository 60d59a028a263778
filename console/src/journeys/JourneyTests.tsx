// The tests of a journey: the arms of each against the first.
import { useQuery } from "@tanstack/react-query";
import type * as S from "../api/openapi";
import { useI18n } from "../i18n";
import { TrialView } from "../gate/EffectPanel";
import { ErrorView } from "../shell/errors";
import { journeyKeys, journeys as api } from "./calls";

export function JourneyTests({ journey }: { journey: S.JourneyOut }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: journeyKeys.tests(journey.id), queryFn: () => api.tests(journey.id), refetchInterval: journey.state === "ended" ? false : 60_000 });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  if (!found.data?.items.length) return null;
  return (
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
  );
}
