//! Leads as they are seen: lists, one with its history, its phone.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{PeopleRead, PeopleUnmask};
use crate::people_reader::{Reader, note_look, read, sees};
use crate::{App, At, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_audience::Scope;
use siyu_db::{Tx, params};
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_leads::{Face, Lead, LeadQuery, MoveRow, Sight, View};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, counts, one, moves, phone)
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LeadParams {
    /// `pool` (held by nobody), `held` (the most urgent first), `ended`, or all when absent.
    view: Option<String>,
    /// `new`, `recycled`, `claimed`, `contacted`, `added`, `won`, `lost` or `merged`.
    state: Option<String>,
    /// `import`, `manual`, `audience`, `lost`, `idle`, `group` or `shop`.
    source: Option<String>,
    /// A channel's code.
    channel: Option<String>,
    /// A store's code; empty: the brand's own pool.
    store: Option<String>,
    /// Userid of who holds or has won it.
    staff: Option<String>,
    /// Part of a name, or a whole phone number.
    q: Option<String>,
}

impl LeadParams {
    pub(crate) fn query(&self, after: Option<String>, limit: i64) -> Result<LeadQuery, Refusal> {
        let view = match self.view.as_deref().unwrap_or_default() {
            "" => View::All,
            "pool" => View::Pool,
            "held" => View::Held,
            "ended" => View::Ended,
            _ => return Err(siyu_leads::unknown_word("view", &["pool", "held", "ended"])),
        };
        Ok(LeadQuery {
            view,
            state: self.state.clone(),
            source: self.source.clone(),
            channel: self.channel.clone(),
            store: self.store.clone(),
            staff: self.staff.clone(),
            text: self.q.clone(),
            after,
            limit,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LeadOut {
    pub id: String,
    /// Only of people the reader may see.
    pub person: Option<String>,
    pub name: String,
    /// Masked.
    pub phone: Option<String>,
    /// `import`, `manual`, `audience`, `lost`, `idle`, `group` or `shop`.
    pub source: String,
    /// A channel's code.
    pub channel: String,
    /// Whose pool it is; empty: the brand's.
    pub store: String,
    pub store_name: String,
    /// `new`, `recycled`, `claimed`, `contacted`, `added`, `won`, `lost` or `merged`.
    pub state: &'static str,
    /// Why it stands there.
    pub reason: String,
    /// Who holds it, or has won it.
    pub staff: String,
    pub staff_name: String,
    pub note: String,
    /// How often it went back to the pool.
    pub round: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub moved_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub taken_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub contacted_at: Option<Time>,
    /// When it goes back to the pool unless something happens.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LeadMove {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// `created`, `claimed`, `contacted`, `added`, `won`, `lost`, `recycled`, `merged` or `noted`.
    what: String,
    state: String,
    staff: String,
    staff_name: String,
    from: String,
    from_name: String,
    /// `claim`, `assign`, `rule`, `release`, `put` or `clock`; empty otherwise.
    how: String,
    reason: String,
    note: String,
    by: String,
}

impl From<MoveRow> for LeadMove {
    fn from(own: MoveRow) -> Self {
        Self {
            id: own.id.to_string(),
            at: own.at,
            what: own.what,
            state: own.state,
            staff: own.userid,
            staff_name: own.staff_name,
            from: own.from_userid,
            from_name: own.from_name,
            how: own.how,
            reason: own.reason,
            note: own.note,
            by: own.by,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct LeadCount {
    state: String,
    leads: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LeadPhone {
    /// In full; null when none is known.
    pub phone: Option<String>,
}

/// Whose leads a reader sees.
pub(crate) fn sight(tx: &mut Tx<'_>, reader: &Reader) -> Result<Sight, Refusal> {
    Ok(match &reader.scope {
        Scope::All => Sight::Everything,
        Scope::Stores(codes) => Sight::Stores(codes.clone()),
        Scope::Staff { key, .. } => {
            let store = tx.opt("SELECT store FROM wecom_staff WHERE key = $1", params![key], |row| row.text(0))?;
            Sight::Own { staff: key.clone(), store: store.unwrap_or_default() }
        }
    })
}

pub(crate) fn masked_phone(phone: &str) -> String {
    Identifier::new(Kind::Phone, phone).map_or_else(|_| "****".to_owned(), |own| own.masked())
}

/// Leads with names of today; phones masked unless `full`.
pub(crate) fn shown(
    app: &App,
    tx: &mut Tx<'_>,
    leads: Vec<Lead>,
    full: bool,
    mut person: impl FnMut(&mut Tx<'_>, PersonNum) -> Result<bool, Refusal>,
) -> Result<Vec<LeadOut>, Refusal> {
    let faces = app.leads.faces(tx, &leads)?;
    let codes: Vec<String> = leads.iter().map(|own| own.store.clone()).filter(|own| !own.is_empty()).collect();
    let sql = format!("SELECT code, name FROM store WHERE {}", tx.any("code", 1));
    let stores: BTreeMap<String, String> =
        tx.query(&sql, params![&codes], |row| Ok((row.text(0)?, row.text(1)?)))?.into_iter().collect();
    let mut out = Vec::with_capacity(leads.len());
    for (own, Face { name, phone }) in leads.into_iter().zip(faces) {
        let person = if person(tx, own.num)? { Some(app.people.id(own.num)) } else { None };
        out.push(LeadOut {
            person,
            name,
            phone: phone.map(|phone| if full { phone } else { masked_phone(&phone) }),
            store_name: stores.get(&own.store).cloned().unwrap_or_default(),
            id: own.id,
            source: own.source,
            channel: own.channel,
            store: own.store,
            state: own.state.name(),
            reason: own.reason,
            staff: own.userid,
            staff_name: own.staff_name,
            note: own.note,
            round: own.round,
            created_at: own.created_at,
            created_by: own.created_by,
            moved_at: own.moved_at,
            taken_at: own.taken_at,
            contacted_at: own.contacted_at,
            due_at: own.due_at,
            ended_at: own.ended_at,
        });
    }
    Ok(out)
}

pub(crate) fn shown_to(app: &App, tx: &mut Tx<'_>, reader: &Reader, leads: Vec<Lead>) -> Result<Vec<LeadOut>, Refusal> {
    shown(app, tx, leads, reader.full_lists, |tx, num| sees(app, tx, reader, num))
}

/// Lists leads: held ones by the time they go back, others the last moved first.
///
/// 线索列表：跟进中的按回收时间排序，其余最近变动的在前。
///
/// Readers of some stores see the pools of these stores and the brand's, and what the stores' staff hold; guides what they hold. Errors: `lead_word`, `page_token`.
#[utoipa::path(get, path = "/leads", tag = "Leads", params(LeadParams, PagingParams), responses((status = 200, body = Items<LeadOut>)))]
async fn list(
    may: May<PeopleRead>,
    Query(q): Query<LeadParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<LeadOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let query = q.query(page.after.clone(), page.limit as i64 + 1)?;
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let sight = sight(tx, &reader)?;
            let mut rows = app.leads.list(tx, &sight, &query)?;
            let more = rows.len() > page.limit;
            rows.truncate(page.limit);
            let next = rows.last().filter(|_| more).map(|row| row.token.clone());
            Ok(Items::new(shown_to(app, tx, &reader, rows)?, next))
        })
    });
    answer.await.map(Json)
}

/// Counts leads by state.
///
/// 各状态的线索数。
#[utoipa::path(get, path = "/leads/counts", tag = "Leads", responses((status = 200, body = Items<LeadCount>)))]
async fn counts(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<LeadCount>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let sight = sight(tx, &reader)?;
            let rows = app.leads.counts(tx, &sight)?;
            Ok(Items::all(rows.into_iter().map(|(state, leads)| LeadCount { state, leads }).collect()))
        })
    });
    answer.await.map(Json)
}

/// Shows one lead.
///
/// 线索详情。
///
/// Errors: `lead_unknown`.
#[utoipa::path(get, path = "/leads/{id}", tag = "Leads", params(("id" = String, Path)), responses((status = 200, body = LeadOut)))]
async fn one(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<LeadOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let sight = sight(tx, &reader)?;
            let lead = app.leads.seen(tx, &sight, &id)?;
            Ok(shown_to(app, tx, &reader, vec![lead])?.remove(0))
        })
    });
    answer.await.map(Json)
}

