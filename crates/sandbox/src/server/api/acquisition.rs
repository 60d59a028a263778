//! Acquisition links.

use super::{Endpoint, get, post};
use crate::calendar::{day, seconds, start_of};
use crate::happening::StaffNo;
use crate::ids::Id;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, numbers, ok, refuse_because, strings};
use crate::world::{Link, Source};
use serde_json::{Value, json};
use siyu_kernel::Time;

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/customer_acquisition/list_link", &["link_id_list"], |call| {
        let world = &*call.world;
        let all = world
            .links
            .iter()
            .enumerate()
            .filter(|(_, link)| !link.deleted)
            .map(|(at, _)| (at, world.id(Id::Link, at)));
        let (page, next) = call.page(all, call.limit(100, 100))?;
        Ok(json!({ "link_id_list": page, "next_cursor": next }))
    }),
    post("externalcontact/customer_acquisition/get", &[], show),
    post("externalcontact/customer_acquisition/create_link", &[], create),
    post("externalcontact/customer_acquisition/update_link", &[], update),
    post("externalcontact/customer_acquisition/delete_link", &[], |call| {
        let link = link(call)?;
        call.world.links[link].deleted = true;
        ok()
    }),
    post("externalcontact/customer_acquisition/customer", &["customer_list"], customers),
    get("externalcontact/customer_acquisition_quota", &["quota_list"], |call| {
        let balance = call.world.link_balance;
        let expires = seconds(call.world.start().plus_days(365));
        let list = json!([{ "expire_date": expires, "balance": balance }]);
        Ok(json!({ "total": parameters::LINK_QUOTA, "balance": balance, "quota_list": list }))
    }),
    post("externalcontact/customer_acquisition/statistic", &[], statistic),
    post("externalcontact/customer_acquisition/get_chat_info", &[], chat_info),
];

fn link(call: &Call<'_>) -> Result<usize, Code> {
    let link = call.find(Id::Link, call.need("link_id", 40058)?, call.world.links.len(), 40058)?;
    if call.world.links[link].deleted { refuse_because(40058, "link_id") } else { Ok(link) }
}

/// Members and departments.
type Covered = (Vec<StaffNo>, Vec<i64>);

fn range(call: &Call<'_>) -> Result<Option<Covered>, Code> {
    let Some(range) = call.value("range") else { return Ok(None) };
    let mut users = Vec::new();
    for userid in strings(&range["user_list"]) {
        users.push(call.serving(&userid)?);
    }
    let departments = numbers(&range["department_list"]);
    if users.is_empty() && departments.is_empty() {
        return refuse_because(40058, "range");
    }
    if call.world.behind(&users, &departments).len() > 100 {
        return refuse_because(40058, "range covers more than 100 people");
    }
    Ok(Some((users, departments)))
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = call.within("link_name", 30)?;
    call.need("link_name", 40058)?;
    let (users, departments) = range(call)?.ok_or_else(|| Code::of(40058))?;
    call.world.links.push(Link {
        name: name.clone(),
        users,
        departments,
        skip_verify: call.flag("skip_verify").unwrap_or(true),
        priority: call.value("priority_option").cloned(),
        mark_source: call.flag("mark_source"),
        created: call.now,
        deleted: false,
        clicks: Vec::new(),
    });
    let id = call.world.id(Id::Link, call.world.links.len() - 1);
    Ok(json!({ "link": { "link_id": id, "link_name": name, "url": url(&id), "create_time": call.seconds() } }))
}

fn url(link_id: &str) -> String {
    format!("https://work.weixin.qq.com/ca/{link_id}")
}

fn show(call: &mut Call<'_>) -> Answer {
    let number = link(call)?;
    let link = &call.world.links[number];
    let users: Vec<&str> = link.users.iter().map(|&s| call.world.staff[s].userid.as_str()).collect();
    let mut answer = json!({
        "link": { "link_name": link.name, "url": url(&call.world.id(Id::Link, number)), "create_time": seconds(link.created), "skip_verify": link.skip_verify },
        "range": { "user_list": users, "department_list": link.departments }
    });
    if let Some(priority) = &link.priority {
        answer["priority_option"] = priority.clone();
    }
    if let Some(mark) = link.mark_source {
        answer["link"]["mark_source"] = mark.into();
    }
    Ok(answer)
}

fn update(call: &mut Call<'_>) -> Answer {
    let number = link(call)?;
    let name = call.within("link_name", 30)?;
    let range = range(call)?;
    let (skip, priority, mark) =
        (call.flag("skip_verify"), call.value("priority_option").cloned(), call.flag("mark_source"));
    let link = &mut call.world.links[number];
    if !name.is_empty() {
        link.name = name;
    }
    if let Some((users, departments)) = range {
        (link.users, link.departments) = (users, departments);
    }
    link.skip_verify = skip.unwrap_or(link.skip_verify);
    link.priority = priority.or(link.priority.take());
    link.mark_source = mark.or(link.mark_source);
    ok()
}

fn customers(call: &mut Call<'_>) -> Answer {
    let number = link(call)?;
    let world = &*call.world;
    let all = world
        .relations
        .iter()
        .enumerate()
        .filter(|(_, r)| matches!(r.source, Source::Link { link, .. } if link == number));
    let all = all.map(|(at, relation)| {
        let shown = json!({
            "external_userid": world.external_userid(relation.person), "userid": world.staff[relation.staff].userid,
            "chat_status": i32::from(relation.heard > 0), "state": relation.state
        });
        (at, shown)
    });
    let (page, next) = call.page(all, call.limit(1000, 1000))?;
    Ok(json!({ "customer_list": page, "next_cursor": next }))
}

fn statistic(call: &mut Call<'_>) -> Answer {
    let number = link(call)?;
    let (from, to) = call.span(30)?;
    let days = day(Time(from * 1_000_000))..=day(Time(to * 1_000_000));
    let clicks: u64 =
        call.world.links[number].clicks.iter().filter(|(day, _)| days.contains(day)).map(|(_, count)| count).sum();
    let span = start_of(*days.start())..start_of(days.end() + 1);
    let new = call
        .world
        .relations
        .iter()
        .filter(|r| matches!(r.source, Source::Link { link, .. } if link == number) && span.contains(&r.created));
    let new = new.count();
    Ok(json!({ "click_link_customer_cnt": clicks, "new_customer_cnt": new }))
}

fn chat_info(call: &mut Call<'_>) -> Answer {
    let chat = call.find(Id::ChatKey, call.need("chat_key", 40058)?, call.world.chats.len(), 40058)?;
    let chat = &call.world.chats[chat];
    if !chat.open {
        return refuse_because(40058, "chat_key expired");
    }
    let relation = &call.world.relations[chat.relation];
    let link = match relation.source {
        Source::Link { link, .. } => Value::from(call.world.id(Id::Link, link)),
        _ => Value::Null,
    };
    Ok(json!({
        "userid": call.world.staff[relation.staff].userid, "external_userid": call.world.external_userid(relation.person),
        "chat_info": { "recv_msg_cnt": chat.count, "link_id": link, "state": relation.state }
    }))
}
