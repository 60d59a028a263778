//! Days of a pool, step by step: time-outs, rounds, and the walks that fill it.

use crate::house::*;
use siyu_db::params;
use siyu_kernel::{Event, EventKind};
use siyu_leads::{LeadQuery, Settings, Sight};
use siyu_testkit::TestDb;

siyu_testkit::contract!(migrations();
    what_is_not_worked_on_goes_back,
    a_shorter_time_takes_nothing_out_of_somebodys_hands,
    a_new_time_comes_page_by_page,
    who_leaves_leaves_leads,
    lost_friends_come_into_the_pool,
    friends_nobody_talks_to_come_into_the_pool,
    a_friend_nobody_talks_to_again_begins_anew,
    strangers_in_groups_and_buyers_come_into_the_pool,
);

/// (hours later, what Ann does, how the lead stands then)
type Step = (i64, &'static str, &'static str);

fn what_is_not_worked_on_goes_back(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { contact_hours: 48, follow_days: 7, rounds_max: 3, again_days: 0, ..free() });
    let lead = house.lead(1, "").id;
    let steps: [Step; 14] = [
        (0, "claim", "claimed ann"),
        (47, "", "claimed ann"),
        (1, "", "recycled - not_contacted"),
        (5, "claim", "claimed ann"),
        (40, "contact", "contacted ann reached"),
        (24 * 6, "", "contacted ann reached"),
        (1, "contact", "contacted ann reached"),
        (24 * 6, "", "contacted ann reached"),
        (24, "", "recycled - not_followed_up"),
        (1, "claim", "claimed ann"),
        (47, "", "claimed ann"),
        (2, "", "lost - rounds"),
        (24 * 100, "", "lost - rounds"),
        (1, "claim", "lost - rounds"),
    ];
    for (at, (hours, what, want)) in steps.into_iter().enumerate() {
        house.hours(hours);
        house.run();
        match what {
            "claim" => drop(house.claim("Ann", &lead)),
            "contact" => drop(house.contact("Ann", &lead, "reached")),
            _ => {}
        }
        assert_eq!(house.line(&lead), want, "step {at}");
    }
    assert_eq!(
        house.moves(&lead),
        [
            "created put",
            "claimed claim",
            "recycled clock not_contacted",
            "claimed claim",
            "contacted reached",
            "contacted reached",
            "recycled clock not_followed_up",
            "claimed claim",
            "lost clock rounds"
        ]
    );
}

fn a_shorter_time_takes_nothing_out_of_somebodys_hands(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { contact_hours: 100, ..free() });
    let lead = house.lead(1, "").id;
    house.claim("Ann", &lead).unwrap();
    house.hours(50);
    house.settings(Settings { contact_hours: 1, ..free() });
    house.run();
    assert_eq!(house.line(&lead), "claimed ann");
    house.hours(23);
    house.run();
    assert_eq!(house.line(&lead), "claimed ann");
    house.hours(1);
    house.run();
    assert_eq!(house.line(&lead), "recycled - not_contacted", "a day after the change");
    house.claim("Bea", &lead).unwrap();
    house.settings(Settings { contact_hours: 0, ..free() });
    house.hours(24 * 300);
    house.run();
    assert_eq!(house.line(&lead), "claimed bea", "no time at all");
}

