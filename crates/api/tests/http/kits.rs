//! Kits over HTTP: made for a day, found by the guides they are for, sent with links that know the customer; and the calendar.

use crate::guide_shop::{Pair, Shop};
use crate::support::{TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_testkit::TestDb;

on_both!(guides_find_todays_kits_and_send_of_them, mistakes_of_kits_are_told, the_calendar_shows_what_goes_out);

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50";

fn approved(app: &TestApp, name: &str, content: Value) -> String {
    let body = json!({ "name": name, "content": content });
    let id = app.program().post("/api/v1/materials", body).ok()["id"].as_str().unwrap().to_owned();
    app.program().post(&format!("/api/v1/materials/{id}/submit"), json!({})).ok();
    app.owner().post(&format!("/api/v1/materials/{id}/approve"), json!({})).ok();
    id
}
fn today(app: &TestApp) -> String {
    siyu_kernel::Zone::shanghai().local(app.app.now())[..10].to_owned()
}

fn guides_find_todays_kits_and_send_of_them(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, bob, .. } = shop.pair();
    let content = json!({ "text": "{{ customer.name or \"朋友\" }}，{{ staff.name }}推荐", "attachments": [
        { "kind": "link", "title": "秋茶", "url": "https://a.example/tea" },
        { "kind": "miniprogram", "title": "下单", "appid": "wx0123456789abcdef", "page": "pages/a", "file": file(&shop.app) } ] });
    let material = approved(&shop.app, "秋茶", content);
    let kit = json!({ "name": "今日秋茶", "day": today(&shop.app), "how": "先问候再发", "materials": [material], "staff": [ann] });
    let kit = shop.app.owner().post("/api/v1/material-kits", kit).ok()["id"].as_str().unwrap().to_owned();
    let (me, other) = (shop.sign_in(&ann), shop.sign_in(&bob));
    let found = me.get("/api/v1/guide/kits").ok();
    assert_eq!(
        (&found["items"][0]["how"], &found["items"][0]["materials"][0]["name"]),
        (&json!("先问候再发"), &json!("秋茶"))
    );
    assert_eq!(other.get("/api/v1/guide/kits").ok()["items"], json!([]), "it is for ann alone");
    let at = format!("/api/v1/guide/kits/{kit}/materials/{material}");
    assert_eq!(other.post(&format!("{at}/ready"), json!({})).says(), "404 kit_unknown");
    assert_eq!(
        me.post(&format!("/api/v1/guide/kits/{kit}/materials/mat_x/ready"), json!({})).says(),
        "404 material_unknown"
    );
    let ready = me.post(&format!("{at}/ready"), json!({ "external_userid": of_ann[0] })).ok();
    let (text, news) = (&ready["messages"][0]["text"]["content"], &ready["messages"][1]["news"]);
    assert!(!text.as_str().unwrap().contains("朋友") && text.as_str().unwrap().ends_with("推荐"), "{text}");
    assert_eq!((&ready["left_out"], &news["title"]), (&json!(1), &json!("秋茶")));
    let link = news["link"].as_str().unwrap();
    assert!(link.contains("/l/"), "{link}");
    let path = link[link.find("/l/").unwrap()..].to_owned();
    let again = me.post(&format!("{at}/ready"), json!({ "external_userid": of_ann[0] })).ok();
    assert_eq!(again["messages"][1]["news"]["link"].as_str(), Some(link), "once for each customer");
    let group = me.post(&format!("{at}/ready"), json!({})).ok();
    assert_ne!(group["messages"][1]["news"]["link"].as_str(), Some(link));
    // Sent: an event of the customer, told once; a sending of the guide.
    let told = json!({ "external_userid": of_ann[0], "send": "s1" });
    for _ in 0..2 {
        assert_eq!(me.post(&format!("{at}/sent"), told.clone()).status, 204);
    }
    assert_eq!(me.post(&format!("{at}/sent"), json!({ "send": "s2" })).status, 204);
    assert_eq!(me.post(&format!("{at}/sent"), json!({ "send": "" })).says(), "400 kit_invalid send");
    let own = shop.app.owner().get(&format!("/api/v1/material-kits/{kit}")).ok();
    assert_eq!(
        (&own["sends"], &own["sent"][0]["sends"], &own["sent"][0]["staff"]),
        (&json!(2), &json!(2), &json!(ann))
    );
    // Who opens the link is known: a browser is given a name first, and comes again.
    let browser =
        |cookie: &str, path: &str| shop.app.nobody().header("user-agent", PHONE).header("cookie", cookie).get(path);
    let radar = || shop.app.owner().get(&format!("/api/v1/materials/{material}/radar")).ok();
    let named = || {
        let first = browser("", &path);
        assert_eq!((first.status, first.header("location")), (302, format!("{path}?again")));
        let cookie = first.header("set-cookie");
        assert!(cookie.contains("; Path=/l/; ") && cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    };
    let (one, other) = (named(), named());
    assert_ne!(one, other);
    assert_eq!(radar()["opens"], 0, "nobody has come yet");
    let led = browser(&one, &format!("{path}?again"));
    assert_eq!((led.status, led.header("set-cookie")), (302, String::new()));
    assert!(!led.header("location").contains("/l/"), "{}", led.header("location"));
    let own = radar();
    assert_eq!((&own["opens"], &own["people"], &own["sent"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!((&own["passed_on"], &own["items"][0]["browsers"]), (&json!(0), &json!(1)));
    // Cookies that are none of ours, or that are not kept, lead on and tell nobody apart.
    for cookie in ["", "siyu_reader=", "siyu_reader=x", "siyu_reader=zzzzzzzzzzzzzzzz", "other=1"] {
        shop.app.test.clock.advance_seconds(10);
        assert_eq!(browser(cookie, &format!("{path}?again")).header("location"), led.header("location"), "{cookie}");
    }
    assert_eq!((&radar()["opens"], &radar()["passed_on"]), (&json!(6), &json!(0)));
    shop.app.test.clock.advance_seconds(10);
    assert_eq!(browser(&other, &path).header("location"), led.header("location"));
    let radar = radar();
    assert_eq!((&radar["opens"], &radar["passed_on"]), (&json!(7), &json!(1)));
    assert_eq!(radar["items"][0]["browsers"], 2);
    let person = radar["items"][0]["id"].as_str().unwrap();
    let events = shop.app.owner().get(&format!("/api/v1/people/{person}/events")).ok();
    let names: Vec<_> = events["items"].as_array().unwrap().iter().map(|own| own["name"].as_str().unwrap()).collect();
    for wanted in ["Material Sent", "Material Opened", "Material Passed On"] {
        assert_eq!(names.iter().filter(|name| **name == wanted).count(), 1, "{names:?}");
    }
    shop.app.owner().post(&format!("/api/v1/materials/{material}/retire"), json!({})).ok();
    assert_eq!(
        me.get("/api/v1/guide/kits").ok()["items"][0]["materials"],
        json!([]),
        "what is retired is offered no more"
    );
    assert_eq!(me.post(&format!("{at}/ready"), json!({})).says(), "409 material_unapproved");
}

fn file(app: &TestApp) -> String {
    let body = b"\x89PNG\r\n\x1a\n0123456789".to_vec();
    let res = app.program().raw(
        axum::http::Method::POST,
        "/api/v1/wecom/files?filename=a.png",
        "application/octet-stream",
        body,
    );
    res.ok()["id"].as_str().unwrap().to_owned()
}

fn mistakes_of_kits_are_told(test: TestDb) {
    let app = TestApp::new(test);
    let material = approved(&app, "a", json!({ "text": "你好" }));
    let draft =
        app.program().post("/api/v1/materials", json!({ "name": "b", "content": { "text": "x" } })).ok()["id"].clone();
    let with = |name: &str, value: Value| {
        let mut own = json!({ "name": "今日", "day": "2026-03-02", "materials": [material] });
        own[name] = value;
        own
    };
    let owner = app.owner();
    for (body, says) in [
        (with("name", json!("")), "400 kit_invalid name"),
        (with("how", json!("长".repeat(501))), "400 kit_invalid how"),
        (with("materials", json!([])), "400 kit_invalid materials"),
        (with("materials", json!(["mat_x"])), "404 material_unknown materials"),
        (with("materials", json!([draft])), "409 material_unapproved materials"),
        (with("day", json!("2026-3-2")), "400 day_invalid day"),
    ] {
        assert_eq!(owner.post("/api/v1/material-kits", body).says(), says);
    }
    assert_eq!(
        app.role(Role::Guide).post("/api/v1/material-kits", with("how", json!(""))).says(),
        "403 permission_needed"
    );
    let made = owner.post("/api/v1/material-kits", with("how", json!("早上发"))).ok();
    let path = format!("/api/v1/material-kits/{}", made["id"].as_str().unwrap());
    let changed = owner.put(&path, with("version", json!(1))).ok();
    assert_eq!((&changed["version"], &changed["how"]), (&json!(2), &json!("")));
    assert_eq!(owner.put(&path, with("version", json!(1))).says(), "409 kit_changed");
    let listed = owner.get("/api/v1/material-kits?from=2026-03-01&to=2026-03-31").ok();
    assert_eq!(
        (&listed["items"][0]["day"], &listed["items"][0]["materials"][0]["usable"]),
        (&json!("2026-03-02"), &json!(true))
    );
    assert_eq!(owner.get("/api/v1/material-kits?from=2026-03-31&to=2026-03-01").says(), "400 kit_span from");
    assert_eq!(owner.get("/api/v1/material-calendar?from=2026-01-01&to=2026-12-31").says(), "400 kit_span from");
    assert_eq!(owner.delete(&path).status, 204);
    assert_eq!(owner.get(&path).says(), "404 kit_unknown");
    assert_eq!(owner.delete(&path).says(), "404 kit_unknown");
}

fn the_calendar_shows_what_goes_out(test: TestDb) {
    let app = TestApp::new(test);
    let day = today(&app);
    let material = approved(&app, "秋茶", json!({ "text": "你好" }));
    app.owner().post("/api/v1/material-kits", json!({ "name": "今日", "day": day, "materials": [material] })).ok();
    let body = json!({ "identifiers": [{ "kind": "phone", "value": "13912345678" }] });
    let person = app.program().post("/api/v1/people", body).ok()["id"].clone();
    app.owner().post("/api/v1/broadcasts", json!({ "name": "秋日", "people": [person], "material": material })).ok();
    let shown = app.owner().get(&format!("/api/v1/material-calendar?from={day}&to={day}")).ok();
    let mut found: Vec<_> = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["what"].as_str().unwrap(), own["name"].as_str().unwrap(), own["day"] == *day))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("broadcast", "秋日", true), ("kit", "今日", true), ("material", "秋茶", true)]);
    assert_eq!(app.owner().get("/api/v1/material-calendar?from=2020-01-01&to=2020-01-31").ok()["items"], json!([]));
}
