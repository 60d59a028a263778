//! Moments.

use super::{Endpoint, get, post};
use crate::calendar::{day, month, seconds};
use crate::happening::{RelationNo, StaffNo};
use crate::ids::Id;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, numbers, ok, refuse, refuse_because, strings};
use crate::world::{Moment, MomentTask, Status};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/add_moment_task", &[], add),
    get("externalcontact/get_moment_task_result", &[], result),
    post("externalcontact/cancel_moment_task", &[], |call| {
        let moment = known(call)?;
        call.world.moments[moment].cancelled = true;
        ok()
    }),
    post("externalcontact/get_moment_list", &["moment_list"], list),
    post("externalcontact/get_moment_task", &["task_list"], |call| {
        let moment = known(call)?;
        let world = &*call.world;
        let all = world.moments[moment].tasks.iter().enumerate().map(|(at, task)| {
            (at, json!({ "userid": world.staff[task.staff].userid, "publish_status": i32::from(task.published.is_some()) }))
        });
        let (page, next) = call.page(all, call.limit(500, 1000))?;
        Ok(json!({ "task_list": page, "next_cursor": next }))
    }),
    post("externalcontact/get_moment_customer_list", &["customer_list"], |call| {
        let (_, task) = published(call)?;
        let userid = call.world.staff[task.staff].userid.clone();
        let world = &*call.world;
        let all = task.range.iter().enumerate().map(|(at, &r)| {
            (at, json!({ "userid": userid, "external_userid": world.external_userid(world.relations[r].person) }))
        });
        let (page, next) = call.page(all, call.limit(500, 1000))?;
        Ok(json!({ "customer_list": page, "next_cursor": next }))
    }),
    post("externalcontact/get_moment_send_result", &["customer_list"], |call| {
        let (_, task) = published(call)?;
        let world = &*call.world;
        let all = task
            .seen_by
            .iter()
            .enumerate()
            .map(|(at, &p)| (at, json!({ "external_userid": world.external_userid(p) })));
        let (page, next) = call.page(all, call.limit(3000, 5000))?;
        Ok(json!({ "customer_list": page, "next_cursor": next }))
    }),
    post("externalcontact/get_moment_comments", &["comment_list", "like_list"], |call| {
        let (_, task) = published(call)?;
        let show = |list: &[(usize, siyu_kernel::Time)]| -> Vec<Value> {
            list.iter()
                .map(|&(p, at)| json!({ "external_userid": call.world.external_userid(p), "create_time": seconds(at) }))
                .collect()
        };
        Ok(json!({ "comment_list": show(&task.comments), "like_list": show(&task.likes) }))
    }),
];

fn known(call: &Call<'_>) -> Result<usize, Code> {
    call.find(Id::Moment, call.need("moment_id", 41059)?, call.world.moments.len(), 41060)
}
fn published(call: &Call<'_>) -> Result<(usize, MomentTask), Code> {
    let moment = known(call)?;
    let staff = call.member(call.need("userid", 40003)?)?;
    let task =
        call.world.moments[moment].tasks.iter().find(|task| task.staff == staff).ok_or_else(|| Code::of(41061))?;
    if task.published.is_none() { refuse(41062) } else { Ok((moment, task.clone())) }
}

fn add(call: &mut Call<'_>) -> Answer {
    let text = call.value("text").cloned().unwrap_or_else(|| json!({}));
    let words = text["content"].as_str().unwrap_or_default();
    let attachments = call.value("attachments").cloned().unwrap_or_else(|| json!([]));
    let list = attachments.as_array().cloned().unwrap_or_default();
    if words.is_empty() && list.is_empty() {
        return refuse(41089);
    }
    if words.chars().count() > 2000 {
        return refuse(45002);
    }
    let kind = list.first().map_or("", |one| one["msgtype"].as_str().unwrap_or_default());
    let most = match kind {
        "" if list.is_empty() => 0,
        "image" => 9,
        "video" | "link" => 1,
        _ => return refuse(41065),
    };
    if list.len() > most {
        return refuse(41064);
    }
    for one in &list {
        if one["msgtype"] != kind {
            return refuse_because(41065, "kinds cannot be mixed");
        }
        if kind == "link" && one["link"]["title"].as_str().is_some_and(|title| title.chars().count() > 64) {
            return refuse(45002);
        }
        super::media::check(call, one[kind]["media_id"].as_str().unwrap_or_default(), 1)?;
    }
    let minute = (call.seconds() / 60) as i32;
    let this_month = month(day(call.now)).0;
    if !call.office.count("moment/minute", minute, parameters::MOMENT_TASKS.0)
        || !call.office.count("moment/month", this_month, parameters::MOMENT_TASKS.1)
    {
        return refuse(45009);
    }
    let made = ranges(call, text, attachments);
    let (moment, ranges) = made;
    let number = call.world.order_moment(moment, ranges);
    call.office.moment_jobs.push((number, call.now));
    Ok(json!({ "jobid": call.world.id(Id::MomentJob, call.office.moment_jobs.len() - 1) }))
}