/// Lists everything that happened to a lead, the newest first, each with its reason.
///
/// 线索的全部流转记录及原因，新的在前。
///
/// Errors: `lead_unknown`.
#[utoipa::path(get, path = "/leads/{id}/moves", tag = "Leads", params(("id" = String, Path)), responses((status = 200, body = Items<LeadMove>)))]
async fn moves(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<Items<LeadMove>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let sight = sight(tx, &reader)?;
            let lead = app.leads.seen(tx, &sight, &id)?;
            Ok(Items::all(app.leads.moves(tx, &lead.id)?.into_iter().map(LeadMove::from).collect()))
        })
    });
    answer.await.map(Json)
}

/// Shows a lead's phone in full. Who looked is recorded.
///
/// 查看线索的完整手机号，查看会被记录。
///
/// Errors: `lead_unknown`.
#[utoipa::path(post, path = "/leads/{id}/phone", tag = "Leads", params(("id" = String, Path)), responses((status = 200, body = LeadPhone)))]
async fn phone(may: May<PeopleUnmask>, At(id): At<String>, State(app): State<App>) -> Answer<Json<LeadPhone>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (lead, face) = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let sight = sight(tx, &reader)?;
            let lead = app.leads.seen(tx, &sight, &id)?;
            let face = app.leads.faces(tx, std::slice::from_ref(&lead))?.remove(0);
            Ok((lead, face))
        })?;
        note_look(app, &caller, &app.people.id(lead.num), "lead")?;
        Ok(LeadPhone { phone: face.phone })
    });
    answer.await.map(Json)
}
