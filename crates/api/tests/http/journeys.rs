//! Journeys over HTTP, with a WeCom that is simulated: drawn, checked, published, walked, and counted.

use crate::guide_shop::{Pair, Shop};
use crate::people_world::shop;
use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::{KeyKind, Role};
use siyu_contacts::Ran;
use siyu_testkit::TestDb;
use siyu_webhook::Manner;

on_both!(
    a_journey_is_drawn_checked_and_published,
    everything_a_journey_decides_is_carried_out,
    what_a_journey_takes_back_is_not_sent,
    a_task_nobody_does_is_reminded_of_and_passed_on,
    a_task_goes_to_guides_it_is_not_too_deep_for,
    who_sees_a_part_of_the_brand_sees_their_customers,
    a_condition_counts_what_led_to_it,
    a_slow_receiver_holds_nobody_up,
    a_receiver_that_fails_is_left_alone,
    keys_of_webhooks_are_changed,
);

const PATH: &str = "/api/v1/journeys";

fn wait(days: u32) -> Value {
    json!({ "format": 1, "entry": { "type": "trigger", "on": { "type": "event", "name": "Order Completed" } }, "start": "w",
        "nodes": [{ "id": "w", "do": { "type": "wait", "for": { "amount": days, "unit": "day" }, "next": "x" } }, { "id": "x", "do": { "type": "exit" } }] })
}
fn exit(id: &str) -> Value {
    json!({ "id": id, "do": { "type": "exit", "outcome": id } })
}
fn of(start: &str, nodes: Vec<Value>) -> Value {
    json!({ "format": 1, "entry": { "type": "trigger", "on": { "type": "event", "name": "Camp Joined" } }, "start": start, "nodes": nodes })
}

impl Shop {
    fn draw(&self, definition: &Value) -> String {
        let own = self.app.program().post(PATH, json!({ "name": "旅程", "definition": definition })).ok();
        assert_eq!(own["problems"], json!([]), "{own}");
        let id = own["id"].as_str().unwrap().to_owned();
        let running = self.app.program().post(&format!("{PATH}/{id}/publish"), json!({ "edits": own["edits"] })).ok();
        assert_eq!(
            (&running["state"], &running["version"], &running["published"]),
            (&json!("running"), &json!(1), &json!(true))
        );
        id
    }
    fn enter(&self, id: &str, people: &[&String]) {
        let own = self.app.program().post(&format!("{PATH}/{id}/enter"), json!({ "people": people })).ok();
        assert_eq!(own["people"], json!(people.len()));
    }
    /// Everything that is due now, until nothing is.
    fn settle(&self) {
        let app = &self.app.app;
        for _ in 0..1_000 {
            let journeys = app.journeys.step().unwrap() == siyu_journeys::Ran::Went;
            let steps = [
                app.plays.work_messages(),
                app.plays.work_hooks(),
                app.reach.work_gate(),
                app.reach.work_messages(),
                app.guides.work_nudges(),
            ];
            let went = steps.into_iter().filter(|ran| *ran.as_ref().unwrap() == Ran::Went).count();
            if !journeys && went == 0 {
                return;
            }
        }
        panic!("there is no end to it");
    }
    fn later(&self, seconds: i64) {
        // WeCom's answers are read again after a while.
        for _ in 0..seconds / 60 {
            self.app.test.clock.advance_seconds(60);
            self.settle();
        }
    }
    fn journey_sums(&self, id: &str) -> Value {
        let own = self.app.program().get(&format!("{PATH}/{id}/numbers")).ok();
        let sums = &own["sums"];
        let parts: i64 = ["inside", "finished", "exited"].iter().map(|name| sums[*name].as_i64().unwrap()).sum();
        assert_eq!(sums["entered"].as_i64(), Some(parts), "{own}");
        own
    }
    /// The person behind a customer of WeCom.
    fn person_of(&self, contact: &str) -> String {
        let (own, contact) = (self.app.app.clone(), contact.to_owned());
        let num = self.app.app.db.read(|tx| {
            let sql = "SELECT num FROM wecom_contact WHERE id = $1";
            Ok(tx.one(sql, siyu_db::params![&contact], |row| row.num(0))?)
        });
        own.people.id(num.unwrap())
    }
    fn stranger(&self, phone: &str) -> String {
        let body = json!({ "identifiers": [{ "kind": "phone", "value": phone }] });
        self.app.program().post("/api/v1/people", body).ok()["id"].as_str().unwrap().to_owned()
    }
    fn confirm_all(&self) {
        self.world(|world| {
            for mass in 0..world.masses.len() {
                (0..world.masses[mass].tasks.len()).for_each(|task| world.confirm_mass(mass, task));
            }
        });
    }
}

