//! The customer group a guide's page stands beside.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::guide_seat::Staff;
use crate::people_reader::read;
use crate::{App, At, Endpoints, Items, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use siyu_access::Permission;
use siyu_guides::GroupNumbers;
use siyu_kernel::Time;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(get, members)
}

#[derive(Serialize, ToSchema)]
struct GuideGroup {
    chat_id: String,
    name: String,
    owner: String,
    owner_name: String,
    notice: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    members: i64,
    /// Members from outside.
    customers: i64,
    /// Of these: friends of somebody of the corp; friends of the caller; who has bought.
    known: i64,
    mine: i64,
    buyers: i64,
    /// Who came and who left in the last seven days.
    joined: i64,
    left: i64,
}

impl From<GroupNumbers> for GuideGroup {
    fn from(own: GroupNumbers) -> Self {
        let GroupNumbers {
            chat,
            name,
            owner,
            owner_name,
            notice,
            created_at,
            members,
            customers,
            known,
            mine,
            buyers,
            joined,
            left,
        } = own;
        Self {
            chat_id: chat,
            name,
            owner,
            owner_name,
            notice,
            created_at,
            members,
            customers,
            known,
            mine,
            buyers,
            joined,
            left,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct GuideMember {
    name: String,
    /// From outside, rather than staff.
    outside: bool,
    #[schema(value_type = String, format = DateTime)]
    join_at: Time,
    /// A friend of somebody of the corp.
    known: bool,
    /// Opens the customer, for those the caller looks after.
    external_userid: Option<String>,
    /// Orders of those the caller looks after.
    orders: Option<i64>,
}

/// Shows a customer group the caller or their staff are in, with its numbers.
///
/// 侧边栏群信息：人数、好友、购买人数与近 7 天进退群。
///
/// Errors: `guide_group_unknown`.
#[utoipa::path(get, path = "/guide/groups/{chat_id}", tag = "Guide", params(("chat_id" = String, Path)), responses((status = 200, body = GuideGroup)))]
async fn get(me: Staff, At(chat): At<String>, State(app): State<App>) -> Answer<Json<GuideGroup>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            me.caller.must(Permission::PeopleRead)?;
            Ok(app.guides.group(tx, &me.seat, &chat)?.into())
        })
    });
    answer.await.map(Json)
}

/// Lists who is in a customer group, and who of them is a customer the caller looks after.
///
/// 群成员，并标明哪些是自己负责的客户。
///
/// Errors: `guide_group_unknown`.
#[utoipa::path(get, path = "/guide/groups/{chat_id}/members", tag = "Guide", params(("chat_id" = String, Path), PagingParams), responses((status = 200, body = Items<GuideMember>)))]
async fn members(
    me: Staff,
    At(chat): At<String>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<GuideMember>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            me.caller.must(Permission::PeopleRead)?;
            let limit = paging.limit as i64 + 1;
            let mut rows = app.guides.group_members(tx, &me.seat, &chat, paging.after.as_deref(), limit)?;
            let more = rows.len() > paging.limit;
            rows.truncate(paging.limit);
            let next = rows.last().filter(|_| more).map(|row| row.userid.clone());
            let out = rows.into_iter().map(|row| GuideMember {
                name: row.name,
                outside: row.outside,
                join_at: row.join_at,
                known: row.known,
                orders: row.seen.then_some(row.orders),
                external_userid: row.seen.then_some(row.userid),
            });
            Ok(Items::new(out.collect(), next))
        })
    });
    answer.await.map(Json)
}
