//! Files and their ids at WeCom.

use crate::brand::{Bad, Brand, MIGRATIONS};
use siyu_contacts::Ran;
use siyu_reach::content::{Content, Piece};
use siyu_reach::{FileIn, FileKind, RuleIn, RuleKind, When};
use siyu_sandbox::Faults;
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS; ids_are_renewed_before_they_end, limits_of_files);

fn add(brand: &Brand, name: &str, body: &[u8]) -> Result<siyu_reach::FileRow, siyu_kernel::Refusal> {
    let file = FileIn { name: name.into(), body: body.to_vec(), by: "test".into() };
    let (reach, now) = (brand.reach.clone(), brand.now());
    brand.db.transact(move |tx| reach.add_file(tx, &file, now))
}

fn ids_are_renewed_before_they_end(t: TestDb) {
    let brand = Brand::open(t);
    let file = add(&brand, "../礼.png", b"\x89PNG\r\n\x1a\n0123456789").unwrap();
    assert_eq!((file.name.as_str(), file.kind, file.ready_until), ("礼.png", FileKind::Image, None));
    let content = Content { text: String::new(), attachments: vec![Piece::Image { file: file.id.clone() }] };
    brand.desk.add(RuleIn { name: "a".into(), active: true, kind: RuleKind::Send, when: When::default(), content });
    // WeCom is away: it waits, longer each time, and says why.
    brand.sandbox.set_faults(Faults::parse("busy=1").unwrap());
    assert!(matches!(brand.reach.work_files().unwrap(), Ran::Waits(at) if at > brand.now().plus_seconds(-60)));
    let row = brand.read(|tx| brand.reach.file(tx, &file.id, brand.now()));
    assert_eq!(row.error.as_deref(), Some("system_busy"));
    brand.sandbox.set_faults(Faults::default());
    brand.clock.move_to(brand.now().plus_seconds(10));
    assert_eq!(brand.reach.work_files().unwrap(), Ran::Went);
    assert_eq!(brand.reach.work_files().unwrap(), Ran::Nothing);
    let media = || brand.read(|tx| Ok(tx.one("SELECT media FROM reach_file", &[], |row| row.text(0))?));
    let first = media();
    let row = brand.read(|tx| brand.reach.file(tx, &file.id, brand.now()));
    assert!(row.used && row.error.is_none() && row.ready_until.is_some_and(|at| at > brand.now().plus_days(2)));
    // A day before the end it is fetched again; until then it is left alone.
    brand.clock.move_to(brand.now().plus_days(1));
    assert_eq!(brand.reach.work_files().unwrap(), Ran::Nothing);
    brand.clock.move_to(brand.now().plus_days(1).plus_seconds(60));
    assert_eq!(brand.reach.work_files().unwrap(), Ran::Went);
    assert_ne!(media(), first);
    // What goes out has an id that lives.
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends(), [(2, String::new())]);
    brand.wire.next(&[Bad::Code(40007)]);
    brand.add(1);
    brand.greeted();
    // Nothing is left to say without its picture.
    assert_eq!(brand.ends()[1], (4, "invalid_media".to_owned()));
    // The bytes are sealed.
    let sealed = brand.read(|tx| Ok(tx.one("SELECT body FROM reach_file_body", &[], |row| row.blob(0))?));
    assert!(!sealed.windows(10).any(|bytes| bytes == b"0123456789"));
    assert_eq!(brand.read(|tx| brand.reach.file_body(tx, &file.id)).2.len(), 18);
}

fn limits_of_files(t: TestDb) {
    let brand = Brand::open(t);
    let big = |begin: &[u8], bytes: usize| [begin, &vec![0; bytes - begin.len()]].concat();
    let png = b"\x89PNG\r\n\x1a\n";
    for (body, ok) in [
        (b"12345".to_vec(), false),
        (b"123456".to_vec(), true),
        (big(png, 10 << 20), true),
        (big(png, (10 << 20) + 1), false),
        (big(b"text", 20 << 20), true),
        (big(b"text", (20 << 20) + 1), false),
        (big(b"\0\0\0\x18ftypmp42", (10 << 20) + 1), false),
    ] {
        let added = add(&brand, "a", &body);
        assert_eq!(
            added.as_ref().map_err(|refusal| refusal.code),
            if ok { Ok(added.as_ref().unwrap()) } else { Err("reach_file") },
            "{}",
            body.len()
        );
    }
}
