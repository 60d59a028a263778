//! The call path under faults: what is repeated, what is not, and what the caller is told.

use crate::world::*;
use serde_json::json;
use siyu_kernel::{Class, Clock, Refusal};
use siyu_wecom::*;
use std::time::Duration;

fn mass() -> MassMessage {
    MassMessage { sender: Some("u".into()), text: Some(Text::new("t")), ..MassMessage::default() }
}
const MASS: &str = "externalcontact/add_msg_template";
const LIST: &str = "externalcontact/get_follow_user_list";

/// Fails the first `times` calls in this way, then succeeds.
fn failing(times: usize, how: impl Fn() -> Answer + Send + 'static) -> World {
    let mut left = times;
    with_token(move |_| {
        if left == 0 {
            return ok(json!({"msgid": "m", "follow_user": ["a"]}));
        }
        left -= 1;
        how()
    })
}

/// A fault, how often a read is then sent, and how often a creation.
type Case = (&'static str, fn() -> Answer, usize, usize);

#[test]
fn a_call_that_creates_is_sent_again_only_when_nothing_was_done() {
    let cases: Vec<Case> = vec![
        ("unreachable", || fault(Fault::Unreachable), 2, 2),
        ("timed out", || fault(Fault::TimedOut), 2, 1),
        ("broken", || fault(Fault::Broken), 2, 1),
        ("busy", || code(-1), 2, 1),
        ("too many at once", || code(45033), 2, 2),
        ("conflict", || code(45035), 2, 2),
        ("bad gateway", || answer(502, "text/html", b"<html>"), 2, 1),
        ("slow down", || answer(429, "text/html", b""), 2, 2),
        ("broken JSON", || answer(200, "application/json", b"{\"errcode\":"), 2, 1),
        ("empty", || answer(200, "", b""), 2, 1),
        ("expired token", || code(42001), 2, 2),
        ("invalid token", || code(40014), 2, 2),
        ("no such path", || answer(404, "", b""), 1, 1),
        ("no permission", || code(48002), 1, 1),
        ("bad input", || code(40058), 1, 1),
        ("unknown code", || code(987_654), 1, 1),
    ];
    for (name, how, reads, creations) in cases {
        let world = failing(1, how);
        let read = world.client.follow_users();
        assert_eq!((world.wecom.count(LIST), read.is_ok()), (reads, reads == 2), "{name}");
        let world = failing(1, how);
        let created = world.client.create_mass(&mass());
        assert_eq!((world.wecom.count(MASS), created.is_ok()), (creations, creations == 2), "{name}");
        if let Err(error) = created {
            let unknown = matches!(name, "timed out" | "broken" | "busy" | "bad gateway" | "broken JSON" | "empty");
            assert_eq!(error.retry == Retry::LookFirst, unknown, "{name}: {:?}", error.retry);
            assert!(!error.is_retryable(), "{name}");
        }
    }
}

#[test]
fn it_gives_up_after_four_tries_and_waits_longer_each_time() {
    let world = failing(99, || code(-1));
    let error = world.client.follow_users().unwrap_err();
    assert_eq!((world.wecom.count(LIST), error.code(), error.is_retryable()), (4, Some(-1), true));
    let waits: Vec<u128> = world.waited.all.lock().unwrap().iter().map(Duration::as_millis).collect();
    assert!(waits.len() == 3 && waits[0] < 300 && waits[2] > 500, "{waits:?}");
}

#[test]
fn nothing_goes_on_after_the_budget() {
    let world = failing(99, || code(-1));
    let start = world.clock.now();
    let error = world.client.within(Duration::from_millis(100)).follow_users().unwrap_err();
    assert_eq!((world.wecom.count(LIST), error.code()), (1, Some(-1)));
    assert!(world.clock.now().0 - start.0 <= 100_000);
    // The time a request may take is bounded by it too.
    assert!(world.wecom.last().timeout <= Duration::from_millis(100));
}

#[test]
fn a_token_that_stays_bad_is_renewed_once() {
    let world = failing(99, || code(42001));
    let error = world.client.follow_users().unwrap_err();
    assert_eq!((error.code(), world.wecom.count(LIST), world.wecom.count("gettoken")), (Some(42001), 2, 2));
}

#[test]
fn a_rate_refusal_closes_the_api_for_a_minute_and_then_for_an_hour() {
    let world = failing(2, || code(45009));
    let start = world.clock.now();
    assert_eq!(world.client.follow_users().unwrap_err().retry, Retry::At(start.plus_seconds(60)));
    // Nobody asks in between, and the other APIs go on.
    assert_eq!(world.client.follow_users().unwrap_err().kind, Kind::Limited);
    assert_eq!(world.wecom.count(LIST), 1);
    world.clock.set(start.plus_seconds(61));
    assert_eq!(world.client.follow_users().unwrap_err().retry, Retry::At(start.plus_seconds(61 + 3600)));
    assert!(world.client.corp_tags().is_ok());
    world.clock.set(start.plus_seconds(61 + 3601));
    assert!(world.client.follow_users().is_ok());
}

#[test]
fn a_refused_address_stops_every_call_until_asked_by_hand() {
    let world = failing(1, || code(60020));
    let error = world.client.follow_users().unwrap_err();
    assert!(error.needs_a_hand() && error.name() == "ip_not_trusted");
    let again = world.client.corp_tags().unwrap_err();
    assert_eq!(
        (again.code(), again.call, world.wecom.count("externalcontact/get_corp_tag_list")),
        (Some(60020), "externalcontact/get_corp_tag_list", 0)
    );
    world.clock.advance_seconds(29);
    assert!(world.client.corp_tags().is_err());
    // Asked by hand, the setting proves right, and everybody goes on.
    assert!(world.client.probing().corp_tags().is_ok());
    assert!(world.client.corp_tags().is_ok());
}

#[test]
fn a_missing_permission_concerns_its_call_only() {
    let world = failing(1, || code(48002));
    assert!(world.client.follow_users().unwrap_err().needs_a_hand());
    assert!(world.client.corp_tags().is_ok());
}

#[test]
fn tokens_go_into_the_query_and_into_no_message() {
    let world = with_token(|_| fault(Fault::Broken));
    let error = world.client.create_mass(&mass()).unwrap_err();
    assert!(world.wecom.last().query.contains(&("access_token".into(), "T1".into())));
    let refusal = Refusal::from(error);
    assert_eq!((refusal.class, refusal.code), (Class::Unavailable, "wecom_broken"));
    let shown = format!("{refusal} {refusal:?} {:?}", world.client.app());
    assert!(!shown.contains("SECRET") && !shown.contains("T1"), "{shown}");
}

#[test]
fn limits_of_the_documentation_are_checked_before_anything_is_sent() {
    let world = with_token(|_| panic!("nothing may be sent"));
    let client = &world.client;
    let many = |count: usize| vec!["x".to_owned(); count];
    let long = |count: usize| Some(Text::new("字".repeat(count)));
    let errors = [
        client.create_mass(&MassMessage { text: long(1334), sender: Some("u".into()), ..MassMessage::default() }).err(),
        client.create_mass(&MassMessage { text: long(1), ..MassMessage::default() }).err(),
        client.create_mass(&MassMessage { chat_type: "group".into(), text: long(1), ..MassMessage::default() }).err(),
        client
            .create_mass(&MassMessage { external_userid: Some(many(10_001)), text: long(1), ..MassMessage::default() })
            .err(),
        client.create_mass(&MassMessage { sender: Some(String::new()), text: long(1), ..MassMessage::default() }).err(),
        // An empty list is everybody to WeCom.
        client
            .create_mass(&MassMessage {
                external_userid: Some(Vec::new()),
                sender: Some("u".into()),
                text: long(1),
                ..MassMessage::default()
            })
            .err(),
        client
            .create_mass(&MassMessage {
                chat_type: "group".into(),
                chat_id_list: Some(Vec::new()),
                sender: Some("u".into()),
                text: long(1),
                ..MassMessage::default()
            })
            .err(),
        client.send_welcome(&Welcome::default()).err(),
        client.send_welcome(&Welcome { attachments: vec![Attachment::image("m"); 10], ..Welcome::default() }).err(),
        client.send_welcome(&Welcome { attachments: vec![Attachment::default()], ..Welcome::default() }).err(),
        client
            .create_moment(&Moment {
                attachments: vec![Attachment::image("m"), Attachment::video("v")],
                ..Moment::default()
            })
            .err(),
        client.customers_of(&many(101)).all().err(),
        client.add_contact_way(&ContactWay::qr(many(101), "s", "r")).err(),
        client.add_contact_way(&ContactWay::qr(many(1), &"s".repeat(31), "r")).err(),
        client.update_contact_way(&ContactWay::qr(many(1), "s", "r")).err(),
        client.add_join_way(&JoinWay { chat_id_list: many(6), ..JoinWay::default() }).err(),
        client.set_remark(&Remark::default()).err(),
        client.set_remark(&Remark { remark: Some("字".repeat(21)), ..Remark::default() }).err(),
        client.mark_tag(&MarkTag::default()).err(),
        client.transfer_customers(&Transfer { external_userid: many(101), ..Transfer::default() }).err(),
        client.behaviour(&many(1), &[], 0, 31 * 86_400).err(),
        client.send_to_staff(&StaffMessage::text(&[], "t")).err(),
        client.send_to_staff(&StaffMessage::text(&["u"], "字".repeat(683))).err(),
        client.upload_media(MediaKind::Image, "a.png", b"12345").err(),
        channel_url("https://work.weixin.qq.com/ca/x", &"c".repeat(65)).err(),
    ];
    for (at, error) in errors.into_iter().enumerate() {
        assert_eq!(error.unwrap_or_else(|| panic!("case {at} was let through")).kind, Kind::Invalid, "case {at}");
    }
}

#[test]
fn pages_follow_the_cursor_not_the_rows_and_can_be_taken_up_again() {
    let pages = |request: &Request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body.as_ref().unwrap().0).unwrap();
        match body["cursor"].as_str().unwrap() {
            "" => ok(json!({"group_chat_list": [{"chat_id": "a"}], "next_cursor": "1"})),
            "1" => ok(json!({"group_chat_list": [], "next_cursor": "2"})),
            "2" => ok(json!({"group_chat_list": [{"chat_id": "b"}]})),
            other => panic!("{other}"),
        }
    };
    let world = with_token(pages);
    let ids = |pages: Pages<'_, GroupRow>| pages.items().map(|row| row.unwrap().chat_id).collect::<Vec<_>>();
    assert_eq!(ids(world.client.groups(&[], 0)), ["a", "b"]);
    let mut pages = world.client.groups(&[], 0);
    pages.next().unwrap().unwrap();
    let cursor = pages.cursor().unwrap().to_owned();
    assert_eq!(ids(world.client.groups(&[], 0).resume(&cursor)), ["b"]);
}

