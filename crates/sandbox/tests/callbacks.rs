//! Callbacks: verified, sealed, delivered, tried again; with faults on; and the welcome that hangs on them.

mod support;

use serde_json::{Value, json};
use siyu_sandbox::crypto::element;
use siyu_sandbox::{CallbackSettings, Faults, Scale};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use support::*;

fn change(xml: &str) -> &str {
    element(xml, "ChangeType").or(element(xml, "Event")).or(element(xml, "MsgType")).unwrap()
}
/// The names of elements, each once.
fn elements(xml: &str) -> BTreeSet<String> {
    xml.split('<')
        .filter_map(|part| part.split('>').next())
        .filter(|name| !name.starts_with(['/', '!']) && !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_url_is_verified_before_it_is_used() {
    let brand = quiet().await;
    let receiver = Receiver::start(&brand.credentials().corp_id).await;
    let wrong = |change: fn(&mut CallbackSettings)| {
        let mut settings = receiver.settings();
        change(&mut settings);
        json!(settings)
    };
    for settings in [
        wrong(|s| s.token = "other".into()),
        wrong(|s| s.encoding_aes_key = "x".into()),
        wrong(|s| s.encoding_aes_key = "x".repeat(43)),
        wrong(|s| s.url = "http://127.0.0.1:1/none".into()),
        wrong(|s| s.url = "not a url".into()),
    ] {
        let (status, answer) = brand.bare("POST", "/sandbox/callback", Some(settings)).await;
        assert_eq!(status.as_u16(), 400, "{answer}");
    }
    brand.control("callback", json!(receiver.settings())).await;
    assert_eq!(brand.seen("").await["callback"], json!(receiver.url));
}

#[tokio::test]
async fn every_event_has_the_elements_of_the_document() {
    let (brand, receiver) = connected().await;
    let guides = brand.guides().await;
    let (userid, external) = brand.pair().await;
    let group = list(&brand.seen("/list/groups").await)[0].clone();
    let chat = group["chat_id"].clone();
    let way = brand
        .good("add_contact_way", json!({ "type": 1, "scene": 2, "user": [guides[0]], "state": "store_0571" }))
        .await["config_id"]
        .clone();
    let link = brand
        .good("customer_acquisition/create_link", json!({ "link_name": "l", "range": { "user_list": [guides[1]] } }))
        .await["link"]["link_id"]
        .clone();
    brand.act(json!({ "do": "scan", "config_id": way })).await;
    let half = brand.act(json!({ "do": "add", "userid": guides[1], "half": true })).await["external_userid"].clone();
    brand.act(json!({ "do": "guide_edits", "userid": userid, "person": external, "remark": "老客" })).await;
    let linked = brand.act(json!({ "do": "follow_link", "link_id": link, "customer_channel": "kol_07" })).await["external_userid"].clone();
    for _ in 0..3 {
        brand.act(json!({ "do": "say", "userid": guides[1], "person": linked, "text": "在吗" })).await;
    }
    let key = {
        brand.sandbox.settle().await;
        let got = receiver.got.lock().unwrap().clone();
        let xml = got.iter().find(|xml| change(xml) == "message_from_customer").unwrap().clone();
        element(&xml, "ChatKey").unwrap().to_owned()
    };
    let chat_info = brand.good("customer_acquisition/get_chat_info", json!({ "chat_key": key })).await;
    assert_eq!((&chat_info["chat_info"]["recv_msg_cnt"], &chat_info["external_userid"]), (&json!(3), &linked));
    brand.act(json!({ "do": "delete", "userid": guides[1], "person": linked })).await;
    let member = brand.act(json!({ "do": "join", "chat_id": chat })).await["external_userid"].clone();
    brand.act(json!({ "do": "remove_from_group", "chat_id": chat, "person": member })).await;
    brand.act(json!({ "do": "rename_group", "chat_id": chat, "name": "新名" })).await;
    brand.act(json!({ "do": "notice", "chat_id": chat, "text": "公告" })).await;
    brand.act(json!({ "do": "change_owner", "chat_id": chat, "userid": guides[2] })).await;
    brand.act(json!({ "do": "create_group", "userid": guides[0], "name": "又一个" })).await;
    brand.act(json!({ "do": "dismiss_group", "chat_id": chat })).await;
    let tag = brand.act(json!({ "do": "add_tag", "group": "新组", "name": "新" })).await["tag_id"].clone();
    brand.act(json!({ "do": "rename_tag", "tag_id": tag, "name": "改" })).await;
    brand.act(json!({ "do": "delete_tag", "tag_id": tag })).await;
    brand.act(json!({ "do": "guide_deletes", "userid": userid, "person": external })).await;
    brand.act(json!({ "do": "hire", "userid": "lin.xia", "name": "林夏", "store": 0 })).await;
    brand.act(json!({ "do": "app", "userid": guides[0], "event": "click", "key": "MY_TASKS" })).await;
    brand.act(json!({ "do": "app", "userid": guides[0], "event": "text", "key": "任务 ]]> 😀" })).await;
    brand.act(json!({ "do": "app", "userid": guides[0], "event": "template_card_event", "key": "ok", "task_id": "t1", "selected": { "q1": ["o1", "o2"] } })).await;
    brand.advance(86_400).await;
    brand.act(json!({ "do": "resign", "userid": "lin.xia" })).await;
    brand.sandbox.settle().await;

    // In the order in which they were due; delivery is not ordered.
    let got: Vec<String> = list(&brand.seen("/callbacks").await).iter().map(|sent| text(&sent["xml"])).collect();
    let (mut due, mut arrived) = (got.clone(), receiver.take());
    due.sort();
    arrived.sort();
    assert_eq!(arrived, due);
    let mut by_change: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for xml in &got {
        by_change.entry(change(xml).to_owned()).or_default().push(xml.clone());
    }
    let common = ["xml", "ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"];
    let contact = ["ChangeType", "UserID", "ExternalUserID"];
    let chat_update = ["ChatId", "ChangeType", "UpdateDetail"];
    let expected: [(&str, Vec<&str>); 12] = [
        ("add_external_contact", [&contact[..], &["State", "WelcomeCode"]].concat()),
        ("add_half_external_contact", [&contact[..], &["WelcomeCode"]].concat()),
        ("edit_external_contact", contact.to_vec()),
        ("del_external_contact", contact.to_vec()),
        ("del_follow_user", contact.to_vec()),
        ("create", vec!["ChatId", "ChangeType"]),
        ("dismiss", vec!["ChatId", "ChangeType"]),
        ("customer_start_chat", vec!["ChangeType", "LinkId", "State", "UserID", "ExternalUserID"]),
        ("message_from_customer", vec!["ChangeType", "LinkId", "State", "ChatKey"]),
        ("friend_request", vec!["ChangeType", "LinkId", "State"]),
        ("delete_user", vec!["ChangeType", "UserID"]),
        ("click", vec!["EventKey", "AgentID"]),
    ];
    for (name, extra) in expected {
        let first = &by_change.get(name).unwrap_or_else(|| panic!("{name} did not come: {:?}", by_change.keys()))[0];
        let all: BTreeSet<String> = common.iter().chain(&extra).map(|s| (*s).to_owned()).collect();
        assert_eq!(elements(first), all, "{first}");
    }
    let updates: BTreeMap<&str, &String> =
        by_change["update"].iter().filter_map(|xml| Some((element(xml, "UpdateDetail")?, xml))).collect();
    assert_eq!(
        updates.keys().copied().collect::<Vec<_>>(),
        ["add_member", "change_name", "change_notice", "change_owner", "del_member"]
    );
    assert_eq!(element(updates["add_member"], "JoinScene"), Some("3"));
    assert_eq!(element(updates["del_member"], "QuitScene"), Some("1"));
    assert_eq!(
        element(updates["del_member"], "LastMemVer"),
        element(updates["add_member"], "CurMemVer"),
        "versions make a chain"
    );
    for detail in ["change_name", "change_owner"] {
        let all: BTreeSet<String> = common.iter().chain(&chat_update).map(|s| (*s).to_owned()).collect();
        assert_eq!(elements(updates[detail]), all);
    }
    assert!(
        updates["add_member"]
            .contains(&format!("<MemChangeList><Item><![CDATA[{}]]></Item></MemChangeList>", text(&member)))
    );
    let tags: Vec<Option<&str>> = by_change["create"].iter().map(|xml| element(xml, "TagType")).collect();
    assert!(tags.contains(&Some("tag_group")) && tags.contains(&Some("tag")));
    assert!(by_change.contains_key("delete"));
    let said = by_change["text"][0].clone();
    assert!(said.contains("任务 ]]]]><![CDATA[> 😀"), "what would end the CDATA is split");
    let card = &by_change["template_card_event"][0];
    assert!(
        card.contains("<OptionIds><OptionId><![CDATA[o1]]></OptionId><OptionId><![CDATA[o2]]></OptionId></OptionIds>")
    );
    assert!(element(card, "ResponseCode").is_some());
    let accepted =
        by_change["add_external_contact"].iter().find(|xml| element(xml, "ExternalUserID") == half.as_str()).unwrap();
    assert!(
        element(accepted, "WelcomeCode").is_some(),
        "the code of the half friendship was not used: there is another"
    );
}

#[tokio::test]
async fn what_the_brand_does_by_calls_comes_back_as_no_callback() {
    let (brand, receiver) = connected().await;
    let (userid, external) = brand.pair().await;
    let made = brand.good("add_corp_tag", json!({ "group_name": "组", "tag": [{ "name": "a" }] })).await;
    let tag = made["tag_group"]["tag"][0]["id"].clone();
    brand.good("mark_tag", json!({ "userid": userid, "external_userid": external, "add_tag": [tag] })).await;
    brand.good("remark", json!({ "userid": userid, "external_userid": external, "remark": "x" })).await;
    brand.good("del_corp_tag", json!({ "tag_id": [tag] })).await;
    brand.sandbox.settle().await;
    assert_eq!(receiver.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_welcome_goes_out_once_and_within_twenty_seconds() {
    let (brand, receiver) = connected().await;
    let guide = brand.guides().await[0].clone();
    let add = |half: bool| json!({ "do": "add", "userid": guide, "half": half });
    let welcome = |code: &str| json!({ "welcome_code": code, "text": { "content": "您好" } });
    let came = async |receiver: &Receiver| {
        brand.sandbox.settle().await;
        let got = receiver.take();
        got.iter().find_map(|xml| element(xml, "WelcomeCode")).map(str::to_owned)
    };
    brand.act(add(false)).await;
    let first = came(&receiver).await.unwrap();
    brand.bad("send_welcome_msg", json!({ "welcome_code": first }), 40063).await;
    brand.bad("send_welcome_msg", json!({ "text": { "content": "x" } }), 41049).await;
    brand.advance(20).await;
    brand.good("send_welcome_msg", welcome(&first)).await;
    brand.bad("send_welcome_msg", welcome(&first), 41050).await;
    brand.act(add(false)).await;
    let late = came(&receiver).await.unwrap();
    brand.advance(21).await;
    brand.bad("send_welcome_msg", welcome(&late), 41050).await;
    brand.bad("send_welcome_msg", welcome("nonsense"), 41050).await;
    // Already chatting.
    let person = brand.act(add(false)).await["external_userid"].clone();
    let chatting = came(&receiver).await.unwrap();
    brand.act(json!({ "do": "say", "userid": guide, "person": person, "text": "你好" })).await;
    brand.bad("send_welcome_msg", welcome(&chatting), 41051).await;
    // Half a friend: the welcome is for now; the whole friendship brings no second one.
    let person = brand.act(add(true)).await["external_userid"].clone();
    let half = came(&receiver).await.unwrap();
    assert_eq!(
        code(&brand.get(&format!("externalcontact/get?external_userid={}", text(&person))).await),
        84061,
        "not a friend yet"
    );
    brand.good("send_welcome_msg", welcome(&half)).await;
    brand.advance(86_400).await;
    assert_eq!(came(&receiver).await, None);
    // The console's own welcome leaves none to the app.
    brand.act(json!({ "do": "console_welcome", "userid": guide })).await;
    brand.act(add(false)).await;
    assert_eq!(came(&receiver).await, None);
}

#[tokio::test]
async fn a_callback_is_tried_three_times() {
    let (brand, receiver) = connected().await;
    let guide = brand.guides().await[0].clone();
    for (fails, expected, attempts) in [(2, "delivered", 3), (3, "dropped", 3), (0, "delivered", 1)] {
        receiver.fails.store(fails, Ordering::SeqCst);
        brand.act(json!({ "do": "add", "userid": guide })).await;
        brand.sandbox.settle().await;
        let last = list(&brand.seen("/callbacks").await).pop().unwrap();
        assert_eq!((&last["outcome"], &last["attempts"]), (&json!(expected), &json!(attempts)));
    }
    assert_eq!(receiver.take().len(), 2);
}

/// A living world with every fault on: nothing is delivered that did not happen, the log knows the fate of each callback, and a full pull of the lists
/// gives the exact state.
#[tokio::test]
async fn with_faults_on_callbacks_are_lost_doubled_late_and_out_of_order() {
    let brand = brand(Scale { people: 2000, ..Scale::TINY }, |options| {
        options.faults = Faults::parse("duplicate=0.2,late=0.2,lost=0.1,disorder=0.2").unwrap()
    })
    .await;
    let receiver = Receiver::start(&brand.credentials().corp_id).await;
    brand.control("callback", json!(receiver.settings())).await;
    for _ in 0..60 {
        brand.advance(43_200).await;
    }
    brand.control("flush", json!({})).await;
    // Those of the first instant came before there was a URL.
    let mut log = list(&brand.bare("GET", "/sandbox/callbacks?limit=100000", None).await.1);
    log.retain(|sent| sent["outcome"] != "no_url");
    let of = |outcome: &str| log.iter().filter(|sent| sent["outcome"] == outcome).count();
    let events: BTreeSet<u64> = log.iter().map(|sent| sent["happening"].as_u64().unwrap()).collect();
    let (delivered, lost) = (of("delivered"), of("lost"));
    assert_eq!(delivered + lost, log.len(), "none waits, none was dropped");
    assert!(events.len() > 400, "{}", events.len());
    let rate = |count: usize| count as f64 / events.len() as f64;
    assert!((rate(lost) - 0.1).abs() < 0.05, "{}", rate(lost));
    assert!((rate(log.len() - events.len()) - 0.18).abs() < 0.06, "doubled");
    let got = receiver.take();
    assert_eq!(got.len(), delivered);
    let sent: BTreeSet<String> = log.iter().map(|one| text(&one["xml"])).collect();
    assert!(got.iter().all(|xml| sent.contains(xml)));
    let times: Vec<i64> = got.iter().map(|xml| element(xml, "CreateTime").unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).any(|pair| pair[0] > pair[1]), "some were overtaken");

    let mut brand = brand;
    brand.log_in().await;
    let truth: BTreeSet<(String, String)> = list(&brand.seen("/list/relations?limit=100000").await)
        .iter()
        .filter(|r| r["status"] == "Active")
        .map(|r| (text(&r["userid"]), text(&r["external_userid"])))
        .collect();
    let pulled = brand
        .pages(
            "batch/get_by_user",
            json!({ "userid_list": brand.guides().await, "limit": 50 }),
            "external_contact_list",
        )
        .await;
    let pulled: BTreeSet<(String, String)> = pulled
        .iter()
        .map(|one| (text(&one["follow_info"]["userid"]), text(&one["external_contact"]["external_userid"])))
        .collect();
    assert_eq!(pulled, truth);
    let groups = list(&brand.seen("/list/groups").await);
    for group in groups.iter().filter(|g| g["dismissed"] == false) {
        let shown = brand.good("groupchat/get", json!({ "chat_id": group["chat_id"] })).await["group_chat"].clone();
        let members: Vec<Value> = list(&shown["member_list"]).iter().map(|m| m["userid"].clone()).collect();
        assert_eq!(json!(members), group["members"]);
        assert_eq!(shown["member_version"], group["version"]);
    }
}

#[tokio::test]
async fn the_same_seed_sends_the_same_callbacks() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let brand = brand(Scale { people: 1000, ..Scale::TINY }, |_| {}).await;
        brand.advance(20 * 86_400).await;
        let log = list(&brand.bare("GET", "/sandbox/callbacks?limit=100000", None).await.1);
        runs.push(log.iter().map(|sent| text(&sent["xml"])).collect::<Vec<_>>());
    }
    assert!(runs[0].len() > 50);
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn callbacks_leave_by_the_thousand() {
    let (brand, receiver) = connected().await;
    let guides = brand.guides().await;
    let watch = siyu_kernel::Stopwatch::start();
    brand.sandbox.with_world(|world| {
        let staff = world.member(&guides[0]).unwrap();
        for n in 0..3000 {
            world.uses_app(staff, "click", &n.to_string(), "", None, Vec::new());
        }
    });
    brand.sandbox.settle().await;
    let seconds = watch.seconds();
    eprintln!("3000 callbacks in {seconds:.2} s, {:.0} a second, receiver included", 3000.0 / seconds);
    assert_eq!(receiver.take().len(), 3000);
}

/// The whole of a request as it stands on the wire, with a host of our choosing; the answer's first line and body.
async fn wire(brand: &Brand, request: &str, host: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(brand.base.trim_start_matches("http://")).await.unwrap();
    let text = format!("{request} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_name_that_was_pointed_at_us_is_not_answered() {
    let brand = quiet().await;
    for request in
        ["GET /sandbox/credentials", "POST /sandbox/flush", "GET /cgi-bin/gettoken", "GET /connect/oauth2/authorize"]
    {
        for host in ["Host: evil.example\r\n", "Host: 127.0.0.1.evil.example:80\r\n"] {
            let answer = wire(&brand, request, host).await;
            assert!(answer.starts_with("HTTP/1.1 421") && !answer.contains("secret"), "{request} {host}: {answer}");
        }
        let answer = wire(&brand, request, "Host: localhost:1\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{request}: {answer}");
    }
    let public = support::brand(Scale::TINY, |options| options.public = true).await;
    let answer = wire(&public, "GET /sandbox/credentials", "Host: sandbox.example\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("secret"), "{answer}");
}

#[tokio::test]
async fn one_call_goes_a_year_forward_at_most_and_bodies_are_bounded() {
    let brand = quiet().await;
    let now = brand.now();
    for far in [json!({ "days": 367 }), json!({ "seconds": 1e300 }), json!({ "to": "2100-01-01T00:00:00Z" })] {
        let (status, answer) = brand.bare("POST", "/sandbox/advance", Some(far.clone())).await;
        assert_eq!((status.as_u16(), brand.now()), (400, now), "{far}: {answer}");
    }
    brand.control("advance", json!({ "days": 366 })).await;
    assert_eq!(brand.now(), now + 366 * 86_400);
    let long = json!({ "do": "add_tag", "group": "x".repeat(70_000), "name": "y" });
    assert_eq!(brand.bare("POST", "/sandbox/act", Some(long)).await.0.as_u16(), 413);
}

#[tokio::test]
async fn a_changed_secret_is_shown_and_the_old_one_refused() {
    let mut brand = quiet().await;
    let old = brand.seen("/credentials").await["secret"].clone();
    brand.control("settings", json!({ "secret": "NEW_SECRET" })).await;
    let shown = brand.seen("/credentials").await;
    assert_eq!((&shown["secret"], text(&shown["corp_id"])), (&json!("NEW_SECRET"), brand.credentials().corp_id));
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 40014);
    let query = format!("/cgi-bin/gettoken?corpid={}&corpsecret={}", brand.credentials().corp_id, text(&old));
    assert_eq!(code(&brand.bare("GET", &query, None).await.1), 40001);
    brand.log_in().await;
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 0);
}

/// A receiver that keeps the stamps of what it gets.
#[tokio::test]
async fn callbacks_are_stamped_by_the_worlds_clock_or_by_the_receivers() {
    use siyu_kernel::{Clock, FakeClock};
    use std::sync::{Arc, Mutex};
    let wall: Arc<dyn Clock> = Arc::new(FakeClock::at("2026-03-02T02:00:00Z"));
    let wall_seconds = wall.now().0 / 1_000_000;
    for own in [None, Some(wall)] {
        let stamps: Arc<Mutex<Vec<i64>>> = Arc::default();
        let kept = stamps.clone();
        let take = move |axum::extract::Query(query): axum::extract::Query<BTreeMap<String, String>>| {
            kept.lock().unwrap().push(query["timestamp"].parse().unwrap());
            async { "" }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/", axum::routing::post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let brand = support::brand(Scale::TINY, |options| {
            options.callback = Some(CallbackSettings { url, token: TOKEN.into(), encoding_aes_key: AES_KEY.into() });
            if let Some(own) = &own {
                options.stamp = own.clone();
            }
        })
        .await;
        brand.sandbox.with_world(|world| world.hush());
        brand.control("advance", json!({ "days": 90 })).await;
        brand.act(json!({ "do": "add_tag", "group": "组", "name": "新" })).await;
        brand.sandbox.settle().await;
        let wanted = if own.is_some() { wall_seconds } else { brand.now() };
        assert_eq!(stamps.lock().unwrap().last(), Some(&wanted));
        assert!(brand.now() >= wall_seconds + 89 * 86_400);
    }
}
