//! What the brand decides about its pool: limits, walks, rules; and how leads do.

use crate::channel_board::BoardSpan;
use crate::error::Answer;
use crate::gate::{ChannelsWrite, PeopleExport, PeopleRead};
use crate::leads::{LeadParams, shown_to, sight};
use crate::people_files::{XLSX, attachment, unwritten};
use crate::people_reader::{Reader, by, note, read, write};
use crate::{App, Body, Endpoints, Items, May, Query, endpoints};
use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::Locale;
use siyu_files::{Cell, TableWriter, XlsxWriter};
use siyu_kernel::{Refusal, Time};
use siyu_leads::{Mode, PlaceFigures, Rule, RuleSeat, Settings, StaffFigures};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(settings, set_settings, rules, set_rules, board, file)
}

#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadSettings {
    /// Staff may claim from the pool themselves.
    claim: bool,
    /// Leads somebody may take or be given a day; 0: any number.
    daily_max: i64,
    /// Leads somebody may hold at a time; 0: any number.
    held_max: i64,
    /// Hours to the first approach before a lead goes back; 0: no limit.
    contact_hours: i64,
    /// Days after an approach before a lead goes back; 0: no limit.
    follow_days: i64,
    /// Days in which whoever had a lead cannot take it again.
    again_days: i64,
    /// How often a lead goes back before it is given up; 0: for ever.
    rounds_max: i64,
    /// Days after taking in which an order makes a lead won.
    won_days: i64,
    /// What fills the pool by itself: `lost`, `idle`, `group`, `shop`.
    walks: Vec<String>,
    /// Days without an approach by staff after which a friend is idle.
    idle_days: i64,
}

impl From<Settings> for LeadSettings {
    fn from(own: Settings) -> Self {
        let Settings {
            claim,
            daily_max,
            held_max,
            contact_hours,
            follow_days,
            again_days,
            rounds_max,
            won_days,
            walks,
            idle_days,
        } = own;
        Self {
            claim,
            daily_max,
            held_max,
            contact_hours,
            follow_days,
            again_days,
            rounds_max,
            won_days,
            walks,
            idle_days,
        }
    }
}
impl From<LeadSettings> for Settings {
    fn from(own: LeadSettings) -> Self {
        let LeadSettings {
            claim,
            daily_max,
            held_max,
            contact_hours,
            follow_days,
            again_days,
            rounds_max,
            won_days,
            walks,
            idle_days,
        } = own;
        Self {
            claim,
            daily_max,
            held_max,
            contact_hours,
            follow_days,
            again_days,
            rounds_max,
            won_days,
            walks,
            idle_days,
        }
    }
}

#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadRuleSeat {
    /// A userid.
    staff: String,
    /// 1 to 100; 1 when absent.
    #[serde(default)]
    weight: i64,
}

#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadRule {
    /// Absent or empty for a new one.
    #[serde(default)]
    id: String,
    /// 1 to 40 characters.
    name: String,
    active: bool,
    /// Only leads of these sources; empty: any. So are the other two.
    #[serde(default)]
    sources: Vec<String>,
    /// Codes.
    #[serde(default)]
    channels: Vec<String>,
    /// Codes.
    #[serde(default)]
    stores: Vec<String>,
    /// `round_robin`, `weights`, `conversion` (by how many of their leads each has won as friends, the best channels first), `store` (to the staff of the lead's store) or `owner` (to whoever answers for its channel).
    #[schema(value_type = String)]
    mode: Mode,
    /// Who gets leads. Empty: the staff of the lead's store, of leads without one everybody who may have customers.
    #[serde(default)]
    staff: Vec<LeadRuleSeat>,
}