/// Who publishes it and to whom. What is not known is told with the job's result.
fn ranges(call: &Call<'_>, text: Value, attachments: Value) -> (Moment, Vec<(StaffNo, Vec<RelationNo>)>) {
    let world = &*call.world;
    let range = call.value("visible_range").cloned().unwrap_or_default();
    let mut moment = Moment {
        created: call.now,
        text,
        attachments,
        tasks: Vec::new(),
        cancelled: false,
        invalid_users: Vec::new(),
        invalid_departments: Vec::new(),
        invalid_tags: Vec::new(),
        partial: !range.is_null(),
    };
    let mut senders = BTreeSet::new();
    let (users, departments) =
        (strings(&range["sender_list"]["user_list"]), numbers(&range["sender_list"]["department_list"]));
    for userid in &users {
        match world.member(userid).filter(|&s| world.serves(s)) {
            Some(staff) => drop(senders.insert(staff)),
            None => moment.invalid_users.push(userid.clone()),
        }
    }
    for &department in &departments {
        if world.departments.iter().any(|d| d.id == department) {
            senders.extend(world.members_of(department).into_iter().filter(|&s| world.serves(s)));
        } else {
            moment.invalid_departments.push(department);
        }
    }
    if users.is_empty() && departments.is_empty() {
        senders.extend((0..world.staff.len()).filter(|&s| world.serves(s)));
    }
    let mut tags = Vec::new();
    for id in strings(&range["external_contact_list"]["tag_list"]) {
        match world.tag(&id) {
            Some(tag) => tags.push(tag),
            None => moment.invalid_tags.push(id),
        }
    }
    let tagged = !tags.is_empty() || !moment.invalid_tags.is_empty();
    let mut ranges = Vec::new();
    for staff in senders {
        let of_staff = world.staff[staff].relations.iter().copied().filter(|&r| {
            let here = &world.relations[r];
            here.status == Status::Active && (!tagged || here.tags.iter().any(|tag| tags.contains(tag)))
        });
        let of_staff: Vec<RelationNo> = of_staff.collect();
        if !of_staff.is_empty() || !tagged {
            ranges.push((staff, of_staff));
        }
    }
    (moment, ranges)
}

fn result(call: &mut Call<'_>) -> Answer {
    let job = call.asked("jobid", 40058)?;
    let job = call.find(Id::MomentJob, job, call.office.moment_jobs.len(), 40058)?;
    let (number, asked) = call.office.moment_jobs[job];
    if call.now > asked.plus_days(1) {
        return refuse_because(40058, "jobid expired");
    }
    let age = (call.now.0 - asked.0) / 1_000_000;
    let status = if age < 1 {
        1
    } else if age < parameters::DISPATCH_SECONDS {
        2
    } else {
        3
    };
    let moment = &call.world.moments[number];
    let mut answer = json!({ "status": status, "type": "add_moment_task" });
    answer["result"] = if status < 3 {
        json!({ "errcode": 0, "errmsg": "ok", "moment_id": "" })
    } else {
        json!({
            "errcode": 0, "errmsg": "ok", "moment_id": call.world.id(Id::Moment, number),
            "invalid_sender_list": { "user_list": moment.invalid_users, "department_list": moment.invalid_departments },
            "invalid_external_contact_list": { "tag_list": moment.invalid_tags }
        })
    };
    Ok(answer)
}

fn list(call: &mut Call<'_>) -> Answer {
    let (from, to) = call.span(30)?;
    let kind = call.int("filter_type").unwrap_or(2);
    let world = &*call.world;
    let all = world.moments.iter().enumerate().filter(|(_, m)| kind != 1 && (from..=to).contains(&seconds(m.created)));
    let all = all.map(|(at, moment)| {
        let mut shown = json!({
            "moment_id": world.id(Id::Moment, at), "create_time": seconds(moment.created).to_string(), "create_type": 0,
            "visible_type": i32::from(!moment.partial), "text": moment.text
        });
        for one in moment.attachments.as_array().map(Vec::as_slice).unwrap_or_default() {
            match one["msgtype"].as_str() {
                Some("image") => match shown["image"].as_array_mut() {
                    Some(images) => images.push(one["image"].clone()),
                    None => shown["image"] = json!([one["image"]]),
                },
                Some(other) => shown[other] = one[other].clone(),
                None => {}
            }
        }
        (at, shown)
    });
    let (page, next) = call.page(all, call.limit(20, 20))?;
    Ok(json!({ "moment_list": page, "next_cursor": next }))
}
