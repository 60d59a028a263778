import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";

// The page's own modules look at the browser when they are loaded.
vi.stubGlobal("navigator", { language: "zh-CN" });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
vi.stubGlobal("document", { documentElement: { lang: "" } });
const { count, money, setLocale, setZone, t, word, words, day } = await import("../src/guide/words");

const folder = join(import.meta.dirname, "../src/guide");
const code = readdirSync(folder).filter((name) => /\.tsx?$/.test(name)).map((name) => readFileSync(join(folder, name), "utf8")).join("\n");

describe("words of the guides' pages", () => {
  it("are there in both languages, with the same holes", () => {
    const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    for (const [key, [zh, en]] of Object.entries(words)) {
      expect(zh && en, key).toBeTruthy();
      expect(holes(en), key).toEqual(holes(zh));
      if (key !== "language") expect(/[\u3400-\u9fff]/.test(en), key).toBe(false);
    }
  });
  it("are all used", () => {
    const families = [...code.matchAll(/(?:word\("|t\(`|\? `)([\w.]+?)["`.]/g)].map((match) => match[1]);
    const unused = Object.keys(words).filter((key) => !code.includes(`"${key}"`) && !families.some((family) => key.startsWith(`${family}.`)));
    expect(unused).toEqual([]);
  });
  it("speak the language that is chosen, and keep what they do not know", () => {
    expect([t("numbers.days", { n: 7 }), word("stage", "at_risk"), word("stage", "other")]).toEqual(["近 7 天", "流失风险", "other"]);
    setLocale("en");
    expect([t("numbers.days", { n: 7 }), word("event", "Script Sent")]).toEqual(["7 days", "Script sent"]);
    setLocale("zh");
  });
  it("show money by its currency and days by the brand's zone", () => {
    expect([money(123456, "CNY"), money(1200, "JPY"), count(0.25)]).toEqual(["¥1,234.56", "¥1,200", "0.3"]);
    setZone("Asia/Shanghai");
    expect(day("2020-01-01T16:30:00Z")).toContain("2020");
    expect(day("2020-01-01T16:30:00Z")).toContain("2");
  });
});
