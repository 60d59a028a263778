//! Statistics by member, by owner and by day.

use super::{Endpoint, post};
use crate::calendar::{day, seconds, start_of};
use crate::happening::{GroupNo, StaffNo};
use crate::server::call::{Answer, Call, Code, refuse, refuse_because, strings};
use crate::world::StaffDay;
use serde_json::{Value, json};
use siyu_kernel::Time;
use std::collections::HashSet;
use std::ops::RangeInclusive;

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/get_user_behavior_data", &["behavior_data"], behaviour),
    post("externalcontact/groupchat/statistic", &["items"], by_owner),
    post("externalcontact/groupchat/statistic_group_by_day", &["items"], by_day),
];

/// Days that are over, not older than half a year, at most thirty at a time.
fn days(call: &Call<'_>, from: &str, to: &str) -> Result<RangeInclusive<i32>, Code> {
    let begin = call.int(from).ok_or_else(|| Code::of(40058))?;
    let end = call.int(to).unwrap_or(begin);
    let (first, last) = (day(Time(begin.saturating_mul(1_000_000))), day(Time(end.saturating_mul(1_000_000))));
    let today = day(call.now);
    if first > last || last - first > 30 || first < today - 180 || last > today {
        return refuse_because(40058, "time range");
    }
    Ok(first..=last)
}

fn behaviour(call: &mut Call<'_>) -> Answer {
    let days = days(call, "start_time", "end_time")?;
    let (userids, parties) = (call.texts("userid"), call.ints("partyid"));
    if userids.is_empty() && parties.is_empty() || userids.len() > 100 || parties.len() > 100 {
        return refuse(40032);
    }
    let mut staff: HashSet<StaffNo> = HashSet::new();
    for userid in &userids {
        staff.insert(call.member(userid)?);
    }
    for &party in &parties {
        staff.extend(call.world.members_of(party));
    }
    let rows = days.filter(|&d| d < day(call.now)).map(|day| {
        let mut sum = StaffDay::default();
        for &member in &staff {
            let one = call.world.staff_days.get(&(member, day)).copied().unwrap_or_default();
            sum.chats += one.chats;
            sum.messages += one.messages;
            sum.heard += one.heard;
            sum.answered += one.answered;
            sum.answer_minutes += one.answer_minutes;
            sum.negative += one.negative;
            sum.applied += one.applied;
            sum.contacts += one.contacts;
        }
        let mut row = json!({
            "stat_time": seconds(start_of(day)), "chat_cnt": sum.chats, "message_cnt": sum.messages,
            "negative_feedback_cnt": sum.negative, "new_apply_cnt": sum.applied, "new_contact_cnt": sum.contacts
        });
        if sum.heard > 0 {
            let share = f64::from(sum.answered.min(sum.heard)) / f64::from(sum.heard);
            row["reply_percentage"] = ((share * 10_000.0).round() / 100.0).into();
        }
        if let Some(minutes) = sum.answer_minutes.checked_div(sum.answered) {
            row["avg_reply_time"] = minutes.into();
        }
        row
    });
    Ok(json!({ "behavior_data": rows.collect::<Vec<_>>() }))
}

fn owners(call: &Call<'_>) -> Result<Vec<StaffNo>, Code> {
    let userids = call.value("owner_filter").map(|filter| strings(&filter["userid_list"])).unwrap_or_default();
    if userids.is_empty() || userids.len() > 100 {
        return refuse(40032);
    }
    userids.iter().map(|userid| call.member(userid)).collect()
}

/// What the groups did in the days, as it stood at the end of the last.
fn sum(call: &Call<'_>, groups: &[GroupNo], days: &RangeInclusive<i32>) -> Value {
    let world = &*call.world;
    let today = day(call.now);
    let (mut new, mut total, mut spoken, mut joined, mut members, mut said) = (0, 0, 0, 0, 0i64, 0);
    let mut speakers = HashSet::new();
    for &group in groups {
        let founded = day(world.groups[group].created);
        if founded > *days.end() {
            continue;
        }
        total += 1;
        new += i32::from(days.contains(&founded));
        let mut any = false;
        for day in days.clone() {
            if let Some(here) = world.group_days.get(&(group, day)) {
                joined += here.joined;
                said += here.said;
                any |= here.said > 0;
                speakers.extend(here.speakers.iter().copied());
            }
        }
        spoken += i32::from(any);
        let since: i64 = (days.end() + 1..=today)
            .filter_map(|day| world.group_days.get(&(group, day)))
            .map(|here| i64::from(here.joined) - i64::from(here.left))
            .sum();
        members += world.groups[group].members.len() as i64 - since;
    }
    json!({
        "new_chat_cnt": new, "chat_total": total, "chat_has_msg": spoken, "new_member_cnt": joined, "member_total": members,
        "member_has_msg": speakers.len(), "msg_total": said, "migrate_trainee_chat_cnt": 0
    })
}

fn groups_of(call: &Call<'_>, owner: StaffNo) -> Vec<GroupNo> {
    (0..call.world.groups.len())
        .filter(|&g| call.world.groups[g].owner == owner && !call.world.groups[g].dismissed)
        .collect()
}

fn by_owner(call: &mut Call<'_>) -> Answer {
    let days = days(call, "day_begin_time", "day_end_time")?;
    let field = match call.int("order_by").unwrap_or(1) {
        1 => "new_chat_cnt",
        2 => "chat_total",
        3 => "new_member_cnt",
        4 => "member_total",
        _ => return refuse_because(40058, "order_by"),
    };
    let mut rows: Vec<Value> = owners(call)?
        .into_iter()
        .map(|owner| json!({ "owner": call.world.staff[owner].userid, "data": sum(call, &groups_of(call, owner), &days) }))
        .collect();
    rows.sort_by_key(|row| row["data"][field].as_i64());
    if call.int("order_asc") != Some(1) {
        rows.reverse();
    }
    let total = rows.len();
    let from = call.int("offset").unwrap_or(0).max(0) as usize;
    let to = total.min(from + call.limit(500, 1000));
    Ok(json!({ "total": total, "next_offset": to, "items": rows.get(from..to).unwrap_or_default() }))
}

fn by_day(call: &mut Call<'_>) -> Answer {
    let days = days(call, "day_begin_time", "day_end_time")?;
    let groups: Vec<GroupNo> = owners(call)?.into_iter().flat_map(|owner| groups_of(call, owner)).collect();
    let rows = days.map(|day| json!({ "stat_time": seconds(start_of(day)), "data": sum(call, &groups, &(day..=day)) }));
    Ok(json!({ "items": rows.collect::<Vec<_>>() }))
}
