//! Which identities are one person and why: merges, their preview and their undoing.

use crate::error::Answer;
use crate::gate::{PeopleMerge, PeopleRead};
use crate::people::show;
use crate::people_out::{PersonEventCount, PersonIdentifier, PersonOut, TagRef, identifier, traits};
use crate::people_reader::{Reader, by, note, read, reason, write};
use crate::people_sides::{self, SideOrders};
use crate::{App, At, Body, Endpoints, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use siyu_access::Locale;
use siyu_db::Tx;
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_people::{Conflict, Edge, IdentifierRow, Profile};
use std::collections::HashMap;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(identity, preview, undo, merge)
}

#[derive(Serialize, ToSchema)]
struct IdentityOut {
    /// Every identity of this person, the surviving one first.
    people: Vec<IdentityPerson>,
    /// Newest first, undone ones included.
    merges: Vec<MergeOut>,
    conflicts: Vec<ConflictOut>,
    /// Pairs declared to be different people.
    splits: Vec<SplitOut>,
}

#[derive(Serialize, ToSchema)]
struct IdentityPerson {
    id: String,
    /// True for the one whose id the person has.
    kept: bool,
    /// Its strongest kind of identifier.
    strongest: Option<String>,
    identifiers: Vec<PersonIdentifier>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    events: i64,
    orders: i64,
}

#[derive(Serialize, ToSchema)]
struct MergeOut {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    kept_id: String,
    merged_id: String,
    /// The identifier that proved it; null for a merge by hand.
    reason: Option<MergeReason>,
    source: String,
    by: String,
    #[schema(value_type = crate::words::MergeStateName)]
    state: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    undone_at: Option<Time>,
    undone_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MergeReason {
    kind: String,
    /// Empty when nobody has it any more.
    value: String,
}

#[derive(Serialize, ToSchema)]
struct ConflictOut {
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    code: String,
    kinds: Vec<String>,
    message: String,
}

#[derive(Serialize, ToSchema)]
struct SplitOut {
    a_id: String,
    b_id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    by: String,
}

#[derive(Serialize, ToSchema)]
struct MergePreview {
    left: MergeSide,
    right: MergeSide,
}

#[derive(Serialize, ToSchema)]
struct MergeSide {
    id: String,
    identifiers: Vec<PersonIdentifier>,
    #[schema(value_type = Object)]
    traits: Map<String, Value>,
    tags: Vec<TagRef>,
    orders: SideOrders,
    events: PersonEventCount,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UndoIn {
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct UndoOut {
    left_id: String,
    right_id: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeIn {
    other_id: String,
    reason: String,
}

/// Shows which identities are this person, and why.
///
/// 客户的身份构成：合并记录、冲突与拆分声明。
#[utoipa::path(get, path = "/people/{id}/identity", tag = "People", params(("id" = String, Path)), responses((status = 200, body = IdentityOut)))]
async fn identity(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<IdentityOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let profile = app.people.profile(tx, root)?;
            // The page is as open as a list: the profile itself is where hidden values are read.
            let full = reader.full_lists;
            let reasons = reasons(app, &profile, full);
            let edges = app.people.edges(tx, &profile.nodes)?;
            let conflicts = app.people.conflicts(tx, &profile.nodes)?;
            let splits = app.people.splits(tx, &profile.nodes)?.into_iter().map(|(a, b, at, by)| SplitOut {
                a_id: app.people.id(a),
                b_id: app.people.id(b),
                at,
                by,
            });
            Ok(IdentityOut {
                people: identities(app, tx, &profile, full)?,
                merges: edges.into_iter().map(|edge| merge_out(app, &reasons, edge)).collect(),
                conflicts: conflicts.into_iter().map(|conflict| conflict_out(conflict, caller.locale)).collect(),
                splits: splits.collect(),
            })
        })
    });
    answer.await.map(Json)
}

