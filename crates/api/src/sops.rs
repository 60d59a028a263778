//! SOPs for groups and for moments: programmes, who is in them, how deep guides work, and the managers' board.

use crate::auth::Caller;
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{GuidesWrite, MessagesWrite, PeopleRead};
use crate::part::must_see_all;
use crate::people_reader::{Reader, by, note, read, write};
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time, Zone};
use siyu_sops::{
    Anchor, Around, BoardQuery, Deed, Depth, End, Grade, Kind, Parts, ProgrammeIn, ProgrammeRow, Rule, Share, Sops,
    Step, StepFilter, Sums, Unnamed, When,
};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, create, get, edit, turn, enrol, take_out, board, steps, grades, set_grade)
}

struct Settings;
impl Around for Settings {
    fn zone(&self, tx: &mut Tx<'_>) -> Result<Zone, Refusal> {
        Ok(Zone::named(&Workspace::load(tx)?.timezone).unwrap_or_else(|_| Zone::shanghai()))
    }
}

/// The operations on this server's parts.
pub fn sops(app: &App) -> Sops {
    Sops::new(Parts {
        db: app.db.clone(),
        vault: app.vault.clone(),
        reach: app.reach.clone(),
        guides: app.guides.clone(),
        chance: Arc::clone(&app.chance),
        clock: Arc::clone(&app.clock),
        around: Arc::new(Settings),
    })
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SopStep {
    /// What the step is known by in all versions: 1 to 40 letters, digits, `_` or `-`. A group that has had it does not get it again.
    key: String,
    name: String,
    /// Days since the group was enrolled (or created): 0 is that day itself. Instead of `weekday`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 730)]
    day: Option<u16>,
    /// Each week on this day, 1 is Monday. Instead of `day`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 7)]
    weekday: Option<u8>,
    /// In the workspace's time zone.
    #[schema(maximum = 23)]
    hour: u8,
    #[serde(default)]
    #[schema(maximum = 59)]
    minute: u8,
    /// Done until so many hours behind its time is on time.
    #[schema(minimum = 1, maximum = 168)]
    grace_hours: u16,
    /// `basic` (everybody), `standard` (guides of grade A and B) or `deep` (A only).
    #[serde(default)]
    depth: SopDepth,
    /// What goes to the group through its owner, or is shown as a moment. Instead of `task`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<MessageContent>,
    /// What the owner is asked to do, on the guide page: 1 to 500 characters. Instead of `content`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SopDepth {
    #[default]
    Basic,
    Standard,
    Deep,
}

impl SopStep {
    /// Errors: `sop_step`.
    fn parsed(self, at: usize) -> Result<Step, Refusal> {
        let (hour, minute) = (self.hour, self.minute);
        let one = |en: &str, zh: &str| Refusal::invalid("sop_step", en, zh).field(format!("steps[{at}]"));
        let when = match (self.day, self.weekday) {
            (Some(day), None) => When::Day { day, hour, minute },
            (None, Some(weekday)) => When::Weekly { weekday, hour, minute },
            _ => return Err(one("A step has either a day or a weekday.", "步骤需设置第几天或星期几，二选一。")),
        };
        let deed = match (self.content, self.task) {
            (Some(content), None) => Deed::Send { content: content.into() },
            (None, Some(text)) => Deed::Task { text },
            _ => return Err(one("A step has either a content or a task.", "步骤需设置内容或任务，二选一。")),
        };
        let depth = match self.depth {
            SopDepth::Basic => Depth::Basic,
            SopDepth::Standard => Depth::Standard,
            SopDepth::Deep => Depth::Deep,
        };
        Ok(Step { key: self.key, name: self.name, when, grace_hours: self.grace_hours, depth, deed })
    }
}
impl From<Step> for SopStep {
    fn from(own: Step) -> Self {
        let (day, weekday, hour, minute) = match own.when {
            When::Day { day, hour, minute } => (Some(day), None, hour, minute),
            When::Weekly { weekday, hour, minute } => (None, Some(weekday), hour, minute),
        };
        let (content, task) = match own.deed {
            Deed::Send { content } => (Some(content.into()), None),
            Deed::Task { text } => (None, Some(text)),
        };
        let depth = match own.depth {
            Depth::Basic => SopDepth::Basic,
            Depth::Standard => SopDepth::Standard,
            Depth::Deep => SopDepth::Deep,
        };
        Self {
            key: own.key,
            name: own.name,
            day,
            weekday,
            hour,
            minute,
            grace_hours: own.grace_hours,
            depth,
            content,
            task,
        }
    }
}

/// Who is meant: groups of these owners (userids) and of owners of these stores; for moments those members of staff themselves. Empty: all.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct SopRule {
    owners: Vec<String>,
    stores: Vec<String>,
}
impl From<SopRule> for Rule {
    fn from(own: SopRule) -> Self {
        Self { owners: own.owners, stores: own.stores }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SopIn {
    name: String,
    /// `group` or `moment`. It stays when the programme is changed.
    kind: SopKind,
    /// What day 0 is: `enrolled` (when absent), or for groups `created`.
    #[serde(default)]
    anchor: SopAnchor,
    steps: Vec<SopStep>,
    /// Who comes in by themselves: groups created from now on, or staff. Nobody when absent.
    #[serde(default)]
    rule: Option<SopRule>,
    /// The version that is changed. For a change only.
    #[serde(default)]
    version: Option<i64>,
}
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SopKind {
    Group,
    Moment,
}
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SopAnchor {
    #[default]
    Enrolled,
    Created,
}
impl SopIn {
    fn parsed(self) -> Result<ProgrammeIn, Refusal> {
        let steps = self.steps.into_iter().enumerate().map(|(at, step)| step.parsed(at)).collect::<Result<_, _>>()?;
        let kind = if matches!(self.kind, SopKind::Group) { Kind::Group } else { Kind::Moment };
        let anchor = if matches!(self.anchor, SopAnchor::Created) { Anchor::Created } else { Anchor::Enrolled };
        Ok(ProgrammeIn { name: self.name, kind, anchor, steps, rule: self.rule.map(Rule::from) })
    }
}

#[derive(Serialize, ToSchema)]
struct SopOut {
    id: String,
    name: String,
    /// `group` or `moment`.
    kind: &'static str,
    /// `enrolled` or `created`.
    anchor: &'static str,
    /// `running`, `paused` or `ended`.
    state: String,
    version: i64,
    rule: Option<SopRule>,
    /// Groups, or members of staff, that are in it.
    subjects: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
}
impl From<ProgrammeRow> for SopOut {
    fn from(row: ProgrammeRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind.name(),
            anchor: row.anchor.name(),
            state: row.state,
            version: row.version,
            rule: row.rule.map(|own| SopRule { owners: own.owners, stores: own.stores }),
            subjects: row.subjects,
            created_at: row.created_at,
            created_by: row.created_by,
            ended_at: row.ended_at,
        }
    }
}
#[derive(Serialize, ToSchema)]
struct SopWhole {
    #[serde(flatten)]
    row: SopOut,
    steps: Vec<SopStep>,
}
fn whole(app: &App, tx: &mut Tx<'_>, id: &str) -> Result<SopWhole, Refusal> {
    let own = sops(app);
    let row = own.programme(tx, id)?;
    let steps = own.steps(tx, id, row.version)?.into_iter().map(SopStep::from).collect();
    Ok(SopWhole { row: row.into(), steps })
}

/// Lists the programmes for groups and moments, newest first.
///
/// 社群与朋友圈 SOP 列表，新的在前。
#[utoipa::path(get, path = "/sops", tag = "SOP", responses((status = 200, body = Items<SopOut>)))]
async fn list(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<SopOut>>> {
    let rows = app.run(|app| read(app, |tx| sops(app).programmes(tx))).await?;
    Ok(Json(Items::new(rows.into_iter().map(SopOut::from).collect(), None)))
}

/// Begins a programme.
///
/// 新建 SOP。
///
/// Errors: `sop_name`, `sop_steps`, `sop_step`, `scope_needed`, and those of contents.
#[utoipa::path(post, path = "/sops", tag = "SOP", request_body = SopIn, responses((status = 201, body = SopWhole)))]
async fn create(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<SopIn>,
) -> Answer<Created<SopWhole>> {
    let caller = may.caller;
    let made = app.run(move |app| {
        let input = input.parsed()?;
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let id = sops(app).create(tx, &input, &by(&caller), app.now())?;
            note(app, tx, &caller, "sop.create", &id, &json!({ "name": input.name }))?;
            whole(app, tx, &id)
        })
    });
    Ok(Created(made.await?))
}

