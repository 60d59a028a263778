//! `/sandbox`: what no WeCom has. State of the world as JSON, the clock, deeds of people and members, and what was delivered.

use super::callbacks::CallbackSettings;
use super::{Sandbox, api, door};
use crate::faults::Faults;
use crate::happening::*;
use crate::ids::Id;
use crate::parameters::ADVANCE_DAYS;
use crate::world::{MassOrder, Source, StaffStatus, Who, World};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use siyu_kernel::{Clock, Time};
use std::collections::HashMap;

type Asked = Query<HashMap<String, String>>;

/// The largest request: a deed or settings.
const BODY: usize = 64 << 10;

pub fn router() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox", get(state))
        .route(
            "/sandbox/credentials",
            get(|Shared(sandbox): Shared<Sandbox>| async move { axum::Json(json!(sandbox.credentials())) }),
        )
        .route("/sandbox/advance", post(advance))
        .route("/sandbox/flush", post(flush))
        .route("/sandbox/callback", post(callback))
        .route("/sandbox/settings", post(settings))
        .route("/sandbox/act", post(act))
        .route("/sandbox/login", post(login))
        .route("/sandbox/happenings", get(happenings))
        .route("/sandbox/callbacks", get(callbacks))
        .route("/sandbox/list/{what}", get(list))
        .route("/sandbox/chat/{userid}/{person}", get(chat))
        .layer(DefaultBodyLimit::max(BODY))
}

/// Why a request to the control surface makes no sense.
pub struct Wrong(pub String);
impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": self.0 }))).into_response()
    }
}
impl<T: Into<String>> From<T> for Wrong {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}
pub type Shown = Result<axum::Json<Value>, Wrong>;

