//! What is mirrored of WeCom: departments, staff, groups, losses. Readers limited to some stores see what is their staff's.

use crate::auth::Caller;
use crate::error::Answer;
use crate::gate::{PeopleRead, SettingsWrite};
use crate::people_reader::{Reader, note, read, sees, write};
use crate::reply::page_of;
use crate::{App, At, Body, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_contacts::{DepartmentRow, GroupQuery, GroupRow, LostQuery, LostRow, StaffQuery, StaffRow};
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(departments, choose_store, staff, groups, group, members, lost)
}

/// Answers from one snapshot, for whoever asks.
async fn asked<T: Send + 'static>(
    app: &App,
    caller: Caller,
    work: impl Fn(&App, &mut Tx<'_>, &Reader) -> Result<T, Refusal> + Send + 'static,
) -> Answer<Json<T>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            work(app, tx, &reader)
        })
    });
    answer.await.map(Json)
}

/// Where the next page begins, when this one is full.
fn next_of<R>(rows: &[R], page: &Paging, token: impl Fn(&R) -> String) -> Option<String> {
    rows.last().filter(|_| rows.len() == page.limit).map(token)
}

#[derive(Serialize, ToSchema)]
struct WecomDepartment {
    id: i64,
    name: String,
    parent: i64,
    /// Userids.
    leaders: Vec<String>,
    /// The store's code: as chosen, else of the store that has this name or code.
    store: Option<String>,
    /// Whether it was chosen.
    chosen: bool,
    staff: i64,
}

impl From<DepartmentRow> for WecomDepartment {
    fn from(row: DepartmentRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            parent: row.parent,
            leaders: row.leaders,
            store: row.store,
            chosen: row.chosen,
            staff: row.staff,
        }
    }
}

/// Lists the departments the app can see.
///
/// 应用可见的部门。
#[utoipa::path(get, path = "/wecom/departments", tag = "WeCom", responses((status = 200, body = Items<WecomDepartment>)))]
async fn departments(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<WecomDepartment>>> {
    asked(&app, may.caller, |app, tx, _| Ok(page_of(app.contacts.departments(tx)?, None, WecomDepartment::from))).await
}

/// `store`: a code, `""` for none, null for the store that has the department's name or code.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WecomDepartmentStore {
    store: Option<String>,
}

/// Says which store a department is. What happens from here on carries it.
///
/// 指定部门对应的门店；之后的事件按此归属。
///
/// Errors: `wecom_department_unknown`, `wecom_department_store`.
#[utoipa::path(put, path = "/wecom/departments/{id}/store", tag = "WeCom", params(("id" = i64, Path)), request_body = WecomDepartmentStore, responses((status = 200, body = Items<WecomDepartment>)))]
async fn choose_store(
    may: May<SettingsWrite>,
    At(id): At<i64>,
    State(app): State<App>,
    Body(input): Body<WecomDepartmentStore>,
) -> Answer<Json<Items<WecomDepartment>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            app.contacts.choose_store(tx, id, input.store.as_deref())?;
            note(app, tx, &caller, "wecom.department_store", &id.to_string(), &json!({ "store": input.store }))?;
            Ok(page_of(app.contacts.departments(tx)?, None, WecomDepartment::from))
        })
    });
    answer.await.map(Json)
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

impl From<StaffRow> for WecomStaff {
    fn from(row: StaffRow) -> Self {
        Self {
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
        }
    }
}

