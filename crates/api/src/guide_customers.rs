//! The customers of a guide: the list, and everything beside the chat with one of them.

use crate::commerce::{OrderOut, order_out};
use crate::error::Answer;
use crate::extract::PagingParams;
use crate::guide_next::known;
use crate::guide_seat::Staff;
use crate::guide_shapes::{GuideNote, GuideTask, unit};
use crate::people_history::{PersonEvent, PersonEventQuery, cursor, event_out, orders_page, page};
use crate::people_out::{
    PersonIdentifier, PersonOrders, TagRef, has_hidden, identifier, order_totals, tag_ref, tags_now, traits,
};
use crate::people_reader::{by, note, note_look, read};
use crate::{App, At, Body, Endpoints, Items, NoContent, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use siyu_access::Permission;
use siyu_contacts::RemarkIn;
use siyu_guides::actions::{self, Action};
use siyu_guides::{Customer, CustomerQuery, ScriptQuery, TaskQuery};
use siyu_kernel::{Refusal, Time};
use siyu_people::{TagKind, TagMark};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, get, remark, tags, give_tag, take_tag, timeline, orders, notes, write_note, drop_note, stage)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideCustomerQuery {
    /// Part of a name or remark.
    q: Option<String>,
    /// `new` (friends for 7 days at most), `bought`, `no_order` or `lapsed` (last order 60 days ago or more).
    only: Option<String>,
    /// A follow-up stage's id.
    stage: Option<String>,
    /// A tag's id.
    tag: Option<String>,
    /// A member of staff the caller looks after.
    staff: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct GuideCustomerRow {
    external_userid: String,
    person_id: String,
    name: String,
    remark: String,
    avatar: String,
    /// Whose friend they are.
    staff: String,
    staff_name: String,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
    /// False while the customer has not accepted.
    mutual: bool,
    stage: Option<String>,
    tags: Vec<TagRef>,
    orders: PersonOrders,
}

#[derive(Serialize, ToSchema)]
struct GuideCustomer {
    external_userid: String,
    person_id: String,
    name: String,
    avatar: String,
    relation: GuideRelation,
    /// Phones and addresses, hidden from roles without `people.unmask`.
    identifiers: Vec<PersonIdentifier>,
    #[schema(value_type = Object)]
    traits: Map<String, Value>,
    tags: Vec<TagRef>,
    stage: Option<GuidePlace>,
    standing: GuideStanding,
    orders: PersonOrders,
    /// Names of the customer groups they are in.
    groups: Vec<String>,
    actions: Vec<GuideAction>,
    /// Open tasks of the caller's staff for them.
    tasks: Vec<GuideTask>,
    /// The last three.
    notes: Vec<GuideNote>,
}

#[derive(Serialize, ToSchema)]
struct GuideRelation {
    staff: String,
    staff_name: String,
    /// Whether it is the caller's own.
    mine: bool,
    mutual: bool,
    remark: String,
    description: String,
    /// In the reader's language.
    add_way: &'static str,
    /// The state of the code they came by.
    channel: String,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
}

#[derive(Serialize, ToSchema)]
struct GuidePlace {
    id: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    staff: String,
}

#[derive(Serialize, ToSchema)]
struct GuideStanding {
    /// `prospect`, `new`, `active`, `at_risk` or `lost`.
    stage: &'static str,
    /// `ordinary`, `loyal` or `super_vip`.
    tier: &'static str,
    loyal: bool,
    /// 0 to 100.
    score: u32,
}

#[derive(Serialize, ToSchema)]
struct GuideAction {
    /// `unpaid`, `greet`, `birthday`, `win_back`, `replenish` or `lost_risk`.
    code: &'static str,
    /// In the reader's language.
    reason: String,
    /// What could be said, ready to be sent; the brand's own script for it when there is one.
    text: String,
    /// That script.
    script: Option<String>,
}

/// Fields that are absent stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideRemarkIn {
    /// At most 20 characters.
    remark: Option<String>,
    /// At most 150 characters.
    description: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideTagIn {
    tag_id: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideNoteIn {
    /// 1 to 1000 characters.
    text: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideStageIn {
    stage: String,
}

#[derive(Serialize, ToSchema)]
struct GuideTagGroup {
    name: String,
    tags: Vec<GuideTag>,
}

#[derive(Serialize, ToSchema)]
struct GuideTag {
    id: String,
    name: String,
    color: String,
}

/// Lists the caller's customers, the newest friendship first.
///
/// 我的客户：按添加时间倒序，支持搜索与筛选；店长可查看本店员工的客户。
///
/// Errors: `guide_filter`, `guide_staff_unknown`, `page_token`.
#[utoipa::path(get, path = "/guide/customers", tag = "Guide", params(GuideCustomerQuery, PagingParams), responses((status = 200, body = Items<GuideCustomerRow>)))]
async fn list(
    me: Staff,
    Query(query): Query<GuideCustomerQuery>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<GuideCustomerRow>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            me.caller.must(Permission::PeopleRead)?;
            let reader = me.reader(app, tx)?;
            let asked = CustomerQuery {
                text: query.q.clone(),
                only: query.only.clone(),
                stage: query.stage.clone(),
                tag: query.tag.clone(),
                staff: query.staff.clone(),
                after: paging.after.clone(),
                limit: paging.limit as i64 + 1,
            };
            let mut found = app.guides.customers(tx, &me.seat, &asked)?;
            let more = found.len() > paging.limit;
            found.truncate(paging.limit);
            let next = found.last().filter(|_| more).map(|row| row.token.clone());
            let roots: Vec<_> = found.iter().map(|row| row.customer.root).collect();
            let (profiles, totals) = (app.people.profiles(tx, &roots)?, reader.totals(tx, &roots)?);
            let rows = found.into_iter().map(|row| {
                let profile = profiles.iter().find(|profile| profile.root == row.customer.root);
                let Customer { contact, root, name, avatar, relation, .. } = row.customer;
                GuideCustomerRow {
                    external_userid: contact,
                    person_id: app.people.id(root),
                    name: profile.and_then(|own| own.name()).unwrap_or(name),
                    remark: relation.remark,
                    avatar,
                    staff: relation.userid,
                    staff_name: relation.staff_name,
                    since: relation.since,
                    mutual: relation.mutual,
                    stage: row.stage,
                    tags: profile.map_or_else(Vec::new, |own| tags_now(own, reader.ctx.now).map(tag_ref).collect()),
                    orders: order_totals(&totals, root, reader.ctx.currency),
                }
            });
            Ok(Items::new(rows.collect(), next))
        })
    });
    answer.await.map(Json)
}

