//! Audiences kept live: what a rule says of everybody now is who is in it, after anything that happened and after any time.
#![allow(clippy::unwrap_used)]

mod common;

use common::story::Story;
use common::{World, migrations};
use serde_json::{Value, json};
use siyu_audience::{AudienceRow, History, Live, Moment, Rule, Scope};
use siyu_behaviour::Snapshot;
use siyu_kernel::Clock;
use siyu_kernel::{Currency, PersonNum, Refusal, Time};
use siyu_people::FieldType;
use siyu_testkit::{TestDb, contract};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

contract!(migrations();
    live_is_what_a_fresh_evaluation_says, every_change_is_told_once, a_lapsed_buyer_returns, a_window_slides_out_by_time_alone,
    a_month_ends, a_tag_runs_out, merged_people_neither_enter_nor_leave, birthdays_come_with_the_days,
    erased_people_are_gone_without_a_word,
    an_audience_of_audiences_follows, a_rule_that_breaks_keeps_its_people, a_changed_rule_tells_nobody, what_rules_mean_changes_without_a_word, folded_days_stay_what_they_were, another_process_takes_over,
    days_while_nobody_ran, lives_move_on, ranks_follow_within_a_minute, until_says_when_to_look_again, nobody_waits_for_a_step_under_way);

fn agree(story: &Story, audiences: &[AudienceRow], place: &str) {
    let world = &story.world;
    for audience in audiences {
        let rule = Rule::from_text(audience.rule.as_deref().unwrap()).unwrap();
        let fresh = world.db.read(|tx| {
            let plan = world.audience.plan(tx, &rule, None, &world.ctx())?;
            world.audience.members(tx, &plan, &Scope::All, &world.ctx())
        });
        // A rule that names a deleted tag keeps its people.
        let Ok(fresh) = fresh else { continue };
        assert_eq!(world.inside(audience, None), fresh.iter().collect::<Vec<_>>(), "{place}: {}", rule.to_text());
    }
}

fn live_is_what_a_fresh_evaluation_says(test: TestDb) {
    let seed = 77;
    let mut story = Story::new(test, seed);
    story.prime();
    let mut audiences: Vec<AudienceRow> = Vec::new();
    for n in 0..14 {
        let mut rule = serde_json::from_str::<Value>(&story.rule().to_text()).unwrap();
        rule.as_object_mut().unwrap().remove("version");
        if n % 4 == 3 {
            let ids = [story.pick(&audiences).id, story.pick(&audiences).id];
            rule = json!({"all": [{"field": "audience", "op": story.pick(&["in", "ne"]), "value": ids[0]}, rule]});
            if rule["all"][0]["op"] == "in" {
                rule["all"][0]["value"] = json!(ids);
            }
        }
        audiences.push(story.world.audience_of(&format!("a{n}"), &rule));
    }
    for round in 0..60 {
        (0..=story.below(4)).for_each(|_| story.step());
        match story.below(12) {
            // A restart.
            0 => story.world.live.forget(),
            // Everything in memory is lost with it.
            1 => {
                story.world.live.forget();
                story.world.shelf.clear();
            }
            2 => story.world.test.clock.advance_seconds(86_400 * (1 + story.below(3) as i64)),
            _ => {}
        }
        story.world.step();
        agree(&story, &audiences, &format!("seed {seed}, round {round}"));
    }
}

