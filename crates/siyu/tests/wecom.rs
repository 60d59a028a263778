//! Our WeCom client against our simulated WeCom, which were written from the document alone and share no types: what one of them misread,
//! the other shows.

mod common;

use common::siyu;
use common::wecom::{AES_KEY, TOKEN, Wecom};
use serde_json::{Value, json};
use siyu_kernel::clocks;
use siyu_wecom::callback::{Callback, ContactChange, Event, Happened, Query};
use siyu_wecom::{
    App, Client, ContactWay, HttpTransport, MarkTag, MemoryTokens, NewTag, NewTags, Remark, Retry, Text, Welcome,
    Welcomed, Wiring,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A client of the corp in a world that stands still.
fn client_of(wecom: &Wecom) -> (String, Client) {
    let given = wecom.get("/sandbox/credentials");
    let app = App {
        corp_id: word(&given["corp_id"]),
        secret: word(&given["secret"]),
        agent_id: given["agent_id"].as_i64().expect("an id"),
    };
    let transport = Arc::new(HttpTransport::new(&wecom.base()));
    let wiring = Wiring::new(transport, Arc::new(MemoryTokens::default()), clocks::system());
    (app.corp_id.clone(), Client::new(app, wiring))
}

fn word(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// An address that takes callbacks as the platform would: verified, opened, answered.
fn receiver(corp: &str) -> (String, Receiver<Event>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/callback", listener.local_addr().expect("it is bound"));
    let callback = Callback::new(TOKEN, AES_KEY, corp).expect("a good key");
    let (events, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (head, body) = request(&stream);
            let query = Query::parse(
                head.split(' ').nth(1).and_then(|path| path.split_once('?')).map_or("", |(_, query)| query),
            );
            let now = clocks::system().now();
            let answer = if head.starts_with("GET") {
                callback.verify_url(&query, now)
            } else {
                callback.receive(&query, &body, now).map(|event| {
                    let _ = events.send(event);
                    String::new()
                })
            };
            let (status, text) = match answer {
                Ok(text) => ("200 OK", text),
                Err(error) => ("400 Bad Request", error.to_string()),
            };
            let _ = write!(
                &stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
        }
    });
    (url, received)
}

fn request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    let _ = reader.read_line(&mut first);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    (first, body)
}

#[test]
fn everything_is_read_as_it_is() {
    let wecom = Wecom::start("tiny", &["--standing"]);
    let (_, client) = client_of(&wecom);
    client.check_credentials().expect("the credentials are right");

    let departments: BTreeSet<i64> = client.departments(None).unwrap().into_iter().map(|own| own.id).collect();
    let staff = wecom.list("staff");
    assert!(staff.iter().all(|own| {
        own["departments"].as_array().unwrap().iter().all(|id| departments.contains(&id.as_i64().unwrap()))
    }));
    let ids: BTreeSet<String> = client.all_staff().unwrap().into_iter().map(|own| own.userid).collect();
    assert_eq!(ids, staff.iter().map(|own| word(&own["userid"])).collect());

    let serving = client.follow_users().unwrap();
    let mut read: BTreeMap<(String, String), (String, i64)> = BTreeMap::new();
    for row in client.customers_of(&serving).items() {
        let row = row.unwrap();
        let follow = row.follow_info;
        read.insert((follow.userid, row.external_contact.external_userid), (follow.remark, follow.add_way));
    }
    let relations = wecom.list("relations");
    let real = relations.iter().filter(|own| own["status"] == "Active").map(|own| {
        let key = (word(&own["userid"]), word(&own["external_userid"]));
        (key, (word(&own["remark"]), own["add_way"].as_i64().unwrap()))
    });
    assert_eq!(read, real.collect());
    assert!(!read.is_empty());

    let groups = wecom.list("groups");
    let listed: BTreeSet<String> = client.groups(&[], 0).items().map(|row| row.unwrap().chat_id).collect();
    assert_eq!(listed, groups.iter().map(|own| word(&own["chat_id"])).collect());
    for group in &groups {
        let own = client.group(group["chat_id"].as_str().unwrap()).unwrap();
        assert_eq!((own.name, own.owner), (word(&group["name"]), word(&group["owner"])));
        let members: BTreeSet<String> = own.member_list.into_iter().map(|member| member.userid).collect();
        assert_eq!(members, group["members"].as_array().unwrap().iter().map(word).collect());
    }

    // What is not there, and what is not allowed, has its documented code.
    let missing = client.customer("wmNobodyAtAll").expect_err("there is no such customer");
    assert_eq!((missing.code(), missing.retry), (Some(40096), Retry::Never), "{missing:?}");
}