impl From<Rule> for LeadRule {
    fn from(own: Rule) -> Self {
        let Rule { id, name, active, sources, channels, stores, mode, staff } = own;
        let staff = staff.into_iter().map(|seat| LeadRuleSeat { staff: seat.staff, weight: seat.weight }).collect();
        Self { id, name, active, sources, channels, stores, mode, staff }
    }
}
impl From<LeadRule> for Rule {
    fn from(own: LeadRule) -> Self {
        let LeadRule { id, name, active, sources, channels, stores, mode, staff } = own;
        let staff = staff.into_iter().map(|seat| RuleSeat { staff: seat.staff, weight: seat.weight }).collect();
        Self { id, name, active, sources, channels, stores, mode, staff }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadRules {
    rules: Vec<LeadRule>,
}

/// Leads that came in the span, by where they stand now.
#[derive(Serialize, ToSchema)]
struct LeadPlaceFigures {
    /// A source, or a channel's code; empty: none.
    name: String,
    leads: i64,
    pool: i64,
    held: i64,
    /// Taken by somebody, and a friend or a buyer now. Friendships older than the lead and additions while nobody had it do not count.
    added: i64,
    won: i64,
    lost: i64,
}

impl From<PlaceFigures> for LeadPlaceFigures {
    fn from(own: PlaceFigures) -> Self {
        let PlaceFigures { name, leads, pool, held, added, won, lost } = own;
        Self { name, leads, pool, held, added, won, lost }
    }
}

/// What a member of staff did in the span, in leads.
#[derive(Serialize, ToSchema)]
struct LeadStaffFigures {
    staff: String,
    name: String,
    store: String,
    /// Now.
    held: i64,
    taken: i64,
    contacted: i64,
    /// Became friends of this member, who had taken them.
    added: i64,
    won: i64,
    lost: i64,
    /// Went back because their time ran out.
    timed_out: i64,
}

impl From<StaffFigures> for LeadStaffFigures {
    fn from(own: StaffFigures) -> Self {
        let StaffFigures { userid, name, store, held, taken, contacted, added, won, lost, timed_out } = own;
        Self { staff: userid, name, store, held, taken, contacted, added, won, lost, timed_out }
    }
}

#[derive(Serialize, ToSchema)]
struct LeadBoard {
    sources: Vec<LeadPlaceFigures>,
    channels: Vec<LeadPlaceFigures>,
    staff: Vec<LeadStaffFigures>,
}

/// Shows what the brand has decided about its pool.
///
/// 公海规则：领取上限、回收时限、自动入池来源。
#[utoipa::path(get, path = "/leads/settings", tag = "Leads", responses((status = 200, body = LeadSettings)))]
async fn settings(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<LeadSettings>> {
    let own = app.run(|app| app.db.read(|tx| app.leads.settings(tx))).await?;
    Ok(Json(own.into()))
}

/// Changes them. Leads that are held get their new time, at least a day from now.
///
/// 修改公海规则；跟进中的线索按新时限重算，至少保留一天。
///
/// Errors: `lead_settings`, `lead_word`.
#[utoipa::path(put, path = "/leads/settings", tag = "Leads", request_body = LeadSettings, responses((status = 200, body = LeadSettings)))]
async fn set_settings(
    may: May<ChannelsWrite>,
    State(app): State<App>,
    Body(input): Body<LeadSettings>,
) -> Answer<Json<LeadSettings>> {
    let caller = may.caller;
    let wanted = Settings::from(input);
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            app.leads.set_settings(tx, &wanted, app.now())?;
            note(app, tx, &caller, "lead.settings", "leads", &json!(wanted))?;
            Ok(LeadSettings::from(app.leads.settings(tx)?))
        })
    });
    answer.await.map(Json)
}