/// Who entered and has not left is who is inside, and nobody enters twice: nothing is told twice or not at all, restarts included.
fn every_change_is_told_once(test: TestDb) {
    let mut story = Story::new(test, 101);
    story.plain = true;
    story.prime();
    let audiences: Vec<AudienceRow> = (0..6)
        .map(|n| story.world.audience_of(&format!("a{n}"), &serde_json::from_str(&story.rule().to_text()).unwrap()))
        .collect();
    story.world.step();
    let mut model: Vec<BTreeSet<PersonNum>> =
        audiences.iter().map(|own| story.world.inside(own, None).into_iter().collect()).collect();
    assert!(story.world.told().is_empty(), "who is inside from the beginning did not enter");
    let mut read = 0;
    for round in 0..100 {
        (0..=story.below(3)).for_each(|_| story.step());
        if round % 9 == 0 {
            story.world.live.forget();
        }
        story.world.step();
        // A second look finds nothing.
        let again = story.world.step();
        assert_eq!((again.entered, again.left), (0, 0));
        let told = story.world.told();
        for (entered, person, id) in &told[read..] {
            let at = audiences.iter().position(|own| own.id == *id).unwrap();
            let fresh = if *entered { model[at].insert(*person) } else { model[at].remove(person) };
            assert!(fresh, "round {round}: told twice: {entered} {person} {id}");
        }
        read = told.len();
        for (own, model) in audiences.iter().zip(&model) {
            assert_eq!(
                story.world.inside(own, None),
                model.iter().copied().collect::<Vec<_>>(),
                "round {round}: {:?}",
                own.rule
            );
        }
    }
    assert!(read > 30, "{read} changes are too few to mean something");
}

fn bought(world: &World, who: PersonNum) {
    world.did(who, "Order Completed", world.ago(0), json!({"amount": 100}));
}
fn days(world: &World, days: i64) {
    world.test.clock.advance_seconds(86_400 * days);
}
fn none_in(days: u32) -> Value {
    json!({"did": {"event": "Order Completed", "times": {"op": "eq", "value": 0}, "span": {"last_days": days}}})
}
fn some_in(days: u32) -> Value {
    json!({"did": {"event": "Order Completed", "span": {"last_days": days}}})
}

fn a_lapsed_buyer_returns(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["phone:13912345678"]);
    bought(&world, ann);
    let ever = json!({"did": {"event": "Order Completed", "span": {"ever": true}}});
    let lapsed = world.audience_of("lapsed", &json!({"all": [ever, none_in(30)]}));
    let tell = |entered: bool| (entered, ann, lapsed.id.clone());
    let mut told = Vec::new();
    // (days later, buys, inside)
    for (later, buys, inside) in [
        (0, false, false),
        (29, false, false),
        (1, false, true),
        (1, false, true),
        (1, true, false),
        (29, false, false),
        (1, false, true),
    ] {
        days(&world, later);
        if buys {
            bought(&world, ann);
        }
        let before = world.inside(&lapsed, None).len() == 1;
        world.step();
        assert_eq!(world.inside(&lapsed, None) == [ann], inside, "{later} days later");
        if before != inside {
            told.push(tell(inside));
        }
        assert_eq!(world.told(), told);
    }
    assert_eq!(told, [tell(true), tell(false), tell(true)]);
}

/// Shanghai's day begins at 16:00 UTC; New York's clocks go forward on 8 March 2026.
fn a_window_slides_out_by_time_alone(test: TestDb) {
    let world = World::new(test);
    let set = |at: &str| world.test.clock.set(Time::parse(at).unwrap());
    set("2026-03-07T17:00:00Z");
    let ann = world.person(&["phone:13912345678"]);
    bought(&world, ann);
    let recent = world.audience_of("recent", &json!({"all": [some_in(2)]}));
    for (at, inside) in [
        ("2026-03-07T17:00:01Z", true),
        ("2026-03-08T15:59:59Z", true),
        ("2026-03-08T16:00:00Z", true),
        ("2026-03-09T15:59:59Z", true),
        ("2026-03-09T16:00:00Z", false),
        ("2026-03-20T16:00:00Z", false),
    ] {
        set(at);
        let asked = world.step().asked;
        assert_eq!(world.inside(&recent, None) == [ann], inside, "{at}");
        assert!(asked <= 1, "{at}: {asked} asked");
    }
    assert_eq!(world.told(), [(false, ann, recent.id.clone())]);

    // The same on a day of 23 hours.
    let world = world.in_zone("America/New_York");
    let set = |at: &str| world.test.clock.set(Time::parse(at).unwrap());
    set("2027-03-13T18:00:00Z");
    let bob = world.person(&["phone:13912345679"]);
    bought(&world, bob);
    let today = world.audience_of("today and yesterday", &json!({"all": [some_in(2)]}));
    for (at, inside) in
        [("2027-03-14T05:00:00Z", true), ("2027-03-15T03:59:59Z", true), ("2027-03-15T04:00:00Z", false)]
    {
        set(at);
        world.step();
        assert_eq!(world.inside(&today, None) == [bob], inside, "{at}");
    }
}

