//! Who sits before the page: codes of OAuth and web login, tickets for signatures. (`gettoken` needs no token and is served before the others.)

use super::{Endpoint, get, post};
use crate::ids::Id;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, refuse};
use crate::server::office::Login;
use serde_json::json;

pub const ENDPOINTS: &[Endpoint] = &[
    get("auth/getuserinfo", &[], |call| {
        let login = login(call)?;
        Ok(match (login.member, login.person) {
            (Some(staff), _) => {
                let mut answer = json!({ "userid": call.world.staff[staff].userid });
                if login.private {
                    let ticket = call.office.new_id(call.world, Id::UserTicket);
                    call.office.user_tickets.insert(ticket.clone(), (staff, call.now.plus_seconds(1800)));
                    answer["user_ticket"] = ticket.into();
                }
                answer
            }
            (None, Some(person)) => {
                let mut answer = json!({ "openid": call.world.id(Id::OpenId, person) });
                if call.world.people[person].relations.iter().any(|&r| call.world.relations[r].ended.is_none()) {
                    answer["external_userid"] = call.world.external_userid(person).into();
                }
                answer
            }
            (None, None) => return refuse(40029),
        })
    }),
    // The older form of the same, with its capitals.
    get("user/getuserinfo", &[], |call| {
        let login = login(call)?;
        Ok(match (login.member, login.person) {
            (Some(staff), _) => json!({ "UserId": call.world.staff[staff].userid, "DeviceId": "sandbox" }),
            (None, Some(person)) => json!({ "OpenId": call.world.id(Id::OpenId, person), "DeviceId": "sandbox" }),
            (None, None) => return refuse(40029),
        })
    }),
    post("auth/getuserdetail", &[], |call| {
        let ticket = call.need("user_ticket", 84015)?;
        let (staff, until) = call.office.user_tickets.get(ticket).copied().ok_or_else(|| Code::of(84015))?;
        if call.now > until {
            return refuse(84014);
        }
        let staff = &call.world.staff[staff];
        Ok(json!({ "userid": staff.userid, "gender": "0", "mobile": staff.mobile, "biz_mail": staff.email }))
    }),
    get("get_jsapi_ticket", &[], |call| ticket(call, "corp", parameters::TICKETS_CORP)),
    get("ticket/get", &[], |call| match call.query.get("type").map(String::as_str) {
        Some("agent_config") => ticket(call, "agent", parameters::TICKETS_AGENT),
        _ => refuse(40058),
    }),
];

/// A code is good once, for five minutes.
fn login(call: &mut Call<'_>) -> Result<Login, Code> {
    let code = call.asked("code", 40029)?.to_owned();
    match call.office.logins.remove(&code) {
        Some(login) if call.now <= login.until => Ok(login),
        _ => refuse(40029),
    }
}

fn ticket(call: &mut Call<'_>, which: &'static str, an_hour: u32) -> Answer {
    if !call.office.count(which, (call.seconds() / 3600) as i32, an_hour) {
        return refuse(45009);
    }
    let standing = call.office.tickets.get(which).filter(|(_, until)| *until > call.now).cloned();
    let (text, until) = match standing {
        Some(standing) => standing,
        None => {
            let fresh = (call.office.new_id(call.world, Id::Ticket), call.now.plus_seconds(parameters::TOKEN_SECONDS));
            call.office.tickets.insert(which, fresh.clone());
            fresh
        }
    };
    Ok(json!({ "ticket": text, "expires_in": (until.0 - call.now.0) / 1_000_000 }))
}
