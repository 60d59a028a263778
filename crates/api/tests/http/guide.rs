//! A guide at work over HTTP: the login through WeCom and its attacks, the scope of every endpoint, and the day's work.

use crate::guide_shop::{ADDRESS, Pair, Shop, cookie};
use crate::support::{TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::{Actor, Role};
use siyu_testkit::TestDb;

on_both!(
    a_login_is_ended_once_by_the_browser_that_began_it,
    an_account_is_opened_by_who_is_linked_to_it,
    pages_of_our_own_are_signed_with_wecoms_ticket,
    a_guide_knows_nobody_elses_customers_by_any_door,
    a_leader_sees_their_staffs_customers,
    a_days_work_is_in_the_customers_history,
    tasks_are_given_ended_and_counted,
    scripts_are_kept_filled_and_sent,
    stages_are_the_brands_own,
    numbers_are_mine_beside_my_stores,
    an_erased_customer_leaves_nothing,
    domain_files_are_served_and_the_page_says_who_may_frame_it
);

fn a_login_is_ended_once_by_the_browser_that_began_it(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, .. } = shop.pair();
    assert_eq!(shop.app.nobody().get("/guide/enter?to=https://evil.example").says(), "400 guide_page to");
    assert_eq!(shop.app.nobody().get("/api/v1/guide/session").says(), "401 guide_not_signed_in");
    let (url, browser) = shop.begin();
    assert!(url.starts_with(&format!("{}/connect/oauth2/authorize?appid=", shop.base)), "{url}");
    assert!(url.contains("redirect_uri=https%3A%2F%2Fsiyu.example%2Fguide%2Freturn"), "{url}");
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert!(state.len() <= 128 && state.bytes().all(|b| b.is_ascii_alphanumeric()), "{state}");
    assert!(!browser.contains(&state), "the cookie holds another secret than the address");
    let at = shop.authorize(&url, &ann);
    let failed = |code: &str| format!("/guide/failed?code={code}");
    let goes = |at: &str, cookie: &str| shop.come_back(at, cookie).header("location");

    // Another browser with the stolen address, a cookie of another login, and then the right one: the state is used up.
    let (_, other) = shop.begin();
    assert_eq!(goes(&at, ""), failed("guide_login_state"));
    assert_eq!(goes(&at, &browser), failed("guide_login_state"), "whoever came first has used it up");
    let (url, browser) = shop.begin();
    let at = shop.authorize(&url, &ann);
    assert_eq!(goes(&at, &other), failed("guide_login_state"));
    // An invented state.
    let (url, browser_two) = shop.begin();
    let wrong = shop.authorize(&url, &ann).replace("state=", "state=0");
    assert_eq!(goes(&wrong, &browser_two), failed("guide_login_state"));
    // Too late.
    let (url, late) = shop.begin();
    let at_late = shop.authorize(&url, &ann);
    shop.app.test.clock.advance_seconds(601);
    assert_eq!(goes(&at_late, &late), failed("guide_login_state"));
    drop(browser);

    // Once, and a code once: a second login that is given the first one's code does not get in.
    let (url, browser) = shop.begin();
    let at = shop.authorize(&url, &ann);
    let back = shop.come_back(&at, &browser);
    assert_eq!(back.header("location"), "/guide/side");
    let set: Vec<&str> = back.headers.get_all("set-cookie").iter().map(|own| own.to_str().unwrap()).collect();
    assert!(
        set.iter()
            .any(|own| own.starts_with("siyu_guide=") && own.contains("HttpOnly") && own.contains("SameSite=Lax")),
        "{set:?}"
    );
    assert!(
        set.iter().any(|own| own.starts_with("siyu_guide_login=;")),
        "the login's own cookie is taken away: {set:?}"
    );
    assert_eq!(goes(&at, &browser), failed("guide_login_state"), "the same address again");
    let code = at.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let (url, browser) = shop.begin();
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(
        goes(&format!("{ADDRESS}/guide/return?code={code}&state={state}"), &browser),
        failed("guide_login_code")
    );
    // WeCom's code lives five minutes, the login ten.
    let (url, browser) = shop.begin();
    let at = shop.authorize(&url, &ann);
    shop.app.test.clock.advance_seconds(301);
    assert_eq!(goes(&at, &browser), failed("guide_login_code"));
    // WeCom sends nobody to a domain that is not the app's, and a customer is no member.
    let (url, browser) = shop.begin();
    let foreign = url.replace("siyu.example", "evil.example");
    assert_eq!(shop.authorize(&foreign, &ann), "");
    let at = shop.authorize(&url, &of_ann[0]);
    assert_eq!(goes(&at, &browser), failed("guide_not_staff"));

    // The session: its own secret, its own check of writing calls, and an end.
    let me = shop.sign_in(&ann);
    let session = me.get("/api/v1/guide/session").ok();
    assert_eq!((&session["staff"]["userid"], &session["role"]), (&json!(ann), &json!("guide")));
    assert!(session["sdk"]["src"].as_str().unwrap().starts_with(&shop.base));
    let task = json!({"kind": "call", "text": "x"});
    assert_eq!(me.clone().header("x-csrf-token", "").post("/api/v1/guide/tasks", task.clone()).says(), "403 csrf");
    assert_eq!(me.clone().header("x-csrf-token", "0").post("/api/v1/guide/tasks", task.clone()).says(), "403 csrf");
    assert_eq!(
        me.clone().header("origin", "https://evil.example").post("/api/v1/guide/tasks", task).says(),
        "403 foreign_page"
    );
    assert_eq!(me.get("/api/v1/people").says(), "401 not_signed_in", "a guide's session opens nothing else");
    assert_eq!(shop.app.owner().get("/api/v1/guide/session").says(), "401 guide_not_signed_in");
    assert_eq!(me.delete("/api/v1/guide/session").status, 204);
    assert_eq!(me.get("/api/v1/guide/session").says(), "401 guide_not_signed_in");
    let me = shop.sign_in(&ann);
    shop.app.test.clock.advance_seconds(12 * 3600);
    assert_eq!(me.get("/api/v1/guide/session").says(), "401 guide_not_signed_in", "a working day");
    // Nothing of a login is kept but digests.
    let kept =
        shop.app.app.db.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM guide_login", &[], |row| row.int(0))?)).unwrap();
    shop.begin();
    let after =
        shop.app.app.db.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM guide_login", &[], |row| row.int(0))?)).unwrap();
    assert!(after <= kept.max(1), "what is over is swept when the next one begins");
}

