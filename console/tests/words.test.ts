import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fill } from "../src/i18n";
import { words } from "../src/i18n/words";

const CJK = /[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]/;
const root = join(import.meta.dirname, "../src");
const files = (folder: string): string[] => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  return statSync(path).isDirectory() ? files(path) : [path];
});
const code = files(root).filter((path) => /\.tsx?$/.test(path) && !path.includes("/words/") && !path.endsWith(".d.ts")).map((path) => ({ path, text: readFileSync(path, "utf8") }));
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
/** The name of a language is written in that language everywhere. */
const SAME = ["nav.chinese"];

describe("the dictionaries", () => {
  it("hold both languages, with the same placeholders", () => {
    for (const [key, [zh, en]] of Object.entries(words)) {
      expect(zh.trim(), key).not.toBe("");
      expect(en.trim(), key).not.toBe("");
      expect(holes(en), key).toEqual(holes(zh));
    }
  });
  it("are in the language they say", () => {
    const wrong = Object.entries(words).filter(([key, [, en]]) => CJK.test(en) && !SAME.includes(key)).map(([key]) => key);
    expect(wrong).toEqual([]);
    const latin = Object.entries(words).filter(([, [zh]]) => !CJK.test(zh)).map(([, [zh]]) => zh);
    expect([...new Set(latin)].filter((zh) => zh !== "SDK" && !/^\{/.test(zh))).toEqual([]);
  });
  it("define every key once", () => {
    const folder = join(root, "i18n/words");
    const keys = readdirSync(folder).filter((name) => name !== "index.ts").flatMap((name) => [...readFileSync(join(folder, name), "utf8").matchAll(/^ {2}"([^"]+)":/gm)].map((match) => match[1]));
    expect(keys.length).toBe(new Set(keys).size);
    expect(keys.length).toBe(Object.keys(words).length);
  });
});

describe("what the platform tells", () => {
  const crates = join(import.meta.dirname, "../../crates");
  const sources = (folder: string): string[] => readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sources(path) : path.endsWith("events.rs") ? [path] : [];
  });
  it("has a name in both languages, in one place", () => {
    const told = readdirSync(crates).flatMap((crate) => {
      const folder = join(crates, crate, "src");
      return existsSync(folder) ? sources(folder) : [];
    }).flatMap((path) => [...readFileSync(path, "utf8").matchAll(/pub const \w+: &str = "([A-Z]\w*(?: [A-Z]\w*)+)";/g)].map((match) => match[1] ?? ""));
    expect(told.length).toBeGreaterThan(20);
    expect(told.filter((name) => !(`event.${name}` in words))).toEqual([]);
  });
});

describe("the code", () => {
  it("has no Chinese sentence outside the dictionaries", () => {
    const wrong = code.flatMap(({ path, text }) => text.split("\n").flatMap((line, at) => {
      const bare = line.replace(/\/\/.*$|\/?\*\*?.*$/, "");
      return CJK.test(bare) ? [`${path.slice(root.length)}:${at + 1}`] : [];
    }));
    expect(wrong).toEqual([]);
  });
  it("has no English sentence between tags or in a label", () => {
    const sentence = />[^<>{}=;()]*[A-Za-z]{2,} [a-z]{2,}[^<>{}=;()]*<\/|(?:title|placeholder|label|aria-label|extra)="[A-Z][^"]*"/;
    const wrong = code.filter(({ path }) => path.endsWith(".tsx")).flatMap(({ path, text }) => text.split("\n").flatMap((line, at) => (sentence.test(line) ? [`${path.slice(root.length)}:${at + 1}: ${line.trim()}`] : [])));
    expect(wrong).toEqual([]);
  });
  it("uses every sentence", () => {
    const all = code.map(({ text }) => text).join("\n");
    const families = [...all.matchAll(/t\(`([\w.]+)\.\$\{/g)].map((match) => match[1]).concat([...all.matchAll(/word\("([\w.]+)"/g)].map((match) => match[1]));
    const unused = Object.keys(words).filter((key) => !all.includes(`"${key}"`) && !families.some((family) => key.startsWith(`${family}.`)));
    expect(unused).toEqual([]);
  });
});

describe("fill", () => {
  it("puts values into their places and leaves unknown places alone", () => {
    expect(fill("{n} of {total}, {other}", { n: 3, total: "10" })).toBe("3 of 10, {other}");
  });
  it("knows one from many", () => {
    expect([1, "1", 0, "1,234"].map((n) => fill("{n} {n|person|people}", { n }))).toEqual(["1 person", "1 person", "0 people", "1,234 people"]);
  });
});
