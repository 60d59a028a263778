//! Leads on the guide's phone: the pool, my leads, what I did.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::guide_seat::Staff;
use crate::guide_shapes::unit;
use crate::lead_moves::{LeadContact, LeadNote, LeadReason};
use crate::leads::{LeadMove, LeadOut, LeadPhone, shown};
use crate::people_reader::{by, note, read};
use crate::{App, At, Body, Endpoints, Items, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::Permission;
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use siyu_leads::{Contact, Lead, LeadQuery, Sight, View, Who, room};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, room_left, one, claim, contact, release, give_up, win, remark, phone)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideLeadQuery {
    /// `pool` (the brand's and the store's), `mine` (held by the caller, the most urgent first; when absent), or `ended`.
    view: Option<String>,
    /// Part of a name, or a whole phone number.
    q: Option<String>,
}

/// A lead with its history.
#[derive(Serialize, ToSchema)]
struct GuideLead {
    lead: LeadOut,
    /// WeCom's customer, once the lead is the caller's friend.
    external_userid: Option<String>,
    moves: Vec<LeadMove>,
}

#[derive(Serialize, ToSchema)]
struct GuideLeadRoom {
    /// Whether leads may be claimed at all.
    claim: bool,
    held: i64,
    today: i64,
    /// 0: any number.
    held_max: i64,
    daily_max: i64,
    /// How many more may be taken today; null: any number.
    left: Option<i64>,
}

fn who(me: &Staff) -> Who {
    let sight = Sight::Own { staff: me.seat.key.clone(), store: me.seat.store.clone().unwrap_or_default() };
    Who { sight, staff: Some(me.seat.key.clone()), name: by(&me.caller) }
}

fn out(app: &App, tx: &mut Tx<'_>, leads: Vec<Lead>) -> Result<Vec<LeadOut>, Refusal> {
    // Whoever holds a lead sees its person through the lead only.
    shown(app, tx, leads, false, |_, _| Ok(false))
}

/// Lists leads: those to be claimed, those the caller holds, or those the caller has ended.
///
/// 线索：公海、我的线索、已结束。
///
/// Errors: `lead_word`, `page_token`.
#[utoipa::path(get, path = "/guide/leads", tag = "Guide", params(GuideLeadQuery, PagingParams), responses((status = 200, body = Items<LeadOut>)))]
async fn list(
    me: Staff,
    Query(query): Query<GuideLeadQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<LeadOut>>> {
    let answer = app.run(move |app| {
        let (view, staff) = match query.view.as_deref().unwrap_or("mine") {
            "pool" => (View::Pool, None),
            "mine" => (View::Held, Some(me.seat.userid.clone())),
            "ended" => (View::Ended, Some(me.seat.userid.clone())),
            _ => return Err(siyu_leads::unknown_word("view", &["pool", "mine", "ended"])),
        };
        let asked = LeadQuery {
            view,
            staff,
            text: query.q.clone(),
            after: page.after.clone(),
            limit: page.limit as i64 + 1,
            ..LeadQuery::default()
        };
        read(app, |tx| {
            let mut rows = app.leads.list(tx, &who(&me).sight, &asked)?;
            let more = rows.len() > page.limit;
            rows.truncate(page.limit);
            let next = rows.last().filter(|_| more).map(|row| row.token.clone());
            Ok(Items::new(out(app, tx, rows)?, next))
        })
    });
    answer.await.map(Json)
}

/// Says how many leads the caller holds and may still take.
///
/// 我的领取额度。
#[utoipa::path(get, path = "/guide/leads/room", tag = "Guide", responses((status = 200, body = GuideLeadRoom)))]
async fn room_left(me: Staff, State(app): State<App>) -> Answer<Json<GuideLeadRoom>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let (settings, held) = (app.leads.settings(tx)?, app.leads.held(tx, &me.seat.key, app.now())?);
            let left = room(held, &settings);
            Ok(GuideLeadRoom {
                claim: settings.claim,
                held: held.now,
                today: held.today,
                held_max: settings.held_max,
                daily_max: settings.daily_max,
                left: (left < i64::MAX).then_some(left),
            })
        })
    });
    answer.await.map(Json)
}

/// Shows a lead of the pool or of the caller's own, with its history.
///
/// 线索详情与流转记录。
///
/// Errors: `lead_unknown`.
#[utoipa::path(get, path = "/guide/leads/{id}", tag = "Guide", params(("id" = String, Path)), responses((status = 200, body = GuideLead)))]
async fn one(me: Staff, At(id): At<String>, State(app): State<App>) -> Answer<Json<GuideLead>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let lead = app.leads.seen(tx, &who(&me).sight, &id)?;
            let moves = app.leads.moves(tx, &lead.id)?;
            let nodes: Vec<i64> = app.people.nodes(tx, lead.root)?.into_iter().map(i64::from).collect();
            let sql = format!(
                "SELECT f.contact FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id WHERE {} AND f.staff = $2 AND f.status = 0 ORDER BY f.contact",
                tx.any("c.num", 1)
            );
            let external_userid = tx.opt(&sql, siyu_db::params![&nodes, &me.seat.key], |row| row.text(0))?;
            let lead = out(app, tx, vec![lead])?.remove(0);
            Ok(GuideLead { lead, external_userid, moves: moves.into_iter().map(LeadMove::from).collect() })
        })
    });
    answer.await.map(Json)
}

