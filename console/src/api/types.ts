// The shapes of the HTTP contract, written by hand. Instants are RFC 3339 in UTC, money is integer minor units.
export type Instant = string;
export type Locale = "zh" | "en";
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Page<T> {
  items: T[];
  next: string | null;
  total?: number;
}

export type Permission =
  | "people.read" | "people.write" | "people.unmask" | "people.erase" | "people.export" | "people.merge"
  | "tags.write" | "events.read" | "schema.write" | "import.run" | "orders.read" | "commerce.write"
  | "users.manage" | "keys.manage" | "audit.read" | "settings.write";

export type Role = "owner" | "operator" | "analyst" | "store_manager" | "guide" | "read_only";
export interface Scope { all: boolean; regions: string[]; stores: string[] }

export interface Session {
  user: { id: string; email: string; name: string; role: Role; locale: Locale; scope: Scope; permissions: Permission[] };
  csrf: string;
  workspace: Workspace;
}
export interface Workspace { name: string; timezone: string; currency: string; locale: Locale; version: string }
export interface Setup { needed: boolean; version: string; name?: string }
export interface SetupInput {
  name: string; timezone: string; currency: string; locale: Locale; email: string; admin_name: string; password: string;
}

export interface Stats {
  people: number; events: number; orders: number; revenue: number; refunded: number; net: number; currency: string;
}
export type ChecklistKey = "import_people" | "import_orders" | "connect_sdk" | "create_tag" | "invite_user" | "lock_schema";
export type AttentionKey = "quarantine" | "identity_conflict" | "import_failed" | "expiring_tags";
export interface Overview extends Stats {
  identified: number; merges: number; quarantined: number;
  days: { day: string; people: number; orders: number; revenue: number }[];
  checklist: { key: ChecklistKey; done: boolean }[];
  attention: { key: AttentionKey; count: number }[];
}
export type HitType = "person" | "order" | "product" | "store" | "tag";
export interface Hit { type: HitType; id: string; title: string; subtitle: string | null }

export interface IdentifierValue { kind: string; value: string; masked: boolean }
export interface IdentifierFull extends IdentifierValue { first_seen_at: Instant; source: string }
export type TagKind = "manual" | "rule" | "imported";
export interface TagRef { id: string; name: string; group: string; color: string; kind: TagKind; expires_at: Instant | null }
export interface TagOnPerson extends TagRef { at: Instant; by: string | null; why: string | null; source: string | null }
export interface PersonRow {
  id: string; name: string | null; identifiers: IdentifierValue[]; tags: TagRef[];
  orders: { count: number; amount: number; refunded: number; currency: string; last_at: Instant | null };
  events: { count: number }; created_at: Instant; last_seen_at: Instant | null; merged: number;
}
export interface Person extends Omit<PersonRow, "identifiers" | "tags"> {
  requested_id: string; traits: JsonObject; identifiers: IdentifierFull[]; tags: TagOnPerson[];
  first_seen_at: Instant; consents: Consent[];
  stores: { code: string; name: string | null; orders: number; last_at: Instant | null }[];
  merged_ids: string[];
}
export interface TimelineEvent {
  message_id: string; type: string; name: string | null; at: Instant; received_at: Instant;
  properties: JsonObject; context: JsonObject | null; source: string | null; identifiers?: IdentifierValue[];
}
export interface Merge {
  id: string; at: Instant; kept_id: string; merged_id: string; reason: { kind: string; value: string } | null;
  source: string | null; by: string | null; state: "active" | "undone"; undone_at: Instant | null; undone_by: string | null;
}
export interface IdentityNode {
  id: string; kept: boolean; strongest: string | null; identifiers: IdentifierValue[];
  created_at: Instant; events: number; orders: number;
}
export interface Identity {
  people: IdentityNode[]; merges: Merge[];
  conflicts: { at: Instant; code: string; kinds: string[]; message: string }[];
  splits: { a_id: string; b_id: string; at: Instant; by: string | null }[];
}
export interface MergeSide {
  id: string; identifiers: IdentifierValue[]; traits: JsonObject; tags: TagRef[];
  orders: { count: number; amount: number; refunded: number }; events: { count: number };
}
export interface MergePreview { left: MergeSide; right: MergeSide }
export interface TagHistory {
  tag: TagRef | string; action: "added" | "removed" | "expired"; at: Instant; by: string | null; why: string | null; source: string | null;
}
export interface Consent {
  purpose: string; channel: string; granted: boolean; text_version: string; at: Instant;
  source: string | null; evidence: string | null; by: string | null;
}
export interface Unmasked { identifiers: { kind: string; value: string }[]; traits: JsonObject }
export interface Certificate {
  id: string; at: Instant; person_id: string; identifiers_removed: number; events_removed: number;
  orders_detached: number; by: string; digest: string; reason?: string;
}