fn a_month_ends(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["phone:13912345678"]);
    world.order(ann, 0, 100, None);
    let march = json!({"last": {"event": "Order Completed", "span": {"from": "2026-03-01", "to": "2026-03-31"}}});
    let audience = world.audience_of("last bought in March", &json!({"all": [march]}));
    let since = world.audience_of("25 to 35 days", &json!({"all": [
        {"field": "orders.days_since_last", "op": "gte", "value": 25}, {"field": "orders.days_since_last", "op": "lte", "value": 35}]}));
    for (day, in_march, in_window) in [
        ("2026-03-26", true, false),
        ("2026-03-27", true, true),
        ("2026-03-31", true, true),
        ("2026-04-01", true, true),
        ("2026-04-06", true, true),
        ("2026-04-07", true, false),
    ] {
        world.test.clock.set(Time::parse(&format!("{day}T08:00:00Z")).unwrap());
        world.step();
        assert_eq!(
            (world.inside(&audience, None) == [ann], world.inside(&since, None) == [ann]),
            (in_march, in_window),
            "{day}"
        );
    }
    bought(&world, ann);
    world.step();
    assert_eq!(world.inside(&audience, None), [0; 0]);
}

fn a_tag_runs_out(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["phone:13912345678"]);
    let tag = world.tag("hot", None, Some(1));
    let hot = world.audience_of("hot", &json!({"field": "tag", "op": "eq", "value": tag}));
    world.step();
    world.give(&tag, ann);
    world.step();
    assert_eq!(world.inside(&hot, None), [ann]);
    world.test.clock.advance_seconds(86_399);
    world.step();
    assert_eq!(world.inside(&hot, None), [ann]);
    // Before anybody sweeps it away.
    world.test.clock.advance_seconds(1);
    world.step();
    assert_eq!(world.inside(&hot, None), [0; 0]);
    let people = world.people.clone();
    let now = world.ago(0);
    world.db.transact(move |tx| people.expire_tags(tx, now, 10)).unwrap();
    world.step();
    assert_eq!(world.told(), [(true, ann, hot.id.clone()), (false, ann, hot.id.clone())]);
}

fn merged_people_neither_enter_nor_leave(test: TestDb) {
    let world = World::new(test);
    let (ann, bob) = (world.person(&["phone:13912345678"]), world.person(&["member_no:M1"]));
    bought(&world, bob);
    let buyers = world.audience_of("buyers", &json!({"all": [some_in(90)]}));
    world.step();
    assert_eq!(world.inside(&buyers, None), [bob]);
    let edge = world.merge(ann, bob);
    world.step();
    let one = world.root(bob);
    assert_eq!((world.inside(&buyers, None), world.told()), (vec![one], vec![]));
    // What is stored of yesterday is told by today's numbers.
    days(&world, 1);
    world.step();
    assert_eq!(world.inside(&buyers, Some(1)), [one]);
    world.split(edge);
    world.step();
    assert_eq!(world.inside(&buyers, None), [bob]);
    // Both were in it as one; ann never bought, and is not any more.
    assert_eq!(world.told(), [(false, ann, buyers.id.clone())]);
    world.live.forget();
    world.step();
    assert_eq!(world.told().len(), 1);
}

fn birthdays_come_with_the_days(test: TestDb) {
    let world = World::new(test);
    let (ann, bob) = (world.person(&["phone:13912345678"]), world.person(&["member_no:M1"]));
    let zone = siyu_kernel::Zone::shanghai();
    let born = |days: i64| json!(format!("19{}", &zone.local(Clock::now(&*world.test.clock).plus_days(days))[2..10]));
    world.set(ann, "birthday", born(3), world.ago(1));
    world.set(bob, "birthday", born(30), world.ago(1));
    let soon = world.audience_of("soon", &json!({"field": "until.birthday", "op": "lte", "value": 1}));
    world.step();
    assert_eq!(world.inside(&soon, None), [0; 0]);
    world.told();
    days(&world, 2);
    world.step();
    assert_eq!((world.inside(&soon, None), world.told()), (vec![ann], vec![(true, ann, soon.id.clone())]));
    days(&world, 2);
    world.step();
    assert_eq!(
        (world.inside(&soon, None), world.told().last().cloned()),
        (vec![], Some((false, ann, soon.id.clone())))
    );
    // A server that was off for weeks finds who has theirs now.
    days(&world, 26);
    world.step();
    assert_eq!(world.inside(&soon, None), [bob]);
}

