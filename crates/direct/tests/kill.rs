//! A process that sends is killed (SIGKILL) again and again while a mail server counts: nobody gets a mail twice, nobody is lost, the sums are exact.
//!
//! The moments come from a seed that is printed. Set `SIYU_SEED` to repeat a run, `SIYU_KILLS` for another number of them.

use siyu_contacts::Ran;
use siyu_db::{Db, DbConfig, Migration, Tx};
use siyu_direct::{Carriers, Content, Direct, DirectIn, MailCarrier, MailContent, NoCarriers, Parts, SmsCarrier};
use siyu_gate::{Channel, Class, End, Gate};
use siyu_kernel::{Chance, Clock, Identifier, Kind, PersonNum, Refusal, SystemClock, Time, Vault, Zone};
use siyu_log::Log;
use siyu_mail::{Address, Mailbox, Rates, Security, Settings, Smtp};
use siyu_people::People;
use siyu_reach::{Beside, NoEnds, Terms};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MIGRATIONS: &[Migration] = siyu_testkit::migrations![
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_gate::MIGRATIONS,
    siyu_reach::MIGRATIONS,
    siyu_direct::MIGRATIONS
];
const PEOPLE: usize = 600;
/// What stands in the environment of a process that sends.
const FOLDER: &str = "SIYU_DIRECT_FOLDER";
const PORT: &str = "SIYU_DIRECT_PORT";
const SINCE: &str = "SIYU_DIRECT_SINCE";

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A minute passes in a second: what was being sent when a process ended is looked after sooner.
struct Fast(Time);
impl Clock for Fast {
    fn now(&self) -> Time {
        Time(self.0.0 + (SystemClock.now().0 - self.0.0) * 60)
    }
}
struct Brand;
impl Beside for Brand {
    fn has_bought(&self, _: &mut Tx<'_>, _: PersonNum) -> Result<bool, Refusal> {
        Ok(false)
    }
    fn brand(&self, _: &mut Tx<'_>) -> Result<(String, Zone), Refusal> {
        Ok(("示例".into(), Zone::shanghai()))
    }
}
struct Relay(Arc<Smtp>);
impl Carriers for Relay {
    fn mail(&self, _: &mut Tx<'_>) -> Result<Option<MailCarrier>, Refusal> {
        let from = Mailbox::new("", Address::parse("hi@brand.example").unwrap()).unwrap();
        Ok(Some(MailCarrier { mailer: self.0.clone(), from, reply_to: None, return_path: None, dkim: None }))
    }
    fn sms(&self, tx: &mut Tx<'_>) -> Result<Option<SmsCarrier>, Refusal> {
        NoCarriers.sms(tx)
    }
    fn template(&self, tx: &mut Tx<'_>, id: &str) -> Result<siyu_sms::Template, Refusal> {
        NoCarriers.template(tx, id)
    }
    fn left_alone(&self, tx: &mut Tx<'_>, on: Channel, all: &[&str]) -> Result<Vec<Option<&'static str>>, Refusal> {
        NoCarriers.left_alone(tx, on, all)
    }
    fn leave_alone(&self, _: &mut Tx<'_>, _: Channel, _: &str, _: &str, _: Time) -> Result<(), Refusal> {
        Ok(())
    }
    fn unsubscribe(&self, _: &mut Tx<'_>, _: Channel, _: PersonNum) -> Result<Option<String>, Refusal> {
        Ok(None)
    }
}

struct World {
    db: Db,
    direct: Direct,
    gate: Gate,
    people: People,
    clock: Arc<Fast>,
}

fn open(folder: &Path, port: u16, since: Time) -> World {
    let clock = Arc::new(Fast(since));
    let config = DbConfig::sqlite(&folder.join("workspace.db"), &folder.join("backups")).with(MIGRATIONS);
    let db = Db::open(config, &*clock).unwrap();
    let vault = Vault::from_key([7; 32]);
    let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
    let people = People::open(&db, vault.clone(), log.clone(), Arc::new(Chance::seeded(1))).unwrap();
    let rates = Rates { per_minute: 1_000_000, domain_per_minute: 1_000_000 };
    let settings = Settings { rates, ..Settings::new("127.0.0.1", port, Security::None) };
    let smtp = Smtp::new(settings, clock.clone()).unwrap();
    let gate = Gate::new(&vault);
    let direct = Direct::new(Parts {
        db: db.clone(),
        vault,
        log,
        people: people.clone(),
        gate: gate.clone(),
        clock: clock.clone(),
        beside: Arc::new(Brand),
        ends: Arc::new(NoEnds),
        carriers: Arc::new(Relay(Arc::new(smtp))),
    });
    World { db, direct, gate, people, clock }
}

/// Mail servers' side: by receiver, the ids of what was taken.
type Taken = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

fn server(taken: Taken) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let taken = Arc::clone(&taken);
            std::thread::spawn(move || drop(talk(stream, &taken)));
        }
    });
    port
}
fn talk(stream: TcpStream, taken: &Taken) -> std::io::Result<()> {
    let (mut out, mut lines) = (stream.try_clone()?, BufReader::new(stream));
    out.write_all(b"220 test ESMTP\r\n")?;
    let (mut to, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = line.to_ascii_uppercase();
        if word.starts_with("RCPT TO:") {
            to = line[8..].split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        }
        if word.starts_with("QUIT") {
            return out.write_all(b"221 bye\r\n");
        }
        if !word.starts_with("DATA") {
            out.write_all(b"250 ok\r\n")?;
            continue;
        }
        out.write_all(b"354 go\r\n")?;
        let mut id = String::new();
        loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                // It broke off: nothing was taken.
                return Ok(());
            }
            if line.trim_end() == "." {
                break;
            }
            if let Some(rest) = line.strip_prefix("Message-ID:") {
                id = rest.trim().to_owned();
            }
        }
        taken.lock().unwrap().entry(to.clone()).or_default().push(id);
        std::thread::sleep(Duration::from_millis(4));
        out.write_all(b"250 2.0.0 taken\r\n")?;
    }
}

