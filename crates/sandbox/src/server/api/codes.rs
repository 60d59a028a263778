//! Contact ways: live codes.

use super::{Endpoint, post};
use crate::calendar::seconds;
use crate::happening::StaffNo;
use crate::ids::Id;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, ok, refuse, refuse_because};
use crate::world::ContactWay;
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/add_contact_way", &[], add),
    post("externalcontact/get_contact_way", &[], |call| {
        let number = way(call)?;
        Ok(json!({ "contact_way": show(call, number) }))
    }),
    post("externalcontact/list_contact_way", &["contact_way"], list),
    post("externalcontact/update_contact_way", &[], update),
    post("externalcontact/del_contact_way", &[], |call| {
        let number = way(call)?;
        call.world.contact_ways[number].deleted = true;
        ok()
    }),
    post("externalcontact/close_temp_chat", &[], |call| call.pair().and_then(|_| ok())),
];

fn way(call: &Call<'_>) -> Result<usize, Code> {
    let number = call.find(Id::ContactWay, call.need("config_id", 41043)?, call.world.contact_ways.len(), 41044)?;
    if call.world.contact_ways[number].deleted { refuse(41044) } else { Ok(number) }
}

/// The members and departments of a way, checked.
fn behind(call: &Call<'_>, kind: i64) -> Result<(Vec<StaffNo>, Vec<i64>), Code> {
    let mut users = Vec::new();
    for userid in call.texts("user") {
        users.push(call.serving(&userid)?);
    }
    let parties = call.ints("party");
    if kind == 1 && (users.len() != 1 || !parties.is_empty()) {
        return refuse_because(40058, "type 1 needs exactly one user");
    }
    if kind == 2 && users.is_empty() && parties.is_empty() {
        return refuse_because(40058, "user and party both empty");
    }
    if parties.iter().any(|id| !call.world.departments.iter().any(|d| d.id == *id)) {
        return refuse(60123);
    }
    if call.world.behind(&users, &parties).len() > 100 {
        return refuse(41041);
    }
    Ok((users, parties))
}

fn add(call: &mut Call<'_>) -> Answer {
    let kind = call.int("type").ok_or_else(|| Code::of(41037))?;
    let scene = call.int("scene").ok_or_else(|| Code::of(41039))?;
    let style = call.int("style").unwrap_or(0);
    match (kind, scene, style) {
        (k, _, _) if !(1..=2).contains(&k) => return refuse(41038),
        (_, s, _) if !(1..=2).contains(&s) => return refuse(41040),
        (k, 1, s) if s != 0 && s > 4 - k => return refuse(41042),
        _ => {}
    }
    let temporary = call.flag("is_temp").unwrap_or(false);
    if temporary && kind != 1 {
        return refuse_because(40058, "is_temp is for type 1");
    }
    let limit = |name: &str| call.int(name).is_none_or(|seconds| (0..=14 * 86_400).contains(&seconds));
    if !limit("expires_in") || !limit("chat_expires_in") {
        return refuse_because(40058, "expires_in");
    }
    let (users, parties) = behind(call, kind)?;
    let standing = call.world.contact_ways.iter().filter(|w| !w.deleted && !w.temporary).count();
    let joins = call.world.join_ways.iter().filter(|w| !w.deleted).count();
    if standing + joins >= parameters::CODES {
        return refuse(41045);
    }
    let (remark, state) = (call.within("remark", 30)?, call.within("state", 30)?);
    let channel = call.world.place_for(&state, &remark);
    let made = ContactWay {
        kind,
        scene,
        style,
        remark,
        skip_verify: call.flag("skip_verify").unwrap_or(true),
        state,
        users,
        parties,
        temporary,
        expires_in: call.int("expires_in").unwrap_or(if temporary { 7 * 86_400 } else { 0 }),
        chat_expires_in: call.int("chat_expires_in").unwrap_or(if temporary { 86_400 } else { 0 }),
        unionid: call.text("unionid").unwrap_or_default().to_owned(),
        exclusive: call.flag("is_exclusive").unwrap_or(false),
        mark_source: call.flag("mark_source"),
        conclusions: call.value("conclusions").filter(|_| temporary).cloned(),
        created: call.now,
        deleted: false,
        channel,
        scans: 0,
    };
    call.world.contact_ways.push(made);
    let config_id = call.world.id(Id::ContactWay, call.world.contact_ways.len() - 1);
    let mut answer = json!({ "config_id": config_id });
    if scene == 2 {
        answer["qr_code"] = qr(call, &config_id).into();
    }
    Ok(answer)
}

