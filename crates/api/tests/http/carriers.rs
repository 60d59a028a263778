//! The accounts of mail and SMS over HTTP.

use crate::support::{Client, TestApp, new_user, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::{Actor, KeyKind, Role, Scope};
use siyu_db::Tx;
use siyu_direct::{Carriers, Reported};
use siyu_gate::Channel;
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_testkit::TestDb;
use std::sync::{Arc, Mutex};

on_both!(
    accounts_are_set_and_never_shown_whole,
    wrong_input_has_a_code_and_a_field,
    a_check_says_what_is_wrong,
    templates_over_http,
    addresses_left_alone_over_http,
    only_a_button_unsubscribes,
    links_that_are_none_of_ours,
    pushes_of_the_provider,
    bounces_over_http,
    an_erasure_reaches_the_list,
);

fn put(client: &Client<'_>, path: &str, body: Value) -> crate::support::Answered {
    client.call(Method::PUT, path, Some(body))
}

fn mail() -> Value {
    json!({"host": "127.0.0.1", "port": 1, "user": "shop@example.com", "password": "s3cret-of-mail", "from": "news@example.com", "from_name": "一店",
        "bounce": "bounce@example.com"})
}
fn sms() -> Value {
    json!({"provider": "aliyun", "key_id": "LTAI4GExampleKeyId01", "key_secret": "s3cret-of-sms-keys", "sign": "一店", "base": "http://127.0.0.1:1"})
}

/// Nothing of a secret in an answer, in the audit or in the tables.
fn nowhere(app: &TestApp, secrets: &[&str], answers: &[String]) {
    let audit = app.program().get("/api/v1/audit?limit=200").text();
    let rows = app
        .app
        .db
        .read(|tx| {
            let mut all = tx.query("SELECT body FROM carrier_account", &[], |row| row.text(0))?;
            all.extend(tx.query("SELECT body FROM carrier_revision", &[], |row| row.text(0))?);
            all.extend(tx.query("SELECT secrets FROM carrier_account", &[], |row| {
                Ok(String::from_utf8_lossy(&row.blob(0)?).into_owned())
            })?);
            Ok(all)
        })
        .unwrap();
    for secret in secrets {
        for text in answers.iter().chain([&audit]).chain(&rows) {
            assert!(!text.contains(secret), "{secret} stands in {text}");
        }
    }
}

fn accounts_are_set_and_never_shown_whole(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    assert_eq!(owner.get("/api/v1/mail/account").says(), "404 mail_account_unset");
    assert_eq!(owner.get("/api/v1/sms/account").says(), "404 sms_account_unset");
    assert_eq!(owner.get("/api/v1/carriers/status").ok(), json!({"mail": null, "sms": null, "unsubscribing": false}));
    let mut answers = vec![put(&owner, "/api/v1/mail/account", mail()).text()];
    let set = put(&owner, "/api/v1/sms/account", sms());
    let push = set.ok()["push_reports"].as_str().unwrap().to_owned();
    assert!(push.starts_with("/sms/push/") && set.ok()["key_id"] == "…Id01");
    answers.extend(["mail", "sms"].iter().flat_map(|own| {
        [
            owner.get(&format!("/api/v1/{own}/account")).text(),
            owner.get(&format!("/api/v1/{own}/account/revisions")).text(),
            owner.post(&format!("/api/v1/{own}/account/check"), json!({})).text(),
        ]
    }));
    answers.push(owner.get("/api/v1/doctor").text());
    nowhere(&app, &["s3cret-of-mail", "s3cret-of-sms-keys", "LTAI4GExample"], &answers);
    let secret = push.split('/').nth(3).unwrap();
    let audit = app.program().get("/api/v1/audit").text();
    assert!(!audit.contains(secret) && audit.contains("mail.account") && audit.contains("sms.account"));
    // A change without the password keeps it; to another server it does not go.
    let mut change = mail();
    change.as_object_mut().unwrap().remove("password");
    change["from_name"] = json!("二店");
    let own = put(&owner, "/api/v1/mail/account", change.clone()).ok();
    assert_eq!((own["version"].as_i64(), own["has_password"].as_bool()), (Some(2), Some(true)));
    change["host"] = json!("evil.example");
    assert_eq!(put(&owner, "/api/v1/mail/account", change.clone()).says(), "400 mail_password_again password");
    change["host"] = json!("127.0.0.1");
    change["version"] = json!(1);
    assert_eq!(put(&owner, "/api/v1/mail/account", change).says(), "409 account_changed");
    let revisions = owner.get("/api/v1/mail/account/revisions").ok();
    assert_eq!(revisions["items"][1]["secrets_set"], json!(["password"]));
    // A key for DKIM: the record is shown, the key is not.
    let made = owner.post("/api/v1/mail/account/dkim", json!({}));
    let record = &made.ok()["dkim_record"];
    assert_eq!(record["name"], "siyu._domainkey.example.com");
    assert!(record["text"].as_str().unwrap().starts_with("v=DKIM1; k=rsa; p="));
    nowhere(&app, &["PRIVATE KEY"], &[made.text()]);
    for own in ["mail", "sms"] {
        assert_eq!(owner.delete(&format!("/api/v1/{own}/account")).status, 204);
        assert_eq!(owner.delete(&format!("/api/v1/{own}/account")).says(), format!("404 {own}_account_unset"));
    }
}

fn wrong_input_has_a_code_and_a_field(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    for (field, value) in [
        ("host", json!("169.254.169.254")),
        ("port", json!(0)),
        ("security", json!("ssl")),
        ("from", json!("news@example.com\r\nBcc: all@example.com")),
        ("from_name", json!("x\r\nBcc: all@example.com")),
        ("reply_to", json!("x")),
        ("user", json!("a\nb")),
        ("password", json!("a\r\nRCPT TO:<x>")),
        ("bounce", json!("bounce+x@example.com")),
        ("per_minute", json!(0)),
        ("authority", json!("x")),
    ] {
        let mut body = mail();
        body[field] = value;
        assert_eq!(put(&owner, "/api/v1/mail/account", body).says(), format!("400 mail_account {field}"));
    }
    let mut keyed = mail();
    (keyed["dkim_domain"], keyed["dkim_selector"], keyed["dkim_key"]) =
        (json!("example.com"), json!("s1"), json!("-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----"));
    let refused = put(&owner, "/api/v1/mail/account", keyed);
    assert!(refused.says() == "400 mail_account dkim_key" && !refused.text().contains("U0VDUkVU"));
    for (field, value) in [
        ("provider", json!("x")),
        ("sign", json!("【x】")),
        ("base", json!("https://evil.example")),
        ("key_secret", json!(" ")),
        ("blocks", json!(["x"])),
    ] {
        let mut body = sms();
        body[field] = value;
        assert_eq!(put(&owner, "/api/v1/sms/account", body).says(), format!("400 sms_account {field}"));
    }
    let mut unknown = mail();
    unknown["passwort"] = json!("x");
    assert_eq!(put(&owner, "/api/v1/mail/account", unknown).status, 400);
    assert_eq!(
        put(&owner, "/api/v1/carriers/address", json!({"address": "http://x"})).says(),
        "400 unsubscribe_address address"
    );
    let known = put(&owner, "/api/v1/carriers/address", json!({"address": "https://shop.example.com"})).ok();
    assert_eq!(known, json!({"address": "https://shop.example.com", "used": "https://shop.example.com"}));
    assert_eq!(owner.get("/api/v1/carriers/status").ok()["unsubscribing"], true);
    // Settings are the owner's; how the accounts are doing anybody may know.
    let operator = app.role(Role::Operator);
    assert_eq!(put(&operator, "/api/v1/mail/account", mail()).says(), "403 permission_needed");
    assert_eq!(operator.get("/api/v1/sms/account").says(), "403 permission_needed");
    assert_eq!(app.role(Role::Guide).get("/api/v1/carriers/status").status, 200);
}

fn a_check_says_what_is_wrong(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    assert_eq!(owner.post("/api/v1/mail/account/check", json!({})).says(), "404 mail_account_unset");
    assert_eq!(owner.post("/api/v1/sms/account/check", json!({})).says(), "404 sms_account_unset");
    put(&owner, "/api/v1/mail/account", mail()).ok();
    put(&owner, "/api/v1/sms/account", sms()).ok();
    for (own, key) in [("mail", "mail_connection"), ("sms", "sms_connection")] {
        let found = owner.post(&format!("/api/v1/{own}/account/check"), json!({})).ok();
        let first = found["items"].as_array().unwrap().iter().find(|own| own["key"] == key).unwrap().clone();
        assert!(first["state"] == "fail" && !first["remedy"].as_str().unwrap().is_empty(), "{first}");
    }
    // A refusal while sending shows in the status, with what to do, and in the doctor.
    let carrier = app.app.db.read(|tx| app.app.carriers.mail(tx)).unwrap().unwrap();
    drop(carrier);
    app.app
        .db
        .transact(|tx| {
            tx.execute("UPDATE carrier_account SET trouble = 'mail_auth_refused', trouble_at = 1772424000000000 WHERE kind = 'mail'", &[])?;
            Ok(())
        })
        .unwrap();
    let trouble = owner.get("/api/v1/carriers/status").ok()["mail"]["trouble"].clone();
    assert!(
        trouble["code"] == "mail_auth_refused" && trouble["remedy"].as_str().unwrap().contains("authorisation code"),
        "{trouble}"
    );
    let doctor = owner.get("/api/v1/doctor").ok();
    let own = doctor["items"].as_array().unwrap().iter().find(|own| own["key"] == "mail_account").unwrap().clone();
    assert!(own["state"] == "fail" && own["detail"].as_str().unwrap().contains("nothing is lost"), "{own}");
    // It rests, and work waits.
    app.test.clock.set(Time(1_772_424_000_000_000));
    assert!(app.app.db.read(|tx| app.app.carriers.mail(tx)).unwrap().is_none());
}

fn templates_over_http(test: TestDb) {
    let app = TestApp::new(test);
    let (owner, operator) = (app.owner(), app.role(Role::Operator));
    let good = json!({"name": "到货", "provider": "aliyun", "code": "SMS_123456789", "sign": "一店", "text": "${name}，已到货", "class": "notice"});
    for (field, value) in
        [("name", ""), ("code", "1"), ("sign", "x"), ("text", "${"), ("class", "x"), ("provider", "x")]
    {
        let mut body = good.clone();
        body[field] = json!(value);
        assert_eq!(owner.post("/api/v1/sms/templates", body).says(), format!("400 sms_template {field}"));
    }
    assert_eq!(operator.post("/api/v1/sms/templates", good.clone()).says(), "403 permission_needed");
    let made = owner.post("/api/v1/sms/templates", good.clone());
    assert_eq!(made.status, 201);
    let id = made.ok()["id"].as_str().unwrap().to_owned();
    let list = operator.get("/api/v1/sms/templates").ok();
    assert_eq!((list["items"][0]["places"].clone(), list["items"][0]["uses"].clone()), (json!(["name"]), json!(0)));
    let mut other = good;
    other["name"] = json!("补货");
    assert_eq!(put(&owner, &format!("/api/v1/sms/templates/{id}"), other.clone()).ok()["name"], "补货");
    assert_eq!(put(&owner, "/api/v1/sms/templates/x", other).says(), "404 sms_template_unknown");
    assert_eq!(owner.delete(&format!("/api/v1/sms/templates/{id}")).status, 204);
    assert_eq!(operator.get(&format!("/api/v1/sms/templates/{id}")).says(), "404 sms_template_unknown");
}

fn addresses_left_alone_over_http(test: TestDb) {
    let app = TestApp::new(test);
    let operator = app.role(Role::Operator);
    let add = |channel: &str, address: &str| {
        operator.post("/api/v1/suppressions", json!({"channel": channel, "address": address}))
    };
    assert_eq!(add("email", "Ann@example.com").ok(), json!({"added": true}));
    assert_eq!(add("email", "ann@example.com").ok(), json!({"added": false}));
    assert_eq!(add("email", "13800000001").says(), "400 suppression_address address");
    assert_eq!(add("fax", "ann@example.com").says(), "400 suppression_channel channel");
    let import = |channel: &str, text: &str| {
        operator.raw(
            Method::POST,
            &format!("/api/v1/suppressions/import?channel={channel}"),
            "text/csv",
            text.as_bytes().to_vec(),
        )
    };
    assert_eq!(
        import("sms", "手机\n13800000001\nx\n13800000002\n").ok(),
        json!({"added": 2, "known": 0, "refused": 1, "lines": [3]})
    );
    assert_eq!(import("sms", "").says(), "400 suppression_file");
    assert_eq!(import("fax", "x").says(), "400 suppression_channel channel");
    assert_eq!(import("sms", &"1".repeat(9 << 20)).says(), "413 suppression_size");
    let page = operator.get("/api/v1/suppressions?limit=2").ok();
    assert_eq!(page["items"][0]["masked"], "+86138****0002");
    let rest = operator.get(&format!("/api/v1/suppressions?limit=2&after={}", page["next"].as_str().unwrap())).ok();
    assert_eq!((rest["items"][0]["masked"].as_str(), rest["next"].clone()), (Some("a***@example.com"), Value::Null));
    let found = operator.get("/api/v1/suppressions?address=ann%40EXAMPLE.com").ok();
    assert_eq!((found["items"].as_array().unwrap().len(), found["items"][0]["reason"].as_str()), (1, Some("by_hand")));
    assert_eq!(
        operator.get("/api/v1/suppressions/counts").ok()["items"][1],
        json!({"channel": "sms", "reason": "imported", "count": 2})
    );
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(operator.delete(&format!("/api/v1/suppressions/{id}?why=")).says(), "400 reason_needed reason");
    assert_eq!(operator.delete(&format!("/api/v1/suppressions/{id}?why=asked")).status, 204);
    assert_eq!(operator.delete(&format!("/api/v1/suppressions/{id}?why=asked")).says(), "404 suppression_unknown");
    assert_eq!(operator.delete("/api/v1/suppressions/x?why=asked").says(), "404 suppression_unknown");
    let audit = app.program().get("/api/v1/audit").text();
    assert!(
        audit.contains("suppression.remove") && audit.contains("suppression.import") && !audit.contains("ann@example")
    );
    // Whoever sees a part of the customers does not see the addresses of all.
    let mut user = new_user("part@brand.example", Role::Operator);
    user.scope = Scope { all: false, regions: Vec::new(), stores: vec!["S1".into()] };
    app.app.access.add_user(app.app.now(), &Actor::system("test"), user).unwrap();
    let part = app.sign_in("part@brand.example");
    for path in ["/api/v1/suppressions", "/api/v1/suppressions/counts"] {
        assert_eq!(part.get(path).says(), "403 scope_needed");
    }
    assert_eq!(
        part.post("/api/v1/suppressions", json!({"channel": "email", "address": "a@example.com"})).says(),
        "403 scope_needed"
    );
    assert_eq!(
        part.raw(Method::POST, "/api/v1/mail/reports", "message/rfc822", b"x".to_vec()).says(),
        "403 scope_needed"
    );
    assert_eq!(app.role(Role::Analyst).get("/api/v1/suppressions").says(), "403 permission_needed");
}

fn person(app: &TestApp, kind: Kind, value: &str) -> PersonNum {
    let (people, now) = (app.app.people.clone(), app.app.now());
    let identifier = Identifier::new(kind, value).unwrap();
    let unit = move |tx: &mut Tx<'_>| {
        let who = people.prepare([identifier.clone()], now);
        Ok(people.resolve(tx, &[who], "test", now)?.remove(0).unwrap().node)
    };
    app.app.db.transact(unit).unwrap()
}

