//! Customer groups, their codes and owners.

use super::{Endpoint, post};
use crate::calendar::seconds;
use crate::happening::GroupNo;
use crate::ids::Id;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, ok, refuse, refuse_because, strings};
use crate::world::{JoinWay, Member, Status, Who};
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/groupchat/list", &["group_chat_list"], list),
    post("externalcontact/groupchat/get", &[], show),
    post("externalcontact/opengid_to_chatid", &[], |call| {
        let group = call.find(Id::OpenGid, call.need("opengid", 40058)?, call.world.groups.len(), 40058)?;
        Ok(json!({ "chat_id": call.world.id(Id::Group, group) }))
    }),
    post("externalcontact/groupchat/add_join_way", &[], |call| {
        let made = join_way(call)?;
        let standing = call.world.contact_ways.iter().filter(|w| !w.deleted).count()
            + call.world.join_ways.iter().filter(|w| !w.deleted).count();
        if standing >= parameters::CODES {
            return refuse(41045);
        }
        call.world.join_ways.push(made);
        Ok(json!({ "config_id": call.world.id(Id::JoinWay, call.world.join_ways.len() - 1) }))
    }),
    post("externalcontact/groupchat/get_join_way", &[], show_join_way),
    post("externalcontact/groupchat/update_join_way", &[], |call| {
        let number = known_join_way(call)?;
        call.world.join_ways[number] = join_way(call)?;
        ok()
    }),
    post("externalcontact/groupchat/del_join_way", &[], |call| {
        let number = known_join_way(call)?;
        call.world.join_ways[number].deleted = true;
        ok()
    }),
    post("externalcontact/groupchat/transfer", &["failed_chat_list"], |call| transfer(call, true)),
    post("externalcontact/groupchat/onjob_transfer", &["failed_chat_list"], |call| transfer(call, false)),
];

fn list(call: &mut Call<'_>) -> Answer {
    let Some(limit) = call.int("limit").filter(|limit| (1..=1000).contains(limit)) else {
        return refuse_because(40058, "limit");
    };
    let status = call.int("status_filter").unwrap_or(0);
    let owners = call.value("owner_filter").map(|filter| strings(&filter["userid_list"])).unwrap_or_default();
    if owners.len() > 100 {
        return refuse(40032);
    }
    if owners.is_empty() && call.world.staff.iter().filter(|staff| staff.status as i64 != 5).count() > 1000 {
        return refuse(81017);
    }
    let mut of = Vec::new();
    for owner in &owners {
        of.push(call.member(owner)?);
    }
    let world = &*call.world;
    let all = world.groups.iter().enumerate().filter(|(_, group)| {
        !group.dismissed
            && (of.is_empty() || of.contains(&group.owner))
            && (status == 0 || i64::from(group.status) == status)
    });
    let all = all.map(|(at, group)| (at, json!({ "chat_id": world.id(Id::Group, at), "status": group.status })));
    let (page, next) = call.page(all, limit as usize)?;
    Ok(json!({ "group_chat_list": page, "next_cursor": next }))
}

fn show(call: &mut Call<'_>) -> Answer {
    let number = call.group("chat_id")?;
    let names = call.int("need_name") == Some(1);
    let world = &*call.world;
    let group = &world.groups[number];
    if group.dismissed {
        return refuse(86003);
    }
    let members: Vec<Value> = group.members.iter().map(|member| seat(call, member, names)).collect();
    let admins: Vec<Value> = group.admins.iter().map(|&s| json!({ "userid": world.staff[s].userid })).collect();
    let mut shown = json!({
        "chat_id": world.id(Id::Group, number), "name": group.name, "owner": world.staff[group.owner].userid, "create_time": seconds(group.created),
        "member_list": members, "admin_list": admins, "member_version": world.version(number)
    });
    if !group.notice.is_empty() {
        shown["notice"] = group.notice.clone().into();
    }
    Ok(json!({ "group_chat": shown }))
}

