// The editor of a journey: a canvas of nodes, what is added at its left, what a node holds at its right.
import { ApartmentOutlined, CheckCircleOutlined, ExpandOutlined, PlusOutlined, QuestionCircleOutlined, RedoOutlined, SettingOutlined, UndoOutlined, WarningOutlined, ZoomInOutlined, ZoomOutOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useI18n } from "../../i18n";
import { words } from "../../i18n/words";
import { AddDialog, AddList } from "./AddList";
import { ENTRY_ID } from "./Card";
import "./canvas.css";
import { EditorContext, type Shared, type Slots } from "./context";
import type { Definition, JourneyNode, Kind, NodeNumbers, Place, Problem } from "./definition";
import { addNode, connect, freeWay, moveNode, nodeOf, pasteNode, removeNode, tidy, type Added, type From } from "./edit";
import { Help } from "./Help";
import { flowOrder, placesOf } from "./layout";
import { JourneyPanel, NodePanel, ProblemsPanel } from "./panels";
import { sayAct, titleOf, type Named, type Speaker } from "./say";
import { Stage, type StageHandle } from "./Stage";
import { useEditor, useStable } from "./useEditor";

export interface JourneyCanvasProps extends Slots {
  value: Definition;
  onChange: (next: Definition) => void;
  /** What keeps it from being published; without it nothing is said about problems. */
  problems?: readonly Problem[];
  /** By the node's id. */
  numbers?: Readonly<Record<string, NodeNumbers>>;
  readOnly?: boolean;
  audiences?: readonly Named[];
  /** Names of events to choose from; without it those that the console has words for. Any other name may be typed. */
  events?: readonly string[];
}

const NONE: readonly never[] = [];
const EVENTS: readonly string[] = Object.keys(words).filter((key) => /^event\.[A-Z]/.test(key)).map((key) => key.slice("event.".length));
/** Narrower than this there is no room beside the canvas. */
const PALETTE_FROM = 980;
const SHEET_BELOW = 720;
/** A node that was copied, also to be pasted into another journey. */
let copied: JourneyNode | null = null;

type PanelOf = "node" | "problems" | null;

