//! What the mirror and the orders say: friends, duplicates, buyers.

use crate::house::*;
use siyu_leads::{LeadQuery, Put, PutIn, Sight};
use siyu_testkit::TestDb;

siyu_testkit::contract!(migrations();
    an_addition_makes_a_friend_of_a_lead,
    a_phone_that_turns_out_to_be_a_friend,
    of_two_leads_of_one_person_one_stays,
    an_order_wins_it,
    the_board_counts_what_happened,
    a_conflict_on_one_lead_leaves_the_others,
    what_nobody_took_is_nobodys_success,
    two_people_after_all_are_two_leads,
);

fn an_addition_makes_a_friend_of_a_lead(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let (own, other, pool) = (house.lead(1, ""), house.lead(2, ""), house.lead(3, ""));
    house.claim("Ann", &own.id).unwrap();
    house.claim("Ann", &other.id).unwrap();
    for (contact, lead) in [("x", &own), ("y", &other), ("z", &pool)] {
        // WeCom's customer is known to be the person of the phone before the addition is told.
        let num = house.person("external_userid", contact);
        house.merge(lead.num, num, true);
    }
    assert_eq!(house.line(&own.id), "claimed ann", "a customer without a relation is no friend");
    house.hours(1);
    house.befriend("x", "ann", true);
    house.befriend("y", "bea", true);
    house.befriend("z", "carl", true);
    assert_eq!(house.line(&own.id), "added ann");
    assert_eq!(house.line(&other.id), "added bea by_other");
    assert_eq!(house.line(&pool.id), "added carl");
    assert_eq!(house.of(&own.id).due_at, None);
    house.befriend("x", "dora", true);
    assert_eq!(house.line(&own.id), "added ann", "a second friend changes nothing");
    let added = house.events().into_iter().filter(|(name, ..)| name == "Lead Added").count();
    assert_eq!(added, 3);
}

fn a_phone_that_turns_out_to_be_a_friend(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let friend = house.befriend("x", "bea", true);
    house.hours(2);
    let (told, untold) = (house.lead(1, ""), house.lead(2, ""));
    house.claim("Ann", &told.id).unwrap();
    house.merge(told.num, friend, true);
    assert_eq!(house.line(&told.id), "added bea known", "and nobody has won them by this lead");
    let second = house.befriend("y", "bea", false);
    house.merge(untold.num, second, false);
    assert_eq!(house.line(&untold.id), "new -", "a merge elsewhere is found");
    house.run();
    assert_eq!(house.line(&untold.id), "added bea");
}

fn of_two_leads_of_one_person_one_stays(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let (a, b, c, d) = (house.lead(1, ""), house.lead(2, ""), house.lead(3, ""), house.lead(4, ""));
    house.claim("Bea", &b.id).unwrap();
    house.merge(a.num, b.num, true);
    assert_eq!(
        (house.line(&a.id), house.line(&b.id)),
        ("merged - same_person".into(), "claimed bea".into()),
        "the held one"
    );
    house.merge(c.num, d.num, false);
    house.hours(1);
    house.run();
    let mut both = [house.line(&c.id), house.line(&d.id)];
    both.sort();
    assert_eq!(both, ["merged - same_person", "new -"], "found by the sweep");
    let open = house.list(&Sight::Everything, LeadQuery { view: siyu_leads::View::Ended, ..LeadQuery::default() });
    assert_eq!(open.len(), 2);
}

fn an_order_wins_it(t: TestDb) {
    let house = House::new(t);
    house.settings(siyu_leads::Settings { won_days: 30, ..free() });
    let (held, early, late, pool) = (house.lead(1, ""), house.lead(2, ""), house.lead(3, ""), house.lead(4, ""));
    house.buy(early.num);
    house.hours(1);
    for lead in [&held, &early, &late] {
        house.claim("Ann", &lead.id).unwrap();
    }
    house.hours(1);
    house.buy(held.num);
    house.buy(pool.num);
    house.run();
    assert_eq!(house.line(&held.id), "won ann order");
    assert_eq!(house.line(&early.id), "claimed ann", "bought before");
    assert_eq!(house.line(&pool.id), "new -", "nobody worked on it");
    house.hours(24 * 31);
    house.buy(late.num);
    house.run();
    assert_eq!(house.line(&late.id), "claimed ann", "too late to be the lead's");
}

fn the_board_counts_what_happened(t: TestDb) {
    let house = House::new(t);
    house.settings(siyu_leads::Settings { contact_hours: 5, ..free() });
    let from = house.now();
    let leads: Vec<_> = (0..4).map(|n| house.lead(n, if n == 3 { "S2" } else { "S1" })).collect();
    for lead in &leads[..3] {
        house.claim("Ann", &lead.id).unwrap();
    }
    house.contact("Ann", &leads[0].id, "reached").unwrap();
    house.contact("Ann", &leads[0].id, "reached").unwrap();
    let friend = house.person("external_userid", "x");
    house.merge(leads[0].num, friend, true);
    house.befriend("x", "ann", true);
    house.hours(6);
    house.run();
    let board = |sight: &Sight| house.read(|tx| house.leads.board(tx, sight, from, house.now().plus_days(1)));
    let all = board(&Sight::Everything);
    let source = &all.sources[0];
    assert_eq!((source.name.as_str(), source.leads, source.pool, source.held, source.added), ("manual", 4, 3, 0, 1));
    let ann = &all.staff[0];
    assert_eq!(
        (ann.userid.as_str(), ann.taken, ann.contacted, ann.added, ann.timed_out, ann.held),
        ("Ann", 3, 1, 1, 2, 0)
    );
    assert_eq!(all.staff.len(), 1);
    let other = board(&manager("S2").sight);
    assert_eq!((other.sources[0].leads, other.staff.len()), (1, 0), "a manager's own store");
}