fn identities(app: &App, tx: &mut Tx<'_>, profile: &Profile, full: bool) -> Result<Vec<IdentityPerson>, Refusal> {
    let facts = people_sides::facts(tx, &profile.nodes)?;
    let mut nodes = profile.nodes.clone();
    nodes.sort_by_key(|node| (*node != profile.root, *node));
    let mut out = Vec::with_capacity(nodes.len());
    for node in nodes {
        let own: Vec<&IdentifierRow> = profile.identifiers.iter().filter(|row| row.num == node).collect();
        let (created_at, orders) = facts.get(&node).copied().unwrap_or((profile.created_at, 0));
        out.push(IdentityPerson {
            id: app.people.id(node),
            kept: node == profile.root,
            strongest: own.first().map(|row| row.kind.clone()),
            identifiers: own.into_iter().map(|row| identifier(row, full)).collect(),
            created_at,
            events: app.log.summary(tx, &[node])?.events,
            orders,
        });
    }
    Ok(out)
}

/// The identifiers a merge may be named after, by digest.
fn reasons(app: &App, profile: &Profile, full: bool) -> HashMap<Vec<u8>, String> {
    let known = profile.identifiers.iter().filter_map(|row| {
        let same = Identifier { kind: Kind::parse(&row.kind)?, value: row.value.clone() };
        Some((app.people.hashed(same).hash.to_vec(), identifier(row, full).value))
    });
    known.collect()
}

fn merge_out(app: &App, reasons: &HashMap<Vec<u8>, String>, edge: Edge) -> MergeOut {
    let value = edge.reason_hash.as_ref().and_then(|hash| reasons.get(hash)).cloned().unwrap_or_default();
    let reason = (edge.reason_kind != "manual").then_some(MergeReason { kind: edge.reason_kind, value });
    MergeOut {
        id: edge.id.to_string(),
        at: edge.at,
        kept_id: app.people.id(edge.kept),
        merged_id: app.people.id(edge.lost),
        reason,
        source: edge.source,
        by: edge.by,
        state: if edge.undone_at.is_some() { "undone" } else { "active" },
        undone_at: edge.undone_at,
        undone_by: edge.undone_by,
    }
}

fn conflict_out(conflict: Conflict, locale: Locale) -> ConflictOut {
    let Conflict { code, kind, at, times, .. } = conflict;
    let (zh, en) = match code.as_str() {
        "limit_reached" => (
            format!("{kind} 的数量已达上限，未关联或未合并（{times} 次）。"),
            format!("Not attached or not followed: this person has as many {kind} as the rules allow ({times} times)."),
        ),
        "shared_device" => (
            format!("该 {kind} 被多位客户使用，未据此关联（{times} 次）。"),
            format!("This {kind} is used by several people, so it was not followed ({times} times)."),
        ),
        "declared_different" => (
            format!("{kind} 指向已声明为不同的客户，未合并（{times} 次）。"),
            format!("A {kind} leads to somebody who was declared a different person; not merged ({times} times)."),
        ),
        _ => (format!("{kind} 未被采用（{times} 次）。"), format!("A {kind} was not followed ({times} times).")),
    };
    ConflictOut { at, code, kinds: vec![kind], message: if locale == Locale::Zh { zh } else { en } }
}

/// Shows the two people that undoing a merge would leave. Nothing is changed.
///
/// 预览撤销合并后的两位客户，不做任何修改。
///
/// Errors: `merge_unknown`, `already_undone`.
#[utoipa::path(get, path = "/people/{id}/merges/{merge}/preview", tag = "People", params(("id" = String, Path), ("merge" = String, Path)), responses((status = 200, body = MergePreview)))]
async fn preview(
    may: May<PeopleMerge>,
    At((id, merge)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<Json<MergePreview>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let edge = edge_of(app, tx, root, &merge)?;
            let split = app.people.preview_split(tx, edge)?;
            let profile = app.people.profile(tx, root)?;
            Ok(MergePreview {
                left: side(app, tx, &reader, &profile, split.left, &split.left_nodes)?,
                right: side(app, tx, &reader, &profile, split.right, &split.right_nodes)?,
            })
        })
    });
    answer.await.map(Json)
}

