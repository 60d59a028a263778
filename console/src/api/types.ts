// Names the console uses for the shapes of the API document. Nothing is spelled twice: a shape that changes there changes here.
// Instants are RFC 3339 in UTC, money is integer minor units.
import type * as S from "./openapi";
import type { Rule } from "./rule";

export type { Cond, CondValue, Deed, Leaf, Node, Op, Rule } from "./rule";

export type Instant = string;
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, unknown>;

export interface Page<T> { items: T[]; next?: string | null; total?: number | null }

/** A shape with some parts known better than the document can say (rules are trees). */
type Better<T, B extends { [K in keyof B]: K extends keyof T ? unknown : never }> = Omit<T, keyof B> & B;

export type Locale = S.LocaleName;
export type Permission = S.PermissionName;
export type Role = S.RoleName;
export type Scope = S.ScopeBody;
export type Session = S.SessionOut;
export type SetupInput = S.SetupIn;

export type Overview = S.Overview;
export type ChecklistKey = S.StepName;
export type AttentionKey = S.AttentionName;
export type HitType = S.HitTypeName;
export type Hit = S.SearchHit;

export type IdentifierValue = S.PersonIdentifier;
export type IdentifierFull = S.PersonIdentifierSeen;
export type TagKind = S.TagKindName;
export type TagRef = S.TagRef;
export type TagOnPerson = S.PersonTag;
export type PersonRow = S.PersonRow;
export type Person = S.PersonOut;
export type TimelineEvent = S.PersonEvent;
export type Merge = S.MergeOut;
export type IdentityNode = S.IdentityPerson;
export type Identity = S.IdentityOut;
export type MergeSide = S.MergeSide;
export type MergePreview = S.MergePreview;
export type TagHistory = S.TagChangeOut;
export type Consent = S.ConsentOut;
export type Unmasked = S.UnmaskOut;
export type Certificate = S.CertificateOut;

export type RuleField = S.RuleField;
export type Tag = Better<S.TagOut, { rule?: Rule | null }>;
export type TagGroup = Better<S.TagGroupOut, { tags: Tag[] }>;
export type TagInput = S.TagChange;
export type FieldType = S.FieldTypeName;
export type Field = S.FieldOut;

export type OrderStatus = S.OrderStatusName;
export type OrderLine = S.OrderLine;
export type Order = S.OrderOut;
export type Product = S.ProductOut;
export type Store = S.StoreOut;

export type LiveEvent = S.EventOut;
export type SchemaProperty = S.SchemaProperty;
export type SchemaEvent = S.SchemaEvent;
export type SchemaPatch = S.SchemaIn;
export type Quarantined = S.QuarantineRow;

export type ImportKind = S.ImportKindName;
export type ImportState = S.ImportStateName;
export type ImportSummary = S.ImportDone;
export type ImportOptions = S.ImportReading;
export type Import = S.ImportOut;
export type ImportField = S.ImportField;
export type ImportPreview = S.ImportLook;
export interface PreviewOptions { encoding?: string; delimiter?: string; sheet?: string; header?: boolean }

export type User = S.UserOut;
export type LifecycleSettings = S.LifecycleSettings;
export type UserInput = S.UserChange;
export type RoleInfo = S.RoleOut;
export type ApiKey = S.KeyOut;
export type NewKey = S.KeyNew;
export type AuditEntry = S.AuditOut;
export type IdentityKind = S.IdentityKind;
export type Settings = S.Settings;
export type Check = S.DoctorCheck;

export type WecomConnection = S.WecomConnection;
export type WecomChange = S.WecomConnectionIn;
export type WecomStatus = S.WecomStatus;
export type WecomSync = S.WecomSync;
export type WecomAside = S.WecomAside;
export type WecomConflict = S.WecomConflict;
export type WecomStaff = S.WecomStaff;
export type WecomGroup = S.WecomGroup;
export type WecomMember = S.WecomMember;
export type WecomLost = S.WecomLost;
export type WecomContact = S.WecomContact;
export type WecomRelation = S.WecomRelation;

export type CarriersStatus = S.CarriersStatus;
export type CarrierState = S.CarrierState;
export type MailAccount = S.MailAccountOut;
export type MailInput = S.MailAccountIn;
export type SmsAccount = S.SmsAccountOut;
export type SmsInput = S.SmsAccountIn;
export type SmsTemplate = S.SmsTemplateOut;
export type SmsTemplateInput = S.SmsTemplateIn;
export type Suppression = S.Suppression;
