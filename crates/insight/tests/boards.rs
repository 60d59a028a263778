//! Boards on both engines.

use serde_json::json;
use siyu_insight::{BoardIn, boards, change_board, create_board, delete_board, find_board};
use siyu_kernel::{Chance, Clock};
use siyu_testkit::TestDb;

siyu_testkit::contract!(siyu_insight::MIGRATIONS; a_board_is_kept_and_nobody_overwrites_what_they_have_not_seen);

fn input(name: &str, items: serde_json::Value) -> Result<BoardIn, String> {
    let mut n = 0;
    let fresh = || {
        n += 1;
        format!("new{n}")
    };
    BoardIn::parse(name, &items, fresh)
        .map_err(|refusal| format!("{} {}", refusal.code, refusal.field.unwrap_or_default()))
}

fn a_board_is_kept_and_nobody_overwrites_what_they_have_not_seen(test: TestDb) {
    let now = test.clock.now();
    let (first, second) = (
        input("看板", json!([{"title": "漏斗", "kind": "activity", "spec": {"unit": "week"}, "width": 2}])).unwrap(),
        input("B", json!([])).unwrap(),
    );
    let made = test
        .db()
        .transact({
            let first = first.clone();
            move |tx| create_board(tx, &first, &Chance::seeded(1), now)
        })
        .unwrap();
    assert_eq!((made.version, made.items[0].id.as_str(), made.items[0].width), (1, "new1", 2));
    let change = |version: i64| {
        let (id, second) = (made.id.clone(), second.clone());
        test.db().transact(move |tx| change_board(tx, &id, &second, version, now))
    };
    assert_eq!(change(1).unwrap().version, 2);
    assert_eq!(change(1).unwrap_err().code, "board_changed");
    let found = test.db().read(|tx| find_board(tx, &made.id)).unwrap();
    assert_eq!((found.name.as_str(), found.items.len(), found.version), ("B", 0, 2));
    assert_eq!(test.db().read(boards).unwrap(), [found]);
    let id = made.id.clone();
    test.db().transact(move |tx| delete_board(tx, &id)).unwrap();
    assert_eq!(test.db().read(|tx| find_board(tx, &made.id)).unwrap_err().code, "board_unknown");
    assert_eq!(change(2).unwrap_err().code, "board_unknown");
}

#[test]
fn mistakes_in_a_board_are_named_with_their_place() {
    let good = json!({"title": "a", "kind": "activity", "spec": {}});
    let with = |key: &str, value: serde_json::Value| {
        let mut item = good.clone();
        item[key] = value;
        json!([good, item])
    };
    for (name, items, want) in [
        ("", json!([]), "board_name name"),
        ("a\u{7}", json!([]), "board_name name"),
        ("a", json!({}), "board_items items"),
        ("a", json!(vec![good.clone(); 51]), "board_items items"),
        ("a", with("kind", json!("pie")), "spec_kind items[1].kind"),
        ("a", with("title", json!("")), "board_name items[1].title"),
        ("a", with("width", json!(3)), "spec_shape items[1].width"),
        ("a", with("spec", json!({"unit": "year"})), "spec_shape items[1].spec.unit"),
        ("a", with("spec", json!([])), "spec_shape items[1].spec"),
        (
            "a",
            json!([{"id": "x", "title": "a", "kind": "activity", "spec": {}}, {"id": "x", "title": "a", "kind": "activity", "spec": {}}]),
            "board_items items[1].id",
        ),
    ] {
        assert_eq!(input(name, items), Err(want.into()));
    }
}
