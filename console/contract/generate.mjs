// The types of the HTTP contract, made from the API document the program prints: `npm run gen:api` writes src/api/openapi.d.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
export const DOCUMENT = at("../openapi.json");
export const TYPES = at("../src/api/openapi.d.ts");

const HEAD = "// Made from openapi.json by `npm run gen:api`; a test fails when it is not. Change the program instead.\n";

export async function generate() {
  const document = JSON.parse(readFileSync(DOCUMENT, "utf8"));
  const nodes = await openapiTS(document, { emptyObjectsUnknown: true, alphabetize: true, rootTypes: true, rootTypesNoSchemaPrefix: true, defaultNonNullable: false });
  return HEAD + astToString(nodes);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(TYPES, await generate());