fn erased_people_are_gone_without_a_word(test: TestDb) {
    let world = World::new(test);
    let (ann, bob) = (world.person(&["phone:13912345678"]), world.person(&["member_no:M1"]));
    let all = world.audience_of("all", &json!({"field": "created.days", "op": "gte", "value": 0}));
    world.step();
    world.erase(ann);
    world.step();
    assert_eq!((world.inside(&all, None), world.told()), (vec![bob], vec![]));
    days(&world, 1);
    assert_eq!(world.inside(&all, Some(1)), [bob]);
    world.erase(bob);
    world.live.forget();
    world.step();
    assert_eq!((world.inside(&all, None), world.told()), (vec![], vec![]));
}

fn an_audience_of_audiences_follows(test: TestDb) {
    let world = World::new(test);
    let (ann, bob) = (world.person(&["phone:13912345678"]), world.person(&["member_no:M1"]));
    let list = world.audience(siyu_audience::AudienceIn::list("named", [ann, bob].into_iter().collect())).unwrap();
    let buyers = world.audience_of("buyers", &json!({"all": [some_in(2)]}));
    let others = world.audience_of("others", &json!({"all": [{"field": "audience", "op": "eq", "value": list.id}, {"field": "audience", "op": "ne", "value": buyers.id}]}));
    world.step();
    assert_eq!(world.inside(&others, None), [ann, bob]);
    bought(&world, ann);
    world.step();
    assert_eq!((world.inside(&buyers, None), world.inside(&others, None)), (vec![ann], vec![bob]));
    days(&world, 2);
    world.step();
    assert_eq!((world.inside(&buyers, None), world.inside(&others, None)), (vec![], vec![ann, bob]));
    world.merge(ann, bob);
    world.step();
    assert_eq!(world.inside(&others, None), [world.root(ann)]);
    let (quick, id) = (world.quick.clone(), buyers.id.clone());
    assert_eq!(world.db.transact(move |tx| quick.delete(tx, &id).map(drop)).unwrap_err().code, "audience_used");
}

fn a_rule_that_breaks_keeps_its_people(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["phone:13912345678"]);
    let tag = world.tag("vip", None, None);
    world.give(&tag, ann);
    let vip = world.audience_of("vip", &json!({"field": "tag", "op": "eq", "value": tag}));
    world.step();
    let people = world.people.clone();
    world.db.transact(move |tx| people.delete_tag(tx, &tag).map(drop)).unwrap();
    assert_eq!(world.step().failed, [(vip.id.clone(), "rule_tag")]);
    let row = world.db.read(|tx| world.quick.stored(tx, &vip.id)).unwrap();
    assert!(row.error.unwrap().contains("\"field\":\"rule.all[0].value\""));
    assert_eq!(world.inside(&vip, None), [ann]);
    // Another rule heals it.
    let rule = Rule::parse(&json!({"field": "has.phone", "op": "eq", "value": true})).unwrap();
    world.change_rule(&vip, rule);
    world.step();
    assert_eq!(world.db.read(|tx| world.quick.stored(tx, &vip.id)).unwrap().error, None);
    assert_eq!(world.inside(&vip, None), [ann]);
}

