//! Handing customers over, from members who stay and from members who left.

use super::{Endpoint, post};
use crate::calendar::seconds;
use crate::server::call::{Answer, Call, refuse, refuse_because};
use crate::world::{StaffStatus, Status, TransferStatus};
use serde_json::json;

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/transfer_customer", &["customer"], |call| ask(call, false)),
    post("externalcontact/resigned/transfer_customer", &["customer"], |call| ask(call, true)),
    post("externalcontact/transfer_result", &["customer"], |call| results(call, false)),
    post("externalcontact/resigned/transfer_result", &["customer"], |call| results(call, true)),
    post("externalcontact/get_unassigned_list", &["info"], unassigned),
    // Chat archive is not bought: every one of its calls says so.
    post("msgaudit/get_permit_user_list", &["ids"], |_| refuse(301053)),
    post("msgaudit/check_single_agree", &["agreeinfo"], |_| refuse(301053)),
    post("msgaudit/check_room_agree", &["agreeinfo"], |_| refuse(301053)),
    post("msgaudit/groupchat/get", &["members"], |_| refuse(301053)),
];

fn ask(call: &mut Call<'_>, resigned: bool) -> Answer {
    let handover = call.member(call.need("handover_userid", 40003)?)?;
    let takeover = call.serving(call.need("takeover_userid", 40003)?)?;
    let left = call.world.staff[handover].status == StaffStatus::Left;
    if left != resigned || handover == takeover {
        return refuse_because(40003, "handover_userid");
    }
    let ids = call.texts("external_userid");
    if ids.is_empty() || ids.len() > 100 {
        return refuse_because(40058, "external_userid");
    }
    if call.text("transfer_success_msg").is_some_and(|text| text.chars().count() > 200) {
        return refuse(45002);
    }
    let customers = ids.into_iter().map(|id| {
        let code = match call.world.person(&id) {
            Some(person) => call.world.ask_transfer(handover, takeover, person, resigned),
            None => 40096,
        };
        json!({ "external_userid": id, "errcode": code })
    });
    Ok(json!({ "customer": customers.collect::<Vec<_>>() }))
}

fn results(call: &mut Call<'_>, resigned: bool) -> Answer {
    let handover = call.member(call.need("handover_userid", 40003)?)?;
    let takeover = call.member(call.need("takeover_userid", 40003)?)?;
    let world = &*call.world;
    let all = world.transfers.iter().enumerate();
    let all = all.filter(|(_, t)| t.resigned == resigned && t.handover == handover && t.takeover == takeover).map(|(at, t)| {
        let time = if matches!(t.status, TransferStatus::Done | TransferStatus::Waiting) { seconds(t.due) } else { 0 };
        (at, json!({ "external_userid": world.external_userid(t.person), "status": t.status as i32, "takeover_time": time }))
    });
    let (page, next) = call.page(all, 1000)?;
    Ok(json!({ "customer": page, "next_cursor": next }))
}

fn unassigned(call: &mut Call<'_>) -> Answer {
    let size = call.int("page_size").filter(|&n| n > 0).map_or(1000, |n| (n as usize).min(1000));
    let world = &*call.world;
    let all = world.relations.iter().enumerate().filter(|(_, r)| r.status == Status::Unassigned).map(|(at, r)| {
        let left = world.staff[r.staff].left_at.unwrap_or(r.created);
        let shown = json!({ "handover_userid": world.staff[r.staff].userid, "external_userid": world.external_userid(r.person), "dimission_time": seconds(left) });
        (at, shown)
    });
    let (page, next) = match call.int("page_id").filter(|_| call.text("cursor").is_none_or(str::is_empty)) {
        Some(page_id) if page_id as usize * size > 100_000 => return refuse_because(40058, "page_id"),
        Some(page_id) => {
            let rest: Vec<_> =
                all.map(|(_, shown)| shown).skip(page_id.max(0) as usize * size).take(size + 1).collect();
            let more = rest.len() > size;
            (rest.into_iter().take(size).collect(), if more { "more".to_owned() } else { String::new() })
        }
        None => call.page(all, size)?,
    };
    let cursor = if next == "more" { String::new() } else { next.clone() };
    Ok(json!({ "info": page, "is_last": next.is_empty(), "next_cursor": cursor }))
}
