// What a poster looks like while somebody edits it. The server draws it; here things are only moved.
import type * as S from "../api/openapi";

export type Design = S.PosterDesign;
export type TextPlace = S.PosterText;
export type PicturePlace = S.PosterPlace;

export const SIZES = { story: [1080, 1920], square: [1080, 1080], card: [1240, 1748], wide: [1280, 720] } as const;
export type SizeName = keyof typeof SIZES;
export const VARIABLES = ["guide", "store", "channel", "person", "brand", "code"] as const;

/** What can be chosen and moved: the QR, a text, a picture. */
export type Part = "qr" | `text:${number}` | `picture:${number}`;

export function fresh(title: string, subtitle: string, note: string): Design {
  const text = (y: number, size: number, bold: boolean, lines: number, own: string): TextPlace => ({ x: 80, y, width: 920, size, color: "#ffffff", align: "center", bold, lines, text: own });
  return {
    width: 1080, height: 1920, background: "#1f6f5c", pictures: [],
    qr: { x: 290, y: 1060, size: 500, color: "#000000" },
    texts: [text(220, 96, true, 2, title), text(520, 48, false, 3, subtitle), text(1610, 40, false, 2, note)],
  };
}

export function sizeOf(design: Design): SizeName | undefined {
  return (Object.keys(SIZES) as SizeName[]).find((name) => SIZES[name][0] === design.width && SIZES[name][1] === design.height);
}

interface Box { x: number; y: number; width: number; height: number }

const LINE = 1.4;

export function boxOf(design: Design, part: Part): Box | undefined {
  if (part === "qr") return { x: design.qr.x, y: design.qr.y, width: design.qr.size, height: design.qr.size };
  const [kind, at] = part.split(":");
  if (kind === "text") {
    const own = design.texts?.[Number(at)];
    return own && { x: own.x, y: own.y, width: own.width, height: Math.round(own.size * LINE * (own.lines ?? 1)) };
  }
  return design.pictures?.[Number(at)];
}

const held = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), Math.max(most, 0)));

/** A part at another place; it stays inside. */
export function moved(design: Design, part: Part, x: number, y: number): Design {
  const box = boxOf(design, part);
  if (!box) return design;
  const to = { x: held(x, design.width - box.width), y: held(y, design.height - (part.startsWith("text") ? (design.texts?.[Number(part.slice(5))]?.size ?? 0) : box.height)) };
  if (part === "qr") return { ...design, qr: { ...design.qr, ...to } };
  const [kind, at] = part.split(":");
  const list = <T,>(all: T[] | undefined) => all?.map((own, n) => (n === Number(at) ? { ...own, ...to } : own));
  return kind === "text" ? { ...design, texts: list(design.texts) } : { ...design, pictures: list(design.pictures) };
}

/** The QR of another size around the same middle. */
export function resizedQr(design: Design, size: number): Design {
  const { x, y, size: old } = design.qr;
  const next = { ...design, qr: { ...design.qr, size } };
  return moved(next, "qr", x + (old - size) / 2, y + (old - size) / 2);
}

/** Everything in its place on another format: scaled by width, spread by height. */
export function resized(design: Design, [width, height]: readonly [number, number]): Design {
  const [across, down] = [width / design.width, height / design.height];
  const scale = Math.min(across, down);
  const of = (value: number, by: number) => Math.round(value * by);
  const qr = { ...design.qr, size: Math.max(of(design.qr.size, scale), 100) };
  const next: Design = {
    ...design, width, height, qr,
    texts: design.texts?.map((own) => ({ ...own, x: of(own.x, across), y: of(own.y, down), width: Math.min(of(own.width, across), width), size: Math.min(Math.max(of(own.size, scale), 10), 400) })),
    pictures: design.pictures?.map((own) => ({ ...own, x: of(own.x, across), y: of(own.y, down), width: Math.max(of(own.width, scale), 1), height: Math.max(of(own.height, scale), 1) })),
  };
  const middle = { x: (design.qr.x + design.qr.size / 2) * across, y: (design.qr.y + design.qr.size / 2) * down };
  return moved(next, "qr", middle.x - qr.size / 2, middle.y - qr.size / 2);
}

/** Pictures are made no larger than a poster needs before they are sent. */
export const PICTURE_SIDE_MAX = 3_000;
export const PICTURE_BYTES_MAX = 5 * 1024 * 1024;
/** How much smaller a picture is made, at most 1. */
export function shrinkBy(width: number, height: number): number {
  return Math.min(1, PICTURE_SIDE_MAX / Math.max(width, height, 1));
}