fn shown(app: &App, me: &Staff, id: &str) -> Result<GuideCustomer, Refusal> {
    let (out, opened) = read(app, |tx| {
        me.caller.must(Permission::PeopleRead)?;
        let reader = me.reader(app, tx)?;
        let customer = app.guides.customer(tx, &me.seat, id)?;
        let profile = app.people.profile(tx, customer.root)?;
        let stands = app.audience.stands(tx, customer.root, &reader.ctx)?;
        let now = known(app, tx, &reader, &me.seat, &customer, (&profile, &stands))?;
        let actions = with_scripts(app, tx, me, actions::next(&now.facts), &now.words)?;
        let query = TaskQuery {
            staff: Some(String::new()),
            nodes: Some(profile.nodes.clone()),
            limit: 20,
            ..TaskQuery::default()
        };
        let tasks = app.guides.tasks(tx, &me.seat, &query)?;
        let (notes, _) = app.guides.notes(tx, &me.seat, &profile.nodes, None, 3)?;
        let place = app.guides.place(tx, &profile.nodes)?;
        let groups = app.contacts.contacts_of(tx, &profile.nodes)?.into_iter().flat_map(|own| own.groups);
        let groups: Vec<String> = groups.filter(|own| own.left_at.is_none()).map(|own| own.name).collect();
        let totals = reader.totals(tx, &[customer.root])?;
        let (en, zh) = siyu_wecom::add_way(customer.relation.add_way);
        let Customer { contact, root, name, avatar, relation, .. } = customer;
        let out = GuideCustomer {
            external_userid: contact,
            person_id: app.people.id(root),
            name: profile.name().unwrap_or(name),
            avatar,
            relation: GuideRelation {
                staff: relation.userid,
                staff_name: relation.staff_name,
                mine: relation.mine,
                mutual: relation.mutual,
                remark: relation.remark,
                description: relation.description,
                add_way: if me.zh() { zh } else { en },
                channel: relation.state,
                since: relation.since,
            },
            identifiers: profile
                .identifiers
                .iter()
                .filter(|row| row.is_sensitive())
                .map(|row| identifier(row, reader.full))
                .collect(),
            traits: traits(&profile.traits, reader.full),
            tags: tags_now(&profile, reader.ctx.now).map(tag_ref).collect(),
            stage: place.map(|own| GuidePlace { id: own.stage, name: own.name, at: own.at, staff: own.staff }),
            standing: GuideStanding {
                stage: stands.stage,
                tier: stands.tier,
                loyal: stands.loyal,
                score: stands.parts.total() / 1_000,
            },
            orders: order_totals(&totals, root, reader.ctx.currency),
            groups,
            actions,
            tasks: tasks.into_iter().map(GuideTask::from).collect(),
            notes: notes.into_iter().map(GuideNote::from).collect(),
        };
        Ok((out, reader.full && has_hidden(&profile)))
    })?;
    if opened {
        note_look(app, &me.caller, &out.person_id, "sidebar")?;
    }
    Ok(out)
}

