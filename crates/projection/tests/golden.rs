//! The files of a small workspace and what its database says of them, pinned: today's program must open them, and write the same.
//!
//! When this fails, workspaces that exist would have all their columns made anew, or read wrongly. When that is meant, raise `FORMAT` (manifest.rs) or the
//! version of a part (behaviour's file.rs), and write today's files with `SIYU_GOLDEN=write`.

mod common;

use common::{ALL, World, history};
use serde_json::{Value, json};
use siyu_db::params;
use siyu_testkit::{TestDb, contract};
use std::path::{Path, PathBuf};

contract!(&ALL; files_are_written_as_before, files_of_before_are_opened);

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Sixty events of seven people, two of whom are one since the fortieth.
fn live(world: &World, mut between: impl FnMut()) {
    let event = |n: u32| {
        let kind = ["Viewed", "Coupon Used", "分享"][n as usize % 3];
        let day = 1 + n % 27;
        format!(
            r#"{{"type":"track","messageId":"m{n}","userId":"u{}","event":"{kind}","timestamp":"2026-02-{day:02}T08:00:00Z","properties":{{"n":{n},"x":0.5,"on":{},"w":"词{}","tags":["a","b{}"]}}}}"#,
            n % 7,
            n.is_multiple_of(2),
            n % 11,
            n % 5
        )
    };
    for (from, to) in [(0, 40), (40, 60)] {
        if from > 0 {
            world.merge(world.person("user_id:u1"), world.person("user_id:u2"));
        }
        world.send(&format!(r#"{{"batch":[{}]}}"#, (from..to).map(event).collect::<Vec<_>>().join(",")));
        between();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
const COLUMNS: [&str; 7] = ["bucket", "seq_lo", "seq_hi", "n", "bytes", "checksum", "damaged"];

/// The manifest with files by their order; and their names here.
fn manifest(world: &World) -> (Value, Vec<String>) {
    world.read(|tx| {
        let home = tx.one("SELECT format, zone, seq FROM behaviour_home", &[], |row| {
            Ok(json!({ "format": row.int(0)?, "zone": row.text(1)?, "seq": row.int(2)? }))
        })?;
        let sql =
            format!("SELECT {}, hidden, file FROM behaviour_part ORDER BY bucket, seq_lo, id", COLUMNS.join(", "));
        let parts = tx.query(&sql, &[], |row| {
            let mut part = json!({ "hidden": row.opt_blob(7)?.map(|bytes| hex(&bytes)) });
            for (at, name) in COLUMNS.iter().enumerate() {
                part[*name] = json!(row.int(at)?);
            }
            Ok((part, row.text(8)?))
        })?;
        let names = tx.query("SELECT event, property, kind FROM behaviour_name ORDER BY no", &[], |row| {
            Ok(json!([row.text(0)?, row.text(1)?, row.int(2)?]))
        })?;
        let (parts, files): (Vec<Value>, Vec<String>) = parts.into_iter().unzip();
        Ok((json!({ "home": home, "parts": parts, "names": names }), files))
    })
}

fn files_are_written_as_before(test: TestDb) {
    let world = World::new(test);
    let keeper = world.open(10);
    live(&world, || {
        // What is more than ten is stored at once.
        keeper.catch_up().unwrap();
    });
    let (found, files) = manifest(&world);
    assert!(files.len() == 2 && found["parts"][0]["hidden"].is_string(), "two files, the older one hides the merged");
    let bytes = |name: &String| std::fs::read(world.folder().join(name)).unwrap();
    if std::env::var("SIYU_GOLDEN").is_ok_and(|word| word == "write") {
        std::fs::create_dir_all(golden("")).unwrap();
        std::fs::write(golden("manifest.json"), format!("{found:#}\n")).unwrap();
        files
            .iter()
            .enumerate()
            .for_each(|(at, name)| std::fs::write(golden(&format!("{at}.part")), bytes(name)).unwrap());
    }
    let pinned: Value = serde_json::from_str(&std::fs::read_to_string(golden("manifest.json")).unwrap()).unwrap();
    assert_eq!(found, pinned);
    for (at, name) in files.iter().enumerate() {
        assert!(bytes(name) == std::fs::read(golden(&format!("{at}.part"))).unwrap(), "file {at}");
    }
}

fn files_of_before_are_opened(test: TestDb) {
    let world = World::new(test);
    live(&world, || {});
    let pinned: Value = serde_json::from_str(&std::fs::read_to_string(golden("manifest.json")).unwrap()).unwrap();
    std::fs::create_dir_all(world.folder()).unwrap();
    std::fs::write(world.folder().join("home"), "pinned").unwrap();
    let number = |value: &Value| value.as_i64().unwrap();
    let (home, parts, names) = (pinned["home"].clone(), pinned["parts"].clone(), pinned["names"].clone());
    let rows: i64 = parts.as_array().unwrap().iter().map(|part| number(&part["n"])).sum();
    for at in 0..parts.as_array().unwrap().len() {
        let name = format!("{at}.part");
        std::fs::copy(golden(&name), world.folder().join(&name)).unwrap();
    }
    let insert = move |tx: &mut siyu_db::Tx<'_>| {
        let (format, seq, zone) = (number(&home["format"]), number(&home["seq"]), home["zone"].as_str().unwrap());
        let sql = "INSERT INTO behaviour_home (home, format, zone, seq) VALUES ('pinned', $1, $2, $3)";
        tx.execute(sql, params![format, zone, seq])?;
        for (at, part) in parts.as_array().unwrap().iter().enumerate() {
            let hidden = part["hidden"].as_str().map(unhex);
            let sql = "INSERT INTO behaviour_part (home, bucket, file, seq_lo, seq_hi, n, bytes, checksum, hidden) VALUES ('pinned', $1, $2, $3, $4, $5, $6, $7, $8)";
            let [bucket, lo, hi, n, bytes, checksum, _] = COLUMNS.map(|name| number(&part[name]));
            let file = format!("{at}.part");
            tx.execute(sql, params![bucket, &file, lo, hi, n, bytes, checksum, hidden.as_ref()])?;
        }
        for (no, name) in names.as_array().unwrap().iter().enumerate() {
            let (event, property) = (name[0].as_str().unwrap(), name[1].as_str().unwrap());
            let sql = "INSERT INTO behaviour_name (home, no, event, property, kind) VALUES ('pinned', $1, $2, $3, $4)";
            tx.execute(sql, params![no as i64 + 1, event, property, number(&name[2])])?;
        }
        Ok(())
    };
    world.test.db().transact(insert).unwrap();
    let keeper = world.open(usize::MAX);
    keeper.catch_up().unwrap();
    assert_eq!(history(&keeper.snapshot().unwrap()), history(&world.reference().snapshot().unwrap()));
    let health = keeper.health(true).unwrap();
    assert_eq!(
        (health.tail_rows, health.damaged.len(), health.rows as i64),
        (0, 0, rows),
        "nothing was read from the log"
    );
}