fn seat(call: &Call<'_>, member: &Member, names: bool) -> Value {
    let world = &*call.world;
    let mut shown = json!({ "join_time": seconds(member.joined), "join_scene": member.scene, "group_nickname": "" });
    match member.who {
        Who::Staff(staff) => {
            shown["userid"] = world.staff[staff].userid.clone().into();
            shown["type"] = 1.into();
            if names {
                shown["name"] = world.staff[staff].name.clone().into();
            }
        }
        Who::Person(person) => {
            shown["userid"] = world.external_userid(person).into();
            shown["type"] = 2.into();
            let known = world.people[person].relations.iter().any(|&r| world.relations[r].status == Status::Active);
            if let Some(unionid) = world.union_id(person).filter(|_| known) {
                shown["unionid"] = unionid.into();
            }
            if names {
                shown["name"] = world.people[person].name.clone().into();
            }
        }
    }
    if let Some(invitor) = member.invitor {
        shown["invitor"] = json!({ "userid": world.staff[invitor].userid });
    }
    if !member.state.is_empty() {
        shown["state"] = member.state.clone().into();
    }
    shown
}

fn known_join_way(call: &Call<'_>) -> Result<usize, Code> {
    let number = call.find(Id::JoinWay, call.need("config_id", 41043)?, call.world.join_ways.len(), 41044)?;
    if call.world.join_ways[number].deleted { refuse(41044) } else { Ok(number) }
}

fn join_way(call: &Call<'_>) -> Result<JoinWay, Code> {
    let scene = call.int("scene").unwrap_or(0);
    if !(1..=2).contains(&scene) {
        return refuse_because(40058, "scene");
    }
    let ids = call.texts("chat_id_list");
    match ids.len() {
        0 => return refuse_because(40058, "chat_id_list"),
        1..=5 => {}
        _ => return refuse(41091),
    }
    let mut groups: Vec<GroupNo> = Vec::new();
    for id in &ids {
        groups.push(call.world.group(id).filter(|&g| !call.world.groups[g].dismissed).ok_or_else(|| Code::of(86001))?);
    }
    Ok(JoinWay {
        scene,
        remark: call.text("remark").unwrap_or_default().chars().take(30).collect(),
        auto_create: call.flag("auto_create_room").unwrap_or(true),
        base_name: call.within("room_base_name", 40)?,
        base_id: call.int("room_base_id").unwrap_or(1),
        groups,
        state: call.within("state", 30)?,
        mark_source: call.flag("mark_source"),
        deleted: false,
    })
}

fn show_join_way(call: &mut Call<'_>) -> Answer {
    let number = known_join_way(call)?;
    let way = &call.world.join_ways[number];
    let config_id = call.world.id(Id::JoinWay, number);
    let ids: Vec<String> = way.groups.iter().map(|&g| call.world.id(Id::Group, g)).collect();
    let mut shown = json!({
        "config_id": config_id, "scene": way.scene, "remark": way.remark, "auto_create_room": i32::from(way.auto_create),
        "room_base_name": way.base_name, "room_base_id": way.base_id, "chat_id_list": ids,
        "qr_code": super::codes::qr(call, &config_id), "state": way.state
    });
    if let Some(mark) = way.mark_source {
        shown["mark_source"] = mark.into();
    }
    Ok(json!({ "join_way": shown }))
}

fn transfer(call: &mut Call<'_>, resigned: bool) -> Answer {
    let ids = call.texts("chat_id_list");
    if ids.is_empty() || ids.len() > 100 {
        return refuse_because(40058, "chat_id_list");
    }
    let owner = call.serving(call.need("new_owner", 40003)?)?;
    let mut failed = Vec::new();
    for id in ids {
        let code = match call.world.group(&id) {
            None => 86001,
            Some(group) => call.world.transfer_group(group, owner, resigned),
        };
        if code != 0 {
            failed.push(json!({ "chat_id": id, "errcode": code, "errmsg": Code::of(code).1 }));
        }
    }
    Ok(json!({ "failed_chat_list": failed }))
}
