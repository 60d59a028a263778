//! People: the list, one person, adding and changing.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{PeopleRead, PeopleWrite};
use crate::people_out::{PersonOut, PersonRow, person, rows};
use crate::people_reader::{Reader, audience, looks_masked, note, note_look, read, source, write};
use crate::{App, At, Body, Created, Endpoints, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use siyu_audience::{Filter, Scope, Sort};
use siyu_db::Tx;
use siyu_kernel::{Identifier, IdentifierError, Kind, PersonNum, Refusal, Time};
use siyu_people::{Incoming, TraitIn};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change)
        .merge(crate::people_history::router())
        .merge(crate::people_identity::router())
        .merge(crate::people_tags::router())
        .merge(crate::people_consents::router())
        .merge(crate::people_files::router())
}

/// All of them hold together; bounds are included.
#[derive(Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeopleQuery {
    /// `KIND:VALUE`, in any spelling of the value.
    #[param(example = "phone:13912345678")]
    identifier: Option<String>,
    /// Any identifier in full, a person's id, or part of a name.
    q: Option<String>,
    /// A tag's id.
    tag: Option<String>,
    /// People with an identifier of this kind.
    #[param(example = "phone")]
    has: Option<String>,
    /// People with an order in the store of this code.
    store: Option<String>,
    orders_min: Option<i64>,
    orders_max: Option<i64>,
    /// Gross, in minor units of the workspace currency.
    amount_min: Option<i64>,
    amount_max: Option<i64>,
    #[param(value_type = Option<String>, format = DateTime)]
    created_from: Option<Time>,
    #[param(value_type = Option<String>, format = DateTime)]
    created_to: Option<Time>,
    #[param(value_type = Option<String>, format = DateTime)]
    last_order_from: Option<Time>,
    #[param(value_type = Option<String>, format = DateTime)]
    last_order_to: Option<Time>,
    /// true: people who were merged from several identities.
    merged: Option<bool>,
    /// true: people with an identity conflict.
    conflict: Option<bool>,
    /// People with a tag that runs out up to this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    tag_expires_to: Option<Time>,
    /// created_at, -created_at (when absent), -orders, -amount or -last_order_at.
    sort: Option<String>,
}

impl PeopleQuery {
    /// Errors: `identifier_invalid`, `kind_unknown`.
    pub fn filter(self) -> Result<Filter, Refusal> {
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let identifier = given(self.identifier).map(|text| Identifier::parse(&text)).transpose();
        let has = match given(self.has) {
            Some(name) => Some(Kind::parse(&name).ok_or_else(|| unknown_kind(&name).field("has"))?),
            None => None,
        };
        Ok(Filter {
            identifier: identifier.map_err(|error| wrong_identifier(&error).field("identifier"))?,
            q: given(self.q),
            tag: given(self.tag),
            has,
            store: given(self.store),
            orders_min: self.orders_min,
            orders_max: self.orders_max,
            amount_min: self.amount_min,
            amount_max: self.amount_max,
            created_from: self.created_from,
            created_to: self.created_to,
            last_order_from: self.last_order_from,
            last_order_to: self.last_order_to,
            merged: self.merged == Some(true),
            conflict: self.conflict == Some(true),
            tag_expires_to: self.tag_expires_to,
        })
    }
    /// Errors: `sort_unknown`.
    pub fn sort(&self) -> Result<Sort, Refusal> {
        let Some(name) = self.sort.as_deref().filter(|name| !name.is_empty()) else { return Ok(Sort::default()) };
        Sort::parse(name).ok_or_else(|| {
            Refusal::invalid(
                "sort_unknown",
                "People are sorted by one of: created_at, -created_at, -orders, -amount, -last_order_at.",
                "客户排序可用：created_at、-created_at、-orders、-amount、-last_order_at。",
            )
            .field("sort")
        })
    }
    /// Names of the filters that are set, for the audit: their values may be somebody's phone number.
    pub fn names(&self) -> Vec<&'static str> {
        let set = [
            ("identifier", self.identifier.is_some()),
            ("q", self.q.is_some()),
            ("tag", self.tag.is_some()),
            ("has", self.has.is_some()),
            ("store", self.store.is_some()),
            ("orders", self.orders_min.or(self.orders_max).is_some()),
            ("amount", self.amount_min.or(self.amount_max).is_some()),
            ("created", self.created_from.or(self.created_to).is_some()),
            ("last_order", self.last_order_from.or(self.last_order_to).is_some()),
            ("merged", self.merged == Some(true)),
            ("conflict", self.conflict == Some(true)),
            ("tag_expires_to", self.tag_expires_to.is_some()),
        ];
        set.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect()
    }
}

