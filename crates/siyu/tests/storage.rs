//! What lies on the disk: backups that move, rebuilding, secrets, a disk without space.

mod common;

use common::disk::OwnDisk;
use common::orders::{MAP, order_file};
use common::{Place, Server, answers, files, http};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const PHONE: &str = "13912345678";

/// People by three ways, a merge, orders, tags by import.
fn fill(place: &Place) {
    let people =
        place.write("people.csv", format!("phone,member_no,name,tag\n{PHONE},M1,Ann,VIP\n13800138000,M2,Ben,\n"));
    place.import("people", &people, &["--map", "phone=phone", "member_no=member_no", "trait.name=name", "tag=tag"]);
    let mut rows = String::from("order_no,at,member_no,sku,quantity,amount\n");
    for n in 0..300 {
        let (day, person) = (1 + n % 28, n % 7);
        rows.push_str(&format!("A{n},2026-01-{day:02}T10:00:00Z,M{person},S{},1,{}.25\n", n % 11, n + 1));
    }
    let orders = place.write("orders.csv", rows);
    place.import(
        "orders",
        &orders,
        &[
            "--map",
            "order_no=order_no",
            "at=at",
            "person.member_no=member_no",
            "sku=sku",
            "quantity=quantity",
            "amount=amount",
        ],
    );
    let key = place.key("write");
    let server = Server::start(place);
    let track = |n: usize| json!({ "type": "track", "userId": format!("u{}", n % 5), "event": "Seen", "messageId": format!("m{n}"), "properties": { "receiver_phone": PHONE } });
    let identify =
        json!({ "type": "identify", "userId": "u1", "messageId": "i1", "traits": { "phone": PHONE, "name": "Ann" } });
    let batch: Vec<_> = (0..50).map(track).chain([identify]).collect();
    let (status, body) = http::post(&server.address, "/v1/batch", &key, &json!({ "batch": batch })).expect("an answer");
    assert_eq!((status, &body["accepted"]), (200, &json!(51)));
}

/// Takes a backup of the running workspace and makes the other one from it: the same numbers, the same ids, the same keys.
fn carry(from: &Place, to: &Place, key: &str) {
    let held = answers(from, key);
    let file = from.path("whole.backup");
    let server = Server::start(from);
    let told = from.run(&["backup", "--to", &file, "--json"]).json();
    drop(server);
    assert!(told["rows"].as_i64().is_some_and(|rows| rows > 500) && told["with_key"] == true, "{told}");
    let mut args = vec!["restore", &file, "--json"];
    args.extend(to.database());
    let back = to.run(&args).json();
    assert_eq!((&back["rows"], &back["people"]), (&told["rows"], &held.0["people"]));
    assert_eq!(answers(to, key), held);
    to.assert_sound();
    assert_eq!(to.run(&args).code(), "workspace_exists");
}

/// It lives on: the next person gets a number of its own.
fn grow(place: &Place, name: &str) {
    let more = place.write("more.csv", format!("member_no\nM1\n{name}\n"));
    let summary = place.import("people", &more, &["--map", "member_no=member_no"]);
    assert_eq!((&summary["people_new"], &summary["unchanged"]), (&json!(1), &json!(1)));
}

#[test]
fn a_backup_moves_everything_and_between_the_engines() {
    let (place, home) = (Place::sqlite(), Place::empty());
    fill(&place);
    let key = place.key("api");
    carry(&place, &home, &key);
    grow(&home, "M-new");
    if let Some(server) = Place::empty_postgres() {
        carry(&home, &server, &key);
        grow(&server, "M-newer");
        let back = Place::empty();
        carry(&server, &back, &key);
        back.assert_sound();
    }
}

