//! WeCom: the connection and its full syncs.

use crate::error::Answer;
use crate::gate::{PeopleRead, SettingsWrite};
use crate::people_reader::{note, write};
use crate::{App, At, Body, Endpoints, Items, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_channels::Arrivals as Entrances;
use siyu_contacts::{Added, Around, Arrival, ConnectionIn, Contacts, Entrance, Home, Parts, Shown, SyncRow};
use siyu_db::{Db, Tx};
use siyu_intake::{Intake, Pool, PoolRow};
use siyu_kernel::{Chance, Clock, PersonNum, Refusal, Time, Vault};
use siyu_leads::{Leads, Put, PutIn};
use siyu_log::Log;
use siyu_people::{Merged, People};
use siyu_reach::Arrivals;
use siyu_wecom::Wait;
use std::sync::Arc;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(get, change, test, forget, status, doctor, start, syncs, sync, cancel)
}

/// What follows from WeCom for orders, stores, channels, welcomes and leads.
struct Books {
    intake: Intake,
    arrivals: Arrivals,
    entrances: Entrances,
    leads: Leads,
}

impl Around for Books {
    fn merged(&self, tx: &mut Tx<'_>, merges: &[Merged]) -> Result<(), Refusal> {
        self.intake.recount(tx, merges)?;
        let roots: Vec<PersonNum> = merges.iter().map(|own| own.kept).collect();
        self.leads.merged(tx, &roots)
    }
    fn store_named(&self, tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, Refusal> {
        self.leads.store_named(tx, name)
    }
    fn arrived(&self, tx: &mut Tx<'_>, arrivals: &[Arrival]) -> Result<(), Refusal> {
        self.arrivals.note(tx, arrivals)
    }
    fn entrances(&self, tx: &mut Tx<'_>, states: &[String]) -> Result<FxHashMap<String, Entrance>, Refusal> {
        self.entrances.entrances(tx, states)
    }
    fn added(&self, contacts: &Contacts, tx: &mut Tx<'_>, adds: &[Added], now: Time) -> Result<(), Refusal> {
        self.entrances.added(contacts, tx, adds, now)?;
        self.leads.added(tx, adds, now)
    }
    fn home(&self, tx: &mut Tx<'_>) -> Result<Home, Refusal> {
        let own = crate::Workspace::load(tx)?;
        let zone = siyu_kernel::Zone::named(&own.timezone).unwrap_or_else(|_| siyu_kernel::Zone::shanghai());
        Ok(Home { zone, zh: own.locale == siyu_access::Locale::Zh })
    }
    fn stores_of(&self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<FxHashMap<PersonNum, String>, Refusal> {
        let mut last: FxHashMap<PersonNum, (Time, String)> = FxHashMap::default();
        for visit in siyu_commerce::person_stores(tx, roots)? {
            let (at, code) = last.entry(visit.root).or_default();
            if visit.last_at >= *at {
                (*at, *code) = (visit.last_at, visit.code);
            }
        }
        Ok(last.into_iter().map(|(root, (_, code))| (root, code)).collect())
    }
}

/// The pool of leads, as files fill it.
struct LeadPool(Leads);

impl Pool for LeadPool {
    fn check(&self, tx: &mut Tx<'_>, channel: &str) -> Result<(), Refusal> {
        self.0.channel(tx, channel).map(drop)
    }
    fn put(&self, tx: &mut Tx<'_>, channel: &str, rows: &[PoolRow], now: Time) -> Result<u64, Refusal> {
        let mut new = 0;
        for row in rows {
            // A store that is not known here is a field of the person and no pool.
            let store = self.0.store_named(tx, &row.store)?.unwrap_or_default();
            let note = row.note.chars().filter(|c| !c.is_control()).take(500).collect();
            let (num, source, channel) = (row.num, "import".to_owned(), channel.to_owned());
            let input = PutIn { num, source, channel, store, note, ..PutIn::default() };
            new += u64::from(self.0.put(tx, &input, now)?.0 == Put::New);
        }
        Ok(new)
    }
}

/// The mirror of WeCom, with the totals that follow its merges. `wait`: how the clock's time passes when a call has to pause.
#[allow(clippy::too_many_arguments, reason = "each is a part of the program that the mirror works with")]
pub fn contacts(
    db: &Db,
    vault: &Vault,
    log: &Log,
    people: &People,
    intake: &Intake,
    leads: &Leads,
    chance: &Arc<Chance>,
    clock: &Arc<dyn Clock>,
    wait: Arc<dyn Wait>,
) -> Contacts {
    let mut parts =
        Parts::new(db.clone(), vault.clone(), log.clone(), people.clone(), Arc::clone(chance), Arc::clone(clock));
    let entrances = Entrances::new(people.clone());
    intake.set_pool(Arc::new(LeadPool(leads.clone())));
    let leads = leads.clone();
    parts.around = Arc::new(Books { intake: intake.clone(), arrivals: Arrivals::new(vault.clone()), entrances, leads });
    parts.wait = wait;
    Contacts::new(parts)
}

#[derive(Serialize, ToSchema)]
struct WecomConnection {
    corp_id: String,
    agent_id: i64,
    /// Where WeCom's API is.
    base: String,
    /// The last four characters; empty when not set.
    app_secret: String,
    customer_secret: String,
    contacts_secret: String,
    callback_token: String,
    callback_key: String,
    /// Whether a phone that stands alone in a remark makes the customer the person of that phone.
    match_phones: bool,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    /// When WeCom last checked the callback address.
    #[schema(value_type = Option<String>, format = DateTime)]
    verified_at: Option<Time>,
    /// When the credentials were last found right.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Time>,
    /// The code of what has to be put right.
    trouble: Option<String>,
}

impl From<Shown> for WecomConnection {
    fn from(own: Shown) -> Self {
        Self {
            corp_id: own.corp_id,
            agent_id: own.agent_id,
            base: own.base,
            app_secret: own.app_secret,
            customer_secret: own.customer_secret,
            contacts_secret: own.contacts_secret,
            callback_token: own.callback_token,
            callback_key: own.callback_key,
            match_phones: own.match_phones,
            changed_at: own.changed_at,
            verified_at: own.verified_at,
            checked_at: own.checked_at,
            trouble: own.trouble,
        }
    }
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WecomConnectionIn {
    corp_id: Option<String>,
    agent_id: Option<i64>,
    /// `https://…`, or `http://` for this machine; WeCom's own when never set.
    base: Option<String>,
    app_secret: Option<String>,
    customer_secret: Option<String>,
    contacts_secret: Option<String>,
    callback_token: Option<String>,
    callback_key: Option<String>,
    match_phones: Option<bool>,
}

#[derive(Serialize, ToSchema)]
struct WecomStatus {
    connected: bool,
    trouble: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    verified_at: Option<Time>,
    /// When the last callback came.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_callback_at: Option<Time>,
    /// Callbacks that wait to be worked on.
    inbox_waiting: i64,
    inbox_aside: i64,
    /// Changes made here that wait to be told to WeCom.
    outgoing_waiting: i64,
    outgoing_failed: i64,
    conflicts: i64,
    sync: Option<WecomSync>,
}

#[derive(Serialize, ToSchema)]
struct WecomSync {
    id: String,
    /// `running`, `done`, `failed` or `cancelled`.
    state: &'static str,
    /// `departments`, `staff`, `tags`, `customers`, `lost`, `groups`, `members` or `done`.
    phase: String,
    /// Steps of the phase that are done, and known. 0 of 0 while nobody knows how many there are.
    done: i64,
    total: i64,
    counts: WecomSyncCounts,
    #[schema(value_type = String, format = DateTime)]
    started_at: Time,
    started_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
    /// When it goes on, while it waits.
    #[schema(value_type = String, format = DateTime)]
    due_at: Time,
    /// The code of what it waits for, or failed of.
    error: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WecomSyncCounts {
    departments: i64,
    staff: i64,
    tags: i64,
    /// Relations between customers and staff.
    relations: i64,
    lost: i64,
    groups: i64,
    members: i64,
    /// Members of staff that could not be read.
    skipped: i64,
}

impl From<SyncRow> for WecomSync {
    fn from(row: SyncRow) -> Self {
        let own = row.counts;
        Self {
            id: row.id,
            state: row.state.name(),
            phase: row.phase,
            done: row.done,
            total: row.total,
            counts: WecomSyncCounts {
                departments: own.departments,
                staff: own.staff,
                tags: own.tags,
                relations: own.relations,
                lost: own.lost,
                groups: own.groups,
                members: own.members,
                skipped: own.skipped,
            },
            started_at: row.started_at,
            started_by: row.started_by,
            ended_at: row.ended_at,
            due_at: row.due_at,
            error: row.error,
        }
    }
}

/// Shows the connection to WeCom; of secrets the last four characters.
///
/// 企业微信连接配置，密钥仅显示末四位。
///
/// Errors: `wecom_not_connected`.
#[utoipa::path(get, path = "/wecom/connection", tag = "WeCom", responses((status = 200, body = WecomConnection)))]
async fn get(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<WecomConnection>> {
    let own = app.run(|app| app.db.read(|tx| app.contacts.connected(tx))).await?;
    Ok(Json(own.shown().into()))
}

/// Sets the connection to WeCom, or changes parts of it. The first time corp, agent and app secret are needed.
///
/// 设置或修改企业微信连接。首次须填企业 ID、AgentId 与应用 Secret。
///
/// Errors: `wecom_connection_field`, `wecom_base_address`, `wecom_other_corp`.
#[utoipa::path(patch, path = "/wecom/connection", tag = "WeCom", request_body = WecomConnectionIn, responses((status = 200, body = WecomConnection)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<WecomConnectionIn>,
) -> Answer<Json<WecomConnection>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = input.clone();
            let named = [
                ("corp_id", own.corp_id.is_some()),
                ("agent_id", own.agent_id.is_some()),
                ("base", own.base.is_some()),
                ("app_secret", own.app_secret.is_some()),
                ("customer_secret", own.customer_secret.is_some()),
                ("contacts_secret", own.contacts_secret.is_some()),
                ("callback_token", own.callback_token.is_some()),
                ("callback_key", own.callback_key.is_some()),
                ("match_phones", own.match_phones.is_some()),
            ];
            let change = ConnectionIn {
                corp_id: own.corp_id,
                agent_id: own.agent_id,
                base: own.base,
                app_secret: own.app_secret,
                customer_secret: own.customer_secret,
                contacts_secret: own.contacts_secret,
                callback_token: own.callback_token,
                callback_key: own.callback_key,
                match_phones: own.match_phones,
            };
            let connection = app.contacts.connect(tx, &change, app.now())?;
            let names: Vec<&str> = named.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
            note(app, tx, &caller, "wecom.connect", &connection.corp_id, &json!({ "changed": names }))?;
            Ok(connection.shown())
        })
    });
    Ok(Json(answer.await?.into()))
}