#[test]
fn what_we_change_is_there_and_what_they_do_arrives() {
    let wecom = Wecom::start("tiny", &["--standing"]);
    let (corp, client) = client_of(&wecom);
    let (url, received) = receiver(&corp);
    wecom.post("/sandbox/settings", &json!({ "hush": true }));
    wecom.post("/sandbox/callback", &json!({ "url": url, "token": TOKEN, "encoding_aes_key": AES_KEY }));
    let next = || received.recv_timeout(Duration::from_secs(20)).expect("a callback");

    let guide = client.follow_users().unwrap().remove(0);
    let way = client.add_contact_way(&ContactWay::qr(vec![guide.clone()], "store", "门店立牌")).unwrap();
    assert!(way.qr_code.is_some_and(|code| code.starts_with("http")));
    let friend = word(&wecom.act(&json!({ "do": "scan", "config_id": way.config_id }))["external_userid"]);
    let event = next();
    let Happened::Contact { change: ContactChange::Added { state, welcome_code, .. }, user_id, external_user_id } =
        &event.what
    else {
        panic!("somebody was added, not {event:?}")
    };
    assert_eq!((state.as_deref(), user_id, external_user_id), (Some("store"), &guide, &friend));
    assert!(!event.identity().is_empty());

    // A welcome goes out once.
    let code = welcome_code.clone().expect("a welcome is possible");
    let welcome =
        Welcome { welcome_code: code, text: Some(Text { content: "欢迎 %NICKNAME%".into() }), ..Welcome::default() };
    assert_eq!(client.send_welcome(&welcome).unwrap(), Welcomed::Sent);
    let second = client.send_welcome(&welcome).expect_err("a code is good once");
    assert_eq!((second.code(), second.retry), (Some(41050), Retry::Never), "{second:?}");

    // However far the world is put forward, a strict receiver takes what comes.
    wecom.post("/sandbox/advance", &json!({ "days": 90 }));

    let tags = NewTags {
        group_name: Some("来源".into()),
        tag: vec![NewTag { name: "门店".into(), ..NewTag::default() }],
        ..NewTags::default()
    };
    let tag = client.add_corp_tags(&tags).unwrap().tag.remove(0).id;
    let mark = MarkTag {
        userid: guide.clone(),
        external_userid: friend.clone(),
        add_tag: Some(vec![tag.clone()]),
        remove_tag: None,
    };
    client.mark_tag(&mark).unwrap();
    let remark = Remark {
        userid: guide.clone(),
        external_userid: friend.clone(),
        remark: Some("王小姐".into()),
        ..Remark::default()
    };
    client.set_remark(&remark).unwrap();
    let read = client.customer(&friend).unwrap();
    let follow = read.follow_user.iter().find(|own| own.userid == guide).expect("the two are friends");
    assert_eq!(follow.remark, "王小姐");
    assert!(follow.tags.iter().any(|own| own.tag_id.as_deref() == Some(tag.as_str())), "{follow:?}");

    wecom.act(&json!({ "do": "delete", "person": friend, "userid": guide }));
    let lost = loop {
        let event = next();
        if let Happened::Contact { change: ContactChange::RemovedByCustomer, user_id, external_user_id } = event.what {
            break (user_id, external_user_id);
        }
    };
    assert_eq!(lost, (guide, friend));
}

#[test]
fn wrong_arguments_are_told() {
    for (args, code) in [
        (["--listen", "nowhere"], "sandbox_listen"),
        (["--scale", "galaxy"], "sandbox_scale"),
        (["--faults", "late=2"], "sandbox_faults"),
        (["--listen", "0.0.0.0:0"], "sandbox_public"),
        (["--listen", "[::]:0"], "sandbox_public"),
    ] {
        let out = siyu().args(["--json", "sandbox"]).args(args).output().expect("it runs");
        let said: Value = serde_json::from_slice(&out.stdout).expect("one JSON line");
        assert!(!out.status.success());
        assert_eq!(said["error"]["code"], code, "{said}");
    }
}
