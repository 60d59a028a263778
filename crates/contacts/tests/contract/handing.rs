//! Hand-overs: asked once, settled by WeCom's record, exact at every instant.

use crate::brand::{Brand, Desk, MIGRATIONS};
use siyu_contacts::{HandoverIn, HandoverJob, ItemQuery, Only, Ran, TakerIn, What};
use siyu_kernel::{Chance, Refusal};
use siyu_sandbox::Scale;
use siyu_sandbox::world::{Status, TransferStatus};
use siyu_testkit::TestDb;
use siyu_wecom::Transfer;
use std::collections::BTreeMap;

siyu_testkit::contract!(MIGRATIONS;
    customers_go_over, a_customer_may_refuse, twice_in_ninety_days_is_the_limit, what_was_asked_before_a_crash_is_not_asked_again,
    any_faults_end_in_exact_sums, customers_of_leavers_go_over, groups_go_over, a_refused_address_waits, the_erased_leave_their_item,
    wrong_input_is_told);

const SOME: Scale = Scale { stores: 3, guides: 9, people: 400, groups: 6, before: 0.6 };

fn input(from: &str, to: &[(&str, i64)]) -> HandoverIn {
    let taker = |(staff, weight): &(&str, i64)| TakerIn { staff: (*staff).to_owned(), weight: *weight };
    HandoverIn {
        what: What::Customers,
        from: vec![from.to_owned()],
        to: to.iter().map(taker).collect(),
        by_store: false,
        only: Only::All,
        reason: "调店".to_owned(),
        message: "您好，之后由新的顾问为您服务".to_owned(),
    }
}

/// Members who serve, the one with most customers first.
fn serving(brand: &Brand) -> Vec<String> {
    brand.world(|world| {
        let mut all: Vec<usize> = (0..world.staff.len()).filter(|&s| world.serves(s)).collect();
        all.sort_by_key(|&s| std::cmp::Reverse(world.staff[s].active));
        all.into_iter().map(|s| world.staff[s].userid.clone()).collect()
    })
}

fn start(desk: &Desk, input: &HandoverIn) -> Result<HandoverJob, Refusal> {
    let (contacts, input, now) = (desk.contacts.clone(), input.clone(), desk.now());
    desk.db.transact(move |tx| contacts.start_handover(tx, &input, "usr_1", now))
}
fn job(desk: &Desk, id: &str) -> HandoverJob {
    desk.read(|tx| desk.contacts.handover(tx, id))
}
/// One step; the clock goes on over pauses of up to `seconds`. False when the next thing to do is later.
fn step(brand: &Brand, desk: &Desk, seconds: i64) -> bool {
    match desk.contacts.work_handovers().unwrap() {
        Ran::Went => true,
        Ran::Waits(at) if at <= brand.now().plus_seconds(seconds) => {
            brand.pass((at.0 - brand.now().0) / 1_000_000 + 1);
            true
        }
        Ran::Waits(_) | Ran::Nothing => false,
    }
}
/// Until a job has ended, a few days at most.
fn finish(brand: &Brand, id: &str) -> HandoverJob {
    for _ in 0..5_000 {
        let here = job(brand, id);
        if here.ended_at.is_some() {
            return here;
        }
        step(brand, brand, 5 * 86_400);
        brand.work();
    }
    panic!("a hand-over ends: {:?}", job(brand, id));
}