/// Shows a programme with its steps.
///
/// SOP 详情与步骤。
///
/// Errors: `sop_unknown`.
#[utoipa::path(get, path = "/sops/{id}", tag = "SOP", params(("id" = String, Path)), responses((status = 200, body = SopWhole)))]
async fn get(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<SopWhole>> {
    app.run(move |app| read(app, |tx| whole(app, tx, &id))).await.map(Json)
}

/// Saves a new version: whoever is inside goes on with its steps that are still ahead.
///
/// 修改 SOP：保存为新版本，已在其中的按新版本尚未到来的步骤继续。
///
/// Errors: `sop_unknown`, `sop_over`, `sop_changed`, and those of making one.
#[utoipa::path(put, path = "/sops/{id}", tag = "SOP", params(("id" = String, Path)), request_body = SopIn, responses((status = 200, body = SopWhole)))]
async fn edit(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<SopIn>,
) -> Answer<Json<SopWhole>> {
    let caller = may.caller;
    let made = app.run(move |app| {
        let version = input.version.unwrap_or_default();
        let input = input.parsed()?;
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let version = sops(app).edit(tx, &id, version, &input, &by(&caller), app.now())?;
            note(app, tx, &caller, "sop.edit", &id, &json!({ "version": version }))?;
            whole(app, tx, &id)
        })
    });
    made.await.map(Json)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SopTurn {
    /// `paused`, `running` or `ended`. What was missed during a pause is told and not made up for.
    state: SopState,
}
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SopState {
    Running,
    Paused,
    Ended,
}

