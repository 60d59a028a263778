import { Checkbox, Segmented, Select, Table } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { matrixOf, type MatrixRow } from "../attribution";
import { Chart } from "../chart/Chart";
import { axisTooltip, bar, category, grid, legend, values } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { DurationInput, Labelled } from "../controls/simple";
import { useCatalogue } from "../controls/useCatalogue";
import { Credits } from "../Credits";
import { define, type FormProps, type ViewProps } from "../kind";
import { usePropertyName } from "../names";
import { inGroup, Panel, Stat, useGroup, useNames } from "../parts";
import type { Attributed, AttributionResult, AttributionSpec, Cell, Model, TouchWindow } from "../shapes";
import { tidy } from "../spec";

const MODELS: Model[] = ["last", "first", "linear", "position", "decay"];
const WINDOWS: TouchWindow[] = ["same_day", 7, 15, 30];
const ORDER = { event: "Order Completed" };

function Form({ spec, change }: FormProps<AttributionSpec>) {
  const { t } = useI18n();
  const property = usePropertyName();
  const { properties } = useCatalogue();
  return (
    <div className="see-frame">
      <Labelled at="conversion" label={t("see.conversion")}><EventPicker value={spec.conversion ?? ORDER} onChange={(conversion) => change({ conversion })} label={t("see.conversion")} /></Labelled>
      <Labelled at="touch_by" label={t("see.attribution.touch_by")}>
        <Select<string> className="w-140" value={spec.touch_by ?? "channel"} onChange={(touch_by) => change({ touch_by })} aria-label={t("see.attribution.touch_by")} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} options={properties(spec.touch).map((own) => ({ value: own.name, label: property(own.name) }))} />
      </Labelled>
      <Labelled at="touch" label={t("see.attribution.touch")}><EventPicker any value={spec.touch ?? { event: "*" }} onChange={(touch) => change({ touch: touch.event === "*" && !touch.where ? undefined : touch })} label={t("see.attribution.touch")} /></Labelled>
      <Labelled at="half_life" label={t("see.attribution.half_life")}><DurationInput value={spec.half_life ?? { days: 7 }} onChange={(half_life) => change({ half_life })} label={t("see.attribution.half_life")} /></Labelled>
      <Checkbox className="see-compare" checked={spec.refunds !== false} onChange={(event) => change({ refunds: event.target.checked })}>{t("see.attribution.refunds")}</Checkbox>
    </div>
  );
}

function View({ spec, result, small }: ViewProps<AttributionSpec, AttributionResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const { shown, group, chooser } = useGroup<Attributed>(result, result.groups);
  const windows = spec.windows ?? WINDOWS;
  const models = spec.models ?? MODELS;
  const [chosen, choose] = useState<TouchWindow>(windows.includes(7) ? 7 : (windows[0] ?? 7));
  const [show, setShow] = useState<"value" | "conversions">("value");
  const [behind, lookBehind] = useState<{ cell: Cell; title: string } | null>(null);
  const window = windows.includes(chosen) ? chosen : (windows[0] ?? 7);
  const matrix = useMemo(() => matrixOf(shown, window, models), [shown, window, models]);
  const windowName = (item: TouchWindow) => (item === "same_day" ? t("see.window.same_day") : t("see.window.days", { n: item }));
  const text = (value: number) => (show === "value" ? format.money(value) : format.decimal(value));
  const option = useMemo(() => {
    const rows = matrix.rows.slice(0, 12);
    const series = models.map((model) => ({ name: t(`see.model.${model}`), type: "bar" as const, ...bar, data: rows.map((row) => row.credit[model]?.[show] ?? 0) }));
    return {
      grid: grid(), legend: legend(series.map((own) => own.name)), tooltip: axisTooltip((value) => (show === "value" ? format.money(value) : format.decimal(value))),
      xAxis: category(rows.map((row) => names.touch(row.touch))), yAxis: values(show === "value" ? (value) => format.moneyShort(value) : format.short, false), series,
    };
  }, [matrix, models, show, names, format, t]);
  const total = shown.total;
  const net = total.value;
  const none = matrix.none[models[0] ?? "last"];
  const before = group === undefined ? result.before?.total : undefined;
  return (
    <>
      {chooser}
      <div className="numbers">
        <Stat label={t("see.attribution.value")} value={format.money(net)} now={net} before={before?.value} hint={total.refunded ? t("see.attribution.refunded", { n: format.money(-total.refunded) }) : undefined} />
        <Stat label={t("see.attribution.conversions")} value={format.decimal(total.conversions)} now={total.conversions} before={before?.conversions} />
        <Stat label={t("see.attribution.touched")} value={format.percent(net && none ? (net - none.value) / net : null)} hint={t("see.attribution.touched_hint", { window: windowName(window) })} />
      </div>
      <div className="row" data-no-picture>
        <Segmented<string> value={String(window)} onChange={(next) => choose(next === "same_day" ? next : Number(next))} options={windows.map((item) => ({ value: String(item), label: windowName(item) }))} />
        <Segmented value={show} onChange={setShow} options={[{ value: "value", label: t("see.attribution.value") }, { value: "conversions", label: t("see.attribution.conversions") }]} />
      </div>
      <Panel title={t("see.attribution.chart", { window: windowName(window) })}><Chart option={option} label={t("see.attribution")} height={small ? 260 : 340} /></Panel>
      {small ? null : (
        <Panel title={t("see.table")} note={t("see.attribution.note")}>
          <Table<MatrixRow>
            size="middle" rowKey={(row) => String(row.touch)} pagination={{ pageSize: 30, hideOnSinglePage: true, size: "small" }} scroll={{ x: "max-content" }} dataSource={matrix.all}
            columns={[
              { title: t("see.attribution.touch_name"), fixed: "left", render: (_, row) => <b className="plain">{names.touch(row.touch)}</b> },
              ...models.map((model) => ({
                title: t(`see.model.${model}`), align: "right" as const, sorter: (a: MatrixRow, b: MatrixRow) => (a.credit[model]?.[show] ?? 0) - (b.credit[model]?.[show] ?? 0),
                render: (_: unknown, row: MatrixRow) => {
                  const credit = row.credit[model];
                  if (!credit) return <span className="muted">–</span>;
                  // What is left of more touches than are named has no cell of its own.
                  if (row.touch === "…") return <span className="num">{text(credit[show])}</span>;
                  const title = `${names.touch(row.touch)} · ${t(`see.model.${model}`)} · ${windowName(window)}`;
                  return <button type="button" className="link num" onClick={() => lookBehind({ cell: { touch: row.touch, model, window, ...inGroup(group) }, title })}>{text(credit[show])}</button>;
                },
              })),
            ]}
            summary={() => (
              <Table.Summary.Row>
                <Table.Summary.Cell index={0}><b>{t("see.total")}</b></Table.Summary.Cell>
                {models.map((model, at) => <Table.Summary.Cell key={model} index={at + 1} align="right"><b className="num">{show === "value" ? format.money(net) : format.decimal(total.conversions)}</b></Table.Summary.Cell>)}
              </Table.Summary.Row>
            )}
          />
        </Panel>
      )}
      <Credits spec={tidy({ ...spec })} behind={behind} onClose={() => lookBehind(null)} />
    </>
  );
}

export default define<AttributionSpec, AttributionResult>({
  fallback: { conversion: ORDER, touch_by: "channel" }, by: "property", span: true, compare: true, counted: (spec) => spec.conversion ?? ORDER, Form, View,
  isEmpty: (result) => !result.total.conversions,
});