fn an_account_is_opened_by_who_is_linked_to_it(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, bob, of_ann, .. } = shop.pair();
    assert_eq!(shop.app.nobody().get("/api/v1/setup").ok()["wecom_login"], true);
    let begin = |next: &str| {
        let begun = shop.app.nobody().get(&format!("/login/wecom?next={next}"));
        assert_eq!(begun.status, 303, "{}", begun.text());
        (begun.header("location"), cookie(&begun, "siyu_login"))
    };
    let failed = |code: &str| format!("/login?failed={code}");
    let (url, browser) = begin("%2Fpeople%3Fq%3Dx");
    assert!(url.starts_with(&format!("{}/wwlogin/sso/login?login_type=CorpApp&appid=", shop.base)), "{url}");
    // Nobody is linked yet; what came back is used up all the same.
    let at = shop.authorize(&url, &ann);
    assert_eq!(shop.come_back(&at, &browser).header("location"), failed("login_unlinked"));
    assert_eq!(shop.come_back(&at, &browser).header("location"), failed("guide_login_state"));

    let made = shop.app.owner().post("/api/v1/users", json!({ "email": "ann@brand.example", "name": "安", "role": "operator", "password": "a long enough password" })).ok();
    let path = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
    let bind = |staff: Value| {
        let bound = shop.app.program().call(Method::PUT, &format!("{path}/staff"), Some(json!({ "staff": staff })));
        assert_eq!(bound.status, 200, "{}", bound.text());
    };
    bind(json!(ann));
    let (url, browser) = begin("%2Fpeople%3Fq%3Dx");
    let at = shop.authorize(&url, &ann);
    let back = shop.come_back(&at, &browser);
    assert_eq!(back.header("location"), "/people?q=x");
    let set: Vec<&str> = back.headers.get_all("set-cookie").iter().map(|own| own.to_str().unwrap()).collect();
    assert!(set.iter().any(|own| own.starts_with("siyu_session=") && own.contains("HttpOnly")), "{set:?}");
    assert!(set.iter().any(|own| own.starts_with("siyu_login=;")), "{set:?}");
    let me = shop.app.nobody().header("cookie", &cookie(&back, "siyu_session"));
    assert_eq!(me.get("/api/v1/session").ok()["user"]["name"], "安");
    let trail = shop.app.owner().get("/api/v1/audit?action=session.begin").ok();
    assert!(
        trail["items"].as_array().unwrap().iter().any(|own| own["detail"]["through"] == "wecom"),
        "the trail says how: {trail}"
    );

    // Elsewhere is nowhere: only paths of this console.
    for next in
        ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "", "x%0d%0aset-cookie%3a%20a%3db"]
    {
        let (url, browser) = begin(next);
        assert_eq!(shop.come_back(&shop.authorize(&url, &ann), &browser).header("location"), "/", "{next}");
    }
    let (url, browser) = begin("");
    let bent = shop.authorize(&url, &ann).replace("next=%2F&", "next=%2F%2Fevil.example&");
    assert!(bent.contains("evil.example"), "{bent}");
    assert_eq!(shop.come_back(&bent, &browser).header("location"), "/");

    // Another browser; a member who is linked to nobody; a customer; a state of the other kind of login, both ways.
    let (url, _) = begin("");
    let at = shop.authorize(&url, &ann);
    assert_eq!(shop.come_back(&at, "").header("location"), failed("guide_login_state"));
    for (who, says) in [(&bob, "login_unlinked"), (&of_ann[0], "guide_not_staff")] {
        let (url, browser) = begin("");
        assert_eq!(shop.come_back(&shop.authorize(&url, who), &browser).header("location"), failed(says));
    }
    let (url, browser) = shop.begin();
    let at = shop.authorize(&url, &ann).replace("/guide/return", "/login/wecom/return");
    let as_other = browser.replace("siyu_guide_login", "siyu_login");
    assert_eq!(shop.come_back(&at, &as_other).header("location"), failed("guide_login_state"));
    let (url, browser) = begin("");
    let at = shop.authorize(&url, &ann).replace("/login/wecom/return", "/guide/return");
    let as_other = browser.replace("siyu_login", "siyu_guide_login");
    assert_eq!(shop.come_back(&at, &as_other).header("location"), "/guide/failed?code=guide_login_state");

    // Who was shut out stays out, and the session of before is over.
    shop.app.owner().patch(&path, json!({ "state": "disabled" })).ok();
    assert_eq!(me.get("/api/v1/session").status, 401);
    let (url, browser) = begin("");
    assert_eq!(shop.come_back(&shop.authorize(&url, &ann), &browser).header("location"), failed("login_unlinked"));
    shop.app.owner().patch(&path, json!({ "state": "active" })).ok();
    bind(json!(null));
    let (url, browser) = begin("");
    assert_eq!(shop.come_back(&shop.authorize(&url, &ann), &browser).header("location"), failed("login_unlinked"));

    // Without an address there is nowhere to come back to.
    shop.app.program().patch("/api/v1/guide/setup", json!({ "address": "" })).ok();
    assert_eq!(shop.app.nobody().get("/login/wecom").header("location"), failed("guide_not_set_up"));
    assert_eq!(shop.app.nobody().get("/api/v1/setup").ok()["wecom_login"], false);
}