/// Pauses a programme, lets it go on, or ends it.
///
/// 暂停、继续或结束 SOP。
///
/// Errors: `sop_unknown`, `sop_over`, `scope_needed`.
#[utoipa::path(post, path = "/sops/{id}/state", tag = "SOP", params(("id" = String, Path)), request_body = SopTurn, responses((status = 204)))]
async fn turn(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<SopTurn>,
) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let (own, who, now) = (sops(app), by(&caller), app.now());
            let action = match input.state {
                SopState::Paused => own.pause(tx, &id, &who, now).map(|()| "sop.pause"),
                SopState::Running => own.resume(tx, &id, &who, now).map(|()| "sop.resume"),
                SopState::Ended => own.end(tx, &id, &who, now).map(|()| "sop.end"),
            }?;
            note(app, tx, &caller, action, &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SopEnrol {
    /// Ids of groups, or for moments userids.
    #[serde(default)]
    subjects: Vec<String>,
    /// Those it names that are there now, too.
    #[serde(default)]
    rule: Option<SopRule>,
}
#[derive(Serialize, ToSchema)]
struct SopCame {
    /// How many came in; who was in already is not counted.
    came: usize,
}

/// Brings groups or staff into a programme.
///
/// 将客户群（或员工）加入 SOP。
///
/// Errors: `sop_unknown`, `sop_over`, `sop_subject`, `scope_needed`.
#[utoipa::path(post, path = "/sops/{id}/subjects", tag = "SOP", params(("id" = String, Path)), request_body = SopEnrol, responses((status = 200, body = SopCame)))]
async fn enrol(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<SopEnrol>,
) -> Answer<Json<SopCame>> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let mut came = sops(app).enrol(tx, &id, &input.subjects, app.now())?;
            if let Some(rule) = input.rule.clone() {
                came += sops(app).enrol_by(tx, &id, &rule.into(), app.now())?;
            }
            note(app, tx, &caller, "sop.enrol", &id, &json!({ "came": came }))?;
            Ok(SopCame { came })
        })
    });
    done.await.map(Json)
}