fn customers_go_over(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.take_callbacks();
    brand.sync();
    let staff = serving(&brand);
    let wanted = input(&staff[0], &[(&staff[1], 3), (&staff[2], 1)]);
    let forecast = brand.read(|tx| brand.contacts.forecast_handover(tx, &wanted, brand.now()));
    let has = brand
        .int(&format!("SELECT COUNT(*) FROM wecom_follow WHERE status = 0 AND staff = '{}'", staff[0].to_lowercase()));
    assert!(has > 10, "{has}");
    assert_eq!(forecast.total, has);
    assert_eq!(forecast.ready + forecast.not.values().sum::<i64>(), has);
    assert_eq!(forecast.takers.iter().map(|own| own.gets).sum::<i64>(), forecast.ready);
    assert!(forecast.takers[0].gets > 2 * forecast.takers[1].gets, "{forecast:?}");
    let begun = start(&brand, &wanted).unwrap();
    assert_eq!((begun.counts.planned, begun.counts.total()), (forecast.ready, has));
    // The same customers are on their way: nobody can be sent a second time.
    assert_eq!(start(&brand, &wanted).unwrap_err().code, "handover_empty");
    let ended = finish(&brand, &begun.id);
    assert_eq!((ended.state.as_str(), ended.counts.done, ended.counts.total()), ("done", forecast.ready, has));
    brand.work();
    brand.assert_same("after a hand-over");
    let events = brand.events();
    assert_eq!(events["Staff Transfer Requested"] as i64, forecast.ready);
    assert_eq!(events["Staff Transferred"] as i64, forecast.ready);
    let told = brand.last_event("Staff Transferred");
    assert_eq!(
        (told["from"].as_str(), told["why"].as_str(), told["handover"].as_str()),
        (Some(staff[0].as_str()), Some("调店"), Some(begun.id.as_str()))
    );
    assert_eq!(brand.last_event("Contact Lost")["by"], "transfer");
    // Each was asked for once.
    brand.world(|world| assert_eq!(world.transfers.len() as i64, forecast.ready));
}

fn a_customer_may_refuse(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.take_callbacks();
    brand.sync();
    let staff = serving(&brand);
    let begun = start(&brand, &input(&staff[0], &[(&staff[1], 1)])).unwrap();
    while job(&brand, &begun.id).counts.waiting == 0 {
        assert!(step(&brand, &brand, 3_600));
    }
    let person = brand.world(|world| {
        let person = world.transfers[0].person;
        assert!(world.refuse_transfer(person));
        world.external_userid(person)
    });
    brand.settle();
    brand.work();
    // The callback makes us look at once, not after a day.
    while step(&brand, &brand, 60) {}
    let here = job(&brand, &begun.id);
    assert_eq!((here.counts.refused, here.ended_at), (1, None));
    let query = ItemQuery { state: "refused".into(), limit: 10, ..ItemQuery::default() };
    let items = brand.read(|tx| brand.contacts.handover_items(tx, begun.num, &query));
    assert_eq!((items.len(), &items[0].target, items[0].code.as_deref()), (1, &person, Some("customer_refused")));
    assert_eq!(brand.events()["Staff Transfer Failed"], 1);
    let ended = finish(&brand, &begun.id);
    assert_eq!((ended.counts.refused, ended.counts.done), (1, begun.counts.planned - 1));
    brand.assert_same("after a refusal");
}

fn twice_in_ninety_days_is_the_limit(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.sync();
    let staff = serving(&brand);
    let one = brand.world(|world| {
        let alone = |r: &&siyu_sandbox::world::Relation| {
            r.status == Status::Active
                && world.staff[r.staff].userid == staff[0]
                && world.people[r.person].relations.len() == 1
        };
        world.external_userid(world.relations.iter().find(alone).unwrap().person)
    });
    for (from, to) in [(0, 1), (1, 2)] {
        let wanted = HandoverIn { only: Only::Ids(vec![one.clone()]), ..input(&staff[from], &[(&staff[to], 1)]) };
        let begun = start(&brand, &wanted).unwrap();
        assert_eq!(finish(&brand, &begun.id).counts.done, 1);
    }
    let third = HandoverIn { only: Only::Ids(vec![one]), ..input(&staff[2], &[(&staff[0], 1)]) };
    let forecast = brand.read(|tx| brand.contacts.forecast_handover(tx, &third, brand.now()));
    assert_eq!((forecast.ready, forecast.not.get("twice_in_90_days")), (0, Some(&1)));
    assert_eq!(start(&brand, &third).unwrap_err().code, "handover_empty");
    brand.pass(91 * 86_400);
    assert_eq!(finish(&brand, &start(&brand, &third).unwrap().id).counts.done, 1);
}

