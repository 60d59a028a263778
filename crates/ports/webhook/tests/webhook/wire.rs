//! The real client against real servers on this machine, which the guard is told to let through.

use siyu_kernel::{Clock, FakeClock, Health, Stopwatch, Time};
use siyu_webhook::*;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    fn url(&self) -> String {
        format!("http://{}/hook?shop=1", self.address)
    }
}

/// `reply` writes the answer; the connection is closed behind it.
fn serve(reply: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (connections, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (count, kept, reply) = (connections.clone(), seen.clone(), Arc::new(reply));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let (kept, reply) = (kept.clone(), reply.clone());
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let Some(request) = read(&mut BufReader::new(stream.try_clone().unwrap())) else { return };
                kept.lock().unwrap().push(request);
                reply(&mut stream);
            });
        }
    });
    Server { address, connections, seen }
}

fn answering(text: &'static str) -> Server {
    serve(move |stream| drop(stream.write_all(text.as_bytes())))
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
    seen.body = vec![0; seen.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut seen.body).ok()?;
    Some(seen)
}

fn now() -> Time {
    Time::parse("2026-03-03T02:00:00Z").unwrap()
}
fn wiring(server: &Server) -> Wiring {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    Wiring { guard: Guard::default().also(server.address), timeout: Duration::from_secs(3), ..Wiring::new(clock) }
}
fn send(server: &Server) -> Attempt {
    let keys = [Key::generate()];
    Webhooks::new(wiring(server)).send(&Hook { url: &server.url(), keys: &keys }, "msg_1", b"{}")
}

