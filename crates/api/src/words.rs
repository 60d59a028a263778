//! Words of the API document for enums that live in crates which know no HTTP.
#![allow(dead_code, reason = "only their schemas are used")]

use utoipa::ToSchema;

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
