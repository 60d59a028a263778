import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Select, Table } from "antd";
import { useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { axisTooltip, bar, category, grid, legend, values } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { DurationInput, Labelled } from "../controls/simple";
import { Wrong } from "../controls/Mistake";
import { define, type FormProps, type ViewProps } from "../kind";
import { Delta, inGroup, Panel, Stat, useNames } from "../parts";
import type { FunnelResult, FunnelSpec, FunnelStep } from "../shapes";
import { moved } from "../spec";

const STEPS_MAX = 10;
const EXCLUDED_MAX = 5;

function Form({ spec, change }: FormProps<FunnelSpec>) {
  const { t } = useI18n();
  const { steps } = spec;
  const put = (at: number, step: FunnelSpec["steps"][number] | null) => change({ steps: steps.flatMap((item, index) => (index !== at ? [item] : step ? [step] : [])) });
  return (
    <>
      <div className="funnel-steps">
        {steps.map((step, at) => (
          <div className="funnel-step" key={at}>
            <span className="step-no num">{at + 1}</span>
            <EventPicker value={step} onChange={(next) => put(at, next)} label={t("see.step_n", { n: at + 1 })} any />
            <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={at === 0} aria-label={t("see.earlier")} onClick={() => change({ steps: moved(steps, at, -1) })} />
            <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={at === steps.length - 1} aria-label={t("see.later")} onClick={() => change({ steps: moved(steps, at, 1) })} />
            <Button type="text" size="small" icon={<DeleteOutlined />} disabled={steps.length <= 2} aria-label={t("see.remove_step")} onClick={() => put(at, null)} />
            <Wrong at={`steps[${at}]`} />
          </div>
        ))}
        <Button size="small" type="dashed" icon={<PlusOutlined />} disabled={steps.length >= STEPS_MAX} onClick={() => change({ steps: [...steps, steps.at(-1) ?? { event: "*" }] })}>{t("see.add_step")}</Button>
      </div>
      <div className="see-frame">
        <Labelled at="window" label={t("see.window")}><DurationInput value={spec.window ?? { days: 7 }} onChange={(window) => change({ window })} label={t("see.window")} /></Labelled>
        <Excluded spec={spec} change={change} />
      </div>
    </>
  );
}

/** Events that must not happen between two steps. */
function Excluded({ spec, change }: FormProps<FunnelSpec>) {
  const { t } = useI18n();
  const list = spec.exclude ?? [];
  const set = (next: typeof list) => change({ exclude: next.length ? next : undefined });
  const last = spec.steps.length;
  const places = spec.steps.map((_, at) => ({ value: at + 1, label: t("see.step_n", { n: at + 1 }) }));
  return (
    <>
      {list.map((item, at) => {
        const [from, to] = item.between ?? [1, last];
        const put = (part: Partial<typeof item>) => set(list.map((own, index) => (index === at ? { ...own, ...part } : own)));
        return (
          <Labelled key={at} at={`exclude[${at}]`} label={t("see.exclude")} wide>
            <EventPicker value={item} onChange={(next) => put(next)} label={t("see.exclude")} />
            <Select value={from} options={places.slice(0, -1)} onChange={(next) => put({ between: [next, Math.max(to, next + 1)] })} aria-label={t("word.from")} />
            <span className="muted">–</span>
            <Select value={Math.min(to, last)} options={places.slice(from)} onChange={(next) => put({ between: [from, next] })} aria-label={t("word.to")} />
            <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("rule.remove")} onClick={() => set(list.filter((_, index) => index !== at))} />
          </Labelled>
        );
      })}
      {list.length < EXCLUDED_MAX ? <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => set([...list, { event: "Order Refunded", between: [1, last] }])}>{t("see.add_exclude")}</Button> : null}
    </>
  );
}