/// Lists staff, in the order of their userids. Readers limited to some stores see their staff, a guide themselves.
///
/// 员工列表；仅看部分门店的用户只看到本门店员工，导购只看到自己。
#[utoipa::path(get, path = "/wecom/staff", tag = "WeCom", params(WecomStaffParams), responses((status = 200, body = Items<WecomStaff>)))]
async fn staff(
    may: May<PeopleRead>,
    Query(q): Query<WecomStaffParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WecomStaff>>> {
    let query = StaffQuery {
        department: q.department,
        text: q.q,
        serving: q.serving.unwrap_or(false),
        gone: q.gone.unwrap_or(false),
        only: None,
        after: page.after.clone(),
        limit: page.limit as i64,
    };
    let answer = asked(&app, may.caller, move |app, tx, reader| {
        let query = StaffQuery { only: reader.staff(tx)?, ..query.clone() };
        let rows = app.contacts.staff(tx, &query)?;
        let next = next_of(&rows, &page, |row| row.key.clone());
        Ok(page_of(rows, next, WecomStaff::from))
    });
    answer.await
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

/// Lists customer groups, in the order of their ids. Readers limited to some stores see those of their staff, a guide their own.
///
/// 客户群列表；仅看部分门店的用户只看到本门店员工的群，导购只看到自己的群。
#[utoipa::path(get, path = "/wecom/groups", tag = "WeCom", params(WecomGroupParams), responses((status = 200, body = Items<WecomGroup>)))]
async fn groups(
    may: May<PeopleRead>,
    Query(q): Query<WecomGroupParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WecomGroup>>> {
    let query = GroupQuery {
        owner: q.owner,
        owners: None,
        text: q.q,
        dismissed: q.dismissed.unwrap_or(false),
        after: page.after.clone(),
        limit: page.limit as i64,
    };
    let answer = asked(&app, may.caller, move |app, tx, reader| {
        let query = GroupQuery { owners: reader.staff(tx)?, ..query.clone() };
        let rows = app.contacts.groups(tx, &query)?;
        let next = next_of(&rows, &page, |row| row.id.clone());
        Ok(page_of(rows, next, WecomGroup::from))
    });
    answer.await
}

/// A group of somebody else's staff is unknown to the reader.
fn group_of(app: &App, tx: &mut Tx<'_>, reader: &Reader, id: &str) -> Result<GroupRow, Refusal> {
    let row = app.contacts.group(tx, id)?;
    let owner = row.owner.to_lowercase();
    match reader.staff(tx)? {
        Some(staff) if !staff.contains(&owner) => Err(siyu_contacts::group_unknown()),
        _ => Ok(row),
    }
}

/// Shows one customer group.
///
/// 客户群详情。
///
/// Errors: `wecom_group_unknown`.
#[utoipa::path(get, path = "/wecom/groups/{id}", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = WecomGroup)))]
async fn group(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<WecomGroup>> {
    asked(&app, may.caller, move |app, tx, reader| Ok(group_of(app, tx, reader, &id)?.into())).await
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
    let answer = asked(&app, may.caller, move |app, tx, reader| {
        group_of(app, tx, reader, &id)?;
        let left = q.left.unwrap_or(false);
        let rows = app.contacts.members(tx, &id, left, page.after.as_deref(), page.limit as i64)?;
        let next = next_of(&rows, &page, |row| row.userid.clone());
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let open = match row.num {
                Some(num) => sees(app, tx, reader, num)?,
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
    });
    answer.await
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
    /// Only of people the reader may see: whoever lost a customer may not see them any more.
    person: Option<String>,
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

fn lost_row(app: &App, tx: &mut Tx<'_>, reader: &Reader, row: LostRow) -> Result<WecomLost, Refusal> {
    Ok(WecomLost {
        person: if sees(app, tx, reader, row.num)? { Some(app.people.id(row.num)) } else { None },
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
    })
}

/// Lists customers that were lost, newest first. Readers limited to some stores see what their staff lost, a guide their own losses.
///
/// 流失客户列表，新的在前；仅看部分门店的用户只看到本门店员工流失的客户，导购只看到自己的。
///
/// Errors: `page_token`.
#[utoipa::path(get, path = "/wecom/lost", tag = "WeCom", params(WecomLostParams), responses((status = 200, body = Items<WecomLost>)))]
async fn lost(
    may: May<PeopleRead>,
    Query(q): Query<WecomLostParams>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<WecomLost>>> {
    let wrong = || {
        let en = "This page token is not one we gave out; start from the first page.";
        Refusal::invalid("page_token", en, "分页标记无效，请从第一页重新开始。").field("after")
    };
    let after = page.after.as_deref().map(|after| lost_token(after).ok_or_else(wrong)).transpose()?;
    let limit = page.limit as i64;
    let query = LostQuery { staff: q.staff, by: q.by, only: None, from: q.from, to: q.to, after, limit };
    let answer = asked(&app, may.caller, move |app, tx, reader| {
        let query = LostQuery { only: reader.staff(tx)?, ..query.clone() };
        let rows = app.contacts.lost(tx, &query)?;
        let next = next_of(&rows, &page, |row| format!("{}|{}|{}", row.lost_at.0, row.contact, row.staff));
        let out = rows.into_iter().map(|row| lost_row(app, tx, reader, row)).collect::<Result<_, _>>()?;
        Ok(Items::new(out, next))
    });
    answer.await
}