fn a_changed_rule_tells_nobody(test: TestDb) {
    let world = World::new(test);
    let (ann, bob) = (world.person(&["phone:13912345678"]), world.person(&["member_no:M1"]));
    let audience = world.audience_of("a", &json!({"field": "has.phone", "op": "eq", "value": true}));
    world.step();
    days(&world, 1);
    world.step();
    world.change_rule(&audience, Rule::parse(&json!({"field": "has.phone", "op": "eq", "value": false})).unwrap());
    assert_eq!(world.inside(&audience, None), [bob]);
    world.step();
    assert_eq!(
        (world.inside(&audience, None), world.inside(&audience, Some(1)), world.told()),
        (vec![bob], vec![ann], vec![])
    );
    let ctx = world.ctx();
    let today = ctx.zone.day(ctx.now);
    let (history, difference) = world
        .db
        .read(|tx| {
            let row = world.quick.stored(tx, &audience.id)?;
            let history = world.quick.history(tx, &row, today - 3, today + 3, &ctx)?;
            Ok((history, world.quick.difference(tx, &row, (today - 1, today), &Scope::All, &ctx)?))
        })
        .unwrap();
    let sizes: Vec<(i32, u64, u64, u64)> =
        history.iter().map(|day| (day.day - today, day.people, day.entered, day.left)).collect();
    assert_eq!(sizes, [(-1, 1, 0, 0), (0, 1, 1, 1)]);
    assert_eq!((difference.entered.min(), difference.left.min(), difference.stayed.len()), (Some(bob), Some(ann), 0));
    let outside = world.db.read(|tx| world.quick.people_of(tx, &audience, Some(today - 2), &Scope::All, &ctx));
    assert_eq!(outside.unwrap_err().code, "audience_day");
}

