// The people list's filters: what is in the address, and what is asked of the server.
import type { Query } from "../api/client";
import { dayEnd, dayStart } from "../format/time";
import type { Filters } from "../shell/useFilters";

const PLAIN = ["q", "identifier", "tag", "has", "store", "orders_min", "orders_max", "amount_min", "amount_max", "merged", "conflict", "sort"] as const;
const DAYS = ["created", "last_order"] as const;

/** Days in the address are days of the workspace; the server is asked in instants. */
export function peopleQuery(filters: Filters, zone: string): Query {
  const query: Query = {};
  for (const name of PLAIN) if (filters[name]) query[name] = filters[name];
  for (const name of DAYS) {
    const from = filters[`${name}_from`];
    const to = filters[`${name}_to`];
    if (from) query[`${name}_from`] = dayStart(from, zone);
    if (to) query[`${name}_to`] = dayEnd(to, zone);
  }
  if (filters.tag_expires_to) query.tag_expires_to = dayEnd(filters.tag_expires_to, zone);
  return query;
}

/** The filters of the drawer, without search and order: how many are on, and what clearing removes. */
export const drawerFilters = [
  "tag", "has", "store", "orders_min", "orders_max", "amount_min", "amount_max",
  "created_from", "created_to", "last_order_from", "last_order_to", "merged", "conflict", "tag_expires_to",
];

export function activeFilters(filters: Filters): number {
  const on = drawerFilters.filter((name) => filters[name]);
  return new Set(on.map((name) => name.replace(/_(min|max|from|to)$/, ""))).size;
}

export const sorts = ["-created_at", "created_at", "-last_order_at", "-orders", "-amount"] as const;