function View({ result, small }: ViewProps<FunnelSpec, FunnelResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const open = useOpen();
  const { steps, groups, before } = result;
  const label = (step: FunnelStep, at: number) => `${at + 1}. ${names.event(step.label)}`;
  const [first, last] = [steps[0], steps.at(-1)];
  const option = useMemo(() => {
    const name = (step: FunnelStep, at: number) => `${at + 1}. ${names.event(step.label)}`;
    const series = groups?.length
      ? groups.map((group) => ({ name: names.group(group.group), data: group.people }))
      : [{ name: t("see.people"), data: steps.map((step) => step.people) }, ...(before ? [{ name: t("see.before"), data: before.steps.map((step) => step.people) }] : [])];
    return {
      grid: grid(series.length > 1), legend: series.length > 1 ? legend(series.map((item) => item.name)) : undefined,
      tooltip: axisTooltip((value, item) => {
        const start = series[item.seriesIndex]?.data[0] ?? 0;
        return `${format.count(value)} · ${format.percent(start ? value / start : null)}`;
      }),
      xAxis: category(steps.map(name)), yAxis: values(format.short),
      series: series.map((item) => ({
        ...item, type: "bar" as const, ...bar,
        label: series.length === 1 ? { show: true, position: "top" as const, color: "#4b534e", formatter: ({ dataIndex }: { dataIndex: number }) => format.percent(steps[dataIndex]?.of_first) } : undefined,
      })),
    };
  }, [steps, groups, before, names, format, t]);
  return (
    <>
      <div className="numbers">
        <Stat label={t("see.funnel.through")} value={format.percent(last?.of_first)} now={last?.of_first} before={before?.steps.at(-1)?.of_first} hint={t("see.funnel.through_hint")} cell={{ step: steps.length }} n={last?.people} />
        <Stat label={t("see.funnel.entered")} value={format.count(first?.people ?? 0)} now={first?.people} before={before?.steps[0]?.people} cell={{ step: 1 }} n={first?.people} />
        <Stat label={t("see.funnel.arrived")} value={format.count(last?.people ?? 0)} now={last?.people} before={before?.steps.at(-1)?.people} cell={{ step: steps.length }} n={last?.people} />
        <Stat label={t("see.funnel.time")} value={format.span(steps.slice(1).reduce((sum, step) => sum + (step.seconds_median ?? 0), 0) || null)} hint={t("see.funnel.time_hint")} />
      </div>
      <Panel title={t("see.funnel.chart")}>
        <Chart
          option={option} label={t("see.funnel")} height={small ? 260 : 340}
          onClick={({ dataIndex, seriesIndex = 0 }) => {
            const [step, group] = [steps[dataIndex], groups?.[seriesIndex]];
            // The period before has no people of its own to open here: its cells belong to another question.
            if (step && (groups?.length || seriesIndex === 0)) open({ step: dataIndex + 1, ...inGroup(groups?.length ? group?.group : undefined) }, label(step, dataIndex));
          }}
        />
      </Panel>
      {small ? null : (
        <Panel title={t("see.table")}>
          <Table<FunnelStep & { at: number }>
            size="middle" pagination={false} rowKey="at" scroll={{ x: "max-content" }} dataSource={steps.map((step, at) => ({ ...step, at }))}
            columns={[
              { title: t("see.step"), render: (_, row) => <b className="plain">{label(row, row.at)}</b> },
              { title: t("see.people"), align: "right", render: (_, row) => <><Few n={row.people} cell={{ step: row.at + 1 }} title={label(row, row.at)}>{format.count(row.people)}</Few>{before ? <> <Delta now={row.people} before={before.steps[row.at]?.people} /></> : null}</> },
              { title: t("see.of_first"), align: "right", render: (_, row) => <span className="num">{format.percent(row.of_first)}</span> },
              { title: t("see.of_previous"), align: "right", render: (_, row) => <span className="num">{row.at ? format.percent(row.of_previous) : "–"}</span> },
              { title: t("see.dropped"), align: "right", render: (_, row) => {
                const lost = row.at ? (steps[row.at - 1]?.people ?? 0) - row.people : 0;
                return row.at ? <Few n={lost} cell={{ step: row.at + 1, dropped: true }} title={t("see.dropped_before", { step: label(row, row.at) })}>{format.count(lost)}</Few> : "–";
              } },
              { title: t("see.median_time"), align: "right", render: (_, row) => <span className="num">{row.at ? format.span(row.seconds_median) : "–"}</span> },
              ...(groups ?? []).map((group) => ({
                title: names.group(group.group), align: "right" as const,
                render: (_: unknown, row: { at: number; label: string }) => {
                  const [n, start] = [group.people[row.at] ?? 0, group.people[0] ?? 0];
                  return <><Few n={n} cell={{ step: row.at + 1, group: group.group }} title={`${names.group(group.group)} · ${row.at + 1}. ${names.event(row.label)}`}>{format.count(n)}</Few> <span className="muted small num">{format.percent(start ? n / start : null)}</span></>;
                },
              })),
            ]}
          />
        </Panel>
      )}
    </>
  );
}

export default define<FunnelSpec, FunnelResult>({
  fallback: { steps: [{ event: "Product Viewed" }, { event: "Product Added" }, { event: "Order Completed" }] },
  by: "property", span: true, compare: true, counted: (spec) => spec.steps[0], Form, View,
  isEmpty: (result) => !result.steps[0]?.people,
});