/// Where the picture of a code lies: on this server, for there is none of its name elsewhere.
pub fn qr(call: &Call<'_>, config_id: &str) -> String {
    format!("{}/wwpic/{config_id}/0", call.origin)
}

fn show(call: &Call<'_>, number: usize) -> Value {
    let way = &call.world.contact_ways[number];
    let users: Vec<&str> = way.users.iter().map(|&s| call.world.staff[s].userid.as_str()).collect();
    let config_id = call.world.id(Id::ContactWay, number);
    let mut shown = json!({
        "config_id": config_id, "type": way.kind, "scene": way.scene, "style": way.style, "remark": way.remark, "skip_verify": way.skip_verify,
        "state": way.state, "user": users, "party": way.parties, "is_temp": way.temporary, "expires_in": way.expires_in,
        "chat_expires_in": way.chat_expires_in, "unionid": way.unionid
    });
    if way.scene == 2 {
        shown["qr_code"] = qr(call, &config_id).into();
    }
    if let Some(mark) = way.mark_source {
        shown["mark_source"] = mark.into();
    }
    if let Some(conclusions) = &way.conclusions {
        shown["conclusions"] = conclusions.clone();
    }
    shown
}

fn list(call: &mut Call<'_>) -> Answer {
    let from = call.int("start_time").unwrap_or(call.seconds() - 90 * 86_400);
    let to = call.int("end_time").unwrap_or(call.seconds());
    let world = &*call.world;
    let all = world
        .contact_ways
        .iter()
        .enumerate()
        .filter(|(_, way)| !way.deleted && !way.temporary && (from..=to).contains(&seconds(way.created)));
    let all = all.map(|(at, _)| (at, json!({ "config_id": world.id(Id::ContactWay, at) })));
    let (page, next) = call.page(all, call.limit(100, 1000))?;
    Ok(json!({ "contact_way": page, "next_cursor": next }))
}

fn update(call: &mut Call<'_>) -> Answer {
    let number = way(call)?;
    let kind = call.world.contact_ways[number].kind;
    let people = ["user", "party"].iter().any(|name| call.value(name).is_some());
    let people = if people { Some(behind(call, kind)?) } else { None };
    let (remark, state) = (call.within("remark", 30)?, call.within("state", 30)?);
    let mut way = call.world.contact_ways[number].clone();
    if let Some((users, parties)) = people {
        (way.users, way.parties) = (users, parties);
    }
    if call.value("remark").is_some() {
        way.remark = remark;
    }
    if call.value("state").is_some() {
        way.state = state;
    }
    way.skip_verify = call.flag("skip_verify").unwrap_or(way.skip_verify);
    way.style = call.int("style").unwrap_or(way.style);
    way.expires_in = call.int("expires_in").unwrap_or(way.expires_in);
    way.chat_expires_in = call.int("chat_expires_in").unwrap_or(way.chat_expires_in);
    way.mark_source = call.flag("mark_source").or(way.mark_source);
    if let Some(unionid) = call.text("unionid") {
        way.unionid = unionid.to_owned();
    }
    if let Some(conclusions) = call.value("conclusions") {
        way.conclusions = Some(conclusions.clone());
    }
    call.world.contact_ways[number] = way;
    ok()
}