export interface Tag {
  id: string; name: string; color: string; kind: TagKind; description: string | null; rule: Rule | null;
  people: number; ttl_days: number | null; evaluated_at: Instant | null;
}
export interface TagGroup { id: string; name: string; tags: Tag[] }
export interface TagInput {
  group_id?: string; group?: string; name?: string; color?: string; kind?: TagKind;
  description?: string | null; rule?: Rule | null; ttl_days?: number | null;
}
export type Op = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "contains" | "exists";
export type CondValue = string | number | boolean | (string | number)[] | null;
export interface Cond { field: string; op: Op; value?: CondValue }
export type Rule = { all: (Rule | Cond)[] } | { any: (Rule | Cond)[] } | { not: (Rule | Cond)[] };
export interface RuleField {
  field: string; label_zh: string; label_en: string; type: string; operators: Op[];
  options?: (string | { value: string; label?: string; label_zh?: string; label_en?: string })[] | null;
}
export type FieldType = "text" | "number" | "boolean" | "date" | "datetime" | "list";
export interface Field {
  name: string; label_zh: string; label_en: string; type: FieldType; sensitive: boolean; locked: boolean; people: number;
}

export type OrderStatus = "paid" | "partly_refunded" | "refunded" | "refund_only";
export interface OrderLine {
  line_no: number | string | null; sku: string | null; title: string | null; quantity: number | string; price: number | null; amount: number; refund: boolean;
}
export interface Order {
  order_no: string; at: Instant; person_id: string | null; store: { code: string; name: string } | null; currency: string;
  amount: number; refunded: number; status: OrderStatus; lines?: OrderLine[];
}
export interface Product {
  sku: string; title: string | null; category: string | null; brand: string | null; price: number | null; currency: string;
  sold: number | string | null; revenue: number | null;
}
export interface Store { code: string; name: string | null; region: string | null; orders: number; revenue: number; people: number }

export interface LiveEvent {
  message_id: string; type: string; name: string | null; at: Instant; received_at: Instant; person_id: string | null;
  person_name?: string | null; properties: JsonObject; source: string | null;
}
export interface SchemaProperty {
  name: string; types: string[]; locked_type: string | null; required: boolean; count?: number; sample: string | null;
}
export interface SchemaEvent {
  name: string; type: string; count: number; first_seen_at: Instant; last_seen_at: Instant; locked: boolean;
  unknown: "allow" | "quarantine"; properties: SchemaProperty[];
}
export interface SchemaPatch {
  locked?: boolean; unknown?: "allow" | "quarantine";
  properties?: { name: string; locked_type: string | null; required: boolean }[];
}
export interface Quarantined {
  id: string; message_id: string; type: string; name: string | null; at: Instant;
  reason: { code: string; message: string; field: string | null }; body: Json;
}

export type ImportKind = "people" | "events" | "orders" | "products";
export type ImportState = "uploaded" | "running" | "paused" | "done" | "failed" | "cancelled";
export interface ImportSummary {
  rows: number; imported: number; rejected: number; unchanged: number; people_new: number; people_merged: number;
  orders: number; revenue: number; refunded: number; seconds: number;
}
export interface ImportOptions { encoding?: string; delimiter?: string; sheet?: string; header?: boolean; timezone?: string; currency?: string }
export interface Import {
  id: string; kind: ImportKind; file: string; size: number; state: ImportState; format: string | null; encoding: string | null;
  dry_run: boolean; mapping: Record<string, string> | null; options?: ImportOptions | null; progress: { rows: number; done: number; total: number | null };
  summary: ImportSummary | null; error: { code: string; message: string } | null; rejected: number; created_at: Instant; finished_at: Instant | null; by: string | null;
}
export interface ImportField { field: string; label_zh: string; label_en: string; required: boolean }
export interface ImportPreview {
  format: string; encoding: string | null; delimiter: string | null; sheets: string[] | null; sheet?: string | null; total_rows?: number | null;
  columns: { name: string; type: string; samples: string[]; empty: number }[];
  rows: (string | number | boolean | null)[][];
  suggestions: { column: string; field: string; confidence: number }[];
  fields: ImportField[];
}
export interface PreviewOptions { encoding?: string; delimiter?: string; sheet?: string; header?: boolean }

export interface User {
  id: string; email: string; name: string; role: Role; scope: Scope; locale: Locale;
  state: "active" | "disabled"; last_login_at: Instant | null;
}
export interface UserInput {
  email?: string; name?: string; role?: Role; scope?: Scope; password?: string; state?: "active" | "disabled";
}
export interface RoleInfo { role: Role; label_zh: string; label_en: string; permissions: Permission[] }
export interface ApiKey {
  id: string; name: string; kind: "write" | "api"; role?: Role | null; prefix: string; created_at: Instant;
  last_used_at: Instant | null; revoked_at: Instant | null;
}
export interface NewKey extends ApiKey { secret: string }
export interface AuditEntry {
  id: string; at: Instant; actor: { kind: string; id: string | null; name: string | null }; action: string;
  object: string | null; detail: Json; ip: string | null; request_id: string | null;
}
export interface IdentityKind { kind: string; priority: number; limit: number; merges: boolean; blocked: string[] }
export interface Settings {
  name: string; timezone: string; currency: string; locale: Locale; identity: { kinds: IdentityKind[] };
}
export interface Check { key: string; state: "ok" | "warn" | "fail"; title: string; detail: string; remedy: string | null }
