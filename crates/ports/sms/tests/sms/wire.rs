//! The real transport against a small server: headers, kept hosts, time-outs, broken answers.

use crate::world::*;
use siyu_kernel::{Chance, clocks};
use siyu_sms::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

type Seen = Arc<Mutex<Vec<(Vec<String>, Vec<u8>)>>>;

/// Answers each connection's first request with these bytes and closes it.
fn serve(answer: &'static str) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let kept = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut lines, mut length) = (Vec::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                lines.push(line.trim_end().to_owned());
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            kept.lock().unwrap().push((lines, body));
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
    (base, seen)
}

fn wiring() -> Wiring {
    Wiring {
        transport: Arc::new(HttpTransport::default()),
        clock: clocks::system(),
        chance: Arc::new(Chance::seeded(1)),
        limiter: Arc::new(Limiter::new(Rules::default())),
    }
}

#[test]
fn the_signed_host_is_the_one_that_is_sent() {
    let (base, seen) =
        serve("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 25\r\n\r\n{\"Code\":\"OK\",\"BizId\":\"b\"}");
    let aliyun = Aliyun::new(aliyun_keys(), &base, wiring());
    let sent = aliyun.send(&batch(&[message(1, &[("a", "甲")])]));
    assert_eq!(sent[0].outcome.as_ref().unwrap().message_id, "b");
    let (lines, body) = seen.lock().unwrap()[0].clone();
    let header = |name: &str| {
        let all: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.split_once(": ").filter(|(own, _)| own.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
            .collect();
        assert_eq!(all.len(), 1, "{name} {lines:?}");
        all[0].to_owned()
    };
    assert_eq!(lines[0], "POST / HTTP/1.1");
    // Signing what has arrived gives the signature that has arrived.
    let signed: Vec<(String, String)> =
        ["content-type", "host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"]
            .map(|name| (name.to_owned(), header(name)))
            .into();
    let signed: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let keys = aliyun_keys();
    let again = signing::Acs3 {
        key_id: &keys.key_id,
        key_secret: &keys.key_secret,
        method: "POST",
        query: &[],
        headers: &signed,
        body: &body,
    }
    .sign();
    assert_eq!(header("authorization"), again.0.authorization);
    assert_eq!(header("x-acs-content-sha256"), again.1);
}

#[test]
fn what_breaks_on_the_way_is_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let name = |base: &str| {
        let tencent = Tencent::new(tencent_keys(), base, wiring());
        tencent.send(&batch(&[message(1, &[])]))[0].outcome.clone().unwrap_err().name()
    };
    assert_eq!(name(&format!("http://{free}")), "sms_unreachable");
    assert_eq!(name("http://nowhere.invalid"), "sms_unreachable");
    assert_eq!(name(&serve("").0), "sms_outcome_unknown");
    assert_eq!(name(&serve("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Resp").0), "sms_outcome_unknown");
    assert_eq!(
        name(&serve("HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n").0),
        "sms_not_the_api"
    );
}