#[derive(Serialize, ToSchema)]
struct PersonList {
    items: Vec<PersonRow>,
    /// Give it back as `after` to get the following page; null at the end.
    next: Option<String>,
    /// How many fit the filter, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonIn {
    identifiers: Vec<PersonInIdentifier>,
    #[serde(default)]
    #[schema(value_type = Object)]
    traits: Map<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonInIdentifier {
    #[schema(example = "phone")]
    kind: String,
    #[schema(example = "13912345678")]
    value: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    /// null takes a value away.
    #[schema(value_type = Object)]
    traits: Map<String, Value>,
}

/// Lists people.
///
/// 客户列表，可按标识、姓名、标签、门店、订单数、消费额、时间筛选。
///
/// Errors: `identifier_invalid`, `kind_unknown`, `sort_unknown`, `filter_range`, `page_token`.
#[utoipa::path(get, path = "/people", tag = "People", params(PeopleQuery, PagingParams), responses((status = 200, body = PersonList)))]
async fn list(
    may: May<PeopleRead>,
    Query(query): Query<PeopleQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<PersonList>> {
    let (caller, sort) = (may.caller, query.sort()?);
    let everybody = query.names().is_empty() && page.after.is_none();
    let filter = query.filter()?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (scope, ctx) = (&reader.scope, &reader.ctx);
            let found = audience(app).list(tx, &filter, sort, page.after.as_deref(), page.limit, scope, ctx)?;
            let total = match found.total {
                None if everybody && *scope == Scope::All => u64::try_from(app.people.count(tx)?).ok(),
                total => total,
            };
            Ok(PersonList { items: rows(app, tx, &reader, &found.people)?, next: found.next, total })
        })
    });
    answer.await.map(Json)
}

/// Adds a person, or finds who has one of the identifiers.
///
/// 新增客户；若标识已存在，则返回已有客户。
///
/// 201 for a new person, 200 for one that was known. Identifiers of several people merge them by the rules of the workspace.
///
/// Errors: `identifiers_needed`, `identifier_invalid`, `kind_unknown`, `identity_blocked`, `field_name`, `trait_type`, `outside_scope`.
#[utoipa::path(post, path = "/people", tag = "People", request_body = PersonIn, responses((status = 201, body = PersonOut), (status = 200, body = PersonOut)))]
async fn add(may: May<PeopleWrite>, State(app): State<App>, Body(input): Body<PersonIn>) -> Answer<Response> {
    let caller = may.caller;
    let (created, out) = app
        .run(move |app| {
            let incoming = incoming(app, &input.identifiers)?;
            checked_traits(app, &caller, &input.traits)?;
            let (unit_caller, traits) = (caller.clone(), input.traits);
            let (created, root) = write(app, move |app, tx| put(app, tx, &unit_caller, &incoming, &traits))?;
            Ok((created, show(app, &caller, root)?))
        })
        .await?;
    Ok(if created { Created(out).into_response() } else { Json(out).into_response() })
}

/// Shows one person.
///
/// 客户详情。
///
/// An id that was merged away answers with the survivor. Errors: `person_unknown`, `person_erased`.
#[utoipa::path(get, path = "/people/{id}", tag = "People", params(("id" = String, Path, description = "`psn_…`")), responses((status = 200, body = PersonOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<PersonOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (out, opened, recorded) = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let found = reader.find(app, tx, &id)?;
            let (out, opened) = person(app, tx, &reader, found)?;
            Ok((out, opened, reader.recorded))
        })?;
        if opened && recorded {
            note_look(app, &caller, &out.id, "profile")?;
        }
        Ok(out)
    });
    answer.await.map(Json)
}

/// Changes fields of a person.
///
/// 修改客户字段，值为 null 表示清除。
///
/// Errors: `person_unknown`, `field_name`, `trait_type`, `trait_too_long`, `value_masked`.
#[utoipa::path(patch, path = "/people/{id}", tag = "People", params(("id" = String, Path)), request_body = PersonChange, responses((status = 200, body = PersonOut)))]
async fn change(
    may: May<PeopleWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<PersonChange>,
) -> Answer<Json<PersonOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        checked_traits(app, &caller, &input.traits)?;
        let unit_caller = caller.clone();
        let found = write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &unit_caller)?;
            let found = reader.find(app, tx, &id)?;
            set(app, tx, &unit_caller, found.1, &input.traits)?;
            let names: Vec<&String> = input.traits.keys().collect();
            note(app, tx, &unit_caller, "person.change", &app.people.id(found.1), &json!({ "fields": names }))?;
            Ok(found)
        })?;
        show(app, &caller, found)
    });
    answer.await.map(Json)
}

/// The person after a unit that changed it.
pub(crate) fn show(app: &App, caller: &Caller, found: (PersonNum, PersonNum)) -> Result<PersonOut, Refusal> {
    let (out, opened, recorded) = read(app, |tx| {
        let reader = Reader::new(app, tx, caller)?;
        let root = app.people.roots(tx, &[found.1])?[0];
        let (out, opened) = person(app, tx, &reader, (found.0, root))?;
        Ok((out, opened, reader.recorded))
    })?;
    if opened && recorded {
        note_look(app, caller, &out.id, "profile")?;
    }
    Ok(out)
}

