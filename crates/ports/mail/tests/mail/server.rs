//! Against a real SMTP server (`scripts/smtp.sh`), and against one of a few lines for what no honest server does.

use crate::world::*;
use siyu_kernel::{Clock, FakeClock, Health, Stopwatch, clocks};
use siyu_mail::*;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct Server {
    dir: PathBuf,
    ports: HashMap<String, u16>,
}

impl Server {
    fn found() -> Option<Self> {
        let dir = siyu_testkit::smtp_dir()?;
        let text = std::fs::read_to_string(dir.join("env")).unwrap();
        let ports = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, port)| (name.to_owned(), port.parse().unwrap()))
            .collect();
        Some(Self { dir, ports })
    }
    fn settings(&self, kind: &str, security: Security) -> Settings {
        let authority = std::fs::read_to_string(self.dir.join("ca.pem")).unwrap();
        Settings {
            authority: Some(authority),
            hello: "shop.localhost.example".into(),
            end_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            ..Settings::new("localhost", self.ports[kind], security)
        }
    }
    fn smtp(&self, kind: &str, security: Security, login: bool) -> Smtp {
        let login = login.then(|| ("shop@localhost.example".to_owned(), "right password".to_owned()));
        Smtp::new(Settings { login, ..self.settings(kind, security) }, clocks::system()).unwrap()
    }
    /// The mails kept for a receiver, as mail: headers of the envelope first.
    fn kept(&self, to: &str) -> Vec<mime::Part> {
        let mut out = Vec::new();
        for entry in std::fs::read_dir(self.dir.join("mail")).unwrap() {
            let part = mime::parse(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
            if part.header("x-envelope-to") == Some(to) {
                out.push(part);
            }
        }
        out
    }
}

/// A receiver that no other test has.
fn receiver(word: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{word}-{}-{}@example.com", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

#[test]
fn a_mail_arrives_whole_by_every_way() {
    let Some(server) = Server::found() else { return };
    for (kind, security, login) in
        [("PLAIN", Security::None, false), ("STARTTLS", Security::Starttls, true), ("TLS", Security::Tls, true)]
    {
        let to = receiver("ann");
        let mut mail = mail(&to);
        mail.return_path = Some(address("bounce+msg_1=abc@localhost.example"));
        let dkim = Dkim::new("localhost.example", "s1", RSA).unwrap();
        let built = build(&mail, now(), Some(&dkim), &Limits::default()).unwrap();
        let smtp = server.smtp(kind, security, login);
        let accepted = smtp.send(&built).unwrap();
        assert!(accepted.answer.contains("queued as"), "{accepted:?}");
        let kept = server.kept(&to);
        assert_eq!(kept.len(), 1, "{kind}");
        let yes = |yes: bool| Some(if yes { "yes" } else { "no" });
        let headers = ["x-envelope-from", "x-envelope-hello", "x-envelope-secure", "x-envelope-login"]
            .map(|name| kept[0].header(name));
        let want = [
            Some("bounce+msg_1=abc@localhost.example"),
            Some("shop.localhost.example"),
            yes(kind == "STARTTLS"),
            yes(login),
        ];
        // TLS from the first byte is below what this server sees of itself.
        assert_eq!((&headers[..2], headers[3]), (&want[..2], want[3]), "{kind}");
        assert!(kind == "TLS" || headers[2] == want[2], "{kind}");
        assert_eq!(kept[0].all().iter().map(|part| part.kind.clone()).collect::<Vec<_>>().len(), 7);
        smtp.close();
    }
}

/// Dots at the beginning of lines are doubled on the way and single again at the end; lines of any kind come through.
#[test]
fn bytes_arrive_as_they_were_signed() {
    let Some(server) = Server::found() else { return };
    let to = receiver("ann");
    let built = plain("msg_dots", &to);
    server.smtp("PLAIN", Security::None, false).send(&built).unwrap();
    let file = std::fs::read_dir(server.dir.join("mail")).unwrap().find_map(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let at = bytes.windows(to.len()).position(|some| some == to.as_bytes())?;
        (at < 200).then_some(bytes)
    });
    let bytes = file.unwrap();
    let begin = bytes.windows(7).position(|seven| seven == b"\r\nFrom:").unwrap() + 2;
    // The end of the content carries one line break of the protocol's own.
    let (got, want) = (bytes[begin..].trim_ascii_end(), built.bytes.trim_ascii_end());
    assert_eq!(String::from_utf8_lossy(got), String::from_utf8_lossy(want));
}

