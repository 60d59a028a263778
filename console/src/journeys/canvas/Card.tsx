import { PlusOutlined } from "@ant-design/icons";
import { memo, type PointerEvent } from "react";
import { useFormat } from "../../format/useFormat";
import type { What } from "./context";
import { total, waysOf, type Definition, type JourneyNode, type NodeNumbers, type Way } from "./definition";
import { KindIcon, toneOf } from "./icons";
import { ENTRY, type Box } from "./layout";
import { sayEntry, sayRules, sayWay, titleOf, type Speaker } from "./say";

/** The entry among the nodes: no node can have this id. */
export const ENTRY_ID = "@entry";

export interface CardActions {
  grab(event: PointerEvent, id: string): void;
  draw(event: PointerEvent, id: string, way: string): void;
  focus(id: string): void;
  open(id: string): void;
  extend(id: string, way: string): void;
  people: ((node: string, what: What) => void) | undefined;
}

interface Props {
  node: JourneyNode; box: Box; sentence: string; speaker: Speaker; actions: CardActions; readOnly: boolean; selected: boolean; held: boolean; target: boolean;
  problems: number; numbers: NodeNumbers | undefined;
}

export const Card = memo(function Card({ node, box, sentence, speaker, actions, readOnly, selected, held, target, problems, numbers }: Props) {
  const { t } = speaker;
  const title = titleOf(speaker, node);
  const kind = t(`canvas.kind.${node.do.type}`);
  const marks = [selected && "selected", held && "held", target && "target", problems > 0 && "wrong"].filter(Boolean).join(" ");
  return (
    <div className={`jc-card ${marks}`} data-node={node.id} style={{ transform: `translate(${box.x}px, ${box.y}px)`, width: box.width, height: box.height }} onPointerDown={(event) => actions.grab(event, node.id)}>
      <button
        type="button" className="jc-main" data-main={node.id} aria-label={t("canvas.card", { kind, title, sentence })} aria-pressed={selected}
        onFocus={() => actions.focus(node.id)} onClick={() => actions.open(node.id)}
      >
        <span className="jc-head">
          <KindIcon kind={node.do.type} />
          <span className="jc-names"><span className="jc-title">{title}</span>{title === kind ? null : <span className="jc-kind">{kind}</span>}</span>
          {problems ? <span className="jc-badge" title={t("canvas.problems_n", { n: problems })}>{problems}</span> : null}
        </span>
        <span className="jc-sentence" title={sentence}>{sentence}</span>
      </button>
      {numbers ? <Counts node={node} numbers={numbers} speaker={speaker} people={actions.people} /> : null}
      <Ways node={node} speaker={speaker} actions={actions} readOnly={readOnly} numbers={numbers} />
    </div>
  );
});

function Counts({ node, numbers, speaker: { t }, people }: { node: JourneyNode; numbers: NodeNumbers; speaker: Speaker; people: CardActions["people"] }) {
  const format = useFormat();
  const [finished, exited] = [total(numbers.finished), total(numbers.exited)];
  const ends = node.do.type === "exit";
  const shown: { what: Exclude<What, `passed:${string}`>; n: number }[] = [
    { what: "came", n: numbers.came }, ends ? { what: "finished", n: finished } : { what: "inside", n: numbers.inside }, ...(exited ? [{ what: "exited" as const, n: exited }] : []),
  ];
  return (
    <div className="jc-counts">
      {shown.map(({ what, n }) => <Count key={what} label={t(`canvas.count.${what}`)} n={format.count(n)} onOpen={people && n ? () => people(node.id, what) : undefined} />)}
    </div>
  );
}
function Count({ label, n, onOpen }: { label: string; n: string; onOpen: (() => void) | undefined }) {
  const content = <>{label} <b className="num">{n}</b></>;
  return onOpen ? <button type="button" tabIndex={-1} className="jc-count" onClick={onOpen}>{content}</button> : <span className="jc-count">{content}</span>;
}