fn a_new_time_comes_page_by_page(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { contact_hours: 48, follow_days: 7, ..free() });
    house.run();
    let now = house.now();
    house.act(move |tx| {
        for (state, count) in [("claimed", 2_003), ("contacted", 5)] {
            let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $3)
                INSERT INTO lead (id, num, name, source, channel, store, note, state, reason, staff, before, round, created_at, created_by, pooled_at, moved_at, due_at)
                SELECT $1 || CAST(n AS TEXT), $4 + n, '', 'manual', '', '', $5, $1, '', 'ann', '', 0, $2, '', $2, $2, $2 + 3600000000 FROM n";
            let from: i64 = if state == "claimed" { 1_000_000 } else { 2_000_000 };
            tx.execute(sql, params![state, now, count, from, &Vec::<u8>::new()])?;
        }
        Ok(())
    });
    let due = |state: &str, at: siyu_kernel::Time| -> i64 {
        house.read(|tx| {
            let sql = "SELECT COUNT(*) FROM lead WHERE state = $1 AND due_at = $2";
            Ok(tx.one(sql, params![state, at], |row| row.int(0))?)
        })
    };
    house.hours(2);
    house.settings(Settings { contact_hours: 72, follow_days: 0, ..free() });
    let want = now.plus_seconds(72 * 3_600);
    let steps: Vec<_> = (0..3)
        .map(|_| {
            house.leads.step().unwrap();
            (due("claimed", want), due("contacted", now.plus_seconds(3_600)))
        })
        .collect();
    assert_eq!(steps, [(2_000, 5), (2_003, 5), (2_003, 0)], "and what is over by the old time does not go back");
    house.run();
    assert_eq!(due("claimed", want), 2_003);
    house.settings(Settings { contact_hours: 72, follow_days: 0, claim: false, ..free() });
    house.hours(60);
    house.run();
    assert_eq!(due("claimed", want), 2_003, "another setting gives nobody more time");
}

fn who_leaves_leaves_leads(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let lead = house.lead(1, "").id;
    house.claim("Ann", &lead).unwrap();
    house.run();
    house.act(|tx| Ok(tx.execute("UPDATE wecom_staff SET gone_at = 1 WHERE key = 'ann'", params![])?));
    house.hours(1);
    house.run();
    assert_eq!(house.line(&lead), "recycled - staff_left");
    assert_eq!(house.claim("Ann", &lead).unwrap_err(), "lead_staff");
}

fn walking(walk: &str) -> Settings {
    Settings { walks: vec![walk.into()], idle_days: 30, again_days: 7, ..free() }
}
fn pool(house: &House) -> String {
    let mut own: Vec<String> = house
        .list(&Sight::Everything, LeadQuery::default())
        .iter()
        .map(|own| format!("{}:{}:{}", own.source, own.store, own.state.name()))
        .collect();
    own.sort();
    own.join(" ")
}

fn lost_friends_come_into_the_pool(t: TestDb) {
    let house = House::new(t);
    for contact in ["before", "x", "y", "z", "w"] {
        house.befriend(contact, "ann", false);
    }
    house.befriend("y", "carl", false);
    house.lose("before", "ann", "customer");
    house.hours(1);
    house.run();
    assert_eq!(pool(&house), "", "nothing is switched on");
    house.settings(walking("lost"));
    house.run();
    assert_eq!(pool(&house), "", "what was lost before it was switched on stays lost");
    house.hours(1);
    house.lose("x", "ann", "customer");
    house.lose("y", "ann", "customer");
    house.lose("z", "ann", "transfer");
    house.hours(1);
    house.run();
    assert_eq!(pool(&house), "lost:S1:new", "not who has another friend, nor who was handed over");
    let lead = house.list(&Sight::Everything, LeadQuery::default()).remove(0);
    assert_eq!(
        (lead.before.as_str(), house.claim("Ann", &lead.id).unwrap_err()),
        ("ann", "lead_again"),
        "who lost them waits"
    );
    house.claim("Bea", &lead.id).unwrap();
    house.hours(1);
    house.befriend("x", "bea", true);
    assert_eq!(pool(&house), "lost:S1:added");
    // A loss that is told half a day late is not missed.
    let late = house.now().plus_seconds(-12 * 3_600);
    house.act(move |tx| {
        Ok(tx.execute(
            "UPDATE wecom_follow SET status = 2, lost_at = $1, lost_by = 'customer' WHERE contact = 'w'",
            params![late.max(siyu_kernel::Time(0))],
        )?)
    });
    house.hours(24);
    house.run();
    house.lose("x", "bea", "customer");
    house.hours(1);
    house.run();
    assert_eq!(
        pool(&house),
        "lost:S1:recycled",
        "lost again, in the pool again; a day's delay is not looked back beyond the switching on"
    );
}

