//! Customers and follow relations.

use super::{Endpoint, get, post};
use crate::calendar::seconds;
use crate::happening::*;
use crate::ids::Id;
use crate::server::call::{Answer, Call, Code, cursor, ok, refuse, refuse_because};
use crate::world::{Status, World};
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    get("externalcontact/get_follow_user_list", &["follow_user"], |call| {
        let all = (0..call.world.staff.len()).filter(|&s| call.world.serves(s));
        Ok(json!({ "follow_user": all.map(|s| call.world.staff[s].userid.clone()).collect::<Vec<_>>() }))
    }),
    get("externalcontact/list", &["external_userid"], list),
    get("externalcontact/get", &["follow_user"], get_customer),
    post("externalcontact/batch/get_by_user", &["external_contact_list"], batch),
    post("externalcontact/remark", &[], remark),
    post("externalcontact/contact_list", &["info_list"], contact_list),
];

fn list(call: &mut Call<'_>) -> Answer {
    let staff = call.member(call.asked("userid", 40003)?)?;
    if !call.world.serves(staff) {
        return refuse(84074);
    }
    let active =
        call.world.staff[staff].relations.iter().filter(|&&r| call.world.relations[r].status == Status::Active);
    let all: Vec<String> = active.map(|&r| call.world.external_userid(call.world.relations[r].person)).collect();
    if all.is_empty() { refuse(84061) } else { Ok(json!({ "external_userid": all })) }
}

fn get_customer(call: &mut Call<'_>) -> Answer {
    let person = call.customer(call.asked("external_userid", 41035)?)?;
    let from = super::super::call::read_cursor(call.query.get("cursor").map_or("", String::as_str))?;
    let active: Vec<RelationNo> = call.world.people[person]
        .relations
        .iter()
        .copied()
        .filter(|&r| call.world.relations[r].status == Status::Active)
        .collect();
    if active.is_empty() {
        return refuse(84061);
    }
    let to = active.len().min(from + 500);
    let follow: Vec<Value> =
        active.get(from..to).unwrap_or_default().iter().map(|&r| follow_user(call.world, r)).collect();
    let mut answer = json!({ "external_contact": contact(call.world, person), "follow_user": follow });
    if to < active.len() {
        answer["next_cursor"] = cursor(to).into();
    }
    Ok(answer)
}

pub fn contact(world: &World, person: PersonNo) -> Value {
    let here = &world.people[person];
    let mut shown = json!({
        "external_userid": world.external_userid(person), "name": here.name, "type": if here.business { 2 } else { 1 },
        "avatar": format!("http://wx.qlogo.cn/mmhead/sandbox/{person}/0"), "gender": here.gender
    });
    if here.business {
        shown["position"] = "采购经理".into();
        shown["corp_name"] = "某某贸易".into();
        shown["corp_full_name"] = "某某贸易有限公司".into();
        shown["external_profile"] =
            json!({ "external_attr": [{ "type": 0, "name": "职务", "text": { "value": "采购" } }] });
    } else if let Some(unionid) = world.union_id(person) {
        shown["unionid"] = unionid.into();
    }
    shown
}

/// What both forms of a relation have.
fn follow(world: &World, relation: RelationNo) -> Value {
    let here = &world.relations[relation];
    let oper =
        if here.by_customer { world.external_userid(here.person) } else { world.staff[here.staff].userid.clone() };
    let mut shown = json!({
        "userid": world.staff[here.staff].userid, "remark": here.remark, "description": here.description, "createtime": seconds(here.created),
        "remark_mobiles": here.mobiles, "oper_userid": oper, "add_way": here.add_way
    });
    if !here.company.is_empty() {
        shown["remark_corp_name"] = here.company.clone().into();
    }
    if !here.state.is_empty() {
        shown["state"] = here.state.clone().into();
    }
    shown
}

fn follow_user(world: &World, relation: RelationNo) -> Value {
    let here = &world.relations[relation];
    let corp = here.tags.iter().map(|&tag| {
        let tag = &world.tags[tag];
        json!({ "group_name": world.tag_groups[tag.group].name, "tag_name": tag.name, "tag_id": world.tag_id(tag.id), "type": 1 })
    });
    let own = here.personal_tags.iter().map(|name| json!({ "group_name": "", "tag_name": name, "type": 2 }));
    let mut shown = follow(world, relation);
    shown["tags"] = corp.chain(own).collect();
    shown
}

