//! Rules that give leads out.

use crate::house::*;
use siyu_leads::{LeadQuery, Mode, PutIn, Rule, RuleSeat, Settings, Sight};
use siyu_testkit::TestDb;
use std::collections::BTreeMap;

siyu_testkit::contract!(migrations();
    leads_are_given_in_turn_and_within_caps,
    weights_and_stores_and_owners,
    who_wins_friends_gets_more,
    who_let_it_run_out_is_passed_over,
    wrong_rules_are_refused,
);

fn rules(house: &House, rules: Vec<Rule>) -> Result<Vec<Rule>, &'static str> {
    let (leads, now) = (house.leads.clone(), house.now());
    house.db.transact(move |tx| leads.set_rules(tx, &rules, "test", now)).map_err(|refusal| refusal.code)
}
fn rule(mode: Mode, staff: &[(&str, i64)]) -> Rule {
    let seats = staff.iter().map(|(userid, weight)| RuleSeat { staff: (*userid).into(), weight: *weight });
    Rule { name: "规则".into(), active: true, mode, staff: seats.collect(), ..Rule::default() }
}
fn held(house: &House) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for lead in house.list(&Sight::Everything, LeadQuery::default()) {
        *out.entry(if lead.staff.is_empty() { "-".into() } else { lead.staff }).or_default() += 1;
    }
    out
}
fn sums(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(staff, n)| ((*staff).to_owned(), *n)).collect()
}

fn leads_are_given_in_turn_and_within_caps(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { daily_max: 3, ..free() });
    rules(&house, vec![rule(Mode::RoundRobin, &[("Ann", 0), ("Carl", 0)])]).unwrap();
    for n in 0..4 {
        house.lead(n, "");
        // One at a time: turns are remembered from one run to the next.
        house.run();
    }
    assert_eq!(held(&house), sums(&[("ann", 2), ("carl", 2)]));
    (4..9).for_each(|n| drop(house.lead(n, "")));
    house.run();
    assert_eq!(held(&house), sums(&[("-", 3), ("ann", 3), ("carl", 3)]), "what nobody may take waits");
    house.hours(24);
    house.run();
    assert_eq!(held(&house), sums(&[("ann", 5), ("carl", 4)]), "until there is room");
}

fn weights_and_stores_and_owners(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    let stores = Rule { stores: vec!["S1".into(), "S2".into()], ..rule(Mode::Store, &[]) };
    let owner = Rule { channels: vec!["ad".into()], ..rule(Mode::Owner, &[]) };
    let off = Rule { active: false, ..rule(Mode::RoundRobin, &[("Carl", 0)]) };
    let saved = rules(&house, vec![off, owner, stores, rule(Mode::Weights, &[("Ann", 3), ("Bea", 1)])]).unwrap();
    assert!(saved.iter().all(|own| own.id.starts_with("lru_")));
    for (n, channel, store) in [(1, "ad", ""), (2, "ad", "S1"), (3, "", "S2"), (4, "", "S2"), (5, "card", "")] {
        let num = house.person("phone", &format!("1360000000{n}"));
        house
            .put_in(PutIn {
                num,
                source: "import".into(),
                channel: channel.into(),
                store: store.into(),
                ..PutIn::default()
            })
            .unwrap();
    }
    (10..18).for_each(|n| drop(house.lead(n, "")));
    house.run();
    let all = house.list(&Sight::Everything, LeadQuery::default());
    let of = |channel: &str, store: &str| {
        let mut own: Vec<&str> = all
            .iter()
            .filter(|own| own.channel == channel && own.store == store)
            .map(|own| own.staff.as_str())
            .collect();
        own.sort_unstable();
        own.join(" ")
    };
    assert_eq!((of("ad", "").as_str(), of("ad", "S1").as_str()), ("dora", "dora"), "whoever answers for the channel");
    assert_eq!(of("", "S2"), "carl dora", "the store's staff in turn");
    assert_eq!(of("card", "S1"), "ann", "the channel's store");
    assert_eq!(of("", ""), "ann ann ann ann ann ann bea bea", "by weights");
}

