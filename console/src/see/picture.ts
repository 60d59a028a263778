// A result as a picture: what stands on the page – charts, tables, numbers – painted on one canvas, with title and period above.

const PAD = 24;
const HEAD = 64;
const SCALE = 2;

interface Place { left: number; top: number }

/** Errors: null when the browser cannot make a PNG (a picture too large). */
export async function pictureOf(root: HTMLElement, title: string, under: string): Promise<Blob | null> {
  const area = root.getBoundingClientRect();
  const all = [...root.querySelectorAll<HTMLElement>("*")].filter(isShown);
  const right = Math.max(area.right, ...all.map((item) => item.getBoundingClientRect().right));
  const canvas = document.createElement("canvas");
  const [width, height] = [right - area.left + 2 * PAD, area.height + HEAD + 2 * PAD];
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.scale(SCALE, SCALE);
  pen.fillStyle = "#f7f6f3";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#1d2421";
  const family = getComputedStyle(root).fontFamily;
  pen.font = `600 20px ${family}`;
  pen.fillText(title, PAD, PAD + 20);
  pen.fillStyle = "#68706b";
  pen.font = `13px ${family}`;
  pen.fillText(under, PAD, PAD + 44);
  const zero = { left: area.left - PAD, top: area.top - PAD - HEAD };
  for (const item of all) paint(pen, item, zero);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function isShown(item: HTMLElement): boolean {
  return !item.closest("[data-no-picture], .ant-select, .ant-table-measure-row, input, svg") && item.getClientRects().length > 0;
}

function paint(pen: CanvasRenderingContext2D, item: HTMLElement, zero: Place) {
  const box = item.getBoundingClientRect();
  const [x, y] = [box.left - zero.left, box.top - zero.top];
  if (item instanceof HTMLCanvasElement) return pen.drawImage(item, x, y, box.width, box.height);
  const style = getComputedStyle(item);
  if (style.visibility === "hidden") return;
  if (!/^rgba\(.*, 0\)$|^transparent$/.test(style.backgroundColor)) {
    pen.fillStyle = style.backgroundColor;
    pen.beginPath();
    pen.roundRect(x, y, box.width, box.height, Number.parseFloat(style.borderTopLeftRadius) || 0);
    pen.fill();
  }
  if (Number.parseFloat(style.borderBottomWidth) > 0) {
    pen.fillStyle = style.borderBottomColor;
    pen.fillRect(x, y + box.height - 1, box.width, 1);
  }
  for (const node of item.childNodes) if (node.nodeType === Node.TEXT_NODE) write(pen, node as Text, style, zero);
}

/** Text line by line, as the browser has broken it. */
function write(pen: CanvasRenderingContext2D, node: Text, style: CSSStyleDeclaration, zero: Place) {
  const text = node.data;
  if (!text.trim()) return;
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.fillStyle = style.color;
  pen.textBaseline = "middle";
  const range = document.createRange();
  let [line, left, middle] = ["", 0, 0];
  const flush = () => {
    if (line.trim()) pen.fillText(line, left - zero.left, middle - zero.top);
    line = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    const center = box.top + box.height / 2;
    if (!line || Math.abs(center - middle) > 2) {
      flush();
      [left, middle] = [box.left, center];
    }
    line += text[at];
  }
  flush();
  pen.textBaseline = "alphabetic";
}
