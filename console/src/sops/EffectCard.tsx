// Customers' tasks on time against late: what their customers paid. An observation, compared within guides.
import { useQuery } from "@tanstack/react-query";
import { Alert, Segmented, Skeleton, Table, Tag as AntTag } from "antd";
import { useState } from "react";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { Num } from "../shell/parts";
import { sopKeys, sops as api } from "./calls";

const DAYS = [7, 14, 30] as const;
const READINGS: Record<string, string> = { too_few: "default", unclear: "default", higher: "blue", lower: "blue" };

export function EffectCard() {
  const { t } = useI18n();
  const [days, choose] = useState<number>(14);
  const query = { days };
  const effect = useQuery({ queryKey: sopKeys.effect(query), queryFn: () => api.effect(query) });
  return (
    <section className="panel pad stack" aria-label={t("sops.effect")}>
      <div className="row between wrap">
        <b>{t("sops.effect")}</b>
        <Segmented size="small" value={days} onChange={choose} options={DAYS.map((value) => ({ value, label: t("effect.days", { n: value }) }))} aria-label={t("effect.days_word")} />
      </div>
      <p className="muted small">{t("sops.effect_hint", { n: days })}</p>
      {effect.isError ? <ErrorView error={effect.error} retry={() => void effect.refetch()} /> : null}
      {effect.isPending ? <Skeleton active /> : null}
      {effect.data ? <Found own={effect.data} /> : null}
    </section>
  );
}

function Found({ own }: { own: S.SopEffect }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const tooFew = own.outcomes.every((outcome) => outcome.reading === "too_few");
  const group = (name: "on_time" | "late") => t("sops.effect_group", { tasks: format.count(own[name].tasks), customers: format.count(own[name].customers), compared: format.count(own[name].compared_customers) });
  const notes = [
    t("sops.effect_span", { from: own.from, to: own.to }),
    t("sops.effect_guides", { n: format.count(own.guides) }),
    own.waiting ? t("sops.effect_waiting", { n: format.count(own.waiting) }) : "",
    own.left_out ? t("sops.effect_left_out", { n: format.count(own.left_out) }) : "",
  ];
  return (
    <>
      {tooFew
        ? <Alert type="info" showIcon title={t("sops.effect_too_few", { customers: own.customers_least, paid: own.paid_least })} />
        : <Alert type="warning" showIcon title={t("sops.effect_no_cause")} />}
      <Table
        size="small" scroll={{ x: "max-content" }} pagination={false} dataSource={own.outcomes} rowKey={(row) => row.what}
        columns={[
          { title: "", render: (_, row) => <b>{word("sops.effect_what", row.what)}</b> },
          { title: t("sops.end.on_time"), align: "right", render: (_, row) => <Value row={row} n={row.on_time} currency={own.currency} /> },
          { title: t("sops.effect_late"), align: "right", render: (_, row) => <Value row={row} n={row.late} currency={own.currency} /> },
          { title: t("sops.effect_within"), render: (_, row) => <><AntTag color={READINGS[row.reading]}>{word("sops.effect_reading", row.reading)}</AntTag> <Apart row={row} own={row.within} currency={own.currency} /></> },
          { title: t("sops.effect_raw"), render: (_, row) => <Apart row={row} own={row.raw} currency={own.currency} /> },
        ]}
      />
      <p className="muted small num">{t("sops.end.on_time")}: {group("on_time")} · {t("sops.effect_late")}: {group("late")}</p>
      <p className="muted small num">{notes.filter(Boolean).join(" · ")}</p>
    </>
  );
}

function Value({ row, n, currency }: { row: S.SopEffectOutcome; n: number | null | undefined; currency: string }) {
  const format = useFormat();
  if (typeof n !== "number") return <Num muted>–</Num>;
  return <Num>{row.what === "revenue" ? format.money(Math.round(n), currency) : format.percent(n, 1)}</Num>;
}

function Apart({ row, own, currency }: { row: S.SopEffectOutcome; own: S.SopEffectDifference | null | undefined; currency: string }) {
  const { t } = useI18n();
  const format = useFormat();
  if (!own) return <Num muted>–</Num>;
  const show = (n: number) => {
    const text = row.what === "revenue" ? format.money(Math.round(n), currency) : t("effect.points", { n: format.decimal(n * 100, 1) });
    return n > 0 ? `+${text}` : text;
  };
  return <span className="num small">{t("effect.interval", { value: show(own.value), low: show(own.interval.low), high: show(own.interval.high) })}</span>;
}