/// Lists the rules that give leads out, in the order they are tried.
///
/// 自动分配规则，按顺序匹配。
#[utoipa::path(get, path = "/leads/rules", tag = "Leads", responses((status = 200, body = Items<LeadRule>)))]
async fn rules(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<LeadRule>>> {
    let rows = app.run(|app| app.db.read(|tx| app.leads.rules(tx))).await?;
    Ok(Json(Items::all(rows.into_iter().map(LeadRule::from).collect())))
}

/// Replaces the rules. The first that means a lead and has somebody with room gives it; what nobody takes stays in the pool and is tried again every ten minutes.
///
/// 保存分配规则：依次匹配，命中且有人未达上限时分配；无人可分配的留在公海，每十分钟重试。
///
/// Errors: `lead_rule`, `lead_word`, `lead_staff`.
#[utoipa::path(put, path = "/leads/rules", tag = "Leads", request_body = LeadRules, responses((status = 200, body = Items<LeadRule>)))]
async fn set_rules(
    may: May<ChannelsWrite>,
    State(app): State<App>,
    Body(input): Body<LeadRules>,
) -> Answer<Json<Items<LeadRule>>> {
    let caller = may.caller;
    let wanted: Vec<Rule> = input.rules.into_iter().map(Rule::from).collect();
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let rows = app.leads.set_rules(tx, &wanted, &by(&caller), app.now())?;
            note(app, tx, &caller, "lead.rules", "leads", &json!({ "rules": rows.len() }))?;
            Ok(Items::all(rows.into_iter().map(LeadRule::from).collect()))
        })
    });
    answer.await.map(Json)
}

/// Shows how leads do in a span: by source, by channel, by member of staff.
///
/// 线索看板：按来源、渠道、员工。
///
/// Errors: `day_invalid`, `channel_span`.
#[utoipa::path(get, path = "/leads/board", tag = "Leads", params(BoardSpan), responses((status = 200, body = LeadBoard)))]
async fn board(may: May<PeopleRead>, Query(span): Query<BoardSpan>, State(app): State<App>) -> Answer<Json<LeadBoard>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let zone = &reader.ctx.zone;
            let (first, last) = span.days(zone.day(reader.ctx.now))?;
            let (from, to) = (zone.start_of_day(first), zone.start_of_day(last + 1));
            let sight = sight(tx, &reader)?;
            let own = app.leads.board(tx, &sight, from, to)?;
            Ok(LeadBoard {
                sources: own.sources.into_iter().map(LeadPlaceFigures::from).collect(),
                channels: own.channels.into_iter().map(LeadPlaceFigures::from).collect(),
                staff: own.staff.into_iter().map(LeadStaffFigures::from).collect(),
            })
        })
    });
    answer.await.map(Json)
}

const ROWS_MAX: i64 = 10_000;
const HEADER_ZH: [&str; 15] = [
    "线索编号",
    "客户编号",
    "姓名",
    "手机号",
    "来源",
    "渠道",
    "门店",
    "状态",
    "原因",
    "员工",
    "退回次数",
    "备注",
    "入池时间",
    "领取时间",
    "回收时间",
];
const HEADER_EN: [&str; 15] = [
    "Lead",
    "Person",
    "Name",
    "Phone",
    "Source",
    "Channel",
    "Store",
    "State",
    "Reason",
    "Staff",
    "Went back",
    "Note",
    "Came",
    "Taken",
    "Goes back",
];