fn a_journey_is_drawn_checked_and_published(test: TestDb) {
    let app = TestApp::new(test);
    let api = app.program();
    assert_eq!(api.get(&format!("{PATH}/jny_x")).says(), "404 journey_unknown");
    assert_eq!(api.post(PATH, json!({ "name": "x", "definition": { "format": 2 } })).status, 400);
    assert_eq!(api.post(PATH, json!({ "name": " ", "definition": wait(3) })).says(), "400 journey_name name");
    let mut open = wait(3);
    open["nodes"][0]["do"].as_object_mut().unwrap().remove("next");
    let own = api.post(PATH, json!({ "name": "欢迎", "definition": open })).ok();
    let id = own["id"].as_str().unwrap().to_owned();
    let codes = |own: &Value| -> Vec<String> {
        own["problems"].as_array().unwrap().iter().map(|own| own["code"].as_str().unwrap().to_owned()).collect()
    };
    assert!(codes(&own).contains(&"journey_dead_end".to_owned()), "{own}");
    assert_eq!((&own["state"], &own["published"]), (&json!("draft"), &json!(false)));
    let publish = |edits: &Value| api.post(&format!("{PATH}/{id}/publish"), json!({ "edits": edits }));
    assert_eq!(publish(&own["edits"]).says(), "400 journey_dead_end nodes.w");
    // What a node says is looked at where it is carried out.
    let says = |act: Value| {
        let definition = of("a", vec![json!({ "id": "a", "do": act }), exit("x")]);
        codes(&api.post(&format!("{PATH}/check"), json!({ "definition": definition })).ok()).join(" ")
    };
    assert_eq!(
        says(json!({ "type": "message", "with": { "content": { "text": "{{ customer.name }}" } }, "next": "x" })),
        "message_variable"
    );
    assert_eq!(
        says(json!({ "type": "message", "with": { "content": { "text": "{{ nobody }}" } }, "next": "x" })),
        "content_variable"
    );
    assert_eq!(says(json!({ "type": "message", "with": { "content": {} }, "next": "x" })), "content_invalid");
    assert_eq!(
        says(
            json!({ "type": "task", "with": { "title": "" }, "deadline": { "amount": 1, "unit": "day" }, "next": "x" })
        ),
        "journey_node_invalid"
    );
    assert_eq!(says(json!({ "type": "tag", "with": { "tag": "tag_x" }, "next": "x" })), "tag_unknown");
    assert_eq!(
        says(json!({ "type": "webhook", "with": { "url": "http://127.0.0.1/" }, "next": "x" })),
        "journey_node_invalid"
    );
    assert_eq!(says(json!({ "type": "coupon", "with": { "coupon": "c" }, "next": "x" })), "journey_node_absent");
    assert_eq!(
        says(
            json!({ "type": "condition", "rule": { "all": [{ "field": "dance", "op": "eq", "value": 1 }] }, "yes": "x", "no": "x" })
        ),
        "rule_field"
    );
    assert_eq!(
        says(
            json!({ "type": "wait_event", "on": { "type": "audience", "id": "aud_x", "change": "entered" }, "timeout": { "amount": 1, "unit": "day" }, "next": "x", "timed_out": "x" })
        ),
        "journey_audience"
    );
    let put = |edits: &Value, definition: &Value| {
        api.put(&format!("{PATH}/{id}"), json!({ "name": "欢迎", "definition": definition, "edits": edits }))
    };
    let drawn = put(&own["edits"], &wait(3)).ok();
    assert_eq!(drawn["problems"], json!([]));
    assert_eq!(put(&own["edits"], &wait(4)).says(), "409 journey_changed");
    assert_eq!(publish(&own["edits"]).says(), "409 journey_changed");
    let running = publish(&drawn["edits"]).ok();
    assert_eq!((&running["state"], &running["version"]), (&json!("running"), &json!(1)));
    assert_eq!(api.post(&format!("{PATH}/{id}/resume"), json!({})).says(), "409 journey_state");
    assert_eq!(api.post(&format!("{PATH}/{id}/pause"), json!({})).ok()["state"], "paused");
    let tried = api.post(&format!("{PATH}/{id}/simulate"), json!({ "days": 30 })).ok();
    assert_eq!(
        (&tried["days"], &tried["share"], &tried["numbers"]["sums"]["entered"]),
        (&json!(30), &json!(1.0), &json!(0))
    );
    assert_eq!(api.post(&format!("{PATH}/{id}/simulate"), json!({ "days": 91 })).says(), "400 journey_days days");
    assert_eq!(api.get(&format!("{PATH}/{id}/people?stand=dancing")).says(), "400 journey_stand stand");
    assert_eq!(api.get(&format!("{PATH}/{id}/people?after=x")).says(), "400 page_token after");
    assert_eq!(api.post(&format!("{PATH}/{id}/end"), json!({})).ok()["state"], "ending");
    assert_eq!(put(&running["edits"], &wait(4)).says(), "409 journey_over");
    let versions = api.get(&format!("{PATH}/{id}/versions")).ok();
    assert_eq!(versions["items"].as_array().unwrap().len(), 1);
    assert_eq!(api.get(&format!("{PATH}/{id}/versions/1")).ok()["definition"]["start"], "w");
    assert_eq!(api.get(&format!("{PATH}/{id}/versions/2")).says(), "404 journey_version_unknown");
    let names: Vec<Value> =
        api.get(PATH).ok()["items"].as_array().unwrap().iter().map(|own| own["name"].clone()).collect();
    assert_eq!(names, ["欢迎"]);
    assert!(app.audited().iter().any(|own| own == "journey.publish"));
    // Every template can be drawn.
    for own in api.get(&format!("{PATH}/templates")).ok()["items"].as_array().unwrap() {
        api.post(PATH, json!({ "name": own["name"], "definition": own["definition"] })).ok();
    }
    let key = app.owner().get(&format!("{PATH}/webhook-key")).ok()["key"].as_str().unwrap().to_owned();
    assert!(siyu_webhook::Key::parse(&key).is_ok());
    assert_eq!(app.role(Role::Operator).get(&format!("{PATH}/webhook-key")).says(), "403 permission_needed");
}

