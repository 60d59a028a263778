import { DatePicker, InputNumber, Segmented, Table } from "antd";
import dayjs from "dayjs";
import { useMemo, useState } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few } from "../Behind";
import { heat } from "../chart/style";
import { EventPicker } from "../controls/EventPicker";
import { Labelled } from "../controls/simple";
import { define, type FormProps, type ViewProps } from "../kind";
import { inGroup, Panel, Stat, useGroup } from "../parts";
import { gridOf } from "../rfm";
import type { RfmResult, RfmSpec, RfmTable } from "../shapes";

const ORDER = { event: "Order Completed" };

function Form({ spec, change }: FormProps<RfmSpec>) {
  const { t } = useI18n();
  return (
    <div className="see-frame">
      <Labelled at="orders" label={t("see.rfm.orders")}><EventPicker value={spec.orders ?? ORDER} onChange={(orders) => change({ orders })} label={t("see.rfm.orders")} /></Labelled>
      <Labelled at="as_of" label={t("see.rfm.as_of")}><DatePicker value={spec.as_of ? dayjs(spec.as_of) : null} placeholder={t("see.today")} onChange={(next) => change({ as_of: next?.format("YYYY-MM-DD") })} aria-label={t("see.rfm.as_of")} /></Labelled>
      <Labelled at="scores" label={t("see.rfm.scores")}><InputNumber min={2} max={10} value={spec.scores ?? 5} disabled={spec.method === "fixed"} onChange={(scores) => scores && change({ scores })} aria-label={t("see.rfm.scores")} className="w-80" /></Labelled>
    </div>
  );
}

function View({ spec, result, small }: ViewProps<RfmSpec, RfmResult>) {
  const { t, word } = useI18n();
  const format = useFormat();
  const [show, setShow] = useState<"people" | "value">("people");
  const { shown, group, chooser } = useGroup<RfmTable>(result, result.groups);
  const before = group === undefined ? result.before : undefined;
  const scores = spec.scores ?? 5;
  const grid = useMemo(() => gridOf(shown.cells, scores), [shown, scores]);
  const most = Math.max(1, ...grid.flat().map((cell) => cell[show]));
  const value = shown.cells.reduce((sum, cell) => sum + cell.value, 0);
  const places = Array.from({ length: scores }, (_, at) => at);
  return (
    <>
      {chooser}
      <div className="numbers">
        <Stat label={t("see.rfm.buyers")} value={format.count(shown.people)} now={shown.people} before={before?.people} cell={inGroup(group)} n={shown.people} />
        <Stat label={t("see.value")} value={format.money(value)} />
        <Stat label={t("see.each")} value={shown.people ? format.money(Math.round(value / shown.people)) : "–"} />
      </div>
      <Panel
        title={t("see.rfm.grid")} note={small ? null : t("see.rfm.note", { n: scores })}
        extra={<Segmented size="small" data-no-picture value={show} onChange={setShow} options={[{ value: "people", label: t("see.people") }, { value: "value", label: t("see.value") }]} />}
      >
        <div className="heat-scroll" tabIndex={0} role="region" aria-label={t("see.rfm.grid")}>
          <table className="heat rfm">
            <thead><tr><th>{t("see.rfm.corner")}</th>{places.map((f) => <th key={f}>F{f + 1}</th>)}</tr></thead>
            <tbody>
              {[...places].reverse().map((r) => (
                <tr key={r}>
                  <th scope="row">R{r + 1}</th>
                  {places.map((f) => {
                    const cell = grid[r]?.[f] ?? { people: 0, value: 0 };
                    return (
                      <td key={f} style={heat(cell[show] / most)}>
                        <Few n={cell.people} cell={{ r: r + 1, f: f + 1, ...inGroup(group) }} title={`R${r + 1} F${f + 1}`}>{show === "people" ? format.count(cell.people) : format.moneyShort(cell.value)}</Few>
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      {small || shown.segments.length === 0 ? null : (
        <Panel title={t("see.rfm.segments")}>
          <Table
            size="middle" rowKey="segment" pagination={false} scroll={{ x: "max-content" }} dataSource={[...shown.segments].sort((a, b) => b.value - a.value)}
            columns={[
              { title: t("see.rfm.segment"), render: (_, row) => <><b className="plain">{word("rfm", row.segment)}</b><div className="muted small">{word("rfm.do", row.segment)}</div></> },
              { title: t("see.people"), align: "right", render: (_, row) => <Few n={row.people} cell={{ segment: row.segment, ...inGroup(group) }} title={word("rfm", row.segment)}>{format.count(row.people)}</Few> },
              { title: t("see.share"), align: "right", render: (_, row) => <span className="num">{format.percent(shown.people ? row.people / shown.people : null)}</span> },
              { title: t("see.value"), align: "right", render: (_, row) => <span className="num">{format.money(row.value)}</span> },
              { title: t("see.rfm.recency"), align: "right", render: (_, row) => <span className="num">{format.decimal(row.recency_days, 0)}</span> },
              { title: t("see.rfm.frequency"), align: "right", render: (_, row) => <span className="num">{format.decimal(row.orders, 1)}</span> },
            ]}
          />
        </Panel>
      )}
    </>
  );
}

export default define<RfmSpec, RfmResult>({
  fallback: {}, by: "people", span: "all", compare: true, Form, View, isEmpty: (result) => !result.people,
});
