//! Who holds what: claims, caps, scopes, what people do with leads.

use crate::house::*;
use proptest::prelude::*;
use siyu_db::params;
use siyu_leads::{LeadQuery, Put, PutIn, Settings, Sight, State, View};
use siyu_people::ConsentIn;
use siyu_testkit::TestDb;
use std::collections::BTreeMap;
use std::sync::Barrier;

siyu_testkit::contract!(migrations();
    a_lead_is_claimed_once,
    many_who_claim_at_once_get_no_more_than_the_caps,
    caps_hold_whatever_the_order,
    the_day_begins_at_midnight_of_the_workspace,
    pools_are_seen_by_those_they_are_for,
    a_person_is_one_lead,
    who_said_no_is_no_lead,
    what_people_do_is_written_down,
    a_refused_unit_leaves_no_trace,
    lists_are_read_page_by_page,
    who_is_erased_is_forgotten,
);

fn a_lead_is_claimed_once(t: TestDb) {
    let house = House::new(t);
    let lead = house.lead(1, "");
    assert_eq!(house.line(&lead.id), "new -");
    assert_eq!(house.claim("Ann", &lead.id).unwrap().staff, "ann");
    assert_eq!(house.claim("Bea", &lead.id).unwrap_err(), "lead_taken");
    let moves = house.moves(&lead.id);
    assert_eq!(house.claim("Ann", &lead.id).unwrap().staff, "ann", "asked again, because the answer was lost");
    assert_eq!(house.moves(&lead.id), moves, "and it is no second claim");
    assert_eq!(house.line(&lead.id), "claimed ann");
    assert_eq!(house.claim("Ann", "led_nothing").unwrap_err(), "lead_unknown");
    assert_eq!(house.claim("nobody", &house.lead(2, "").id).unwrap_err(), "lead_staff");
    house.settings(Settings { claim: false, ..free() });
    assert_eq!(house.claim("Ann", &house.lead(3, "").id).unwrap_err(), "lead_claim_off");
    let names: Vec<String> = house.events().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["Lead Created", "Lead Claimed", "Lead Created", "Lead Created"]);
}

fn many_who_claim_at_once_get_no_more_than_the_caps(t: TestDb) {
    const LEADS: u32 = 24;
    let house = House::new(t);
    house.settings(Settings { daily_max: 5, held_max: 4, ..free() });
    let ids: Vec<String> = (0..LEADS).map(|n| house.lead(n, "").id).collect();
    let barrier = Barrier::new(8);
    // Two phones of each guide, all of them after the same leads in other orders.
    std::thread::scope(|scope| {
        for n in 0..8_usize {
            let (house, ids, barrier) = (&house, &ids, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for at in 0..ids.len() {
                    let _ = house.claim(STAFF[n % 4].0, &ids[(at * (n + 1) * 5 + n) % ids.len()]);
                }
            });
        }
    });
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for id in &ids {
        let lead = house.of(id);
        assert_eq!(lead.state.held(), !lead.staff.is_empty());
        let claims = house.moves(id).iter().filter(|own| own.starts_with("claimed")).count();
        assert_eq!(claims, usize::from(lead.state.held()), "each lead is claimed once at most");
        if lead.state.held() {
            *held.entry(lead.staff).or_default() += 1;
        }
    }
    assert_eq!(held.len(), 4, "everybody got some: {held:?}");
    assert!(held.values().all(|n| *n == 4), "as many as they may, and no more: {held:?}");
}

/// One act of the property: (who, which lead, what).
type Act = (usize, usize, u8);

