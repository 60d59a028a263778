//! The server: a thread for each connection, answers made from numbers.

use super::{STAFF, staff};
use crate::Outcome;
use serde_json::{Value, json};
use siyu_kernel::Stopwatch;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was asked of it.
#[derive(Default)]
pub struct Seen {
    /// By welcome code: when it was sent, by the server's watch.
    pub welcomes: HashMap<String, Vec<f64>>,
    pub reads: usize,
    pub pages: usize,
}

struct Shared {
    seen: Mutex<Seen>,
    watch: Stopwatch,
    customers: usize,
    latency: Duration,
    /// Customers are not shown: nothing that waits for them is worked on.
    closed: bool,
}

pub struct Server {
    pub base: String,
    shared: Arc<Shared>,
}

const PAGE: usize = 100;

impl Server {
    /// `customers` shared out among the staff; each answer takes `latency`.
    pub fn start(customers: usize, latency: Duration, closed: bool) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let base = format!("http://{}", listener.local_addr()?);
        let seen = Mutex::default();
        let shared = Arc::new(Shared { seen, watch: Stopwatch::start(), customers, latency, closed });
        let own = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&own);
                std::thread::spawn(move || drop(talk(&stream, &shared)));
            }
        });
        Ok(Self { base, shared })
    }
    pub fn seconds(&self) -> f64 {
        self.shared.watch.seconds()
    }
    pub fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.shared.seen.lock().unwrap_or_else(|broken| broken.into_inner()))
    }
}

fn talk(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut out = stream.try_clone()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let answer = shared.answer(&target, &body).to_string();
        std::thread::sleep(shared.latency);
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        )?;
    }
}

impl Shared {
    fn answer(&self, target: &str, body: &[u8]) -> Value {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let asked = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(own, _)| *own == name))
                .map(|(_, value)| value)
        };
        let sent = || serde_json::from_slice::<Value>(body).unwrap_or_default();
        match path.strip_prefix("/cgi-bin/").unwrap_or(path) {
            "gettoken" => json!({ "errcode": 0, "access_token": "token", "expires_in": 7200 }),
            "department/list" => json!({ "department": [{ "id": 1, "name": "Bench", "parentid": 0, "order": 1 }] }),
            "user/list" => json!({ "userlist": (0..STAFF).map(|own| json!({
                "userid": staff(own), "name": format!("Guide {own}"), "department": [1], "main_department": 1, "status": 1
            })).collect::<Vec<_>>() }),
            "externalcontact/get_follow_user_list" => {
                json!({ "follow_user": (0..STAFF).map(staff).collect::<Vec<_>>() })
            }
            "externalcontact/get_corp_tag_list" => json!({ "tag_group": [] }),
            "externalcontact/groupchat/list" => json!({ "group_chat_list": [], "next_cursor": "" }),
            "externalcontact/batch/get_by_user" => self.page(&sent()),
            "externalcontact/get" if self.closed => json!({ "errcode": 60020, "errmsg": "not allowed" }),
            "externalcontact/get" => {
                self.noted(|seen| seen.reads += 1);
                let id = asked("external_userid").unwrap_or_default();
                let number: usize = id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
                json!({ "external_contact": contact(id), "follow_user": [{ "userid": staff(number), "remark": id, "createtime": 1_700_000_000, "add_way": 1 }] })
            }
            "externalcontact/send_welcome_msg" => {
                let (at, code) = (self.watch.seconds(), sent()["welcome_code"].as_str().unwrap_or_default().to_owned());
                let times = self.noted(|seen| {
                    let times = seen.welcomes.entry(code).or_default();
                    times.push(at);
                    times.len()
                });
                // The code is good once.
                json!({ "errcode": if times == 1 { 0 } else { 41050 }, "errmsg": "" })
            }
            _ => json!({ "errcode": 40058, "errmsg": format!("the stand-in has no {path}") }),
        }
    }
    fn noted<T>(&self, note: impl FnOnce(&mut Seen) -> T) -> T {
        note(&mut self.seen.lock().unwrap_or_else(|broken| broken.into_inner()))
    }
    /// A page of the customers of the members asked for: customer n belongs to member n mod [`STAFF`].
    fn page(&self, sent: &Value) -> Value {
        self.noted(|seen| seen.pages += 1);
        let users: Vec<&str> = sent["userid_list"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let each = self.customers / STAFF;
        let from: usize = sent["cursor"].as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let to = (from + PAGE).min(users.len() * each);
        let rows: Vec<Value> = (from..to)
            .map(|at| {
                let user = users[at / each];
                let member: usize = user.trim_start_matches("guide").parse().unwrap_or(0);
                let id = format!("wm{:030}", (at % each) * STAFF + member);
                json!({ "external_contact": contact(&id), "follow_info": { "userid": user, "remark": id, "createtime": 1_700_000_000, "add_way": 1, "tag_id": [] } })
            })
            .collect();
        let next = if to < users.len() * each { to.to_string() } else { String::new() };
        json!({ "external_contact_list": rows, "next_cursor": next })
    }
}

fn contact(id: &str) -> Value {
    json!({ "external_userid": id, "name": format!("客户 {}", &id[id.len().saturating_sub(6)..]), "type": 1, "gender": 2, "unionid": format!("o{id}") })
}
