//! Several at once: one result, and nobody hears of an internal error.

use crate::house::{House, MIGRATIONS};
use siyu_testkit::{TestDb, contract};
use std::sync::Barrier;

contract!(MIGRATIONS; the_same_people_merged_by_eight, the_same_newcomer_met_by_eight, a_limit_holds_under_pressure, merged_and_split_at_once, messages_while_people_merge);

const WORKERS: usize = 8;

/// Everybody does `work(worker, round)` at the same moment, round after round.
fn together(rounds: usize, work: impl Fn(usize, usize) + Sync) {
    let start = Barrier::new(WORKERS);
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (work, start) = (&work, &start);
            scope.spawn(move || {
                for round in 0..rounds {
                    start.wait();
                    work(worker, round);
                }
            });
        }
    });
}

fn the_same_people_merged_by_eight(t: TestDb) {
    let h = House::new(t);
    for round in 0..30 {
        h.batch(&[&[&format!("user_id:u{round}")], &[&format!("phone:139{round:08}")], &[&format!("pos_no:p{round}")]]);
    }
    together(30, |worker, round| {
        let ids = [format!("user_id:u{round}"), format!("phone:139{round:08}"), format!("pos_no:p{round}")];
        // Some join two of the three, some all of them.
        h.ask(&[&ids[worker % 3], &ids[(worker + 1) % 3]]);
        if worker % 2 == 0 {
            h.ask(&[&ids[0], &ids[1], &ids[2]]);
        }
    });
    for round in 0..30 {
        assert!(h.one(&[&format!("user_id:u{round}"), &format!("phone:139{round:08}"), &format!("pos_no:p{round}")]));
    }
    assert_eq!((h.count(), h.int("SELECT COUNT(*) FROM merge_edge")), (30, 60));
    h.check();
}

fn the_same_newcomer_met_by_eight(t: TestDb) {
    let h = House::new(t);
    together(30, |worker, round| {
        let ids = [format!("user_id:u{round}"), format!("phone:139{round:08}"), format!("device:d{round}-{worker}")];
        h.ask(&[&ids[0], &ids[1], &ids[2]]);
    });
    assert_eq!((h.count(), h.int("SELECT COUNT(*) FROM person")), (30, 30));
    assert_eq!(h.int("SELECT COUNT(*) FROM identifier"), 30 * (2 + WORKERS as i64));
    h.check();
}

fn a_limit_holds_under_pressure(t: TestDb) {
    let h = House::new(t);
    together(10, |worker, round| {
        h.ask(&[&format!("phone:139{round:08}"), &format!("user_id:u{round}-{worker}")]);
    });
    for round in 0..10 {
        let household = h.who(&format!("phone:139{round:08}")).unwrap();
        assert_eq!(h.identifiers(household).iter().filter(|id| id.starts_with("user_id")).count(), 5);
    }
    assert_eq!(h.count(), 10 * (1 + (WORKERS as i64 - 5)));
    h.check();
}

fn merged_and_split_at_once(t: TestDb) {
    let h = House::new(t);
    let found = h.batch(&[&["user_id:a"], &["user_id:b"], &["user_id:c"]]);
    let roots = [found[0].root, found[1].root, found[2].root];
    together(15, |worker, round| {
        let allowed = |code: &str| ["already_one", "already_undone"].contains(&code);
        if worker % 2 == 0 {
            let (a, b) = (roots[(worker / 2 + round) % 3], roots[(worker / 2 + round + 1) % 3]);
            assert!(h.merge(a, b).err().is_none_or(|refusal| allowed(refusal.code)));
        } else if let Some(edge) = h
            .read(|tx| Ok(tx.opt("SELECT MIN(id) FROM merge_edge WHERE undone_at IS NULL", &[], |row| row.opt_int(0))?))
            .flatten()
        {
            assert!(h.split(edge).err().is_none_or(|refusal| allowed(refusal.code)));
        }
    });
    h.check();
}

/// What `resolve` answers is true when its unit commits.
fn messages_while_people_merge(t: TestDb) {
    let h = House::new(t);
    let found = h.batch(&[&["user_id:a"], &["user_id:b"]]);
    let (a, b) = (found[0].root, found[1].root);
    together(20, |worker, round| match worker {
        0 => drop(h.merge(a, b)),
        1 => drop(
            h.read(|tx| Ok(tx.opt("SELECT id FROM merge_edge WHERE undone_at IS NULL", &[], |row| row.int(0))?))
                .map(|edge| h.split(edge)),
        ),
        _ => {
            let (people, message, id) =
                (h.people.clone(), h.incoming(&["user_id:a", &format!("device:{worker}-{round}")]), h.people.id(a));
            h.act(move |tx| {
                let found = people.resolve(tx, std::slice::from_ref(&message), "test", siyu_kernel::Time(1))?[0]
                    .clone()
                    .unwrap();
                assert_eq!(people.find(tx, &id)?.1, found.root);
                std::thread::yield_now();
                assert_eq!(people.find(tx, &id)?.1, found.root);
                Ok(())
            });
        }
    });
    h.check();
}