#[test]
fn a_cursor_that_repeats_ends_in_an_error() {
    let world = with_token(|_| ok(json!({"group_chat_list": [{"chat_id": "a"}], "next_cursor": "1"})));
    let error = world.client.groups(&[], 0).all().unwrap_err();
    assert_eq!(error.kind, Kind::CursorRepeats);
    let rows: Vec<_> = world.client.groups(&[], 0).items().collect();
    assert!(rows.len() == 2 && rows[0].is_ok() && rows[1].is_err(), "items end after the first error");
}

#[test]
fn a_failed_page_is_asked_for_again() {
    let mut first = true;
    let world = with_token(move |_| {
        let fails = std::mem::take(&mut first);
        if fails { code(40058) } else { ok(json!({"group_chat_list": [{"chat_id": "a"}]})) }
    });
    let mut pages = world.client.groups(&[], 0);
    assert!(pages.next().unwrap().is_err());
    assert_eq!(pages.next().unwrap().unwrap().len(), 1);
    assert!(pages.next().is_none());
}

#[test]
fn a_customer_with_many_followers_comes_whole() {
    let world = with_token(|request| {
        let next = request.query.iter().any(|(name, value)| name == "cursor" && value == "c");
        let followers = if next { json!([{"userid": "b"}]) } else { json!([{"userid": "a"}]) };
        ok(
            json!({"external_contact": {"external_userid": "wm1"}, "follow_user": followers, "next_cursor": if next { "" } else { "c" }}),
        )
    });
    let customer = world.client.customer("wm1").unwrap();
    let users: Vec<_> = customer.follow_user.iter().map(|follower| follower.userid.as_str()).collect();
    assert_eq!((customer.external_contact.external_userid.as_str(), users), ("wm1", vec!["a", "b"]));
}