/// A process ends after it has marked a batch: once before WeCom was asked, once after. Nobody is asked twice.
fn what_was_asked_before_a_crash_is_not_asked_again(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.sync();
    let staff = serving(&brand);
    let begun = start(&brand, &input(&staff[0], &[(&staff[1], 1)])).unwrap();
    let all = brand.read(|tx| {
        let query = ItemQuery { state: "planned".into(), limit: 1000, ..ItemQuery::default() };
        brand.contacts.handover_items(tx, begun.num, &query)
    });
    let half: Vec<String> = all.iter().take(all.len() / 2).map(|item| item.target.clone()).collect();
    let now = brand.now();
    brand.act(move |tx| {
        Ok(tx.execute(
            "UPDATE handover_item SET state = 'sending', sent_at = $1 WHERE state = 'planned'",
            siyu_db::params![now],
        )?)
    });
    let transfer = Transfer {
        handover_userid: staff[0].clone(),
        takeover_userid: staff[1].clone(),
        external_userid: half.iter().take(100).cloned().collect(),
        transfer_success_msg: None,
    };
    let asked = brand.contacts.client().unwrap().transfer_customers(&transfer).unwrap();
    assert!(asked.iter().all(siyu_wecom::TransferAccepted::is_taken));
    // A new process.
    let other = brand.second();
    while step(&brand, &other, 120) {}
    let here = job(&brand, &begun.id);
    assert_eq!((here.counts.waiting, here.counts.total()), (begun.counts.planned, begun.counts.total()));
    brand.world(|world| assert_eq!(world.transfers.len() as i64, begun.counts.planned));
    assert_eq!(finish(&brand, &begun.id).counts.done, begun.counts.planned);
    brand.sync();
    brand.assert_same("after a crash");
}

/// Whatever WeCom does in between, at each step the states of a job add up to it and each customer is asked for once.
fn any_faults_end_in_exact_sums(t: TestDb) {
    for seed in 1..=3 {
        let Some(t) = again(&t) else { return };
        let brand = Brand::living(t, SOME, seed);
        brand.world(siyu_sandbox::world::World::hush);
        brand.take_callbacks();
        brand.sync();
        let (chance, staff) = (Chance::seeded(seed), serving(&brand));
        let mut jobs = Vec::new();
        brand.faults("busy=0.2,45033=0.1,expired=0.1,proxy=0.05,timeout=0.1,duplicate=0.2,lost=0.2,late=0.2");
        for round in 0..400 {
            if round % 40 == 0 && jobs.len() < 6 {
                let (from, to) = (chance.below(4) as usize, 4 + chance.below(4) as usize);
                if let Ok(begun) = start(&brand, &input(&staff[from], &[(&staff[to], 2), (&staff[8], 1)])) {
                    jobs.push((begun.id, begun.counts.total()));
                }
            }
            if chance.below(10) == 0 {
                brand.world(|world| {
                    let waits = |t: &siyu_sandbox::world::Transfer| t.status == TransferStatus::Waiting;
                    let person = world.transfers.iter().find(|t| waits(t)).map(|t| t.person);
                    person.map(|person| world.refuse_transfer(person));
                });
            }
            step(&brand, &brand, if chance.below(5) == 0 { 90_000 } else { 60 });
            if chance.below(4) == 0 {
                brand.settle();
                brand.work();
            }
            for (id, total) in &jobs {
                let here = job(&brand, id);
                assert_eq!(here.counts.total(), *total, "seed {seed}, round {round}: {here:?}");
            }
        }
        brand.faults("");
        for (id, total) in &jobs {
            let ended = finish(&brand, id);
            assert_eq!((ended.counts.live(), ended.counts.total()), (0, *total), "seed {seed}");
        }
        // Nobody is asked more often than an item was taken. (Less often is possible: with an answer lost, an older refusal of the same pair
        // cannot be told from a new one, and then counts as the answer.)
        let taken: BTreeMap<String, i64> = brand.read(|tx| {
            let sql = "SELECT target, COUNT(*) FROM handover_item WHERE state = 'done' OR (state = 'refused' AND code = 'customer_refused') GROUP BY target";
            Ok(tx.query(sql, &[], |row| Ok((row.text(0)?, row.int(1)?)))?.into_iter().collect())
        });
        let mut asked: BTreeMap<String, i64> = BTreeMap::new();
        brand.world(|world| {
            world.transfers.iter().for_each(|own| *asked.entry(world.external_userid(own.person)).or_default() += 1);
        });
        assert!(asked.iter().all(|(id, n)| taken.get(id).is_some_and(|taken| n <= taken)), "seed {seed}");
        assert!(asked.values().sum::<i64>() > 50, "seed {seed}");
        brand.sync();
        brand.assert_same(&format!("seed {seed}"));
    }
}
/// The tables of another world: a database of its own on the same engine.
fn again(t: &TestDb) -> Option<TestDb> {
    TestDb::open(t.engine, MIGRATIONS)
}