export function JourneyCanvas({ value, onChange, problems, numbers, readOnly = false, audiences = NONE, events = EVENTS, ...slots }: JourneyCanvasProps) {
  const { locale, t, word } = useI18n();
  const editor = useEditor(value, onChange);
  const { apply } = editor;
  const stage = useRef<StageHandle>(null);
  const root = useRef<HTMLDivElement>(null);
  const width = useWidth(root);
  const [selected, select] = useState<string | null>(null);
  const [panel, setPanel] = useState<PanelOf>(null);
  const [adding, setAdding] = useState<{ from: From | null; place?: Place } | null>(null);
  const [help, setHelp] = useState(false);
  const [zoom, setZoom] = useState(1);
  const [said, say] = useState("");
  const [, wake] = useState(0);
  const focusNext = useRef<{ id: string | null; panel: boolean } | null>(null);

  const speaker = useMemo<Speaker>(() => ({ locale, t, word, audiences }), [locale, t, word, audiences]);
  // Two nodes of one id are a problem that is told; here the first of them is meant.
  const order = useMemo(() => [...new Set(flowOrder(value))], [value]);
  const node = nodeOf(value, selected);
  const chosen = node || selected === ENTRY_ID ? selected : null;
  const sheet = width > 0 && width < SHEET_BELOW;
  const shown: PanelOf = panel === "node" && !chosen ? null : panel;
  const title = (id: string) => {
    const own = nodeOf(editor.latest(), id);
    return own ? titleOf(speaker, own) : "";
  };

  // After a change the focus goes where the work goes on.
  useEffect(() => {
    const next = focusNext.current;
    focusNext.current = null;
    const inPanel = (what: string) => root.current?.querySelector<HTMLElement>(`.jc-panel-body :is(${what}):not(:disabled)`);
    if (next?.panel) (inPanel("input, textarea") ?? inPanel("button") ?? root.current?.querySelector<HTMLElement>(".jc-panel-head button"))?.focus({ preventScroll: true });
    else if (next?.id) stage.current?.focus(next.id);
    // What had the focus is gone: without this the keys would go nowhere.
    if (next && !root.current?.contains(document.activeElement)) root.current?.querySelector<HTMLElement>(".jc-stage")?.focus({ preventScroll: true });
  });

  const focusOn = (next: { id: string | null; panel: boolean }) => {
    focusNext.current = next;
    // Also when nothing else changes.
    wake((n) => n + 1);
  };
  const openPanel = useStable((id: string) => {
    select(id);
    setPanel("node");
  });
  const closePanel = () => {
    setPanel(null);
    focusOn({ id: chosen, panel: false });
  };
  const settleAdded = ({ definition, id }: Added) => {
    if (!id) return say(t("canvas.full"));
    apply(() => definition);
    select(id);
    setPanel("node");
    focusOn({ id, panel: false });
    say(t("canvas.said_added", { name: title(id) }));
  };
  const add = (kind: Kind, from: From | null, place?: Place) => settleAdded(addNode(editor.latest(), kind, from, place));
  /** From the palette: behind what is chosen, else in the middle of what is seen. */
  const addHere = (kind: Kind) => {
    const latest = editor.latest();
    if (chosen === ENTRY_ID) return add(kind, { node: null, way: "start" });
    const way = freeWay(node);
    if (node && way) return add(kind, { node: node.id, way });
    add(kind, latest.start ? null : { node: null, way: "start" }, latest.nodes.length ? stage.current?.middle() : undefined);
  };
  const ask = useStable((from: From | null, place: Place | undefined, kind?: Kind) => {
    if (readOnly) return;
    if (kind) add(kind, from, place);
    else setAdding({ from, ...(place ? { place } : {}) });
  });
  const extend = useStable((from: From) => ask(from, undefined));
  const remove = () => {
    if (!node) return;
    const at = order.indexOf(node.id);
    const next = order[at - 1] ?? order[at + 1] ?? ENTRY_ID;
    say(t("canvas.said_removed", { name: title(node.id) }));
    apply((own) => removeNode(own, node.id));
    select(next);
    setPanel(null);
    focusOn({ id: next, panel: false });
  };
  const paste = (own: JourneyNode) => settleAdded(pasteNode(editor.latest(), { ...own, place: placesOf(editor.latest()).get(own.id) ?? stage.current?.middle() ?? [0, 0] }));
  const turn = (back: boolean) => {
    if (!(back ? editor.undo() : editor.redo())) return;
    say(back ? t("canvas.said_undone") : t("canvas.said_redone"));
    focusOn({ id: null, panel: false });
  };
  const arrange = () => {
    apply(tidy);
    requestAnimationFrame(() => stage.current?.fit());
  };
  const nudge = (x: number, y: number) => {
    if (!node) return;
    const place = placesOf(editor.latest()).get(node.id) ?? [0, 0];
    apply((own) => moveNode(own, node.id, [place[0] + x, place[1] + y]), `move.${node.id}`);
    stage.current?.reveal(node.id);
  };

  const keys = useStable((event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    // Dialogs and lists that open elsewhere in the page have keys of their own.
    if (!root.current?.contains(target) || event.defaultPrevented) return;
    const typing = target.closest("input, textarea, [contenteditable], .ant-select, .ant-picker") !== null;
    const inside = target.closest(".jc-panel") !== null;
    const handled = pressed(event, typing, inside);
    if (handled) event.preventDefault();
  });
  const pressed = (event: KeyboardEvent, typing: boolean, inside: boolean): boolean => {
    if (event.key === "Escape") {
      if ((event.target as HTMLElement).getAttribute("aria-expanded") === "true") return false;
      if (shown) closePanel();
      else select(null);
      return true;
    }
    if (typing) return false;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) return !readOnly && commanded(key, event.shiftKey);
    if (key === "?") {
      setHelp(true);
      return true;
    }
    if (key === "+" || key === "=" || key === "-" || key === "0") {
      if (key === "0") stage.current?.fit();
      else stage.current?.zoom(key === "-" ? 1 / 1.2 : 1.2);
      return true;
    }
    if (inside || !chosen) return false;
    if (key === "enter" && event.target instanceof HTMLElement && event.target.dataset.main) {
      openPanel(event.target.dataset.main);
      focusOn({ id: null, panel: true });
      return true;
    }
    if (readOnly || !node) return false;
    const step = event.shiftKey ? 80 : 8;
    const arrows: Record<string, [number, number]> = { arrowup: [0, -step], arrowdown: [0, step], arrowleft: [-step, 0], arrowright: [step, 0] };
    const by = arrows[key];
    if (by) nudge(by[0], by[1]);
    else if (key === "delete" || key === "backspace") remove();
    return by !== undefined || key === "delete" || key === "backspace";
  };
  const commanded = (key: string, shift: boolean): boolean => {
    if (key === "z" || key === "y") {
      turn(key === "z" && !shift);
      return true;
    }
    // Words that are marked are copied as words.
    if (key === "c" && node && !window.getSelection()?.toString()) copied = structuredClone(node);
    else if (key === "v" && copied) paste(copied);
    else if (key === "d" && node) paste(node);
    else return false;
    return true;
  };

  const ownSay = slots.say;
  const shared: Shared = {
    ...slots, definition: value, apply, speaker, readOnly, problems: problems ?? NONE, numbers, events, order, extend,
    sentence: (own) => ownSay?.(own) || sayAct(speaker, own.do),
  };
  const tool = (label: string, icon: ReactNode, onClick: () => void, disabled = false, keysOf?: string) => (
    <Button type="text" icon={icon} aria-label={label} title={keysOf ? `${label} (${keysOf})` : label} disabled={disabled} onClick={onClick} />
  );
  return (
    <EditorContext value={shared}>
      <div ref={root} className={`jc${sheet ? " narrow" : ""}`} onKeyDown={keys}>
        <div className="jc-bar" role="toolbar" aria-label={t("canvas.tools")}>
          {readOnly ? null : (
            <>
              {width < PALETTE_FROM ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding({ from: null })} aria-label={t("canvas.add")}>{sheet ? null : t("canvas.add")}</Button> : null}
              {tool(t("canvas.undo"), <UndoOutlined />, () => turn(true), !editor.canUndo, "Ctrl+Z")}
              {tool(t("canvas.redo"), <RedoOutlined />, () => turn(false), !editor.canRedo, "Ctrl+Shift+Z")}
              <Button type="text" icon={<ApartmentOutlined />} onClick={arrange} aria-label={t("canvas.tidy")} title={t("canvas.tidy_hint")} disabled={value.nodes.length === 0}>{sheet ? null : t("canvas.tidy")}</Button>
            </>
          )}
          <Button type="text" icon={<SettingOutlined />} onClick={() => openPanel(ENTRY_ID)} aria-label={t("canvas.entry_title")} title={t("canvas.entry_title")}>{sheet ? null : t("canvas.entry_title")}</Button>
          <span className="grow" />
          {problems ? (
            <Button type="text" danger={problems.length > 0} icon={problems.length ? <WarningOutlined /> : <CheckCircleOutlined className="good" />} aria-expanded={shown === "problems"} onClick={() => setPanel(shown === "problems" ? null : "problems")}>
              {problems.length ? t("canvas.problems_n", { n: problems.length }) : sheet ? null : t("canvas.problems_none_short")}
            </Button>
          ) : null}
          {tool(t("canvas.help"), <QuestionCircleOutlined />, () => setHelp(true), false, "?")}
        </div>
        <div className="jc-body">
          {!readOnly && width >= PALETTE_FROM ? <aside className="jc-palette" aria-label={t("canvas.add")}><AddList onChoose={addHere} onGrab={(event, kind) => stage.current?.grabKind(event, kind)} /></aside> : null}
          <Stage ref={stage} selected={chosen} covered={sheet && shown ? (root.current?.clientHeight ?? 0) * 0.6 : 0} onSelect={select} onOpen={openPanel} onAdd={ask} onZoom={setZoom}>
            <div className="jc-float jc-zoom">
              {tool(t("canvas.zoom_out"), <ZoomOutOutlined />, () => stage.current?.zoom(1 / 1.25), false, "−")}
              <span className="num small" aria-label={t("canvas.zoom")}>{Math.round(zoom * 100)}%</span>
              {tool(t("canvas.zoom_in"), <ZoomInOutlined />, () => stage.current?.zoom(1.25), false, "+")}
              {tool(t("canvas.fit"), <ExpandOutlined />, () => stage.current?.fit(), false, "0")}
            </div>
            {value.nodes.length === 0 ? <p className="jc-empty muted">{readOnly ? t("canvas.empty_read") : t("canvas.empty")}</p> : null}
          </Stage>
          {shown === "node" && node ? <NodePanel node={node} onClose={closePanel} onRemove={remove} onDuplicate={() => paste(node)} onRenamed={select} /> : null}
          {shown === "node" && chosen === ENTRY_ID ? <JourneyPanel onClose={closePanel} /> : null}
          {shown === "problems" ? <ProblemsPanel onClose={closePanel} onJump={(id) => openPanel(id ?? ENTRY_ID)} /> : null}
        </div>
        <span className="jc-said" role="status" aria-live="polite">{said}</span>
        <AddDialog
          from={adding?.from ?? null} open={adding !== null} onClose={() => setAdding(null)} onClosed={() => chosen && stage.current?.focus(chosen)}
          onChoose={(kind) => {
            if (adding?.from || adding?.place) add(kind, adding.from, adding.place);
            else addHere(kind);
            setAdding(null);
          }}
          onConnect={(id: string | null) => {
            const from = adding?.from;
            if (from) apply((own) => connect(own, from.node, from.way, id));
            setAdding(null);
          }}
        />
        <Help open={help} onClose={() => setHelp(false)} />
      </div>
    </EditorContext>
  );
}

function useWidth(ref: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, [ref]);
  return width;
}
