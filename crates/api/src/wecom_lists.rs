//! What is mirrored of WeCom: departments, staff, groups, losses, conflicts, callbacks set aside.

use crate::auth::Caller;
use crate::error::Answer;
use crate::gate::{PeopleRead, SettingsWrite, TagsWrite};
use crate::people_reader::{Reader, audience, note, read, write};
use crate::people_tags::number_after;
use crate::{App, At, Endpoints, Items, May, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_audience::Scope;
use siyu_contacts::{GroupQuery, GroupRow, LostQuery, StaffQuery};
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(departments, staff, groups, group, members, lost, conflicts, aside, retry, refused)
}

#[derive(Serialize, ToSchema)]
struct WecomDepartment {
    id: i64,
    name: String,
    parent: i64,
    /// Userids.
    leaders: Vec<String>,
    /// Code of the store of that name.
    store: Option<String>,
    staff: i64,
}

/// Lists the departments the app can see.
///
/// 应用可见的部门。
#[utoipa::path(get, path = "/wecom/departments", tag = "WeCom", responses((status = 200, body = Items<WecomDepartment>)))]
async fn departments(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<WecomDepartment>>> {
    let rows = app.run(|app| app.db.read(|tx| app.contacts.departments(tx))).await?;
    let out = rows.into_iter().map(|row| WecomDepartment {
        id: row.id,
        name: row.name,
        parent: row.parent,
        leaders: row.leaders,
        store: row.store,
        staff: row.staff,
    });
    Ok(Json(Items::all(out.collect())))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WecomStaffParams {
    department: Option<i64>,
    /// Part of a name or userid.
    q: Option<String>,
    /// Only those who may have customers.
    serving: Option<bool>,
    /// Those who have left, too.
    gone: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WecomStaff {
    userid: String,
    name: String,
    departments: Vec<i64>,
    position: String,
    /// 1 active, 2 disabled, 4 not activated, 5 left.
    status: i64,
    /// Whether they may have customers.
    serves: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    gone_at: Option<Time>,
    store: Option<String>,
    customers: i64,
    lost: i64,
}

/// Lists staff, in the order of their userids.
///
/// 员工列表。
#[utoipa::path(get, path = "/wecom/staff", tag = "WeCom", params(WecomStaffParams), responses((status = 200, body = Items<WecomStaff>)))]
async fn staff(
    _: May<PeopleRead>,
    Query(q): Query<WecomStaffParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WecomStaff>>> {
    let query = StaffQuery {
        department: q.department,
        text: q.q,
        serving: q.serving.unwrap_or(false),
        gone: q.gone.unwrap_or(false),
        after: page.after,
        limit: page.limit as i64,
    };
    let rows = app.run(move |app| app.db.read(|tx| app.contacts.staff(tx, &query))).await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.key.clone());
    let out = rows.into_iter().map(|row| WecomStaff {
        userid: row.userid,
        name: row.name,
        departments: row.departments,
        position: row.position,
        status: row.status,
        serves: row.serves,
        gone_at: row.gone_at,
        store: row.store,
        customers: row.customers,
        lost: row.lost,
    });
    Ok(Json(Items::new(out.collect(), next)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WecomGroupParams {
    /// A userid.
    owner: Option<String>,
    /// Part of the name.
    q: Option<String>,
    /// Groups that were dismissed, too.
    dismissed: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WecomGroup {
    id: String,
    name: String,
    owner: String,
    owner_name: String,
    notice: String,
    /// 0 normal, 1 owner has left, 2 being handed over, 3 handed over.
    status: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    dismissed_at: Option<Time>,
    members: i64,
    /// Members from outside.
    customers: i64,
}

impl From<GroupRow> for WecomGroup {
    fn from(row: GroupRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            owner: row.owner,
            owner_name: row.owner_name,
            notice: row.notice,
            status: row.status,
            created_at: row.created_at,
            dismissed_at: row.dismissed_at,
            members: row.members,
            customers: row.customers,
        }
    }
}

/// Lists customer groups, in the order of their ids.
///
/// 客户群列表。
#[utoipa::path(get, path = "/wecom/groups", tag = "WeCom", params(WecomGroupParams), responses((status = 200, body = Items<WecomGroup>)))]
async fn groups(
    _: May<PeopleRead>,
    Query(q): Query<WecomGroupParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WecomGroup>>> {
    let query = GroupQuery {
        owner: q.owner,
        text: q.q,
        dismissed: q.dismissed.unwrap_or(false),
        after: page.after,
        limit: page.limit as i64,
    };
    let rows = app.run(move |app| app.db.read(|tx| app.contacts.groups(tx, &query))).await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.clone());
    Ok(Json(Items::new(rows.into_iter().map(WecomGroup::from).collect(), next)))
}

/// Shows one customer group.
///
/// 客户群详情。
///
/// Errors: `wecom_group_unknown`.
#[utoipa::path(get, path = "/wecom/groups/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = WecomGroup)))]
async fn group(_: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<WecomGroup>> {
    let row = app.run(move |app| app.db.read(|tx| app.contacts.group(tx, &id))).await?;
    Ok(Json(row.into()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WecomMemberParams {
    /// Those who have left, too.
    left: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WecomMember {
    userid: String,
    /// 1 staff, 2 from outside.
    kind: i64,
    /// Only of people the reader may see.
    person: Option<String>,
    name: String,
    nickname: String,
    #[schema(value_type = String, format = DateTime)]
    join_at: Time,
    /// 1 invited, 2 invitation link, 3 code.
    join_scene: i64,
    invitor: String,
    state: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    left_at: Option<Time>,
}

/// Whether somebody who reads only some stores may see this person.
fn seen(app: &App, tx: &mut Tx<'_>, reader: &Reader, num: PersonNum) -> Result<bool, Refusal> {
    if matches!(reader.scope, Scope::All) {
        return Ok(true);
    }
    let root = app.people.roots(tx, &[num])?[0];
    audience(app).visible(tx, root, &reader.scope)
}

/// Lists who is in a group. Customers of other stores are shown without name and person.
///
/// 群成员列表；其他门店的客户不显示姓名与客户编号。
///
/// Errors: `wecom_group_unknown`.
#[utoipa::path(get, path = "/wecom/groups/{id}/members", tag = "WeCom", params(("id" = String, Path), WecomMemberParams), responses((status = 200, body = Items<WecomMember>)))]
async fn members(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<WecomMemberParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WecomMember>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let left = q.left.unwrap_or(false);
            let rows = app.contacts.members(tx, &id, left, page.after.as_deref(), page.limit as i64)?;
            let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.userid.clone());
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                let open = match row.num {
                    Some(num) => seen(app, tx, &reader, num)?,
                    None => true,
                };
                out.push(WecomMember {
                    userid: row.userid,
                    kind: row.kind,
                    person: row.num.filter(|_| open).map(|num| app.people.id(num)),
                    name: if open { row.name } else { String::new() },
                    nickname: if open { row.nickname } else { String::new() },
                    join_at: row.join_at,
                    join_scene: row.join_scene,
                    invitor: row.invitor,
                    state: row.state,
                    left_at: row.left_at,
                });
            }
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WecomLostParams {
    /// A userid.
    staff: Option<String>,
    /// `customer`, `staff`, `transfer`, `staff_left` or `unknown`.
    by: Option<String>,
    #[param(value_type = Option<String>)]
    from: Option<Time>,
    #[param(value_type = Option<String>)]
    to: Option<Time>,
    #[param(minimum = 1, maximum = 200)]
    #[allow(dead_code, reason = "read by Paging")]
    limit: Option<u32>,
    #[allow(dead_code, reason = "read by Paging")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WecomLost {
    person: String,
    external_userid: String,
    name: String,
    staff: String,
    staff_name: String,
    /// Userids of those who lead the member's departments.
    managers: Vec<String>,
    channel: String,
    #[schema(value_type = String, format = DateTime)]
    added_at: Time,
    #[schema(value_type = String, format = DateTime)]
    lost_at: Time,
    by: String,
    /// Members of staff who still have this customer.
    others: i64,
}

fn lost_token(after: &str) -> Option<(Time, String, String)> {
    let mut parts = after.splitn(3, '|');
    Some((Time(parts.next()?.parse().ok()?), parts.next()?.to_owned(), parts.next()?.to_owned()))
}

/// Lists customers that were lost, newest first. Readers limited to some stores see their customers only.
///
/// 流失客户列表，新的在前；仅看部分门店的用户只看到自己的客户。
///
/// Errors: `page_token`.
#[utoipa::path(get, path = "/wecom/lost", tag = "WeCom", params(WecomLostParams), responses((status = 200, body = Items<WecomLost>)))]
async fn lost(
    may: May<PeopleRead>,
    Query(q): Query<WecomLostParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WecomLost>>> {
    let caller = may.caller;
    let wrong = || {
        let en = "This page token is not one we gave out; start from the first page.";
        Refusal::invalid("page_token", en, "分页标记无效，请从第一页重新开始。").field("after")
    };
    let after = page.after.as_deref().map(|after| lost_token(after).ok_or_else(wrong)).transpose()?;
    let query = LostQuery { staff: q.staff, by: q.by, from: q.from, to: q.to, after, limit: page.limit as i64 };
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let rows = app.contacts.lost(tx, &query)?;
            let token = |row: &siyu_contacts::LostRow| format!("{}|{}|{}", row.lost_at.0, row.contact, row.staff);
            let next = rows.last().filter(|_| rows.len() == page.limit).map(token);
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                if !seen(app, tx, &reader, row.num)? {
                    continue;
                }
                out.push(WecomLost {
                    person: app.people.id(row.num),
                    external_userid: row.contact,
                    name: row.name,
                    staff: row.userid,
                    staff_name: row.staff_name,
                    managers: row.managers,
                    channel: row.state,
                    added_at: row.added_at,
                    lost_at: row.lost_at,
                    by: row.by,
                    others: row.others,
                });
            }
            Ok(Items::new(out, next))
        })
    });
    answer.await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct WecomConflict {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// `tag`, `untag` or `remark`.
    kind: String,
    external_userid: String,
    name: String,
    staff: String,
    tag: String,
    /// `here` or `wecom`.
    winner: String,
    reason: String,
    detail: String,
}

/// Lists changes on which this workspace and WeCom did not agree, and who won.
///
/// 双向同步冲突记录：哪一方为准及原因。
#[utoipa::path(get, path = "/wecom/conflicts", tag = "WeCom", params(crate::extract::PagingParams), responses((status = 200, body = Items<WecomConflict>)))]
async fn conflicts(_: May<TagsWrite>, page: Paging, State(app): State<App>) -> Answer<Json<Items<WecomConflict>>> {
    let before = number_after(page.after.as_deref())?;
    let limit = page.limit as i64;
    let rows = app.run(move |app| app.db.read(|tx| app.contacts.conflicts(tx, before, limit))).await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
    let out = rows.into_iter().map(|row| WecomConflict {
        id: row.id.to_string(),
        at: row.at,
        kind: row.kind,
        external_userid: row.contact,
        name: row.name,
        staff: row.staff,
        tag: row.tag,
        winner: row.winner,
        reason: row.reason,
        detail: row.detail,
    });
    Ok(Json(Items::new(out.collect(), next)))
}

#[derive(Serialize, ToSchema)]
struct WecomAside {
    id: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    received_at: Time,
    reason: String,
    /// The decrypted message.
    body: String,
}

/// Lists callbacks that nobody could do anything with, newest first. Recorded: they may name customers.
///
/// 搁置的回调及原因，新的在前；查看会记入审计。
#[utoipa::path(get, path = "/wecom/inbox/aside", tag = "WeCom", params(crate::extract::PagingParams), responses((status = 200, body = Items<WecomAside>)))]
async fn aside(may: May<SettingsWrite>, page: Paging, State(app): State<App>) -> Answer<Json<Items<WecomAside>>> {
    let before = number_after(page.after.as_deref())?;
    let (caller, limit): (Caller, i64) = (may.caller, page.limit as i64);
    let rows = app.run(move |app| {
        app.access.record(app.now(), &caller.actor, "wecom.inbox_read", None, &json!({}))?;
        app.db.read(|tx| app.contacts.aside(tx, before, limit))
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
    let out = rows.into_iter().map(|row| WecomAside {
        id: row.id.to_string(),
        name: row.name,
        received_at: row.received_at,
        reason: row.reason,
        body: row.body,
    });
    Ok(Json(Items::new(out.collect(), next)))
}

/// Puts a callback that was set aside back among those that wait.
///
/// 重新处理搁置的回调。
///
/// Errors: `wecom_callback_unknown`.
#[utoipa::path(post, path = "/wecom/inbox/aside/{id}/retry", tag = "WeCom", params(("id" = String, Path)), responses((status = 204)))]
async fn retry(may: May<SettingsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let number = id.parse::<i64>().unwrap_or(-1);
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            app.contacts.retry_aside(tx, number, app.now())?;
            note(app, tx, &caller, "wecom.inbox_retry", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}

#[derive(Serialize, ToSchema)]
struct WecomRefused {
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// `signature_wrong`, `stale` and so on.
    reason: String,
    detail: String,
    bytes: i64,
}

/// Lists deliveries that were not let in, newest first: at most one a second for each reason is written down.
///
/// 被拒绝的回调（签名错误、时间戳过期等），每种原因每秒最多记录一条。
#[utoipa::path(get, path = "/wecom/inbox/refused", tag = "WeCom", responses((status = 200, body = Items<WecomRefused>)))]
async fn refused(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Items<WecomRefused>>> {
    let rows = app.run(|app| app.db.read(|tx| app.contacts.refused(tx, 200))).await?;
    let out = rows.into_iter().map(|row| WecomRefused {
        at: row.at,
        reason: row.reason,
        detail: row.detail,
        bytes: row.bytes,
    });
    Ok(Json(Items::all(out.collect())))
}
