// The journeys that docs/journeys.md gives as examples.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Definition } from "../src/journeys/canvas/definition";

export function documented(): [Definition, Definition] {
  const text = readFileSync(join(import.meta.dirname, "../../docs/journeys.md"), "utf8");
  const [first, second] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => JSON.parse(match[1] ?? "") as Definition);
  if (!first || !second) throw new Error("docs/journeys.md has no two examples any more");
  return [first, second];
}