fn pages_of_our_own_are_signed_with_wecoms_ticket(test: TestDb) {
    let shop = Shop::new(test);
    let me = shop.sign_in(&shop.pair().ann);
    let asked = |url: &str, ticket: &str| {
        format!(
            "/api/v1/guide/signature?ticket={ticket}&url={}",
            url.replace(':', "%3A").replace('/', "%2F").replace('?', "%3F").replace('#', "%23").replace('=', "%3D")
        )
    };
    let verify = |kind: &str, url: &str, own: &Value| {
        let credentials = shop.sandbox.credentials();
        let body = json!({ "kind": kind, "corp_id": credentials.corp_id, "agent_id": credentials.agent_id, "url": url, "timestamp": own["timestamp"], "nonceStr": own["nonceStr"], "signature": own["signature"] });
        shop.post("/sandbox/window/verify", &body)["errcode"].as_i64().unwrap()
    };
    let url = format!("{ADDRESS}/guide/side?x=1#part");
    for ticket in ["corp", "agent"] {
        let own = me.get(&asked(&url, ticket)).ok();
        assert_eq!(verify(ticket, &url, &own), 0, "{own}");
        assert_eq!(verify(if ticket == "corp" { "agent" } else { "corp" }, &url, &own), 40093, "the other ticket");
        assert_eq!(verify(ticket, &format!("{ADDRESS}/guide/work"), &own), 40093, "another page");
    }
    assert_eq!(verify("agent", "https://evil.example/guide/side", &json!({})), 50001);
    for foreign in ["https://evil.example/", "https://siyu.example.evil.example/", "http://siyu.example/"] {
        assert_eq!(me.get(&asked(foreign, "corp")).says(), "400 guide_url url", "{foreign}");
    }
    assert_eq!(me.get(&asked(&url, "other")).says(), "400 query_invalid ticket");
    assert_eq!(shop.app.nobody().get(&asked(&url, "corp")).says(), "401 guide_not_signed_in");
    // One fetch of each ticket, however many pages are opened.
    for _ in 0..5 {
        me.get(&asked(&url, "agent")).ok();
    }
    let state = shop.get("/sandbox");
    let fetched =
        state["answered"].as_array().unwrap().iter().find(|own| own["path"].as_str().unwrap().contains("ticket/get"));
    assert_eq!(fetched.unwrap()["count"], 1);
}