/// Files that wait for their import, or are half in, are part of a backup; those that are in are gone from both.
fn carry_uploads(from: &Place, to: &Place) {
    let key = from.key("api");
    let (text, sums) = order_file();
    let mut server = Server::start(from);
    let done = server.upload(&key, "people", "member_no\nM-done\n");
    server.start_import(&key, &done, &["member_no=member_no"]);
    assert_eq!(server.await_import(&key, &done)["state"], "done");
    let waiting = server.upload(&key, "people", "member_no\nM-waiting\n");
    let running = server.upload(&key, "orders", &text);
    server.start_import(&key, &running, &MAP);
    server.kill();
    let file = from.path("uploads.backup");
    assert_eq!(from.run(&["backup", "--to", &file, "--json"]).json()["files"], 2);
    let args = [&["restore", &file, "--json"][..], &to.database()].concat();
    assert_eq!(to.run(&args).json()["files"], 2);
    let server = Server::start(to);
    assert_eq!(server.await_import(&key, &running)["state"], "done", "what ran goes on");
    server.start_import(&key, &waiting, &["member_no=member_no"]);
    assert_eq!(server.await_import(&key, &waiting)["state"], "done");
    let (stats, whole) = (server.stats(&key), sums.last().expect("the last row's sum"));
    assert_eq!((stats["orders"].as_i64(), stats["revenue"].as_i64()), (Some(whole.0), Some(whole.1)));
    for member in ["M-done", "M-waiting"] {
        server.person(&key, &format!("member_no:{member}"));
    }
    drop(server);
    assert_eq!(files(&to.data.join("uploads")), Vec::<PathBuf>::new(), "nothing waits any more");
    to.assert_sound();
}

#[test]
fn a_backup_carries_the_files_that_wait() {
    carry_uploads(&Place::sqlite(), &Place::empty());
    if let (Some(from), Some(to)) = (Place::postgres(), Place::empty_postgres()) {
        carry_uploads(&from, &to);
    }
}

#[test]
fn a_backup_without_its_key_needs_the_key() {
    let (place, home) = (Place::sqlite(), Place::empty());
    fill(&place);
    let file = place.path("bare.backup");
    assert_eq!(place.run(&["backup", "--to", &file, "--without-key", "--json"]).json()["with_key"], false);
    assert_eq!(home.run(&["restore", &file]).code(), "key_needed");
    let other = Place::sqlite();
    let wrong = other.data.join("siyu.key");
    assert_eq!(home.run(&["restore", &file, "--key", wrong.to_str().expect("plain")]).code(), "key_wrong");
    let right = place.data.join("siyu.key");
    assert!(home.run(&["restore", &file, "--key", right.to_str().expect("plain")]).ok);
    home.assert_sound();
}

#[test]
fn a_damaged_backup_is_told() {
    let place = Place::sqlite();
    fill(&place);
    // A file that waits makes the backup long enough to be damaged behind its rows.
    Server::start(&place).upload(&place.key("api"), "orders", &order_file().0);
    let file = place.path("whole.backup");
    assert!(place.run(&["backup", "--to", &file]).ok);
    let bytes = fs::read(&file).expect("it was written");
    let mut flipped = bytes.clone();
    flipped[bytes.len() * 3 / 4] ^= 1;
    let cases = [
        ("half", &bytes[..bytes.len() / 2]),
        ("cut", &bytes[..bytes.len() - 1]),
        ("flipped", &flipped),
        ("none", b"not a backup"),
    ];
    for home in [Some(Place::empty()), Place::empty_postgres()].into_iter().flatten() {
        for (name, damaged) in cases {
            let broken = place.write(name, damaged);
            let ran = home.run(&[&["restore", &broken][..], &home.database()].concat());
            assert_eq!(ran.code(), "backup_damaged", "{name}");
        }
        // What did not come back is no workspace: the next try must not find one in its way.
        let ran = home.run(&[&["restore", &file][..], &home.database()].concat());
        assert!(ran.ok, "{}", ran.err);
        home.assert_sound();
    }
}

#[test]
fn rebuilding_changes_no_answer() {
    for place in [Some(Place::sqlite()), Place::postgres()].into_iter().flatten() {
        fill(&place);
        let key = place.key("api");
        let held = answers(&place, &key);
        let rebuilt = place.run(&["rebuild", "--json"]).json();
        assert_eq!((&rebuilt["events"], &rebuilt["people"]), (&held.0["events"], &held.0["people"]));
        assert_eq!(answers(&place, &key), held);
        place.assert_sound();
    }
}

