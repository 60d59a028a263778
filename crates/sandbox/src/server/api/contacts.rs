//! Members and departments,.

use super::{Endpoint, get, post};
use crate::happening::StaffNo;
use crate::ids::Id;
use crate::server::call::{Answer, Call, Code, cursor, refuse};
use crate::world::{Department, StaffStatus, World};
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    get("getcallbackip", &["ip_list"], |_| Ok(json!({ "ip_list": ["127.0.0.1", "101.226.103.*"] }))),
    get("get_api_domain_ip", &["ip_list"], |_| Ok(json!({ "ip_list": ["127.0.0.1"] }))),
    get("department/simplelist", &["department_id"], |call| departments(call, "department_id", simple)),
    get("department/list", &["department"], |call| departments(call, "department", full)),
    get("department/get", &[], |call| {
        let id = department_id(call)?.ok_or_else(|| Code::of(60123))?;
        let found = call.world.departments.iter().find(|d| d.id == id).ok_or_else(|| Code::of(60123))?;
        Ok(json!({ "department": full(call.world, found) }))
    }),
    get("user/simplelist", &["userlist"], |call| {
        users(call, |world, staff| {
            let here = &world.staff[staff];
            json!({ "userid": here.userid, "name": here.name, "department": here.departments })
        })
    }),
    get("user/list", &["userlist"], |call| users(call, user)),
    get("user/get", &[], |call| {
        let staff = call.member(call.asked("userid", 40003)?)?;
        if call.world.staff[staff].status == StaffStatus::Left {
            return refuse(60111);
        }
        Ok(user(call.world, staff))
    }),
    post("user/list_id", &["dept_user"], list_id),
    post("user/getuserid", &[], |call| {
        let mobile = call.need("mobile", 40063)?;
        let found = call.world.staff.iter().find(|staff| staff.mobile == mobile && staff.status != StaffStatus::Left);
        found.map(|staff| json!({ "userid": staff.userid })).ok_or_else(|| Code::of(46004))
    }),
    post("user/get_userid_by_email", &[], |call| {
        let email = call.need("email", 40063)?;
        let found = call.world.staff.iter().find(|staff| staff.email.eq_ignore_ascii_case(email));
        found.map(|staff| json!({ "userid": staff.userid })).ok_or_else(|| Code::of(46004))
    }),
    post("user/convert_to_openid", &[], |call| {
        let staff = call.member(call.need("userid", 40003)?)?;
        Ok(json!({ "openid": call.world.id(Id::OpenId, 1_000_000_000 - staff) }))
    }),
    get("agent/get", &[], |call| {
        let agent = call.office.credentials.agent_id;
        if call.asked("agentid", 40056)? != agent.to_string() {
            return refuse(40056);
        }
        let parties: Vec<i64> = call.world.departments.iter().filter(|d| d.parent == 1).map(|d| d.id).collect();
        Ok(json!({
            "agentid": agent, "name": "私域助手", "square_logo_url": "https://p.qlogo.cn/sandbox/0", "description": "",
            "allow_userinfos": { "user": [] }, "allow_partys": { "partyid": parties }, "allow_tags": { "tagid": [] }, "close": 0,
            "redirect_domain": call.office.credentials.trusted_domain, "report_location_flag": 0, "isreportenter": 1, "home_url": "",
            "customized_publish_status": 1
        }))
    }),
    get("tag/list", &["taglist"], |_| Ok(json!({ "taglist": [{ "tagid": 1, "tagname": "店长" }] }))),
    get("tag/get", &["userlist", "partylist"], |call| {
        if call.asked("tagid", 40068)? != "1" {
            return refuse(40068);
        }
        let leads = call.world.staff.iter().filter(|staff| staff.leads && staff.status == StaffStatus::Active);
        let list: Vec<Value> = leads.map(|staff| json!({ "userid": staff.userid, "name": staff.name })).collect();
        Ok(json!({ "tagname": "店长", "userlist": list, "partylist": [] }))
    }),
];

fn department_id(call: &Call<'_>) -> Result<Option<i64>, Code> {
    match call.query.get("id").or(call.query.get("department_id")) {
        Some(text) if !text.is_empty() => text.parse().map(Some).map_err(|_| Code::of(60123)),
        _ => Ok(None),
    }
}

fn departments(call: &mut Call<'_>, field: &str, show: fn(&World, &Department) -> Value) -> Answer {
    let inside = call.world.subtree(department_id(call)?.unwrap_or(1));
    if inside.is_empty() {
        return refuse(60123);
    }
    let shown: Vec<Value> =
        call.world.departments.iter().filter(|d| inside.contains(&d.id)).map(|d| show(call.world, d)).collect();
    Ok(json!({ field: shown }))
}
fn simple(_: &World, department: &Department) -> Value {
    let parent = if department.id == 1 { 0 } else { department.parent };
    json!({ "id": department.id, "parentid": parent, "order": department.order })
}
fn full(world: &World, department: &Department) -> Value {
    let mut shown = simple(world, department);
    shown["name"] = json!(department.name);
    shown["department_leader"] = department.leaders.iter().map(|&s| world.staff[s].userid.clone()).collect();
    shown
}

fn users(call: &mut Call<'_>, show: fn(&World, StaffNo) -> Value) -> Answer {
    let id = department_id(call)?.ok_or_else(|| Code::of(60123))?;
    if !call.world.departments.iter().any(|d| d.id == id) {
        return refuse(60123);
    }
    let inside =
        if call.query.get("fetch_child").is_some_and(|v| v == "1") { call.world.subtree(id) } else { vec![id] };
    let here = (0..call.world.staff.len()).filter(|&s| {
        let staff = &call.world.staff[s];
        staff.status != StaffStatus::Left && staff.departments.iter().any(|d| inside.contains(d))
    });
    Ok(json!({ "userlist": here.map(|s| show(call.world, s)).collect::<Vec<_>>() }))
}

/// As a self-built app of today sees a member: without telephone, mail and picture.
fn user(world: &World, number: StaffNo) -> Value {
    let staff = &world.staff[number];
    let leads = i32::from(staff.leads);
    json!({
        "userid": staff.userid, "name": staff.name, "department": staff.departments, "order": vec![0; staff.departments.len()],
        "position": staff.position, "is_leader_in_dept": vec![leads; staff.departments.len()], "direct_leader": [],
        "status": staff.status as i64, "main_department": staff.departments.first(), "alias": "", "external_position": staff.position,
        "external_profile": { "external_corp_name": world.name, "external_attr": staff.store.map(|store|
            json!({ "type": 0, "name": "门店", "text": { "value": world.stores[store].name } })).into_iter().collect::<Vec<_>>() }
    })
}

fn list_id(call: &mut Call<'_>) -> Answer {
    if call.app {
        return refuse(48002);
    }
    let limit = call.limit(10_000, 10_000);
    let from = call.cursor()?;
    let rows = call.world.staff.iter().filter(|staff| staff.status != StaffStatus::Left);
    let rows: Vec<Value> = rows
        .flat_map(|staff| staff.departments.iter().map(|d| json!({ "userid": staff.userid, "department": d })))
        .collect();
    let to = rows.len().min(from + limit);
    let next = if to < rows.len() { cursor(to) } else { String::new() };
    Ok(json!({ "dept_user": rows.get(from..to).unwrap_or_default(), "next_cursor": next }))
}
