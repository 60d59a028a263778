// What must hold on every page, in both languages and both widths.
import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../src/i18n/words/", import.meta.url);
const pairs = readdirSync(folder).filter((name) => name !== "index.ts").flatMap((name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  return [...text.matchAll(/^\s*("[^"]+"): \[("(?:[^"\\]|\\.)*"), ("(?:[^"\\]|\\.)*")\],$/gm)].map(([, key, zh, en]) => ({ key: JSON.parse(key), zh: JSON.parse(zh), en: JSON.parse(en) }));
});
if (pairs.length < 200) throw new Error(`only ${pairs.length} sentences found in the dictionaries`);

// `{n}` may be anything; `{n|person|people}` is one of its two words and nothing else, or "{n} {n|person|people}" would fit every text with a space.
const HOLE = /\\\{\w+(?:\\\|([^|}\\]*)\\\|([^|}\\]*))?\\\}/g;
const pattern = (sentence) => new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(HOLE, (_, one, more) => (one === undefined ? ".+" : `(?:${one}|${more})`))}$`);
const keys = new Set(pairs.map((pair) => pair.key));
// A sentence that both languages share, or that is only a placeholder, tells nothing. Short words may also be data.
const telling = (text) => text.replace(/\{\w+\}/g, "").replace(/\{\w+\|[^|}]*\|([^|}]*)\}/g, "$1").trim().length >= 4;
const foreign = {
  en: pairs.filter(({ zh, en }) => zh !== en && telling(zh)).map(({ zh }) => pattern(zh)),
  zh: pairs.filter(({ zh, en }) => zh !== en && telling(en) && en.trim().includes(" ")).map(({ en }) => pattern(en)),
};

/** Every complaint about the page as it is shown now. */
export async function complaints(page, locale) {
  const { crash, failed, texts, wide, width, culprits } = await page.evaluate(() => {
    const texts = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode.textContent.trim();
      const holder = walk.currentNode.parentElement;
      // Codes (an action, a reason, an id) are shown as the server spells them.
      if (text && holder && !holder.closest("code, pre") && !["SCRIPT", "STYLE"].includes(holder.tagName)) texts.push(text);
    }
    for (const item of document.querySelectorAll("[placeholder], [aria-label], [title]")) {
      for (const name of ["placeholder", "aria-label", "title"]) if (item.getAttribute(name)) texts.push(item.getAttribute(name));
    }
    const crash = document.querySelector(".crash")?.textContent ?? "";
    const failed = document.querySelector(".error-view")?.textContent ?? "";
    const root = document.scrollingElement;
    const culprits = root.scrollWidth > root.clientWidth
      ? [...document.querySelectorAll("body *")].filter((item) => item.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 5).map((item) => `${item.tagName}.${item.className}`)
      : [];
    return { crash, failed, texts, wide: root.scrollWidth, width: root.clientWidth, culprits };
  });
  const found = [];
  if (crash) found.push(`broke: ${crash}`);
  if (failed) found.push(`shows an error: ${failed}`);
  for (const text of new Set(texts)) {
    if (keys.has(text)) found.push(`untranslated key "${text}"`);
    if (foreign[locale].some((sentence) => sentence.test(text))) found.push(`not in ${locale}: "${text}"`);
    if (/\{\w+(\||\})/.test(text) && pairs.some((pair) => pair.zh === text || pair.en === text)) found.push(`unfilled "${text}"`);
  }
  if (wide > width) found.push(`scrolls sideways: ${wide} > ${width} (${culprits.join(", ")})`);
  return found;
}
