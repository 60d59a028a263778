//! Channels: made, changed, found; what they cost; what states mean.

use crate::brand::{Brand, MIGRATIONS};
use siyu_channels::{ChannelChange, ChannelIn, ChannelQuery, CostIn};
use siyu_kernel::Currency;
use siyu_testkit::TestDb;
use std::collections::BTreeMap;

siyu_testkit::contract!(&MIGRATIONS; channels_are_made_changed_and_put_away, what_makes_no_sense_is_refused, costs_are_spread, strange_states_are_found);

fn channels_are_made_changed_and_put_away(t: TestDb) {
    let brand = Brand::new(t);
    let parcel = brand.channel("parcel", "包裹卡");
    brand.channel("elevator", "电梯广告");
    let list = |query: ChannelQuery| {
        brand.read(|tx| Ok(brand.channels.list(tx, &query)?.into_iter().map(|row| row.code).collect::<Vec<_>>()))
    };
    let all = ChannelQuery { limit: 50, ..ChannelQuery::default() };
    assert_eq!(list(all.clone()), ["elevator", "parcel"]);
    assert_eq!(list(ChannelQuery { text: Some("电梯".into()), ..all.clone() }), ["elevator"]);
    assert_eq!(list(ChannelQuery { text: Some("%".into()), ..all.clone() }), [""; 0]);
    assert_eq!(list(ChannelQuery { after: Some("elevator".into()), ..all.clone() }), ["parcel"]);
    let change = |change: ChannelChange| {
        let (channels, id, now) = (brand.channels.clone(), parcel.id.clone(), brand.now());
        brand.act(move |tx| channels.change(tx, &id, &change, now))
    };
    let renamed = change(ChannelChange {
        name: Some("包裹卡片".into()),
        states: Some(vec!["PK-001".into()]),
        version: Some(1),
        ..ChannelChange::default()
    });
    assert_eq!(
        (renamed.name.as_str(), renamed.version, renamed.values()),
        ("包裹卡片", 2, vec!["parcel".to_owned(), "PK-001".to_owned()])
    );
    let names = brand.read(|tx| brand.channels.names(tx));
    let want = [("PK-001", "包裹卡片"), ("elevator", "电梯广告"), ("parcel", "包裹卡片")];
    assert_eq!(names, want.map(|(a, b)| (a.to_owned(), b.to_owned())).into_iter().collect::<BTreeMap<_, _>>());
    change(ChannelChange { archived: Some(true), ..ChannelChange::default() });
    assert_eq!(list(all.clone()), ["elevator"]);
    assert_eq!(list(ChannelQuery { archived: true, ..all }), ["elevator", "parcel"]);
    let (channels, id, now) = (brand.channels.clone(), parcel.id.clone(), brand.now());
    let stale = ChannelChange { version: Some(1), ..ChannelChange::default() };
    assert_eq!(brand.refused(move |tx| channels.change(tx, &id, &stale, now).map(drop)), "channel_changed version");
}

fn what_makes_no_sense_is_refused(t: TestDb) {
    let brand = Brand::new(t);
    brand.channel("parcel", "包裹卡");
    let good = ChannelIn { code: "kol".into(), name: "达人".into(), kind: "kol".into(), ..ChannelIn::default() };
    for (want, input) in [
        ("channel_field code", ChannelIn { code: "two words".into(), ..good.clone() }),
        ("channel_field code", ChannelIn { code: "x".repeat(21), ..good.clone() }),
        ("channel_field code", ChannelIn { code: "-x".into(), ..good.clone() }),
        ("channel_field code", ChannelIn { code: String::new(), ..good.clone() }),
        ("channel_field name", ChannelIn { name: " ".into(), ..good.clone() }),
        ("channel_field name", ChannelIn { name: "长".repeat(41), ..good.clone() }),
        ("channel_field kind", ChannelIn { kind: "tv".into(), ..good.clone() }),
        ("channel_field store", ChannelIn { store: "S99".into(), ..good.clone() }),
        ("channel_field states", ChannelIn { states: vec!["x".repeat(65)], ..good.clone() }),
        ("channel_taken code", ChannelIn { code: "parcel".into(), ..good.clone() }),
        ("channel_taken states", ChannelIn { states: vec!["parcel".into()], ..good.clone() }),
    ] {
        let (channels, now) = (brand.channels.clone(), brand.now());
        assert_eq!(brand.refused(move |tx| channels.create(tx, &input, "test", now).map(drop)), want);
    }
    assert_eq!(brand.int("SELECT COUNT(*) FROM channel"), 1, "refused wishes leave no trace");
    assert_eq!(brand.int("SELECT COUNT(*) FROM channel_state"), 1);
    let channels = brand.channels.clone();
    assert_eq!(brand.refused(move |tx| channels.find(tx, "chn_nobody").map(drop)), "channel_unknown");
}