/// Looked for while the server runs, so that the write-ahead log is searched too.
#[test]
fn a_phone_number_lies_nowhere_in_the_clear() {
    let place = Place::sqlite();
    fill(&place);
    // Part files are searched, too: each event is stored in one at once.
    let config = place.data.join("siyu.toml");
    let text = fs::read_to_string(&config).expect("a workspace has its configuration");
    fs::write(&config, text + "\n[behaviour]\ntail_events = 1\n").expect("writable");
    let (write, api) = (place.key("write"), place.key("api"));
    let server = Server::start(&place);
    let seen = json!({ "userId": "u9", "event": "Called", "properties": { "phone": PHONE, "line": "landline" } });
    assert_eq!(http::post(&server.address, "/v1/track", &write, &seen).expect("an answer").0, 200);
    let message = json!({ "userId": "u9", "traits": { "phone": PHONE }, "context": { "traits": { "phone": PHONE } } });
    assert_eq!(http::post(&server.address, "/v1/identify", &write, &message).expect("an answer").0, 200);
    // One that is kept aside: its text is sealed as well.
    let aside = json!({ "event": "Nobody", "properties": { "phone": PHONE } });
    assert_eq!(http::post(&server.address, "/v1/track", &write, &aside).expect("an answer").1["quarantined"], 1);
    let upload = json!(format!("phone,name\n{PHONE},Ann\n"));
    assert_eq!(
        http::post(&server.address, "/api/v1/imports?kind=people&filename=p.csv", &api, &upload).expect("an answer").0,
        201
    );
    assert!(!server.person(&api, &format!("phone:{PHONE}")).is_empty());
    let holds = |path: &std::path::PathBuf, text: &[u8]| {
        fs::read(path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text))
    };
    let is_part = |path: &std::path::PathBuf| path.to_string_lossy().ends_with(".part");
    let watch = siyu_kernel::Stopwatch::start();
    while !files(&place.data).iter().any(|path| is_part(path) && holds(path, b"landline")) {
        assert!(watch.seconds() < 20.0, "the event reaches a part file");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let all = files(&place.data);
    for ending in ["workspace.db", "workspace.db-wal", ".sealed"] {
        assert!(all.iter().any(|path| path.to_string_lossy().ends_with(ending)), "{ending} is searched: {all:?}");
    }
    let national = PHONE.as_bytes();
    for path in all {
        let bytes = fs::read(&path).expect("readable");
        assert!(!bytes.windows(national.len()).any(|part| part == national), "the number lies in {}", path.display());
    }
}

/// At the finest level that can be set.
#[test]
fn nobody_is_named_in_the_log() {
    let place = Place::sqlite();
    fill(&place);
    let (write, api) = (place.key("write"), place.key("api"));
    let log = place.root.join("told.log");
    let server = Server::start_telling(&place, "trace", fs::File::create(&log).expect("writable"));
    let (mail, name) = ("quentin.tarn@example.com", "Zebulon");
    let traits = json!({ "phone": PHONE, "email": mail, "name": name });
    let message = json!({ "userId": "u9", "traits": traits, "context": { "traits": traits } });
    assert_eq!(http::post(&server.address, "/v1/identify", &write, &message).expect("an answer").0, 200);
    let aside = json!({ "event": "Nobody", "properties": traits });
    assert_eq!(http::post(&server.address, "/v1/track", &write, &aside).expect("an answer").1["quarantined"], 1);
    let upload = format!("phone,name\n{PHONE},{name}\nnot a phone,{name}\n");
    let job = server.upload(&api, "people", &upload);
    server.start_import(&api, &job, &["phone=phone", "trait.name=name"]);
    server.await_import(&api, &job);
    let person = server.person(&api, &format!("phone:{PHONE}"));
    http::get(&server.address, &format!("/api/v1/people?q={PHONE}"), &api).expect("an answer");
    http::get(&server.address, &format!("/api/v1/people?q={mail}"), &api).expect("an answer");
    let erase = json!({ "reason": format!("{name} asked") });
    http::post(&server.address, &format!("/api/v1/people/{person}/erase"), &api, &erase).expect("an answer");
    drop(server);
    let told = fs::read_to_string(&log).expect("readable");
    assert!(told.lines().count() > 10, "it tells something: {told}");
    for word in [PHONE, mail, name] {
        let line = told.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "{word}: {line:?}");
    }
}