fn put(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    incoming: &Incoming,
    traits: &Map<String, Value>,
) -> Result<(bool, (PersonNum, PersonNum)), Refusal> {
    let reader = Reader::new(app, tx, caller)?;
    if reader.scope != Scope::All {
        for hashed in &incoming.identifiers {
            let Some((_, root)) = app.people.by_identifier(tx, hashed.identifier.clone())? else { continue };
            if !audience(app).visible(tx, root, &reader.scope)? {
                return Err(outside_scope());
            }
        }
    }
    let now = app.now();
    let resolved = app.people.resolve(tx, std::slice::from_ref(incoming), &source(caller), now)?.pop().flatten();
    let resolved = resolved.ok_or_else(blocked)?;
    app.intake.recount(tx, &resolved.merges)?;
    set(app, tx, caller, resolved.node, traits)?;
    if traits.is_empty() {
        app.people.note_changed(tx, [resolved.node], &source(caller), now);
    }
    let id = app.people.id(resolved.root);
    let detail = json!({ "new": resolved.created, "identifiers": resolved.attached, "merges": resolved.merges.len() });
    note(app, tx, caller, "person.add", &id, &detail)?;
    Ok((resolved.created, (resolved.root, resolved.root)))
}

fn set(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    num: PersonNum,
    traits: &Map<String, Value>,
) -> Result<(), Refusal> {
    let now = app.now();
    let items: Vec<TraitIn> =
        traits.iter().map(|(name, value)| TraitIn { num, name: name.clone(), value: value.clone(), at: now }).collect();
    if !items.is_empty() {
        app.people.set_traits(tx, &items, &source(caller), now)?;
        app.people.note_changed(tx, [num], &source(caller), now);
    }
    Ok(())
}

fn checked_traits(app: &App, caller: &Caller, traits: &Map<String, Value>) -> Result<(), Refusal> {
    let table = app.people.field_table();
    let blind = !caller.may(siyu_access::Permission::PeopleUnmask);
    for (name, value) in traits {
        app.people.check_trait(name, value)?;
        let sensitive = table.0.get(name).is_some_and(|field| field.sensitive);
        if blind && sensitive && looks_masked(value) {
            let refusal = Refusal::invalid(
                "value_masked",
                format!("The value of {name} is a hidden one with asterisks; leave it out, or give a whole new value."),
                format!("字段 {name} 的值是带星号的隐藏值，请不要提交，或填写完整的新值。"),
            );
            return Err(refusal.field(format!("traits.{name}")));
        }
    }
    Ok(())
}

const IDENTIFIERS_MAX: usize = 50;

fn incoming(app: &App, given: &[PersonInIdentifier]) -> Result<Incoming, Refusal> {
    if !(1..=IDENTIFIERS_MAX).contains(&given.len()) {
        let refusal = Refusal::invalid(
            "identifiers_needed",
            format!("Give 1 to {IDENTIFIERS_MAX} identifiers."),
            format!("请提供 1 到 {IDENTIFIERS_MAX} 个标识。"),
        );
        return Err(refusal.field("identifiers"));
    }
    let mut identifiers = Vec::with_capacity(given.len());
    for (at, one) in given.iter().enumerate() {
        let kind =
            Kind::parse(&one.kind).ok_or_else(|| unknown_kind(&one.kind).field(format!("identifiers[{at}].kind")))?;
        let identifier = Identifier::new(kind, &one.value);
        identifiers
            .push(identifier.map_err(|error| wrong_identifier(&error).field(format!("identifiers[{at}].value")))?);
    }
    let incoming = app.people.prepare(identifiers, app.now());
    if incoming.identifiers.is_empty() { Err(blocked()) } else { Ok(incoming) }
}

pub(crate) fn unknown_kind(name: &str) -> Refusal {
    let name: String = name.chars().take(40).collect();
    Refusal::invalid(
        "kind_unknown",
        format!(
            "There is no identifier kind “{name}”; known are unionid, user_id, member_no, external_userid, openid, phone, email, pos_no, device, anonymous and ext:NAME."
        ),
        format!(
            "没有名为“{name}”的标识类型。可用：unionid、user_id、member_no、external_userid、openid、phone、email、pos_no、device、anonymous、ext:名称。"
        ),
    )
}
pub(crate) fn wrong_identifier(error: &IdentifierError) -> Refusal {
    let zh = match error {
        IdentifierError::Kind(kind) => return unknown_kind(kind),
        IdentifierError::Empty(kind) => format!("标识 {kind} 的值为空。"),
        IdentifierError::Shape { kind } => format!("{kind} 的格式不正确。"),
        IdentifierError::TooLong { kind } => format!("{kind} 超过 256 字节。"),
    };
    Refusal::invalid("identifier_invalid", format!("The identifier is not valid: {error}."), zh)
}
fn blocked() -> Refusal {
    Refusal::invalid(
        "identity_blocked",
        "All of these values are on the list of values that identify nobody.",
        "这些标识值都在屏蔽名单中，不能用来识别客户。",
    )
    .field("identifiers")
}
fn outside_scope() -> Refusal {
    Refusal::forbidden(
        "outside_scope",
        "One of the identifiers belongs to a person outside your stores; ask somebody who sees the whole brand.",
        "其中一个标识属于您负责门店之外的客户，请联系可查看全部客户的同事处理。",
    )
    .field("identifiers")
}