async fn state(Shared(sandbox): Shared<Sandbox>) -> axum::Json<Value> {
    let mut state = sandbox.lock();
    sandbox.catch_up(&mut state);
    let world = &state.world;
    let mut answered: Vec<Value> = state
        .answered
        .iter()
        .map(|((path, code), count)| json!({ "path": path, "errcode": code, "count": count }))
        .collect();
    answered.sort_by_key(|entry| entry.to_string());
    let outcomes = sandbox.0.mailer.log(|log| {
        let mut outcomes: HashMap<String, u64> = HashMap::new();
        for sent in log {
            *outcomes.entry(json!(sent.outcome).as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        outcomes
    });
    axum::Json(json!({
        "now": world.now(), "start": world.start(), "seed": world.seed(), "next": world.next(), "brand": world.name,
        "people": world.people.len(), "arrived": world.people.iter().filter(|p| p.arrived.is_some()).count(),
        "staff": world.staff.len(), "stores": world.stores.len(), "relations": world.relations.len(),
        "active": world.staff.iter().map(|s| s.active).sum::<usize>(), "groups": world.groups.len(), "orders": world.orders.len(),
        "masses": world.masses.len(), "moments": world.moments.len(), "faults": state.faults.to_string(),
        "callback": sandbox.0.mailer.url(), "callbacks": outcomes, "held": sandbox.0.mailer.held(), "answered": answered,
        "media": api::summary(&state.office.media)
    }))
}

/// `{"seconds": n}`, `{"days": n}` or `{"to": "RFC 3339"}`, at most a year at a time; `"wait": true` answers when what became due has been delivered.
async fn advance(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> Shown {
    let now = sandbox.clock().now();
    let to = match (&body["to"], body["days"].as_f64(), body["seconds"].as_f64()) {
        (Value::String(text), _, _) => Time::parse(text).map_err(|wrong| wrong.to_string())?,
        (_, Some(days), _) => Time(now.0.saturating_add((days * 86_400e6) as i64)),
        (_, _, Some(seconds)) => Time(now.0.saturating_add((seconds * 1e6) as i64)),
        _ => return Err("seconds, days or to".into()),
    };
    if to > now.plus_days(ADVANCE_DAYS) {
        return Err(format!("one call puts the clock forward by {ADVANCE_DAYS} days at most").into());
    }
    let advanced = sandbox.advance_to(to);
    if body["wait"].as_bool().unwrap_or(false) {
        sandbox.settle().await;
    }
    Ok(axum::Json(json!(advanced)))
}

/// Sends what faults keep back and waits until everything has arrived.
async fn flush(Shared(sandbox): Shared<Sandbox>) -> axum::Json<Value> {
    sandbox.0.mailer.flush();
    sandbox.settle().await;
    axum::Json(json!({}))
}

/// Saves the callback as the console does: after its URL has answered.
async fn callback(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<CallbackSettings>) -> Shown {
    sandbox.set_callback(body).await.map_err(|wrong| format!("40057: {wrong}"))?;
    Ok(axum::Json(json!({})))
}

/// `{"faults"?: LIST, "trusted_addresses"?: [...], "limits"?: bool, "hush"?: true, "expire_tokens"?: true, "secret"?: NEW}`.
async fn settings(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> Shown {
    let faults = body["faults"].as_str().map(Faults::parse).transpose().map_err(|wrong| wrong.to_string())?;
    let mut state = sandbox.lock();
    if let Some(faults) = faults {
        state.faults = faults;
    }
    if let Some(list) = body["trusted_addresses"].as_array() {
        state.office.trusted = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    if let Some(limits) = body["limits"].as_bool() {
        state.office.limits = limits;
    }
    if body["hush"].as_bool().unwrap_or(false) {
        state.world.hush();
    }
    if body["expire_tokens"].as_bool().unwrap_or(false) {
        let now = sandbox.clock().now();
        state.office.latest.clear();
        state.office.tokens.values_mut().for_each(|token| token.until = now);
    }
    if let Some(secret) = body["secret"].as_str() {
        state.office.credentials.secret = secret.to_owned();
        state.office.latest.clear();
        state.office.tokens.clear();
    }
    Ok(axum::Json(json!({ "faults": state.faults.to_string() })))
}

/// A login code as the redirect would bring it: `{"userid" | "person": …, "private"?: bool}`.
async fn login(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> Shown {
    let now = sandbox.clock().now();
    let mut state = sandbox.lock();
    let member =
        body["userid"].as_str().map(|userid| state.world.member(userid).ok_or("no such member")).transpose()?;
    let person = if body["person"].is_null() { None } else { Some(person(&state.world, &body["person"])?) };
    let code = door::login_code(&mut state, now, member, person, body["private"].as_bool().unwrap_or(false));
    Ok(axum::Json(json!({ "code": code })))
}

fn window(asked: &HashMap<String, String>) -> (u64, usize) {
    let number = |name: &str| asked.get(name).and_then(|text| text.parse::<u64>().ok());
    (number("after").map_or(0, |after| after + 1), number("limit").unwrap_or(1000).min(100_000) as usize)
}

/// What happened, with the names of ids: `?after=NUMBER&limit=N`.
async fn happenings(Shared(sandbox): Shared<Sandbox>, Query(asked): Asked) -> axum::Json<Value> {
    let (from, limit) = window(&asked);
    let mut state = sandbox.lock();
    sandbox.catch_up(&mut state);
    let world = &state.world;
    let skip = state.happenings.front().map_or(0, |first| from.saturating_sub(first.number)) as usize;
    let shown = state.happenings.iter().skip(skip).take(limit).map(|happening| named(world, json!(happening)));
    axum::Json(shown.collect())
}

/// Puts WeCom's ids beside the numbers of people, members and groups.
fn named(world: &World, mut value: Value) -> Value {
    let number = |value: &Value, name: &str| value[name].as_u64().map(|n| n as usize);
    if let Some(person) = number(&value, "person") {
        value["external_userid"] = world.external_userid(person).into();
    }
    for name in ["staff", "guide", "takeover"] {
        if let Some(staff) = number(&value, name) {
            value["userid"] = world.staff[staff].userid.clone().into();
        }
    }
    if let Some(relation) = number(&value, "relation") {
        let here = &world.relations[relation];
        value["userid"] = world.staff[here.staff].userid.clone().into();
        value["external_userid"] = world.external_userid(here.person).into();
    }
    if let Some(group) = number(&value, "group") {
        value["chat_id"] = world.id(Id::Group, group).into();
    }
    value
}

/// Callbacks and what became of them: `?after=NUMBER&limit=N`.
async fn callbacks(Shared(sandbox): Shared<Sandbox>, Query(asked): Asked) -> axum::Json<Value> {
    let (from, limit) = window(&asked);
    sandbox.0.mailer.log(|log| {
        let skip = log.front().map_or(0, |first| from.saturating_sub(first.number)) as usize;
        axum::Json(log.iter().skip(skip).take(limit).map(|sent| json!(sent)).collect())
    })
}

/// The exact state: people, staff, stores, relations, groups, orders, products, posted (messages to members), masses. `?after=NUMBER&limit=N`.
async fn list(Shared(sandbox): Shared<Sandbox>, Path(what): Path<String>, Query(asked): Asked) -> Shown {
    let (from, limit) = window(&asked);
    let from = from as usize;
    let mut state = sandbox.lock();
    sandbox.catch_up(&mut state);
    let world = &state.world;
    let show = |total: usize, one: &dyn Fn(usize) -> Value| -> Value {
        (from.min(total)..total.min(from + limit))
            .map(|at| {
                let mut value = one(at);
                value["number"] = at.into();
                value
            })
            .collect()
    };
    let shown = match what.as_str() {
        "people" => show(world.people.len(), &|at| {
            let p = &world.people[at];
            json!({
                "external_userid": world.external_userid(at), "name": p.name, "gender": p.gender, "phone": p.phone, "unionid": world.id(Id::Union, at),
                "openid": world.id(Id::ForeignOpenId, at), "store": p.store, "channel": crate::parameters::CHANNELS[p.channel].word,
                "arrived": p.arrived, "cheat": p.ring, "brands": p.brands, "invited_by": p.invited_by, "orders": p.orders
            })
        }),
        "staff" => show(world.staff.len(), &|at| {
            let s = &world.staff[at];
            json!({ "userid": s.userid, "name": s.name, "departments": s.departments, "store": s.store, "position": s.position,
                "serves": world.serves(at), "status": s.status as i64, "customers": s.active })
        }),
        "stores" => show(world.stores.len(), &|at| {
            let s = &world.stores[at];
            json!({ "name": s.name, "city": crate::parameters::CITIES[s.city].0, "department": s.department })
        }),
        "relations" => show(world.relations.len(), &|at| {
            let r = &world.relations[at];
            let tags: Vec<String> = r.tags.iter().map(|&t| world.tag_id(world.tags[t].id)).collect();
            json!({
                "userid": world.staff[r.staff].userid, "external_userid": world.external_userid(r.person), "status": format!("{:?}", r.status),
                "created": r.created, "ended": r.ended, "state": r.state, "add_way": r.add_way, "remark": r.remark, "tags": tags, "muted": r.muted,
                "content": r.reasons.content, "harassment": r.reasons.harassment
            })
        }),
        "groups" => show(world.groups.len(), &|at| {
            let g = &world.groups[at];
            let members: Vec<String> = g
                .members
                .iter()
                .map(|member| match member.who {
                    Who::Staff(staff) => world.staff[staff].userid.clone(),
                    Who::Person(person) => world.external_userid(person),
                })
                .collect();
            json!({ "chat_id": world.id(Id::Group, at), "name": g.name, "owner": world.staff[g.owner].userid, "store": g.store,
                "dismissed": g.dismissed, "status": g.status, "version": world.version(at), "opengid": world.id(Id::OpenGid, at), "members": members })
        }),
        "transfers" => show(world.transfers.len(), &|at| {
            let t = &world.transfers[at];
            json!({ "handover_userid": world.staff[t.handover].userid, "takeover_userid": world.staff[t.takeover].userid,
                "external_userid": world.external_userid(t.person), "resigned": t.resigned, "asked": t.asked, "status": t.status as i32 })
        }),
        "orders" => show(world.orders.len(), &|at| named(world, json!(world.orders[at]))),
        "products" => show(world.products.len(), &|at| json!(world.products[at])),
        "posted" => show(state.office.posted.len(), &|at| json!(state.office.posted[at])),
        "masses" => show(world.masses.len(), &|at| {
            let mass = &world.masses[at];
            let tasks: Vec<Value> = mass.tasks.iter().map(|task| {
                let by = |delivery| task.targets.iter().filter(|t| t.delivery as i32 == delivery).count();
                json!({ "userid": world.staff[task.staff].userid, "confirmed": task.confirmed, "waiting": by(0), "sent": by(1), "not_friends": by(2), "over_limit": by(3) })
            }).collect();
            json!({ "msgid": world.id(Id::Mass, at), "created": mass.created, "cancelled": mass.cancelled, "to_groups": mass.to_groups, "text": mass.text, "tasks": tasks })
        }),
        "moments" => show(world.moments.len(), &|at| {
            let moment = &world.moments[at];
            let tasks: Vec<Value> = moment.tasks.iter().map(|task| {
                json!({ "userid": world.staff[task.staff].userid, "customers": task.range.len(), "published": task.published, "seen_by": task.seen_by.len() })
            }).collect();
            json!({ "moment_id": world.id(Id::Moment, at), "created": moment.created, "cancelled": moment.cancelled, "text": moment.text, "tasks": tasks })
        }),
        _ => {
            return Err(
                "people, staff, stores, relations, groups, transfers, orders, products, posted, masses or moments"
                    .into(),
            );
        }
    };
    Ok(axum::Json(shown))
}

async fn chat(Shared(sandbox): Shared<Sandbox>, Path((userid, who)): Path<(String, String)>) -> Shown {
    let state = sandbox.lock();
    let staff = state.world.member(&userid).ok_or("no such member")?;
    let person = state.world.person(&who).ok_or("no such person")?;
    let found = state.world.people[person].relations.iter().rev().find(|&&r| state.world.relations[r].staff == staff);
    let relation = &state.world.relations[*found.ok_or("they never met")?];
    Ok(axum::Json(json!({ "status": format!("{:?}", relation.status), "chat": relation.chat })))
}

/// A person by number or external_userid; `null` is somebody who has not arrived yet.
fn person(world: &World, value: &Value) -> Result<PersonNo, Wrong> {
    let found = match value {
        Value::Null => (0..world.people.len()).find(|&p| {
            world.people[p].arrived.is_none() && !world.people[p].business && world.people[p].ring.is_none()
        }),
        Value::Number(number) => number.as_u64().map(|n| n as usize).filter(|&n| n < world.people.len()),
        Value::String(id) => world.person(id),
        _ => None,
    };
    found.ok_or_else(|| Wrong("no such person".into()))
}

/// One deed, named by `do`. Answers who it was and what came of it.
async fn act(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> Shown {
    let now = sandbox.clock().now();
    let mut state = sandbox.lock();
    sandbox.catch_up(&mut state);
    let done = deed(&mut state, &body, now);
    let caused = state.world.take_happenings();
    sandbox.emit(&mut state, caused);
    done.map(axum::Json)
}

fn deed(state: &mut super::State, body: &Value, now: Time) -> Result<Value, Wrong> {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let world = &mut state.world;
    let number = |world: &World, kind: Id, name: &str, most: usize| {
        world.number(kind, text(name)).filter(|&n| n < most).ok_or_else(|| Wrong(format!("no such {name}")))
    };
    let member = |world: &World| world.member(text("userid")).ok_or_else(|| Wrong("no such member".into()));
    let who = |world: &World| person(world, &body["person"]);
    let group = |world: &World| world.group(text("chat_id")).ok_or_else(|| Wrong("no such chat_id".into()));
    let friends = |world: &World| {
        let (staff, person) = (member(world)?, who(world)?);
        let found = world.people[person]
            .relations
            .iter()
            .rev()
            .copied()
            .find(|&r| world.relations[r].staff == staff && world.relations[r].ended.is_none());
        found.ok_or_else(|| Wrong("they are not friends".into()))
    };
    let mut answer = json!({});
    let mut met: Option<RelationNo> = None;
    match text("do") {
        // People.
        "scan" => {
            let way = number(world, Id::ContactWay, "config_id", world.contact_ways.len())?;
            let person = who(world)?;
            met = world.scan(person, way);
            answer["external_userid"] = world.external_userid(person).into();
        }
        "follow_link" => {
            let link = number(world, Id::Link, "link_id", world.links.len())?;
            let person = who(world)?;
            met = world.follow_link(person, link, text("customer_channel"));
            answer["external_userid"] = world.external_userid(person).into();
        }
        "add" => {
            let (staff, person) = (member(world)?, who(world)?);
            let half = body["half"].as_bool().unwrap_or(false);
            met = world.befriend(staff, person, 1, Source::Personal, true, half);
            answer["external_userid"] = world.external_userid(person).into();
        }
        "join" => {
            let person = who(world)?;
            answer["external_userid"] = world.external_userid(person).into();
            answer["joined"] = match text("config_id") {
                "" => {
                    let group = group(world)?;
                    world.join_group(group, person, 3, None, "").into()
                }
                _ => {
                    let way = number(world, Id::JoinWay, "config_id", world.join_ways.len())?;
                    world.scan_group_code(person, way).map(|group| world.id(Id::Group, group)).into()
                }
            };
        }
        "leave" => {
            let (group, person) = (group(world)?, who(world)?);
            world.leave_group(group, person, 0);
        }
        "say" => {
            let relation = friends(world)?;
            world.customer_says(relation, text("text"));
        }
        "say_in_group" => {
            let (group, person) = (group(world)?, who(world)?);
            world.says_in_group(group, person);
        }
        "delete" => {
            let relation = friends(world)?;
            world.customer_deletes(relation, Reasons::default());
        }
        "refuse_transfer" => {
            let person = who(world)?;
            answer["refused"] = world.refuse_transfer(person).into();
        }
        "buy" => {
            let person = who(world)?;
            answer["order"] = world.buy(person, None).into();
        }
        // Members.
        "guide_says" => {
            let relation = friends(world)?;
            world.guide_says(relation, text("text"));
        }
        "guide_deletes" => {
            let relation = friends(world)?;
            world.guide_deletes(relation);
        }
        "guide_edits" => {
            let relation = friends(world)?;
            let tags: Vec<usize> = body["tag_id"].as_str().and_then(|id| world.tag(id)).into_iter().collect();
            world.guide_edits(
                relation,
                body["remark"].as_str().map(str::to_owned),
                body["personal_tag"].as_str(),
                &tags,
            );
        }
        "confirm" => {
            let mass = number(world, Id::Mass, "msgid", world.masses.len())?;
            let staff = member(world)?;
            let task = world.masses[mass]
                .tasks
                .iter()
                .position(|task| task.staff == staff)
                .ok_or("this member has no such task")?;
            world.confirm_mass(mass, task);
        }
        "publish" => {
            let moment = number(world, Id::Moment, "moment_id", world.moments.len())?;
            let staff = member(world)?;
            let task = world.moments[moment]
                .tasks
                .iter()
                .position(|task| task.staff == staff)
                .ok_or("this member has no such task")?;
            world.publish_moment(moment, task);
        }
        "mass" => {
            let staff = member(world)?;
            let order = MassOrder {
                sender: Some(staff),
                creator: Some(staff),
                text: json!({ "content": text("text") }),
                attachments: json!([]),
                ..MassOrder::default()
            };
            if let Some(mass) = world.order_mass(order).0 {
                world.confirm_mass(mass, 0);
                answer["msgid"] = world.id(Id::Mass, mass).into();
            }
        }
        "remove_from_group" => {
            let (group, person) = (group(world)?, who(world)?);
            world.leave_group(group, person, 1);
        }
        "create_group" => {
            let staff = member(world)?;
            let store = world.staff[staff].store.ok_or("this member has no store")?;
            let group = world.found_group(store, staff, text("name").to_owned(), now);
            answer["chat_id"] = world.id(Id::Group, group).into();
        }
        "rename_group" => {
            let group = group(world)?;
            world.rename_group(group, text("name"));
        }
        "notice" => {
            let group = group(world)?;
            world.put_up_notice(group, text("text"));
        }
        "change_owner" => {
            let (group, staff) = (group(world)?, member(world)?);
            world.change_owner(group, staff);
        }
        "dismiss_group" => {
            let group = group(world)?;
            world.dismiss_group(group);
        }
        "resign" => {
            let staff = member(world)?;
            world.resign(staff);
        }
        "hire" => {
            let store = body["store"].as_u64().map(|n| n as usize).filter(|&n| n < world.stores.len());
            if world.member(text("userid")).is_some() || text("userid").is_empty() {
                return Err("that userid is taken".into());
            }
            world.hire(text("userid"), text("name"), store);
        }
        "not_activated" => {
            let staff = member(world)?;
            world.staff[staff].status = StaffStatus::NotActivated;
        }
        "app" => {
            let staff = member(world)?;
            let known = [
                "enter_agent",
                "click",
                "view",
                "subscribe",
                "unsubscribe",
                "text",
                "template_card_event",
                "template_card_menu_event",
            ];
            let event = known.into_iter().find(|event| *event == text("event")).ok_or("no such event")?;
            let response = event.starts_with("template_card").then(|| {
                state.office.response_codes.push((Some(staff), now, false));
                state.office.response_codes.len() - 1
            });
            let selected = body["selected"].as_object().map(|all| {
                all.iter().map(|(question, options)| (question.clone(), super::call::strings(options))).collect()
            });
            world.uses_app(staff, event, text("key"), text("task_id"), response, selected.unwrap_or_default());
        }
        // The administrator's console.
        "add_tag" => {
            let tag = world.console_adds_tag(text("group"), text("name"));
            answer["tag_id"] = world.tag_id(world.tags[tag].id).into();
        }
        "rename_tag" => {
            let tag = world.tag(text("tag_id")).ok_or("no such tag_id")?;
            world.console_renames_tag(tag, text("name"));
        }
        "delete_tag" => {
            let tag = world.tag(text("tag_id")).ok_or("no such tag_id")?;
            world.console_deletes_tag(tag);
        }
        "console_welcome" => {
            let staff = member(world)?;
            world.staff[staff].console_welcome = body["on"].as_bool().unwrap_or(true);
        }
        other => return Err(format!("nobody knows how to {other:?}").into()),
    }
    if let Some(relation) = met {
        answer["userid"] = world.staff[world.relations[relation].staff].userid.clone().into();
        answer["relation"] = relation.into();
        answer["status"] = format!("{:?}", world.relations[relation].status).into();
    }
    Ok(answer)
}