/// Every endpoint of the document that names a customer, a note, a task or a group.
fn a_guide_knows_nobody_elses_customers_by_any_door(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, bob, of_bob } = shop.pair();
    let (me, other) = (shop.sign_in(&ann), shop.sign_in(&bob));
    let (mine, theirs) = (&of_ann[0], &of_bob[0]);
    let list = me.get("/api/v1/guide/customers?limit=200").ok();
    let ids: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|own| own["external_userid"].as_str().unwrap()).collect();
    assert!(ids.contains(&mine.as_str()) && !ids.contains(&theirs.as_str()));
    let note = other.post(&format!("/api/v1/guide/customers/{theirs}/notes"), json!({"text": "喜欢粉色"})).ok();
    let task =
        other.post("/api/v1/guide/tasks", json!({"kind": "call", "text": "回访", "external_userid": theirs})).ok();
    let folder = shop.app.program().post("/api/v1/guide/setup/folders", json!({"name": "f"})).json();
    let script = json!({"folder": folder["id"], "kind": "text", "title": "t", "body": {"text": "{称呼}"}});
    let script =
        shop.app.program().post("/api/v1/guide/setup/scripts", script).json()["id"].as_str().unwrap().to_owned();

    let owner = shop.app.owner();
    let lead = owner.post("/api/v1/leads", json!({"phone": "13800000001"})).ok()["id"].as_str().unwrap().to_owned();
    other.post(&format!("/api/v1/guide/leads/{lead}/claim"), json!({})).ok();

    let document = serde_json::to_value(siyu_api::openapi()).unwrap();
    let mut walked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["x-permission"] != "staff" || !path.contains('{') {
                continue;
            }
            let (body, about) = match path.as_str() {
                "/api/v1/guide/scripts/{id}/ready" => (json!({"external_userid": theirs}), script.as_str()),
                "/api/v1/guide/scripts/{id}/sent" => (json!({"external_userid": theirs, "send": "s"}), script.as_str()),
                "/api/v1/guide/scripts/{id}/image" => continue,
                path if path.ends_with("/materials/{material}/ready") => (json!({"external_userid": theirs}), "kit_x"),
                path if path.ends_with("/materials/{material}/sent") => {
                    (json!({"external_userid": theirs, "send": "s"}), "kit_x")
                }
                "/api/v1/guide/notes/{id}" => (json!({}), note["id"].as_str().unwrap()),
                path if path.contains("/tasks/{id}") => (json!({"result": "r"}), task["id"].as_str().unwrap()),
                path if path.contains("/leads/{id}") => {
                    let body = match path.rsplit('/').next() {
                        Some("contact") => json!({"way": "phone", "result": "reached"}),
                        Some("release" | "lose") => json!({"reason": "x"}),
                        Some("win" | "notes") => json!({"note": "x"}),
                        _ => json!({}),
                    };
                    (body, lead.as_str())
                }
                path if path.contains("{chat_id}") => (json!({}), "wrNoSuchGroup"),
                _ => (json!({"text": "x", "tag_id": "tag_x", "stage": "stg_new", "remark": "x"}), theirs.as_str()),
            };
            let body = if path.contains("/leads/") { body } else { fitting(path, method, body) };
            let concrete = path
                .replace("{external_userid}", about)
                .replace("{id}", about)
                .replace("{chat_id}", about)
                .replace("{tag}", "tag_x")
                .replace("{material}", "mat_x");
            let method: Method = method.to_uppercase().parse().unwrap();
            let input = (method != Method::GET && method != Method::DELETE).then_some(body);
            let says = me.call(method.clone(), &concrete, input).says();
            let known =
                ["404 guide_customer_unknown", "404 note_unknown", "404 task_unknown", "404 guide_group_unknown"];
            // Whoever claims too late is told so.
            let late = path.ends_with("/claim") && says == "409 lead_taken";
            assert!(late || says == "404 lead_unknown" || known.contains(&says.as_str()), "{method} {path}: {says}");
            walked += 1;
        }
    }
    assert!(walked >= 16, "only {walked} doors were tried");
    for query in [
        format!("/api/v1/guide/scripts?for={theirs}"),
        format!("/api/v1/guide/customers?staff={bob}"),
        format!("/api/v1/guide/tasks?staff={bob}"),
    ] {
        assert!(me.get(&query).says().starts_with("404 guide_"), "{query}");
    }
    let given = json!({"kind": "call", "text": "x", "external_userid": theirs});
    assert_eq!(me.post("/api/v1/guide/tasks", given).says(), "404 guide_customer_unknown");
    let given = json!({"kind": "call", "text": "x", "staff": bob});
    assert_eq!(me.post("/api/v1/guide/tasks", given).says(), "404 guide_staff_unknown");
    assert_eq!(me.get(&format!("/api/v1/guide/customers/{mine}")).status, 200);
    // Once the friendship has ended, so has the look.
    shop.world(|world| {
        let person = world.person(mine).unwrap();
        let relation = world.people[person].relations[0];
        world.customer_deletes(relation, siyu_sandbox::Reasons::default());
    });
    shop.sync();
    assert_eq!(me.get(&format!("/api/v1/guide/customers/{mine}")).says(), "404 guide_customer_unknown");
}