/// Takes a group or a member of staff out: what is planned for them is skipped.
///
/// 将客户群（或员工）移出 SOP，未到的步骤不再执行。
///
/// Errors: `sop_unknown`, `sop_subject`, `scope_needed`.
#[utoipa::path(delete, path = "/sops/{id}/subjects/{subject}", tag = "SOP", params(("id" = String, Path), ("subject" = String, Path)), responses((status = 204)))]
async fn take_out(
    may: May<MessagesWrite>,
    At((id, subject)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            sops(app).take_out(tx, &id, &subject, app.now())?;
            note(app, tx, &caller, "sop.take_out", &id, &json!({ "subject": subject }))
        })
    });
    done.await?;
    Ok(NoContent)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SopQuery {
    /// How many days back, 1 to 90; 30 when absent.
    #[param(minimum = 1, maximum = 90)]
    days: Option<i64>,
    /// One programme only, by id; of a journey's tasks by the journey's name.
    sop: Option<String>,
}
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SopStepsQuery {
    /// How many days back, 1 to 90; 30 when absent.
    #[param(minimum = 1, maximum = 90)]
    days: Option<i64>,
    /// One programme only, by id; of a journey's tasks by the journey's name.
    sop: Option<String>,
    /// Only these: `planned`, `asked`, `overdue`, `on_time`, `late`, `missed` or `skipped`.
    state: Option<String>,
    /// Only this store, this member of staff (userid).
    store: Option<String>,
    staff: Option<String>,
}
/// Steps of the last days, and those planned for the next week; of the reader's staff.
fn question(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    days: Option<i64>,
    sop: Option<&String>,
) -> Result<BoardQuery, Refusal> {
    let now = app.now();
    Ok(BoardQuery {
        from: now.plus_days(-days.unwrap_or(30).clamp(1, 90)),
        to: now.plus_days(7),
        sop: sop.cloned(),
        staff: Reader::new(app, tx, caller)?.staff(tx)?,
        customers: true,
    })
}

/// steps = planned + asked + overdue + on_time + late + missed + skipped.
#[derive(Serialize, ToSchema)]
struct SopSums {
    steps: i64,
    /// Its time has not come.
    planned: i64,
    /// Asked, and there is time.
    asked: i64,
    /// Asked, not done, and the deadline has passed.
    overdue: i64,
    on_time: i64,
    late: i64,
    /// Nobody could be asked in time, or WeCom's task was never confirmed.
    missed: i64,
    skipped: i64,
    /// on_time of on_time + late + overdue + missed.
    rate: Option<f64>,
    /// Of those that are late, behind the deadline.
    late_median_seconds: Option<i64>,
}
impl From<Sums> for SopSums {
    fn from(own: Sums) -> Self {
        Self {
            steps: own.steps,
            planned: own.planned,
            asked: own.asked,
            overdue: own.overdue,
            on_time: own.on_time,
            late: own.late,
            missed: own.missed,
            skipped: own.skipped,
            rate: own.rate(),
            late_median_seconds: own.late_median_seconds,
        }
    }
}
#[derive(Serialize, ToSchema)]
struct SopShare {
    /// A programme's id, or a journey's name; a store's code; a member's userid in small letters.
    key: String,
    /// The key where there is none.
    name: String,
    sums: SopSums,
}
#[derive(Serialize, ToSchema)]
struct SopBoard {
    all: SopSums,
    programmes: Vec<SopShare>,
    stores: Vec<SopShare>,
    staff: Vec<SopShare>,
}
fn shares(list: Vec<Share>, name: impl Fn(&str) -> String) -> Vec<SopShare> {
    list.into_iter().map(|own| SopShare { name: name(&own.key), key: own.key, sums: own.sums.into() }).collect()
}

/// Counts steps by programme, store and guide: planned, asked, on time, late, missed. Tasks that journeys gave for customers count, too.
///
/// SOP 看板：按 SOP、门店、导购统计计划、进行中、按时、逾期完成、错过；含旅程下发的客户任务。
#[utoipa::path(get, path = "/sops/board", tag = "SOP", params(SopQuery), responses((status = 200, body = SopBoard)))]
async fn board(may: May<PeopleRead>, Query(q): Query<SopQuery>, State(app): State<App>) -> Answer<Json<SopBoard>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let query = question(app, tx, &caller, q.days, q.sop.as_ref())?;
            let own = sops(app);
            let board = own.board(tx, &query, app.now())?;
            let names = own.names(tx, Unnamed::of_board(&board))?;
            Ok(SopBoard {
                all: board.all.into(),
                programmes: shares(board.programmes, |key| names.programme(key).to_owned()),
                stores: shares(board.stores, |key| names.store(key).to_owned()),
                staff: shares(board.staff, |key| names.staff(key).to_owned()),
            })
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct SopStepOut {
    sop: String,
    sop_name: String,
    /// A group, a member of staff, or empty for a customer's task.
    subject: String,
    subject_name: String,
    step: String,
    step_name: String,
    #[schema(value_type = String, format = DateTime)]
    due_at: Time,
    #[schema(value_type = String, format = DateTime)]
    deadline: Time,
    staff: String,
    staff_name: String,
    store: String,
    store_name: String,
    state: &'static str,
    /// Why it was missed or skipped.
    reason: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    done_at: Option<Time>,
}
fn wrong_state() -> Refusal {
    let en = "A state is planned, asked, overdue, on_time, late, missed or skipped.";
    let zh = "状态为 planned、asked、overdue、on_time、late、missed 或 skipped。";
    Refusal::invalid("sop_state", en, zh).field("state")
}

