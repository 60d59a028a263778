import { DatePicker, Table } from "antd";
import dayjs from "dayjs";
import { useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { sankey } from "../chart/sankey";
import { Labelled } from "../controls/simple";
import { betweenOf } from "../flows";
import { define, type FormProps, type ViewProps } from "../kind";
import { inGroup, Panel, Stat, useGroup } from "../parts";
import type { LifecycleResult, LifecycleSpec, LifecycleTable } from "../shapes";

function Form({ spec, change }: FormProps<LifecycleSpec>) {
  const { t } = useI18n();
  const day = (value: string | undefined) => (value ? dayjs(value) : null);
  return (
    <div className="see-frame">
      <Labelled at="on" label={t("see.lifecycle.on")}><DatePicker value={day(spec.on)} placeholder={t("see.today")} onChange={(next) => change({ on: next?.format("YYYY-MM-DD") })} aria-label={t("see.lifecycle.on")} /></Labelled>
      <Labelled at="against" label={t("see.lifecycle.against")}><DatePicker value={day(spec.against)} placeholder={t("see.lifecycle.month_before")} onChange={(next) => change({ against: next?.format("YYYY-MM-DD") })} aria-label={t("see.lifecycle.against")} /></Labelled>
    </div>
  );
}

function View({ result, small }: ViewProps<LifecycleSpec, LifecycleResult>) {
  const { t, word } = useI18n();
  const format = useFormat();
  const open = useOpen();
  const { shown, group, chooser } = useGroup<LifecycleTable>(result, result.groups);
  const flows = useMemo(() => betweenOf(shown.flow, (stage) => word("stage", stage)), [shown, word]);
  const option = useMemo(() => sankey(flows, format), [flows, format]);
  const all = shown.stages.reduce((sum, stage) => sum + stage.people, 0);
  const reached = Math.max(1, ...shown.aarrr.map((stage) => stage.reached));
  return (
    <>
      {chooser}
      <div className="numbers">
        {shown.stages.map((stage) => (
          <Stat
            key={stage.stage} label={word("stage", stage.stage)} value={format.count(stage.people)} now={stage.people} before={stage.before} less={stage.stage === "lost" || stage.stage === "at_risk"}
            hint={all ? t("see.share_of", { n: format.percent(stage.people / all) }) : undefined} cell={{ stage: stage.stage, ...inGroup(group) }} n={stage.people}
          />
        ))}
      </div>
      <Panel title={t("see.lifecycle.flow", { from: result.against, to: result.on })} note={t("see.lifecycle.note", { n: result.cycle_days })}>
        <Chart
          option={option} label={t("see.lifecycle")} height={small ? 280 : 400}
          onClick={({ dataType, dataIndex }) => {
            const move = dataType === "edge" ? flows.links[dataIndex]?.move : undefined;
            if (move) open({ from: move.from, to: move.to, ...inGroup(group) }, `${word("stage", move.from)} → ${word("stage", move.to)}`);
          }}
        />
      </Panel>
      {small ? null : (
        <div className="halves">
          <Panel title={t("see.lifecycle.aarrr")} note={t("see.lifecycle.aarrr_note")}>
            <div className="aarrr">
              {shown.aarrr.map((stage) => (
                <div key={stage.stage} className="aarrr-row">
                  <span>{word("aarrr", stage.stage)}</span>
                  <span className="aarrr-bar"><i style={{ width: `${(stage.reached / reached) * 100}%` }} /></span>
                  <span className="num right">{format.count(stage.reached)}</span>
                  <Few n={stage.people} cell={{ aarrr: stage.stage, ...inGroup(group) }} title={`${word("aarrr", stage.stage)} · ${t("see.lifecycle.last_stage")}`}>{t("see.lifecycle.stay", { n: format.count(stage.people) })}</Few>
                </div>
              ))}
            </div>
          </Panel>
          <Panel title={t("see.lifecycle.tiers")} note={t("see.lifecycle.loyal_rule", { orders: shown.loyal.rule.orders, days: shown.loyal.rule.days })}>
            <Table
              size="small" rowKey="tier" pagination={false} dataSource={shown.tiers}
              columns={[
                { title: t("see.lifecycle.tier"), render: (_, row) => word("tier", row.tier) },
                { title: t("see.people"), align: "right", render: (_, row) => <Few n={row.people} cell={{ tier: row.tier, ...inGroup(group) }} title={word("tier", row.tier)}>{format.count(row.people)}</Few> },
                { title: t("see.value"), align: "right", render: (_, row) => <span className="num">{format.money(row.value)}</span> },
                { title: t("see.each"), align: "right", render: (_, row) => <span className="num">{row.people ? format.money(Math.round(row.value / row.people)) : "–"}</span> },
              ]}
            />
            <div className="row pad">
              <span>{t("see.lifecycle.loyal")}</span><Few n={shown.loyal.people} cell={{ loyal: true, ...inGroup(group) }} title={t("see.lifecycle.loyal")}>{format.count(shown.loyal.people)}</Few>
            </div>
          </Panel>
        </div>
      )}
    </>
  );
}

export default define<LifecycleSpec, LifecycleResult>({
  fallback: {}, by: "people", span: false, compare: false, Form, View, isEmpty: (result) => result.stages.every((stage) => !stage.people),
});
