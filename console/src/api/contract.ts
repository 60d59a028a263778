// What the API document says about a call: its parameters, its body, its answer. All of it is read from the generated types,
// so a call that the program does not know, or that it answers differently now, does not compile.
import type { Query } from "./client";
import type { paths } from "./openapi";

export type Method = "get" | "post" | "put" | "patch" | "delete";
type Api = { [P in keyof paths as P extends `/api/v1${infer Rest}` ? Rest : never]: paths[P] };

/** The paths that know this method. */
export type PathOf<M extends Method> = { [P in keyof Api]: Api[P] extends Record<M, object> ? P : never }[keyof Api] & string;
type Call<M extends Method, P> = P extends keyof Api ? (Api[P] extends Record<M, infer C> ? C : never) : never;

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : void;
type Good = 200 | 201 | 202 | 204;
export type Answer<M extends Method, P> = Call<M, P> extends { responses: infer R } ? Json<R[keyof R & Good]> : never;

type PathPart<C> = C extends { parameters: { path: infer Params } } ? { path: Params } : { path?: undefined };
type BodyPart<C> = C extends { requestBody: infer B } ? { body: Json<B> }
  : C extends { requestBody?: infer B } ? { body?: [NonNullable<B>] extends [never] ? undefined : Json<NonNullable<B>> } : { body?: undefined };
export type Input<M extends Method, P> = PathPart<Call<M, P>> & BodyPart<Call<M, P>> & { query?: Query; signal?: AbortSignal; once?: string };

/** The input may be left out when nothing in it is needed. */
export type Rest<M extends Method, P> = Record<never, never> extends Input<M, P> ? [input?: Input<M, P>] : [input: Input<M, P>];