/// The brand's own script for an action, when it is a text, else what the rule says.
fn with_scripts(
    app: &App,
    tx: &mut siyu_db::Tx<'_>,
    me: &Staff,
    actions: Vec<Action>,
    words: &siyu_guides::Words,
) -> Result<Vec<GuideAction>, Refusal> {
    let mut out = Vec::with_capacity(actions.len());
    for action in actions {
        let query = ScriptQuery { action: Some(action.code.to_owned()), limit: 1, ..ScriptQuery::default() };
        let own = app.guides.scripts(tx, &query)?.pop();
        let pick = |(en, zh): &(String, String)| if me.zh() { zh.clone() } else { en.clone() };
        let text = own.as_ref().map(|own| own.body.text.clone()).filter(|text| !text.is_empty());
        out.push(GuideAction {
            code: action.code,
            reason: pick(&action.reason),
            text: siyu_guides::fill(&text.unwrap_or_else(|| pick(&action.text)), words),
            script: own.map(|own| own.id),
        });
    }
    Ok(out)
}

/// Shows everything beside the chat with a customer: relation, profile, tags, stage, standing, next actions, tasks, notes.
///
/// 侧边栏客户画像：关系、标签、阶段、价值、下一步建议、任务与备注。
///
/// Errors: `guide_customer_unknown`.
#[utoipa::path(get, path = "/guide/customers/{external_userid}", tag = "Guide", params(("external_userid" = String, Path)), responses((status = 200, body = GuideCustomer)))]
async fn get(me: Staff, At(id): At<String>, State(app): State<App>) -> Answer<Json<GuideCustomer>> {
    app.run(move |app| shown(app, &me, &id)).await.map(Json)
}

/// Edits the caller's own remark and description of a customer. It is shown as WeCom has it until WeCom has taken the change.
///
/// 修改自己对客户的备注与描述。
///
/// Errors: `guide_customer_unknown`, `wecom_follow_unknown`, `wecom_remark`.
#[utoipa::path(patch, path = "/guide/customers/{external_userid}", tag = "Guide", params(("external_userid" = String, Path)), request_body = GuideRemarkIn, responses((status = 200, body = GuideCustomer)))]
async fn remark(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideRemarkIn>,
) -> Answer<Json<GuideCustomer>> {
    let answer = app.run(move |app| {
        let own = id.clone();
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            let customer = app.guides.customer(tx, &me.seat, &own)?;
            let change =
                RemarkIn { remark: input.remark.clone(), description: input.description.clone(), mobiles: None };
            // Nobody speaks for a colleague.
            app.contacts.edit_remark(tx, &customer.contact, &me.seat.key, &change, &by(&me.caller), app.now())?;
            let detail = json!({ "external_userid": customer.contact, "staff": me.seat.userid });
            note(app, tx, &me.caller, "wecom.remark", &app.people.id(customer.root), &detail)
        })?;
        shown(app, &me, &id)
    });
    answer.await.map(Json)
}

/// Lists the tags that are given by hand.
///
/// 可手动添加的标签。
#[utoipa::path(get, path = "/guide/tags", tag = "Guide", responses((status = 200, body = Items<GuideTagGroup>)))]
async fn tags(_: Staff, State(app): State<App>) -> Answer<Json<Items<GuideTagGroup>>> {
    let answer = app.run(|app| {
        read(app, |tx| {
            let all = app.people.tags(tx)?;
            let groups = app.people.tag_groups(tx)?.into_iter().map(|group| GuideTagGroup {
                tags: all
                    .iter()
                    .filter(|tag| tag.group_id == group.id && tag.kind != TagKind::Rule)
                    .map(|tag| GuideTag { id: tag.id.clone(), name: tag.name.clone(), color: tag.color.clone() })
                    .collect(),
                name: group.name,
            });
            Ok(Items::all(groups.filter(|group: &GuideTagGroup| !group.tags.is_empty()).collect()))
        })
    });
    answer.await.map(Json)
}