/// Takes the right to write away from a folder, and gives it back. Root is bound by the file system only, others by the mode.
enum Lock<'a> {
    Disk(OwnDisk<'a>),
    Mode(&'a Path),
}

impl<'a> Lock<'a> {
    fn new(folder: &'a Path) -> Option<Self> {
        match OwnDisk::mount(folder, "64m") {
            Some(disk) => Some(Self::Disk(disk)),
            None if !is_root() => Some(Self::Mode(folder)),
            None => None,
        }
    }
    fn set(&self, writable: bool) {
        match self {
            Self::Disk(disk) => disk.remount(if writable { "rw" } else { "ro" }),
            Self::Mode(folder) => {
                let mode = if writable { 0o700 } else { 0o500 };
                fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("our own folder");
            }
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

#[test]
fn a_read_only_folder_is_told_and_gone_when_it_can_be_written() {
    let place = Place::empty();
    let Some(lock) = Lock::new(&place.data) else {
        siyu_testkit::skipped("read-only folder", "root may write everywhere, and no file system can be mounted here");
        return;
    };
    let init =
        ["init", "--name", "Test", "--admin", "a@example.com", "--password", common::PASSWORD, "--currency", "USD"];
    fs::create_dir_all(&place.data).expect("the temporary folder can be written");
    lock.set(false);
    assert_eq!(place.run(&init).code(), "data_folder");
    lock.set(true);
    assert!(place.run(&init).ok);
    fill(&place);
    let key = place.key("api");
    let held = answers(&place, &key);
    let (people, copy) = (place.write("people.csv", "member_no\nM9\n"), place.path("copy.backup"));
    lock.set(false);
    let commands: [&[&str]; 6] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["import", "people", &people, "--map", "member_no=member_no"],
        &["key", "create", "--kind", "api"],
        &["rebuild"],
        &["backup", "--to", &copy],
        &["doctor"],
    ];
    for command in commands {
        let ran = place.run(command);
        assert_eq!(ran.code(), "storage_read_only", "{command:?}");
        assert!(ran.err.contains("The data folder cannot be written. Check its owner and permissions."), "{}", ran.err);
    }
    lock.set(true);
    assert_eq!(answers(&place, &key), held, "nothing was lost, and nobody had to repair anything");
    assert_eq!(place.import("people", &people, &["--map", "member_no=member_no"])["people_new"], 1);
    place.assert_sound();
}

#[test]
fn a_full_disk_is_told_and_gone_when_there_is_space() {
    let place = Place::empty();
    let Some(_disk) = OwnDisk::mount(&place.data, "4m") else {
        siyu_testkit::skipped("full disk", "no small file system can be mounted here (needs root)");
        return;
    };
    let ran = place.run(&[
        "init",
        "--name",
        "Test",
        "--admin",
        "a@example.com",
        "--password",
        common::PASSWORD,
        "--currency",
        "USD",
    ]);
    assert!(ran.ok, "{}", ran.err);
    let (api, write) = (place.key("api"), place.key("write"));
    let server = Server::start(&place);
    let one = |n: usize| json!({ "userId": "u1", "event": "Seen", "messageId": format!("m{n}") });
    let send = |n: usize| http::post(&server.address, "/v1/track", &write, &one(n)).expect("an answer, also now");
    assert_eq!(send(0).0, 200);
    // Something else fills the disk to the last byte.
    let ballast = place.data.join("ballast");
    let _ = fs::write(&ballast, vec![0; 8 << 20]);
    let mut taken = 1;
    let refused = (1..2_000).map(|n| (n, send(n))).find(|(_, (status, _))| {
        taken += usize::from(*status == 200);
        *status != 200
    });
    let (n, (status, body)) = refused.expect("a full disk is noticed");
    assert_eq!((status, &body["code"]), (503, &json!("disk_full")), "{body}");
    assert_eq!(server.stats(&api)["events"], taken, "reading goes on, and holds exactly what was taken");
    let rows: String = (0..40_000).map(|n| format!("M{n}\n")).collect();
    let file = place.write("people.csv", format!("member_no\n{rows}"));
    assert_eq!(place.run(&["import", "people", &file, "--map", "member_no=member_no"]).code(), "disk_full");
    // Space again: the same message goes in, once, without a restart.
    fs::remove_file(&ballast).expect("removable");
    assert_eq!(send(n).0, 200);
    assert_eq!(send(n).1["repeated"], 1);
    assert_eq!(server.stats(&api)["events"], taken + 1);
    drop(server);
    place.assert_sound();
}
