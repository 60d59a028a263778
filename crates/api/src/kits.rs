//! Kits: materials for a day, for guides and owners of groups; and the calendar of what goes out.

use crate::audience_days::day;
use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::part::must_see_all;
use crate::people_reader::{Reader, by, note, read, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_calendar::Festival;
use siyu_db::Tx;
use siyu_insight::show_day;
use siyu_kernel::{Refusal, Time};
use siyu_reach::{CalendarRow, KitIn, KitRow, KitSend};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change, delete, calendar, festivals)
}

const DAYS: i32 = 31;
const DAYS_MAX: i32 = 100;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KitNew {
    /// 1 to 60 characters.
    name: String,
    /// In the brand's zone.
    #[schema(example = "2026-03-31")]
    day: String,
    /// How to use it, up to 500 characters.
    #[serde(default)]
    how: String,
    /// Ids of 1 to 20 materials of which a version is in use, in the order they are shown.
    materials: Vec<String>,
    /// Userids …
    #[serde(default)]
    staff: Vec<String>,
    /// … codes of stores …
    #[serde(default)]
    stores: Vec<String>,
    /// … and whoever owns a customer group. Nobody named: everybody.
    #[serde(default)]
    owners: bool,
    /// Of the kit that is changed; without it the last one to write wins.
    #[serde(default)]
    version: Option<i64>,
}

impl KitNew {
    fn read(self) -> Result<(KitIn, Option<i64>), Refusal> {
        let Self { name, day: text, how, materials, staff, stores, owners, version } = self;
        Ok((KitIn { name, day: day(&text, "day")?, how, materials, staff, stores, owners }, version))
    }
}

#[derive(Serialize, ToSchema)]
struct KitOut {
    id: String,
    name: String,
    day: String,
    how: String,
    materials: Vec<KitMaterial>,
    staff: Vec<String>,
    stores: Vec<String>,
    owners: bool,
    /// Give it back with a change.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    changed_by: String,
    /// How often something of it was sent.
    sends: i64,
}
#[derive(Serialize, ToSchema)]
struct KitMaterial {
    id: String,
    name: String,
    kind: String,
    /// Whether a version of it is in use: guides are shown no other.
    usable: bool,
}
#[derive(Serialize, ToSchema)]
struct KitWhole {
    #[serde(flatten)]
    row: KitOut,
    /// Who has sent what, the last one first, at most 1,000.
    sent: Vec<KitSent>,
}
#[derive(Serialize, ToSchema)]
struct KitSent {
    staff: String,
    staff_name: String,
    /// A material's id.
    material: String,
    sends: i64,
    #[schema(value_type = String, format = DateTime)]
    last_at: Time,
}
impl From<KitSend> for KitSent {
    fn from(own: KitSend) -> Self {
        let KitSend { staff, staff_name, material, sends, last_at } = own;
        Self { staff, staff_name, material, sends, last_at }
    }
}

fn shown(app: &App, tx: &mut Tx<'_>, row: KitRow) -> Result<KitOut, Refusal> {
    let mut materials = Vec::with_capacity(row.input.materials.len());
    for id in &row.input.materials {
        let own = app.reach.material(tx, id)?;
        let usable = own.approved.is_some() && own.state != siyu_reach::MaterialState::Retired;
        materials.push(KitMaterial { id: own.id, name: own.name, kind: own.kind, usable });
    }
    Ok(KitOut {
        id: row.id,
        name: row.input.name,
        day: show_day(row.input.day),
        how: row.input.how,
        materials,
        staff: row.input.staff,
        stores: row.input.stores,
        owners: row.input.owners,
        version: row.version,
        created_at: row.created_at,
        created_by: row.created_by,
        changed_at: row.changed_at,
        changed_by: row.changed_by,
        sends: row.sends,
    })
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct KitDays {
    /// A day; 61 days before `to` when absent.
    from: Option<String>,
    /// A day; 30 days from now when absent. At most 100 days are shown.
    to: Option<String>,
}

impl KitDays {
    fn read(&self, today: i32) -> Result<(i32, i32), Refusal> {
        let to = self.to.as_deref().map_or(Ok(today + DAYS - 1), |text| day(text, "to"))?;
        let from =
            self.from.as_deref().map_or(Ok((to - 2 * DAYS + 1).max(to - DAYS_MAX + 1)), |text| day(text, "from"))?;
        if !(0..DAYS_MAX).contains(&(to - from)) {
            let (en, zh) =
                ("The last day is behind the first, at most 100 days.", "结束日期须不早于开始日期，最多 100 天。");
            return Err(Refusal::invalid("kit_span", en, zh).field("from"));
        }
        Ok((from, to))
    }
}

/// Lists kits, the latest day first.
///
/// 素材包列表，日期近的在前。
///
/// Errors: `day_invalid`, `kit_span`, `scope_needed`.
#[utoipa::path(get, path = "/material-kits", tag = "Library", params(KitDays), responses((status = 200, body = Items<KitOut>)))]
async fn list(may: May<PeopleRead>, Query(q): Query<KitDays>, State(app): State<App>) -> Answer<Json<Items<KitOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let ctx = must_see_all(app, tx, &caller)?.ctx;
            let (from, to) = q.read(ctx.zone.day(ctx.now))?;
            let rows = app.reach.kits(tx, from, to)?;
            let items: Result<Vec<_>, _> = rows.into_iter().map(|row| shown(app, tx, row)).collect();
            Ok(Items::all(items?))
        })
    });
    answer.await.map(Json)
}

