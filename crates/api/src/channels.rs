//! Channels: entrances into the private domain, their cost, and which of WeCom's states they count.

use crate::channel_out::{ChannelOut, day, shown_day};
use crate::error::Answer;
use crate::gate::{ChannelsWrite, PeopleRead};
use crate::people_reader::{by, note, read, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_channels::{ChannelChange, ChannelIn, ChannelQuery, Channels, CostIn, CostRow, Parts};
use siyu_contacts::Contacts;
use siyu_db::Db;
use siyu_kernel::{Chance, Clock, Currency, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, names, strays, get, change, costs, add_cost, remove_cost)
        .merge(crate::channel_files::router())
}

/// Channels and their codes.
pub fn channels(
    db: &Db,
    vault: &Vault,
    log: &Log,
    people: &People,
    contacts: &Contacts,
    chance: &Arc<Chance>,
    clock: &Arc<dyn Clock>,
) -> Channels {
    Channels::new(Parts {
        db: db.clone(),
        vault: vault.clone(),
        log: log.clone(),
        people: people.clone(),
        contacts: contacts.clone(),
        chance: Arc::clone(chance),
        clock: Arc::clone(clock),
    })
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelParams {
    /// Part of the name or code.
    pub q: Option<String>,
    /// store, elevator, parcel, ad, live, article, kol, partner, guide or other.
    pub kind: Option<String>,
    /// The code of a store.
    pub store: Option<String>,
    /// Those that are archived, too.
    pub archived: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

impl ChannelParams {
    pub fn query(self, after: Option<String>, limit: i64) -> ChannelQuery {
        let archived = self.archived.unwrap_or(false);
        ChannelQuery { text: self.q, kind: self.kind, store: self.store, archived, after, limit }
    }
}

/// Lists channels, in the order of their codes.
///
/// 渠道列表，按编码排序。
#[utoipa::path(get, path = "/channels", tag = "Channels", params(ChannelParams), responses((status = 200, body = Items<ChannelOut>)))]
async fn list(
    _: May<PeopleRead>,
    Query(q): Query<ChannelParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<ChannelOut>>> {
    let query = q.query(page.after, page.limit as i64);
    let rows = app.run(move |app| app.db.read(|tx| app.channels.list(tx, &query))).await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.code.clone());
    Ok(Json(Items::new(rows.into_iter().map(ChannelOut::from).collect(), next)))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelNew {
    /// What events carry as `channel`: 1 to 20 letters, digits, hyphens or underscores. Cannot be changed later.
    code: String,
    name: String,
    kind: String,
    /// Who answers for it.
    #[serde(default)]
    owner: String,
    /// The code of the store where it stands.
    #[serde(default)]
    store: String,
    #[serde(default)]
    note: String,
    /// States of codes made elsewhere that are counted here.
    #[serde(default)]
    states: Vec<String>,
}

/// Makes a channel.
///
/// 新建渠道。
///
/// Errors: `channel_field`, `channel_taken`.
#[utoipa::path(post, path = "/channels", tag = "Channels", request_body = ChannelNew, responses((status = 201, body = ChannelOut)))]
async fn add(
    may: May<ChannelsWrite>,
    State(app): State<App>,
    Body(input): Body<ChannelNew>,
) -> Answer<Created<ChannelOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let ChannelNew { code, name, kind, owner, store, note: remark, states } = input.clone();
            let wanted = ChannelIn { code, name, kind, owner, store, note: remark, states };
            let row = app.channels.create(tx, &wanted, &by(&caller), app.now())?;
            note(app, tx, &caller, "channel.create", &row.id, &json!({ "code": row.code, "name": row.name }))?;
            Ok(ChannelOut::from(row))
        })
    });
    answer.await.map(Created)
}

#[derive(Serialize, ToSchema)]
struct ChannelNames {
    /// What each value of `channel` in events is called, archived channels included.
    names: BTreeMap<String, String>,
}