/// Downloads leads as a workbook of up to 10,000 rows. Phones are in full for whoever may unmask; who exported is recorded.
///
/// 导出线索为 Excel，最多 10000 行；有脱敏权限者导出完整手机号，导出会被记录。
///
/// Errors: `lead_word`.
#[utoipa::path(get, path = "/leads/export.xlsx", tag = "Leads", params(LeadParams), responses((status = 200, description = "The workbook", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
async fn file(may: May<PeopleExport>, Query(q): Query<LeadParams>, State(app): State<App>) -> Answer<Response> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let (bytes, day) = app
        .run(move |app| {
            let folder = app.folder.join("tmp");
            std::fs::create_dir_all(&folder).map_err(Refusal::internal)?;
            let query = q.query(None, ROWS_MAX)?;
            let (bytes, rows, day) = read(app, |tx| {
                let mut reader = Reader::new(app, tx, &caller)?;
                reader.full_lists = reader.full;
                let sight = sight(tx, &reader)?;
                let leads = app.leads.list(tx, &sight, &query)?;
                let names = app.channels.names(tx)?;
                let rows = shown_to(app, tx, &reader, leads)?;
                let local = |at: Option<Time>| at.map(|at| reader.ctx.zone.local(at)).unwrap_or_default();
                let mut bytes = Vec::new();
                let (sheet, header) = if zh { ("线索", HEADER_ZH) } else { ("Leads", HEADER_EN) };
                let mut writer =
                    Box::new(XlsxWriter::new(&mut bytes, sheet, &header, Some(&folder)).map_err(unwritten)?);
                for row in &rows {
                    let (came, taken, due) = (local(Some(row.created_at)), local(row.taken_at), local(row.due_at));
                    let channel = names.get(&row.channel).unwrap_or(&row.channel);
                    let store = if row.store_name.is_empty() { &row.store } else { &row.store_name };
                    let staff = if row.staff_name.is_empty() { &row.staff } else { &row.staff_name };
                    writer
                        .write_row(&[
                            Cell::Text(&row.id),
                            Cell::Text(row.person.as_deref().unwrap_or_default()),
                            Cell::Text(&row.name),
                            Cell::Text(row.phone.as_deref().unwrap_or_default()),
                            Cell::Text(source(&row.source, zh)),
                            Cell::Text(channel),
                            Cell::Text(store),
                            Cell::Text(word(row.state, zh)),
                            Cell::Text(word(&row.reason, zh)),
                            Cell::Text(staff),
                            Cell::Integer(row.round),
                            Cell::Text(&row.note),
                            Cell::Text(&came),
                            Cell::Text(&taken),
                            Cell::Text(&due),
                        ])
                        .map_err(unwritten)?;
                }
                writer.finish().map_err(unwritten)?;
                let day: String = reader.ctx.zone.local(reader.ctx.now).chars().take(10).collect();
                Ok((bytes, rows.len(), day))
            })?;
            app.access.record(app.now(), &caller.actor, "lead.export", None, &json!({ "rows": rows }))?;
            Ok((bytes, day))
        })
        .await?;
    let name = if zh { format!("线索-{day}.xlsx") } else { format!("leads-{day}.xlsx") };
    Ok(attachment(XLSX, "leads.xlsx", &name, Bytes::from(bytes)))
}

/// Words of states, sources and reasons as files say them; what people wrote stands as they wrote it.
const WORDS: [(&str, &str, &str); 28] = [
    ("new", "待领取", "New"),
    ("recycled", "已回收", "In the pool again"),
    ("claimed", "已领取", "Claimed"),
    ("contacted", "已联系", "Approached"),
    ("added", "已添加", "Friend"),
    ("won", "已成交", "Won"),
    ("lost", "已放弃", "Given up"),
    ("merged", "已合并", "Merged"),
    ("import", "导入", "Import"),
    ("manual", "手工录入", "By hand"),
    ("audience", "人群", "Audience"),
    ("idle", "长期未联系", "Idle friends"),
    ("group", "群内非好友", "Strangers in groups"),
    ("shop", "门店购买客户", "Buyers without a friend"),
    ("reached", "已接通", "Reached"),
    ("no_answer", "未接通", "No answer"),
    ("refused", "拒绝", "Refused"),
    ("invalid", "号码无效", "Invalid number"),
    ("not_contacted", "超时未联系", "Not approached in time"),
    ("not_followed_up", "超时未跟进", "Not followed up in time"),
    ("rounds", "多次退回", "Went back too often"),
    ("staff_left", "员工离职", "Staff left"),
    ("reassigned", "改派", "Reassigned"),
    ("same_person", "同一客户", "Same person"),
    ("known", "原本就是好友", "Was a friend already"),
    ("by_other", "由其他员工添加", "Added by a colleague"),
    ("order", "下单", "Ordered"),
    ("by_hand", "手动标记", "Marked by hand"),
];

fn word(own: &str, zh: bool) -> &str {
    WORDS.iter().find(|(name, ..)| *name == own).map_or(own, |(_, zh_text, en)| if zh { zh_text } else { en })
}

/// `lost` is a state, too.
fn source(own: &str, zh: bool) -> &str {
    match (own, zh) {
        ("lost", true) => "流失客户",
        ("lost", false) => "Lost friends",
        _ => word(own, zh),
    }
}
