// A wish that is sent again, because its answer was lost, makes nothing twice: it keeps its name as long as it says the same.
import { useMemo } from "react";

/** Also where the page is not served over HTTPS, and `randomUUID` is absent. */
function random(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The `Idempotency-Key` of a body: another one as soon as the body is another. */
export function useOnce(body: unknown): string {
  const text = JSON.stringify(body);
  return useMemo(() => `${text.length}-${random()}`, [text]);
}
