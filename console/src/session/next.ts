/** Only paths of this console: a link from elsewhere must not choose where a login ends. */
export function safeNext(next: string | null): string {
  return next && next.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/";
}