fn customers_of_leavers_go_over(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.take_callbacks();
    brand.sync();
    let staff = serving(&brand);
    let waiting = brand.world(|world| {
        let leaver = world.member(&staff[0]).unwrap();
        let waiting = world.staff[leaver].active;
        world.resign(leaver);
        waiting
    });
    brand.settle();
    brand.work();
    // The callback of the leaving has the list read at once.
    while brand.read(|tx| brand.contacts.leavers(tx)).is_empty() {
        assert!(step(&brand, &brand, 60));
    }
    let leavers = brand.read(|tx| brand.contacts.leavers(tx));
    assert_eq!(
        (leavers.len(), leavers[0].userid.as_str(), leavers[0].customers),
        (1, staff[0].as_str(), waiting as i64)
    );
    let begun = start(&brand, &input(&staff[0], &[(&staff[1], 1), (&staff[2], 1)])).unwrap();
    let ended = finish(&brand, &begun.id);
    assert_eq!(ended.counts.done, begun.counts.planned);
    assert!(ended.counts.done > 0);
    assert_eq!(brand.last_event("Staff Transferred")["from"], staff[0].as_str());
    brand.sync();
    brand.assert_same("after the leaver's customers went over");
    let left = brand.read(|tx| brand.contacts.leavers(tx));
    assert_eq!(left.iter().map(|own| own.customers).sum::<i64>(), begun.counts.skipped);
}

fn groups_go_over(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.sync();
    let owners: BTreeMap<String, i64> = brand.read(|tx| {
        let sql = "SELECT owner, COUNT(*) FROM wecom_group WHERE dismissed_at IS NULL GROUP BY owner";
        Ok(tx.query(sql, &[], |row| Ok((row.text(0)?, row.int(1)?)))?.into_iter().collect())
    });
    let (owner, count) = owners.iter().max_by_key(|(_, count)| **count).map(|(own, n)| (own.clone(), *n)).unwrap();
    let taker = serving(&brand).into_iter().find(|own| own.to_lowercase() != owner).unwrap();
    let groups = HandoverIn { what: What::Groups, ..input(&owner, &[(&taker, 1)]) };
    let ended = finish(&brand, &start(&brand, &groups).unwrap().id);
    assert_eq!(ended.counts.done, count);
    brand.assert_same("after groups of somebody at work");
    brand.world(|world| {
        let leaver = world.member(&taker).unwrap();
        world.resign(leaver);
    });
    brand.sync();
    let next = serving(&brand).into_iter().find(|own| own.to_lowercase() != taker.to_lowercase()).unwrap();
    let groups = HandoverIn { what: What::Groups, ..input(&taker, &[(&next, 1)]) };
    let leavers = brand.read(|tx| brand.contacts.leavers(tx));
    assert!(leavers.iter().any(|own| own.userid == taker && own.groups >= count), "{leavers:?}");
    let ended = finish(&brand, &start(&brand, &groups).unwrap().id);
    assert!(ended.counts.done >= count && ended.counts.refused == 0, "{ended:?}");
    brand.sync();
    brand.assert_same("after groups of a leaver");
}