fn costs_are_spread(t: TestDb) {
    let brand = Brand::new(t);
    let parcel = brand.channel("parcel", "包裹卡");
    let add = |from_day: i32, to_day: i32, amount: i64, currency: Currency| {
        let (channels, id, now) = (brand.channels.clone(), parcel.id.clone(), brand.now());
        let cost = CostIn { from_day, to_day, amount, currency, note: "印刷".into() };
        brand.db.transact(move |tx| channels.add_cost(tx, &id, &cost, "test", now))
    };
    add(100, 129, 300_000, Currency::CNY).unwrap();
    let second = add(120, 120, 5_000, Currency::CNY).unwrap();
    add(100, 129, 900, Currency::parse("USD").unwrap()).unwrap();
    let of = |from, to| brand.read(|tx| brand.channels.cost_of(tx, (from, to), Currency::CNY)).get(&parcel.id).copied();
    assert_eq!(
        [of(100, 129), of(110, 119), of(120, 129), of(130, 200)],
        [Some(305_000), Some(100_000), Some(105_000), None]
    );
    for (want, result) in [
        ("to", add(10, 9, 1, Currency::CNY)),
        ("amount", add(9, 9, 0, Currency::CNY)),
        ("amount", add(9, 9, i64::MAX, Currency::CNY)),
    ] {
        let refusal = result.unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), ("channel_cost", Some(want)));
    }
    let (channels, id) = (brand.channels.clone(), parcel.id.clone());
    let own = second.id.clone();
    brand.act(move |tx| channels.remove_cost(tx, &id, &own));
    assert_eq!(of(120, 129), Some(100_000));
    let (channels, id) = (brand.channels.clone(), parcel.id.clone());
    assert_eq!(brand.refused(move |tx| channels.remove_cost(tx, &id, &second.id)), "channel_cost_unknown");
}

fn strange_states_are_found(t: TestDb) {
    let brand = Brand::new(t);
    let guide = brand.guides().remove(0);
    let client = brand.contacts.client().unwrap();
    let made = client.add_contact_way(&siyu_wecom::ContactWay::qr(vec![guide], "OLD-77", "旧活码")).unwrap();
    let scan = || {
        brand.world(|world| {
            let way = world.number(siyu_sandbox::Id::ContactWay, &made.config_id).unwrap();
            let person = world.people.iter().position(|own| own.arrived.is_none() && !own.business).unwrap();
            world.scan(person, way).expect("the member can take a customer");
        });
        // Who is a friend on one side only is accepted meanwhile.
        brand.pass(2 * 86_400);
        brand.hear();
    };
    scan();
    let strays = brand.read(|tx| brand.channels.strays(tx));
    assert_eq!((strays.len(), strays[0].state.as_str(), strays[0].relations), (1, "OLD-77", 1));
    let (channels, now) = (brand.channels.clone(), brand.now());
    let input = ChannelIn {
        code: "old".into(),
        name: "旧物料".into(),
        kind: "other".into(),
        states: vec!["OLD-77".into()],
        ..ChannelIn::default()
    };
    let old = brand.act(move |tx| channels.create(tx, &input, "test", now));
    assert!(brand.read(|tx| brand.channels.strays(tx)).is_empty());
    scan();
    let added = brand.events("Contact Added");
    let told: Vec<&str> = added.iter().filter_map(|own| own["channel"].as_str()).collect();
    assert_eq!(told, ["OLD-77", "old"], "from its registration on events carry the channel");
    assert_eq!(brand.read(|tx| brand.channels.friends(tx, &old.id)).len(), 2);
}
