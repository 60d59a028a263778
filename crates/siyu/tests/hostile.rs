//! What nobody means to send, sent to the running program: an error or quarantine, never a crash, and the next honest request is served.

mod common;

use common::{Place, Server, http};
use serde_json::{Value, json};
use siyu_kernel::Chance;
use std::process::Stdio;

fn bytes(chance: &Chance, n: usize) -> Vec<u8> {
    (0..n.div_ceil(8)).flat_map(|_| chance.next().to_le_bytes()).take(n).collect()
}

/// The code of an answer in the 400s; `quarantined` for what was kept aside.
fn refused(server: &Server, key: &str, path: &str, body: &[u8]) -> String {
    // A server may answer, and close, before it has read all of what is too long.
    let Ok((status, answer)) = http::post_bytes(&server.address, path, key, "application/json", body) else {
        return "closed".into();
    };
    if status == 200 && answer["quarantined"] == 1 && answer["accepted"] == 0 {
        return "quarantined".into();
    }
    assert!((400..500).contains(&status), "{path}: {status} {answer}");
    let code = answer["code"].as_str().unwrap_or_else(|| panic!("an error has a code: {answer}"));
    assert!(answer["message"].as_str().is_some_and(|sentence| sentence.len() > 5), "{answer}");
    code.to_owned()
}

#[test]
fn garbage_over_http_is_refused() {
    let chance = Chance::seeded(9);
    for place in [Some(Place::sqlite()), Place::postgres()].into_iter().flatten() {
        let (write, api) = (place.key("write"), place.key("api"));
        let server = Server::start(&place);
        let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(5_000), close.repeat(5_000)).into_bytes();
        let mut latin = br#"{"userId":"u1","event":"caf"#.to_vec();
        latin.extend([0xe9]);
        latin.extend(br#"","messageId":"x"}"#);
        let utf16: Vec<u8> = r#"{"userId":"u1","event":"Seen"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for path in ["/v1/track", "/v1/identify", "/v1/batch", "/v1/import", "/v1/page", "/v1/alias", "/v1/group"] {
            for (name, body) in [
                ("random", bytes(&chance, 1 << 20)),
                ("short random", bytes(&chance, 300)),
                ("empty", Vec::new()),
                ("deep lists", deep("[", "]")),
                ("deep objects", deep("{\"a\":", "}")),
                ("latin-1", latin.clone()),
                ("utf-16", utf16.clone()),
                ("half", br#"{"userId":"u1","event":"Se"#.to_vec()),
                ("zeros", vec![0; 4_000]),
                ("a number", b"1e999".to_vec()),
            ] {
                let code = refused(&server, &write, path, &body);
                let expected: &[&str] = match name {
                    "random" => &["batch_too_large", "closed"],
                    // A value nobody can read, in a message that can be told apart from its neighbours.
                    "deep objects" => &["quarantined", "batch_missing", "invalid_json"],
                    _ => &["invalid_json"],
                };
                assert!(expected.contains(&code.as_str()), "{path}, {name}: {code}");
            }
        }
        assert_eq!(server.stats(&api)["events"], 0);
        let (status, answer) = http::post(
            &server.address,
            "/v1/track",
            &write,
            &json!({ "userId": "u1", "event": "Seen", "messageId": "honest" }),
        )
        .expect("it still answers");
        assert_eq!(status, 200, "{answer}");
        assert_eq!(server.stats(&api)["events"], 1);
        place.assert_sound();
    }
}

/// Messages that are JSON but cannot be: each is an event, or lies in quarantine with a reason.
#[test]
fn strange_messages_are_taken_or_kept_aside() {
    let place = Place::sqlite();
    let (write, api) = (place.key("write"), place.key("api"));
    let server = Server::start(&place);
    let nested = (0..60).fold(json!(1), |inner, _| json!({ "a": inner }));
    let huge: Value = serde_json::from_str("123456789012345678901234567890123456789").expect("a number");
    let messages = [
        json!({ "type": "track", "userId": "u1", "event": "Seen", "messageId": "s1", "properties": nested }),
        json!({ "type": "track", "userId": "u1", "event": "Seen", "messageId": "s2", "properties": { "n": huge, "x": 1e308, "y": -1e-308 } }),
        json!({ "type": "track", "userId": "u1", "event": "Order Completed", "messageId": "s3", "properties": { "order_id": "H1", "revenue": 1e300 } }),
        json!({ "type": "track", "userId": "u1", "event": "Order Completed", "messageId": "s4", "properties": { "order_id": "H2", "revenue": "ten" } }),
        json!({ "type": "track", "userId": "u1", "event": "Seen", "messageId": "s5", "timestamp": "1970-01-01T00:00:00Z" }),
        json!({ "type": "track", "userId": "u1", "event": "Seen", "messageId": "s6", "timestamp": "2099-01-01T00:00:00Z" }),
        json!({ "type": "track", "userId": "u1", "event": "Seen", "messageId": "s7", "timestamp": "2026-01-01T00:00:00Z", "sentAt": "2031-01-01T00:00:00Z" }),
        json!({ "type": "track", "userId": "u1", "event": "Seen", "messageId": "s8", "timestamp": "yesterday" }),
        json!({ "type": "track", "userId": "u\u{0}1", "event": "Se\u{0}en", "messageId": "s9" }),
        json!({ "type": "track", "userId": "", "event": "", "messageId": "s10" }),
        json!({ "type": "track", "userId": ["u1"], "event": { "a": 1 }, "messageId": 7 }),
        json!({ "type": "unheard of", "userId": "u1", "messageId": "s12" }),
        json!({ "type": "track", "userId": "x".repeat(20_000), "event": "Seen", "messageId": "s13" }),
        json!({ "type": "identify", "userId": "u1", "messageId": "s14", "traits": { "phone": "☎".repeat(300), "email": "a@@b" } }),
        json!(null),
        json!([[]]),
    ];
    let (mut events, mut aside) = (0, 0);
    for message in &messages {
        let body = json!({ "batch": [message] });
        let (status, answer) = http::post(&server.address, "/v1/batch", &write, &body).expect("it answers");
        match status {
            200 => {
                let (taken, kept) = (answer["accepted"].as_i64(), answer["quarantined"].as_i64());
                let (taken, kept) = (taken.expect("a number"), kept.expect("a number"));
                assert_eq!(taken + kept, 1, "{message}: {answer}");
                events += taken;
                aside += kept;
            }
            400..500 => assert!(answer["code"].is_string(), "{message}: {answer}"),
            _ => panic!("{message}: {status} {answer}"),
        }
    }
    assert!(events >= 4 && aside >= 4, "{events} taken, {aside} kept aside");
    let stats = server.stats(&api);
    assert_eq!((&stats["events"], &stats["revenue"]), (&json!(events), &json!(0)));
    // Nothing that was taken lies years away from when it came.
    let id = server.person(&api, "user_id:u1");
    for event in server.all(&api, &format!("/people/{id}/events")) {
        assert!(event["at"].as_str().is_some_and(|at| at < "2090"), "{event}");
    }
    drop(server);
    place.assert_sound();
}