/// Each thing that a rule depends on is changed, before the eyes of the process that keeps it and while none runs.
fn what_rules_mean_changes_without_a_word(test: TestDb) {
    let mut world = World::new(test);
    world.test.clock.set(Time::parse("2026-03-08T17:00:00Z").unwrap());
    let (ann, bob) = (world.person(&["phone:13912345678"]), world.person(&["member_no:M1"]));
    // On 7 March in Shanghai, where it is the 9th now; in New York yesterday.
    let at = Time::parse("2026-03-07T15:00:00Z").unwrap();
    world.category("cup", "mugs");
    world.order_in(ann, at, 500, None, "CNY", "cup");
    world.order_in(bob, at, 500, None, "USD", "");
    world.set(bob, "size", json!("10.0"), at);
    let rules = [
        json!({"field": "orders.amount", "op": "gte", "value": 300}),
        some_in(2),
        json!({"field": "trait.size", "op": "eq", "value": "10"}),
        json!({"field": "lifecycle", "op": "eq", "value": "new"}),
        json!({"field": "rfm.f", "op": "gte", "value": 1}),
        json!({"field": "category.mugs.count", "op": "gte", "value": 1}),
    ];
    let audiences: Vec<AudienceRow> = rules
        .iter()
        .enumerate()
        .map(|(n, rule)| world.audience_of(&format!("a{n}"), &json!({"all": [rule]})))
        .collect();
    world.step();
    let inside = |world: &World| -> Vec<Vec<PersonNum>> {
        let fresh = |own: &AudienceRow| {
            let rule = Rule::from_text(own.rule.as_deref().unwrap()).unwrap();
            assert_eq!(world.inside(own, None), world.members(&rule, &Scope::All).unwrap(), "{}", own.name);
            world.inside(own, None)
        };
        audiences.iter().map(fresh).collect()
    };
    let mut before = inside(&world);
    assert_eq!(before, [vec![ann], vec![], vec![], vec![ann, bob], vec![ann, bob], vec![ann]]);
    let life = |cycle_days| siyu_audience::Life { cycle_days, ..Default::default() };
    type Change<'c> = &'c dyn Fn(&mut World);
    let changes: [(&[usize], Change<'_>); 9] = [
        (&[0], &|world| world.currency.set(Currency::parse("USD").unwrap())),
        (&[0], &|world| world.currency.set(Currency::CNY)),
        (&[2], &|world| world.field_type("size", FieldType::Number)),
        (&[2], &|world| world.field_type("size", FieldType::Text)),
        (&[3], &|world| world.life(life(Some(1)))),
        (&[3], &|world| world.life(life(None))),
        (&[5], &|world| world.category("cup", "cups")),
        (&[5], &|world| world.category("cup", "mugs")),
        (&[1], &|world| *world = world.in_zone("America/New_York")),
    ];
    for running in [true, false] {
        for (n, (moved, change)) in changes.iter().enumerate() {
            let (currency, old) = (world.currency.get(), world.zone.clone());
            change(&mut world);
            if !running && n < 8 {
                let zone = world.zone.name().to_owned();
                let currency = world.currency.get();
                world = world.in_zone(&zone);
                world.currency.set(currency);
            }
            let report = world.step();
            assert!(report.whole >= moved.len(), "change {n}, running: {running}");
            let now = inside(&world);
            let differ: Vec<usize> = (0..now.len()).filter(|at| now[*at] != before[*at]).collect();
            assert_eq!(differ, *moved, "change {n}, running: {running}, {currency:?} {}", old.name());
            assert_eq!(world.step().whole, 0, "once");
            before = now;
        }
        world = world.in_zone("Asia/Shanghai");
        world.step();
        before = inside(&world);
    }
    assert_eq!(world.told(), []);
}

/// Days pass with many steps each: what is stored of them is short, who was inside is what it was, and the erased are nowhere.
fn folded_days_stay_what_they_were(test: TestDb) {
    let world = World::new(test);
    let people: Vec<PersonNum> = (0..8).map(|n| world.person(&[&format!("member_no:M{n}")])).collect();
    let tag = world.tag("vip", None, None);
    let vip = world.audience_of("vip", &json!({"field": "tag", "op": "eq", "value": tag}));
    let mut seen: Vec<Vec<PersonNum>> = Vec::new();
    for day in 0..40 {
        for (n, who) in people.iter().enumerate().skip(day % 3) {
            if (day + n) % 4 < 2 {
                world.give(&tag, *who);
                world.step();
            } else if day % 5 == n % 5 {
                let (people, id, who, now) = (world.people.clone(), tag.clone(), *who, world.ago(0));
                let mark = move |tx: &mut siyu_db::Tx<'_>| {
                    let num = people.tag(tx, &id)?.num;
                    let mark = siyu_people::TagMark { by: "usr_1", source: "console", why: "", expires_at: None };
                    people.take_tag(tx, num, &[who], &mark, now).map(drop)
                };
                world.db.transact(mark).unwrap();
                world.step();
            }
        }
        seen.push(world.inside(&vip, None));
        days(&world, 1);
        // Another process takes over now and then, in the middle of the work.
        if day % 7 == 3 {
            world.beside().step()
        } else {
            world.step()
        };
    }
    (0..3).for_each(|_| drop(world.step()));
    let past = |world: &World| (0..40).map(|day| world.inside(&vip, Some(40 - day))).collect::<Vec<_>>();
    assert_eq!(past(&world), seen);
    assert!(seen.iter().flatten().count() > 40);
    let count = |what: &str| {
        let sql = format!("SELECT COUNT(*) FROM {what}");
        world.db.read(|tx| Ok(tx.one(&sql, &[], |row| row.int(0))?)).unwrap()
    };
    let days = count("(SELECT DISTINCT day FROM audience_change) AS d");
    assert_eq!(count("audience_change"), days, "one for each day");
    assert!(days > 30 && count("audience_base") == 2);
    world.erase(people[0]);
    world.beside().step();
    world.step();
    seen.iter_mut().for_each(|day| day.retain(|who| *who != people[0]));
    assert_eq!(past(&world), seen);
    assert_eq!(past(&world.beside()), seen);
}

fn another_process_takes_over(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["phone:13912345678"]);
    let buyers = world.audience_of("buyers", &json!({"all": [some_in(5)]}));
    world.step();
    let other = world.beside();
    other.step();
    bought(&other, ann);
    other.step();
    assert_eq!(world.inside(&buyers, None), [ann]);
    // The first one comes back with old knowledge, and finds out.
    world.step();
    days(&world, 5);
    world.step();
    other.step();
    other.step();
    assert_eq!(other.inside(&buyers, None), [0; 0]);
    assert_eq!(world.told(), [(true, ann, buyers.id.clone()), (false, ann, buyers.id.clone())]);
}