/// Bodies take no field they do not know.
fn fitting(path: &str, method: &str, body: Value) -> Value {
    let keep: &[&str] = match path.rsplit('/').next().unwrap() {
        "tags" => &["tag_id"],
        "notes" => &["text"],
        "stage" => &["stage"],
        "{external_userid}" if method == "patch" => &["remark"],
        "ready" => &["external_userid"],
        "sent" => &["external_userid", "send"],
        _ => &["result"],
    };
    let own = body.as_object().unwrap().iter().filter(|(name, _)| keep.contains(&name.as_str()));
    own.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

fn a_leader_sees_their_staffs_customers(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, bob, of_bob } = shop.pair();
    // Whoever leads ann's department, as WeCom says it.
    let leader = shop.world(|world| {
        let staff = world.member(&ann).unwrap();
        let own = &world.staff[staff];
        let other = world.staff.iter().find(|one| one.leads && one.store == own.store && one.status as i64 == 1);
        other.map(|one| one.userid.clone()).expect("each store has somebody who leads it")
    });
    let boss = shop.sign_in(&leader);
    let session = boss.get("/api/v1/guide/session").ok();
    assert_eq!((&session["role"], &session["staff"]["leads"]), (&json!("store_manager"), &json!(true)));
    let seen = boss.get(&format!("/api/v1/guide/customers/{}", of_ann[0])).ok();
    assert_eq!((&seen["relation"]["mine"], &seen["relation"]["staff"]), (&json!(false), &json!(ann)));
    assert_eq!(boss.get(&format!("/api/v1/guide/customers?staff={ann}")).status, 200);
    // A remark is the relation's own member's alone.
    let remark = boss.patch(&format!("/api/v1/guide/customers/{}", of_ann[0]), json!({"remark": "x"}));
    assert_eq!(remark.says(), "404 wecom_follow_unknown");
    // A user of the console, once linked: their role and scope; and shut out when they are.
    let user = shop.app.role(Role::Operator).id;
    let me = shop.sign_in(&bob);
    assert_eq!(me.get(&format!("/api/v1/guide/customers/{}", of_ann[0])).says(), "404 guide_customer_unknown");
    let bind = |staff: Value| {
        shop.app.program().call(Method::PUT, &format!("/api/v1/users/{user}/staff"), Some(json!({"staff": staff})))
    };
    assert!(bind(json!(bob)).status < 300);
    assert_eq!(me.get("/api/v1/guide/session").ok()["role"], "operator");
    assert_eq!(me.get(&format!("/api/v1/guide/customers/{}", of_ann[0])).status, 200);
    let patch = siyu_access::UserPatch { state: Some(siyu_access::UserState::Disabled), ..Default::default() };
    shop.app.app.access.change_user(shop.now(), &Actor::system("test"), &user, patch).unwrap();
    assert_eq!(me.get("/api/v1/guide/session").says(), "401 guide_not_signed_in");
    assert!(bind(json!(null)).status < 300);
    assert_eq!(me.get(&format!("/api/v1/guide/customers/{}", of_bob[0])).status, 200);
    assert_eq!(me.get(&format!("/api/v1/guide/customers/{}", of_ann[0])).says(), "404 guide_customer_unknown");
}

fn a_days_work_is_in_the_customers_history(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, .. } = shop.pair();
    let me = shop.sign_in(&ann);
    let customer = &of_ann[0];
    let at = |rest: &str| format!("/api/v1/guide/customers/{customer}{rest}");
    for bad in [json!({"text": ""}), json!({"text": "x".repeat(1001)}), json!({"text": "a\u{7}"})] {
        assert_eq!(me.post(&at("/notes"), bad).says(), "400 guide_text text");
    }
    let note = me.post(&at("/notes"), json!({"text": "生日想要口红，\n预算三百"})).ok();
    let sealed = shop.app.app.db.read(|tx| Ok(tx.one("SELECT body FROM guide_note", &[], |row| row.blob(0))?)).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("口红"), "notes are sealed");
    assert_eq!(
        me.call(Method::PUT, &at("/stage"), Some(json!({"stage": "stg_none"}))).says(),
        "404 stage_unknown stage"
    );
    let moved = me.call(Method::PUT, &at("/stage"), Some(json!({"stage": "stg_wants"}))).ok();
    assert_eq!(moved["stage"]["name"], "有意向");
    me.call(Method::PUT, &at("/stage"), Some(json!({"stage": "stg_wants"}))).ok();
    let tag =
        shop.app.program().post("/api/v1/tags", json!({"group": "喜好", "name": "口红", "kind": "manual"})).json();
    let tagged = me.post(&at("/tags"), json!({"tag_id": tag["id"]})).ok();
    assert_eq!(tagged["tags"][0]["name"], "口红");
    let free = me.call(Method::DELETE, &at(&format!("/tags/{}", tag["id"].as_str().unwrap())), None).ok();
    assert_eq!(free["tags"], json!([]));
    me.patch(&at(""), json!({"remark": "林小姐"})).ok();
    let shown = me.get(&at("")).ok();
    assert_eq!(
        (&shown["notes"][0]["text"], &shown["notes"][0]["mine"]),
        (&json!("生日想要口红，\n预算三百"), &json!(true))
    );
    let names: Vec<String> = shop.events(&me, customer).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names.iter().filter(|name| *name == "Stage Changed").count(),
        1,
        "moving to where one stands is nothing: {names:?}"
    );
    assert!(names.contains(&"Note Written".to_owned()), "{names:?}");
    let said = shop.events(&me, customer).into_iter().find(|(name, _)| name == "Note Written").unwrap().1.to_string();
    assert!(said.contains(&ann) && !said.contains("口红"), "events name the note, not its text: {said}");
    assert_eq!(me.get("/api/v1/guide/customers?stage=stg_wants").ok()["items"].as_array().unwrap().len(), 1);
    assert_eq!(me.delete(&format!("/api/v1/guide/notes/{}", note["id"].as_str().unwrap())).status, 204);
    assert_eq!(me.get(&at("/notes")).ok()["items"], json!([]));
    let audit = shop.app.program().get("/api/v1/audit?limit=50").ok().to_string();
    assert!(
        audit.contains(&format!("staff:{ann}")) && audit.contains("person.tag_add") && !audit.contains("林小姐"),
        "{audit}"
    );
    // Filters of the list.
    assert_eq!(me.get("/api/v1/guide/customers?only=strange").says(), "400 guide_filter only");
    let all = me.get("/api/v1/guide/customers?limit=200").ok()["items"].as_array().unwrap().len();
    let mut paged = 0;
    let mut after = String::new();
    loop {
        let page = me.get(&format!("/api/v1/guide/customers?limit=2{after}")).ok();
        paged += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={}", next.replace('/', "%2F"));
    }
    assert_eq!(paged, all);
    assert_eq!(me.get("/api/v1/guide/customers?after=x").says(), "400 page_token after");
}

