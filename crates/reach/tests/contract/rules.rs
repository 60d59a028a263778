//! Keeping the rules, and trying them.

use crate::brand::{Brand, MIGRATIONS, content};
use siyu_reach::content::{Content, Piece};
use siyu_reach::{FileIn, RuleIn, RuleKind, TestIn, When};
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS; rules_are_kept_in_order, a_test_says_which_and_why);

fn rule(name: &str, text: &str) -> RuleIn {
    RuleIn { name: name.into(), active: true, kind: RuleKind::Send, when: When::default(), content: content(text) }
}

fn rules_are_kept_in_order(t: TestDb) {
    let brand = Brand::open(t);
    let (a, b) = (brand.rule("a", When::default(), "甲"), brand.rule("b", When::default(), "乙"));
    let names = |brand: &Brand| -> Vec<String> {
        brand.read(|tx| brand.reach.welcomes(tx)).into_iter().map(|row| row.name).collect()
    };
    assert_eq!(names(&brand), ["a", "b"]);
    let (reach, order) = (brand.reach.clone(), vec![b.clone(), a.clone()]);
    brand.act(move |tx| reach.order_welcomes(tx, &order));
    assert_eq!(names(&brand), ["b", "a"]);
    for wrong in [vec![], vec![a.clone()], vec![a.clone(), a.clone()], vec![a.clone(), "x".into()]] {
        let reach = brand.reach.clone();
        assert_eq!(brand.db.transact(move |tx| reach.order_welcomes(tx, &wrong)).unwrap_err().code, "welcome_order");
    }
    // Two who change the same one: the second is told.
    let (reach, now, id) = (brand.reach.clone(), brand.now(), a.clone());
    let changed = brand.act(move |tx| reach.change_welcome(tx, &id, &rule("a2", "丙"), Some(1), "test", now));
    assert_eq!((changed.name.as_str(), changed.version), ("a2", 2));
    let (reach, id) = (brand.reach.clone(), a.clone());
    let again = brand.db.transact(move |tx| reach.change_welcome(tx, &id, &rule("a3", "丁"), Some(1), "test", now));
    assert_eq!(again.unwrap_err().code, "welcome_changed");
    // What it says is sealed on disk.
    let sealed = brand.read(|tx| Ok(tx.query("SELECT content FROM welcome_rule", &[], |row| row.blob(0))?));
    assert!(sealed.iter().all(|own| !own.windows(3).any(|bytes| bytes == "丙".as_bytes())));
    // Files must be there, of the right kind, and stay as long as they are named.
    let file = FileIn { name: "a.txt".into(), body: b"not a picture".to_vec(), by: "test".into() };
    let reach = brand.reach.clone();
    let file = brand.act(move |tx| reach.add_file(tx, &file, now)).id;
    for (piece, ok) in [
        (Piece::Image { file: "fil_none".into() }, false),
        (Piece::Image { file: file.clone() }, false),
        (Piece::File { file: file.clone() }, true),
    ] {
        let input = RuleIn { content: Content { text: String::new(), attachments: vec![piece] }, ..rule("c", "") };
        let reach = brand.reach.clone();
        let added = brand.db.transact(move |tx| reach.add_welcome(tx, &input, "test", now));
        assert_eq!(added.as_ref().map_err(|refusal| refusal.code).is_ok(), ok, "{added:?}");
    }
    let (reach, own) = (brand.reach.clone(), file.clone());
    assert_eq!(brand.db.transact(move |tx| reach.delete_file(tx, &own)).unwrap_err().code, "reach_file_used");
    let last = brand.read(|tx| brand.reach.welcomes(tx)).pop().unwrap().id;
    let reach = brand.reach.clone();
    brand.act(move |tx| {
        reach.delete_welcome(tx, &last)?;
        reach.delete_file(tx, &file)
    });
    let reach = brand.reach.clone();
    assert_eq!(brand.db.transact(move |tx| reach.delete_welcome(tx, "x")).unwrap_err().code, "welcome_unknown");
}

fn a_test_says_which_and_why(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule(
        "counter",
        When { channels: vec!["counter".into()], ..When::default() },
        "{{ channel }}的朋友，我是{{ staff.name }}",
    );
    brand.rule("rest", When::default(), "{{ customer.name or \"朋友\" }}你好");
    let staff = brand.world(|world| {
        let staff = (0..world.staff.len()).find(|&s| world.serves(s)).unwrap();
        (world.staff[staff].userid.clone(), world.staff[staff].name.clone())
    });
    let test = |channel: &str, person: Option<u32>| {
        let input = TestIn { staff: staff.0.clone(), channel: channel.into(), person, at: None };
        brand.read(|tx| brand.reach.test_welcomes(tx, &input, brand.now()))
    };
    let tested = test("counter", None);
    assert_eq!(tested.rule.unwrap().name, "counter");
    assert_eq!(tested.composed.text.unwrap().content, format!("counter的朋友，我是{}", staff.1));
    let tested = test("", None);
    let why: Vec<&str> = tested.decision.steps.iter().map(|step| step.because).collect();
    assert_eq!(why, ["channel", "fits"]);
    assert_eq!(tested.composed.text.unwrap().content, "朋友你好");
    // As a customer who is known.
    let (num, name) = brand.read(|tx| {
        Ok(tx.one("SELECT num, name FROM wecom_contact WHERE name <> '' ORDER BY id LIMIT 1", &[], |row| {
            Ok((row.num(0)?, row.text(1)?))
        })?)
    });
    let tested = test("", Some(num));
    assert_eq!(tested.composed.text.unwrap().content, format!("{name}你好"));
    assert_eq!(brand.int("SELECT COUNT(*) FROM welcome"), 0);
}