#[test]
fn connections_are_kept_and_given_up() {
    let Some(server) = Server::found() else { return };
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let smtp =
        Smtp::new(Settings { messages_max: 3, ..server.settings("PLAIN", Security::None) }, clock.clone()).unwrap();
    let peer = || {
        let to = receiver("ann");
        smtp.send(&plain("msg_kept", &to)).unwrap();
        server.kept(&to)[0].header("x-envelope-peer").unwrap().to_owned()
    };
    let first: Vec<String> = (0..3).map(|_| peer()).collect();
    assert!(first.iter().all(|own| *own == first[0]));
    let fourth = peer();
    assert_ne!(fourth, first[0], "a connection carries three");
    // A refusal does not end it.
    assert_eq!(smtp.send(&plain("msg_kept", &receiver("unknown"))).unwrap_err().name(), "mail_no_mailbox");
    assert_eq!(peer(), fourth);
    clock.advance_seconds(21);
    assert_ne!(peer(), fourth, "an old one is not used");
}

#[test]
fn refusals_say_what_they_mean() {
    let Some(server) = Server::found() else { return };
    let smtp = server.smtp("PLAIN", Security::None, false);
    for (word, want, retryable, suppresses) in [
        ("unknown", "mail_no_mailbox", false, true),
        ("full", "mail_mailbox_full", true, false),
        ("grey", "mail_deferred", true, false),
        ("relay", "mail_policy_refused", false, false),
        ("closing", "mail_busy", true, false),
        ("spam", "mail_policy_refused", false, false),
        ("later", "mail_busy", true, false),
        ("large", "mail_too_large", false, false),
    ] {
        let to = receiver(word);
        let error = smtp.send(&plain("msg_refused", &to)).unwrap_err();
        assert_eq!(
            (error.name(), error.is_retryable(), error.suppresses()),
            (want, retryable, suppresses),
            "{word}: {error}"
        );
        assert!(!error.outcome_unknown() && server.kept(&to).is_empty(), "{word}");
        assert!(!error.detail.contains(&to), "{error}");
    }
    let foreign = Built { return_path: address("foreign@example.com"), ..plain("msg_refused", &receiver("ann")) };
    let error = smtp.send(&foreign).unwrap_err();
    assert_eq!((error.name(), error.needs_a_hand()), ("mail_sender_refused", true));
    assert!(smtp.send(&plain("msg_after", &receiver("ann"))).is_ok());
}

/// Taken, and no answer: said as what it is, and not repeated.
#[test]
fn a_lost_last_answer_is_an_unknown_outcome() {
    let Some(server) = Server::found() else { return };
    for word in ["silent", "cut"] {
        let to = receiver(word);
        let smtp = server.smtp("PLAIN", Security::None, false);
        let watch = Stopwatch::start();
        let error = smtp.send(&plain("msg_lost", &to)).unwrap_err();
        assert_eq!((error.name(), error.retry), ("mail_outcome_unknown", Retry::LookFirst), "{word}: {error}");
        assert!(watch.seconds() < 10.0);
        assert_eq!(server.kept(&to).len(), 1, "{word}: taken once");
        assert!(smtp.send(&plain("msg_after", &receiver("ann"))).is_ok(), "a new connection follows");
    }
}

