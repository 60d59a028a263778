// Where the person stands, and why: each part of the value score with its reason. The program counts; nothing is worked out here.
import { CheckCircleFilled } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Progress, Skeleton, Tag as AntTag } from "antd";
import { Link } from "react-router";
import { people as api } from "../../api/calls";
import { keys } from "../../api/keys";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView } from "../../shell/errors";
import { useCan } from "../../shell/session";

export function Standing({ id }: { id: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const may = useCan()("settings.write");
  const standing = useQuery({ queryKey: keys.personPart(id, "standing"), queryFn: () => api.standing(id) });
  if (standing.isPending) return <section className="panel pad"><Skeleton active paragraph={{ rows: 3 }} /></section>;
  if (!standing.data) return <section className="panel"><ErrorView error={standing.error} retry={() => void standing.refetch()} /></section>;
  const { stage, aarrr, rfm, tier, loyal, points, parts, cycle_days } = standing.data;
  return (
    <section className="panel">
      <div className="panel-head">
        <span>{t("standing.title")}</span>
        <span className="muted small">{t("standing.cycle", { n: cycle_days })}{may ? <> · <Link to="/settings/lifecycle">{t("standing.definition")}</Link></> : null}</span>
      </div>
      <div className="standing">
        <dl className="standing-facts">
          <div><dt>{t("standing.stage")}</dt><dd>{word("stage", stage)}</dd></div>
          <div><dt>{t("standing.aarrr")}</dt><dd>{aarrr ? word("aarrr", aarrr) : "–"}</dd></div>
          <div><dt>{t("standing.rfm")}</dt><dd>{rfm ? word("rfm", rfm.segment) : t("standing.rfm_none")}</dd>{rfm ? <span className="muted small num">{`R${rfm.r} · F${rfm.f} · M${rfm.m}`}</span> : null}</div>
          <div><dt>{t("standing.tier")}</dt><dd><AntTag color={tier === "super_vip" ? "gold" : tier === "loyal" ? "green" : "default"}>{word("tier", tier)}</AntTag></dd>{loyal ? <span className="small good"><CheckCircleFilled /> {t("standing.loyal")}</span> : null}</div>
        </dl>
        <div className="standing-score">
          <div className="row between"><span className="muted small">{t("standing.score")}</span><b className="num">{t("standing.of", { n: format.decimal(points, 1), max: 100 })}</b></div>
          {parts.map((own) => (
            <div key={own.part} className="standing-part">
              <span className="standing-name">{t(`standing.part.${own.part as "recency"}`)}</span>
              <Progress percent={(own.points / own.weight) * 100} showInfo={false} size="small" />
              <span className="num small">{t("standing.of", { n: format.decimal(own.points, 1), max: own.weight })}</span>
              <span className="muted small standing-why">{own.reason}</span>
            </div>
          ))}
        </div>
      </div>
    </section>
  );
}