fn friends_nobody_talks_to_come_into_the_pool(t: TestDb) {
    let house = House::new(t);
    let quiet = house.befriend("quiet", "ann", false);
    let talked = house.befriend("talked", "ann", false);
    house.hours(24 * 20);
    house.befriend("fresh", "ann", false);
    house.settings(walking("idle"));
    house.run();
    assert_eq!(pool(&house), "", "three weeks are not a month");
    house.hours(24 * 11);
    let event = |name: &str, person, id: &str| Event {
        message_id: id.to_owned(),
        kind: EventKind::Track,
        name: name.to_owned(),
        person,
        at: house.now(),
        received_at: house.now(),
        source: "test".into(),
        body: "{}".into(),
    };
    let (sent, seen, log) = (event("Script Sent", talked, "1"), event("Product Viewed", quiet, "2"), house.log.clone());
    house.act(move |tx| {
        log.append(tx, sent.clone());
        log.append(tx, seen.clone());
        Ok(())
    });
    house.hours(1);
    house.run();
    let all = house.list(&Sight::Everything, LeadQuery::default());
    assert_eq!(
        (pool(&house).as_str(), all[0].num),
        ("idle:S1:new", quiet),
        "what customers do is no approach of staff"
    );
    assert_eq!(house.claim("Ann", &all[0].id).unwrap_err(), "lead_again");
    house.claim("Bea", &all[0].id).unwrap();
    house.hours(2);
    house.run();
    assert_eq!(pool(&house), "idle:S1:claimed", "the old friendship does not end it");
    house.befriend("quiet", "bea", true);
    assert_eq!(house.line(&all[0].id), "added bea");
}

fn a_friend_nobody_talks_to_again_begins_anew(t: TestDb) {
    let house = House::new(t);
    house.befriend("quiet", "ann", false);
    house.hours(24 * 31);
    house.settings(walking("idle"));
    house.run();
    let first = house.list(&Sight::Everything, LeadQuery::default()).remove(0);
    house.claim("Bea", &first.id).unwrap();
    house.hours(1);
    house.befriend("quiet", "bea", true);
    assert_eq!(house.line(&first.id), "added bea");
    house.hours(24 * 32);
    house.run();
    assert_eq!(house.line(&first.id), "recycled -", "Bea does not talk to them either");
    house.hours(1);
    house.run();
    let again = house.of(&first.id);
    assert_eq!(house.line(&first.id), "recycled -", "and the friendship from before does not end it");
    assert_eq!((again.created_at, again.pooled_at > first.pooled_at), (first.created_at, true));
    for staff in ["Ann", "Bea"] {
        assert_eq!(house.claim(staff, &first.id).unwrap_err(), "lead_again", "{staff} let it lie");
    }
    house.assign(&headquarters(), &[&first.id], "Carl").unwrap();
    house.hours(1);
    house.befriend("quiet", "carl", true);
    assert_eq!(house.line(&first.id), "added carl", "a new friendship does");
}

fn strangers_in_groups_and_buyers_come_into_the_pool(t: TestDb) {
    let house = House::new(t);
    let (stranger, friend) = (house.person("external_userid", "s"), house.befriend("f", "ann", false));
    let buyer = house.person("phone", "13512340001");
    let nameless = house.person("user_id", "u1");
    house.buy(buyer);
    house.buy(nameless);
    let now = house.now();
    house.act(move |tx| {
        tx.execute("INSERT INTO wecom_group (id, name, owner, notice, admins, version, status, created_at, read_at, seen) VALUES ('g', '群', 'carl', '', '[]', '', 0, 0, 0, 1)", params![])?;
        for (userid, num) in [("s", stranger), ("f", friend)] {
            tx.execute("INSERT INTO wecom_member (chat, userid, kind, num, unionid, name, nickname, join_at, join_scene, invitor, state) VALUES ('g', $1, 2, $2, '', '', '', $3, 1, '', '')", params![userid, num, now])?;
        }
        Ok(())
    });
    house.settings(Settings { walks: vec!["group".into(), "shop".into()], ..free() });
    house.run();
    assert_eq!(pool(&house), "shop::new", "whoever can be called; a stranger has a day");
    house.hours(25);
    house.run();
    assert_eq!(pool(&house), "group:S2:new shop::new");
    house.hours(25);
    house.run();
    assert_eq!(pool(&house), "group:S2:new shop::new", "once");
}
