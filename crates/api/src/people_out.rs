//! People as answers show them.

use crate::App;
use crate::people_reader::{Reader, masked};
use serde::Serialize;
use serde_json::{Map, Value};
use siyu_commerce::Customer;
use siyu_db::Tx;
use siyu_kernel::{Currency, PersonNum, Refusal, Time};
use siyu_people::{Consent, IdentifierRow, Profile, TagRow, TraitValue};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PersonIdentifier {
    #[schema(example = "phone")]
    pub kind: String,
    pub value: String,
    /// True when the value is not the whole one.
    pub masked: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PersonIdentifierSeen {
    #[serde(flatten)]
    pub identifier: PersonIdentifier,
    #[schema(value_type = String, format = DateTime)]
    pub first_seen_at: Time,
    pub source: String,
}

#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct TagRef {
    pub id: String,
    pub name: String,
    pub group: String,
    pub color: String,
    #[schema(value_type = crate::words::TagKindName)]
    pub kind: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Time>,
}

/// A tag with its lineage.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonTag {
    #[serde(flatten)]
    pub tag: TagRef,
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    pub by: String,
    pub why: String,
    pub source: String,
}

/// Orders in all currencies; amounts in the workspace's, in minor units.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct PersonOrders {
    /// Orders with a sale line.
    pub count: i64,
    /// Gross: what was given back is not taken off.
    pub amount: i64,
    /// Positive.
    pub refunded: i64,
    #[schema(value_type = String)]
    pub currency: Currency,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_at: Option<Time>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct PersonEventCount {
    /// The platform's own events are not counted.
    pub count: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PersonRow {
    pub id: String,
    pub name: Option<String>,
    /// The strongest kind first.
    pub identifiers: Vec<PersonIdentifier>,
    pub tags: Vec<TagRef>,
    pub orders: PersonOrders,
    pub events: PersonEventCount,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Time>,
    /// How many other identities were merged into this person.
    pub merged: usize,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PersonOut {
    pub id: String,
    /// The id that was asked for; another one when that was merged away.
    pub requested_id: String,
    pub name: Option<String>,
    pub identifiers: Vec<PersonIdentifierSeen>,
    #[schema(value_type = Object)]
    pub traits: Map<String, Value>,
    pub tags: Vec<PersonTag>,
    pub orders: PersonOrders,
    pub events: PersonEventCount,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    #[schema(value_type = String, format = DateTime)]
    pub first_seen_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Time>,
    pub merged: usize,
    /// Ids that answer with this person.
    pub merged_ids: Vec<String>,
    /// What is in force for each purpose and channel.
    pub consents: Vec<ConsentOut>,
    pub stores: Vec<PersonStore>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PersonStore {
    pub code: String,
    pub name: String,
    pub orders: i64,
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Time,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentOut {
    pub purpose: String,
    pub channel: String,
    pub granted: bool,
    pub text_version: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    pub source: String,
    pub evidence: String,
    pub by: String,
}

impl From<Consent> for ConsentOut {
    fn from(consent: Consent) -> Self {
        let Consent { purpose, channel, granted, text_version, at, source, evidence, by, .. } = consent;
        Self { purpose, channel, granted, text_version, at, source, evidence, by }
    }
}

pub(crate) fn identifier(row: &IdentifierRow, full: bool) -> PersonIdentifier {
    let value = if full { row.value.clone() } else { row.masked() };
    PersonIdentifier { kind: row.kind.clone(), masked: value != row.value, value }
}
pub(crate) fn traits(values: &BTreeMap<String, TraitValue>, full: bool) -> Map<String, Value> {
    let shown = |held: &TraitValue| if held.sensitive && !full { masked(&held.value) } else { held.value.clone() };
    values.iter().map(|(name, held)| (name.clone(), shown(held))).collect()
}
pub(crate) fn tag_ref(row: &TagRow) -> TagRef {
    let TagRow { id, name, group, color, kind, expires_at, .. } = row.clone();
    TagRef { id, name, group, color, kind, expires_at }
}
/// What has run out counts no more, swept or not.
pub(crate) fn tags_now(profile: &Profile, now: Time) -> impl Iterator<Item = &TagRow> {
    profile.tags.iter().filter(move |tag| tag.expires_at.is_none_or(|at| at > now))
}
pub(crate) fn has_hidden(profile: &Profile) -> bool {
    profile.identifiers.iter().any(IdentifierRow::is_sensitive) || profile.traits.values().any(|held| held.sensitive)
}

pub(crate) fn order_totals(rows: &[Customer], root: PersonNum, currency: Currency) -> PersonOrders {
    let mut total = PersonOrders { count: 0, amount: 0, refunded: 0, currency, last_at: None };
    for row in rows.iter().filter(|row| row.root == root) {
        total.count += row.orders;
        total.last_at = total.last_at.max(row.last_at);
        if row.currency == currency {
            (total.amount, total.refunded) = (row.amount, row.refunded);
        }
    }
    total
}

/// Rows of a list, in the order asked for.
pub(crate) fn rows(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    roots: &[PersonNum],
) -> Result<Vec<PersonRow>, Refusal> {
    let profiles = app.people.profiles(tx, roots)?;
    let totals = reader.totals(tx, roots)?;
    let mut out = Vec::with_capacity(profiles.len());
    for profile in profiles {
        let seen = app.log.summary(tx, &profile.nodes)?;
        let orders = order_totals(&totals, profile.root, reader.ctx.currency);
        out.push(PersonRow {
            id: app.people.id(profile.root),
            name: profile.name(),
            identifiers: profile.identifiers.iter().map(|row| identifier(row, reader.full_lists)).collect(),
            tags: tags_now(&profile, reader.ctx.now).map(tag_ref).collect(),
            events: PersonEventCount { count: seen.events },
            created_at: profile.created_at,
            last_seen_at: seen.last_at.max(orders.last_at),
            merged: profile.nodes.len().saturating_sub(1),
            orders,
        });
    }
    Ok(out)
}

/// One person, and whether hidden values are shown in it.
pub(crate) fn person(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    (asked, root): (PersonNum, PersonNum),
) -> Result<(PersonOut, bool), Refusal> {
    let profile = app.people.profile(tx, root)?;
    let seen = app.log.summary(tx, &profile.nodes)?;
    let totals = reader.totals(tx, &[root])?;
    let orders = order_totals(&totals, root, reader.ctx.currency);
    let first_order = totals.iter().filter_map(|row| row.first_at).min();
    let consents = app.people.consents_in_force(tx, &profile.nodes)?;
    let mut visits = siyu_commerce::person_stores(tx, &[root])?;
    visits.retain(|visit| reader.stores().is_none_or(|codes| codes.contains(&visit.code)));
    let seen_first = [Some(profile.created_at), seen.first_at, first_order].into_iter().flatten().min();
    let full = reader.full;
    let with_place = |row: &IdentifierRow| PersonIdentifierSeen {
        identifier: identifier(row, full),
        first_seen_at: row.first_at,
        source: row.source.clone(),
    };
    let with_lineage = |row: &TagRow| PersonTag {
        tag: tag_ref(row),
        at: row.at,
        by: row.by.clone(),
        why: row.why.clone(),
        source: row.source.clone(),
    };
    let store = |visit: siyu_commerce::StoreVisit| PersonStore {
        code: visit.code,
        name: visit.name,
        orders: visit.orders,
        last_at: visit.last_at,
    };
    let out = PersonOut {
        id: app.people.id(root),
        requested_id: app.people.id(asked),
        name: profile.name(),
        identifiers: profile.identifiers.iter().map(with_place).collect(),
        traits: traits(&profile.traits, full),
        tags: tags_now(&profile, reader.ctx.now).map(with_lineage).collect(),
        events: PersonEventCount { count: seen.events },
        created_at: profile.created_at,
        first_seen_at: seen_first.unwrap_or(profile.created_at),
        last_seen_at: seen.last_at.max(orders.last_at),
        orders,
        merged: profile.nodes.len().saturating_sub(1),
        merged_ids: profile.nodes.iter().filter(|node| **node != root).map(|node| app.people.id(*node)).collect(),
        consents: consents.into_iter().map(ConsentOut::from).collect(),
        stores: visits.into_iter().map(store).collect(),
    };
    Ok((out, full && has_hidden(&profile)))
}