/// Asks WeCom whether the credentials are right.
///
/// 测试企业微信凭证是否有效。
///
/// Errors: `wecom_not_connected`, and what WeCom answers, by its name.
#[utoipa::path(post, path = "/wecom/connection/test", tag = "WeCom", responses((status = 200, body = WecomConnection)))]
async fn test(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<WecomConnection>> {
    let own = app.run(|app| {
        app.contacts.check_credentials()?;
        app.db.read(|tx| app.contacts.connected(tx))
    });
    Ok(Json(own.await?.shown().into()))
}

/// Forgets the credentials. What was mirrored stays.
///
/// 断开企业微信连接并清除密钥，已同步的数据保留。
///
/// Errors: `wecom_not_connected`.
#[utoipa::path(delete, path = "/wecom/connection", tag = "WeCom", responses((status = 204)))]
async fn forget(may: May<SettingsWrite>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.contacts.connected(tx)?;
            app.contacts.disconnect(tx)?;
            note(app, tx, &caller, "wecom.disconnect", &own.corp_id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

/// Shows how the connection is doing: what waits, what is wrong, which sync runs.
///
/// 企业微信连接状态：待处理回调、待下发变更、异常与同步进度。
#[utoipa::path(get, path = "/wecom/status", tag = "WeCom", responses((status = 200, body = WecomStatus)))]
async fn status(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<WecomStatus>> {
    let answer = app.run(|app| {
        app.db.read(|tx| {
            let own = app.contacts.connection(tx)?;
            let (inbox, outgoing) = (app.contacts.inbox(tx)?, app.contacts.outgoing(tx)?);
            let newest = app.contacts.syncs(tx, 1)?.pop();
            Ok(WecomStatus {
                connected: own.is_some(),
                trouble: own.as_ref().and_then(|own| own.trouble.clone()),
                verified_at: own.and_then(|own| own.verified_at),
                last_callback_at: inbox.last_at,
                inbox_waiting: inbox.waiting,
                inbox_aside: inbox.aside,
                outgoing_waiting: outgoing.waiting,
                outgoing_failed: outgoing.failed,
                conflicts: outgoing.conflicts,
                sync: newest.map(WecomSync::from),
            })
        })
    });
    answer.await.map(Json)
}

/// Checks the connection: each credential, right, trusted address, callback, clock; with what is wrong and what to click.
///
/// 企业微信连接体检：凭证、权限、可信 IP、回调、时钟，并给出处理办法。
#[utoipa::path(get, path = "/wecom/doctor", tag = "WeCom", responses((status = 200, body = Items<crate::doctor::DoctorCheck>)))]
async fn doctor(may: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Items<crate::doctor::DoctorCheck>>> {
    let zh = may.locale == siyu_access::Locale::Zh;
    let checks = app.run(crate::doctor::wecom).await?;
    Ok(Json(Items::all(checks.iter().map(|check| crate::doctor::DoctorCheck::of(check, zh)).collect())))
}

/// Starts a full sync: everything WeCom has is read and compared.
///
/// 启动全量同步。
///
/// Errors: `wecom_not_connected`, `wecom_sync_running`.
#[utoipa::path(post, path = "/wecom/syncs", tag = "WeCom", responses((status = 200, body = WecomSync)))]
async fn start(may: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<WecomSync>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.contacts.start_sync(tx, &crate::people_reader::by(&caller), app.now())?;
            note(app, tx, &caller, "wecom.sync", &row.id, &json!({}))?;
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}

/// Lists the last syncs, newest first.
///
/// 最近的同步任务，新的在前。
#[utoipa::path(get, path = "/wecom/syncs", tag = "WeCom", responses((status = 200, body = Items<WecomSync>)))]
async fn syncs(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<WecomSync>>> {
    let rows = app.run(|app| app.db.read(|tx| app.contacts.syncs(tx, 50))).await?;
    Ok(Json(Items::all(rows.into_iter().map(WecomSync::from).collect())))
}

/// Shows one sync and how far it has come.
///
/// 同步任务进度。
///
/// Errors: `wecom_sync_unknown`.
#[utoipa::path(get, path = "/wecom/syncs/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = WecomSync)))]
async fn sync(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<WecomSync>> {
    let row = app.run(move |app| app.db.read(|tx| app.contacts.sync(tx, &id))).await?;
    Ok(Json(row.into()))
}

/// Stops a sync. What it has saved stays; the next one begins anew.
///
/// 取消同步任务，已同步的部分保留。
///
/// Errors: `wecom_sync_unknown`, `wecom_sync_over`.
#[utoipa::path(post, path = "/wecom/syncs/{id}/cancel", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = WecomSync)))]
async fn cancel(may: May<SettingsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<WecomSync>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        write(app, move |app, tx| {
            let row = app.contacts.cancel_sync(tx, &id, app.now())?;
            note(app, tx, &caller, "wecom.sync_cancel", &row.id, &json!({}))?;
            Ok(row)
        })
    });
    Ok(Json(row.await?.into()))
}