fn side(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    profile: &Profile,
    root: PersonNum,
    nodes: &[PersonNum],
) -> Result<MergeSide, Refusal> {
    let own = profile.identifiers.iter().filter(|row| nodes.contains(&row.num));
    let held = people_sides::traits(app, tx, root, nodes)?;
    Ok(MergeSide {
        id: app.people.id(root),
        identifiers: own.map(|row| identifier(row, reader.full_lists)).collect(),
        traits: traits(&held, reader.full_lists),
        tags: people_sides::tags(tx, nodes, reader.ctx.now)?,
        orders: people_sides::orders(tx, nodes, reader.ctx.currency)?,
        events: PersonEventCount { count: app.log.summary(tx, nodes)?.events },
    })
}

/// Undoes a merge: what each side brought returns to it, and no rule merges the two again.
///
/// 撤销合并：双方各自的数据还原，且不会再被规则自动合并。
///
/// Errors: `merge_unknown`, `already_undone`, `reason_needed`.
#[utoipa::path(post, path = "/people/{id}/merges/{merge}/undo", tag = "People", params(("id" = String, Path), ("merge" = String, Path)), request_body = UndoIn, responses((status = 200, body = UndoOut)))]
async fn undo(
    may: May<PeopleMerge>,
    At((id, merge)): At<(String, String)>,
    State(app): State<App>,
    Body(input): Body<UndoIn>,
) -> Answer<Json<UndoOut>> {
    let caller = may.caller;
    let why = reason(&input.reason)?;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let edge = edge_of(app, tx, root, &merge)?;
            let split = app.people.split(tx, edge, &by(&caller), &why, app.now())?;
            let sides = [(split.left, split.left_nodes), (split.right, split.right_nodes)];
            siyu_commerce::recount_all(tx, &sides)?;
            app.leads.parted(tx, &[&sides[0].1, &sides[1].1], &by(&caller), app.now())?;
            let (left_id, right_id) = (app.people.id(split.left), app.people.id(split.right));
            let detail = json!({ "merge": merge, "left": left_id, "right": right_id, "reason": why });
            note(app, tx, &caller, "person.unmerge", &app.people.id(root), &detail)?;
            Ok(UndoOut { left_id, right_id })
        })
    });
    answer.await.map(Json)
}

/// The number of a merge this person took part in.
fn edge_of(app: &App, tx: &mut Tx<'_>, root: PersonNum, merge: &str) -> Result<i64, Refusal> {
    let unknown = || Refusal::not_found("merge_unknown", "There is no such merge.", "没有找到该合并记录。");
    let number: i64 = merge.parse().map_err(|_| unknown())?;
    let edge = app.people.edge(tx, number)?;
    let roots = app.people.roots(tx, &[edge.node_a, edge.node_b])?;
    if roots.contains(&root) { Ok(number) } else { Err(unknown()) }
}

/// Merges two people by hand.
///
/// 手动合并两位客户。
///
/// Errors: `person_unknown` (field `other_id` when it is the other one), `already_one`, `reason_needed`.
#[utoipa::path(post, path = "/people/{id}/merge", tag = "People", params(("id" = String, Path)), request_body = MergeIn, responses((status = 200, body = PersonOut)))]
async fn merge(
    may: May<PeopleMerge>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<MergeIn>,
) -> Answer<Json<PersonOut>> {
    let caller = may.caller;
    let why = reason(&input.reason)?;
    let answer = app.run(move |app| {
        let unit_caller = caller.clone();
        let found = write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &unit_caller)?;
            let (asked, root) = reader.find(app, tx, &id)?;
            let (_, other) = reader.find(app, tx, &input.other_id).map_err(|refusal| refusal.field("other_id"))?;
            let merged = app.people.merge(tx, root, other, &by(&unit_caller), app.now())?;
            app.intake.recount(tx, std::slice::from_ref(&merged))?;
            let kept = app.people.id(merged.kept);
            let detail = json!({ "merge": merged.edge.to_string(), "kept": kept, "merged": app.people.id(merged.lost), "reason": why });
            note(app, tx, &unit_caller, "person.merge", &kept, &detail)?;
            Ok((asked, merged.kept))
        })?;
        show(app, &caller, found)
    });
    answer.await.map(Json)
}
