//! A lane that ends in the middle: nobody is welcomed twice, and nobody is lost without a word.

use crate::brand::{Bad, Brand, MIGRATIONS};
use siyu_reach::When;
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    what_waited_on_disk_is_welcomed_by_the_next, what_was_begun_is_not_sent_again, two_processes_welcome_once, what_is_late_is_told);

fn what_waited_on_disk_is_welcomed_by_the_next(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), "你好");
    // The process ends between keeping the callback and marking it.
    brand.take_callbacks(&brand.desk, false);
    brand.add(5);
    assert_eq!(brand.ends(), vec![(0, String::new()); 5]);
    let next = brand.second();
    // The one that took the callbacks has a moment for itself.
    next.reach.sweep_welcomes().unwrap();
    next.greeted();
    assert_eq!(brand.wire.attempts(), 0);
    brand.clock.move_to(brand.now().plus_seconds(2));
    next.reach.sweep_welcomes().unwrap();
    next.greeted();
    assert_eq!(brand.ends(), vec![(2, String::new()); 5]);
    assert_eq!(brand.wire.taken(), vec![1; 5]);
}

fn what_was_begun_is_not_sent_again(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), "你好");
    brand.take_callbacks(&brand.desk, false);
    brand.add(2);
    // Marked by a process that ended before it wrote down what became of it.
    brand.act(|tx| {
        Ok(tx.execute("UPDATE welcome SET state = 1, holder = 'gone' WHERE id = (SELECT MIN(id) FROM welcome)", &[])?)
    });
    let next = brand.second();
    brand.clock.move_to(brand.now().plus_seconds(3));
    next.reach.sweep_welcomes().unwrap();
    next.greeted();
    assert_eq!(brand.ends(), [(1, String::new()), (2, String::new())]);
    assert_eq!(brand.wire.attempts(), 1);
    // Told as unknown once nobody can hear any more, and never sent.
    brand.clock.move_to(brand.now().plus_seconds(60));
    next.reach.sweep_welcomes().unwrap();
    next.greeted();
    assert_eq!(brand.ends()[0], (4, "outcome_unknown".to_owned()));
    assert_eq!(brand.wire.attempts(), 1);
    brand.work();
    brand.tell();
    let mut names: Vec<String> = brand.events("Welcome").into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, ["Welcome Failed", "Welcome Sent"]);
}

fn two_processes_welcome_once(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), "你好");
    brand.take_callbacks(&brand.desk, false);
    brand.add(6);
    let other = brand.second();
    brand.clock.move_to(brand.now().plus_seconds(2));
    std::thread::scope(|scope| {
        for desk in [&brand.desk, &other] {
            scope.spawn(|| {
                desk.reach.sweep_welcomes().unwrap();
                desk.reach.sweep_welcomes().unwrap();
            });
        }
    });
    brand.greeted();
    other.greeted();
    assert_eq!(brand.ends(), vec![(2, String::new()); 6]);
    assert_eq!(brand.wire.attempts(), 6);
    assert_eq!(brand.wire.taken(), vec![1; 6]);
}

fn what_is_late_is_told(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), "你好");
    brand.take_callbacks(&brand.desk, false);
    brand.add(1);
    brand.clock.move_to(brand.now().plus_seconds(19));
    brand.reach.sweep_welcomes().unwrap();
    brand.greeted();
    assert_eq!(brand.ends(), [(3, "late".to_owned())]);
    assert_eq!(brand.wire.attempts(), 0);
    // Nothing is left of the code.
    assert_eq!(brand.int("SELECT COUNT(*) FROM welcome WHERE LENGTH(code) > 0"), 0);
    // A database that takes no mark leaves it waiting; nothing is sent without one.
    brand.wire.next(&[Bad::Code(-1)]);
    brand.take_callbacks(&brand.desk, true);
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends()[1], (2, String::new()));
}
