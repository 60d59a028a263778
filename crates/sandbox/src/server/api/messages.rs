//! Messages to members.

use super::{Endpoint, post};
use crate::happening::StaffNo;
use crate::ids::Id;
use crate::server::call::{Answer, Call, Code, ok, refuse, refuse_because};
use crate::server::office::Posted;
use crate::world::StaffStatus;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const ENDPOINTS: &[Endpoint] = &[
    post("message/send", &[], send),
    post("message/update_template_card", &["invaliduser"], update_card),
    post("message/recall", &[], |call| {
        let msgid = call.need("msgid", 41046)?;
        let found = call.office.posted.iter().position(|m| m.msgid == msgid).ok_or_else(|| Code::of(41047))?;
        if call.now > call.office.posted[found].at.plus_days(1) {
            return refuse_because(41047, "older than 24 hours");
        }
        call.office.posted[found].recalled = true;
        ok()
    }),
];

fn agent(call: &Call<'_>) -> Result<(), Code> {
    match call.int("agentid") {
        Some(id) if id == call.office.credentials.agent_id => Ok(()),
        Some(_) => refuse(301002),
        None => refuse(40056),
    }
}

/// Members, and the users and departments that nobody knows.
type Receivers = (BTreeSet<StaffNo>, Vec<String>, Vec<String>);