fn tasks_are_given_ended_and_counted(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, bob, .. } = shop.pair();
    let (me, other) = (shop.sign_in(&ann), shop.sign_in(&bob));
    let due = shop.now().plus_seconds(60).to_string();
    let task = json!({"kind": "call", "text": "回访试用装", "external_userid": of_ann[0], "due_at": due});
    let task = me.post("/api/v1/guide/tasks", task).ok();
    assert_eq!((&task["state"], &task["customer_name"].is_string()), (&json!("open"), &true));
    assert_eq!(me.post("/api/v1/guide/tasks", json!({"kind": "dance", "text": "x"})).says(), "400 task_kind kind");
    assert_eq!(me.post("/api/v1/guide/tasks", json!({"kind": "call", "text": " "})).says(), "400 guide_text text");
    // Headquarters orders; the same order twice is one.
    let order = json!({"staff": [ann, bob], "kind": "other", "text": "更换橱窗", "origin": "window-3"});
    for _ in 0..2 {
        assert_eq!(
            shop.app.program().post("/api/v1/guide/setup/tasks", order.clone()).ok()["items"].as_array().unwrap().len(),
            2
        );
    }
    let mine =
        |state: &str| me.get(&format!("/api/v1/guide/tasks?state={state}")).ok()["items"].as_array().unwrap().clone();
    assert_eq!(mine("open").len(), 2);
    assert_eq!(mine("open")[0]["id"], task["id"], "what is due first comes first");
    shop.app.test.clock.advance_seconds(120);
    assert_eq!(mine("late").len(), 1);
    let end = |id: &Value, how: &str| format!("/api/v1/guide/tasks/{}/{how}", id.as_str().unwrap());
    assert_eq!(other.post(&end(&task["id"], "done"), json!({})).says(), "404 task_unknown");
    assert_eq!(me.post(&end(&task["id"], "skip"), json!({})).says(), "400 task_reason result");
    let done = me.post(&end(&task["id"], "done"), json!({"result": "很满意"})).ok();
    assert_eq!(
        (&done["state"], &done["ended_late"], &done["result"]),
        (&json!("done"), &json!(true), &json!("很满意"))
    );
    assert_eq!(me.post(&end(&task["id"], "done"), json!({})).says(), "409 task_over");
    let (name, said) = shop.events(&me, &of_ann[0]).remove(0);
    assert_eq!((name.as_str(), &said["late"], &said["task_kind"]), ("Task Done", &json!(true), &json!("call")));
    assert_eq!(mine("ended").len(), 1);
    let board = shop.app.program().get("/api/v1/guide/setup/board?days=7").ok();
    let row = board["items"].as_array().unwrap().iter().find(|own| own["staff"] == json!(ann)).unwrap().clone();
    assert_eq!(
        (&row["open"], &row["done"], &row["done_late"], &row["skipped"]),
        (&json!(1), &json!(1), &json!(1), &json!(0))
    );
    assert_eq!(
        me.get("/api/v1/guide/board").ok()["items"].as_array().unwrap().len(),
        1,
        "a guide's board is their own"
    );
    assert_eq!(me.get("/api/v1/guide/board?days=0").says(), "400 guide_span days");
}

