//! `kill -9` while thousands of mails or SMS go out to a server that now and then takes one and never says so: of each message people = sent + skipped +
//! failed + waiting whenever somebody looks, nobody gets it twice, and nobody is lost.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run, `SIYU_KILLS` for another number of them.

mod common;

use common::wecom::Wecom;
use common::{Place, Server, chance, http, kills};
use serde_json::{Value, json};
use siyu_kernel::{Chance, Stopwatch};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PEOPLE: usize = 3_000;

/// What a mail server has taken: how often each receiver, and how often each Message-ID.
#[derive(Default)]
struct Taken {
    receivers: BTreeMap<String, usize>,
    ids: BTreeMap<String, usize>,
}

/// A server that takes mail for `example.com`, has no mailbox for every fortieth, and closes the connection instead of answering for every fiftieth.
struct Sink {
    port: u16,
    taken: Arc<Mutex<Taken>>,
}

impl Sink {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let taken = Arc::new(Mutex::new(Taken::default()));
        let all = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let all = Arc::clone(&all);
                // A sender that is killed breaks its connections.
                std::thread::spawn(move || drop(serve(stream, &all)));
            }
        });
        Self { port, taken }
    }
}

fn number_of(receiver: &str) -> usize {
    receiver.trim_start_matches('u').split('@').next().and_then(|own| own.parse().ok()).unwrap_or(0)
}

fn serve(stream: TcpStream, taken: &Mutex<Taken>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    out.write_all(b"220 sink ESMTP\r\n")?;
    let mut receiver = String::new();
    while let Some(line) = lines.next() {
        let line = line?;
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" | "HELO" => out.write_all(b"250-sink\r\n250 8BITMIME\r\n")?,
            "RCPT" => {
                receiver = line
                    .split_once('<')
                    .and_then(|(_, rest)| rest.split_once('>'))
                    .map_or("", |(own, _)| own)
                    .to_owned();
                if number_of(&receiver) % 40 == 7 {
                    out.write_all(b"550 5.1.1 no such mailbox\r\n")?;
                } else {
                    out.write_all(b"250 ok\r\n")?;
                }
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let (mut id, mut is_whole) = (String::new(), false);
                for own in lines.by_ref() {
                    let own = own?;
                    if own == "." {
                        is_whole = true;
                        break;
                    }
                    if let Some(own) = own.strip_prefix("Message-ID: ") {
                        id = own.to_owned();
                    }
                }
                // Of a sender that is killed in the middle of it nothing is taken.
                if !is_whole {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(8));
                {
                    let mut taken = taken.lock().expect("whole");
                    *taken.receivers.entry(receiver.clone()).or_default() += 1;
                    *taken.ids.entry(id).or_default() += 1;
                }
                if number_of(&receiver) % 50 == 13 {
                    return Ok(());
                }
                out.write_all(b"250 taken\r\n")?;
            }
            "QUIT" => {
                out.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => out.write_all(b"250 ok\r\n")?,
        }
    }
    Ok(())
}

fn put(server: &Server, key: &str, path: &str, body: &Value) {
    let (status, answer) = http::put(&server.address, &format!("/api/v1{path}"), key, body).expect("an answer");
    assert_eq!(status, 200, "{answer}");
}
fn post(server: &Server, key: &str, path: &str, body: &Value) -> Value {
    let (status, made) = http::post(&server.address, &format!("/api/v1{path}"), key, body).expect("an answer");
    assert_eq!(status, 201, "{made}");
    made
}
fn number(of: &Value, name: &str) -> i64 {
    of[name].as_i64().unwrap_or_else(|| panic!("{name} in {of}"))
}
/// The run, with its sums checked.
fn run(server: &Server, key: &str, id: &str) -> Value {
    let run = server.api(key, &format!("/runs/{id}"));
    let ends: i64 = ["sent", "skipped", "failed", "waiting"].iter().map(|end| number(&run, end)).sum();
    assert_eq!((number(&run, "audience"), ends), (PEOPLE as i64, PEOPLE as i64), "{run}");
    let reasons: i64 = run["reasons"].as_object().expect("reasons").values().filter_map(Value::as_i64).sum();
    assert_eq!(reasons + number(&run, "sent"), PEOPLE as i64, "{run}");
    run
}

