import { apiUrl, download, errorFromBody, get, patch, post, remove, requestHeaders, upload, type Query } from "../api/client";
import type * as S from "../api/openapi";
import type { Design } from "./design";

export type Poster = S.Poster;
export type PosterPicture = S.PosterPictureOut;
export type GuideCode = S.GuideCodeOut;

const part = encodeURIComponent;

export const posters = {
  list: (query: Query) => get("/posters", { query }),
  get: (id: string) => get("/posters/{id}", { path: { id } }),
  add: (body: S.PosterNew) => post("/posters", { body }),
  change: (id: string, body: S.PosterPatch) => patch("/posters/{id}", { path: { id }, body }),
  url: (id: string, query: Query) => apiUrl(`/posters/${part(id)}/poster.png`, query),
  one: (id: string, query: Query, filename: string) => download(`/posters/${part(id)}/poster.png`, filename, query),
  zip: (id: string, query: Query, filename: string) => download(`/posters/${part(id)}/guides.zip`, filename, query),
  /** The picture as it would be now. */
  preview: async (body: S.PosterPreview, signal: AbortSignal): Promise<Blob> => {
    const headers = { ...requestHeaders("POST"), "Content-Type": "application/json" };
    const response = await fetch(apiUrl("/posters/preview"), { method: "POST", headers, signal, credentials: "same-origin", body: JSON.stringify(body) });
    if (!response.ok) throw errorFromBody(response.status, await response.text());
    return response.blob();
  },
  guides: (channel: string, query: Query) => get("/channels/{id}/guide-codes", { path: { id: channel }, query }),
  makeGuides: (channel: string, staff: string[]) => post("/channels/{id}/guide-codes", { path: { id: channel }, body: { staff } }),
};

export const pictures = {
  list: (query: Query) => get("/poster-pictures", { query }),
  add: (file: File) => upload<PosterPicture>("/poster-pictures", { filename: file.name }, file, () => undefined, new AbortController().signal),
  url: (id: string) => apiUrl(`/poster-pictures/${part(id)}/body`),
  remove: (id: string) => remove("/poster-pictures/{id}", { path: { id } }),
};

export const posterKeys = {
  all: ["posters"] as const,
  list: (query: Query) => ["posters", "list", query] as const,
  one: (id: string) => ["posters", "one", id] as const,
  preview: (design: Design, code?: string) => ["posters", "preview", design, code ?? ""] as const,
  guides: (channel: string, store: string) => ["posters", "guides", channel, store] as const,
};