fn scripts_are_kept_filled_and_sent(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, .. } = shop.pair();
    let me = shop.sign_in(&ann);
    let hq = shop.app.program();
    let folder =
        hq.post("/api/v1/guide/setup/folders", json!({"name": "促单"})).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(hq.post("/api/v1/guide/setup/folders", json!({"name": "促单"})).says(), "409 folder_taken name");
    let add = |kind: &str, body: Value, image: Option<&str>| {
        hq.post(
            "/api/v1/guide/setup/scripts",
            json!({"folder": folder, "kind": kind, "title": "一条", "body": body, "image": image}),
        )
    };
    assert_eq!(add("text", json!({"text": "{nobody}"}), None).says(), "400 script_variable text");
    assert_eq!(add("link", json!({"url": "javascript:alert(1)"}), None).says(), "400 script_body url");
    assert_eq!(add("image", json!({}), Some("PHN2Zy8+")).says(), "400 script_picture image");
    assert_eq!(add("song", json!({}), None).says(), "400 script_body kind");
    let text = add("text", json!({"text": "{称呼}，我是{导购}，{最近购买|宝贝}好用吗"}), None).json();
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let image = add("image", json!({}), Some(png)).json();
    let mini = add(
        "miniprogram",
        json!({"appid": "wx1234567890abcdef", "page": "pages/item?id=3", "picture_url": "https://a.example/p.png"}),
        None,
    )
    .json();
    let ready = |own: &Value| {
        me.post(
            &format!("/api/v1/guide/scripts/{}/ready", own["id"].as_str().unwrap()),
            json!({"external_userid": of_ann[0]}),
        )
        .ok()["message"]
            .clone()
    };
    let name = me.get(&format!("/api/v1/guide/customers/{}", of_ann[0])).ok()["name"].as_str().unwrap().to_owned();
    let staff = me.get("/api/v1/guide/session").ok()["staff"]["name"].as_str().unwrap().to_owned();
    let content = ready(&text)["text"]["content"].as_str().unwrap().to_owned();
    assert_eq!(content, format!("{name}，我是{staff}，宝贝好用吗"));
    assert_eq!(ready(&mini)["miniprogram"]["page"], "pages/item.html?id=3");
    // What is made ready is what the client takes; a picture is sent to WeCom once while it lives there.
    let media = ready(&image)["image"]["mediaid"].clone();
    assert_eq!(ready(&image)["image"]["mediaid"], media);
    shop.app.test.clock.advance_seconds(3 * 86_400);
    let me = shop.sign_in(&ann);
    let again =
        me.post(&format!("/api/v1/guide/scripts/{}/ready", image["id"].as_str().unwrap()), json!({})).ok()["message"]
            .clone();
    assert_ne!(again["image"]["mediaid"], media, "WeCom forgets it after three days");
    for message in [again, json!({"msgtype": "text", "text": {"content": content}})] {
        let sent = shop
            .post("/sandbox/window/send", &json!({"userid": ann, "external_userid": of_ann[0], "message": message}));
        assert_eq!(sent, json!({}), "{message}");
    }
    let told = json!({"external_userid": of_ann[0], "send": "one"});
    for _ in 0..2 {
        assert_eq!(
            me.post(&format!("/api/v1/guide/scripts/{}/sent", text["id"].as_str().unwrap()), told.clone()).status,
            204
        );
    }
    let list = me.get(&format!("/api/v1/guide/scripts?for={}", of_ann[0])).ok();
    assert_eq!(
        (&list["items"][0]["id"], &list["items"][0]["uses"]),
        (&text["id"], &json!(1)),
        "told twice, counted once"
    );
    assert_eq!(list["items"][0]["text"], json!(content));
    assert_eq!(shop.events(&me, &of_ann[0]).iter().filter(|(name, _)| name == "Script Sent").count(), 1);
    assert_eq!(
        me.get(&format!("/api/v1/guide/scripts/{}/image", image["id"].as_str().unwrap())).header("content-type"),
        "image/png"
    );
    assert_eq!(hq.delete(&format!("/api/v1/guide/setup/folders/{folder}")).says(), "409 folder_used");
    let path = format!("/api/v1/guide/setup/scripts/{}", text["id"].as_str().unwrap());
    assert_eq!(hq.patch(&path, json!({"title": "改名", "action": "greet"})).ok()["action"], "greet");
    assert_eq!(hq.patch(&path, json!({"action": "dance"})).says(), "400 script_body action");
    assert_eq!(hq.delete(&path).status, 204);
    assert_eq!(hq.patch(&path, json!({"title": "x"})).says(), "404 script_unknown");
}