fn mails_live_through(place: &Place, points: usize, chance: &Chance) {
    let sink = Sink::start();
    let rows: String = (0..PEOPLE).map(|n| format!("u{n}@example.com\n")).collect();
    let file = place.write("people.csv", format!("email\n{rows}"));
    assert_eq!(place.import("people", &file, &["--map", "email=email"])["imported"], PEOPLE);
    let key = place.key("api");
    let mut server = Server::start(place);
    // What a kill leaves open counts as failed: the breaker would stop the message, and rightly.
    server.without_limits(&key, &json!({ "breaker_percent": 100.0 }));
    let account = json!({ "host": "127.0.0.1", "port": sink.port, "security": "none", "from": "news@shop.example", "from_name": "Shop", "per_minute": 100_000, "domain_per_minute": 100_000 });
    put(&server, &key, "/mail/account", &account);
    let everybody = json!({ "name": "everybody", "rule": { "field": "created.days", "op": "gte", "value": 0 } });
    let audience = post(&server, &key, "/audiences", &everybody);

    let mail = json!({ "subject": "Hello {{ customer.name or \"friend\" }}", "text": "A word about your order." });
    let broadcast =
        json!({ "name": "mail", "channel": "email", "mail": mail, "service": true, "audience": audience["id"] });
    let made = post(&server, &key, "/broadcasts", &broadcast);
    let id = made["id"].as_str().expect("an id").to_owned();
    let mut halfway = 0;
    let mut before = 0;
    for _ in 0..points {
        // Some mail has gone out since the last kill.
        let _ = (0..400).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            let own = run(&server, &key, &id);
            number(&own, "sent") > before || own["state"] == "ended"
        });
        std::thread::sleep(Duration::from_millis(chance.below(150)));
        run(&server, &key, &id);
        server.kill();
        server = Server::start(place);
        let own = run(&server, &key, &id);
        before = number(&own, "sent");
        halfway += usize::from(before > 0 && number(&own, "waiting") > 0);
    }
    eprintln!("{halfway} of {points} kills came while mails went out");
    assert!(halfway > 0, "no kill came in between");
    // Whose outcome a kill left open is settled a minute later.
    let ended = (0..3_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Some(run(&server, &key, &id)).filter(|own| own["state"] == "ended")
    });
    let ended = ended.expect("the message ends");

    let taken = sink.taken.lock().expect("whole");
    let twice: Vec<_> = taken.receivers.iter().chain(&taken.ids).filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "mails came twice: {twice:?}");
    let (sent, unknown) = (number(&ended, "sent"), ended["reasons"]["outcome_unknown"].as_i64().unwrap_or(0));
    let came = taken.receivers.len() as i64;
    assert!(sent <= came && came <= sent + unknown, "{came} came; {ended}");
    // Who has a mailbox has had a mail, or nobody knows; who has none is told to have none, unless a kill came in between.
    let (all, refused) = (PEOPLE as i64, ended["reasons"]["mail_no_mailbox"].as_i64().unwrap_or(0));
    let boxes = (0..PEOPLE).filter(|n| n % 40 != 7).count() as i64;
    assert_eq!(sent + unknown + refused, all, "{ended}");
    assert!(refused <= all - boxes && sent + unknown >= boxes, "{ended}");
    let silent = (0..PEOPLE).filter(|n| n % 40 != 7 && n % 50 == 13).count() as i64;
    assert!(unknown >= silent, "{ended}");
    assert!(unknown <= silent + 32 * points as i64, "a kill leaves one batch open: {ended}");
    drop(server);
    // Nothing is known in DNS of this sender, and the doctor says so.
    let doctor = place.run(&["doctor", "--json"]);
    let checks: Vec<Value> = doctor.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for key in ["database", "log", "columns", "books", "mail_account", "mail_connection"] {
        let state = checks.iter().find(|check| check["key"] == key).map(|check| check["state"].clone());
        assert_eq!(state, Some(json!("ok")), "{key}: {checks:?}");
    }
}

#[test]
fn mails_are_killed() {
    mails_live_through(&Place::sqlite(), kills(6), &chance("mails on SQLite"));
}

#[test]
fn mails_on_postgres_are_killed() {
    if let Some(place) = Place::postgres() {
        mails_live_through(&place, kills(4), &chance("mails on PostgreSQL"));
    }
}

/// What goes wrong at the SMS provider meanwhile: busy, too many requests, a gateway that says nothing of use.
const FAULTS: &str = "busy=0.02,limit=0.02,proxy=0.03";