/// Makes a kit: guides find it on their page on its day, with how to use it.
///
/// 新建素材包：当天出现在所选导购与群主的工作台中。
///
/// Errors: `kit_invalid` with its field, `kit_limit`, `day_invalid`, `material_unknown`, `material_unapproved`, `scope_needed`.
#[utoipa::path(post, path = "/material-kits", tag = "Library", request_body = KitNew, responses((status = 201, body = KitOut)))]
async fn add(may: May<MessagesWrite>, State(app): State<App>, Body(input): Body<KitNew>) -> Answer<Created<KitOut>> {
    let caller = may.caller;
    let (kit, _) = input.read()?;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.reach.add_kit(tx, &kit, &by(&caller), app.now())?;
            note(app, tx, &caller, "kit.add", &row.id, &json!({ "name": row.input.name }))?;
            shown(app, tx, row)
        })
    });
    answer.await.map(Created)
}

/// Shows a kit and what was sent of it.
///
/// 素材包详情与各导购的发送情况。
///
/// Errors: `kit_unknown`, `scope_needed`.
#[utoipa::path(get, path = "/material-kits/{id}", tag = "Library", params(("id" = String, Path)), responses((status = 200, body = KitWhole)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<KitWhole>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.reach.kit(tx, &id)?;
            let sent = app.reach.kit_sends(tx, &id)?.into_iter().map(KitSent::from).collect();
            Ok(KitWhole { row: shown(app, tx, row)?, sent })
        })
    });
    answer.await.map(Json)
}

/// Changes a kit.
///
/// 修改素材包。
///
/// Errors: as for making one; `kit_unknown`, `kit_changed`.
#[utoipa::path(put, path = "/material-kits/{id}", tag = "Library", params(("id" = String, Path)), request_body = KitNew, responses((status = 200, body = KitOut)))]
async fn change(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<KitNew>,
) -> Answer<Json<KitOut>> {
    let caller = may.caller;
    let (kit, version) = input.read()?;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.reach.change_kit(tx, &id, &kit, version, &by(&caller), app.now())?;
            note(app, tx, &caller, "kit.change", &id, &json!({ "name": row.input.name }))?;
            shown(app, tx, row)
        })
    });
    answer.await.map(Json)
}

/// Deletes a kit. What was sent stays sent.
///
/// 删除素材包。
///
/// Errors: `kit_unknown`, `scope_needed`.
#[utoipa::path(delete, path = "/material-kits/{id}", tag = "Library", params(("id" = String, Path)), responses((status = 204)))]
async fn delete(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            must_see_all(app, tx, &caller)?;
            let row = app.reach.drop_kit(tx, &id)?;
            note(app, tx, &caller, "kit.delete", &id, &json!({ "name": row.input.name }))
        })
    });
    done.await?;
    Ok(NoContent)
}

#[derive(Serialize, ToSchema)]
struct CalendarItem {
    day: String,
    /// `kit`, `broadcast`, `message`, `group_message`, `moment`, or `material` (a version was approved on that day).
    what: &'static str,
    id: String,
    name: String,
    /// Of broadcasts and messages; empty otherwise.
    state: String,
    /// When it begins; of a kit the beginning of its day.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}
impl From<CalendarRow> for CalendarItem {
    fn from(own: CalendarRow) -> Self {
        let CalendarRow { day, what, id, name, state, at } = own;
        Self { day: show_day(day), what, id, name, state, at }
    }
}

#[derive(Serialize, ToSchema)]
struct FestivalDay {
    day: String,
    /// As schedules of journeys name it.
    #[schema(example = "mid_autumn")]
    festival: &'static str,
    name_zh: &'static str,
    name_en: &'static str,
}
impl From<(i32, Festival)> for FestivalDay {
    fn from((day, own): (i32, Festival)) -> Self {
        let (name_zh, name_en) = own.labels();
        Self { day: show_day(day), festival: own.name(), name_zh, name_en }
    }
}

/// Lists the festivals of some days: China's by the moon, and those shops live by. Known are 1901 to 2099.
///
/// 节日：农历节日与零售节点，供内容日历与旅程的定时入口使用。
///
/// Errors: `day_invalid`, `kit_span`.
#[utoipa::path(get, path = "/festivals", tag = "Library", params(KitDays), responses((status = 200, body = Items<FestivalDay>)))]
async fn festivals(
    may: May<PeopleRead>,
    Query(q): Query<KitDays>,
    State(app): State<App>,
) -> Answer<Json<Items<FestivalDay>>> {
    let caller = may.caller;
    let found = app.run(move |app| {
        read(app, |tx| {
            let ctx = Reader::new(app, tx, &caller)?.ctx;
            let (from, to) = q.read(ctx.zone.day(ctx.now))?;
            Ok(Festival::among(from, to))
        })
    });
    Ok(Json(Items::all(found.await?.into_iter().map(FestivalDay::from).collect())))
}

/// Lists what goes out day by day: kits, broadcasts and messages by when they begin, and materials by when they were approved.
///
/// 内容日历：按天列出素材包、营销群发、群发、朋友圈与当天通过审批的素材。
///
/// Errors: `day_invalid`, `kit_span`, `scope_needed`.
#[utoipa::path(get, path = "/material-calendar", tag = "Library", params(KitDays), responses((status = 200, body = Items<CalendarItem>)))]
async fn calendar(
    may: May<PeopleRead>,
    Query(q): Query<KitDays>,
    State(app): State<App>,
) -> Answer<Json<Items<CalendarItem>>> {
    let caller = may.caller;
    let rows = app.run(move |app| {
        read(app, |tx| {
            let ctx = must_see_all(app, tx, &caller)?.ctx;
            let (from, to) = q.read(ctx.zone.day(ctx.now))?;
            app.reach.calendar(tx, from, to)
        })
    });
    Ok(Json(Items::all(rows.await?.into_iter().map(CalendarItem::from).collect())))
}