fn follow_info(world: &World, relation: RelationNo) -> Value {
    let mut shown = follow(world, relation);
    let tags = world.relations[relation].tags.iter().map(|&tag| world.tag_id(world.tags[tag].id));
    shown["tag_id"] = tags.map(Value::from).collect();
    shown
}

/// The pages go through the members in the order given, and through each member's relations; the cursor is both places in one number.
fn batch(call: &mut Call<'_>) -> Answer {
    const WIDTH: usize = 1 << 40;
    let names = call.texts("userid_list");
    if names.is_empty() || names.len() > 100 {
        return refuse(40032);
    }
    let mut staff = Vec::new();
    for name in &names {
        staff.push(call.member(name)?);
    }
    let limit = call.limit(50, 100);
    let from = call.cursor()?;
    let mut page = Vec::new();
    let mut next = String::new();
    'members: for (at, &member) in staff.iter().enumerate().skip(from / WIDTH) {
        let skip = if at == from / WIDTH { from % WIDTH } else { 0 };
        for (place, &relation) in call.world.staff[member].relations.iter().enumerate().skip(skip) {
            let here = &call.world.relations[relation];
            if here.status != Status::Active || !call.world.serves(member) {
                continue;
            }
            if page.len() == limit {
                next = cursor(at * WIDTH + place);
                break 'members;
            }
            page.push(json!({ "external_contact": contact(call.world, here.person), "follow_info": follow_info(call.world, relation) }));
        }
    }
    Ok(json!({ "external_contact_list": page, "next_cursor": next, "fail_info": { "unlicensed_userid_list": [] } }))
}

fn remark(call: &mut Call<'_>) -> Answer {
    let relation = call.pair()?;
    if ["remark", "description", "remark_company", "remark_mobiles", "remark_pic_mediaid"]
        .iter()
        .all(|name| call.value(name).is_none())
    {
        return refuse(40063);
    }
    let (remark, description, company) =
        (call.within("remark", 20)?, call.within("description", 150)?, call.within("remark_company", 20)?);
    let given: Vec<bool> =
        ["remark", "description", "remark_company"].iter().map(|name| call.value(name).is_some()).collect();
    if let Some(media) = call.text("remark_pic_mediaid") {
        super::media::check(call, media, 0)?;
    }
    let business = call.world.people[call.world.relations[relation].person].business;
    let mobiles = call.value("remark_mobiles").map(|_| call.texts("remark_mobiles"));
    let here = &mut call.world.relations[relation];
    if given[0] {
        here.remark = remark;
    }
    if given[1] {
        here.description = description;
    }
    if given[2] && !business {
        here.company = company;
    }
    if let Some(mobiles) = mobiles {
        here.mobiles = mobiles.into_iter().filter(|mobile| !mobile.is_empty()).collect();
    }
    ok()
}

/// Everybody served, and those who only sit in a group.
fn contact_list(call: &mut Call<'_>) -> Answer {
    let world = &*call.world;
    let friends = world.relations.iter().enumerate().filter(|(_, r)| r.status == Status::Active).map(|(at, r)| {
        let shown = json!({
            "is_customer": true, "tmp_openid": world.id(Id::TemporaryOpenId, r.person), "external_userid": world.external_userid(r.person),
            "name": masked(&world.people[r.person].name), "follow_userid": world.staff[r.staff].userid, "add_time": seconds(r.created)
        });
        (at, shown)
    });
    let total = world.relations.len();
    let seats = world.groups.iter().enumerate().flat_map(move |(at, group)| group.members.iter().enumerate().filter_map(move |(seat, member)| {
        let person = member.person()?;
        let known = world.people[person].relations.iter().any(|&r| world.relations[r].status == Status::Active);
        let shown = json!({
            "is_customer": false, "tmp_openid": world.id(Id::TemporaryOpenId, person), "chat_id": world.id(Id::Group, at),
            "chat_name": group.name, "add_time": seconds(member.joined)
        });
        (!known).then_some((total + at * 1000 + seat, shown))
    }));
    let (page, next) = call.page(friends.chain(seats), call.limit(1000, 1000))?;
    Ok(json!({ "info_list": page, "next_cursor": next }))
}

fn masked(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| format!("{first}{}", "*".repeat(letters.count().min(3))))
}

/// The code for an id of the wrong kind, where only WeChat users will do.
pub fn wechat_user(call: &Call<'_>, external_userid: &str) -> Result<PersonNo, Code> {
    let person = call.customer(external_userid)?;
    if call.world.people[person].business { refuse_because(41056, external_userid) } else { Ok(person) }
}