/// Tells what the values of `channel` in events are called.
///
/// 渠道编码与名称对照。
#[utoipa::path(get, path = "/channels/names", tag = "Channels", responses((status = 200, body = ChannelNames)))]
async fn names(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<ChannelNames>> {
    let names = app.run(|app| app.db.read(|tx| app.channels.names(tx))).await?;
    Ok(Json(ChannelNames { names }))
}

#[derive(Serialize, ToSchema)]
struct ChannelStray {
    state: String,
    /// Relations that began with it.
    relations: i64,
    #[schema(value_type = String, format = DateTime)]
    first_at: Time,
    #[schema(value_type = String, format = DateTime)]
    last_at: Time,
}

/// Lists states that customers came with and no channel counts, the busiest first, at most a hundred.
///
/// 尚未登记的来源参数（客户带来、但不属于任何渠道），按人数排序。
#[utoipa::path(get, path = "/channels/strays", tag = "Channels", responses((status = 200, body = Items<ChannelStray>)))]
async fn strays(_: May<ChannelsWrite>, State(app): State<App>) -> Answer<Json<Items<ChannelStray>>> {
    let rows = app.run(|app| app.db.read(|tx| app.channels.strays(tx))).await?;
    let out = rows.into_iter().map(|row| ChannelStray {
        state: row.state,
        relations: row.relations,
        first_at: row.first_at,
        last_at: row.last_at,
    });
    Ok(Json(Items::all(out.collect())))
}

/// Shows one channel.
///
/// 渠道详情。
///
/// Errors: `channel_unknown`.
#[utoipa::path(get, path = "/channels/{id}", tag = "Channels", params(("id" = String, Path)), responses((status = 200, body = ChannelOut)))]
async fn get(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<ChannelOut>> {
    let row = app.run(move |app| app.db.read(|tx| app.channels.find(tx, &id))).await?;
    Ok(Json(row.into()))
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelPatch {
    name: Option<String>,
    kind: Option<String>,
    owner: Option<String>,
    store: Option<String>,
    note: Option<String>,
    states: Option<Vec<String>>,
    archived: Option<bool>,
    /// As it was read: an edit by somebody else meanwhile is refused.
    version: Option<i64>,
}

/// Changes a channel, archives it or takes it back.
///
/// 修改、归档或恢复渠道。
///
/// Errors: `channel_unknown`, `channel_changed`, `channel_field`, `channel_taken`, `channel_used`.
#[utoipa::path(patch, path = "/channels/{id}", tag = "Channels", params(("id" = String, Path)), request_body = ChannelPatch, responses((status = 200, body = ChannelOut)))]
async fn change(
    may: May<ChannelsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<ChannelPatch>,
) -> Answer<Json<ChannelOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = input.clone();
            let wanted = ChannelChange {
                name: own.name,
                kind: own.kind,
                owner: own.owner,
                store: own.store,
                note: own.note,
                states: own.states,
                archived: own.archived,
                version: own.version,
            };
            let row = app.channels.change(tx, &id, &wanted, app.now())?;
            let detail = json!({ "name": row.name, "archived": row.archived_at.is_some() });
            note(app, tx, &caller, "channel.change", &row.id, &detail)?;
            Ok(ChannelOut::from(row))
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct ChannelCost {
    id: String,
    /// `2026-03-31`, both included.
    from: String,
    to: String,
    /// Minor units.
    amount: i64,
    #[schema(value_type = String)]
    currency: Currency,
    note: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
}

impl From<CostRow> for ChannelCost {
    fn from(row: CostRow) -> Self {
        let CostIn { from_day, to_day, amount, currency, note } = row.cost;
        let (from, to) = (shown_day(from_day), shown_day(to_day));
        Self { id: row.id, from, to, amount, currency, note, created_at: row.created_at, created_by: row.created_by }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelCostIn {
    #[schema(example = "2026-03-01")]
    from: String,
    to: String,
    /// Minor units.
    amount: i64,
    /// The workspace's when absent.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    #[serde(default)]
    note: String,
}

/// Lists what a channel costs, the newest period first.
///
/// 渠道成本记录。
///
/// Errors: `channel_unknown`.
#[utoipa::path(get, path = "/channels/{id}/costs", tag = "Channels", params(("id" = String, Path)), responses((status = 200, body = Items<ChannelCost>)))]
async fn costs(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<Items<ChannelCost>>> {
    let rows = app.run(move |app| {
        read(app, |tx| {
            app.channels.find(tx, &id)?;
            app.channels.costs(tx, &id)
        })
    });
    Ok(Json(Items::all(rows.await?.into_iter().map(ChannelCost::from).collect())))
}

/// Adds a cost: an amount for a period of days. A number of a span takes of it the share of its days that lie in the span.
///
/// 登记渠道成本（金额与起止日期）；统计某段时间时按天数分摊。
///
/// Errors: `channel_unknown`, `channel_cost`.
#[utoipa::path(post, path = "/channels/{id}/costs", tag = "Channels", params(("id" = String, Path)), request_body = ChannelCostIn, responses((status = 201, body = ChannelCost)))]
async fn add_cost(
    may: May<ChannelsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<ChannelCostIn>,
) -> Answer<Created<ChannelCost>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let currency = match input.currency {
                Some(currency) => currency,
                None => Currency::parse(&Workspace::load(tx)?.currency).map_err(Refusal::internal)?,
            };
            let cost = CostIn {
                from_day: day(&input.from, "from")?,
                to_day: day(&input.to, "to")?,
                amount: input.amount,
                currency,
                note: input.note.clone(),
            };
            let row = app.channels.add_cost(tx, &id, &cost, &by(&caller), app.now())?;
            note(app, tx, &caller, "channel.cost_add", &id, &json!({ "cost": row.id, "amount": row.cost.amount }))?;
            Ok(ChannelCost::from(row))
        })
    });
    answer.await.map(Created)
}

/// Takes a cost away.
///
/// 删除成本记录。
///
/// Errors: `channel_cost_unknown`.
#[utoipa::path(delete, path = "/channels/{id}/costs/{cost}", tag = "Channels", params(("id" = String, Path), ("cost" = String, Path)), responses((status = 204)))]
async fn remove_cost(
    may: May<ChannelsWrite>,
    At((id, cost)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.channels.remove_cost(tx, &id, &cost)?;
            note(app, tx, &caller, "channel.cost_remove", &id, &json!({ "cost": cost }))
        })
    });
    done.await?;
    Ok(NoContent)
}