fn a_conflict_on_one_lead_leaves_the_others(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let leads: Vec<_> = (0..12).map(|n| house.lead(n, "").id).collect();
    let num = |at: usize| house.of(&leads[at]).num;
    // Of each two the first: friends, buyers, whose holder leaves, ended; then two people twice.
    let stuck: Vec<&str> = [0, 2, 4, 6, 8, 9].into_iter().map(|at| leads[at].as_str()).collect();
    for (at, contact) in [(0, "x"), (1, "y")] {
        let friend = house.befriend(contact, "ann", false);
        house.merge(num(at), friend, false);
    }
    for (at, staff) in [(2, "Ann"), (3, "Ann"), (4, "Carl"), (5, "Carl"), (6, "Ann"), (7, "Ann")] {
        house.claim(staff, &leads[at]).unwrap();
    }
    for at in [6, 7] {
        let (own, now, id) = (house.leads.clone(), house.now(), leads[at].clone());
        house.act(move |tx| own.give_up(tx, &guide("Ann"), &id, "没有需求", now));
    }
    house.hours(1);
    house.buy(num(2));
    house.buy(num(3));
    house.act(|tx| Ok(tx.execute("UPDATE wecom_staff SET gone_at = 1 WHERE key = 'carl'", &[])?));
    house.merge(num(8), num(9), false);
    house.merge(num(10), num(11), false);
    house.stick(&stuck);
    house.run();
    let lines = |from: usize, to: usize| leads[from..to].iter().map(|id| house.line(id)).collect::<Vec<_>>().join(", ");
    assert_eq!(
        lines(0, 8),
        "new -, added ann, claimed ann, won ann order, claimed carl, recycled - staff_left, lost ann 没有需求, lost ann 没有需求"
    );
    assert_eq!(lines(8, 10), "new -, new -");
    assert!(lines(10, 12).contains("merged"));
    let again = |at: usize| PutIn { num: num(at), source: "manual".into(), ..PutIn::default() };
    assert_eq!(house.put_in(again(6)).unwrap().0, Put::Here, "somebody else has it");
    assert_eq!(house.put_in(again(7)).unwrap().0, Put::Again);
    house.unstick();
    house.hours(1);
    house.run();
    assert_eq!(
        lines(0, 6),
        "added ann, added ann, won ann order, won ann order, recycled - staff_left, recycled - staff_left"
    );
    assert!(lines(8, 10).contains("merged"));
}

fn what_nobody_took_is_nobodys_success(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let from = house.now();
    let leads: Vec<_> = (0..3).map(|n| house.lead(n, "")).collect();
    house.claim("Ann", &leads[1].id).unwrap();
    house.claim("Ann", &leads[2].id).unwrap();
    for (lead, contact) in leads.iter().zip(["x", "y", "z"]) {
        let friend = house.person("external_userid", contact);
        house.merge(lead.num, friend, true);
    }
    house.hours(1);
    house.befriend("x", "ann", true);
    house.befriend("y", "bea", true);
    house.befriend("z", "ann", true);
    let win = |at: usize| {
        let (own, now, id) = (house.leads.clone(), house.now(), leads[at].id.clone());
        let won = house.db.transact(move |tx| own.win(tx, &headquarters(), &id, "", now));
        won.map(|lead| lead.state.name()).map_err(|refusal| refusal.code)
    };
    assert_eq!((win(0), win(2)), (Err("lead_state"), Ok("won")));
    let board = house.read(|tx| house.leads.board(tx, &Sight::Everything, from, house.now().plus_days(1)));
    let source = &board.sources[0];
    assert_eq!((source.leads, source.added, source.won), (3, 2, 1), "not the one whom nobody had taken");
    let staff: Vec<_> = board.staff.iter().map(|own| (own.userid.as_str(), own.taken, own.added)).collect();
    assert_eq!(staff, [("Ann", 2, 1), ("Bea", 0, 0)], "Ann's own one; Bea had not taken hers");
}

fn two_people_after_all_are_two_leads(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let leads: Vec<_> = (0..4).map(|n| house.lead(n, "")).collect();
    house.claim("Ann", &leads[0].id).unwrap();
    house.claim("Ann", &leads[2].id).unwrap();
    house.merge(leads[0].num, leads[1].num, true);
    house.merge(leads[2].num, leads[3].num, true);
    house.hours(1);
    assert_eq!(house.line(&leads[1].id), "merged - same_person");
    house.part(leads[0].num, leads[1].num);
    assert_eq!(house.line(&leads[0].id), "claimed ann");
    assert_eq!(house.line(&leads[1].id), "recycled - other_person");
    house.claim("Bea", &leads[1].id).unwrap();
    let (people, num, now) = (house.people.clone(), leads[3].num, house.now());
    house.act(move |tx| {
        let (purpose, channel) = ("marketing".to_owned(), "any".to_owned());
        let (text_version, evidence) = ("1".to_owned(), String::new());
        let no = siyu_people::ConsentIn { purpose, channel, granted: false, text_version, evidence };
        people.record_consent(tx, num, &no, "test", "test", now).map(drop)
    });
    house.part(leads[2].num, leads[3].num);
    assert_eq!(house.line(&leads[3].id), "merged - same_person", "they have said no");
}