fn texts_live_through(place: &Place, provider: &str, points: usize, chance: &Chance) {
    let office = Wecom::quiet("small");
    let keys = office.get("/sandbox/sms");
    // Everybody is called by their own name: at Aliyun such requests bring no id of ours back.
    let rows: String = (0..PEOPLE).map(|n| format!("1391{n:07},客{n}\n")).collect();
    let file = place.write("people.csv", format!("phone,name\n{rows}"));
    let imported = place.import("people", &file, &["--map", "phone=phone", "--map", "trait.name=name"]);
    assert_eq!(imported["imported"], PEOPLE);
    let key = place.key("api");
    let mut server = Server::start(place);
    server.without_limits(&key, &json!({ "breaker_percent": 100.0 }));
    let own = &keys[provider];
    let (id, secret) = if provider == "aliyun" { ("key_id", "key_secret") } else { ("secret_id", "secret_key") };
    let (code, order) = if provider == "aliyun" { ("SMS_100002", "order") } else { ("100002", "2") };
    let name = if provider == "aliyun" { "name" } else { "1" };
    let account = json!({ "provider": provider, "sign": keys["signs"][0], "base": office.base(), "key_id": own[id], "key_secret": own[secret], "app_id": own["app_id"] });
    put(&server, &key, "/sms/account", &account);
    let text = keys["templates"].as_array().expect("templates").iter().find(|own| own["code"] == code).expect("ours");
    let template = json!({ "name": "sent", "provider": provider, "code": code, "sign": keys["signs"][0], "text": text["text"], "class": "notice" });
    let template = post(&server, &key, "/sms/templates", &template);
    let everybody = json!({ "name": "everybody", "rule": { "field": "created.days", "op": "gte", "value": 0 } });
    let audience = post(&server, &key, "/audiences", &everybody);
    // Reports come to wherever the server listens by then: those of a killed one are tried again, and asked for.
    let pushes = |server: &Server| {
        let account = server.api(&key, "/sms/account");
        let url = |what: &str| format!("http://{}{}", server.address, account[what].as_str().expect("a path"));
        let push = json!({ "provider": provider, "reports": url("push_reports"), "replies": url("push_replies") });
        office.post("/sandbox/sms", &json!({ "push": push }));
    };
    pushes(&server);
    office.post("/sandbox/settings", &json!({ "faults": FAULTS }));

    let sms =
        json!({ "template": template["id"], "params": { name: "{{ customer.name or \"friend\" }}", order: "A1" } });
    let broadcast = json!({ "name": "sms", "channel": "sms", "sms": sms, "service": true, "audience": audience["id"] });
    let made = post(&server, &key, "/broadcasts", &broadcast);
    let id = made["id"].as_str().expect("an id").to_owned();
    let (mut halfway, mut before) = (0, 0);
    for _ in 0..points {
        let _ = (0..400).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            let own = run(&server, &key, &id);
            number(&own, "sent") > before || own["state"] == "ended"
        });
        std::thread::sleep(Duration::from_millis(chance.below(60)));
        run(&server, &key, &id);
        server.kill();
        server = Server::start(place);
        pushes(&server);
        let own = run(&server, &key, &id);
        before = number(&own, "sent");
        halfway += usize::from(before > 0 && number(&own, "waiting") > 0);
    }
    eprintln!("{halfway} of {points} kills came while SMS went out");
    assert!(halfway > 0, "no kill came in between");
    office.post("/sandbox/settings", &json!({ "faults": "" }));
    // Of whom nobody knows, Aliyun tells after three minutes; Tencent Cloud after three days, which nobody waits for here.
    let mut last = run(&server, &key, &id);
    let mut quiet_since = Stopwatch::start();
    while last["state"] != "ended" && (provider == "aliyun" || quiet_since.seconds() < 20.0) {
        assert!(quiet_since.seconds() < 400.0, "nothing happens any more: {last}");
        std::thread::sleep(Duration::from_millis(200));
        let own = run(&server, &key, &id);
        if own["sent"] != last["sent"] || own["failed"] != last["failed"] {
            quiet_since = Stopwatch::start();
        }
        last = own;
    }
    let all = office.get("/sandbox/sms/sent?limit=100000");
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for one in all.as_array().expect("a list") {
        *taken.entry(one["phone"].as_str().expect("a number")).or_default() += 1;
    }
    let twice: Vec<_> = taken.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "SMS came twice: {twice:?}");
    let (came, sent, waiting) = (taken.len() as i64, number(&last, "sent"), number(&last, "waiting"));
    eprintln!("{came} of {PEOPLE} came; {last}");
    // Nobody but those of whom nobody knows is left open, and whoever is told to have it has it.
    assert!(sent <= came && came <= sent + waiting, "{came} came; {last}");
    assert_eq!(sent + waiting, PEOPLE as i64, "a fault is no end: {last}");
    assert!(waiting <= 200 * (points as i64 + 4), "a kill or a fault leaves a request open: {last}");
    if provider == "aliyun" {
        assert_eq!(waiting, 0, "{last}");
    }
    // What the operator reported is known of each that came; reports that met a killed server come again a minute later.
    let mut delivery = Value::Null;
    let told = (0..1_500).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        delivery = server.api(&key, &format!("/broadcasts/{id}"))["delivery"].clone();
        number(&delivery, "delivered") + number(&delivery, "bounced") == came
    });
    assert!(told && number(&delivery, "bounced") > 0, "{came} came: {delivery}");
}

#[test]
fn texts_are_killed() {
    texts_live_through(&Place::sqlite(), "aliyun", kills(6), &chance("SMS on SQLite"));
}

#[test]
fn texts_on_postgres_are_killed() {
    if let Some(place) = Place::postgres() {
        texts_live_through(&place, "tencent", kills(4), &chance("SMS on PostgreSQL"));
    }
}