#[test]
fn wrong_settings_are_told_apart() {
    let Some(server) = Server::found() else { return };
    let name = |settings: Settings| {
        let smtp =
            Smtp::new(Settings { connect_timeout: Duration::from_secs(3), ..settings }, clocks::system()).unwrap();
        smtp.send(&plain("msg_wrong", &receiver("ann"))).unwrap_err().name()
    };
    let login = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
    let wrong = login("shop@localhost.example", "wrong password");
    let right = login("shop@localhost.example", "right password");
    assert_eq!(
        name(Settings { login: wrong.clone(), ..server.settings("STARTTLS", Security::Starttls) }),
        "mail_auth_refused"
    );
    assert_eq!(name(Settings { login: wrong, ..server.settings("TLS", Security::Tls) }), "mail_auth_refused");
    assert_eq!(name(server.settings("STARTTLS", Security::Starttls)), "mail_auth_refused");
    assert_eq!(
        name(Settings { login: right.clone(), ..server.settings("NOLOGIN", Security::Tls) }),
        "mail_auth_unsupported"
    );
    assert_eq!(name(server.settings("PLAIN", Security::Starttls)), "mail_starttls_missing");
    assert_eq!(name(server.settings("ELSEWHERE", Security::Starttls)), "mail_tls_failed");
    // An authority nobody has told us of.
    assert_eq!(
        name(Settings { authority: None, ..server.settings("STARTTLS", Security::Starttls) }),
        "mail_tls_failed"
    );
    // TLS to a port that speaks first in the clear.
    let error = name(server.settings("PLAIN", Security::Tls));
    assert!(["mail_tls_failed", "mail_unreachable"].contains(&error), "{error}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(name(Settings::new("localhost", free, Security::None)), "mail_unreachable");
    assert_eq!(name(Settings::new("nowhere.invalid", 25, Security::None)), "mail_unreachable");
}

#[test]
fn settings_are_checked_before_anything_is_sent() {
    let refused = |settings: Settings| Smtp::new(settings, clocks::system()).err().unwrap().name();
    let base = || Settings::new("smtp.example.com", 587, Security::Starttls);
    assert_eq!(refused(Settings { host: "a b".into(), ..base() }), "mail_setting_wrong");
    assert_eq!(refused(Settings { port: 0, ..base() }), "mail_setting_wrong");
    assert_eq!(refused(Settings { hello: "x\r\nMAIL".into(), ..base() }), "mail_setting_wrong");
    assert_eq!(
        refused(Settings {
            authority: Some("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----".into()),
            ..base()
        }),
        "mail_setting_wrong"
    );
    let login = Some(("u".to_owned(), "secret-word".to_owned()));
    assert_eq!(refused(Settings { login: login.clone(), security: Security::None, ..base() }), "mail_plaintext_login");
    assert!(!format!("{:?}", Settings { login, ..base() }).contains("secret-word"));
}

#[test]
fn the_rate_is_kept() {
    let Some(server) = Server::found() else { return };
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let rates = Rates { per_minute: 10, domain_per_minute: 2 };
    let smtp = Smtp::new(Settings { rates, ..server.settings("PLAIN", Security::None) }, clock.clone()).unwrap();
    let send = || smtp.send(&plain("msg_rate", &receiver("ann")));
    assert!(send().is_ok() && send().is_ok());
    let error = send().unwrap_err();
    assert_eq!((error.name(), error.retry), ("mail_limited", Retry::At(clock.now().plus_seconds(60))));
    clock.advance_seconds(60);
    assert!(send().is_ok());
}

#[test]
fn the_check_sends_nothing() {
    let Some(server) = Server::found() else { return };
    let keys = |found: Vec<siyu_kernel::Finding>| {
        assert!(
            found.iter().all(|one| one.health == Health::Ok || !one.remedy.0.is_empty() && !one.remedy.1.is_empty())
        );
        found.iter().map(|one| format!("{} {:?}", one.key, one.health)).collect::<Vec<_>>().join(", ")
    };
    let sender = address("shop@localhost.example");
    let right = server.smtp("STARTTLS", Security::Starttls, true);
    assert_eq!(keys(right.check(&sender)), "mail_connection Ok, mail_encryption Ok, mail_login Ok, mail_sender Ok");
    assert_eq!(
        keys(right.check(&address("foreign@example.com"))),
        "mail_connection Ok, mail_encryption Ok, mail_login Ok, mail_sender Fail"
    );
    let plain = server.smtp("PLAIN", Security::None, false);
    assert_eq!(keys(plain.check(&sender)), "mail_connection Ok, mail_encryption Warn, mail_sender Ok");
    let other = server.smtp("ELSEWHERE", Security::Starttls, false);
    assert_eq!(keys(other.check(&sender)), "mail_connection Ok, mail_encryption Fail");
    let login = Some(("shop@localhost.example".to_owned(), "wrong".to_owned()));
    let wrong = Smtp::new(Settings { login, ..server.settings("TLS", Security::Tls) }, clocks::system()).unwrap();
    assert_eq!(keys(wrong.check(&sender)), "mail_connection Ok, mail_encryption Ok, mail_login Fail");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let away = Smtp::new(Settings::new("localhost", free, Security::None), clocks::system()).unwrap();
    assert_eq!(keys(away.check(&sender)), "mail_connection Fail");
}

/// A server that says these lines, one for each line it hears, and then hangs up. Gives back what it has heard.
fn scripted(lines: &'static [&'static str]) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            for (at, line) in lines.iter().enumerate() {
                if at > 0 {
                    let mut command = String::new();
                    if reader.read_line(&mut command).unwrap_or(0) == 0 {
                        break;
                    }
                    kept.lock().unwrap().push(command.trim_end().to_owned());
                }
                if (&stream).write_all(line.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    (port, heard)
}

#[test]
fn a_server_that_breaks_off_early_has_taken_nothing() {
    let to = address("ann@example.com");
    for (name, lines, want) in [
        ("greeting", &["554 5.7.1 You are on our list\r\n"][..], "mail_server_refused"),
        ("busy", &["421 4.3.2 Too many\r\n"], "mail_busy"),
        ("nothing", &[], "mail_unreachable"),
        ("nonsense", &["HTTP/1.1 400 Bad Request\r\n"], "mail_unreachable"),
        ("after hello", &["220 hi\r\n", "250 hi\r\n"], "mail_unreachable"),
        ("after sender", &["220 hi\r\n", "250 hi\r\n", "250 ok\r\n"], "mail_unreachable"),
        ("after receiver", &["220 hi\r\n", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n"], "mail_unreachable"),
        ("endless line", &["220 hi\r\n", "250 hi\r\n", "250-"], "mail_unreachable"),
    ] {
        let (port, _) = scripted(lines);
        let settings = Settings {
            timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(2),
            ..Settings::new("127.0.0.1", port, Security::None)
        };
        let error = Smtp::new(settings, clocks::system()).unwrap().send(&plain("msg_early", to.as_str())).unwrap_err();
        assert_eq!((error.name(), error.outcome_unknown()), (want, false), "{name}: {error}");
    }
}

#[test]
fn commands_say_what_was_meant() {
    let (port, heard) = scripted(&["220 hi\r\n", "250 hi\r\n", "250 ok\r\n", "550 5.1.1 no\r\n", "250 ok\r\n"]);
    let smtp = Smtp::new(Settings::new("127.0.0.1", port, Security::None), clocks::system()).unwrap();
    assert!(smtp.send(&plain("msg_said", "ann@例子.中国")).is_err());
    assert_eq!(
        heard.lock().unwrap()[..3],
        ["EHLO localhost", "MAIL FROM:<shop@localhost.example>", "RCPT TO:<ann@xn--fsqu00a.xn--fiqs8s>"]
    );
}