#[test]
fn an_event_arrives_signed_by_every_key() {
    let server = answering("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    let keys = [Key::generate(), Key::generate(), Key::generate_own()];
    let body = payload("order.paid", now(), &serde_json::json!({"id": "ord_1", "buyer": "张三"})).unwrap();
    let attempt = Webhooks::new(wiring(&server)).send(&Hook { url: &server.url(), keys: &keys }, "msg_1", &body);
    assert_eq!((attempt.outcome, attempt.status, attempt.at), (Ok(()), Some(204), now()));
    let seen = server.seen.lock().unwrap()[0].clone();
    assert_eq!((seen.line.trim_end(), &seen.body), ("POST /hook?shop=1 HTTP/1.1", &body));
    assert_eq!(seen.header("host"), server.address.to_string());
    assert!(seen.header("content-type").starts_with("application/json"));
    let signed = Signed {
        id: seen.header("webhook-id"),
        timestamp: seen.header("webhook-timestamp"),
        signature: seen.header("webhook-signature"),
    };
    for key in keys {
        let verifier = Verifier { public_keys: key.public().into_iter().collect(), keys: vec![key] };
        assert_eq!(verifier.verify(&signed, &seen.body, now()), Ok(Received { id: "msg_1".into(), at: now() }));
    }
}

#[test]
fn statuses_decide() {
    let later = |seconds| Retry::NotBefore(now().plus_seconds(seconds));
    for (answer, want) in [
        ("200 OK", None),
        ("202 Accepted", None),
        ("301 Moved", Some(("webhook_redirected", Retry::Later))),
        ("400 Bad", Some(("webhook_refused", Retry::Later))),
        ("401 No", Some(("webhook_refused", Retry::Later))),
        ("404 Not Found", Some(("webhook_refused", Retry::Later))),
        ("410 Gone", Some(("webhook_gone", Retry::Disable))),
        ("429 Slow\r\nRetry-After: 120", Some(("webhook_busy", later(120)))),
        ("503 Away\r\nRetry-After: Tue, 03 Mar 2026 03:00:00 GMT", Some(("webhook_busy", later(3600)))),
        ("503 Away\r\nRetry-After: soon", Some(("webhook_busy", Retry::Later))),
        ("410 Gone\r\nRetry-After: 5", Some(("webhook_gone", Retry::Disable))),
        ("500 Oh", Some(("webhook_failed", Retry::Later))),
        ("502 Bad Gateway", Some(("webhook_busy", Retry::Later))),
    ] {
        let server = serve(move |stream| {
            let text = format!("HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: 4\r\n\r\nwhy\n");
            let _ = stream.write_all(text.as_bytes());
        });
        let attempt = send(&server);
        let told = attempt.outcome.as_ref().err().map(|error| (error.name(), error.retry));
        assert_eq!(told, want, "{answer}");
        assert_eq!((attempt.answer.as_str(), server.connections.load(Ordering::SeqCst)), ("why ", 1), "{answer}");
    }
}

#[test]
fn redirects_are_not_followed() {
    let inside = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let target = inside.url();
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let server = serve(move |stream| {
            let text = format!(
                "HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
            let _ = stream.write_all(text.as_bytes());
        });
        // Even where the guard would let it through.
        let mut wiring = wiring(&server);
        wiring.guard = wiring.guard.also(inside.address);
        let keys = [Key::generate()];
        let attempt = Webhooks::new(wiring).send(&Hook { url: &server.url(), keys: &keys }, "msg_1", b"{}");
        assert_eq!(attempt.outcome.unwrap_err().name(), "webhook_redirected");
    }
    assert_eq!(inside.connections.load(Ordering::SeqCst), 0);
}

#[test]
fn nobody_is_kept_waiting_or_filled_up() {
    let silent = serve(|_| std::thread::sleep(Duration::from_secs(10)));
    // Ends neither its headers nor its body.
    let drips = serve(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Pad: 1\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let endless = serve(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let slow_body = serve(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        std::thread::sleep(Duration::from_secs(10));
    });
    let fat_headers = serve(|stream| {
        let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\nX-Pad: {}\r\n\r\n", "x".repeat(100_000)).as_bytes());
    });
    for (name, server, want) in [
        ("silent", &silent, "webhook_timed_out"),
        ("drips", &drips, "webhook_timed_out"),
        ("endless", &endless, "ok"),
        ("slow body", &slow_body, "ok"),
        ("fat headers", &fat_headers, "webhook_broken"),
    ] {
        let watch = Stopwatch::start();
        let attempt = send(server);
        assert_eq!(attempt.outcome.as_ref().map_or_else(|error| error.name(), |()| "ok"), want, "{name}");
        assert!(watch.seconds() < 6.0, "{name}: {}", watch.seconds());
        assert!(attempt.answer.len() <= 1024, "{name}");
    }
}

#[test]
fn what_breaks_is_told_apart() {
    let cut = serve(|_| ());
    let cut_answer = answering("HTTP/1.1 200 O");
    let no_http = answering("SSH-2.0-x\r\n\r\n");
    for server in [&cut, &cut_answer, &no_http] {
        assert_eq!(send(server).outcome.unwrap_err().name(), "webhook_broken");
    }
    let closed = Server { address: TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), ..answering("") };
    assert_eq!(send(&closed).outcome.unwrap_err().name(), "webhook_unreachable");
    // TLS asked of one that does not speak it.
    let plain = serve(|_| ());
    let keys = [Key::generate()];
    let url = format!("https://{}/", plain.address);
    let error =
        Webhooks::new(wiring(&plain)).send(&Hook { url: &url, keys: &keys }, "msg_1", b"{}").outcome.unwrap_err();
    assert!(["webhook_tls_failed", "webhook_broken", "webhook_timed_out"].contains(&error.name()), "{error:?}");
}

#[test]
fn nothing_wrong_is_sent() {
    let server = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let keys = [Key::generate()];
    let webhooks = Webhooks::new(wiring(&server));
    let url = server.url();
    let send = |url: &str, keys: &[Key], id: &str, body: &[u8]| {
        webhooks.send(&Hook { url, keys }, id, body).outcome.unwrap_err().name()
    };
    assert_eq!(send(&url, &keys, "", b"{}"), "webhook_id_malformed");
    assert_eq!(send(&url, &keys, "a\r\nx: y", b"{}"), "webhook_id_malformed");
    assert_eq!(send(&url, &keys, "a.b", b"{}"), "webhook_id_malformed");
    assert_eq!(send(&url, &[], "msg_1", b"{}"), "webhook_key_missing");
    assert_eq!(send(&url, &keys, "msg_1", &vec![b' '; BODY_MAX + 1]), "webhook_body_too_large");
    assert_eq!(send("https://127.0.0.1/", &keys, "msg_1", b"{}"), "webhook_host_refused");
    assert_eq!(send("http://example.com/", &keys, "msg_1", b"{}"), "webhook_scheme_refused");
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

/// Names that lead where a test says, each time anew.
struct Names<F>(F, AtomicUsize);

impl<F: Fn(usize) -> io::Result<Vec<SocketAddr>> + Send + Sync> Lookup for Names<F> {
    fn lookup(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        (self.0)(self.1.fetch_add(1, Ordering::SeqCst))
    }
}

fn send_by(
    server: &Server,
    names: impl Fn(usize) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    also: bool,
) -> (Attempt, usize) {
    let names = Arc::new(Names(names, AtomicUsize::new(0)));
    let mut wiring = Wiring { lookup: names.clone(), ..wiring(server) };
    if !also {
        wiring.guard = Guard::default();
    }
    wiring.guard = wiring.guard.with_ports(vec![443, server.address.port()]);
    let url = format!("https://hooks.example.com:{}/", server.address.port());
    let keys = [Key::generate()];
    let attempt = Webhooks::new(wiring).send(&Hook { url: &url, keys: &keys }, "msg_1", b"{}");
    (attempt, names.1.load(Ordering::SeqCst))
}

/// A public name that leads inside: refused before a byte is sent.
#[test]
fn a_name_that_leads_inside_is_refused() {
    let server = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let inside = server.address;
    let public: SocketAddr = format!("93.184.216.34:{}", inside.port()).parse().unwrap();
    for addresses in
        [vec![inside], vec![public, inside], vec![inside, public], vec!["[::ffff:10.0.0.1]:443".parse().unwrap()]]
    {
        let (attempt, _) = send_by(&server, move |_| Ok(addresses.clone()), false);
        assert_eq!(attempt.outcome.unwrap_err().name(), "webhook_host_refused");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
    let (attempt, _) = send_by(&server, |_| Err(io::Error::other("no such name")), false);
    assert_eq!(attempt.outcome.unwrap_err().name(), "webhook_name_unknown");
    let (attempt, _) = send_by(&server, |_| Ok(Vec::new()), false);
    assert_eq!(attempt.outcome.unwrap_err().name(), "webhook_name_unknown");
}

/// The name is asked once, and what it said then is what is connected to: a second answer has no chance.
#[test]
fn the_checked_address_is_the_connected_one() {
    let server = answering("");
    let first = server.address;
    let metadata: SocketAddr = "169.254.169.254:443".parse().unwrap();
    let (attempt, asked) = send_by(&server, move |time| Ok(vec![if time == 0 { first } else { metadata }]), true);
    // It speaks no TLS: what counts is who was called.
    assert!(attempt.outcome.is_err());
    assert_eq!((asked, server.connections.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn a_look_up_that_hangs_ends() {
    let server = answering("");
    let watch = Stopwatch::start();
    let (attempt, _) = send_by(
        &server,
        |_| {
            std::thread::sleep(Duration::from_secs(20));
            Ok(Vec::new())
        },
        false,
    );
    assert_eq!(attempt.outcome.unwrap_err().name(), "webhook_name_unknown");
    assert!(watch.seconds() < 8.0);
}

#[test]
fn the_check_says_what_is_wrong() {
    let keys = |found: &[siyu_kernel::Finding]| {
        found.iter().map(|one| format!("{} {:?}", one.key, one.health)).collect::<Vec<_>>().join(", ")
    };
    let key = [Key::generate()];
    let check = |server: &Server, url: &str| Webhooks::new(wiring(server)).check(&Hook { url, keys: &key });
    let good = answering(
        "HTTP/1.1 200 OK\r\nDate: Tue, 03 Mar 2026 02:00:01 GMT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(
        keys(&check(&good, &good.url())),
        "webhook_address Ok, webhook_name Ok, webhook_answer Ok, webhook_clock Ok"
    );
    let seen = good.seen.lock().unwrap()[0].clone();
    assert!(String::from_utf8(seen.body).unwrap().contains(TEST_EVENT));
    let off = answering(
        "HTTP/1.1 401 No\r\nDate: Tue, 03 Mar 2026 02:06:01 GMT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(
        keys(&check(&off, &off.url())),
        "webhook_address Ok, webhook_name Ok, webhook_answer Fail, webhook_clock Fail"
    );
    let found = check(&off, "https://10.1.2.3/");
    assert_eq!(keys(&found), "webhook_address Fail");
    assert!(found.iter().all(|one| one.health == Health::Ok || !one.remedy.0.is_empty() && !one.remedy.1.is_empty()));
    let clock: Arc<dyn Clock> = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let nowhere = Webhooks::new(Wiring::new(clock)).check(&Hook { url: "https://hooks.invalid/", keys: &key });
    assert_eq!(keys(&nowhere), "webhook_address Ok, webhook_name Fail");
}
