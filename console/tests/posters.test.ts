import { describe, expect, it } from "vitest";
import { boxOf, fresh, moved, resized, resizedQr, shrinkBy, sizeOf, SIZES } from "../src/posters/design";

const design = fresh("标题", "副标题", "说明");

describe("posters", () => {
  it("keep what is moved inside", () => {
    expect(moved(design, "qr", -50, 9_000).qr).toMatchObject({ x: 0, y: 1920 - design.qr.size });
    expect(moved(design, "text:0", 500, 10).texts?.[0]).toMatchObject({ x: 1080 - 920, y: 10 });
    expect(moved(design, "text:9", 0, 0)).toBe(design);
    expect(boxOf(design, "text:1")).toMatchObject({ width: 920, height: Math.round(48 * 1.4 * 3) });
  });
  it("keep the middle of a QR that grows", () => {
    expect(resizedQr(design, 600).qr).toMatchObject({ size: 600, x: 240, y: 1010 });
    const wide = resizedQr(design, 1080).qr;
    expect(wide.x + wide.size).toBeLessThanOrEqual(1080);
  });
  it("fit another format", () => {
    for (const to of Object.values(SIZES)) {
      const next = resized(design, to);
      expect(sizeOf(next)).toBeDefined();
      expect(next.qr.x).toBeGreaterThanOrEqual(0);
      expect(next.qr.y + next.qr.size).toBeLessThanOrEqual(next.height);
      expect(next.texts?.every((own) => own.width <= next.width && own.size >= 10)).toBe(true);
    }
  });
  it("shrink pictures that are larger than any poster", () => {
    expect(shrinkBy(6000, 100)).toBe(0.5);
    expect(shrinkBy(100, 100)).toBe(1);
  });
});
