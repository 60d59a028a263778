// One way to the server: adds the CSRF token and the language, and turns every refusal into an ApiError.
import type { Answer, Method, PathOf, Rest } from "./contract";
import type { Locale } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
    readonly field: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

let csrf = "";
let locale: Locale = "zh";
const signedOut = new Set<() => void>();

export function setCsrf(token: string) {
  csrf = token;
}
export function setRequestLocale(next: Locale) {
  locale = next;
}
/** Calls `listener` whenever the server says that the session has ended. Returns the way to stop listening. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => void signedOut.delete(listener);
}

const PREFIX = "/api/v1";

export function apiUrl(path: string, query?: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return PREFIX + path + (text ? `?${text}` : "");
}

export function requestHeaders(method: string): Record<string, string> {
  const headers: Record<string, string> = { "Accept-Language": locale === "zh" ? "zh-CN" : "en" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  return headers;
}

/** Reads the contract's error body; `fallback` is used when something between us and the server answered instead. */
export function errorFromBody(status: number, text: string): ApiError {
  try {
    const body = JSON.parse(text) as { code?: string; message?: string; field?: string; request_id?: string };
    if (body.code && body.message) {
      return new ApiError(status, body.code, body.message, body.request_id ?? null, body.field ?? null);
    }
  } catch {
    // Not our body: a proxy's page, or nothing at all.
  }
  return new ApiError(status, "unreadable_answer", `HTTP ${status}`);
}

function announce(error: ApiError, path: string) {
  if (error.status === 401 && path !== "/session") for (const listener of signedOut) listener();
}

async function send(method: string, path: string, query?: Query, body?: unknown, signal?: AbortSignal, once?: string): Promise<Response> {
  const headers = requestHeaders(method);
  if (once !== undefined) headers["Idempotency-Key"] = once;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method, headers, signal, credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "offline", "offline");
  }
  if (response.ok) return response;
  const error = errorFromBody(response.status, await response.text());
  announce(error, path);
  throw error;
}

async function answer<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** `/people/{id}` with its parameters put in, each escaped. */
export function fillPath(path: string, params: Record<string, string> | undefined): string {
  return path.replace(/\{(\w+)\}/g, (hole, name: string) => (params?.[name] === undefined ? hole : encodeURIComponent(params[name])));
}

function call<M extends Method>(method: M) {
  return async <P extends PathOf<M>>(path: P, ...rest: Rest<M, P>): Promise<Answer<M, P>> => {
    // Looked at as what it is for any call: the union over all paths is more than the compiler takes apart.
    const [input] = rest as [input?: unknown];
    const { path: params, query, body, signal, once } = (input ?? {}) as { path?: Record<string, string>; query?: Query; body?: unknown; signal?: AbortSignal; once?: string };
    return answer<Answer<M, P>>(await send(method.toUpperCase(), fillPath(path, params), query, body, signal, once));
  };
}
export const get = call("get");
export const post = call("post");
export const put = call("put");
export const patch = call("patch");
export const remove = call("delete");

/** A call whose answer the API document leaves open (it depends on what is asked): `T` is what the caller knows of it. */
export async function open<T>(method: Uppercase<Method>, path: string, input: { query?: Query; body?: unknown; signal?: AbortSignal } = {}): Promise<T> {
  return answer<T>(await send(method, path, input.query, input.body, input.signal));
}

/** Downloads a file through fetch, so that a refusal can be shown as a sentence instead of a page of JSON. */
export async function download(path: string, filename: string, query?: Query): Promise<void> {
  await save(await send("GET", path, query), filename);
}
/** The same for files that are made from what is sent. */
export async function downloadFor(path: string, body: unknown, filename: string): Promise<void> {
  await save(await send("POST", path, undefined, body), filename);
}

async function save(response: Response, filename: string) {
  saveBlob(await response.blob(), filename);
}
export function saveBlob(blob: Blob, filename: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Sends a file as the raw body and reports how much has left (0..=1). fetch() cannot report upload progress. */
export function upload<T>(path: string, query: Query, file: File, progress: (share: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", apiUrl(path, query));
    for (const [name, value] of Object.entries(requestHeaders("POST"))) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve(JSON.parse(request.responseText) as T);
      const error = errorFromBody(request.status, request.responseText);
      announce(error, path);
      reject(error);
    };
    request.onerror = () => reject(new ApiError(0, "offline", "offline"));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