fn who_wins_friends_gets_more(t: TestDb) {
    let house = House::new(t);
    house.settings(free());
    // Ann makes friends of all twelve of hers, Bea of none.
    for n in 0..24 {
        let lead = house.lead(n, "").id;
        let staff = if n % 2 == 0 { "Ann" } else { "Bea" };
        house.claim(staff, &lead).unwrap();
        let (leads, now) = (house.leads.clone(), house.now());
        if staff == "Ann" {
            let num = house.of(&lead).num;
            let added = siyu_contacts::Added {
                contact: format!("c{n}"),
                staff: "ann".into(),
                num,
                state: String::new(),
                at: now,
                half: false,
                remark: String::new(),
                name: String::new(),
            };
            house.act(move |tx| leads.added(tx, std::slice::from_ref(&added), now));
        } else {
            house.act(move |tx| leads.give_up(tx, &guide("Bea"), &lead, "没有接", now));
        }
    }
    rules(&house, vec![rule(Mode::Conversion, &[("Ann", 0), ("Bea", 0)])]).unwrap();
    (100..120).for_each(|n| drop(house.lead(n, "")));
    house.run();
    let open = house.list(&Sight::Everything, LeadQuery { state: Some("claimed".into()), ..LeadQuery::default() });
    let ann = open.iter().filter(|own| own.staff == "ann").count();
    assert_eq!(open.len(), 20);
    assert!((14..19).contains(&ann), "most, and not all: {ann}");
}

fn who_let_it_run_out_is_passed_over(t: TestDb) {
    let house = House::new(t);
    house.settings(Settings { contact_hours: 2, again_days: 3, ..free() });
    rules(&house, vec![rule(Mode::RoundRobin, &[("Ann", 0), ("Bea", 0)])]).unwrap();
    let lead = house.lead(1, "").id;
    house.run();
    assert_eq!(house.line(&lead), "claimed ann");
    house.hours(3);
    house.run();
    assert_eq!(house.line(&lead), "claimed bea");
    house.hours(3);
    house.run();
    assert_eq!(house.line(&lead), "recycled - not_contacted", "both had it");
    house.hours(24 * 3);
    house.run();
    assert_eq!(house.line(&lead), "claimed ann", "three days later it may be tried again");
}

fn wrong_rules_are_refused(t: TestDb) {
    let house = House::new(t);
    let wrong = |own: Rule| rules(&house, vec![own]).unwrap_err();
    assert_eq!(wrong(Rule { name: " ".into(), ..rule(Mode::Store, &[]) }), "lead_rule");
    assert_eq!(wrong(Rule { sources: vec!["air".into()], ..rule(Mode::Store, &[]) }), "lead_word");
    assert_eq!(wrong(rule(Mode::Weights, &[])), "lead_rule");
    assert_eq!(wrong(rule(Mode::Weights, &[("Ann", 101)])), "lead_rule");
    assert_eq!(wrong(rule(Mode::Weights, &[("Ann", 1), ("ann", 1)])), "lead_rule");
    assert_eq!(wrong(rule(Mode::RoundRobin, &[("zoe", 1)])), "lead_staff");
    assert_eq!(wrong(Rule { id: "lru_x".into(), ..rule(Mode::Store, &[]) }), "lead_rule");
    let kept = rules(&house, vec![rule(Mode::Store, &[])]).unwrap();
    assert_eq!(rules(&house, kept.clone()).unwrap(), kept, "as it was shown it may be saved");
    for (field, settings) in [
        ("daily_max", Settings { daily_max: -1, ..Settings::default() }),
        ("idle_days", Settings { idle_days: 1, ..Settings::default() }),
        ("walks", Settings { walks: vec!["import".into()], ..Settings::default() }),
    ] {
        let (leads, now) = (house.leads.clone(), house.now());
        let refused = house.db.transact(move |tx| leads.set_settings(tx, &settings, now)).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some(field));
    }
}