/// Lists the steps behind a number of the board, by time.
///
/// 看板数字背后的步骤明细，按时间排列，可翻页。
///
/// Errors: `sop_state`, `page_token`.
#[utoipa::path(get, path = "/sops/steps", tag = "SOP", params(SopStepsQuery, PagingParams), responses((status = 200, body = Items<SopStepOut>)))]
async fn steps(
    may: May<PeopleRead>,
    Query(q): Query<SopStepsQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<SopStepOut>>> {
    let caller = may.caller;
    let end = q.state.as_deref().map(|name| End::named(name).ok_or_else(wrong_state)).transpose()?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let query = question(app, tx, &caller, q.days, q.sop.as_ref())?;
            let staff = q.staff.as_ref().map(|own| own.to_lowercase());
            let filter =
                StepFilter { end, store: q.store.clone(), staff, after: page.after.clone(), limit: page.limit };
            let own = sops(app);
            let (rows, next) = own.board_steps(tx, &query, &filter, app.now())?;
            let names = own.names(tx, Unnamed::of_steps(&rows))?;
            let out = rows.into_iter().map(|row| SopStepOut {
                sop_name: names.programme(&row.sop).to_owned(),
                subject_name: names.subject(&row.subject).to_owned(),
                step_name: names.step(&row).to_owned(),
                staff_name: names.staff(&row.staff).to_owned(),
                store_name: names.store(&row.store).to_owned(),
                state: row.end.name(),
                sop: row.sop,
                subject: row.subject,
                step: row.step,
                due_at: row.due_at,
                deadline: row.deadline,
                staff: row.staff,
                store: row.store,
                reason: row.reason,
                done_at: row.done_at,
            });
            Ok(Items::new(out.collect(), next))
        })
    });
    answer.await.map(Json)
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SopGrade {
    /// `A` (everything), `B` (all but deep steps) or `C` (basic steps).
    grade: String,
}
#[derive(Serialize, ToSchema)]
struct SopGraded {
    /// Userid in small letters.
    staff: String,
    grade: &'static str,
}

/// Lists the grades of guides that have one; of the reader's staff. All others are B.
///
/// 导购等级（A/B/C），未设置的为 B。
#[utoipa::path(get, path = "/sops/grades", tag = "SOP", responses((status = 200, body = Items<SopGraded>)))]
async fn grades(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<SopGraded>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let staff = Reader::new(app, tx, &caller)?.staff(tx)?;
            let all = sops(app).grades(tx)?.into_iter();
            let own = all.filter(|(key, _)| staff.as_ref().is_none_or(|keys| keys.contains(key)));
            let out = own.map(|(staff, grade)| SopGraded { staff, grade: grade.name() });
            Ok(Items::new(out.collect(), None))
        })
    });
    answer.await.map(Json)
}

/// Sets a guide's grade, from the next step on.
///
/// 设置导购等级，从下一个步骤起生效。
///
/// Errors: `sop_grade`, `sop_subject`, also for somebody whom the caller does not look after.
#[utoipa::path(put, path = "/sops/grades/{staff}", tag = "SOP", params(("staff" = String, Path)), request_body = SopGrade, responses((status = 204)))]
async fn set_grade(
    may: May<GuidesWrite>,
    At(staff): At<String>,
    State(app): State<App>,
    Body(input): Body<SopGrade>,
) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        let grade = Grade::parse(&input.grade)?;
        write(app, move |app, tx| {
            let only = Reader::new(app, tx, &caller)?.staff(tx)?;
            let whom = if crate::part::within(only.as_deref(), &staff) { staff.as_str() } else { "" };
            sops(app).set_grade(tx, whom, grade, &by(&caller), app.now())?;
            note(app, tx, &caller, "sop.grade", &staff, &json!({ "grade": grade.name() }))
        })
    });
    done.await?;
    Ok(NoContent)
}
