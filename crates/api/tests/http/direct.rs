//! Mail and SMS over HTTP: previewed, tried out, broadcast, paused and reported, with carriers that keep what they get.

use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_db::Tx;
use siyu_direct::{Carriers, MailCarrier, Reported, SmsCarrier};
use siyu_gate::Channel;
use siyu_kernel::{Clock, PersonNum, Refusal, Time};
use siyu_mail::{Address, Mailbox};
use siyu_sms::{Provider, Template};
use siyu_testkit::TestDb;
use std::sync::Arc;

on_both!(
    mail_is_broadcast_and_reported,
    what_a_mail_did_is_told,
    the_winner_of_a_test_goes_to_the_rest,
    sms_is_planned_with_its_parts,
    it_is_tried_out_now_and_then,
    journeys_say_it_by_mail_and_sms
);

/// Accounts of nobody.
pub struct Kept {
    pub mail: Arc<siyu_mail::Fake>,
    pub sms: Arc<siyu_sms::Fake>,
}
impl Kept {
    pub fn new(clock: &Arc<dyn Clock>) -> Self {
        Self {
            mail: Arc::new(siyu_mail::Fake::new(Arc::clone(clock))),
            sms: Arc::new(siyu_sms::Fake::new(Arc::clone(clock))),
        }
    }
}
impl Carriers for Kept {
    fn mail(&self, _: &mut Tx<'_>) -> Result<Option<MailCarrier>, Refusal> {
        let from = Mailbox::new("四语", Address::parse("hi@brand.example").unwrap()).unwrap();
        Ok(Some(MailCarrier { mailer: self.mail.clone(), from, reply_to: None, return_path: None, dkim: None }))
    }
    fn sms(&self, _: &mut Tx<'_>) -> Result<Option<SmsCarrier>, Refusal> {
        Ok(Some(SmsCarrier { sms: self.sms.clone(), sign: "四语".into() }))
    }
    fn template(&self, tx: &mut Tx<'_>, id: &str) -> Result<Template, Refusal> {
        if id != "tpl_1" {
            return siyu_direct::NoCarriers.template(tx, id);
        }
        let text = "${name}您好，新品到店，拒收请回复R".to_owned();
        let (code, sign, class) = ("SMS_1".to_owned(), "四语".to_owned(), siyu_sms::Class::Marketing);
        Ok(Template { code, sign, text, class, provider: Provider::Aliyun })
    }
    fn left_alone(&self, _: &mut Tx<'_>, _: Channel, all: &[&str]) -> Result<Vec<Option<&'static str>>, Refusal> {
        Ok(vec![None; all.len()])
    }
    fn leave_alone(&self, _: &mut Tx<'_>, _: Channel, _: &str, _: &str, _: Time) -> Result<(), Refusal> {
        Ok(())
    }
    fn unsubscribe(&self, _: &mut Tx<'_>, _: Channel, num: PersonNum) -> Result<Option<String>, Refusal> {
        Ok(Some(format!("https://a.example/leave/{num}")))
    }
}

fn person(app: &TestApp, n: usize) -> String {
    let body = json!({ "identifiers": [
        { "kind": "phone", "value": format!("139{n:08}") }, { "kind": "email", "value": format!("u{n}@example.com") }
    ], "traits": { "name": "小满" } });
    app.program().post("/api/v1/people", body).ok()["id"].as_str().unwrap().to_owned()
}
fn work(app: &TestApp) {
    for _ in 0..20 {
        app.app.direct.work_gate().unwrap();
        app.app.direct.work_mail().unwrap();
        app.app.direct.work_sms().unwrap();
    }
}
fn mail() -> Value {
    json!({ "subject": "{{ customer.name or \"朋友\" }}，你好", "text": "新品到店", "html": "<p>{{ customer.name }}</p>" })
}
fn sms() -> Value {
    json!({ "template": "tpl_1", "params": { "name": "{{ customer.name or \"会员\" }}" } })
}

fn what_a_mail_did_is_told(test: TestDb) {
    let app = TestApp::new(test);
    open_gate(&app);
    let people: Vec<String> = (10..50).map(|n| person(&app, n)).collect();
    let broadcast =
        json!({ "name": "秋季", "channel": "email", "mail": mail(), "people": people, "holdout_percent": 50.0 });
    let made = app.owner().post("/api/v1/broadcasts", broadcast).ok();
    let id = made["id"].as_str().unwrap();
    app.test.clock.advance_seconds(600);
    work(&app);
    let run = app.owner().get(&format!("/api/v1/runs/{id}")).ok();
    let held = run["reasons"]["holdout"].as_i64().unwrap_or(0);
    assert!((5..35).contains(&held), "{run}");
    let effect = app.owner().get(&format!("/api/v1/runs/{id}/effect")).ok();
    let arms: Vec<i64> =
        effect["trials"][0]["arms"].as_array().unwrap().iter().map(|own| own["people"].as_i64().unwrap()).collect();
    assert_eq!(arms, [held, 40 - held], "{effect}");
    assert_eq!(effect["trials"].as_array().unwrap().len(), 1, "there is one content: {effect}");
}

fn open_gate(app: &TestApp) {
    let mut rules = app.owner().get("/api/v1/gate/rules").ok()["rules"].clone();
    (rules["quiet"], rules["caps"], rules["consent"]) = (Value::Null, json!([]), json!([]));
    app.owner().put("/api/v1/gate/rules", json!({ "rules": rules })).ok();
}
/// Whose turn has come, and tests that begin or end.
fn work_tests(app: &TestApp) {
    work(app);
    while app.app.reach.work_tests(Channel::is_direct).unwrap() == siyu_contacts::Ran::Went {}
    work(app);
}

fn the_winner_of_a_test_goes_to_the_rest(test: TestDb) {
    let app = TestApp::new(test);
    open_gate(&app);
    let people: Vec<String> = (0..150).map(|n| person(&app, 1_000 + n)).collect();
    let other = json!({ "subject": "Another one", "text": "新品到店" });
    let broadcast = |more: Value| {
        let mut own = json!({ "name": "秋季", "channel": "email", "mail": mail(), "mail_variants": [other], "people": people, "service": true });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    let of = |percent: i64, goal: &str| json!({ "percent": percent, "hours": 6, "goal": goal });
    for (more, says) in [
        (json!({ "test": of(40, "clicks") }), "400 broadcast_invalid test.goal"),
        (json!({ "test": of(40, "lost") }), "400 broadcast_invalid test.goal"),
        (json!({ "test": of(60, "bought") }), "400 broadcast_invalid test.percent"),
        (json!({ "test": of(10, "bought") }), "400 broadcast_invalid test.percent"),
        (json!({ "test": of(40, "bought"), "mail_variants": [] }), "400 broadcast_invalid variants"),
        (json!({ "sms_variants": [sms()] }), "400 direct_channel channel"),
        (json!({ "channel": "wecom", "mail": null }), "400 direct_channel channel"),
        (json!({ "variants": [{ "text": "早" }] }), "400 direct_channel channel"),
        (json!({ "mail_variants": [other, other, other, other, other] }), "400 broadcast_invalid variants"),
        (json!({ "mail_variants": [{ "subject": "x", "text": "{{ staff.name }}" }] }), "400 direct_variable mail.text"),
    ] {
        assert_eq!(app.owner().post("/api/v1/broadcasts", broadcast(more.clone())).says(), says, "{more}");
        assert_eq!(app.owner().post("/api/v1/broadcasts/plan", broadcast(more.clone())).says(), says, "{more}");
    }
    let good = broadcast(json!({ "test": of(40, "bought") }));
    let plan = app.owner().post("/api/v1/broadcasts/plan", good.clone()).ok();
    let waits = plan["waiting"].as_array().unwrap().iter().find(|own| own["reason"] == "test_cell").unwrap().clone();
    let reached = plan["reached"].as_i64().unwrap();
    assert_eq!((reached + waits["people"].as_i64().unwrap(), &plan["people"]), (150, &json!(150)), "{plan}");

    let made = app.owner().post("/api/v1/broadcasts", good).ok();
    let id = made["id"].as_str().unwrap();
    let path = format!("/api/v1/broadcasts/{id}");
    assert_eq!((&made["mail_variants"][0]["subject"], &made["test"]["winner"]), (&json!("Another one"), &Value::Null));
    work_tests(&app);
    let held = app.owner().get(&format!("/api/v1/runs/{id}")).ok()["reasons"]["test_cell"].as_i64().unwrap();
    assert!((5..60).contains(&held) && app.carriers.mail.kept().len() as i64 == 150 - held);
    let with = |content: i64, rest: i64| -> Vec<PersonNum> {
        let sql = "SELECT num FROM direct_person WHERE message = $1 AND variant = $2 AND rest = $3 ORDER BY num";
        app.app.db.read(|tx| Ok(tx.query(sql, siyu_db::params![id, content, rest], |row| row.num(0))?)).unwrap()
    };
    let arms = [with(0, 0), with(1, 0)];
    assert!(arms.iter().all(|own| own.len() > 30), "{arms:?}");
    crate::effects::bought(&app.app, &arms[1][..20]);
    // Its hours are not over.
    app.test.clock.advance_seconds(6 * 3_600 - 60);
    work_tests(&app);
    assert_eq!(app.owner().get(&path).ok()["test"]["winner"], Value::Null);
    app.test.clock.advance_seconds(120);
    work_tests(&app);
    let own = app.owner().get(&path).ok();
    let test = &own["test"];
    assert_eq!((&test["winner"], &test["reason"]), (&json!(1), &json!("shown")), "{own}");
    assert_eq!(
        test["numbers"]["contents"][1],
        json!({ "people": arms[1].len(), "count": 20, "value": 20.0 / arms[1].len() as f64 })
    );
    assert_eq!((with(0, 1).len(), with(1, 1).len() as i64), (0, held));
    assert_eq!(own["variants"][1]["sent"], json!(arms[1].len() as i64 + held));
    let kept = app.carriers.mail.kept();
    let seconds =
        kept.iter().filter(|own| String::from_utf8_lossy(&own.bytes).contains("Subject: Another one\r\n")).count();
    assert_eq!((kept.len(), seconds), (150, arms[1].len() + held as usize));
    // The contents are compared among those who were drawn for them.
    let effect = app.owner().get(&format!("/api/v1/runs/{id}/effect")).ok();
    let sizes: Vec<i64> =
        effect["trials"][0]["arms"].as_array().unwrap().iter().map(|own| own["people"].as_i64().unwrap()).collect();
    assert_eq!(sizes, [arms[0].len() as i64, arms[1].len() as i64]);

    // By SMS, and somebody chooses.
    let other = json!({ "template": "tpl_1", "params": { "name": "老朋友" } });
    let short = json!({ "name": "秋季", "channel": "sms", "sms": sms(), "sms_variants": [other], "people": people, "service": true, "test": of(40, "revenue") });
    let plan = app.owner().post("/api/v1/broadcasts/plan", short.clone()).ok();
    assert_eq!((plan["reached"].as_i64() < Some(150), &plan["parts"]), (true, &json!(150)), "the rest is billed, too");
    let made = app.owner().post("/api/v1/broadcasts", short).ok();
    let path = format!("/api/v1/broadcasts/{}", made["id"].as_str().unwrap());
    work_tests(&app);
    let first = app.carriers.sms.kept();
    assert!((90..145).contains(&first.len()), "{}", first.len());
    let choose = |content: i64| app.owner().post(&format!("{path}/winner"), json!({ "content": content })).says();
    assert_eq!(choose(2), "400 broadcast_invalid content");
    let own = app.owner().post(&format!("{path}/winner"), json!({ "content": 1 })).ok();
    assert_eq!((&own["test"]["winner"], &own["test"]["reason"]), (&json!(1), &json!("by_hand")));
    assert_eq!(
        (choose(0).as_str(), own["sms_variants"][0]["params"]["name"].as_str()),
        ("409 broadcast_test", Some("老朋友"))
    );
    work_tests(&app);
    let kept = app.carriers.sms.kept();
    assert_eq!(kept.len(), 150);
    assert!(kept[first.len()..].iter().all(|own| own.message.params == [("name".to_owned(), "老朋友".to_owned())]));
}

fn mail_is_broadcast_and_reported(test: TestDb) {
    let app = TestApp::new(test);
    let people = [person(&app, 1), person(&app, 2)];
    let broadcast = |more: Value| {
        let mut own = json!({ "name": "秋季", "channel": "email", "mail": mail(), "people": people, "service": true });
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    for (more, says) in [
        (json!({ "channel": "pigeon" }), "400 direct_channel channel"),
        (json!({ "channel": "sms" }), "400 direct_channel channel"),
        (json!({ "content": { "text": "早" } }), "400 direct_channel channel"),
        (json!({ "mail": { "subject": "", "text": "早" } }), "400 direct_content mail.subject"),
        (json!({ "mail": { "subject": "x", "text": "{{ staff.name }}" } }), "400 direct_variable mail.text"),
        (json!({ "mail": { "subject": "x", "txet": "" } }), "400 field_invalid mail.txet"),
        (json!({ "holdout_percent": 60.0 }), "400 broadcast_invalid holdout_percent"),
    ] {
        assert_eq!(app.owner().post("/api/v1/broadcasts", broadcast(more)).says(), says);
    }
    let plan = app.owner().post("/api/v1/broadcasts/plan", broadcast(json!({}))).ok();
    assert_eq!((&plan["reached"], &plan["parts"], &plan["staff"]), (&json!(2), &json!(0), &json!([])));
    let shown = json!({ "mail": mail(), "person": people[0] });
    let shown = app.owner().post("/api/v1/mail/preview", shown).ok();
    assert_eq!(shown["subject"], "小满，你好");
    assert!(shown["html"].as_str().unwrap().contains("https://a.example/leave/"), "{shown}");

    let made = app.owner().post("/api/v1/broadcasts", broadcast(json!({}))).ok();
    let id = made["id"].as_str().unwrap();
    let path = format!("/api/v1/broadcasts/{id}");
    assert_eq!(app.owner().post(&format!("{path}/pause"), json!({})).status, 200);
    work(&app);
    assert!(app.carriers.mail.kept().is_empty());
    assert_eq!(app.owner().post(&format!("{path}/resume"), json!({})).ok()["channel"], "email");
    work(&app);
    let kept = app.carriers.mail.kept();
    assert_eq!(kept.len(), 2);
    let (direct, now) = (app.app.direct.clone(), app.app.now());
    let own = kept[0].message_id.split('@').next().unwrap().to_owned();
    let what = Reported::Failed("mail_no_mailbox".into());
    app.app.db.transact(move |tx| direct.reported(tx, Channel::Email, &own, None, &what, now)).unwrap();
    let row = app.owner().get(&path).ok();
    assert_eq!((&row["delivery"]["taken"], &row["delivery"]["bounced"]), (&json!(2), &json!(1)));
    assert_eq!((&row["mail"]["text"], &row["variants"][0]["sent"]), (&json!("新品到店"), &json!(2)));
    let run = app.owner().get(&format!("/api/v1/runs/{id}")).ok();
    assert_eq!((&run["channel"], &run["sent"], &run["audience"]), (&json!("email"), &json!(2), &json!(2)));
    let people = app.owner().get(&format!("/api/v1/runs/{id}/people")).ok();
    assert_eq!(people["items"].as_array().unwrap().len(), 2);
    assert_eq!(app.owner().post(&format!("{path}/cancel"), json!({})).says(), "409 message_over");
    assert_eq!(app.role(Role::Guide).post("/api/v1/broadcasts", broadcast(json!({}))).says(), "403 permission_needed");
}

fn sms_is_planned_with_its_parts(test: TestDb) {
    let app = TestApp::new(test);
    let people = [person(&app, 1), person(&app, 2), person(&app, 3)];
    let broadcast = json!({ "name": "秋季", "channel": "sms", "sms": sms(), "people": people, "service": true });
    let plan = app.owner().post("/api/v1/broadcasts/plan", broadcast.clone()).ok();
    assert_eq!((&plan["reached"], &plan["parts_each"], &plan["parts"]), (&json!(3), &json!(1), &json!(3)));
    let shown = app.owner().post("/api/v1/sms/preview", json!({ "sms": sms(), "person": people[0] })).ok();
    assert_eq!(shown, json!({ "text": "【四语】小满您好，新品到店，拒收请回复R", "parts": 1 }));
    let unknown = json!({ "sms": { "template": "tpl_9", "params": {} } });
    assert_eq!(app.owner().post("/api/v1/sms/preview", unknown).says(), "404 sms_template_unknown");
    // A marketing one goes to those who have agreed to it, and starts behind the contest.
    let mut marketing = broadcast.clone();
    marketing["service"] = json!(false);
    let plan = app.owner().post("/api/v1/broadcasts/plan", marketing).ok();
    assert_eq!(plan["skipped"], json!([{ "reason": "consent_missing", "people": 3 }]));
    app.owner().post("/api/v1/broadcasts", broadcast).ok();
    work(&app);
    assert_eq!(app.carriers.sms.kept().len(), 3);
}

fn it_is_tried_out_now_and_then(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let to = |to: &str| json!({ "mail": mail(), "to": to });
    assert_eq!(owner.post("/api/v1/mail/test-send", to("nobody")).says(), "400 direct_content to");
    assert_eq!(owner.post("/api/v1/mail/test-send", to("me@brand.example")).status, 204);
    let sms = json!({ "sms": sms(), "to": "13900000009" });
    assert_eq!(owner.post("/api/v1/sms/test-send", sms).status, 204);
    assert_eq!((app.carriers.mail.kept().len(), app.carriers.sms.kept().len()), (1, 1));
    let audit = owner.get("/api/v1/audit").ok().to_string();
    assert!(audit.contains("mail.test_send") && audit.contains("sms.test_send") && !audit.contains("13900000009"));
    for _ in 0..7 {
        assert_eq!(owner.post("/api/v1/mail/test-send", to("me@brand.example")).status, 204);
    }
    assert_eq!(owner.post("/api/v1/mail/test-send", to("me@brand.example")).says(), "429 too_many_attempts");
    assert_eq!(app.carriers.mail.kept().len(), 8);
}

fn journeys_say_it_by_mail_and_sms(test: TestDb) {
    let app = TestApp::new(test);
    let api = app.program();
    let bare = json!({ "identifiers": [{ "kind": "member_no", "value": "M000001" }] });
    let bare = api.post("/api/v1/people", bare).ok()["id"].as_str().unwrap().to_owned();
    let people = [person(&app, 1), person(&app, 2), bare];
    let say = |id: &str, with: Value, next: &str| json!({ "id": id, "do": { "type": "message", "with": with, "next": next, "skipped": "none" } });
    let exit = |id: &str| json!({ "id": id, "do": { "type": "exit", "outcome": id } });
    let definition = |mail: Value| {
        json!({ "format": 1, "entry": { "type": "trigger", "on": { "type": "event", "name": "Camp Joined" } }, "start": "mail", "nodes": [
            say("mail", json!({ "channel": "email", "mail": mail, "service": true, "gather_minutes": 0 }), "sms"),
            say("sms", json!({ "channel": "sms", "sms": sms(), "service": true, "gather_minutes": 0 }), "had"),
            exit("had"), exit("none"),
        ] })
    };
    let path = "/api/v1/journeys";
    let wrong = api
        .post(path, json!({ "name": "旅程", "definition": definition(json!({ "subject": "", "text": "早" })) }))
        .ok();
    assert_eq!(wrong["problems"][0]["code"], "direct_content", "{wrong}");
    let own = api.post(path, json!({ "name": "旅程", "definition": definition(mail()) })).ok();
    assert_eq!(own["problems"], json!([]), "{own}");
    let id = own["id"].as_str().unwrap();
    api.post(&format!("{path}/{id}/publish"), json!({ "edits": own["edits"] })).ok();
    api.post(&format!("{path}/{id}/enter"), json!({ "people": people })).ok();
    for _ in 0..20 {
        app.app.journeys.step().unwrap();
        app.app.plays.work_messages().unwrap();
        app.app.direct.work_gate().unwrap();
        app.app.direct.work_mail().unwrap();
        app.app.direct.work_sms().unwrap();
    }
    assert_eq!((app.carriers.mail.kept().len(), app.carriers.sms.kept().len()), (2, 2));
    let numbers = app.owner().get(&format!("{path}/{id}/numbers")).ok();
    assert_eq!((&numbers["sums"]["entered"], &numbers["sums"]["inside"]), (&json!(3), &json!(0)), "{numbers}");
}
