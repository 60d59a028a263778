//! Mass messages: made here, sent by members, read back.

use super::{Endpoint, post};
use crate::calendar::seconds;
use crate::ids::Id;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, ok, refuse, refuse_because, strings};
use crate::world::MassOrder;
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/add_msg_template", &["fail_list"], add),
    post("externalcontact/get_groupmsg_list_v2", &["group_msg_list"], list),
    post("externalcontact/get_groupmsg_task", &["task_list"], tasks),
    post("externalcontact/get_groupmsg_send_result", &["send_list"], results),
    post("externalcontact/remind_groupmsg_send", &[], |call| {
        let mass = known(call)?;
        if call.world.masses[mass].cancelled {
            return refuse(41093);
        }
        if call.world.remind_mass(mass) { ok() } else { refuse(41094) }
    }),
    post("externalcontact/cancel_groupmsg_send", &[], |call| {
        let mass = known(call)?;
        if std::mem::replace(&mut call.world.masses[mass].cancelled, true) { refuse(41093) } else { ok() }
    }),
];

fn known(call: &Call<'_>) -> Result<usize, Code> {
    call.find(Id::Mass, call.need("msgid", 41046)?, call.world.masses.len(), 41047)
}
/// Known, and dispatched.
fn dispatched(call: &Call<'_>) -> Result<usize, Code> {
    let mass = known(call)?;
    let ready = call.world.masses[mass].created.plus_seconds(parameters::DISPATCH_SECONDS);
    if call.now < ready { refuse(41063) } else { Ok(mass) }
}

fn add(call: &mut Call<'_>) -> Answer {
    let to_groups = match call.text("chat_type").unwrap_or("single") {
        "single" => false,
        "group" => true,
        _ => return refuse_because(40058, "chat_type"),
    };
    let sender = match call.value("sender").map(|sender| sender.as_str().unwrap_or_default()) {
        Some("") => return refuse_because(40058, "field sender unexpected empty string"),
        Some(userid) => Some(call.serving(userid)?),
        None => None,
    };
    let (text, attachments) = super::welcome::content(call, 4000)?;
    let mut order = MassOrder { to_groups, sender, text, attachments, ..MassOrder::default() };
    let mut failed = Vec::new();
    if to_groups {
        if call.value("chat_id_list").is_some() {
            let ids = call.texts("chat_id_list");
            if ids.len() > 2000 {
                return refuse_because(40058, "chat_id_list");
            }
            let mut groups = Vec::new();
            for id in ids {
                match call.world.group(&id) {
                    Some(group) => groups.push(group),
                    None => failed.push(id),
                }
            }
            order.groups = Some(groups);
        } else if sender.is_none() {
            return refuse_because(40058, "sender");
        } else {
            let own = (0..call.world.groups.len()).filter(|&g| Some(call.world.groups[g].owner) == sender);
            order.groups = Some(own.collect());
        }
    } else {
        let ids = call.texts("external_userid");
        if ids.len() > 10_000 {
            return refuse_because(40058, "external_userid");
        }
        if ids.is_empty() {
            let filter = call.value("tag_filter").map(|filter| filter["group_list"].clone());
            for group in filter.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
                let tags = strings(&group["tag_list"]);
                if tags.len() > 100 {
                    return refuse_because(40058, "tag_list");
                }
                let tags = tags.iter().map(|id| call.world.tag(id).ok_or_else(|| Code::of(40068)));
                order.tags.push(tags.collect::<Result<_, _>>()?);
            }
            if sender.is_none() && order.tags.is_empty() {
                return refuse_because(40058, "sender, external_userid and tag_filter all empty");
            }
        } else {
            let mut people = Vec::new();
            for id in ids {
                match call.world.person(&id) {
                    Some(person) => people.push(person),
                    None => failed.push(id),
                }
            }
            order.people = Some(people);
        }
    }
    let (mass, missed) = call.world.order_mass(order);
    failed.extend(missed.people.into_iter().map(|person| call.world.external_userid(person)));
    failed.extend(missed.groups.into_iter().map(|group| call.world.id(Id::Group, group)));
    let mass = mass.ok_or_else(|| Code::of(41048))?;
    Ok(json!({ "fail_list": failed, "msgid": call.world.id(Id::Mass, mass) }))
}

fn list(call: &mut Call<'_>) -> Answer {
    let (from, to) = call.span(31)?;
    let to_groups = match call.need("chat_type", 40058)? {
        "single" => false,
        "group" => true,
        _ => return refuse_because(40058, "chat_type"),
    };
    let kind = call.int("filter_type").unwrap_or(2);
    let creator = call.text("creator").map(|userid| call.member(userid)).transpose()?;
    let world = &*call.world;
    let all = world.masses.iter().enumerate().filter(|(_, mass)| {
        mass.to_groups == to_groups
            && (from..=to).contains(&seconds(mass.created))
            && (kind == 2 || i64::from(mass.creator.is_some()) == kind)
            && (creator.is_none() || mass.creator == creator)
    });
    let all = all.map(|(at, mass)| {
        let mut shown = json!({
            "msgid": world.id(Id::Mass, at), "create_time": seconds(mass.created), "create_type": i32::from(mass.creator.is_some()),
            "text": mass.text, "attachments": mass.attachments
        });
        if let Some(creator) = mass.creator {
            shown["creator"] = world.staff[creator].userid.clone().into();
            // Members' own come with a number in quotes, as some pages show.
            shown["create_time"] = seconds(mass.created).to_string().into();
        }
        (at, shown)
    });
    let (page, next) = call.page(all, call.limit(50, 100))?;
    Ok(json!({ "group_msg_list": page, "next_cursor": next }))
}

fn tasks(call: &mut Call<'_>) -> Answer {
    let mass = dispatched(call)?;
    let world = &*call.world;
    let all = world.masses[mass].tasks.iter().enumerate().map(|(at, task)| {
        let mut shown =
            json!({ "userid": world.staff[task.staff].userid, "status": if task.confirmed.is_some() { 2 } else { 0 } });
        if let Some(sent) = task.confirmed {
            shown["send_time"] = seconds(sent).into();
        }
        (at, shown)
    });
    let (page, next) = call.page(all, call.limit(500, 1000))?;
    Ok(json!({ "task_list": page, "next_cursor": next }))
}

fn results(call: &mut Call<'_>) -> Answer {
    let mass = dispatched(call)?;
    let staff = call.member(call.need("userid", 40003)?)?;
    let world = &*call.world;
    let Some(task) = world.masses[mass].tasks.iter().find(|task| task.staff == staff) else { return refuse(60136) };
    let all = task.targets.iter().enumerate().map(|(at, target)| {
        let mut shown = json!({ "userid": world.staff[staff].userid, "status": target.delivery as i32 });
        if world.masses[mass].to_groups {
            shown["chat_id"] = world.id(Id::Group, target.to).into();
        } else {
            shown["external_userid"] = world.external_userid(world.relations[target.to].person).into();
        }
        if let Some(sent) = target.at {
            shown["send_time"] = seconds(sent).into();
        }
        (at, shown)
    });
    let (page, next) = call.page(all, call.limit(500, 1000))?;
    Ok(json!({ "send_list": page, "next_cursor": next }))
}