fn days_while_nobody_ran(test: TestDb) {
    let world = World::new(test);
    let ann = world.person(&["phone:13912345678"]);
    bought(&world, ann);
    let middle = world.audience_of("2 to 4 days ago", &json!({"all": [some_in(5), none_in(2)]}));
    world.step();
    days(&world, 10);
    world.live.forget();
    world.step();
    let inside: Vec<bool> = (0..=10).rev().map(|ago| world.inside(&middle, Some(ago)) == [ann]).collect();
    assert_eq!(inside, [false, false, true, true, true, false, false, false, false, false, false]);
    assert_eq!(world.told(), [(true, ann, middle.id.clone()), (false, ann, middle.id.clone())]);
}

/// One order: new for a cycle of 10 days, active to day 15, at risk to day 30, then lost; prospects are everybody else.
fn lives_move_on(test: TestDb) {
    let world = World::new(test);
    world.life(siyu_audience::Life { cycle_days: Some(10), loyal_orders: 2, ..Default::default() });
    let (ann, bob) = (world.person(&["phone:13912345678"]), world.person(&["member_no:M1"]));
    let of = |stage: &str| world.audience_of(stage, &json!({"field": "lifecycle", "op": "eq", "value": stage}));
    let stages = ["prospect", "new", "active", "at_risk", "lost"].map(of);
    let loyal = world.audience_of("loyal", &json!({"field": "loyal", "op": "eq", "value": true}));
    let at = |who: PersonNum| stages.iter().position(|own| world.inside(own, None).contains(&who)).unwrap();
    world.step();
    assert_eq!((at(ann), at(bob)), (0, 0));
    bought(&world, ann);
    let mut seen = Vec::new();
    for _ in 0..33 {
        world.step();
        seen.push(at(ann));
        days(&world, 1);
    }
    let want: Vec<usize> = (0..33)
        .map(|day| match day {
            0..=10 => 1,
            11..=15 => 2,
            16..=30 => 3,
            _ => 4,
        })
        .collect();
    assert_eq!((seen, at(bob)), (want, 0));
    (0..2).for_each(|_| bought(&world, ann));
    world.step();
    assert_eq!((world.inside(&loyal, None), at(ann)), (vec![ann], 2));
    // Other settings hold at once, and tell nobody.
    let told = world.told().len();
    world.life(siyu_audience::Life { cycle_days: Some(100), loyal_orders: 5, ..Default::default() });
    world.step();
    assert_eq!((world.inside(&loyal, None), at(ann), world.told().len()), (vec![], 1, told));
}

fn ranks_follow_within_a_minute(test: TestDb) {
    let world = World::new(test);
    let people: Vec<PersonNum> = (0..5).map(|n| world.person(&[&format!("member_no:M{n}")])).collect();
    for (n, who) in people.iter().enumerate() {
        (0..=n).for_each(|_| bought(&world, *who));
    }
    let often = world.audience_of("often", &json!({"field": "rfm.f", "op": "gte", "value": 5}));
    let never = world.person(&["member_no:M9"]);
    let rest = world.audience_of("rest", &json!({"field": "rfm.f", "op": "ne", "value": 5}));
    world.step();
    assert_eq!((world.inside(&often, None), world.inside(&rest, None).contains(&never)), (vec![people[4]], true));
    (0..8).for_each(|_| bought(&world, people[0]));
    world.step();
    world.test.clock.advance_seconds(61);
    world.step();
    assert_eq!(world.inside(&often, None), [people[0]]);
    let mut told = world.told();
    told.sort();
    let (often, rest) = (often.id.clone(), rest.id.clone());
    let mut want = vec![
        (true, people[0], often.clone()),
        (false, people[4], often),
        (true, people[4], rest.clone()),
        (false, people[0], rest),
    ];
    want.sort();
    assert_eq!(told, want);
}