function Ways({ node, speaker, actions, readOnly, numbers }: Pick<Props, "node" | "speaker" | "actions" | "readOnly" | "numbers">) {
  const ways = waysOf(node.do);
  return ways.length ? (
    <div className="jc-ways" style={{ gridTemplateColumns: `repeat(${ways.length}, minmax(0, 1fr))` }}>
      {ways.map((way) => <WayHandle key={way.id} node={node} way={way} speaker={speaker} actions={actions} readOnly={readOnly} passed={numbers ? (numbers.passed?.[way.id] ?? 0) : null} />)}
    </div>
  ) : null;
}

function WayHandle({ node, way, speaker, actions, readOnly, passed }: { node: JourneyNode; way: Way; speaker: Speaker; actions: CardActions; readOnly: boolean; passed: number | null }) {
  const { t } = speaker;
  const format = useFormat();
  const name = sayWay(speaker, node.do, way);
  const label = way.arm ? `${name} ${way.arm.weight}%` : name;
  const state = way.to ? "led" : way.optional ? "follows" : "open";
  const first = waysOf(node.do)[0];
  const hint = state === "led" ? label : state === "follows" && first ? t("canvas.follows", { way: label, first: sayWay(speaker, node.do, first) }) : t("canvas.way_open", { way: label });
  const people = actions.people;
  return (
    <span className="jc-way-slot">
      <button
        type="button" tabIndex={-1} className={`jc-way ${state}`} data-way={way.id} disabled={readOnly} title={hint} aria-label={readOnly ? hint : t("canvas.way_extend", { way: label })}
        onPointerDown={(event) => actions.draw(event, node.id, way.id)} onClick={() => actions.extend(node.id, way.id)}
      >
        <span className="jc-way-name">{label}</span>{state === "open" && !readOnly ? <PlusOutlined /> : null}
      </button>
      {passed === null ? null : people && passed
        ? <button type="button" tabIndex={-1} className="jc-passed num" aria-label={t("canvas.passed", { way: label, n: format.count(passed) })} onClick={() => people(node.id, `passed:${way.id}`)}>{format.count(passed)}</button>
        : <span className="jc-passed num">{format.count(passed)}</span>}
    </span>
  );
}

interface EntryProps { definition: Definition; x: number; y: number; speaker: Speaker; actions: CardActions; readOnly: boolean; selected: boolean; problems: number }

export const EntryCard = memo(function EntryCard({ definition, x, y, speaker, actions, readOnly, selected, problems }: EntryProps) {
  const { t } = speaker;
  const sentence = sayEntry(speaker, definition.entry);
  const rules = sayRules(speaker, definition);
  return (
    <div className={`jc-card jc-entry ${toneOf("entry")} ${selected ? "selected" : ""} ${problems ? "wrong" : ""}`} style={{ transform: `translate(${x}px, ${y}px)`, ...ENTRY }}>
      <button
        type="button" className="jc-main" data-main={ENTRY_ID} aria-label={t("canvas.card", { kind: t("canvas.entry"), title: sentence, sentence: rules })} aria-pressed={selected}
        onFocus={() => actions.focus(ENTRY_ID)} onClick={() => actions.open(ENTRY_ID)}
      >
        <span className="jc-head">
          <KindIcon kind="entry" />
          <span className="jc-names"><span className="jc-title" title={sentence}>{sentence}</span><span className="jc-kind" title={rules}>{rules}</span></span>
          {problems ? <span className="jc-badge" title={t("canvas.problems_n", { n: problems })}>{problems}</span> : null}
        </span>
      </button>
      <div className="jc-ways">
        <span className="jc-way-slot">
          <button
            type="button" tabIndex={-1} className={`jc-way ${definition.start ? "led" : "open"}`} data-way="start" disabled={readOnly} aria-label={t("canvas.way_extend", { way: t("canvas.start") })}
            onPointerDown={(event) => actions.draw(event, ENTRY_ID, "start")} onClick={() => actions.extend(ENTRY_ID, "start")}
          >
            <span className="jc-way-name">{t("canvas.start")}</span>{definition.start || readOnly ? null : <PlusOutlined />}
          </button>
        </span>
      </div>
    </div>
  );
});
