//! Channels and their live codes as answers show them.

use serde::Serialize;
use siyu_channels::{ChannelRow, CodeRow, SeatRow, WayRow};
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelOut {
    pub id: String,
    /// What events carry as `channel`.
    pub code: String,
    pub name: String,
    /// store, elevator, parcel, ad, live, article, kol, partner, guide or other.
    pub kind: String,
    pub owner: String,
    /// The code of the store where it stands; empty: nowhere in particular.
    pub store: String,
    pub note: String,
    /// States of codes made elsewhere that are counted here.
    pub states: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    pub created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Time>,
    pub version: i64,
    /// Live codes of staff, and of groups, that are in use.
    pub codes: i64,
    pub group_codes: i64,
}

impl From<ChannelRow> for ChannelOut {
    fn from(row: ChannelRow) -> Self {
        Self {
            id: row.id,
            code: row.code,
            name: row.name,
            kind: row.kind,
            owner: row.owner,
            store: row.store,
            note: row.note,
            states: row.states,
            created_at: row.created_at,
            created_by: row.created_by,
            archived_at: row.archived_at,
            version: row.version,
            codes: row.codes,
            group_codes: row.group_codes,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CodeSeat {
    /// A userid.
    pub staff: String,
    pub name: String,
    pub store: String,
    /// Whether they may have customers now; who may not is passed over.
    pub able: bool,
    pub weight: i64,
    /// Adds a day; null: any number.
    pub cap: Option<i64>,
    /// Seven days of 24 marks, Monday first: 1 on duty.
    pub rota: Vec<String>,
    /// Through this code today.
    pub adds_today: i64,
}

impl From<SeatRow> for CodeSeat {
    fn from(row: SeatRow) -> Self {
        Self {
            staff: row.userid,
            name: row.name,
            store: row.store,
            able: row.able,
            weight: row.weight,
            cap: row.cap,
            rota: row.rota.days(),
            adds_today: row.adds,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CodeBackup {
    pub staff: String,
    pub name: String,
    pub able: bool,
}

/// How far a QR can be drawn here.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodeQr {
    /// The address of WeCom's own picture.
    pub address: Option<String>,
    /// What that picture says, once it was read. What is drawn here says the same; until then it says the picture's address.
    pub text: Option<String>,
    /// Why the picture was not read: picture_unreachable, picture_refused, picture_elsewhere, picture_too_large, picture_broken,
    /// picture_no_code, picture_several or picture_no_link.
    pub error: Option<String>,
    pub tries: i64,
    /// When it is tried again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Time>,
}

impl From<siyu_channels::QrRow> for CodeQr {
    fn from(row: siyu_channels::QrRow) -> Self {
        Self { address: row.address, text: row.text, error: row.error, tries: row.tries, due_at: row.due_at }
    }
}

/// The QR of one pool at WeCom.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodeWay {
    /// general, buyer, prospect, or `store:` and the store's code.
    pub pool: String,
    /// What WeCom hands back with everybody who comes by it.
    pub wecom_state: String,
    pub config_id: Option<String>,
    pub qr: CodeQr,
    /// Userids of those in it, as WeCom was last told.
    pub users: Vec<String>,
    /// duty, capped, share, backup, overflow, off_duty or nobody.
    pub why: String,
    /// new, making, good, failed, dead, closing or closed.
    pub state: String,
    /// The code of what went wrong.
    pub error: Option<String>,
    pub tries: i64,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub told_at: Option<Time>,
    /// When it was last looked whether WeCom still has it so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Time>,
}

impl From<WayRow> for CodeWay {
    fn from(row: WayRow) -> Self {
        Self {
            pool: row.pool,
            wecom_state: row.wecom_state,
            config_id: row.config_id,
            qr: row.qr.into(),
            users: row.users,
            why: row.why,
            state: row.state,
            error: row.error,
            tries: row.tries,
            due_at: row.due_at,
            told_at: row.told_at,
            checked_at: row.checked_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CodeOut {
    pub id: String,
    /// The channel's id.
    pub channel: String,
    pub channel_code: String,
    pub channel_name: String,
    pub name: String,
    pub skip_verify: bool,
    pub exclusive: bool,
    pub by_store: bool,
    /// Seats by pool: general, buyer, prospect.
    pub pools: BTreeMap<String, Vec<CodeSeat>>,
    pub backup: Vec<CodeBackup>,
    /// Ids of tags.
    pub tags: Vec<String>,
    pub remark: String,
    pub welcome: Option<String>,
    pub ways: Vec<CodeWay>,
    /// Whether somebody has to look at it.
    pub troubled: bool,
    pub adds_today: i64,
    pub adds: i64,
    /// Visits of its page.
    pub visits: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    pub created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Time>,
    pub version: i64,
}

impl From<CodeRow> for CodeOut {
    fn from(row: CodeRow) -> Self {
        let troubled = row.troubled();
        let seats = |(pool, seats): (String, Vec<SeatRow>)| (pool, seats.into_iter().map(CodeSeat::from).collect());
        let backup = row.backup.into_iter().map(|own| CodeBackup { staff: own.userid, name: own.name, able: own.able });
        Self {
            id: row.id,
            channel: row.channel,
            channel_code: row.channel_code,
            channel_name: row.channel_name,
            name: row.name,
            skip_verify: row.skip_verify,
            exclusive: row.exclusive,
            by_store: row.by_store,
            pools: row.pools.into_iter().map(seats).collect(),
            backup: backup.collect(),
            tags: row.tags,
            remark: row.remark,
            welcome: row.welcome,
            ways: row.ways.into_iter().map(CodeWay::from).collect(),
            troubled,
            adds_today: row.adds_today,
            adds: row.adds,
            visits: row.visits,
            created_at: row.created_at,
            created_by: row.created_by,
            archived_at: row.archived_at,
            version: row.version,
        }
    }
}

/// Errors: `day_invalid`.
pub(crate) fn day(text: &str, field: &'static str) -> Result<i32, Refusal> {
    siyu_insight::parse_day(text).ok_or_else(|| {
        let en = "A day is written as 2026-03-31, from 1900 to 2200.";
        Refusal::invalid("day_invalid", en, "日期格式为 2026-03-31，年份 1900 到 2200。").field(field)
    })
}
pub(crate) fn shown_day(day: i32) -> String {
    siyu_insight::show_day(day)
}
