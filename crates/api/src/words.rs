//! Words of the API document for enums that live in crates which know no HTTP.
#![allow(dead_code, reason = "only their schemas are used")]

use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

fn one_of(names: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum RoleName {
    Owner,
    Operator,
    Analyst,
    StoreManager,
    Guide,
    ReadOnly,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum LocaleName {
    Zh,
    En,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum UserStateName {
    Active,
    Disabled,
}

/// `write` keys only send data in; `api` keys have a role.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum KeyKindName {
    Write,
    Api,
}

/// Which part of the brand is seen: everything, or some regions and stores.
#[derive(ToSchema)]
pub struct ScopeBody {
    pub all: bool,
    pub regions: Vec<String>,
    /// Codes of stores.
    pub stores: Vec<String>,
}

/// What a role may do. Made from the list itself, so that it cannot fall behind.
pub struct PermissionName;

impl PartialSchema for PermissionName {
    fn schema() -> RefOr<Schema> {
        one_of(siyu_access::Permission::ALL.iter().map(|permission| permission.name()))
    }
}
impl ToSchema for PermissionName {}

/// Operators of a rule's condition.
pub struct OpName;

impl PartialSchema for OpName {
    fn schema() -> RefOr<Schema> {
        one_of(siyu_audience::Op::ALL.iter().map(|op| op.name()))
    }
}
impl ToSchema for OpName {}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ValueTypeName {
    Money,
    Integer,
    Number,
    Boolean,
    Text,
    Date,
    Datetime,
    List,
    Option,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum AudienceKindName {
    Rule,
    Frozen,
    List,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum AudienceOpName {
    Union,
    Intersect,
    Minus,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ExportStateName {
    Waiting,
    Approved,
    Rejected,
    Done,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum TagKindName {
    Manual,
    Rule,
    Imported,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum TagActionName {
    Added,
    Removed,
    Expired,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum MergeStateName {
    Active,
    Undone,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum OrderStatusName {
    Paid,
    PartlyRefunded,
    Refunded,
    RefundOnly,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum HitTypeName {
    Person,
    Order,
    Product,
    Store,
    Tag,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum CheckStateName {
    Ok,
    Warn,
    Fail,
}

/// What happens to properties nobody has listed.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum UnknownName {
    Allow,
    Quarantine,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum StepName {
    ImportPeople,
    ImportOrders,
    ConnectSdk,
    CreateTag,
    InviteUser,
    LockSchema,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum AttentionName {
    Quarantine,
    IdentityConflict,
    ImportFailed,
    ExpiringTags,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ImportKindName {
    People,
    Events,
    Orders,
    Products,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ImportStateName {
    Uploaded,
    Running,
    Paused,
    Done,
    Failed,
    Cancelled,
}

/// How a file is read. What is absent is found out from the file, or taken from the workspace.
#[derive(ToSchema)]
pub struct ImportReading {
    pub encoding: Option<String>,
    /// One character.
    pub delimiter: Option<String>,
    pub sheet: Option<String>,
    pub header: Option<bool>,
    /// Zone of times that do not state one.
    pub timezone: Option<String>,
    /// Currency of amounts that do not state one.
    pub currency: Option<String>,
    /// People only: they are put into the pool of leads, too. Friends of staff and those who said no to being approached are passed over.
    pub leads: Option<bool>,
    /// The code of the channel these leads came by.
    pub channel: Option<String>,
}

/// What a finished import did.
#[derive(ToSchema)]
pub struct ImportDone {
    pub rows: u64,
    /// Rows that brought something new or corrected something.
    pub imported: u64,
    pub rejected: u64,
    /// Rows that were here before.
    pub unchanged: u64,
    pub people_new: u64,
    pub people_merged: u64,
    /// People who came into the pool of leads.
    pub leads: u64,
    /// Orders seen for the first time.
    pub orders: u64,
    /// In minor units of the workspace currency.
    pub revenue: i64,
    pub refunded: i64,
    pub seconds: f64,
}

/// A file as it would be read.
#[derive(ToSchema)]
pub struct ImportLook {
    pub format: String,
    pub encoding: Option<String>,
    pub delimiter: Option<String>,
    /// Of a workbook; else empty.
    pub sheets: Vec<String>,
    pub sheet: Option<String>,
    pub columns: Vec<ImportColumn>,
    /// The first rows, one text per column.
    pub rows: Vec<Vec<String>>,
    pub row_errors: Vec<ImportRowError>,
    pub suggestions: Vec<ImportSuggestion>,
    /// What a column may be mapped to.
    pub fields: Vec<ImportField>,
    pub total_rows: ImportRows,
}

/// How many rows the file has, as far as is known without reading all of it.
#[derive(ToSchema)]
pub struct ImportRows {
    pub certainty: CertaintyName,
    /// Absent when unknown.
    pub rows: Option<u64>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum CertaintyName {
    Exact,
    About,
    Unknown,
}

#[derive(ToSchema)]
pub struct ImportColumn {
    pub name: String,
    pub r#type: String,
    pub samples: Vec<String>,
    /// Share of empty cells, 0 to 1.
    pub empty: f64,
}

#[derive(ToSchema)]
pub struct ImportRowError {
    pub line: u64,
    pub code: String,
    pub message: String,
}

#[derive(ToSchema)]
pub struct ImportSuggestion {
    pub column: String,
    pub field: String,
    /// 0 to 1.
    pub confidence: f64,
}

#[derive(ToSchema)]
pub struct ImportField {
    pub field: String,
    pub label_zh: String,
    pub label_en: String,
    pub required: bool,
}
