// The canvas itself: cards and edges, and everything that is done with a pointer on them.
import { useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type PointerEvent as ReactPointerEvent, type ReactNode, type Ref } from "react";
import { Card, ENTRY_ID, EntryCard, type CardActions } from "./Card";
import { useShared } from "./context";
import { waysOf, type Kind, type Place } from "./definition";
import { connect, moveNode, nodeOf, type From } from "./edit";
import { Edges, outPoint } from "./Edges";
import { boundsOf, boxOf, CARD, ENTRY, entryPlace, placesOf, type Box } from "./layout";
import type { Point } from "./route";
import { firstLook, fit, reveal, toWorld, zoomAt, type Size, type View } from "./view";
import { useStable } from "./useEditor";

const SNAP = 8;
/** The height of the buttons in the lower corner. */
const CORNER = 44;
/** A pointer that moved less than this has clicked. */
const CLICK = 5;

type Gesture =
  | { type: "pan"; view: View } | { type: "node"; id: string; place: Place }
  | { type: "edge"; from: string; way: string } | { type: "kind"; kind: Kind };
type Ghost =
  | { type: "node"; id: string; place: Place }
  | { type: "edge"; from: string; way: string; to: Point; over: string | null } | { type: "kind"; kind: Kind; x: number; y: number };

export interface StageHandle {
  zoom(factor: number): void;
  fit(): void;
  reveal(id: string): void;
  focus(id: string): void;
  grabKind(event: ReactPointerEvent, kind: Kind): void;
  /** The middle of what is seen, as the place of a new card. */
  middle(): Place;
}

interface Props {
  ref: Ref<StageHandle>;
  selected: string | null;
  /** How much of the lower part is covered. */
  covered: number;
  onSelect(id: string | null): void;
  onOpen(id: string): void;
  /** A new node is wanted: after this way, at this place. */
  onAdd(from: From | null, place: Place | undefined, kind?: Kind): void;
  onZoom(zoom: number): void;
  children?: ReactNode;
}

