//! The corp's tag library and marks on customers. What the brand does here causes no callback.

use super::{Endpoint, post};
use crate::calendar::seconds;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, ok, refuse, refuse_because};
use crate::world::World;
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/get_corp_tag_list", &["tag_group"], list),
    post("externalcontact/add_corp_tag", &[], add),
    post("externalcontact/edit_corp_tag", &[], edit),
    post("externalcontact/del_corp_tag", &[], delete),
    post("externalcontact/mark_tag", &[], mark),
];

fn show_tag(world: &World, tag: usize) -> Value {
    let tag = &world.tags[tag];
    json!({ "id": world.tag_id(tag.id), "name": tag.name, "create_time": seconds(tag.created), "order": tag.order })
}
fn show_group(world: &World, group: usize, tags: &[usize]) -> Value {
    let here = &world.tag_groups[group];
    let mut tags: Vec<usize> = tags.iter().copied().filter(|&t| !world.tags[t].deleted).collect();
    tags.sort_by_key(|&t| std::cmp::Reverse(world.tags[t].order));
    json!({
        "group_id": world.tag_id(here.id), "group_name": here.name, "create_time": seconds(here.created), "order": here.order,
        "tag": tags.into_iter().map(|t| show_tag(world, t)).collect::<Vec<_>>()
    })
}

fn list(call: &mut Call<'_>) -> Answer {
    let world = &*call.world;
    let (tags, groups) = (call.texts("tag_id"), call.texts("group_id"));
    let mut standing: Vec<usize> = (0..world.tag_groups.len()).filter(|&g| !world.tag_groups[g].deleted).collect();
    standing.sort_by_key(|&g| std::cmp::Reverse(world.tag_groups[g].order));
    let shown = standing.into_iter().filter_map(|group| {
        let all = &world.tag_groups[group].tags;
        if !groups.is_empty() {
            return groups.contains(&world.tag_id(world.tag_groups[group].id)).then(|| show_group(world, group, all));
        }
        if tags.is_empty() {
            return Some(show_group(world, group, all));
        }
        let asked: Vec<usize> =
            all.iter().copied().filter(|&t| tags.contains(&world.tag_id(world.tags[t].id))).collect();
        (!asked.is_empty()).then(|| show_group(world, group, &asked))
    });
    Ok(json!({ "tag_group": shown.collect::<Vec<_>>() }))
}

fn order(value: Option<&Value>) -> u32 {
    value.and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}
fn good_name(name: &str) -> Result<(), Code> {
    if name.is_empty() || name.chars().count() > 30 { refuse(40072) } else { Ok(()) }
}

fn add(call: &mut Call<'_>) -> Answer {
    let mut wanted: Vec<(String, u32)> = Vec::new();
    for tag in call.value("tag").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let name = tag["name"].as_str().unwrap_or_default();
        good_name(name)?;
        if !wanted.iter().any(|(have, _)| have == name) {
            wanted.push((name.to_owned(), order(tag.get("order"))));
        }
    }
    if wanted.is_empty() {
        return refuse_because(40063, "tag");
    }
    if call.world.tags.iter().filter(|tag| !tag.deleted).count() + wanted.len() > parameters::TAGS {
        return refuse(40126);
    }
    let known = match call.text("group_id") {
        Some(id) => Some(call.world.tag_group(id).ok_or_else(|| Code::of(40068))?),
        None => {
            let name = call.need("group_name", 40063)?;
            good_name(name)?;
            call.world.tag_groups.iter().position(|group| group.name == name && !group.deleted)
        }
    };
    if let Some(group) = known {
        let names =
            |&t: &usize| !call.world.tags[t].deleted && wanted.iter().any(|(name, _)| *name == call.world.tags[t].name);
        if call.world.tag_groups[group].tags.iter().any(names) {
            return refuse(40071);
        }
    }
    let group = known.unwrap_or_else(|| {
        let (name, order) = (call.text("group_name").unwrap_or_default().to_owned(), order(call.value("order")));
        call.world.new_tag_group(&name, order, true)
    });
    let made: Vec<usize> =
        wanted.into_iter().map(|(name, order)| call.world.new_tag(group, &name, order, true)).collect();
    Ok(json!({ "tag_group": show_group(call.world, group, &made) }))
}

fn edit(call: &mut Call<'_>) -> Answer {
    let id = call.need("id", 40068)?.to_owned();
    let name = call.text("name").map(str::to_owned);
    if let Some(name) = &name {
        good_name(name)?;
    }
    let new_order = call.value("order").map(|value| order(Some(value)));
    if let Some(tag) = call.world.tag(&id) {
        if !call.world.tags[tag].by_app {
            return refuse(48002);
        }
        let group = call.world.tags[tag].group;
        let others = call.world.tag_groups[group].tags.iter().filter(|&&t| t != tag && !call.world.tags[t].deleted);
        if name.as_ref().is_some_and(|name| others.clone().any(|&t| call.world.tags[t].name == *name)) {
            return refuse(40071);
        }
        let tag = &mut call.world.tags[tag];
        tag.name = name.unwrap_or(std::mem::take(&mut tag.name));
        tag.order = new_order.unwrap_or(tag.order);
        return ok();
    }
    let group = call.world.tag_group(&id).ok_or_else(|| Code::of(40068))?;
    if !call.world.tag_groups[group].by_app {
        return refuse(48002);
    }
    let taken = |name: &String| {
        call.world.tag_groups.iter().enumerate().any(|(at, g)| at != group && !g.deleted && g.name == *name)
    };
    if name.as_ref().is_some_and(taken) {
        return refuse(40071);
    }
    let group = &mut call.world.tag_groups[group];
    group.name = name.unwrap_or(std::mem::take(&mut group.name));
    group.order = new_order.unwrap_or(group.order);
    ok()
}

fn delete(call: &mut Call<'_>) -> Answer {
    let (tags, groups) = (call.texts("tag_id"), call.texts("group_id"));
    if tags.is_empty() && groups.is_empty() {
        return refuse(40063);
    }
    let mut going = Vec::new();
    for id in &tags {
        going.push(call.world.tag(id).ok_or_else(|| Code::of(40068))?);
    }
    for id in &groups {
        let group = call.world.tag_group(id).ok_or_else(|| Code::of(40068))?;
        going.extend(call.world.tag_groups[group].tags.iter().copied().filter(|&t| !call.world.tags[t].deleted));
    }
    if going.iter().any(|&t| !call.world.tags[t].by_app) {
        return refuse(48002);
    }
    for tag in going {
        call.world.delete_tag(tag);
    }
    ok()
}

fn mark(call: &mut Call<'_>) -> Answer {
    let relation = call.pair()?;
    let (add, remove) = (call.texts("add_tag"), call.texts("remove_tag"));
    if add.is_empty() && remove.is_empty() {
        return refuse_because(40063, "add_tag and remove_tag both empty");
    }
    let known = |ids: &[String]| {
        ids.iter().map(|id| call.world.tag(id).ok_or_else(|| Code::of(40068))).collect::<Result<Vec<_>, _>>()
    };
    let (add, remove) = (known(&add)?, known(&remove)?);
    let here = &call.world.relations[relation].tags;
    let mut tags: Vec<usize> = here.iter().copied().filter(|tag| !remove.contains(tag)).collect();
    tags.extend(add);
    let mut seen = std::collections::HashSet::new();
    tags.retain(|tag| seen.insert(*tag));
    if tags.len() > parameters::TAGS_PER_CUSTOMER {
        return refuse(45009);
    }
    call.world.relations[relation].tags = tags;
    ok()
}