/// Two hundred orders whose lines lie anywhere in the file: what comes out does not depend on where.
#[test]
fn shuffled_files_give_the_same() {
    let chance = Chance::seeded(4);
    let mut rows = Vec::new();
    for order in 0..200u64 {
        for line in 0..1 + order % 4 {
            // Half of the buyers are known by phone, half by card, a few by both: that merges them.
            let (phone, card) = (format!("139{:08}", order % 37), format!("C{}", order % 41));
            let (phone, card) = match order % 5 {
                0 | 1 => (phone, String::new()),
                2 | 3 => (String::new(), card),
                _ => (phone, card),
            };
            let cents = (order * 7 + line) % 100;
            let sign = if line == 3 { "-" } else { "" };
            rows.push(format!(
                "R{order},2026-01-{:02}T10:00:00Z,{phone},{card},{line},S{},{sign}1,{sign}2.{cents:02}",
                order % 28 + 1,
                (order + line) % 9
            ));
        }
    }
    let map = [
        "--map",
        "order_no=o",
        "at=at",
        "person.phone=p",
        "person.member_no=c",
        "line_no=l",
        "sku=s",
        "quantity=q",
        "amount=a",
    ];
    let take = |rows: &[String]| {
        let place = Place::sqlite();
        let file = place.write("orders.csv", format!("o,at,p,c,l,s,q,a\n{}\n", rows.join("\n")));
        let summary = place.import("orders", &file, &map);
        assert_eq!((&summary["rows"], &summary["rejected"]), (&json!(rows.len()), &json!(0)));
        let key = place.key("api");
        let server = Server::start(&place);
        let mut people: Vec<String> = server
            .all(&key, "/people?sort=created_at")
            .iter()
            .map(|person| {
                let id = person["id"].as_str().expect("an id");
                let whole = server.api(&key, &format!("/people/{id}"));
                let mut known: Vec<String> = whole["identifiers"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|own| {
                        format!("{}={}", own["kind"].as_str().unwrap_or(""), own["value"].as_str().unwrap_or(""))
                    })
                    .collect();
                known.sort();
                format!("{known:?} {}", whole["orders"])
            })
            .collect();
        people.sort();
        let stats = server.stats(&key);
        drop(server);
        place.assert_sound();
        (people, json!([stats["people"], stats["orders"], stats["revenue"], stats["refunded"]]))
    };
    let straight = take(&rows);
    for _ in 0..3 {
        for at in (1..rows.len()).rev() {
            rows.swap(at, chance.below(at as u64 + 1) as usize);
        }
        assert_eq!(take(&rows), straight);
    }
}

/// A file far larger than the bound on memory goes through within it.
#[test]
fn importing_needs_no_more_memory_for_a_larger_file() {
    const BOUND_MB: u64 = 400;
    let place = Place::sqlite();
    let path = place.path("orders.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("the folder can be written"));
    // Wide rows: 500 MB of text in few enough rows for a test build.
    let note = "说明".repeat(1_400);
    use std::io::Write;
    writeln!(file, "order_no,at,member_no,sku,quantity,amount,note").expect("it is written");
    for row in 0..60_000 {
        let (order, buyer) = (row / 3, row % 5_000);
        writeln!(file, "W{order},2026-01-01T10:00:00Z,M{buyer},S{},1,1.00,{note}", row % 40).expect("it is written");
    }
    drop(file);
    assert!(std::fs::metadata(&path).expect("it is there").len() > BOUND_MB << 20, "the file is larger than the bound");
    let map =
        ["order_no=order_no", "at=at", "person.member_no=member_no", "sku=sku", "quantity=quantity", "amount=amount"];
    let mut child = place
        .command(&[&["import", "orders", &path, "--map"][..], &map].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(kb) = line.and_then(|line| line.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok()) {
            peak = peak.max(kb / 1024);
        }
        match child.try_wait().expect("it is our child") {
            Some(status) => break assert!(status.success(), "{status}"),
            None => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    }
    assert!((1..BOUND_MB).contains(&peak), "{peak} MB");
    eprintln!("peak {peak} MB");
}