#[test]
fn staff_is_listed_once_whatever_the_case_and_the_departments() {
    let world = with_token(|request| match request.path.as_str() {
        "/cgi-bin/department/simplelist" => ok(json!({"department_id": [{"id": 1}, {"id": 2}]})),
        _ if request.query.contains(&("department_id".into(), "1".into())) => {
            ok(json!({"userlist": [{"userid": "ChenYu", "name": "陈宇", "department": [1, 2]}]}))
        }
        _ => ok(
            json!({"userlist": [{"userid": "chenyu", "name": "陈宇", "department": [2]}, {"userid": "b", "name": "B"}]}),
        ),
    });
    let staff = world.client.all_staff().unwrap();
    assert_eq!(staff.len(), 2);
    assert_eq!((staff[1].userid.as_str(), staff[1].department.as_slice()), ("ChenYu", &[1, 2][..]));
}

#[test]
fn files_come_down_as_files_and_refusals_as_errors() {
    let world = with_token(|request| match request.query[0].1.as_str() {
        "good" => Ok(Response {
            status: 200,
            content_type: "image/jpeg".into(),
            file_name: Some("a.jpg".into()),
            body: vec![0xff, 0xd8, 0],
        }),
        _ => code(40007),
    });
    let file = world.client.download_media("good").unwrap();
    assert_eq!((file.file_name.as_deref(), file.body.len()), (Some("a.jpg"), 3));
    let error = world.client.download_media("old").unwrap_err();
    assert_eq!((error.code(), error.retry), (Some(40007), Retry::WithFresh));
}

