//! Whatever happens in whatever order, with restarts and clocks that jump: the sums are exact, and nothing is done twice or lost.

use crate::house::{House, exit, journey, message, migrations, wait};
use serde_json::{Value, json};
use siyu_db::params;
use siyu_journeys::{Change, Inside, Outcome};
use siyu_kernel::Chance;
use siyu_testkit::TestDb;
use std::sync::atomic::Ordering::SeqCst;

siyu_testkit::contract!(migrations(); sums_are_exact_whatever_happens);

fn drawn(extra: bool) -> Value {
    let mut own = journey(json!([
        wait("rest", 2, "hour", "split"),
        {"id": "split", "do": {"type": "ab", "arms": [{"weight": 40, "to": "hello"}, {"weight": 60, "to": "ask"}], "goal": {"type": "event", "name": "buy"}, "within_days": 3}},
        message("hello", "later", "tag"),
        {"id": "ask", "do": {"type": "condition", "rule": {"all": [{"field": "tag", "op": "eq", "value": "vip"}]}, "yes": "call", "no": "look"}},
        {"id": "call", "do": {"type": "task", "with": {"says": "later"}, "deadline": {"amount": 5, "unit": "hour"}, "nudge": {"amount": 2, "unit": "hour"}, "reassign": 1, "next": "tag", "late": "look"}},
        {"id": "look", "do": {"type": "wait_event", "on": {"type": "event", "name": "view"}, "timeout": {"amount": 8, "unit": "hour"}, "next": "hello", "timed_out": "morning"}},
        {"id": "morning", "do": {"type": "wait_until", "at": "09:00", "next": "quick"}},
        message("quick", "skip", "rest2"),
        wait("rest2", 1, "day", "end"),
        {"id": "tag", "do": {"type": "tag", "with": {"tag": "x"}, "next": "end"}},
        exit("end"),
    ]));
    own["again"] = json!("always");
    if extra {
        own["holdout_percent"] = json!(20);
        own["holdout_days"] = json!(2);
    }
    own["goal"] = json!({"on": {"type": "event", "name": "buy"}, "exit": !extra});
    own["exits"] = json!([{"reason": "refund", "on": {"type": "event", "name": "refund"}}]);
    if extra {
        // Another version: a node is gone, one is something else.
        own["nodes"][6]["do"] = json!({"type": "wait", "for": {"amount": 1, "unit": "hour"}, "next": "rest2"});
        own["nodes"].as_array_mut().unwrap().retain(|node| node["id"] != "quick");
    }
    own
}

fn sums_are_exact_whatever_happens(t: TestDb) {
    let chance = Chance::seeded(20_261);
    let mut house = House::new(t);
    let mut people = house.crowd(120);
    house.put("vip", &people[..50]);
    let ids = [house.start(&drawn(false)), house.start(&drawn(true))];
    let pick = |bound: usize| chance.below(bound as u64) as usize;
    let mut merged = 0;
    for turn in 0..400 {
        let id = ids[pick(2)].clone();
        match pick(16) {
            0..=3 => {
                for _ in 0..pick(12) {
                    let name = ["begin", "begin", "view", "buy", "refund"][pick(5)];
                    let ago = if pick(4) == 0 { pick(50_000) as i64 } else { 0 };
                    house.does_at(people[pick(people.len())], name, json!({}), house.now().plus_seconds(-ago));
                }
            }
            4 => house.does(people[pick(people.len())], "begin"),
            5 => {
                let from = pick(people.len());
                if house.row(&id).state.name() != "ended" && house.row(&id).state.name() != "ending" {
                    house.let_in(&id, &people[from..(from + 70).min(people.len())]);
                }
            }
            6 | 7 => {
                let outcome = [Outcome::Done, Outcome::Skipped("quota".into()), Outcome::Failed("refused".into())]
                    [pick(3)]
                .clone();
                house.tell(["hello", "call"][pick(2)], outcome, pick(150) as i64);
            }
            8 => drop(house.change(&id, Change::Pause)),
            9 => drop(house.change(&id, Change::Resume)),
            10 => {
                house.redraw(&id, &drawn(pick(2) == 0));
                house.publish(&id, [Inside::Finish, Inside::Move][pick(2)]).unwrap();
            }
            11 => house = house.again(),
            12 => house.world.away.store(pick(3) == 0, SeqCst),
            // A clock is put back a little.
            13 => house.pass(-(pick(4_000) as i64)),
            14 if merged < 15 && turn % 2 == 0 => {
                let lost = people.swap_remove(pick(people.len()));
                house.merge(people[pick(people.len())], lost);
                merged += 1;
            }
            _ => house.pass(pick(60_000) as i64),
        }
        house.sound();
        if turn % 40 == 0 {
            house.adds_up();
        }
        for _ in 0..pick(8) {
            // Handing on may fail: what was decided stays.
            let _ = house.journeys.step();
            house.sound();
        }
    }
    house.world.away.store(false, SeqCst);
    for id in &ids {
        let _ = house.change(id, Change::Resume);
    }
    // Everybody comes to an end once they are answered.
    for _ in 0..40 {
        house.hours(12);
        house.run();
        house.tell("hello", Outcome::Done, 10_000);
        house.tell("call", Outcome::Done, 10_000);
        house.run();
    }
    for id in &ids {
        let [entered, inside, finished, exited] = house.sums(id);
        assert_eq!((inside, entered), (0, finished + exited), "{id}");
        assert!(
            entered > 300 && finished > 100 && exited > 20,
            "{entered} {finished} {exited} are too few to prove anything"
        );
    }
    // Each visit to a message was handed on once, or never because they had left: no key came twice, or its row would have refused the unit.
    let sent = "SELECT COUNT(*) FROM fake_effect WHERE what = 'do'";
    let left = "SELECT COUNT(*) FROM journey_effect WHERE journey > $1";
    assert!(house.read(|tx| Ok(tx.one(sent, &[], |row| row.int(0))?)) > 300);
    assert_eq!(house.read(|tx| Ok(tx.one(left, params![0], |row| row.int(0))?)), 0);
    // As many passed each node by an outcome as were handed on there and not taken back.
    for (at, id) in ids.iter().enumerate() {
        let mut passed: std::collections::BTreeMap<String, i64> = Default::default();
        for ((_, node), own) in house.numbers(id).nodes {
            *passed.entry(node).or_default() += own.passed.values().sum::<i64>();
        }
        let sql = "SELECT node, COUNT(*) FROM fake_effect d WHERE journey = $1 AND what = 'do'
            AND NOT EXISTS (SELECT 1 FROM fake_effect w WHERE w.what = 'withdraw' AND w.about = d.key) GROUP BY node";
        let done = house.read(|tx| Ok(tx.query(sql, params![at as i64 + 1], |row| Ok((row.text(0)?, row.int(1)?)))?));
        for (node, count) in done {
            let late = house
                .numbers(id)
                .nodes
                .iter()
                .filter(|((_, own), _)| *own == node)
                .map(|(_, own)| {
                    own.passed.get("late").copied().unwrap_or(0)
                        + own.outcomes.get("failed:no_answer").copied().unwrap_or(0)
                })
                .sum::<i64>();
            let told_late = house
                .numbers(id)
                .nodes
                .iter()
                .filter(|((_, own), _)| *own == node)
                .flat_map(|(_, own)| own.outcomes.iter().filter(|(why, _)| why.starts_with("late:")).map(|(_, n)| *n))
                .sum::<i64>();
            assert_eq!(passed[&node] - (late - told_late), count, "{node}");
        }
    }
}
