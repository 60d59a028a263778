//! The client: a page in which somebody sits at the phone of a member of staff, and the JS-SDK as that client gives it to pages.
//!
//! The page lists a member's conversations, shows one, lets one type for either side, and frames the page the corp has put into the chat toolbar.
//! Pages in the frame load the SDK from here, as they load it from WeCom; what it can do is done by the page around it, so that a page
//! learns nothing but what the SDK tells. Signatures are checked against the tickets that were given out.

use super::Sandbox;
use super::control::{Shown, Wrong};
use crate::happening::RelationNo;
use crate::ids::Id;
use crate::world::{Status, World};
use axum::Router;
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use siyu_kernel::{Clock, Time};
use std::collections::HashMap;
use std::time::Duration;

/// The addresses a corp's administrator enters for its app.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct AppPages {
    /// The page of the chat toolbar.
    pub sidebar: String,
    /// The app's home page.
    pub home: String,
}

/// One line of a customer group. Only what was written in the window: the world counts its groups' messages, and keeps no words.
#[derive(Clone, Debug, serde::Serialize)]
pub struct GroupLine {
    pub at: Time,
    pub by: String,
    pub text: String,
}

const CHATS_MAX: usize = 80;
const LINES_MAX: usize = 60;
/// How soon, and how often, a customer answers whoever sits in the window.
const ANSWER_SECONDS: u64 = 3;
const ANSWER_CHANCE: f64 = 0.75;
const ANSWERS: [&str; 8] = [
    "好的，谢谢～",
    "有什么优惠吗？",
    "我看看哦",
    "这个适合敏感肌吗？",
    "嗯嗯",
    "晚点下单",
    "有小样吗？",
    "已经收到啦，挺好用的",
];

pub fn router() -> Router<Sandbox> {
    Router::new()
        .route("/chat", get(|| async { Html(include_str!("../../window/chat.html")) }))
        .route("/chat/{file}", get(file))
        .route("/node/open/js/{file}", get(sdk))
        .route("/open/js/{file}", get(sdk))
        .route("/wwopen/js/{file}", get(sdk))
        .route("/sandbox/window", get(shown).post(set))
        .route("/sandbox/window/chats", get(chats))
        .route("/sandbox/window/group/{chat_id}", get(group))
        .route("/sandbox/window/verify", post(verify))
        .route("/sandbox/window/send", post(send))
        .route("/sandbox/window/write", post(write))
}

