import { InputNumber, Select, Table } from "antd";
import { useMemo } from "react";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { Few, useOpen } from "../Behind";
import { Chart } from "../chart/Chart";
import { sankey } from "../chart/sankey";
import { EventPicker } from "../controls/EventPicker";
import { DurationInput, Labelled } from "../controls/simple";
import { useCatalogue } from "../controls/useCatalogue";
import { columnsOf } from "../flows";
import { define, type FormProps, type ViewProps } from "../kind";
import { usePropertyName } from "../names";
import { inGroup, Panel, Stat, useGroup, useNames } from "../parts";
import type { EventSel, PathsResult, PathsSpec, PathsTable } from "../shapes";

const ANY: EventSel = { event: "*" };

function Form({ spec, change }: FormProps<PathsSpec>) {
  const { t } = useI18n();
  const property = usePropertyName();
  const { properties } = useCatalogue();
  const optional = (next: EventSel) => (next.event === "*" && !next.where ? undefined : next);
  return (
    <div className="see-frame">
      <Labelled at="start" label={t("see.paths.start")}><EventPicker any value={spec.start ?? ANY} onChange={(next) => change({ start: optional(next) })} label={t("see.paths.start")} /></Labelled>
      <Labelled at="end" label={t("see.paths.end")}><EventPicker any value={spec.end ?? ANY} onChange={(next) => change({ end: optional(next) })} label={t("see.paths.end")} /></Labelled>
      <Labelled at="events" label={t("see.paths.events")}><EventPicker any value={spec.events ?? ANY} onChange={(next) => change({ events: optional(next) })} label={t("see.paths.events")} /></Labelled>
      <Labelled at="property" label={t("see.paths.node")}>
        <Select<string> allowClear className="w-140" value={spec.property} onChange={(next?: string) => change({ property: next })} placeholder={t("see.event")} aria-label={t("see.paths.node")} showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} options={properties(spec.events).map((own) => ({ value: own.name, label: property(own.name) }))} />
      </Labelled>
      <Labelled at="depth" label={t("see.paths.depth")}><InputNumber min={2} max={10} value={spec.depth ?? 5} onChange={(depth) => depth && change({ depth })} aria-label={t("see.paths.depth")} className="w-80" /></Labelled>
      <Labelled at="session" label={t("see.paths.session")}><DurationInput value={spec.session ?? { minutes: 30 }} onChange={(session) => change({ session })} label={t("see.paths.session")} /></Labelled>
      <Labelled at="top" label={t("see.paths.top")}><InputNumber min={3} max={50} value={spec.top ?? 20} onChange={(top) => top && change({ top })} aria-label={t("see.paths.top")} className="w-80" /></Labelled>
    </div>
  );
}

function View({ spec, result, small }: ViewProps<PathsSpec, PathsResult>) {
  const { t } = useI18n();
  const format = useFormat();
  const names = useNames();
  const open = useOpen();
  const { shown, group, chooser } = useGroup<PathsTable>(result, result.groups);
  const before = group === undefined ? result.before : undefined;
  const flows = useMemo(() => columnsOf(shown.links, (name) => (name === null ? t("see.paths.left") : spec.property ? names.touch(name) : names.event(name))), [shown, names, spec.property, t]);
  const option = useMemo(() => sankey(flows, format), [flows, format]);
  const name = (node: string) => (spec.property ? names.touch(node) : names.event(node));
  return (
    <>
      {chooser}
      <div className="numbers">
        <Stat label={t("see.people")} value={format.count(shown.people)} now={shown.people} before={before?.people} />
        <Stat label={t("see.paths.sessions")} value={format.count(shown.sessions)} now={shown.sessions} before={before?.sessions} />
        <Stat label={t("see.paths.a_person")} value={format.decimal(shown.people ? shown.sessions / shown.people : null, 1)} />
      </div>
      <Panel title={t("see.paths.chart")} note={hiddenNote()}>
        <div className="wide-chart" tabIndex={0} role="region" aria-label={t("see.paths.chart")}>
          <Chart
            tall option={option} label={t("see.paths")} height={small ? 300 : Math.min(640, 260 + 14 * flows.nodes.length)}
            onClick={({ dataType, dataIndex }) => {
              const link = dataType === "edge" ? flows.links[dataIndex]?.link : undefined;
              if (link) open({ link: { step: link.step, from: link.from, to: link.to }, ...inGroup(group) }, `${name(link.from)} → ${link.to === null ? t("see.paths.left") : name(link.to)}`);
            }}
          />
        </div>
      </Panel>
      {small ? null : (
        <Panel title={t("see.paths.routes")}>
          <Table
            size="small" rowKey={(row) => row.nodes.join("\u0000")} pagination={{ pageSize: 20, hideOnSinglePage: true, size: "small" }} dataSource={shown.routes}
            columns={[
              { title: t("see.paths.route"), render: (_, row) => <span className="route">{row.nodes.map((node, at) => <span key={at}>{at ? <i>→</i> : null}{name(node)}</span>)}</span> },
              { title: t("see.people"), align: "right", render: (_, row) => <Few n={row.people} cell={{ route: row.nodes, ...inGroup(group) }} title={row.nodes.map(name).join(" → ")}>{format.count(row.people)}</Few> },
              { title: t("see.times"), align: "right", render: (_, row) => <span className="num">{format.count(row.count)}</span> },
            ]}
          />
        </Panel>
      )}
    </>
  );

  function hiddenNote() {
    const links = shown.hidden?.links ?? 0;
    return links && !small ? t("see.paths.hidden", { n: format.count(links) }) : t("see.click_flow");
  }
}

export default define<PathsSpec, PathsResult>({
  fallback: { session: { minutes: 30 } }, by: "people", span: true, compare: true, Form, View, isEmpty: (result) => !result.sessions,
});