/// Not a test: the process that is killed. Without what stands in its environment it does nothing.
#[test]
fn the_process_that_sends() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let world = open(&folder, number(PORT, 0) as u16, Time(number(SINCE, 0) as i64));
    loop {
        let gate = world.direct.work_gate().unwrap();
        let mail = world.direct.work_mail().unwrap();
        if gate != Ran::Went && mail != Ran::Went {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn begin(folder: &Path, port: u16, since: Time) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_sends", "--nocapture"])
        .env(FOLDER, folder)
        .env(PORT, port.to_string())
        .env(SINCE, since.0.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn nobody_gets_a_mail_twice_and_nobody_is_lost() {
    let (seed, kills) = (number("SIYU_SEED", SystemClock.now().0 as u64), number("SIYU_KILLS", 12));
    println!("SIYU_SEED={seed} SIYU_KILLS={kills}");
    let chance = Chance::seeded(seed);
    let folder = std::env::temp_dir().join(format!("siyu-direct-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (taken, since) = (Taken::default(), SystemClock.now());
    let port = server(Arc::clone(&taken));
    let world = open(&folder, port, since);
    let (people, direct, now) = (world.people.clone(), world.direct.clone(), world.clock.now());
    let create = move |tx: &mut Tx<'_>| {
        let known = (0..PEOPLE).map(|n| Identifier::new(Kind::Email, &format!("u{n}@example.com")).unwrap());
        let prepared: Vec<_> = known.map(|own| people.prepare([own], now)).collect();
        let people = people.resolve(tx, &prepared, "test", now)?.into_iter().map(|own| own.unwrap().root).collect();
        let content = MailContent { subject: "秋季".into(), text: "新品到店".into(), html: String::new() };
        let input = DirectIn {
            name: "秋季".into(),
            contents: vec![Content::Mail(content)],
            people,
            audience: String::new(),
            by: "test".into(),
            asked_by: "test".into(),
            test: None,
        };
        let terms = Terms {
            kind: "message",
            class: Class::Service,
            worth: 1.0,
            holdout: 0.0,
            per_hour: 0,
            start: now,
            expires: now.plus_days(20),
        };
        direct.create(tx, "msg_1", &input, &terms, now).map(drop)
    };
    world.db.transact(create).unwrap();
    let sums = || {
        world.db.read(|tx| {
            let run = world.gate.run(tx, "msg_1")?;
            Ok((world.gate.sums(tx, &run)?, world.gate.reasons(tx, &run)?))
        })
    };
    for _ in 0..kills {
        let mut child = begin(&folder, port, since);
        std::thread::sleep(Duration::from_millis(120 + chance.below(180)));
        child.kill().unwrap();
        child.wait().unwrap();
        let (own, _) = sums().unwrap();
        assert_eq!(own.people, PEOPLE as i64);
        assert_eq!(own.people, own.waiting + own.sent + own.skipped + own.failed);
    }
    let mut child = begin(&folder, port, since);
    for _ in 0..600 {
        if sums().unwrap().0.waiting == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (own, reasons) = sums().unwrap();
    let unknown = reasons.iter().find(|(end, why, _)| *end == End::Failed && why == "outcome_unknown");
    let unknown = unknown.map_or(0, |(.., people)| *people);
    let taken = taken.lock().unwrap();
    println!("{own:?}, of whom {unknown} nobody knows; the server has {}", taken.len());
    assert_eq!((own.waiting, own.skipped, own.failed), (0, 0, unknown));
    assert!(taken.values().all(|ids| ids.len() == 1), "a mail went out twice");
    // Whoever was sent it has it; of those whose outcome is not known some may.
    let had = taken.len() as i64;
    assert!((own.sent..=own.sent + unknown).contains(&had), "{had} have it, {} were sent it", own.sent);
    drop(taken);
    std::fs::remove_dir_all(&folder).unwrap();
}