fn consents(app: &TestApp, num: PersonNum) -> Vec<(String, bool, String)> {
    let consents = app.app.db.read(|tx| Ok(app.app.people.consents(tx, &[num])?)).unwrap();
    consents.into_iter().map(|own| (own.channel, own.granted, own.source)).collect()
}

fn form(app: &TestApp, path: &str, body: &str) -> crate::support::Answered {
    app.nobody().raw(Method::POST, path, "application/x-www-form-urlencoded", body.as_bytes().to_vec())
}

fn only_a_button_unsubscribes(test: TestDb) {
    let app = TestApp::new(test);
    let num = person(&app, Kind::Email, "ann@example.com");
    let path = format!("/u/{}", app.app.carriers.token(Channel::Email, num));
    for client in [
        app.nobody(),
        app.nobody().header("user-agent", "Googlebot/2.1"),
        app.nobody().header("accept-language", "zh-CN"),
    ] {
        let page = client.get(&path);
        assert!(
            page.status == 200 && page.text().contains("method=\"post\"") && !page.text().contains("ann@"),
            "{}",
            page.text()
        );
    }
    assert_eq!(app.nobody().call(Method::HEAD, &path, None).status, 200);
    assert!(consents(&app, num).is_empty(), "opening a link changes nothing");
    let page = app.nobody().header("accept-language", "zh-CN").get(&path);
    assert!(page.text().contains("退订") && page.header("content-security-policy").contains("form-action 'self'"));
    assert!(page.header("cache-control") == "no-store" && page.header("x-robots-tag") == "noindex");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    // What says nothing changes nothing.
    for body in ["", "do=", "do=everything", "List-Unsubscribe=Two-Clicks", "x"] {
        assert_eq!(form(&app, &path, body).status, 200);
    }
    assert!(consents(&app, num).is_empty());
    assert!(form(&app, &path, "List-Unsubscribe=One-Click").text().contains("unsubscribed"));
    assert_eq!(consents(&app, num), [("email".into(), false, "one_click".into())]);
    assert!(form(&app, &path, "do=stop").status == 200 && consents(&app, num).len() == 1);
    assert!(app.nobody().get(&path).text().contains("value=\"back\""));
    assert!(form(&app, &path, "do=back").text().contains("value=\"stop\""));
    assert_eq!(consents(&app, num)[0], ("email".into(), true, "unsubscribe_page".into()));
    // Mail programs send parts of a form, and from pages of theirs.
    let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let sent = app.nobody().header("origin", "https://mail.example").raw(
        Method::POST,
        &path,
        "multipart/form-data; boundary=b",
        parts.into(),
    );
    assert_eq!((sent.status, consents(&app, num)[0].1), (200, false));
    assert_eq!(form(&app, &path, &"x".repeat(5000)).status, 413);
    // The event is the person's.
    let id = app.app.people.id(num);
    assert!(
        app.program().get(&format!("/api/v1/people/{id}/events?include=system")).text().contains("Consent Withdrawn")
    );
    // The name of the brand is text, not markup.
    app.program().patch("/api/v1/settings", json!({"name": "<b>A&B</b>"})).says();
    assert!(!app.nobody().get(&path).text().contains("<b>A"));
}