fn everything_a_journey_decides_is_carried_out(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, .. } = shop.pair();
    let tag = json!({ "group": "阶段", "name": "已触达", "kind": "manual" });
    let tag = shop.app.program().post("/api/v1/tags", tag).ok()["id"].as_str().unwrap().to_owned();
    let rule = json!({ "all": [{ "field": "tag", "op": "in", "value": [tag] }] });
    let definition = of(
        "tag",
        vec![
            json!({ "id": "tag", "do": { "type": "tag", "with": { "tag": tag }, "next": "rule" } }),
            json!({ "id": "rule", "do": { "type": "condition", "rule": rule, "yes": "say", "no": "untagged" } }),
            json!({ "id": "say", "name": "问候", "do": { "type": "message", "with": { "content": { "text": "早上好" }, "service": true, "gather_minutes": 30 }, "next": "call", "skipped": "unreached" } }),
            json!({ "id": "call", "do": { "type": "task", "with": { "title": "回访", "kind": "call" }, "deadline": { "amount": 2, "unit": "day" }, "next": "hook", "late": "late" } }),
            json!({ "id": "hook", "do": { "type": "webhook", "with": { "url": "https://example.com/hook" }, "next": "done", "failed": "unhooked" } }),
            exit("untagged"),
            exit("unreached"),
            exit("late"),
            exit("unhooked"),
            exit("done"),
        ],
    );
    let id = shop.draw(&definition);
    let (one, two, nobody) = (shop.person_of(&of_ann[0]), shop.person_of(&of_ann[1]), shop.stranger("13700000001"));
    shop.enter(&id, &[&one, &two, &nobody]);
    shop.settle();
    // Tagged at once; the message waits for others at its node.
    let people = |query: &str| -> Vec<String> {
        let list = shop.app.owner().get(&format!("{PATH}/{id}/people?{query}")).ok();
        list["items"].as_array().unwrap().iter().map(|own| own["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(people("stand=inside&node=say").len(), 3);
    assert!(shop.app.owner().get(&format!("/api/v1/people/{one}")).ok()["tags"].to_string().contains(&tag));
    assert_eq!(shop.app.owner().get("/api/v1/runs").ok()["items"], json!([]));
    shop.later(1_860);
    // One message for all of them; whoever is nobody's friend is skipped and goes their own way.
    let runs = shop.app.owner().get("/api/v1/runs").ok()["items"].clone();
    assert_eq!(
        (runs.as_array().unwrap().len(), &runs[0]["kind"], &runs[0]["audience"]),
        (1, &json!("journey"), &json!(3))
    );
    assert_eq!(runs[0]["name"], "旅程 · 问候");
    assert_eq!(people("stand=finished&reason=unreached"), std::slice::from_ref(&nobody));
    assert_eq!(people("stand=inside&node=say").len(), 2);
    shop.confirm_all();
    shop.later(3_600);
    let own = shop.journey_sums(&id);
    let say = own["nodes"].as_array().unwrap().iter().find(|own| own["node"] == "say").unwrap().clone();
    assert_eq!(
        (&say["passed"]["sent"], &say["passed"]["skipped"], &say["outcomes"]["skipped:no_friend"]),
        (&json!(2), &json!(1), &json!(1)),
        "{own}"
    );
    // The guide does one task, and lets the other be.
    let me = shop.sign_in(&ann);
    let tasks = me.get("/api/v1/guide/tasks?state=open").ok()["items"].as_array().unwrap().clone();
    assert_eq!((tasks.len(), &tasks[0]["text"], &tasks[0]["source"]), (2, &json!("回访"), &json!("journey")));
    for (task, how) in tasks.iter().zip(["done", "skip"]) {
        let path = format!("/api/v1/guide/tasks/{}/{how}", task["id"].as_str().unwrap());
        me.post(&path, json!({ "result": "不需要" })).ok();
    }
    shop.settle();
    let own = shop.journey_sums(&id);
    assert_eq!((&own["sums"]["outcomes"]["done"], &own["sums"]["outcomes"]["late"]), (&json!(1), &json!(1)), "{own}");
    let kept = shop.app.hooks.kept();
    assert_eq!((kept.len(), kept[0].url.as_str()), (1, "https://example.com/hook"));
    let body: Value = serde_json::from_slice(&kept[0].body).unwrap();
    let finished = people("stand=finished&reason=done");
    assert_eq!(
        (&body["type"], &body["data"]["journey"], &body["data"]["person"]),
        (&json!("journey.step"), &json!(id), &json!(finished[0]))
    );
    let way = shop.app.owner().get(&format!("{PATH}/{id}/people/{}", finished[0])).ok();
    let steps: Vec<String> = way["items"][0]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| format!("{}:{}", own["node"].as_str().unwrap(), own["way"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, ["tag:done", "rule:yes", "say:sent", "call:done", "hook:done"]);
    // Whoever comes later is asked about the tag they have just been given, too.
    let late = shop.person_of(&of_ann[2]);
    shop.enter(&id, &[&late]);
    shop.settle();
    assert_eq!(people("stand=inside&node=say"), [late]);
}

fn what_a_journey_takes_back_is_not_sent(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { of_ann, .. } = shop.pair();
    let definition = of(
        "say",
        vec![
            json!({ "id": "say", "do": { "type": "message", "with": { "content": { "text": "早上好" }, "service": true, "gather_minutes": 10 }, "next": "x" } }),
            exit("x"),
        ],
    );
    let id = shop.draw(&definition);
    let people: Vec<String> = of_ann[..3].iter().map(|contact| shop.person_of(contact)).collect();
    shop.enter(&id, &people.iter().collect::<Vec<_>>());
    shop.settle();
    // While it gathers.
    let remove = |person: &str| shop.app.program().delete(&format!("{PATH}/{id}/people/{person}"));
    assert_eq!(remove(&people[0]).status, 204);
    assert_eq!(remove(&people[0]).says(), "404 journey_person");
    shop.settle();
    shop.app.test.clock.advance_seconds(660);
    // In a message that is not at WeCom yet.
    assert_eq!(shop.app.app.plays.work_messages().unwrap(), Ran::Went);
    assert_eq!(remove(&people[1]).status, 204);
    shop.settle();
    let run = shop.app.owner().get("/api/v1/runs").ok()["items"][0].clone();
    assert_eq!(
        (&run["audience"], &run["skipped"], &run["reasons"]["withdrawn"]),
        (&json!(2), &json!(1), &json!(1)),
        "{run}"
    );
    shop.confirm_all();
    shop.later(3_600);
    let sent = shop.world(|world| world.masses.iter().map(|mass| mass.tasks.len()).sum::<usize>());
    assert_eq!(sent, 1);
    let run = shop.app.owner().get("/api/v1/runs").ok()["items"][0].clone();
    assert_eq!((&run["sent"], &run["waiting"]), (&json!(1), &json!(0)), "{run}");
    let own = shop.journey_sums(&id);
    assert_eq!((&own["sums"]["reasons"]["removed"], &own["sums"]["outcomes"]["x"]), (&json!(2), &json!(1)));
    // Somebody who is erased leaves, and nothing is sent to them.
    let last = shop.draw(&definition);
    shop.enter(&last, &[&people[2]]);
    shop.settle();
    let erased = json!({ "confirm": people[2], "reason": "本人要求" });
    shop.app.owner().post(&format!("/api/v1/people/{}/erase", people[2]), erased).ok();
    shop.later(1_200);
    assert_eq!(shop.journey_sums(&last)["sums"]["reasons"]["erased"], 1);
    assert_eq!(shop.app.owner().get("/api/v1/runs").ok()["items"].as_array().unwrap().len(), 1);
}

fn a_task_nobody_does_is_reminded_of_and_passed_on(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, .. } = shop.pair();
    let day = |amount: u32| json!({ "amount": amount, "unit": "hour" });
    let definition = of(
        "call",
        vec![
            json!({ "id": "call", "do": { "type": "task", "with": { "title": "回访" }, "deadline": day(4), "nudge": day(2), "reassign": 1, "next": "done", "late": "late" } }),
            exit("done"),
            exit("late"),
        ],
    );
    let id = shop.draw(&definition);
    shop.enter(&id, &[&shop.person_of(&of_ann[0])]);
    shop.settle();
    let me = shop.sign_in(&ann);
    let mine = || me.get("/api/v1/guide/tasks?state=open").ok()["items"].as_array().unwrap().clone();
    let task = mine()[0].clone();
    assert_eq!((&task["due_at"], &task["nudged_at"]), (&json!(shop.now().plus_seconds(4 * 3_600)), &Value::Null));
    shop.app.test.clock.advance_seconds(2 * 3_600);
    shop.settle();
    assert_eq!(mine()[0]["nudged_at"], json!(shop.now()));
    let told = shop.sandbox.posted().iter().filter(|(to, text)| to.iter().eq([&ann]) && text.contains("回访")).count();
    assert_eq!(told, 1, "the member is told in WeCom, once");
    shop.app.test.clock.advance_seconds(2 * 3_600);
    shop.settle();
    assert_eq!(mine().len(), 0, "somebody else has it");
    let board = shop.app.program().get("/api/v1/guide/setup/board?days=7").ok();
    let open: Vec<&Value> = board["items"].as_array().unwrap().iter().filter(|own| own["open"] == 1).collect();
    assert!(open.len() == 1 && open[0]["staff"] != json!(ann), "{board}");
    shop.app.test.clock.advance_seconds(4 * 3_600);
    shop.settle();
    let own = shop.journey_sums(&id);
    assert_eq!(own["sums"]["outcomes"]["late"], 1, "{own}");
    let board = shop.app.program().get("/api/v1/guide/setup/board?days=7").ok();
    assert!(board["items"].as_array().unwrap().iter().all(|own| own["open"] == 0), "{board}");
}

/// Too deep for the guide is a way out like let be, told with its reason; whoever takes a task over must be fit for it, too.
fn a_task_goes_to_guides_it_is_not_too_deep_for(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, bob, of_bob } = shop.pair();
    let hour = |amount: u32| json!({ "amount": amount, "unit": "hour" });
    let call = |depth: &str| json!({ "id": "call", "do": { "type": "task", "with": { "title": "回访", "depth": depth }, "deadline": hour(4), "reassign": 1, "next": "done", "late": "late" } });
    let wrong = of("call", vec![call("bottomless"), exit("done"), exit("late")]);
    let drawn = shop.app.program().post(PATH, json!({ "name": "x", "definition": wrong })).ok();
    assert_eq!(drawn["problems"][0]["code"], "journey_node_invalid", "{drawn}");

    let grade = |who: &str, grade: &str| {
        assert_eq!(
            shop.app.program().put(&format!("/api/v1/sops/grades/{who}"), json!({ "grade": grade })).status,
            204
        );
    };
    grade(&ann, "C");
    let id = shop.draw(&of("call", vec![call("standard"), exit("done"), exit("late")]));
    let (one, two) = (shop.person_of(&of_ann[0]), shop.person_of(&of_bob[0]));
    shop.enter(&id, &[&one, &two]);
    shop.settle();
    let own = shop.journey_sums(&id);
    let call = own["nodes"].as_array().unwrap().iter().find(|own| own["node"] == "call").unwrap().clone();
    assert_eq!(
        (&call["inside"], &call["passed"]["late"], &call["outcomes"]["late:grade"]),
        (&json!(1), &json!(1), &json!(1)),
        "{call}"
    );
    let way = shop.app.owner().get(&format!("{PATH}/{id}/people/{one}")).ok();
    let step = &way["items"][0]["steps"][0];
    assert_eq!((&step["way"], &step["reason"]), (&json!("late"), &json!("grade")), "{way}");
    let open = || -> Vec<String> {
        let board = shop.app.program().get("/api/v1/guide/setup/board?days=7").ok();
        let open = board["items"].as_array().unwrap().iter().filter(|own| own["open"] != 0);
        open.map(|own| own["staff"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(open(), std::slice::from_ref(&bob));
    // Decided is decided: a better grade gives nobody the task that was let be.
    grade(&ann, "A");
    shop.settle();
    assert_eq!(open(), std::slice::from_ref(&bob));
    // Nobody else is fit for it: it stays where it is, with a new time.
    let all = shop.app.program().get("/api/v1/wecom/staff?limit=200").ok()["items"].clone();
    for own in all.as_array().unwrap() {
        let who = own["userid"].as_str().unwrap();
        if who != bob && own["serves"] == true {
            grade(who, "C");
        }
    }
    shop.app.test.clock.advance_seconds(4 * 3_600);
    shop.settle();
    assert_eq!(open(), [bob]);
}

/// Readers of some stores see what became of their own customers, and nothing of the others; nothing is theirs to change.
fn who_sees_a_part_of_the_brand_sees_their_customers(test: TestDb) {
    let app = TestApp::new(test);
    shop(&app);
    let (ann, ben) = (app.person("user_id:ann"), app.person("user_id:ben"));
    let own = app.program().post(PATH, json!({ "name": "x", "definition": wait(3) })).ok();
    let id = own["id"].as_str().unwrap().to_owned();
    app.program().post(&format!("{PATH}/{id}/publish"), json!({ "edits": own["edits"] })).ok();
    app.program().post(&format!("{PATH}/{id}/enter"), json!({ "people": [ann, ben] })).ok();
    while app.app.journeys.step().unwrap() == siyu_journeys::Ran::Went {}
    let path = |rest: &str| format!("{PATH}/{id}{rest}");
    assert_eq!(app.owner().get(&path("/numbers")).ok()["sums"]["entered"], 2);
    for role in [Role::Operator, Role::StoreManager, Role::Analyst] {
        let reader = app.scoped(role, &[], &["S1"]);
        let listed = reader.get(PATH).ok()["items"][0].clone();
        assert_eq!(
            (&listed["part"], &listed["sums"]["entered"], &listed["sums"]["inside"]),
            (&json!(true), &json!(1), &json!(1))
        );
        let shown = reader.get(&path("")).ok();
        assert_eq!((&shown["part"], &shown["sums"]["inside"]), (&json!(true), &json!(1)));
        let numbers = reader.get(&path("/numbers")).ok();
        assert_eq!((&numbers["nodes"][0]["came"], &numbers["nodes"][0]["inside"]), (&json!(1), &json!(1)), "{numbers}");
        assert_eq!(reader.get(&path("/versions")).ok()["items"][0]["inside"], 1);
        assert_eq!(reader.get(&path("/versions/1")).status, 200);
        let people = reader.get(&path("/people")).ok();
        assert_eq!((people["items"].as_array().unwrap().len(), &people["items"][0]["id"]), (1, &json!(ann)));
        assert_eq!(reader.walk(&path("/people"), "id", 1), [ann.as_str()]);
        assert_eq!(reader.get(&path(&format!("/people/{ann}"))).ok()["items"].as_array().unwrap().len(), 1);
        assert_eq!(reader.get(&path(&format!("/people/{ben}"))).says(), "404 person_unknown");
        // What cannot be cut is refused.
        for rest in ["/moves", "/tests", "/deliveries"] {
            assert_eq!(reader.get(&path(rest)).says(), "403 scope_needed", "{role} {rest}");
        }
    }
    assert_eq!(app.owner().get(PATH).ok()["items"][0]["part"], false);
    let nobody = app.scoped(Role::Operator, &[], &["S9"]);
    assert_eq!(nobody.get(PATH).ok()["items"][0]["sums"]["entered"], 0);
    assert_eq!(nobody.get(&path("/people")).ok()["items"], json!([]));
    let operator = app.scoped(Role::Operator, &[], &["S1"]);
    for act in ["pause", "end"] {
        assert_eq!(operator.post(&path(&format!("/{act}")), json!({})).says(), "403 scope_needed", "{act}");
    }
    assert_eq!(operator.delete(&path(&format!("/people/{ann}"))).says(), "403 scope_needed");
    assert_eq!(operator.post(PATH, json!({ "name": "x", "definition": wait(3) })).says(), "403 scope_needed");
    assert_eq!(
        app.role(Role::Guide).post(PATH, json!({ "name": "x", "definition": wait(3) })).says(),
        "403 permission_needed"
    );
}

/// The columns of behaviour lag behind the log: a condition right behind what somebody did counts it all the same.
fn a_condition_counts_what_led_to_it(test: TestDb) {
    let shop = Shop::new(test);
    let app = &shop.app;
    let write = app.key(KeyKind::Write, None);
    let track = |n: u32, name: &str| {
        write.post("/v1/track", json!({ "userId": "cam", "event": name, "messageId": format!("{name}-{n}") })).status
    };
    let often = json!({ "all": [{ "did": { "event": "Camp Visited", "times": { "op": "gte", "value": 2 }, "span": { "ever": true } } }] });
    let id = shop.draw(&of(
        "first",
        vec![
            json!({ "id": "first", "do": { "type": "wait_event", "on": { "type": "event", "name": "Camp Visited" }, "timeout": { "amount": 9, "unit": "day" }, "next": "often", "timed_out": "late" } }),
            json!({ "id": "often", "do": { "type": "condition", "rule": often, "yes": "twice", "no": "once" } }),
            exit("twice"), exit("once"), exit("late"),
        ],
    ));
    assert_eq!(track(1, "Camp Visited"), 200);
    shop.settle();
    app.test.clock.advance_seconds(60);
    // Somebody has looked at the columns before.
    app.owner().post("/api/v1/audiences/preview", json!({ "rule": { "all": often["all"] } })).ok();
    assert_eq!(track(1, "Camp Joined"), 200);
    shop.settle();
    assert_eq!(track(2, "Camp Visited"), 200);
    shop.settle();
    assert_eq!(shop.journey_sums(&id)["sums"]["outcomes"], json!({ "twice": 1 }));
}

fn hooked(url: &str) -> Value {
    of(
        "hook",
        vec![
            json!({ "id": "hook", "do": { "type": "webhook", "with": { "url": url }, "next": "sent", "failed": "lost" } }),
            exit("sent"),
            exit("lost"),
        ],
    )
}
impl Shop {
    /// Works until it is so, however slow the machine is.
    fn until(&self, what: &str, is: impl Fn() -> bool) {
        for _ in 0..400 {
            self.settle();
            if is() {
                return;
            }
        }
        panic!("{what}");
    }
    fn outcome(&self, id: &str, outcome: &str) -> i64 {
        self.journey_sums(id)["sums"]["outcomes"][outcome].as_i64().unwrap_or(0)
    }
    fn deliveries(&self, id: &str, query: &str) -> Value {
        self.app.program().get(&format!("{PATH}/{id}/deliveries?{query}")).ok()
    }
}

/// A receiver that does not answer holds up its own work, and nobody else's; of one person one thing at a time is on its way to a receiver.
fn a_slow_receiver_holds_nobody_up(test: TestDb) {
    let shop = Shop::new(test);
    let hooks = &shop.app.hooks;
    let people: Vec<String> = (0..8).map(|n| shop.stranger(&format!("1370000110{n}"))).collect();
    let all: Vec<&String> = people.iter().collect();
    let slow = shop.draw(&hooked("https://slow.example.com/hook"));
    let again = shop.draw(&hooked("https://slow.example.com/other"));
    let fast = shop.draw(&hooked("https://fast.example.com/hook"));
    hooks.behaves("slow.example.com", Some(Manner::Hangs));
    shop.enter(&slow, &all[..1]);
    shop.until("it is begun", || hooks.begun("slow").len() == 1);
    shop.enter(&again, &all[..1]);
    shop.settle();
    assert_eq!(hooks.begun("slow.example.com/other").len(), 0, "the same person's at the same receiver");
    shop.enter(&slow, &all[1..]);
    shop.enter(&fast, &all);
    shop.until("all others have arrived", || shop.outcome(&fast, "sent") == 8);
    assert_eq!((hooks.begun("slow").len(), shop.outcome(&slow, "sent")), (3, 0));
    let waiting = shop.deliveries(&slow, "state=waiting");
    assert_eq!((waiting["items"].as_array().unwrap().len(), &waiting["failing"]), (8, &json!([])));
    hooks.behaves("slow.example.com", None);
    shop.until("it answers", || shop.outcome(&slow, "sent") == 8 && shop.outcome(&again, "sent") == 1);
    let mut ids = hooks.begun("");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), hooks.begun("").len(), "nothing was sent twice");
    let first = shop.deliveries(&fast, "limit=3");
    assert_eq!((first["items"].as_array().unwrap().len(), &first["items"][0]["state"]), (3, &json!("delivered")));
    assert_eq!(
        (&first["items"][0]["tries"][0]["status"], &first["items"][0]["tries"][0]["error"]),
        (&json!(200), &json!(""))
    );
    let walked = shop.app.program().walk(&format!("{PATH}/{fast}/deliveries"), "id", 3);
    assert_eq!(walked.len(), 8);
    // A process that dies while it waits for the answer: sent again, with the same id.
    hooks.behaves("late.example.com", Some(Manner::Kills));
    let late = shop.draw(&hooked("https://late.example.com/hook"));
    shop.enter(&late, &all[..1]);
    shop.until("it was begun", || !hooks.begun("late").is_empty());
    hooks.behaves("late.example.com", None);
    shop.until("it has arrived", || {
        shop.app.test.clock.advance_seconds(3);
        shop.outcome(&late, "sent") == 1
    });
    let begun = hooks.begun("late");
    assert!(begun.len() > 1 && begun.iter().all(|id| *id == begun[0]), "{begun:?}");
}

/// A receiver that fails is asked less and less, with one thing at a time; what waits is not given up, and goes out when it is there again.
fn a_receiver_that_fails_is_left_alone(test: TestDb) {
    let shop = Shop::new(test);
    let (hooks, owner) = (&shop.app.hooks, shop.app.program());
    let people: Vec<String> = (0..20).map(|n| shop.stranger(&format!("137000022{n:02}"))).collect();
    let all: Vec<&String> = people.iter().collect();
    let down = shop.draw(&hooked("https://down.example.com/hook"));
    hooks.behaves("down.example.com", Some(Manner::Says(503)));
    shop.enter(&down, &all);
    shop.until("five failures", || hooks.begun("down").len() >= 5);
    shop.settle();
    let begun = hooks.begun("down").len();
    assert!(begun <= 7, "{begun}");
    let log = shop.deliveries(&down, "limit=200");
    assert_eq!(
        (log["items"].as_array().unwrap().len(), &log["failing"][0]["host"]),
        (20, &json!("down.example.com:443"))
    );
    assert_eq!(
        (&log["failing"][0]["down"], &log["failing"][0]["waiting"], &log["failing"][0]["error"]),
        (&json!(true), &json!(20), &json!("webhook_busy"))
    );
    let doctor = |owner: &crate::support::Client<'_>| {
        let all = owner.get("/api/v1/doctor").ok()["items"].clone();
        all.as_array().unwrap().iter().find(|own| own["key"] == "webhooks").unwrap()["state"].clone()
    };
    assert_eq!(doctor(&owner), "warn");
    // For five days it does not come back: one try after each pause, and nothing is given up.
    for _ in 0..120 {
        shop.app.test.clock.advance_seconds(3_700);
        shop.settle();
    }
    shop.until("the last try is written down", || {
        shop.deliveries(&down, "")["failing"][0]["failures"].as_i64() == Some(hooks.begun("down").len() as i64)
    });
    let tries = hooks.begun("down").len() - begun;
    assert!((100..=125).contains(&tries), "{tries}");
    assert_eq!(shop.outcome(&down, "lost"), 0);
    assert!(shop.deliveries(&down, "")["items"][0]["tries"].as_array().unwrap().len() <= 10);
    hooks.behaves("down.example.com", None);
    let one = shop.deliveries(&down, "state=waiting&limit=1")["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(owner.post(&format!("{PATH}/{down}/deliveries/{one}/again"), json!({})).status, 204);
    shop.until("they arrive", || {
        shop.app.test.clock.advance_seconds(60);
        shop.outcome(&down, "sent") == 20
    });
    assert_eq!(doctor(&owner), "ok");
    // One that has arrived is sent again by hand, with the same id; the way of the person stays.
    let before = hooks.begun("down").len();
    assert_eq!(owner.post(&format!("{PATH}/{down}/deliveries/{one}/again"), json!({})).status, 204);
    shop.until("it is sent again", || hooks.begun("down").len() == before + 1);
    assert_eq!(hooks.begun("down").last(), Some(&one));
    shop.until("it is written down", || shop.deliveries(&down, "state=waiting")["items"] == json!([]));
    assert_eq!((shop.outcome(&down, "sent"), shop.outcome(&down, "lost")), (20, 0));
    for (path, says) in [
        ("jny_x/deliveries/x", "404 journey_unknown"),
        ("*/deliveries/journey:1:1:1:9", "404 delivery_unknown"),
        ("*/deliveries/x", "404 delivery_unknown"),
    ] {
        assert_eq!(owner.post(&format!("{PATH}/{}/again", path.replace('*', &down)), json!({})).says(), says);
    }
    assert_eq!(owner.get(&format!("{PATH}/{down}/deliveries?state=x")).says(), "400 delivery_state state");
    // What one refuses for good is given up alone.
    hooks.behaves("down.example.com", Some(Manner::Says(410)));
    let gone = shop.draw(&hooked("https://down.example.com/gone"));
    shop.enter(&gone, &all[..1]);
    shop.until("it is given up", || shop.outcome(&gone, "lost") == 1);
    assert_eq!(shop.deliveries(&gone, "state=failed")["items"][0]["tries"][0]["error"], "webhook_gone");
    // Nothing is kept of somebody erased.
    let erased = json!({ "confirm": people[0], "reason": "本人要求" });
    owner.post(&format!("/api/v1/people/{}/erase", people[0]), erased).ok();
    assert_eq!(shop.deliveries(&gone, "")["items"], json!([]));
    // The rest for a week.
    shop.app.test.clock.advance_seconds(8 * 86_400);
    shop.until("it is thrown away", || shop.deliveries(&down, "")["items"] == json!([]));
}

/// Receivers change over from one key to the next while both sign.
fn keys_of_webhooks_are_changed(test: TestDb) {
    let shop = Shop::new(test);
    let owner = shop.app.program();
    let path = format!("{PATH}/webhook-key");
    let first = owner.get(&path).ok();
    assert_eq!(first["previous"], Value::Null);
    let next = owner.post(&format!("{path}/rotate"), json!({})).ok();
    assert_eq!(next["previous"], first["key"]);
    assert_ne!(next["key"], first["key"]);
    let id = shop.draw(&hooked("https://example.com/hook"));
    let signatures = |phone: &str| {
        let one = shop.stranger(phone);
        let before = shop.app.hooks.kept().len();
        shop.enter(&id, &[&one]);
        shop.until("it arrives", || shop.app.hooks.kept().len() > before);
        shop.app.hooks.kept().last().unwrap().signatures.split(' ').count()
    };
    assert_eq!(signatures("13700003301"), 2);
    shop.app.test.clock.advance_seconds(3 * 86_400);
    assert_eq!(signatures("13700003302"), 1);
    let now = owner.get(&path).ok();
    assert_eq!((&now["key"], &now["previous"]), (&next["key"], &Value::Null));
    assert_eq!(
        shop.app.role(Role::Operator).post(&format!("{path}/rotate"), json!({})).says(),
        "403 permission_needed"
    );
}