fn caps_hold_whatever_the_order(t: TestDb) {
    const LEADS: usize = 9;
    let house = House::new(t);
    let (daily, most) = (4, 3);
    house.settings(Settings { daily_max: daily, held_max: most, contact_hours: 30, again_days: 0, ..free() });
    let ids: Vec<String> = (0..LEADS).map(|n| house.lead(n as u32, "").id).collect();
    let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
    let acts = prop::collection::vec((0..4usize, 0..LEADS, 0..6u8), 1..40);
    // The same house all along: a case goes on where the last one ended.
    proptest!(config, |(acts in acts)| {
        for (who, at, what) in acts as Vec<Act> {
            let (staff, id) = (STAFF[who].0, &ids[at]);
            match what {
                0 | 1 => drop(house.claim(staff, id)),
                2 => drop(house.assign(&headquarters(), &[id], staff)),
                3 => drop(house.contact(staff, id, "reached")),
                4 => {
                    let (leads, now, own, id) = (house.leads.clone(), house.now(), guide(staff), id.clone());
                    drop(house.db.transact(move |tx| leads.release(tx, &own, &id, "不合适", now)));
                }
                _ => {
                    house.hours(7);
                    house.run();
                }
            }
            for (userid, _) in STAFF {
                let held = house.read(|tx| house.leads.held(tx, &userid.to_lowercase(), house.now()));
                prop_assert!(held.now <= most, "{userid} holds {held:?}");
                prop_assert!(held.today <= daily, "{userid} took {held:?}");
            }
            for id in &ids {
                let lead = house.of(id);
                prop_assert_eq!(lead.state.held(), !lead.staff.is_empty(), "{:?}", lead);
                prop_assert_eq!(lead.due_at.is_some(), lead.state == State::Claimed, "{:?}", lead);
            }
        }
    });
}

fn the_day_begins_at_midnight_of_the_workspace(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { daily_max: 1, ..free() });
    // 23:30 in Shanghai.
    house.t.clock.set(siyu_kernel::Time::parse("2026-03-02T15:30:00Z").unwrap());
    let (one, two) = (house.lead(1, "").id, house.lead(2, "").id);
    house.claim("Ann", &one).unwrap();
    assert_eq!(house.claim("Ann", &two).unwrap_err(), "lead_daily_full");
    house.hours(1);
    assert_eq!(house.claim("Ann", &two).unwrap().staff, "ann", "a new day");
}

fn pools_are_seen_by_those_they_are_for(t: TestDb) {
    let house = House::new(t);
    let (brand, first, second) = (house.lead(1, "").id, house.lead(2, "S1").id, house.lead(3, "二店").id);
    let names = BTreeMap::from([(brand.clone(), "brand"), (first.clone(), "first"), (second.clone(), "second")]);
    let sees = |sight: &Sight| {
        let mut own: Vec<&str> = house.list(sight, LeadQuery::default()).iter().map(|own| names[&own.id]).collect();
        own.sort_unstable();
        own.join(" ")
    };
    assert_eq!(sees(&Sight::Everything), "brand first second");
    assert_eq!(sees(&manager("S1").sight), "brand first");
    assert_eq!(sees(&guide("Carl").sight), "brand second");
    assert_eq!(sees(&Sight::Stores(Vec::new())), "brand");
    assert_eq!(sees(&Sight::Own { staff: "zoe".into(), store: String::new() }), "brand");
    assert_eq!(house.claim("Carl", &first).unwrap_err(), "lead_unknown", "another store's pool");
    house.claim("Carl", &brand).unwrap();
    assert_eq!(sees(&manager("S1").sight), "first", "the brand's is held by another store's guide now");
    assert_eq!(sees(&manager("S2").sight), "brand second");
    assert_eq!(sees(&guide("Dora").sight), "second", "a colleague's is not shown to guides");
    assert_eq!(house.claim("Ann", &brand).unwrap_err(), "lead_taken", "whoever lost the race is told so");
    let counts = house.read(|tx| house.leads.counts(tx, &manager("S2").sight));
    assert_eq!(counts, [("claimed".to_owned(), 1), ("new".to_owned(), 1)]);
    assert_eq!(house.assign(&manager("S1"), &[&second], "Ann").unwrap_err(), "lead_unknown");
    assert_eq!(house.assign(&manager("S2"), &[&brand, &second], "Ann").unwrap_err(), "lead_staff", "another store's");
    assert_eq!(house.assign(&manager("S2"), &[&brand, &second], "Dora"), Ok(2), "also what a colleague holds");
    assert_eq!((house.line(&brand), house.line(&second)), ("claimed dora".into(), "claimed dora".into()));
    assert_eq!(house.moves(&brand), ["created put", "claimed claim", "recycled assign reassigned", "claimed assign"]);
}