#[test]
fn a_message_with_a_duplicate_check_may_be_sent_again() {
    let text = || StaffMessage::text(&["u"], "t");
    let unsaid = StaffMessage { enable_duplicate_check: Some(1), ..text() };
    // A call may take 30 s of budget and 15 s of its last request, and WeCom must remember the first all that time.
    let cases = [
        (text(), 30, 1),
        (text().once_in(44), 30, 1),
        (text().once_in(45), 30, 2),
        (text().once_in(60), 46, 1),
        (unsaid, 30, 2),
    ];
    for (message, budget, sent) in cases {
        let world = failing(1, || fault(Fault::TimedOut));
        let result = world.client.within(Duration::from_secs(budget)).send_to_staff(&message);
        let interval = message.duplicate_check_interval;
        assert_eq!((result.is_ok(), world.wecom.count("message/send")), (sent == 2, sent), "{interval:?} {budget}");
    }
}

/// A way to answer, and its name.
type Named = (&'static str, fn() -> Answer);

/// A first attempt that fails so, then this answer.
fn then(first: fn() -> Answer, second: serde_json::Value) -> World {
    let mut first = Some(first);
    with_token(move |_| first.take().map_or_else(|| ok(second.clone()), |first| first()))
}

#[test]
fn a_second_answer_counts_as_success_only_when_the_first_attempt_may_have_arrived() {
    let lost: [Named; 4] = [
        ("timed out", || fault(Fault::TimedOut)),
        ("broken", || fault(Fault::Broken)),
        ("busy", || code(-1)),
        ("bad gateway", || answer(502, "text/html", b"<html>")),
    ];
    let undone: [Named; 4] = [
        ("unreachable", || fault(Fault::Unreachable)),
        ("slow down", || answer(429, "text/html", b"")),
        ("too many at once", || code(45033)),
        ("token", || code(42001)),
    ];
    type Deletion = fn(&Client) -> Result<()>;
    let deletions: [(i64, Deletion); 8] = [
        (41044, |c| c.delete_contact_way("x")),
        (41044, |c| c.delete_join_way("x")),
        (40068, |c| c.delete_corp_tags(&["x".into()], &[])),
        (40068, |c| c.delete_strategy_tags(&["x".into()], &[])),
        (41071, |c| c.delete_intercept_rule("x")),
        (41074, |c| c.delete_product("x")),
        (41075, |c| c.delete_product("x")),
        (41050, |c| {
            let welcome = Welcome { welcome_code: "W".into(), text: Some(Text::new("t")), ..Welcome::default() };
            c.send_welcome(&welcome).map(|how| assert_eq!(how, Welcomed::SentBefore))
        }),
    ];
    for (gone, delete) in deletions {
        for (name, first) in lost {
            assert!(delete(&then(first, json!({"errcode": gone})).client).is_ok(), "{gone} {name}");
            // Another refusal stays one.
            assert!(delete(&then(first, json!({"errcode": 40058})).client).is_err(), "{gone} {name}");
        }
        for (name, first) in undone {
            let error = delete(&then(first, json!({"errcode": gone})).client).unwrap_err();
            assert_eq!((error.code(), error.maybe_before), (Some(gone), false), "{name}");
        }
        let error = delete(&with_token(move |_| code(gone)).client).unwrap_err();
        assert_eq!(error.code(), Some(gone), "the first answer is believed");
    }

    let transfer = Transfer { external_userid: vec!["wm1".into()], ..Transfer::default() };
    let row = json!({"customer": [{"external_userid": "wm1", "errcode": 40100}]});
    let groups =
        json!({"failed_chat_list": [{"chat_id": "wr1", "errcode": 90508}, {"chat_id": "wr2", "errcode": 90501}]});
    let chats = ["wr1".to_owned(), "wr2".to_owned()];
    for (first, taken) in lost.iter().map(|one| (one.1, true)).chain(undone.iter().map(|one| (one.1, false))) {
        let rows = then(first, row.clone()).client.transfer_customers(&transfer).unwrap();
        assert_eq!((rows[0].is_taken(), rows[0].errcode), (taken, 40100));
        let failed = then(first, groups.clone()).client.transfer_groups_of_leaver(&chats, "u").unwrap();
        assert_eq!(failed.len(), if taken { 1 } else { 2 });
        assert_eq!(failed.last().unwrap().chat_id, "wr2");
    }
    let rows = with_token(move |_| ok(row.clone())).client.transfer_customers(&transfer).unwrap();
    assert!(!rows[0].is_taken(), "somebody else's transfer is in the way");
}

#[test]
fn who_is_left_out_of_a_list_is_told() {
    let mut page = 0;
    let world = with_token(move |_| {
        page += 1;
        let next = if page == 1 { "2" } else { "" };
        ok(
            json!({"external_contact_list": [], "next_cursor": next, "fail_info": {"unlicensed_userid_list": ["a", format!("b{page}")]}}),
        )
    });
    let (asked, mut rows) = (["a".to_owned()], 0);
    let mut pages = world.client.customers_of(&asked);
    assert!(pages.left_out().is_empty());
    for page in pages.by_ref() {
        rows += page.unwrap().len();
    }
    assert_eq!((pages.left_out(), rows), (&["a".to_owned(), "b1".into(), "b2".into()][..], 0));
}

#[test]
fn a_message_of_another_app_stops_nothing_else() {
    let world = failing(1, || code(301_002));
    let error = world.client.send_to_staff(&StaffMessage::text(&["u"], "t")).unwrap_err();
    assert!(error.needs_a_hand() && error.name() == "token_of_other_app");
    assert!(world.client.follow_users().is_ok());
}

#[test]
fn no_secret_is_shown_whoever_echoes_it() {
    let echoes: [Named; 5] = [
        ("broken JSON", || answer(200, "application/json", br#"{"access_token":"TOK-1","expires"#)),
        ("a page with the address", || {
            answer(502, "text/html", b"<p>GET /x?corpsecret=SECRET_MADE_UP&access_token=TOK-1")
        }),
        ("a page with the values", || answer(502, "text/html", b"<p>SECRET_MADE_UP TOK-1")),
        ("a refusal", || ok(json!({"errcode": 40058, "errmsg": "bad: SECRET_MADE_UP / TOK-1"}))),
        ("the network", || Err(TransportError { fault: Fault::Broken, detail: "to /x: SECRET_MADE_UP TOK-1".into() })),
    ];
    let clean = |text: &str| !text.contains("SECRET_MADE_UP") && !text.contains("TOK-1");
    for (name, echo) in echoes {
        let world = world(move |request| if is_token(request) { token("TOK-1") } else { echo() });
        let error = world.client.create_mass(&mass()).unwrap_err();
        assert!(clean(&format!("{error} {error:?} {:?}", Refusal::from(error.clone()))), "{name}: {error:?}");
        let requests = format!("{:?}", world.wecom.requests.lock().unwrap());
        assert!(clean(&requests) && requests.contains("corpsecret"), "{requests}");
    }
    let error = world(|_| answer(200, "application/json", br#"{"access_token":"TOK-1","exp"#))
        .client
        .follow_users()
        .unwrap_err();
    assert!(clean(&format!("{error:?}")) && error.detail.contains("28 bytes"), "{error:?}");
    assert!(clean(&format!("{:?}", token("TOK-1"))));
    let info = UserInfo { user_ticket: Some("TOK-1".into()), ..UserInfo::default() };
    assert!(clean(&format!("{info:?}")));
}

#[test]
fn a_file_may_be_text_or_json_and_a_refusal_is_none() {
    let json = "application/json; charset=utf-8";
    // Type, name, body, whether it is the file.
    let cases: [(&str, Option<&str>, &[u8], bool); 10] = [
        ("text/plain", None, "门店名单".as_bytes(), true),
        ("text/plain", Some("a.txt"), br#"{"errcode": 40007}"#, true),
        (json, Some("orders.json"), br#"{"orders": []}"#, true),
        (json, None, br#"{"orders": []}"#, true),
        (json, None, b"[1, 2]", true),
        ("text/html", Some("page.html"), b"<html>", true),
        ("text/html", None, b"<html>502</html>", false),
        (json, None, br#"{"errcode": 40007, "errmsg": "invalid media_id"}"#, false),
        ("text/plain", None, br#"{"errcode": 40007, "errmsg": "invalid media_id"}"#, false),
        (json, None, br#"{"errcode": 400"#, false),
    ];
    for (kind, name, body, is_file) in cases {
        let answer = Response {
            status: 200,
            content_type: kind.into(),
            file_name: name.map(str::to_owned),
            body: body.to_vec(),
        };
        let world = with_token(move |_| Ok(answer.clone()));
        let got = world.client.download_media("m");
        assert_eq!(got.as_ref().is_ok_and(|file| file.body == body), is_file, "{kind} {name:?}: {got:?}");
    }
    // A call that wants JSON takes no file for it.
    assert!(with_token(|_| answer(200, "text/plain", b"hello")).client.follow_users().is_err());
}

#[test]
fn addresses_for_login_and_channels() {
    let app = app();
    assert_eq!(
        app.oauth_url("https://crm.example.com/cb?a=1 2", OauthScope::Base, "st"),
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww7c1f0a93be52d846&redirect_uri=https%3A%2F%2Fcrm.example.com%2Fcb%3Fa%3D1%202\
         &response_type=code&scope=snsapi_base&state=st&agentid=1000002#wechat_redirect"
    );
    assert!(app.web_login_url("https://a", "s", Some("zh")).ends_with("&redirect_uri=https%3A%2F%2Fa&state=s&lang=zh"));
    assert_eq!(
        channel_url("https://work.weixin.qq.com/ca/x", "小红书 1").unwrap(),
        "https://work.weixin.qq.com/ca/x?customer_channel=%E5%B0%8F%E7%BA%A2%E4%B9%A6%201"
    );
}

#[test]
fn pages_are_signed_with_a_ticket_that_is_fetched_once() {
    let world = with_token(|request| {
        assert!(request.path != "/cgi-bin/ticket/get" || request.query[0] == ("type".into(), "agent_config".into()));
        ok(json!({"ticket": if request.path.ends_with("ticket/get") { "A" } else { "C" }, "expires_in": 7200}))
    });
    for kind in [Ticket::Corp, Ticket::Agent, Ticket::Corp] {
        let signed = world.client.sign_page(kind, "https://crm.example.com/sidebar#x").unwrap();
        let ticket = if kind == Ticket::Corp { "C" } else { "A" };
        assert!(page_signature_is_right(
            ticket,
            &signed.nonce,
            &signed.timestamp.to_string(),
            "https://crm.example.com/sidebar",
            &signed.signature
        ));
    }
    assert_eq!((world.wecom.count("get_jsapi_ticket"), world.wecom.count("ticket/get")), (1, 1));
}