fn links_that_are_none_of_ours(test: TestDb) {
    let app = TestApp::new(test);
    let num = person(&app, Kind::Email, "ann@example.com");
    let token = app.app.carriers.token(Channel::Email, num);
    let last = if token.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &token[..token.len() - 1]);
    for bad in [
        forged.as_str(),
        "x",
        "0",
        "%00",
        "..%2f..%2fetc",
        &"0".repeat(42),
        &token.to_uppercase(),
        &format!("{token}'><script>"),
    ] {
        let bad = bad.replace(['\'', '>', '<'], "%3c");
        for answer in [app.nobody().get(&format!("/u/{bad}")), form(&app, &format!("/u/{bad}"), "do=stop")] {
            assert!([400, 404].contains(&answer.status), "{bad}: {}", answer.text());
            assert!(!answer.text().contains("script"));
        }
    }
    assert!(consents(&app, num).is_empty());
    // Another channel of the same person is another link.
    form(&app, &format!("/u/{}", app.app.carriers.token(Channel::Sms, num)), "do=stop");
    assert_eq!(consents(&app, num), [("sms".into(), false, "unsubscribe_page".into())]);
}

#[derive(Default)]
struct Told(Mutex<Vec<String>>);
impl siyu_carriers::Heard for Told {
    fn reported(
        &self,
        _: &mut Tx<'_>,
        channel: Channel,
        id: &str,
        address: Option<&str>,
        what: &Reported,
        _: Time,
    ) -> Result<bool, Refusal> {
        self.0.lock().unwrap().push(format!("{}:{id}:{}:{what:?}", channel.name(), address.unwrap_or_default()));
        Ok(true)
    }
    fn reported_as(
        &self,
        tx: &mut Tx<'_>,
        taken_as: &str,
        phone: &str,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal> {
        self.reported(tx, Channel::Sms, taken_as, Some(phone), what, at)
    }
    fn went_to(&self, _: &mut Tx<'_>, _: Channel, id: &str) -> Result<Option<String>, Refusal> {
        Ok((id == "msg_1").then(|| "ann@example.com".into()))
    }
    fn uses(&self, _: &mut Tx<'_>, _: &str) -> Result<i64, Refusal> {
        Ok(0)
    }
}

fn pushes_of_the_provider(test: TestDb) {
    let app = TestApp::new(test);
    let told = Arc::new(Told::default());
    app.app.carriers.set_heard(told.clone());
    let num = person(&app, Kind::Phone, "13800000001");
    let owner = app.owner();
    let own = put(&owner, "/api/v1/sms/account", sms()).ok();
    let (reports, replies) =
        (own["push_reports"].as_str().unwrap().to_owned(), own["push_replies"].as_str().unwrap().to_owned());
    let report = json!([{"phone_number": "13800000001", "report_time": "2026-03-02 10:00:04", "success": true, "err_code": "DELIVERED", "biz_id": "9006^0", "out_id": "job_77"}]);
    let answer = app.nobody().post(&reports, report.clone());
    assert_eq!((answer.status, answer.json()), (200, json!({"code": 0, "msg": "接收成功"})));
    assert_eq!(app.nobody().post(&reports, report.clone()).status, 200);
    assert_eq!(*told.0.lock().unwrap(), ["sms:job_77:+8613800000001:Delivered"]);
    let reply = json!([{"phone_number": "13800000001", "content": "TD", "sign_name": "一店", "send_time": "2026-03-02 10:00:04", "sequence_id": 7}]);
    for _ in 0..2 {
        assert_eq!(app.nobody().post(&replies, reply.clone()).status, 200);
    }
    assert_eq!(consents(&app, num), [("sms".into(), false, "sms_reply".into())]);
    let id = app.app.people.id(num);
    assert!(app.program().get(&format!("/api/v1/people/{id}/events")).text().contains("SMS Replied"));
    // Guesses, from anywhere, are answered alike, and nothing of the body is read.
    for path in [
        "/sms/push/x/reports",
        "/sms/push/0123456789abcdef0123456789abcdef01234567/replies",
        &reports.replace("reports", "other"),
        &reports[..reports.len() - 12],
    ] {
        let status = app.nobody().post(path, reply.clone()).status;
        assert!([404, 405].contains(&status), "{path}: {status}");
    }
    assert_eq!(
        app.nobody().raw(Method::POST, &reports, "application/json", b"[".to_vec()).says(),
        "400 sms_push_unread"
    );
    assert_eq!(
        app.nobody().raw(Method::POST, &reports, "application/json", vec![b' '; (1 << 20) + 1]).says(),
        "413 sms_push_size"
    );
    // A new address shuts the old one.
    let mut renew = sms();
    renew["renew_push"] = json!(true);
    put(&owner, "/api/v1/sms/account", renew).ok();
    assert_eq!(app.nobody().post(&reports, report).says(), "404 sms_push_unknown");
}

fn bounces_over_http(test: TestDb) {
    let app = TestApp::new(test);
    let told = Arc::new(Told::default());
    app.app.carriers.set_heard(told.clone());
    put(&app.owner(), "/api/v1/mail/account", mail()).ok();
    let carrier = app.app.db.read(|tx| app.app.carriers.mail(tx)).unwrap().unwrap();
    let to = carrier.return_path.unwrap().address("msg_1").unwrap().as_str().to_owned();
    let bounce = |to: &str| {
        format!(
            "Delivered-To: {to}\r\nFrom: MAILER-DAEMON@mx.example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n\
             --b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; victim@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b1--\r\n"
        )
        .into_bytes()
    };
    let program = app.key(KeyKind::Api, Some(Role::Operator));
    let report =
        |client: &Client<'_>, raw: Vec<u8>| client.raw(Method::POST, "/api/v1/mail/reports", "message/rfc822", raw);
    assert_eq!(report(&app.nobody(), bounce(&to)).status, 401);
    assert_eq!(report(&program, bounce("bounce+msg_1=000000000000@example.com")).says(), "400 mail_report_foreign");
    assert_eq!(report(&program, b"Subject: hello\r\n\r\nhi".to_vec()).says(), "400 mail_report_unread");
    assert_eq!(report(&program, vec![b'x'; (10 << 20) + 1]).says(), "413 mail_report_size");
    assert_eq!(report(&program, bounce(&to)).ok(), json!({"taken": 1, "passed": 0, "left_alone": 1}));
    assert_eq!(report(&program, bounce(&to)).ok(), json!({"taken": 0, "passed": 1, "left_alone": 0}));
    assert_eq!(told.0.lock().unwrap().len(), 1);
    let alone = |address: &str| {
        app.app.db.read(|tx| app.app.carriers.left_alone(tx, Channel::Email, &[address])).unwrap()[0].is_some()
    };
    assert!(alone("ann@example.com") && !alone("victim@example.com"));
}

fn an_erasure_reaches_the_list(test: TestDb) {
    let app = TestApp::new(test);
    let num = person(&app, Kind::Email, "ann@example.com");
    let owner = app.owner();
    owner.post("/api/v1/suppressions", json!({"channel": "email", "address": "ann@example.com"})).ok();
    let id = app.app.people.id(num);
    owner.post(&format!("/api/v1/people/{id}/erase"), json!({"reason": "asked", "confirm": id})).ok();
    let list = owner.get("/api/v1/suppressions").ok();
    assert_eq!(list["items"][0]["masked"], "");
    let alone = app.app.db.read(|tx| app.app.carriers.left_alone(tx, Channel::Email, &["ann@example.com"])).unwrap();
    assert!(alone[0].is_some(), "an erased address is still left alone");
}