fn change_tag(app: &App, me: &Staff, id: String, tag: String, give: bool) -> Result<GuideCustomer, Refusal> {
    let own = id.clone();
    unit(app, me, move |app, tx, me| {
        me.caller.must(Permission::PeopleWrite)?;
        let customer = app.guides.customer(tx, &me.seat, &own)?;
        let tag = app.people.tag(tx, &tag)?;
        if tag.kind == TagKind::Rule {
            let en = "This tag is given and taken by its rule; change the rule instead.";
            return Err(Refusal::conflict("tag_by_rule", en, "该标签由规则自动维护，不能手动增减，请修改规则。"));
        }
        let (name, now) = (by(&me.caller), app.now());
        let mark = TagMark { by: &name, source: "guide", why: "", expires_at: None };
        let nodes = app.people.nodes(tx, customer.root)?;
        let held = app.people.profile(tx, customer.root)?.tags.into_iter().any(|held| held.id == tag.id);
        if give == held {
            return Ok(());
        }
        if give {
            app.people.give_tag(tx, tag.num, &[customer.root], &mark, now)?;
        } else {
            app.people.take_tag(tx, tag.num, &nodes, &mark, now)?;
        }
        app.contacts.tag_changed(tx, tag.num, &[customer.root], give, &name, now)?;
        let action = if give { "person.tag_add" } else { "person.tag_remove" };
        note(app, tx, &me.caller, action, &app.people.id(customer.root), &json!({ "tag": tag.id }))
    })?;
    shown(app, me, &id)
}

/// Gives a customer a tag.
///
/// 给客户打标签。
///
/// Errors: `guide_customer_unknown`, `tag_unknown`, `tag_by_rule`.
#[utoipa::path(post, path = "/guide/customers/{external_userid}/tags", tag = "Guide", params(("external_userid" = String, Path)), request_body = GuideTagIn, responses((status = 200, body = GuideCustomer)))]
async fn give_tag(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideTagIn>,
) -> Answer<Json<GuideCustomer>> {
    app.run(move |app| change_tag(app, &me, id, input.tag_id, true)).await.map(Json)
}

/// Takes a tag from a customer.
///
/// 移除客户的标签。
///
/// Errors: `guide_customer_unknown`, `tag_unknown`, `tag_by_rule`.
#[utoipa::path(delete, path = "/guide/customers/{external_userid}/tags/{tag}", tag = "Guide", params(("external_userid" = String, Path), ("tag" = String, Path)), responses((status = 200, body = GuideCustomer)))]
async fn take_tag(
    me: Staff,
    At((id, tag)): At<(String, String)>,
    State(app): State<App>,
) -> Answer<Json<GuideCustomer>> {
    app.run(move |app| change_tag(app, &me, id, tag, false)).await.map(Json)
}