/// Who is meant.
fn receivers(call: &Call<'_>) -> Result<Receivers, Code> {
    let split = |name: &str| -> Vec<String> {
        let text = call.text(name).unwrap_or_default();
        text.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (users, parties, tags) = (split("touser"), split("toparty"), split("totag"));
    if users.is_empty() && parties.is_empty() && tags.is_empty() {
        return refuse(82001);
    }
    if users.len() > 1000 || parties.len() > 100 || tags.len() > 100 {
        return refuse(40032);
    }
    let active = |&s: &StaffNo| call.world.staff[s].status == StaffStatus::Active;
    let mut to = BTreeSet::new();
    let (mut bad_users, mut bad_parties) = (Vec::new(), Vec::new());
    for user in &users {
        match call.world.member(user) {
            _ if user == "@all" => to.extend((0..call.world.staff.len()).filter(active)),
            Some(staff) if active(&staff) => drop(to.insert(staff)),
            _ => bad_users.push(user.to_lowercase()),
        }
    }
    for party in &parties {
        match party.parse().ok().filter(|id| call.world.departments.iter().any(|d| d.id == *id)) {
            Some(id) => to.extend(call.world.members_of(id)),
            None => bad_parties.push(party.clone()),
        }
    }
    if tags.iter().any(|tag| tag == "1") {
        to.extend((0..call.world.staff.len()).filter(|&s| call.world.staff[s].leads).filter(active));
    }
    if to.is_empty() { refuse(81013) } else { Ok((to, bad_users, bad_parties)) }
}

fn send(call: &mut Call<'_>) -> Answer {
    agent(call)?;
    let kind = call.need("msgtype", 40008)?.to_owned();
    let (to, bad_users, bad_parties) = receivers(call)?;
    check(call, &kind)?;
    let duplicate = call.int("enable_duplicate_check") == Some(1);
    let key = call.body.iter().filter(|(name, _)| !name.contains("duplicate")).fold(0u64, |sum, (name, value)| {
        format!("{name}{value}").bytes().fold(sum, |sum, byte| crate::dice::mix(sum ^ u64::from(byte)))
    });
    let interval = call.int("duplicate_check_interval").unwrap_or(1800).clamp(0, 14_400);
    let again = duplicate && call.office.duplicates.get(&key).is_some_and(|&at| call.now < at.plus_seconds(interval));
    let msgid = call.office.new_id(call.world, Id::Message);
    let interactive = kind == "template_card" && needs_callback(&call.body["template_card"]);
    let response_code = interactive.then(|| {
        call.office.response_codes.push((None, call.now, false));
        call.office.response_codes.len() - 1
    });
    if !again {
        call.office.duplicates.insert(key, call.now);
        let second = call.seconds();
        let names: Vec<String> = to.iter().map(|&s| call.world.staff[s].userid.clone()).collect();
        let (to, dropped) = names.into_iter().partition(|userid| call.office.may_message(userid, second));
        if let Some(task) = call.body.get("template_card").and_then(|card| card["task_id"].as_str()) {
            call.office.task_ids.insert(task.to_owned(), call.office.posted.len());
        }
        let body = Value::Object(call.body.clone());
        call.office.posted.push(Posted {
            msgid: msgid.clone(),
            at: call.now,
            to,
            dropped,
            body,
            recalled: false,
            response_code,
        });
    }
    let mut answer = json!({ "msgid": msgid });
    if !bad_users.is_empty() {
        answer["invaliduser"] = bad_users.join("|").into();
    }
    if !bad_parties.is_empty() {
        answer["invalidparty"] = bad_parties.join("|").into();
    }
    if let Some(code) = response_code {
        answer["response_code"] = call.world.id(Id::ResponseCode, code).into();
    }
    Ok(answer)
}

fn needs_callback(card: &Value) -> bool {
    matches!(card["card_type"].as_str(), Some("button_interaction" | "vote_interaction" | "multiple_interaction"))
}

/// The message's own body. Text that is too long is cut off, not refused.
fn check(call: &Call<'_>, kind: &str) -> Result<(), Code> {
    let body = call.value(kind).unwrap_or(&Value::Null);
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    match kind {
        "text" | "markdown" if text("content").is_empty() => refuse(44004),
        "text" | "markdown" => Ok(()),
        "image" | "voice" | "file" | "video" => super::media::check(call, text("media_id"), 0),
        "textcard" if text("title").is_empty() || text("url").is_empty() => refuse(40063),
        "textcard" if text("title").len() > 128 || text("description").len() > 512 || text("url").len() > 2048 => {
            refuse(45002)
        }
        "textcard" => Ok(()),
        "news" | "mpnews" => match body["articles"].as_array().map_or(0, Vec::len) {
            1..=8 => Ok(()),
            _ => refuse_because(40058, "articles"),
        },
        "miniprogram_notice" if text("appid").is_empty() || !(4..=12).contains(&text("title").chars().count()) => {
            refuse(40058)
        }
        "miniprogram_notice" if call.text("touser") == Some("@all") => refuse(40058),
        "miniprogram_notice" => Ok(()),
        "template_card" => card(call, body),
        _ => refuse(40008),
    }
}

fn card(call: &Call<'_>, card: &Value) -> Result<(), Code> {
    let kinds = ["text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"];
    let kind = card["card_type"].as_str().unwrap_or_default();
    if !kinds.contains(&kind) {
        return refuse_because(40058, "card_type");
    }
    let interactive = needs_callback(card);
    if interactive && !call.office.has_callback {
        return refuse(43012);
    }
    let task = card["task_id"].as_str().unwrap_or_default();
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte);
    if (interactive || card.get("action_menu").is_some()) && task.is_empty()
        || task.len() > 128
        || !task.bytes().all(good)
        || call.office.task_ids.contains_key(task)
    {
        return refuse(42014);
    }
    if !interactive && card["card_action"]["type"].as_i64().is_none() {
        return refuse_because(40058, "card_action");
    }
    if kind == "button_interaction" && !(1..=6).contains(&card["button_list"].as_array().map_or(0, Vec::len)) {
        return refuse_because(40058, "button_list");
    }
    Ok(())
}

fn update_card(call: &mut Call<'_>) -> Answer {
    agent(call)?;
    let code = call.need("response_code", 42017)?;
    let number = call.find(Id::ResponseCode, code, call.office.response_codes.len(), 42017)?;
    let (of, given, used) = call.office.response_codes[number];
    if used || call.now > given.plus_days(3) {
        return refuse(42017);
    }
    if call.value("button").is_none() && call.value("template_card").is_none() {
        return refuse(40058);
    }
    call.office.response_codes[number].2 = true;
    let wrong: Vec<String> = call
        .texts("userids")
        .into_iter()
        .filter(|userid| call.world.member(userid).is_none_or(|staff| of.is_some_and(|of| of != staff)))
        .collect();
    Ok(json!({ "invaliduser": wrong }))
}
