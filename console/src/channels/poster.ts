// A poster drawn on a canvas: the same drawing is the preview and the file.

export interface PosterDraft {
  size: PosterSize; background: string; color: string; title: string; subtitle: string; note: string;
  /** Side and middle of the QR, as shares of the poster's width and height. */
  qr: number; x: number; y: number;
}
export const SIZES = { story: [1080, 1920], square: [1080, 1080], card: [1240, 1748] } as const;
export type PosterSize = keyof typeof SIZES;

export const fresh: PosterDraft = { size: "story", background: "#1f6f5c", color: "#ffffff", title: "", subtitle: "", note: "", qr: 0.46, x: 0.5, y: 0.68 };

/** Pictures of people: what a phone or a designer makes, and nothing that blows up when it is unpacked. */
export const IMAGE_BYTES_MAX = 10 * 1024 * 1024;
export const IMAGE_SIDE_MAX = 8_000;
export type ImageTrouble = "type" | "size" | "pixels";

const SIGNS: readonly (readonly number[])[] = [[0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], [0x52, 0x49, 0x46, 0x46]];

/** Whether the first bytes are those of a PNG, a JPEG or a WebP, whatever the file is called. */
export function isPicture(head: Uint8Array): boolean {
  return SIGNS.some((sign) => sign.every((byte, at) => head[at] === byte));
}

/** Lines that fit a width: Chinese breaks anywhere, words of letters stay whole where they can. */
export function wrap(text: string, fits: (line: string) => boolean, linesMax: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const part of paragraph.match(/[\p{Script=Latin}\d'’.,:-]+\s*|./gu) ?? [""]) {
      if (line && !fits(line + part)) {
        lines.push(line.trimEnd());
        line = part.trimStart();
      } else line += part;
    }
    lines.push(line.trimEnd());
  }
  return lines.slice(0, linesMax);
}

/** The QR stays inside. */
export function placed(draft: PosterDraft): { left: number; top: number; side: number } {
  const [width, height] = SIZES[draft.size];
  const side = Math.round(draft.qr * width);
  const within = (middle: number, all: number) => Math.round(Math.min(Math.max(middle * all - side / 2, 0), all - side));
  return { left: within(draft.x, width), top: within(draft.y, height), side };
}

const FONT = "'PingFang SC','Source Han Sans SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif";

export function draw(canvas: HTMLCanvasElement, draft: PosterDraft, pictures: { background?: ImageBitmap; logo?: ImageBitmap; qr?: ImageBitmap }): void {
  const [width, height] = SIZES[draft.size];
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.fillStyle = draft.background;
  pen.fillRect(0, 0, width, height);
  if (pictures.background) {
    const scale = Math.max(width / pictures.background.width, height / pictures.background.height);
    const [w, h] = [pictures.background.width * scale, pictures.background.height * scale];
    pen.drawImage(pictures.background, (width - w) / 2, (height - h) / 2, w, h);
  }
  let top = Math.round(height * 0.06);
  if (pictures.logo) {
    const box = width * 0.22;
    const scale = Math.min(box / pictures.logo.width, box / pictures.logo.height);
    pen.drawImage(pictures.logo, (width - pictures.logo.width * scale) / 2, top, pictures.logo.width * scale, pictures.logo.height * scale);
    top += pictures.logo.height * scale + height * 0.025;
  }
  pen.fillStyle = draft.color;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  const write = (text: string, size: number, weight: number, lines: number) => {
    if (!text.trim()) return;
    pen.font = `${weight} ${size}px ${FONT}`;
    for (const line of wrap(text, (own) => pen.measureText(own).width <= width * 0.86, lines)) {
      pen.fillText(line, width / 2, top);
      top += size * 1.35;
    }
    top += size * 0.35;
  };
  write(draft.title, Math.round(width * 0.085), 700, 4);
  write(draft.subtitle, Math.round(width * 0.044), 400, 6);
  const { left, top: at, side } = placed(draft);
  const edge = Math.round(side * 0.04);
  pen.fillStyle = "#ffffff";
  pen.beginPath();
  pen.roundRect(left, at, side, side, edge * 2);
  pen.fill();
  if (pictures.qr) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(pictures.qr, left + edge, at + edge, side - 2 * edge, side - 2 * edge);
    pen.imageSmoothingEnabled = true;
  }
  top = at + side + height * 0.015;
  pen.fillStyle = draft.color;
  write(draft.note, Math.round(width * 0.036), 400, 3);
}