/// Until then nothing changes; and when it says never, nothing changes for a long time.
fn until_says_when_to_look_again(test: TestDb) {
    let mut story = Story::new(test, 4);
    story.prime();
    (0..120).for_each(|_| story.step());
    for _ in 0..25 {
        let (rule, who) = (story.rule(), story.pick(&story.people));
        let (world, root) = (&story.world, story.world.root(who));
        let ask = || {
            world.db.read(|tx| {
                let plan = world.quick.plan(tx, &rule, None, &world.ctx())?;
                world.quick.standing(tx, &plan, root, &world.ctx())
            })
        };
        let began = world.ago(0);
        let (member, until) = ask().unwrap();
        for day in 0..40 {
            let at = world.ctx().zone.start_of_day(world.ctx().zone.day(began) + day).0.max(began.0);
            if until.is_some_and(|until| Time(at) >= until) {
                break;
            }
            world.test.clock.set(Time(at));
            assert_eq!(ask().unwrap().0, member, "day {day}, until {until:?}: {}", rule.to_text());
        }
        world.test.clock.set(began);
    }
}

/// Columns that say when somebody asks for them, and answer when they may.
struct Gate {
    asked: Sender<()>,
    may: Mutex<Receiver<()>>,
}

impl History for Gate {
    fn moment(&self) -> Result<Moment, Refusal> {
        self.asked.send(()).unwrap();
        self.may.lock().unwrap().recv().unwrap();
        Ok(Moment { snapshot: Snapshot { views: Vec::new().into() }, seq: i64::MAX, as_of: Time(i64::MAX) })
    }
}

/// Long enough for a busy machine; whoever waits for ever is found out.
const PATIENCE: Duration = Duration::from_secs(60);

fn nobody_waits_for_a_step_under_way(test: TestDb) {
    const READERS: usize = 4;
    let world = World::new(test);
    world.audience_of("all", &json!({"field": "has.phone", "op": "eq", "value": true}));
    let ((asked, was_asked), (let_go, may)) = (channel(), channel());
    let quick = world.quick.clone().seeing(Arc::new(Gate { asked, may: Mutex::new(may) }));
    let live = Arc::new(Live::new(quick.clone(), world.db.clone()));
    let (stepped, steps) = channel();
    let step = || {
        let (live, ctx, stepped) = (Arc::clone(&live), world.ctx(), stepped.clone());
        std::thread::spawn(move || stepped.send(live.step(&ctx).unwrap()).unwrap());
        was_asked.recv_timeout(PATIENCE).unwrap();
    };
    step();
    // Held up in the columns.
    let as_of = || {
        let ((said, saying), live) = (channel(), Arc::clone(&live));
        std::thread::spawn(move || said.send(live.as_of()));
        saying.recv_timeout(PATIENCE).expect("it does not wait for the step")
    };
    assert_eq!(as_of(), None);
    let_go.send(()).unwrap();
    steps.recv_timeout(PATIENCE).unwrap();
    let first = as_of().unwrap();
    world.test.clock.advance_seconds(20);

    // Every reading connection is a list's, as the API makes one, and the step wants one too.
    let ((began, begun), (listed, lists)) = (channel(), channel());
    let mut ready = Vec::new();
    for _ in 0..READERS {
        let (go, gone) = channel::<()>();
        ready.push(go);
        let (db, quick, live) = (world.db.clone(), quick.clone(), Arc::clone(&live));
        let (began, listed) = (began.clone(), listed.clone());
        std::thread::spawn(move || {
            let list = db.read(|tx| {
                began.send(()).unwrap();
                gone.recv().unwrap();
                let rows = quick.all_stored(tx, None, None, 50)?.0;
                Ok((rows.len(), quick.kept_until(tx)?.max(live.as_of())))
            });
            listed.send(list.unwrap()).unwrap();
        });
    }
    (0..READERS).for_each(|_| begun.recv_timeout(PATIENCE).unwrap());
    step();
    let_go.send(()).unwrap();
    ready.iter().for_each(|go| go.send(()).unwrap());
    let answers: Vec<_> = ready.iter().map(|_| lists.recv_timeout(PATIENCE).expect("a list is answered")).collect();
    // The step goes on as soon as one list is done, and may be before the others; that one was answered beside the waiting step.
    assert!(answers.iter().all(|(rows, as_of)| *rows == 1 && *as_of >= Some(first)), "{answers:?}");
    assert!(answers.contains(&(1, Some(first))), "{answers:?}");
    steps.recv_timeout(PATIENCE).expect("the step goes on when the lists are done");
    assert!(as_of().unwrap() > first);
}
