// What part of the canvas is seen: screen = world * zoom + offset.
import type { Box } from "./layout";

export interface View { x: number; y: number; zoom: number }
export interface Size { width: number; height: number }
export const ZOOM_MIN = 0.15;
export const ZOOM_MAX = 1.6;
/** Below this the words on cards are hard to read. */
export const ZOOM_READ = 0.6;

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/** Zooms so that the point under the pointer stays where it is. */
export function zoomAt(view: View, point: { x: number; y: number }, factor: number): View {
  const zoom = clamp(view.zoom * factor, ZOOM_MIN, ZOOM_MAX);
  const by = zoom / view.zoom;
  return { zoom, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by };
}

const EDGE = 28;
/** Everything at once, not larger than life. */
export function fit(bounds: Box, size: Size, least = ZOOM_MIN): View {
  const zoom = clamp(Math.min((size.width - 2 * EDGE) / Math.max(1, bounds.width), (size.height - 2 * EDGE) / Math.max(1, bounds.height)), least, 1);
  return { zoom, x: (size.width - bounds.width * zoom) / 2 - bounds.x * zoom, y: (size.height - bounds.height * zoom) / 2 - bounds.y * zoom };
}

/** The first look: everything where it can be read, else the beginning. */
export function firstLook(bounds: Box, entry: Box, size: Size): View {
  const whole = fit(bounds, size);
  if (whole.zoom >= ZOOM_READ) return whole;
  const zoom = clamp(Math.min(1, (size.width - 2 * EDGE) / Math.max(1, bounds.width)), ZOOM_READ + 0.1, 0.85);
  return { zoom, x: size.width / 2 - (entry.x + entry.width / 2) * zoom, y: EDGE - entry.y * zoom };
}

/** As little movement as shows this box. */
export function reveal(view: View, box: Box, size: Size): View {
  const shift = (start: number, length: number, room: number) => {
    const end = start + length;
    if (length > room - 2 * EDGE || start < EDGE) return EDGE - start;
    return end > room - EDGE ? room - EDGE - end : 0;
  };
  const dx = shift(box.x * view.zoom + view.x, box.width * view.zoom, size.width);
  const dy = shift(box.y * view.zoom + view.y, box.height * view.zoom, size.height);
  return dx || dy ? { ...view, x: view.x + dx, y: view.y + dy } : view;
}

export function toWorld(view: View, x: number, y: number): [number, number] {
  return [(x - view.x) / view.zoom, (y - view.y) / view.zoom];
}