/// A change of a lead by the caller.
async fn change(
    app: App,
    me: Staff,
    id: String,
    work: impl Fn(&App, &mut Tx<'_>, &Who, &str, Time) -> Result<Lead, Refusal> + Send + 'static,
) -> Answer<Json<LeadOut>> {
    let answer = app.run(move |app| {
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            let lead = work(app, tx, &who(me), &id, app.now())?;
            Ok(out(app, tx, vec![lead])?.remove(0))
        })
    });
    answer.await.map(Json)
}

/// Claims a lead of the pool.
///
/// 领取线索。
///
/// Errors: `lead_claim_off`, `lead_staff`, `lead_unknown`, `lead_taken`, `lead_again`, `lead_daily_full`, `lead_held_full`.
#[utoipa::path(post, path = "/guide/leads/{id}/claim", tag = "Guide", params(("id" = String, Path)), responses((status = 200, body = LeadOut)))]
async fn claim(me: Staff, At(id): At<String>, State(app): State<App>) -> Answer<Json<LeadOut>> {
    change(app, me, id, |app, tx, who, id, now| app.leads.claim(tx, who, id, now)).await
}

/// Writes down that the person was approached, and what came of it.
///
/// 记录一次联系及结果。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_word`, `lead_text`.
#[utoipa::path(post, path = "/guide/leads/{id}/contact", tag = "Guide", params(("id" = String, Path)), request_body = LeadContact, responses((status = 200, body = LeadOut)))]
async fn contact(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadContact>,
) -> Answer<Json<LeadOut>> {
    let contact = Contact::from(input);
    change(app, me, id, move |app, tx, who, id, now| app.leads.contact(tx, who, id, &contact, now)).await
}

/// Gives a lead back to the pool.
///
/// 退回公海，须填写原因。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_reason`.
#[utoipa::path(post, path = "/guide/leads/{id}/release", tag = "Guide", params(("id" = String, Path)), request_body = LeadReason, responses((status = 200, body = LeadOut)))]
async fn release(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadReason>,
) -> Answer<Json<LeadOut>> {
    change(app, me, id, move |app, tx, who, id, now| app.leads.release(tx, who, id, &input.reason, now)).await
}

/// Gives a lead up, with the reason.
///
/// 放弃线索，须填写原因。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_reason`.
#[utoipa::path(post, path = "/guide/leads/{id}/lose", tag = "Guide", params(("id" = String, Path)), request_body = LeadReason, responses((status = 200, body = LeadOut)))]
async fn give_up(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadReason>,
) -> Answer<Json<LeadOut>> {
    change(app, me, id, move |app, tx, who, id, now| app.leads.give_up(tx, who, id, &input.reason, now)).await
}

/// Marks a lead as won without an order that is known here.
///
/// 标记成交。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_text`.
#[utoipa::path(post, path = "/guide/leads/{id}/win", tag = "Guide", params(("id" = String, Path)), request_body = LeadNote, responses((status = 200, body = LeadOut)))]
async fn win(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadNote>,
) -> Answer<Json<LeadOut>> {
    change(app, me, id, move |app, tx, who, id, now| app.leads.win(tx, who, id, &input.note, now)).await
}

/// Writes a note into a lead's history.
///
/// 为线索写备注。
///
/// Errors: `lead_unknown`, `lead_text`.
#[utoipa::path(post, path = "/guide/leads/{id}/notes", tag = "Guide", params(("id" = String, Path)), request_body = LeadNote, responses((status = 200, body = LeadOut)))]
async fn remark(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadNote>,
) -> Answer<Json<LeadOut>> {
    change(app, me, id, move |app, tx, who, id, now| app.leads.remark(tx, who, id, &input.note, now)).await
}

/// Shows the phone of a lead the caller holds, in full, so that it can be called. Who looked is recorded.
///
/// 查看我的线索的完整手机号，查看会被记录。
///
/// Errors: `lead_unknown`, `lead_not_held`.
#[utoipa::path(post, path = "/guide/leads/{id}/phone", tag = "Guide", params(("id" = String, Path)), responses((status = 200, body = LeadPhone)))]
async fn phone(me: Staff, At(id): At<String>, State(app): State<App>) -> Answer<Json<LeadPhone>> {
    let answer = app.run(move |app| {
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            let lead = app.leads.seen(tx, &who(me).sight, &id)?;
            if !lead.state.held() || lead.staff != me.seat.key {
                return Err(siyu_leads::not_yours());
            }
            let face = app.leads.faces(tx, std::slice::from_ref(&lead))?.remove(0);
            note(app, tx, &me.caller, "person.unmask", &app.people.id(lead.num), &json!({ "where": "lead" }))?;
            Ok(LeadPhone { phone: face.phone })
        })
    });
    answer.await.map(Json)
}
