//! Tasks nobody confirms, over HTTP: taken back by somebody who may, and shown.

use crate::guide_shop::Shop;
use crate::support::on_both;
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_contacts::Ran;
use siyu_kernel::PersonNum;
use siyu_sandbox::world::{Source, Status};
use siyu_testkit::TestDb;

on_both!(a_task_is_taken_back);

/// For so long, everything that is due.
fn work(shop: &Shop, seconds: i64) {
    let reach = &shop.app.app.reach;
    for _ in 0..seconds / 20 {
        for _ in 0..200 {
            let (gate, messages) = (reach.work_gate().unwrap(), reach.work_messages().unwrap());
            if gate != Ran::Went && messages != Ran::Went {
                break;
            }
        }
        shop.app.test.clock.advance_seconds(20);
    }
}

fn a_task_is_taken_back(test: TestDb) {
    let shop = Shop::new(test);
    // A few customers of one member add another one, too.
    shop.world(|world| {
        let serving: Vec<usize> = (0..world.staff.len()).filter(|&staff| world.serves(staff)).collect();
        let ann = serving[0];
        let own: Vec<usize> = world
            .relations
            .iter()
            .filter(|one| one.staff == ann && one.status == Status::Active)
            .map(|one| one.person)
            .take(3)
            .collect();
        for person in own {
            world.befriend(serving[1], person, 1, Source::Personal, true, false).unwrap();
        }
    });
    shop.sync();
    let (api, app) = (shop.app.program(), shop.app.app.clone());
    let mut rules = api.get("/api/v1/gate/rules").ok()["rules"].clone();
    (rules["quiet"], rules["caps"], rules["fatigue"]) = (Value::Null, json!([]), Value::Null);
    api.put("/api/v1/gate/rules", json!({ "rules": rules })).ok();
    let sql = "SELECT c.num FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id AND f.status = 0
        JOIN wecom_staff s ON s.key = f.staff AND s.serves = 1 AND s.gone_at IS NULL GROUP BY c.num HAVING COUNT(*) > 1 ORDER BY c.num";
    let nums: Vec<PersonNum> = app.db.read(|tx| Ok(tx.query(sql, &[], |row| row.num(0))?)).unwrap();
    let people: Vec<String> = nums.iter().map(|num| app.people.id(*num)).collect();
    assert!(!people.is_empty());
    let message = |more: Value| {
        let mut own = json!({ "name": "秋日", "content": { "text": "新品" }, "people": people });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    for (path, field) in
        [("/api/v1/wecom/messages", "nudge_after_hours"), ("/api/v1/broadcasts", "reassign_after_hours")]
    {
        assert_eq!(api.post(path, message(json!({ field: 0 }))).says(), format!("400 message_care {field}"));
    }
    let made =
        api.post("/api/v1/wecom/messages", message(json!({ "nudge_after_hours": 4, "reassign_after_hours": 48 }))).ok();
    let path = format!("/api/v1/wecom/messages/{}", made["id"].as_str().unwrap());
    work(&shop, 120);
    let shown = api.get(&path).ok();
    assert_eq!((&shown["nudge_after_hours"], &shown["reassign_after_hours"]), (&json!(4), &json!(48)));
    let task = shown["staff"][0].clone();
    assert_eq!((&task["state"], &task["leaving"], &task["moved"]), (&json!("unconfirmed"), &json!(false), &json!(0)));
    let reassign = format!("{path}/tasks/{}/reassign", task["id"].as_str().unwrap());
    assert_eq!(shop.app.role(Role::Guide).post(&reassign, json!({})).says(), "403 permission_needed");
    assert_eq!(api.post(&format!("{path}/tasks/x/reassign"), json!({})).says(), "404 message_task_unknown");
    assert_eq!(api.post("/api/v1/wecom/messages/msg_x/tasks/1/reassign", json!({})).says(), "404 message_unknown");
    assert_eq!(api.post(&reassign, json!({})).status, 204);
    assert_eq!(api.get(&path).ok()["staff"][0]["leaving"], true);
    assert_eq!(api.post(&reassign, json!({})).says(), "409 message_task_state");
    work(&shop, 240);
    let shown = api.get(&path).ok();
    let old = &shown["staff"][0];
    assert_eq!(
        (&old["state"], &old["moved"], &old["sums"]["people"]),
        (&json!("cancelled"), &task["sums"]["waiting"], &json!(0)),
        "{shown}"
    );
    assert_eq!(shown["sums"]["waiting"], people.len(), "{shown}");
    let next = shown["staff"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&next["state"], next["staff"] != task["staff"]), (&json!("unconfirmed"), true), "{shown}");
    // Everybody's other friend has been asked now.
    let again = format!("{path}/tasks/{}/reassign", next["id"].as_str().unwrap());
    assert_eq!(api.post(&again, json!({})).says(), "409 message_task_alone");
    let audit = shop.app.owner().get("/api/v1/audit?action=message.reassign").ok();
    assert_eq!(audit["items"].as_array().unwrap().len(), 1);
    api.post(&format!("{path}/cancel"), json!({}));
    work(&shop, 120);
    assert_eq!(api.post(&again, json!({})).says(), "409 message_over");
}