/// Work waits without being lost, and the reason is there to be shown.
fn a_refused_address_waits(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.sync();
    let staff = serving(&brand);
    while step(&brand, &brand, 60) {}
    let begun = start(&brand, &input(&staff[0], &[(&staff[1], 1)])).unwrap();
    brand.faults("60020=1");
    let Ran::Waits(_) = brand.contacts.work_handovers().unwrap() else { panic!("it waits") };
    let here = job(&brand, &begun.id);
    assert_eq!((here.counts.planned, here.error.as_deref()), (begun.counts.planned, Some("ip_not_trusted")));
    assert_eq!(brand.read(|tx| brand.contacts.connected(tx)).trouble.as_deref(), Some("ip_not_trusted"));
    brand.faults("");
    assert_eq!(finish(&brand, &begun.id).counts.done, begun.counts.planned);
}

fn the_erased_leave_their_item(t: TestDb) {
    let brand = Brand::quiet(t, SOME);
    brand.sync();
    let staff = serving(&brand);
    let begun = start(&brand, &input(&staff[0], &[(&staff[1], 1)])).unwrap();
    let query = ItemQuery { state: "planned".into(), limit: 1, ..ItemQuery::default() };
    let item = brand.read(|tx| brand.contacts.handover_items(tx, begun.num, &query)).remove(0);
    let (people, contacts, num, now) = (brand.people.clone(), brand.contacts.clone(), item.num.unwrap(), brand.now());
    brand.act(move |tx| {
        let root = people.roots(tx, &[num])?[0];
        let erased = people.erase(tx, root)?;
        contacts.forget(tx, &erased.nodes, now)
    });
    let here = job(&brand, &begun.id);
    assert_eq!((here.counts.cancelled, here.counts.total()), (1, begun.counts.total()));
    assert_eq!(brand.int(&format!("SELECT COUNT(*) FROM handover_item WHERE target = '{}'", item.target)), 0);
    assert_eq!(finish(&brand, &begun.id).counts.done, begun.counts.planned - 1);
}

fn wrong_input_is_told(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.sync();
    let staff = serving(&brand);
    let good = input(&staff[0], &[(&staff[1], 1)]);
    let none = |staff: &str, weight| vec![TakerIn { staff: staff.to_owned(), weight }];
    for (field, wrong) in [
        ("from", HandoverIn { from: Vec::new(), ..good.clone() }),
        ("from", HandoverIn { from: vec!["nobody".into()], ..good.clone() }),
        ("to", HandoverIn { to: Vec::new(), ..good.clone() }),
        ("to", HandoverIn { to: none(&staff[0], 1), ..good.clone() }),
        ("to", HandoverIn { to: none("nobody", 1), ..good.clone() }),
        ("to", HandoverIn { to: none(&staff[1], 0), ..good.clone() }),
        ("reason", HandoverIn { reason: " ".into(), ..good.clone() }),
        ("message", HandoverIn { message: "长".repeat(201), ..good.clone() }),
    ] {
        let refused = start(&brand, &wrong).unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), ("handover_input", Some(field)), "{refused}");
    }
    let begun = start(&brand, &good).unwrap();
    let cancel = || {
        let (contacts, id, now) = (brand.contacts.clone(), begun.id.clone(), brand.now());
        brand.db.transact(move |tx| contacts.cancel_handover(tx, &id, now))
    };
    let cancelled = cancel().unwrap();
    assert_eq!((cancelled.state.as_str(), cancelled.counts.cancelled), ("cancelled", begun.counts.planned));
    assert!(cancelled.ended_at.is_some());
    assert_eq!(cancel().unwrap_err().code, "handover_over");
}