async fn file(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "chat.js" => ("text/javascript; charset=utf-8", include_str!("../../window/chat.js")),
        "chat.css" => ("text/css; charset=utf-8", include_str!("../../window/chat.css")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// Every version of it: they differ in nothing that is simulated.
async fn sdk(Path(name): Path<String>) -> Response {
    let known = ["wecom-jssdk-", "jweixin-", "jwxwork-"].iter().any(|head| name.starts_with(head));
    if !known || !name.ends_with(".js") {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../window/sdk.js")).into_response()
}

/// Who the client is logged in as: a cookie of this origin, as a client carries its login into every page of WeChat.
pub fn logged_in(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let own = all
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix("sandbox_user=").map(str::to_owned));
    own.filter(|user| !user.is_empty() && user.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@".contains(c)))
}

/// The brand, its staff, and the pages of its app.
async fn shown(Shared(sandbox): Shared<Sandbox>) -> axum::Json<Value> {
    let mut state = sandbox.lock();
    sandbox.catch_up(&mut state);
    let world = &state.world;
    let staff = world.staff.iter().enumerate().filter(|(at, own)| world.serves(*at) && own.status as i64 == 1);
    let staff: Vec<Value> = staff
        .map(|(_, own)| {
            let store = own.store.and_then(|store| world.stores.get(store)).map(|store| store.name.clone());
            json!({ "userid": own.userid, "name": own.name, "position": own.position, "store": store, "customers": own.active })
        })
        .collect();
    axum::Json(
        json!({ "brand": world.name, "staff": staff, "pages": state.office.pages, "corp_id": state.office.credentials.corp_id }),
    )
}

/// What the administrator enters: `{"sidebar": URL, "home": URL}`.
async fn set(Shared(sandbox): Shared<Sandbox>, axum::Json(pages): axum::Json<AppPages>) -> Shown {
    let web = |url: &str| url.is_empty() || url.starts_with("http://") || url.starts_with("https://");
    if !web(&pages.sidebar) || !web(&pages.home) {
        return Err("an address begins with http:// or https://".into());
    }
    sandbox.set_pages(pages.clone());
    Ok(axum::Json(json!(pages)))
}

impl Sandbox {
    /// The pages of the app, as its administrator enters them.
    pub fn set_pages(&self, pages: AppPages) {
        self.lock().office.pages = pages;
    }
    /// The trusted domain of the app: logins come back to no other, and no other page is let to the SDK.
    pub fn trust(&self, domain: &str) {
        self.lock().office.credentials.trusted_domain = domain.to_owned();
    }
}

/// The newest conversations of a member, and their groups: `?userid=`, `&q=` for a part of a name.
async fn chats(Shared(sandbox): Shared<Sandbox>, Query(asked): Query<HashMap<String, String>>) -> Shown {
    let given = |name: &str| asked.get(name).map_or("", String::as_str);
    let mut state = sandbox.lock();
    sandbox.catch_up(&mut state);
    let world = &state.world;
    let staff = world.member(given("userid")).ok_or("no such member")?;
    let part = given("q");
    let mut own: Vec<_> = world
        .relations
        .iter()
        .filter(|one| one.staff == staff && one.status == Status::Active)
        .filter(|one| world.people[one.person].name.contains(part) || one.remark.contains(part))
        .collect();
    own.sort_by_key(|one| std::cmp::Reverse((one.last_said, one.created)));
    own.truncate(CHATS_MAX);
    let customers: Vec<Value> = own
        .into_iter()
        .map(|one| {
            let last = one.chat.last().map(|line| line.text.clone());
            json!({ "external_userid": world.external_userid(one.person), "name": world.people[one.person].name, "remark": one.remark,
                "last": last, "at": one.chat.last().map_or(one.created, |line| line.at) })
        })
        .collect();
    let groups = world.groups.iter().enumerate().filter(|(_, group)| {
        !group.dismissed && group.members.iter().any(|member| member.who == crate::world::Who::Staff(staff))
    });
    let groups: Vec<Value> = groups
        .map(|(at, group)| json!({ "chat_id": world.id(Id::Group, at), "name": group.name, "members": group.members.len() }))
        .collect();
    Ok(axum::Json(json!({ "customers": customers, "groups": groups })))
}

async fn group(Shared(sandbox): Shared<Sandbox>, Path(chat): Path<String>) -> Shown {
    let state = sandbox.lock();
    let group = state.world.group(&chat).ok_or("no such chat_id")?;
    let lines = state.office.group_lines.get(&group).cloned().unwrap_or_default();
    Ok(axum::Json(json!({ "name": state.world.groups[group].name, "chat": lines })))
}

/// Whether a page may use the SDK: `{"kind": "corp" | "agent", "corp_id", "agent_id", "url", "timestamp", "nonceStr", "signature"}`.
/// Answers `{"errcode", "errmsg"}`.
async fn verify(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> axum::Json<Value> {
    let text = |name: &str| match &body[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let now = sandbox.clock().now();
    let state = sandbox.lock();
    let own = &state.office.credentials;
    let refused = |code: i64, why: &str| axum::Json(json!({ "errcode": code, "errmsg": why }));
    if text("corp_id") != own.corp_id {
        return refused(40013, "invalid corpid");
    }
    let kind = text("kind");
    if kind == "agent" && text("agent_id") != own.agent_id.to_string() {
        return refused(40056, "invalid agentid");
    }
    let url = text("url");
    let url = url.split('#').next().unwrap_or_default();
    let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    if !own.trusted_domain.is_empty() && host != own.trusted_domain {
        return refused(50001, "redirect_url is not of a trusted domain");
    }
    let ticket = state.office.tickets.get(if kind == "agent" { "agent" } else { "corp" });
    let Some((ticket, _)) = ticket.filter(|(_, until)| *until > now) else {
        return refused(40093, "invalid jsapi_ticket");
    };
    let signed =
        format!("jsapi_ticket={ticket}&noncestr={}&timestamp={}&url={url}", text("nonceStr"), text("timestamp"));
    let right: String = Sha1::digest(signed.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    if right == text("signature") { refused(0, "ok") } else { refused(40093, "invalid signature") }
}

fn friends(world: &World, userid: &str, person: &str) -> Result<RelationNo, Wrong> {
    let staff = world.member(userid).ok_or("no such member")?;
    let person = world.person(person).ok_or("no such person")?;
    let mut own = world.people[person].relations.iter().rev().copied();
    let found = own.find(|&r| world.relations[r].staff == staff && world.relations[r].status == Status::Active);
    Ok(found.ok_or("they are not friends")?)
}

/// What `sendChatMessage` was given, as a line of the chat.
fn line(state: &super::State, message: &Value, now: Time) -> Result<String, Wrong> {
    let kind = message["msgtype"].as_str().unwrap_or_default();
    let own = &message[kind];
    let text = |name: &str| own[name].as_str().unwrap_or_default().to_owned();
    let media = |what: &str| {
        let number = state.world.number(Id::Media, &text("mediaid"));
        let here = number.and_then(|number| state.office.media.get(number));
        match here.is_some_and(|media| media.until.is_none_or(|until| until > now)) {
            true => Ok(format!("[{what}]")),
            false => Err(Wrong::from("40007: invalid media_id")),
        }
    };
    match kind {
        "text" if !text("content").is_empty() => Ok(text("content")),
        "image" => media("图片"),
        "video" => media("视频"),
        "file" => media("文件"),
        "news" if !text("link").is_empty() => Ok(format!("[链接] {} {}", text("title"), text("link"))),
        "miniprogram" if text("page").split('?').next().is_some_and(|page| page.ends_with(".html")) => {
            Ok(format!("[小程序] {}", text("title")))
        }
        "miniprogram" => Err("page must have the suffix .html".into()),
        _ => Err("40008: invalid msgtype, or nothing to send".into()),
    }
}

/// The SDK's `sendChatMessage`: `{"userid", "external_userid" | "chat_id", "message"}`.
async fn send(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> Shown {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let now = sandbox.clock().now();
    let said = line(&sandbox.lock(), &body["message"], now)?;
    if text("chat_id").is_empty() {
        sandbox.guide_writes(text("userid"), text("external_userid"), &said)?;
    } else {
        sandbox.group_line(text("userid"), text("chat_id"), &said)?;
    }
    Ok(axum::Json(json!({})))
}

/// Somebody types in the window: `{"userid", "external_userid" | "chat_id", "by_customer"?, "text"}`.
async fn write(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> Shown {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let said: String = text("text").trim().chars().take(1000).collect();
    if said.is_empty() {
        return Err("nothing to say".into());
    }
    if !text("chat_id").is_empty() {
        sandbox.group_line(text("userid"), text("chat_id"), &said)?;
    } else if body["by_customer"].as_bool().unwrap_or(false) {
        sandbox.customer_writes(text("userid"), text("external_userid"), &said)?;
    } else {
        sandbox.guide_writes(text("userid"), text("external_userid"), &said)?;
    }
    Ok(axum::Json(json!({})))
}

impl Sandbox {
    fn customer_writes(&self, userid: &str, person: &str, text: &str) -> Result<(), Wrong> {
        let mut state = self.lock();
        self.catch_up(&mut state);
        let relation = friends(&state.world, userid, person)?;
        state.world.customer_writes(relation, text);
        let caused = state.world.take_happenings();
        self.emit(&mut state, caused);
        Ok(())
    }
    /// Says it, and has the customer answer a little later, most times.
    fn guide_writes(&self, userid: &str, person: &str, text: &str) -> Result<(), Wrong> {
        let mut state = self.lock();
        self.catch_up(&mut state);
        let relation = friends(&state.world, userid, person)?;
        state.world.guide_says(relation, text);
        let caused = state.world.take_happenings();
        self.emit(&mut state, caused);
        if !state.dice.chance(ANSWER_CHANCE) {
            return Ok(());
        }
        let answer = ANSWERS[state.dice.below(ANSWERS.len())];
        drop(state);
        let (sandbox, userid, person) = (self.clone(), userid.to_owned(), person.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(ANSWER_SECONDS)).await;
            // They may have parted meanwhile: then nothing is said.
            let _ = sandbox.customer_writes(&userid, &person, answer);
        });
        Ok(())
    }
    fn group_line(&self, userid: &str, chat: &str, text: &str) -> Result<(), Wrong> {
        let at = self.clock().now();
        let mut state = self.lock();
        let staff = state.world.member(userid).ok_or("no such member")?;
        let group = state.world.group(chat).ok_or("no such chat_id")?;
        let by = state.world.staff[staff].name.clone();
        let lines = state.office.group_lines.entry(group).or_default();
        if lines.len() == LINES_MAX {
            lines.remove(0);
        }
        lines.push(GroupLine { at, by, text: text.to_owned() });
        Ok(())
    }
}