fn a_person_is_one_lead(t: TestDb) {
    let house = House::new(t);
    let lead = house.lead(1, "");
    let again = |source: &str, since: Option<siyu_kernel::Time>| {
        house.put_in(PutIn { num: lead.num, source: source.into(), since, ..PutIn::default() }).unwrap().0
    };
    assert_eq!(again("manual", None), Put::Here);
    house.claim("Ann", &lead.id).unwrap();
    assert_eq!(again("import", None), Put::Here);
    let (leads, now, id) = (house.leads.clone(), house.now(), lead.id.clone());
    house.act(move |tx| leads.give_up(tx, &guide("Ann"), &id, "号码无效", now));
    assert_eq!(again("import", None), Put::Ended, "the same file again is no news");
    assert_eq!(again("lost", Some(house.now())), Put::Ended);
    house.hours(1);
    assert_eq!(again("lost", Some(house.now())), Put::Again, "something happened since");
    assert_eq!((house.line(&lead.id), house.of(&lead.id).round), ("recycled -".into(), 0), "a life of its own");
    assert_eq!(house.list(&Sight::Everything, LeadQuery::default()).len(), 1);
    house.befriend("x", "bea", false);
    let friend = house.person("external_userid", "x");
    let put = house.put_in(PutIn { num: friend, source: "shop".into(), ..PutIn::default() }).unwrap();
    assert_eq!(put, (Put::Friend, None));
    let wrong = |input: PutIn| house.put_in(input).unwrap_err().code;
    let some = || PutIn { num: house.person("phone", "13900000009"), source: "manual".into(), ..PutIn::default() };
    assert_eq!(wrong(PutIn { source: "air".into(), ..some() }), "lead_word");
    assert_eq!(wrong(PutIn { store: "S9".into(), ..some() }), "lead_store");
    assert_eq!(wrong(PutIn { channel: "air".into(), ..some() }), "lead_channel");
    assert_eq!(wrong(PutIn { note: "长".repeat(501), ..some() }), "lead_text");
    let card = house.put_in(PutIn { channel: "card".into(), note: "想要试穿".into(), ..some() }).unwrap().1.unwrap();
    assert_eq!(
        (card.store.as_str(), card.channel.as_str(), card.note.as_str()),
        ("S1", "card", "想要试穿"),
        "the channel's store"
    );
}

fn who_said_no_is_no_lead(t: TestDb) {
    let house = House::new(t);
    let (people, now) = (house.people.clone(), house.now());
    for (n, purpose, channel, granted, want) in [
        (1, "marketing", "phone", false, Put::Refused),
        (2, "marketing", "any", false, Put::Refused),
        (3, "marketing", "email", false, Put::New),
        (4, "service", "phone", false, Put::New),
        (5, "marketing", "phone", true, Put::New),
    ] {
        let num = house.person("phone", &format!("1370000000{n}"));
        let consent = ConsentIn {
            purpose: purpose.into(),
            channel: channel.into(),
            granted,
            text_version: "1".into(),
            evidence: String::new(),
        };
        let people = people.clone();
        house.act(move |tx| people.record_consent(tx, num, &consent, "test", "test", now));
        let put = house.put_in(PutIn { num, source: "manual".into(), ..PutIn::default() }).unwrap();
        assert_eq!(put.0, want, "{purpose} {channel} {granted}");
    }
}

fn what_people_do_is_written_down(t: TestDb) {
    let house = House::new(t);
    let lead = house.lead(1, "").id;
    assert_eq!(house.contact("Ann", &lead, "reached").unwrap_err(), "lead_not_held");
    house.claim("Ann", &lead).unwrap();
    assert_eq!(house.contact("Bea", &lead, "reached").unwrap_err(), "lead_unknown");
    assert_eq!(house.contact("Ann", &lead, "maybe").unwrap_err(), "lead_word");
    house.contact("Ann", &lead, "no_answer").unwrap();
    assert_eq!(house.line(&lead), "contacted ann no_answer");
    let (leads, now, id) = (house.leads.clone(), house.now(), lead.clone());
    house.act(move |tx| {
        leads.remark(tx, &guide("Ann"), &id, "晚上再打", now)?;
        assert_eq!(leads.release(tx, &guide("Ann"), &id, " ", now).unwrap_err().code, "lead_reason");
        leads.release(tx, &guide("Ann"), &id, "不在本地", now)
    });
    assert_eq!(house.line(&lead), "recycled - 不在本地");
    assert_eq!(house.claim("Ann", &lead).unwrap_err(), "lead_again", "it is others' turn");
    house.claim("Bea", &lead).unwrap();
    let (leads, id) = (house.leads.clone(), lead.clone());
    house.act(move |tx| leads.give_up(tx, &guide("Bea"), &id, "号码无效", now));
    assert_eq!(house.line(&lead), "lost bea 号码无效");
    let (leads, id) = (house.leads.clone(), lead.clone());
    let refused = house.db.transact(move |tx| leads.give_up(tx, &headquarters(), &id, "再放弃", now)).unwrap_err();
    assert_eq!(refused.code, "lead_state");
    let (leads, id) = (house.leads.clone(), lead.clone());
    house.act(move |tx| leads.release(tx, &headquarters(), &id, "换个号码", now));
    assert_eq!(
        house.moves(&lead),
        [
            "created put",
            "claimed claim",
            "contacted no_answer",
            "noted",
            "recycled release 不在本地",
            "claimed claim",
            "lost 号码无效",
            "recycled release 换个号码"
        ]
    );
    let events = house.events();
    let told: Vec<&str> = events.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        told,
        [
            "Lead Created",
            "Lead Claimed",
            "Lead Contacted",
            "Lead Recycled",
            "Lead Claimed",
            "Lead Lost",
            "Lead Recycled"
        ]
    );
    let (_, _, contacted) = &events[2];
    assert_eq!(
        (&contacted["staff"], &contacted["store"], &contacted["way"], &contacted["reason"]),
        (&"Ann".into(), &"S1".into(), &"phone".into(), &"no_answer".into())
    );
    let (_, _, back) = &events[3];
    assert_eq!((&back["from"], &back["staff"], &back["round"]), (&"Ann".into(), &serde_json::Value::Null, &1.into()));
    assert!(!house.events().iter().any(|(_, _, own)| own.to_string().contains("说了几句")), "notes are not told");
}