fn stages_are_the_brands_own(test: TestDb) {
    let app = TestApp::new(test);
    let hq = app.program();
    let before = hq.get("/api/v1/guide/setup/stages").ok();
    assert_eq!(before["items"].as_array().unwrap().len(), 5);
    let put = |stages: Value| hq.call(Method::PUT, "/api/v1/guide/setup/stages", Some(json!({"stages": stages})));
    assert_eq!(put(json!([])).says(), "400 stage_list stages");
    assert_eq!(put(json!([{"name": "a"}, {"name": "a"}])).says(), "400 stage_list stages");
    assert_eq!(put(json!([{"id": "stg_x", "name": "a"}])).says(), "404 stage_unknown stage");
    let after = put(json!([{"name": "咨询"}, {"id": "stg_new", "name": "刚认识"}])).ok();
    let names: Vec<&str> = after["items"].as_array().unwrap().iter().map(|own| own["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["咨询", "刚认识"]);
    assert_eq!(app.role(Role::Guide).get("/api/v1/guide/setup/stages").says(), "403 permission_needed");
}

fn numbers_are_mine_beside_my_stores(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, .. } = shop.pair();
    let me = shop.sign_in(&ann);
    let before = me.get("/api/v1/guide/numbers?days=30").ok();
    let friends = shop.world(|world| {
        let staff = world.member(&ann).unwrap();
        world
            .relations
            .iter()
            .filter(|one| one.staff == staff && one.status == siyu_sandbox::world::Status::Active)
            .count()
    });
    assert_eq!(before["mine"]["customers"], json!(friends));
    assert_eq!((&before["mine"]["orders"], &before["mine"]["lost"]), (&json!(0), &json!(0)));
    // One of them buys, and sends a part back; another leaves.
    let key = shop.app.key(siyu_access::KeyKind::Write, None);
    let who = json!({"externalIds": [{"type": "external_userid", "id": of_ann[0]}]});
    let order = json!({"event": "Order Completed", "messageId": "o1", "anonymousId": "a1", "context": who, "properties": {"order_id": "O1", "total": 100, "currency": "CNY", "products": [{"sku": "S1", "name": "口红", "price": 100, "quantity": 1}]}});
    assert_eq!(key.post("/v1/track", order).status, 200);
    let refund = json!({"event": "Order Refunded", "messageId": "o2", "anonymousId": "a1", "context": who, "properties": {"order_id": "O1", "refund_id": "R1", "total": 30, "currency": "CNY"}});
    assert_eq!(key.post("/v1/track", refund).status, 200);
    shop.world(|world| {
        let person = world.person(&of_ann[1]).unwrap();
        let relation = world.people[person].relations[0];
        world.customer_deletes(relation, siyu_sandbox::Reasons::default());
    });
    shop.sync();
    let after = me.get("/api/v1/guide/numbers?days=30").ok();
    let mine = &after["mine"];
    assert_eq!(
        (&mine["buyers"], &mine["orders"], &mine["amount"], &mine["refunded"]),
        (&json!(1), &json!(1), &json!(10_000), &json!(3_000)),
        "{mine}"
    );
    assert_eq!((&mine["lost"], &mine["customers"]), (&json!(1), &json!(friends - 1)));
    assert!(after["figures"]["days"].as_i64().is_some() && after["figures_missing"].is_null(), "{after}");
    let orders = me.get(&format!("/api/v1/guide/customers/{}/orders", of_ann[0])).ok();
    let bought = orders["items"].as_array().unwrap().iter().find(|own| own["order_no"] == "O1").expect("the order");
    assert_eq!(bought["lines"][0]["title"], "口红");
    let shown = me.get(&format!("/api/v1/guide/customers/{}", of_ann[0])).ok();
    assert_eq!(shown["orders"]["count"], 1);
    assert_eq!(me.get("/api/v1/guide/numbers?days=91").says(), "400 guide_span days");
}

fn an_erased_customer_leaves_nothing(test: TestDb) {
    let shop = Shop::new(test);
    let Pair { ann, of_ann, .. } = shop.pair();
    let me = shop.sign_in(&ann);
    let at = |rest: &str| format!("/api/v1/guide/customers/{}{rest}", of_ann[0]);
    me.post(&at("/notes"), json!({"text": "x"})).ok();
    me.call(Method::PUT, &at("/stage"), Some(json!({"stage": "stg_new"}))).ok();
    me.post("/api/v1/guide/tasks", json!({"kind": "call", "text": "x", "external_userid": of_ann[0]})).ok();
    let person = me.get(&at("")).ok()["person_id"].as_str().unwrap().to_owned();
    shop.app
        .program()
        .post(&format!("/api/v1/people/{person}/erase"), json!({"confirm": person, "reason": "asked"}))
        .ok();
    assert_eq!(me.get(&at("")).says(), "404 guide_customer_unknown");
    for table in ["guide_note", "guide_task", "guide_place"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let left = shop.app.app.db.read(|tx| Ok(tx.one(&sql, &[], |row| row.int(0))?)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

fn domain_files_are_served_and_the_page_says_who_may_frame_it(test: TestDb) {
    let app = TestApp::new(test);
    let hq = app.program();
    let put = |name: &str, content: &str| {
        hq.call(Method::PUT, &format!("/api/v1/guide/setup/files/{name}"), Some(json!({"content": content})))
    };
    assert_eq!(put("index.html", "x").says(), "400 guide_file name");
    assert_eq!(put("WW_verify_abc.txt", "").says(), "400 guide_file name");
    put("WW_verify_abc.txt", "secretWord").ok();
    let file = app.nobody().get("/WW_verify_abc.txt");
    assert_eq!((file.status, file.bytes.as_slice()), (200, b"secretWord".as_slice()));
    assert_eq!(app.nobody().get("/WW_verify_other.txt").status, 404);
    assert_eq!(app.nobody().get("/guide/enter?to=side").header("location"), "/guide/failed?code=wecom_not_connected");
    for (bad, field) in
        [("http://siyu.example", "address"), ("https://siyu.example/path", "address"), ("ftp://x", "address")]
    {
        assert_eq!(
            hq.patch("/api/v1/guide/setup", json!({"address": bad})).says(),
            format!("400 guide_address {field}")
        );
    }
    let own = hq.patch("/api/v1/guide/setup", json!({"address": "https://siyu.example/", "pages": "http://127.0.0.1:9", "client": "http://127.0.0.1:9/chat"})).ok();
    assert_eq!(own["side_page"], "https://siyu.example/guide/enter?to=side");
    assert_eq!(
        app.role(Role::Operator).patch("/api/v1/guide/setup", json!({"address": ""})).says(),
        "403 permission_needed"
    );
    // The page itself is there when the console was built.
    let page = app.nobody().get("/guide/side");
    if page.text().contains("/assets/guide") {
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors http://127.0.0.1:9")
                && policy.contains("script-src 'self' http://127.0.0.1:9"),
            "{policy}"
        );
        assert_eq!(page.header("x-frame-options"), "");
        hq.patch("/api/v1/guide/setup", json!({"pages": ""})).ok();
        let policy = app.nobody().get("/guide/side").header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("https://wwcdn.weixin.qq.com"),
            "{policy}"
        );
    }
    let console = app.nobody().get("/").header("content-security-policy");
    assert!(console.contains("frame-ancestors 'none'"), "{console}");
}
