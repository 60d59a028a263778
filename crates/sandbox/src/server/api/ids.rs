//! One person's ids: UnionID, openid, pending and temporary ids.

use super::customers::wechat_user;
use super::{Endpoint, post};
use crate::happening::PersonNo;
use crate::ids::Id;
use crate::server::call::{Answer, Call, Code, refuse};
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/convert_to_openid", &[], |call| {
        let person = wechat_user(call, call.need("external_userid", 41035)?)?;
        Ok(json!({ "openid": call.world.id(Id::OpenId, person) }))
    }),
    post("externalcontact/unionid_to_external_userid", &[], |call| {
        let person = by_unionid(call)?;
        if is_customer(call, person) {
            Ok(json!({ "external_userid": call.world.external_userid(person) }))
        } else {
            refuse(84061)
        }
    }),
    post("idconvert/unionid_to_external_userid", &[], |call| {
        let person = by_unionid(call)?;
        if call.need("openid", 40058)? != call.world.id(Id::ForeignOpenId, person) {
            return refuse(610014);
        }
        let known = is_customer(call, person);
        let external = if known { call.world.external_userid(person) } else { String::new() };
        let pending = if known { String::new() } else { call.world.id(Id::Pending, person) };
        if !known {
            call.office.pending.insert(pending.clone(), person);
        }
        Ok(json!({ "external_userid": external, "pending_id": pending }))
    }),
    post("idconvert/batch/external_userid_to_pending_id", &["result"], |call| {
        let asked = call.texts("external_userid");
        if asked.is_empty() || asked.len() > 100 {
            return refuse(40058);
        }
        let mut result: Vec<Value> = Vec::new();
        for external in asked {
            let Some(person) = call.world.person(&external) else { continue };
            let pending = call.world.id(Id::Pending, person);
            if call.office.pending.contains_key(&pending) {
                result.push(json!({ "external_userid": external, "pending_id": pending }));
            }
        }
        Ok(json!({ "result": result }))
    }),
    post("idconvert/convert_tmp_external_userid", &["results", "invalid_tmp_external_userid_list"], convert_temporary),
];

/// UnionIDs belong to people who are in the world, customers or not.
fn by_unionid(call: &Call<'_>) -> Result<PersonNo, Code> {
    call.find(Id::Union, call.need("unionid", 610014)?, call.world.people.len(), 610014)
}
fn is_customer(call: &Call<'_>, person: PersonNo) -> bool {
    call.world.people[person].relations.iter().any(|&r| call.world.relations[r].ended.is_none())
}

fn convert_temporary(call: &mut Call<'_>) -> Answer {
    let asked = call.texts("tmp_external_userid_list");
    if asked.is_empty() || asked.len() > 100 {
        return refuse(40058);
    }
    let (mut results, mut invalid) = (Vec::new(), Vec::new());
    for temporary in asked {
        match call.world.number(Id::TemporaryOpenId, &temporary).filter(|&p| p < call.world.people.len()) {
            Some(person) => results.push(
                json!({ "tmp_external_userid": temporary, "external_userid": call.world.external_userid(person) }),
            ),
            None => invalid.push(temporary),
        }
    }
    Ok(json!({ "results": results, "invalid_tmp_external_userid_list": invalid }))
}
