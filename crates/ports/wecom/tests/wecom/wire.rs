//! The real transport against a small server: kept connections, time-outs, forms, outages.

use siyu_kernel::{Stopwatch, clocks};
use siyu_wecom::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came in.
#[derive(Clone, Debug, Default)]
struct Seen {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// Appended to a reply, it makes the server close the connection without having said so.
const HANG_UP: &[u8] = b"\0hang up\0";

struct Server {
    base: String,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// `reply`: the bytes for a request; empty ones cut the connection.
fn serve(reply: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (connections, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (count, kept, reply) = (connections.clone(), seen.clone(), Arc::new(reply));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let (kept, reply) = (kept.clone(), reply.clone());
            std::thread::spawn(move || {
                let stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while let Some(request) = read(&mut reader) {
                    kept.lock().unwrap().push(request.clone());
                    let answer = reply(&request);
                    let hangs_up = answer.ends_with(HANG_UP);
                    let answer = answer.strip_suffix(HANG_UP).unwrap_or(&answer);
                    if answer.is_empty() || (&stream).write_all(answer).is_err() || hangs_up {
                        return;
                    }
                }
            });
        }
    });
    Server { base, connections, seen }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut seen = Seen::default();
    reader.read_line(&mut seen.line).ok().filter(|length| *length > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        seen.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = seen.header("content-length").parse().unwrap_or(0);
    seen.body = vec![0; length];
    reader.read_exact(&mut seen.body).ok()?;
    Some(seen)
}

fn http(status: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut out =
        format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n", body.len())
            .into_bytes();
    out.extend_from_slice(body);
    out
}
fn json(body: &str) -> Vec<u8> {
    http("200 OK", "application/json; charset=UTF-8", body.as_bytes())
}
const TOKEN: &str = r#"{"errcode":0,"access_token":"T 1+&","expires_in":7200}"#;

fn client(server: &Server) -> Client {
    let transport = Arc::new(HttpTransport::new(&server.base));
    Client::new(crate::world::app(), Wiring::new(transport, Arc::new(MemoryTokens::default()), clocks::system()))
}

#[test]
fn calls_share_a_connection_and_their_values_arrive_whole() {
    let server =
        serve(
            |seen| if seen.line.contains("gettoken") { json(TOKEN) } else { json(r#"{"errcode":0,"userid":"a b"}"#) },
        );
    let client = client(&server);
    for _ in 0..5 {
        assert_eq!(client.login("C&D=1 +").unwrap().userid.as_deref(), Some("a b"));
    }
    client.staff_by_mobile("13800000001").unwrap();
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    let seen = server.seen.lock().unwrap();
    assert!(
        seen[1].line.starts_with("GET /cgi-bin/auth/getuserinfo?code=C%26D%3D1+%2B&access_token=T+1%2B%26 HTTP/1.1"),
        "{}",
        seen[1].line
    );
    let post = seen.last().unwrap();
    assert!(post.line.starts_with("POST /cgi-bin/user/getuserid?access_token="));
    assert_eq!(
        (post.header("content-type"), post.body.as_slice()),
        ("application/json; charset=utf-8", &br#"{"mobile":"13800000001"}"#[..])
    );
}

#[test]
fn an_upload_is_a_form_with_one_file() {
    let server = serve(|seen| match seen.line.contains("gettoken") {
        true => json(TOKEN),
        false => json(r#"{"errcode":0,"errmsg":"","type":"image","media_id":"M","created_at":"1380000000"}"#),
    });
    let content: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let up = client(&server).upload_media(MediaKind::Image, "海报 \"1\".PNG", &content).unwrap();
    assert_eq!((up.media_id.as_str(), up.created_at), ("M", 1_380_000_000));
    let seen = server.seen.lock().unwrap()[1].clone();
    assert!(seen.line.contains("/cgi-bin/media/upload?type=image&access_token="));
    let boundary = seen.header("content-type").strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
    let (head, rest) = seen.body.split_at(seen.body.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    assert!(
        head.starts_with(&format!("--{boundary}\r\n"))
            && head.contains("name=\"media\"; filename=\"海报 _1_.PNG\"")
            && head.contains("Content-Type: image/png"),
        "{head}"
    );
    assert_eq!(rest.strip_suffix(format!("\r\n--{boundary}--\r\n").as_bytes()).unwrap(), content);
}

#[test]
fn a_silent_server_ends_in_a_time_out_not_in_a_wait() {
    let server = serve(|seen| {
        if seen.line.contains("gettoken") {
            return json(TOKEN);
        }
        std::thread::sleep(Duration::from_secs(20));
        Vec::new()
    });
    let client = client(&server);
    client.check_credentials().unwrap();
    let watch = Stopwatch::start();
    let message = MassMessage { sender: Some("u".into()), text: Some(Text::new("t")), ..MassMessage::default() };
    let error = client.within(Duration::from_millis(400)).create_mass(&message).unwrap_err();
    assert_eq!((error.kind, error.retry), (Kind::TimedOut, Retry::LookFirst));
    assert!(watch.seconds() < 5.0, "{}", watch.seconds());
}

#[test]
fn outages_and_strange_answers_become_errors() {
    let cases: Vec<(&str, Vec<u8>, Kind)> = vec![
        ("bad gateway", http("502 Bad Gateway", "text/html", b"<html>502</html>"), Kind::Http(502)),
        ("not found", http("404 Not Found", "text/plain", b""), Kind::Http(404)),
        (
            "moved",
            http("301 Moved Permanently\r\nLocation: https://elsewhere.example.com/", "text/html", b""),
            Kind::Http(301),
        ),
        ("broken JSON", json("{\"errcode\":0,"), Kind::Http(200)),
        ("other JSON", json("[1,2]"), Kind::Http(200)),
        ("wrong shape", json(r#"{"errcode":0,"userid":{"a":1}}"#), Kind::Shape),
        ("cut off", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errcode\"".to_vec(), Kind::Broken),
        ("no answer", Vec::new(), Kind::Broken),
        ("not HTTP", b"SSH-2.0-x\r\n\r\n".to_vec(), Kind::Broken),
    ];
    for (name, answer, kind) in cases {
        let cut = name == "cut off" || name == "not HTTP";
        let sent = Arc::new(AtomicUsize::new(0));
        let (counter, served) = (sent.clone(), answer);
        let server = serve(move |seen| {
            if seen.line.contains("gettoken") {
                return json(TOKEN);
            }
            // The second reply on a connection that should end is nothing.
            if cut && counter.fetch_add(1, Ordering::SeqCst) % 2 == 1 { Vec::new() } else { served.clone() }
        });
        // Where no end of the answer is seen, the time is waited for.
        let client = client(&server).within(Duration::from_millis(if cut { 1_500 } else { 60_000 }));
        let error = client.staff_by_mobile("1").unwrap_err();
        let timed = cut && error.kind == Kind::TimedOut;
        assert!(error.kind == kind || timed, "{name}: {error:?}");
    }
}

#[test]
fn a_closed_port_is_unreachable_and_safe_to_repeat() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let transport = HttpTransport::new(&format!("http://127.0.0.1:{port}/"));
    let request =
        Request { method: Method::Get, path: "/x".into(), query: vec![], body: None, timeout: Duration::from_secs(2) };
    assert_eq!(transport.send(&request).unwrap_err().fault, Fault::Unreachable);
}

#[test]
fn a_file_keeps_its_name_and_type() {
    let server = serve(|seen| match seen.line.contains("gettoken") {
        true => json(TOKEN),
        false => {
            http("200 OK\r\nContent-disposition: attachment; filename=\"a.jpg\"", "image/jpeg", &[0xff, 0xd8, 0xff])
        }
    });
    let file = client(&server).download_media("M").unwrap();
    assert_eq!(
        (file.content_type.as_str(), file.file_name.as_deref(), file.body.len()),
        ("image/jpeg", Some("a.jpg"), 3)
    );
}

/// A server that closes kept connections without a word must not lose or double a call.
#[test]
fn a_connection_closed_while_idle_does_not_repeat_a_creation() {
    let server = serve(|seen| {
        let body = if seen.line.contains("gettoken") { TOKEN } else { r#"{"errcode":0,"msgid":"m"}"# };
        let mut answer = http("200 OK", "application/json", body.as_bytes());
        answer.extend_from_slice(HANG_UP);
        answer
    });
    let client = client(&server);
    let message = MassMessage { sender: Some("u".into()), text: Some(Text::new("t")), ..MassMessage::default() };
    for _ in 0..5 {
        assert_eq!(client.create_mass(&message).unwrap().msgid, "m");
        // The end of the connection arrives while nobody uses it.
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 6, "each connection serves one request");
    assert_eq!(server.seen.lock().unwrap().iter().filter(|seen| seen.line.contains("add_msg_template")).count(), 5);
}
