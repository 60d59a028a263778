//! WeCom on a person: whose customer they are, since when, through what, in which groups.

use crate::error::Answer;
use crate::gate::{PeopleRead, PeopleWrite};
use crate::people_reader::{Reader, by, masked, note, note_look, read, write};
use crate::{App, At, Body, Endpoints, Items, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_contacts::{ContactRow, FollowRow, RemarkIn};
use siyu_kernel::{PersonNum, Refusal, Time};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(contacts, remark)
}

#[derive(Serialize, ToSchema)]
struct WecomContact {
    external_userid: String,
    name: String,
    avatar: String,
    /// 1 WeChat, 2 WeCom of another corp.
    kind: i64,
    corp_name: String,
    relations: Vec<WecomRelation>,
    groups: Vec<WecomMembership>,
}

#[derive(Serialize, ToSchema)]
struct WecomRelation {
    staff: String,
    staff_name: String,
    remark: String,
    description: String,
    company: String,
    /// Masked for readers without `people.unmask`.
    mobiles: Vec<String>,
    add_way: i64,
    /// In the reader's language.
    add_way_label: &'static str,
    /// The state of the code they came by.
    channel: String,
    #[schema(value_type = String, format = DateTime)]
    added_at: Time,
    /// `friends`, `half` or `lost`.
    status: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    lost_at: Option<Time>,
    lost_by: Option<String>,
    tags: Vec<WecomRelationTag>,
    /// Whether a change made here has yet to reach WeCom.
    pending: bool,
}

#[derive(Serialize, ToSchema)]
struct WecomRelationTag {
    id: String,
    name: String,
    /// The tag that stands for it here.
    tag: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct WecomMembership {
    group: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    join_at: Time,
    channel: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    left_at: Option<Time>,
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WecomRemarkIn {
    /// At most 20 characters.
    remark: Option<String>,
    /// At most 150 characters.
    description: Option<String>,
    /// Replaces all phones of the remark.
    mobiles: Option<Vec<String>>,
}

fn relation(row: FollowRow, full: bool, zh: bool) -> WecomRelation {
    let hide = |phone: String| match masked(&Value::from(phone)) {
        Value::String(text) => text,
        _ => String::new(),
    };
    let (en_way, zh_way) = siyu_wecom::add_way(row.add_way);
    WecomRelation {
        staff: row.userid,
        staff_name: row.staff_name,
        remark: row.remark,
        description: row.description,
        company: row.company,
        mobiles: if full { row.mobiles } else { row.mobiles.into_iter().map(hide).collect() },
        add_way: row.add_way,
        add_way_label: if zh { zh_way } else { en_way },
        channel: row.state,
        added_at: row.created_at,
        status: row.status,
        lost_at: row.lost_at,
        lost_by: row.lost_by,
        tags: row
            .tags
            .into_iter()
            .map(|tag| WecomRelationTag { id: tag.id, name: tag.name, tag: tag.local_id })
            .collect(),
        pending: row.pending,
    }
}

fn shown(app: &App, caller: &crate::auth::Caller, id: &str) -> Result<Items<WecomContact>, Refusal> {
    let zh = caller.locale == siyu_access::Locale::Zh;
    let (rows, root, full, recorded): (Vec<ContactRow>, PersonNum, bool, bool) = read(app, |tx| {
        let reader = Reader::new(app, tx, caller)?;
        let (_, root) = reader.find(app, tx, id)?;
        let nodes = app.people.nodes(tx, root)?;
        Ok((app.contacts.contacts_of(tx, &nodes)?, root, reader.full, reader.recorded))
    })?;
    let any = rows.iter().flat_map(|row| &row.follows).any(|own| !own.mobiles.is_empty());
    if full && recorded && any {
        note_look(app, caller, &app.people.id(root), "wecom")?;
    }
    let out = rows.into_iter().map(|row| WecomContact {
        external_userid: row.id,
        name: row.name,
        avatar: row.avatar,
        kind: row.kind,
        corp_name: row.corp_name,
        relations: row.follows.into_iter().map(|own| relation(own, full, zh)).collect(),
        groups: row
            .groups
            .into_iter()
            .map(|own| WecomMembership {
                group: own.chat,
                name: own.name,
                join_at: own.join_at,
                channel: own.state,
                left_at: own.left_at,
            })
            .collect(),
    });
    Ok(Items::all(out.collect()))
}

/// Lists the WeCom customers a person is, with their relations to staff and their groups.
///
/// 客户的企业微信身份：员工好友关系与所在客户群。
///
/// Errors: `person_unknown`.
#[utoipa::path(get, path = "/people/{id}/wecom", tag = "WeCom", params(("id" = String, Path)), responses((status = 200, body = Items<WecomContact>)))]
async fn contacts(
    may: May<PeopleRead>,
    At(id): At<String>,
    State(app): State<App>,
) -> Answer<Json<Items<WecomContact>>> {
    let caller = may.caller;
    app.run(move |app| shown(app, &caller, &id)).await.map(Json)
}

/// Edits the remark of a relation. It is shown as WeCom has it until WeCom has taken the change.
///
/// 修改员工对客户的备注；企业微信生效前显示原值。
///
/// Errors: `person_unknown`, `wecom_follow_unknown`, `wecom_remark`.
#[utoipa::path(patch, path = "/people/{id}/wecom/{external_userid}/{staff}", tag = "WeCom", params(("id" = String, Path), ("external_userid" = String, Path), ("staff" = String, Path)), request_body = WecomRemarkIn, responses((status = 200, body = Items<WecomContact>)))]
async fn remark(
    may: May<PeopleWrite>,
    At((id, contact, staff)): At<(String, String, String)>,
    State(app): State<App>,
    Body(input): Body<WecomRemarkIn>,
) -> Answer<Json<Items<WecomContact>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (unit_caller, person) = (caller.clone(), id.clone());
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &unit_caller)?;
            let (_, root) = reader.find(app, tx, &person)?;
            let nodes = app.people.nodes(tx, root)?;
            // A relation of somebody else is unknown under this person.
            if !app.contacts.contacts_of(tx, &nodes)?.iter().any(|own| own.id == contact) {
                return Err(siyu_contacts::follow_unknown());
            }
            let change = RemarkIn {
                remark: input.remark.clone(),
                description: input.description.clone(),
                mobiles: input.mobiles.clone(),
            };
            app.contacts.edit_remark(tx, &contact, &staff, &change, &by(&unit_caller), app.now())?;
            let detail = json!({ "external_userid": contact, "staff": staff });
            note(app, tx, &unit_caller, "wecom.remark", &app.people.id(root), &detail)
        })?;
        shown(app, &caller, &id)
    });
    answer.await.map(Json)
}