fn a_refused_unit_leaves_no_trace(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { held_max: 2, ..free() });
    let ids: Vec<String> = (0..3).map(|n| house.lead(n, "").id).collect();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(house.assign(&headquarters(), &all, "Ann").unwrap_err(), "lead_held_full");
    assert!(ids.iter().all(|id| house.line(id) == "new -"), "all or none");
    assert_eq!(house.events().len(), 3, "and no event of it");
    assert_eq!(house.assign(&headquarters(), &all[..2], "Ann"), Ok(2));
    assert_eq!(house.assign(&headquarters(), &all[..2], "Ann"), Ok(2), "who has them has them");
    assert_eq!(house.assign(&headquarters(), &all, "zoe").unwrap_err(), "lead_staff");
}

fn lists_are_read_page_by_page(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { contact_hours: 10, ..free() });
    let ids: Vec<String> = (0..7).map(|n| house.lead(n, "").id).collect();
    for id in &ids[..5] {
        house.claim("Ann", id).unwrap();
        house.hours(1);
    }
    for (view, want) in [(View::All, 7), (View::Pool, 2), (View::Held, 5), (View::Ended, 0)] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = house.list(&Sight::Everything, LeadQuery { view, after, limit: 2, ..LeadQuery::default() });
            let Some(last) = page.last() else { break };
            after = Some(last.token.clone());
            found.extend(page.into_iter().map(|own| own.id));
        }
        if view == View::Held {
            assert_eq!(found, ids[..5], "the most urgent first");
        }
        found.sort();
        found.dedup();
        assert_eq!(found.len(), want, "{view:?}");
    }
    let with = |query: LeadQuery| house.list(&Sight::Everything, query).len();
    assert_eq!(with(LeadQuery { text: Some("13800000003".into()), ..LeadQuery::default() }), 1, "a phone");
    assert_eq!(with(LeadQuery { text: Some("13800009999".into()), ..LeadQuery::default() }), 0);
    assert_eq!(with(LeadQuery { staff: Some("ANN".into()), ..LeadQuery::default() }), 5);
    assert_eq!(with(LeadQuery { source: Some("import".into()), ..LeadQuery::default() }), 0);
    let face = house.read(|tx| house.leads.faces(tx, &[house.of(&ids[3])])).remove(0);
    assert_eq!(face.phone.as_deref(), Some("13800000003"));
}

fn who_is_erased_is_forgotten(t: TestDb) {
    let house = House::new(t);
    let lead = house.lead(1, "");
    house.claim("Ann", &lead.id).unwrap();
    house.contact("Ann", &lead.id, "reached").unwrap();
    let (leads, num) = (house.leads.clone(), lead.num);
    assert_eq!(house.act(move |tx| leads.forget(tx, &[num])), 1);
    let rows = house.read(|tx| {
        Ok(tx.one("SELECT (SELECT COUNT(*) FROM lead) + (SELECT COUNT(*) FROM lead_move)", params![], |row| {
            row.int(0)
        })?)
    });
    assert_eq!(rows, 0);
}