/// Lists a customer's events, newest first, with what the platform itself wrote.
///
/// 客户动态，新的在前。
///
/// Errors: `guide_customer_unknown`, `page_token`.
#[utoipa::path(get, path = "/guide/customers/{external_userid}/events", tag = "Guide", params(("external_userid" = String, Path), PagingParams), responses((status = 200, body = Items<PersonEvent>)))]
async fn timeline(
    me: Staff,
    At(id): At<String>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<PersonEvent>>> {
    let from = cursor(paging.after.as_deref())?;
    let answer = app.run(move |app| {
        let (items, next, opened, person) = read(app, |tx| {
            me.caller.must(Permission::PeopleRead)?;
            let reader = me.reader(app, tx)?;
            let customer = app.guides.customer(tx, &me.seat, &id)?;
            let nodes = app.people.nodes(tx, customer.root)?;
            let found = page(app, tx, &nodes, from, paging.limit, &PersonEventQuery::default())?;
            let (mut opened, names) = (false, app.channels.names(tx)?);
            let out = found.events.into_iter().map(|event| {
                let (mut out, hides) = event_out(app, event, reader.full);
                opened |= hides && reader.full;
                // A guide knows entrances by their names.
                if let Some(channel) = out.properties.get_mut("channel")
                    && let Some(name) = channel.as_str().and_then(|code| names.get(code))
                {
                    *channel = name.clone().into();
                }
                out
            });
            let items: Vec<PersonEvent> = out.collect();
            let next = found.next.map(|(at, place)| format!("{}.{}", at.0, place.0));
            Ok((items, next, opened, app.people.id(customer.root)))
        })?;
        if opened {
            note_look(app, &me.caller, &person, "sidebar")?;
        }
        Ok(Items::new(items, next))
    });
    answer.await.map(Json)
}

/// Lists a customer's orders with their lines, newest first, of all stores.
///
/// 客户订单（含明细），新的在前。
///
/// Errors: `guide_customer_unknown`, `page_token`.
#[utoipa::path(get, path = "/guide/customers/{external_userid}/orders", tag = "Guide", params(("external_userid" = String, Path), PagingParams), responses((status = 200, body = Items<OrderOut>)))]
async fn orders(
    me: Staff,
    At(id): At<String>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<OrderOut>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            me.caller.must(Permission::OrdersRead)?;
            let reader = me.reader(app, tx)?;
            let customer = app.guides.customer(tx, &me.seat, &id)?;
            let nodes = app.people.nodes(tx, customer.root)?;
            let page = orders_page(tx, &reader, &nodes, paging.limit, paging.after.as_deref())?;
            Ok(Items::new(page.items.into_iter().map(|row| order_out(app, row)).collect(), page.next))
        })
    });
    answer.await.map(Json)
}

/// Lists the notes about a customer, newest first.
///
/// 客户备注记录，新的在前。
///
/// Errors: `guide_customer_unknown`, `page_token`.
#[utoipa::path(get, path = "/guide/customers/{external_userid}/notes", tag = "Guide", params(("external_userid" = String, Path), PagingParams), responses((status = 200, body = Items<GuideNote>)))]
async fn notes(
    me: Staff,
    At(id): At<String>,
    paging: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<GuideNote>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            me.caller.must(Permission::PeopleRead)?;
            let customer = app.guides.customer(tx, &me.seat, &id)?;
            let nodes = app.people.nodes(tx, customer.root)?;
            let (rows, next) = app.guides.notes(tx, &me.seat, &nodes, paging.after.as_deref(), paging.limit)?;
            Ok(Items::new(rows.into_iter().map(GuideNote::from).collect(), next))
        })
    });
    answer.await.map(Json)
}

/// Writes a note about a customer. It is sealed at rest; everybody who looks after the customer reads it.
///
/// 添加客户备注（加密存储），负责该客户的人员可见。
///
/// Errors: `guide_customer_unknown`, `guide_text`.
#[utoipa::path(post, path = "/guide/customers/{external_userid}/notes", tag = "Guide", params(("external_userid" = String, Path)), request_body = GuideNoteIn, responses((status = 200, body = GuideNote)))]
async fn write_note(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideNoteIn>,
) -> Answer<Json<GuideNote>> {
    let answer = app.run(move |app| {
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            let customer = app.guides.customer(tx, &me.seat, &id)?;
            app.guides.write_note(tx, &me.seat, &customer, &input.text)
        })
    });
    Ok(Json(answer.await?.into()))
}

/// Takes back a note the caller wrote.
///
/// 删除自己写的备注。
///
/// Errors: `note_unknown`.
#[utoipa::path(delete, path = "/guide/notes/{id}", tag = "Guide", params(("id" = String, Path)), responses((status = 204)))]
async fn drop_note(me: Staff, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    app.run(move |app| {
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            app.guides.drop_note(tx, &me.seat, &id)
        })
    })
    .await?;
    Ok(NoContent)
}

/// Moves a customer to a follow-up stage.
///
/// 修改客户的跟进阶段。
///
/// Errors: `guide_customer_unknown`, `stage_unknown`.
#[utoipa::path(put, path = "/guide/customers/{external_userid}/stage", tag = "Guide", params(("external_userid" = String, Path)), request_body = GuideStageIn, responses((status = 200, body = GuideCustomer)))]
async fn stage(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideStageIn>,
) -> Answer<Json<GuideCustomer>> {
    let answer = app.run(move |app| {
        let own = id.clone();
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            let customer = app.guides.customer(tx, &me.seat, &own)?;
            app.guides.move_to(tx, &me.seat, &customer, &input.stage)
        })?;
        shown(app, &me, &id)
    });
    answer.await.map(Json)
}