export function Stage({ ref, selected, covered, onSelect, onOpen, onAdd, onZoom, children }: Props) {
  const shared = useShared();
  const { definition, apply, speaker, readOnly, numbers, sentence, order, problems } = shared;
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [view, setView] = useState<View>({ x: 0, y: 0, zoom: 1 });
  const [ghost, setGhost] = useState<Ghost | null>(null);
  const looked = useRef(false);
  const byKey = useRef(false);
  const pressing = useRef(false);

  const places = useMemo(() => placesOf(definition), [definition]);
  const still = useMemo(() => new Map(definition.nodes.map((node) => [node.id, boxOf(node, places.get(node.id) ?? [0, 0], numbers !== undefined)])), [definition, places, numbers]);
  const boxes = useMemo(() => {
    const moved = ghost?.type === "node" ? still.get(ghost.id) : undefined;
    return ghost?.type === "node" && moved ? new Map(still).set(ghost.id, { ...moved, x: ghost.place[0], y: ghost.place[1] }) : still;
  }, [still, ghost]);
  const entry = useMemo(() => entryPlace(definition, boxes), [definition, boxes]);
  const boxAt = (id: string): Box | undefined => (id === ENTRY_ID ? { x: entry[0], y: entry[1], ...ENTRY } : boxes.get(id));
  const bounds = () => boundsOf([...boxes.values(), { x: entry[0], y: entry[1], ...ENTRY }]);
  const seen = { width: size.width, height: Math.max(120, size.height - covered) };

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let before = 0;
    const watch = new ResizeObserver(() => {
      const width = element.clientWidth;
      setSize({ width, height: element.clientHeight });
      // What was in the middle stays in the middle when a panel opens or closes.
      const shift = before ? (width - before) / 2 : 0;
      before = width;
      if (shift) setView((own) => ({ ...own, x: own.x + shift }));
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const look = useStable(() => setView(firstLook(bounds(), { x: entry[0], y: entry[1], ...ENTRY }, { ...size, height: size.height - CORNER })));
  useLayoutEffect(() => {
    if (looked.current || size.width === 0) return;
    looked.current = true;
    look();
  }, [size, look]);
  useEffect(() => onZoom(view.zoom), [view.zoom, onZoom]);

  const show = useStable((id: string) => {
    const own = boxAt(id);
    if (own && size.width) setView((before) => reveal(before, own, seen));
  });
  // A panel that opens takes room: what it is about stays in sight.
  useEffect(() => {
    // Nothing moves away under a finger that is about to drag or click.
    if (selected && looked.current && !pressing.current) show(selected);
  }, [size, covered, selected, show]);

  const world = (event: { clientX: number; clientY: number }): Point => {
    const rect = box.current?.getBoundingClientRect();
    return toWorld(view, event.clientX - (rect?.left ?? 0), event.clientY - (rect?.top ?? 0));
  };

  const gestures = useGestures({
    move(gesture, event, start) {
      const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
      if (gesture.type === "pan") setView({ ...gesture.view, x: gesture.view.x + dx, y: gesture.view.y + dy });
      else if (gesture.type === "node") setGhost({ type: "node", id: gesture.id, place: movedTo(gesture.place, event, start) });
      else if (gesture.type === "edge") setGhost({ ...gesture, to: world(event), over: nodeUnder(event) });
      else setGhost({ ...gesture, x: event.clientX, y: event.clientY });
    },
    end(gesture, event, start) {
      setGhost(null);
      if (gesture.type === "node") apply((own) => moveNode(own, gesture.id, movedTo(gesture.place, event, start)));
      if (gesture.type === "edge") finishEdge(gesture, event);
      const inside = box.current?.contains(document.elementFromPoint(event.clientX, event.clientY));
      if (gesture.type === "kind" && inside) {
        const [x, y] = world(event);
        onAdd(null, [snap(x - CARD.width / 2), snap(y - 40)], gesture.kind);
      }
    },
    cancel: () => setGhost(null),
    pinch: (view) => setView(view),
    view: () => view,
    origin: () => box.current?.getBoundingClientRect(),
  });
  const movedTo = (place: Place, event: PointerEvent, start: { x: number; y: number }): Place => [snap(place[0] + (event.clientX - start.x) / view.zoom), snap(place[1] + (event.clientY - start.y) / view.zoom)];
  const finishEdge = ({ from, way }: { from: string; way: string }, event: PointerEvent) => {
    const source = from === ENTRY_ID ? null : from;
    const over = nodeUnder(event);
    if (over) apply((own) => connect(own, source, way, over));
    else if (box.current?.contains(document.elementFromPoint(event.clientX, event.clientY))) {
      const [x, y] = world(event);
      onAdd({ node: source, way }, [snap(x - CARD.width / 2), snap(y)]);
    }
  };

  const grab = useStable((event: ReactPointerEvent, id: string) => {
    event.stopPropagation();
    const place = places.get(id);
    gestures.begin(event, readOnly || !place ? { type: "pan", view } : { type: "node", id, place });
  });
  const draw = useStable((event: ReactPointerEvent, from: string, way: string) => {
    event.stopPropagation();
    gestures.begin(event, readOnly ? { type: "pan", view } : { type: "edge", from, way });
  });
  const focus = useStable((id: string) => {
    onSelect(id);
    if (byKey.current) show(id);
  });
  const open = useStable(onOpen);
  const extend = useStable((id: string, way: string) => onAdd({ node: id === ENTRY_ID ? null : id, way }, undefined));
  const openPeople = useStable((node: string, what: Parameters<NonNullable<CardActions["people"]>>[1]) => shared.onOpenPeople?.(node, what));
  const withPeople = shared.onOpenPeople !== undefined;
  const actions = useMemo<CardActions>(() => ({ grab, draw, focus, open, extend, people: withPeople ? openPeople : undefined }), [grab, draw, focus, open, extend, openPeople, withPeople]);

  useImperativeHandle(ref, () => ({
    zoom: (factor) => setView((before) => zoomAt(before, { x: size.width / 2, y: seen.height / 2 }, factor)),
    fit: () => setView(fit(bounds(), { ...seen, height: Math.max(120, seen.height - CORNER) })),
    reveal: show,
    focus: (id) => box.current?.querySelector<HTMLElement>(`[data-main="${id}"]`)?.focus({ preventScroll: true }),
    grabKind: (event, kind) => gestures.begin(event, { type: "kind", kind }),
    middle: () => {
      const [x, y] = toWorld(view, size.width / 2, seen.height / 2);
      return [snap(x - CARD.width / 2), snap(y - 60)];
    },
  }));

  const wheel = useStable((event: WheelEvent) => {
    event.preventDefault();
    const rect = box.current?.getBoundingClientRect();
    const by = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) setView((before) => zoomAt(before, { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) }, Math.exp(-Math.max(-60, Math.min(60, event.deltaY * by)) * 0.008)));
    else setView((before) => ({ ...before, x: before.x - event.deltaX * by, y: before.y - event.deltaY * by }));
  });
  useEffect(() => {
    const element = box.current;
    // React listens passively: the page would scroll along.
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, [wheel]);
  useEffect(() => {
    const key = () => {
      byKey.current = true;
    };
    const pointer = () => {
      byKey.current = false;
      pressing.current = true;
    };
    const up = () => {
      pressing.current = false;
    };
    window.addEventListener("keydown", key, true);
    window.addEventListener("pointerdown", pointer, true);
    window.addEventListener("pointerup", up, true);
    window.addEventListener("pointercancel", up, true);
    return () => {
      window.removeEventListener("keydown", key, true);
      window.removeEventListener("pointerdown", pointer, true);
      window.removeEventListener("pointerup", up, true);
      window.removeEventListener("pointercancel", up, true);
    };
  }, []);

  const wrong = useMemo(() => {
    const count = new Map<string, number>();
    for (const own of problems) count.set(own.node ?? ENTRY_ID, (count.get(own.node ?? ENTRY_ID) ?? 0) + 1);
    return count;
  }, [problems]);
  const draft = ghost?.type === "edge" ? draftOf(ghost, boxAt(ghost.from), definition) : null;
  return (
    <div
      ref={box} className={`jc-stage${ghost ? " busy" : ""}`} tabIndex={-1} role="group" aria-label={speaker.t("canvas.label")}
      style={{ backgroundPosition: `${view.x}px ${view.y}px`, backgroundSize: `${24 * view.zoom}px ${24 * view.zoom}px` }}
      onPointerDown={(event) => {
        if (event.target instanceof Element && event.target.closest("button:not(.jc-main), .jc-float")) return;
        gestures.begin(event, { type: "pan", view });
      }}
      onPointerDownCapture={gestures.fresh}
      onClickCapture={gestures.click}
      onClick={(event) => {
        if (event.target === event.currentTarget || (event.target instanceof Element && event.target.classList.contains("jc-world"))) {
          onSelect(null);
          box.current?.focus({ preventScroll: true });
        }
      }}
      onScroll={(event) => event.currentTarget.scrollTo(0, 0)}
    >
      <div className="jc-world" style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` }}>
        <Edges definition={definition} boxes={boxes} entry={entry} selected={selected} draft={draft} />
        <EntryCard definition={definition} x={entry[0]} y={entry[1]} speaker={speaker} actions={actions} readOnly={readOnly} selected={selected === ENTRY_ID} problems={wrong.get(ENTRY_ID) ?? 0} />
        {order.map((id) => {
          const node = nodeOf(definition, id);
          const own = boxes.get(id);
          return node && own ? (
            <Card
              key={id} node={node} box={own} sentence={sentence(node)} speaker={speaker} actions={actions} readOnly={readOnly} selected={selected === id}
              held={ghost?.type === "node" && ghost.id === id} target={ghost?.type === "edge" && ghost.over === id} problems={wrong.get(id) ?? 0} numbers={numbers?.[id]}
            />
          ) : null;
        })}
      </div>
      {children}
      {ghost?.type === "kind" ? <div className="jc-ghost" style={{ left: ghost.x, top: ghost.y }}>{speaker.t(`canvas.kind.${ghost.kind}`)}</div> : null}
    </div>
  );
}

const snap = (value: number) => Math.round(value / SNAP) * SNAP;

function nodeUnder(event: { clientX: number; clientY: number }): string | null {
  // Also what lies under the buttons in the corner.
  for (const element of document.elementsFromPoint(event.clientX, event.clientY)) {
    const id = element.closest<HTMLElement>("[data-node]")?.dataset.node;
    if (id) return id;
  }
  return null;
}
function draftOf(ghost: Extract<Ghost, { type: "edge" }>, own: Box | undefined, definition: Parameters<typeof nodeOf>[0]): { from: Point; to: Point } | null {
  if (!own) return null;
  const node = nodeOf(definition, ghost.from);
  const ways = node ? waysOf(node.do) : [];
  return { from: outPoint(own, Math.max(0, ways.findIndex((way) => way.id === ghost.way)), Math.max(1, ways.length)), to: ghost.to };
}

interface Hands {
  move(gesture: Gesture, event: PointerEvent, start: { x: number; y: number }): void;
  end(gesture: Gesture, event: PointerEvent, start: { x: number; y: number }): void;
  cancel(): void;
  pinch(view: View): void;
  view(): View;
  origin(): DOMRect | undefined;
}

/** One pointer drags, two pinch. A pointer that hardly moved is left to the buttons as a click. */
function useGestures(hands: Hands) {
  const now = useRef<{ gesture: Gesture; id: number; x: number; y: number; moved: boolean } | null>(null);
  const touches = useRef(new Map<number, { x: number; y: number }>());
  const pinch = useRef<{ distance: number; x: number; y: number; view: View } | null>(null);
  const dragged = useRef(false);
  const middle = () => {
    const [a, b] = [...touches.current.values()];
    return a && b ? { distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : null;
  };
  const begin = (event: ReactPointerEvent, gesture: Gesture) => {
    if (event.button !== 0) return;
    touches.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const both = touches.current.size === 2 ? middle() : null;
    if (both) {
      if (now.current?.moved) hands.cancel();
      now.current = null;
      pinch.current = { ...both, view: hands.view() };
      dragged.current = true;
    } else if (!now.current) {
      dragged.current = false;
      now.current = { gesture, id: event.pointerId, x: event.clientX, y: event.clientY, moved: false };
    }
  };
  const move = useStable((event: PointerEvent) => {
    if (!touches.current.has(event.pointerId)) return;
    touches.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const from = pinch.current;
    const to = from ? middle() : null;
    if (from && to) {
      const origin = hands.origin();
      const zoomed = zoomAt(from.view, { x: from.x - (origin?.left ?? 0), y: from.y - (origin?.top ?? 0) }, to.distance / from.distance);
      hands.pinch({ ...zoomed, x: zoomed.x + to.x - from.x, y: zoomed.y + to.y - from.y });
      return;
    }
    const own = now.current;
    if (!own || own.id !== event.pointerId) return;
    own.moved ||= Math.hypot(event.clientX - own.x, event.clientY - own.y) >= CLICK;
    if (own.moved) hands.move(own.gesture, event, own);
  });
  const end = useStable((event: PointerEvent) => {
    touches.current.delete(event.pointerId);
    if (touches.current.size < 2) pinch.current = null;
    const own = now.current;
    if (!own || own.id !== event.pointerId) return;
    now.current = null;
    if (!own.moved) return;
    dragged.current = true;
    if (event.type === "pointerup") hands.end(own.gesture, event, own);
    else hands.cancel();
  });
  const stop = useStable((event: KeyboardEvent) => {
    if (event.key !== "Escape" || !now.current?.moved) return;
    event.stopPropagation();
    now.current = null;
    hands.cancel();
  });
  useEffect(() => {
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
    window.addEventListener("keydown", stop, true);
    return () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
      window.removeEventListener("keydown", stop, true);
    };
  }, [move, end, stop]);
  return {
    begin,
    /** A pointer comes down: what was dragged before has nothing to do with the click that follows. */
    fresh: () => {
      if (touches.current.size === 0) dragged.current = false;
    },
    /** The click that ends a drag is none. */
    click: (event: { stopPropagation(): void; preventDefault(): void; detail: number }) => {
      if (!dragged.current || event.detail === 0) return;
      dragged.current = false;
      event.stopPropagation();
      event.preventDefault();
    },
  };
}
