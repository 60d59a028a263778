//! Alerts of lost customers reach whom they concern, once, by day.

use crate::brand::{Brand, Desk, MIGRATIONS};
use siyu_contacts::{AlertQuery, AlertSettings, Ran};
use siyu_kernel::Zone;
use siyu_sandbox::world::Status;
use siyu_sandbox::{Reasons, Scale};
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    a_loss_is_pushed_once, nights_are_quiet_and_many_are_one, off_is_off, a_refused_address_keeps_alerts, a_lost_answer_is_no_second_message, settings_are_checked);

fn switch(brand: &Brand, settings: AlertSettings) -> Result<AlertSettings, siyu_kernel::Refusal> {
    let contacts = brand.contacts.clone();
    brand.db.transact(move |tx| contacts.set_alerts(tx, settings.clone()))
}
fn on() -> AlertSettings {
    AlertSettings { on: true, ..AlertSettings::default() }
}
/// Until nothing is due within `seconds`.
fn push(brand: &Brand, desk: &Desk, seconds: i64) {
    for _ in 0..1_000 {
        match desk.contacts.work_alerts().unwrap() {
            Ran::Went => {}
            Ran::Waits(at) if at <= brand.now().plus_seconds(seconds) => brand.clock.move_to(at),
            Ran::Waits(_) | Ran::Nothing => return,
        }
    }
    panic!("alerts end");
}
/// Friendships of one guide who leads nobody, and the guide's userid.
fn friends(brand: &Brand, most: usize) -> (String, Vec<usize>) {
    brand.world(|world| {
        let staff = (0..world.staff.len())
            .filter(|&s| world.serves(s) && world.departments.iter().all(|own| !own.leaders.contains(&s)))
            .max_by_key(|&s| world.staff[s].active)
            .unwrap();
        let own = |r: &usize| world.relations[*r].staff == staff && world.relations[*r].status == Status::Active;
        (world.staff[staff].userid.clone(), (0..world.relations.len()).filter(own).take(most).collect())
    })
}
fn lose(brand: &Brand, relations: &[usize]) {
    brand.world(|world| relations.iter().for_each(|&r| world.customer_deletes(r, Reasons::default())));
    brand.settle();
    brand.work();
}
/// Messages the app has sent: receivers and text.
fn posted(brand: &Brand) -> Vec<(String, String)> {
    brand.sandbox.posted().into_iter().map(|(to, text)| (to.join("|").to_lowercase(), text)).collect()
}
fn states(brand: &Brand) -> Vec<String> {
    let rows = brand.read(|tx| brand.contacts.alerts(tx, &AlertQuery { limit: 200, ..AlertQuery::default() }));
    rows.into_iter().flat_map(|row| row.pushes).map(|push| push.state).collect()
}

fn a_loss_is_pushed_once(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.take_callbacks();
    brand.sync();
    switch(&brand, on()).unwrap();
    let (guide, relations) = friends(&brand, 2);
    lose(&brand, &relations[..1]);
    push(&brand, &brand, 60);
    let told = posted(&brand);
    assert!(told.iter().any(|(to, text)| *to == guide.to_lowercase() && text.contains("把你删除了")), "{told:?}");
    let managers = brand
        .read(|tx| brand.contacts.lost(tx, &siyu_contacts::LostQuery { limit: 1, ..Default::default() }))[0]
        .managers
        .len();
    assert_eq!(told.len(), 1 + managers, "{told:?}");
    assert!(states(&brand).iter().all(|state| state == "sent"));
    // A sync that finds the same again tells nobody.
    brand.sync();
    push(&brand, &brand.second(), 60);
    assert_eq!(posted(&brand).len(), told.len());
    // Deleted by the guide: the managers alone.
    brand.world(|world| world.guide_deletes(relations[1]));
    brand.settle();
    brand.work();
    push(&brand, &brand, 60);
    assert_eq!(posted(&brand).len(), told.len() + managers);
    assert!(posted(&brand)[told.len()..].iter().all(|(to, _)| *to != guide.to_lowercase()));
}

fn nights_are_quiet_and_many_are_one(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.take_callbacks();
    brand.sync();
    switch(&brand, AlertSettings { managers: false, ..on() }).unwrap();
    let zone = Zone::shanghai();
    while zone.hour(brand.now()) != 23 {
        brand.pass(1_800);
    }
    let (guide, relations) = friends(&brand, 5);
    assert!(relations.len() >= 3, "{relations:?}");
    for relation in &relations {
        lose(&brand, &[*relation]);
        push(&brand, &brand, 60);
    }
    assert_eq!(posted(&brand), []);
    push(&brand, &brand, 12 * 3_600);
    let told = posted(&brand);
    assert_eq!((told.len(), told[0].0.as_str()), (1, guide.to_lowercase().as_str()));
    assert!(told[0].1.contains(&format!("{} 位", relations.len())), "{told:?}");
    assert_eq!(zone.hour(brand.now()), 8);
}

fn off_is_off(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.take_callbacks();
    brand.sync();
    let (_, relations) = friends(&brand, 2);
    lose(&brand, &relations[..1]);
    push(&brand, &brand, 86_400);
    // Written down all the same.
    assert_eq!((posted(&brand).len(), brand.int("SELECT COUNT(*) FROM wecom_alert")), (0, 1));
    switch(&brand, on()).unwrap();
    lose(&brand, &relations[1..]);
    switch(&brand, AlertSettings::default()).unwrap();
    push(&brand, &brand, 86_400);
    assert_eq!(posted(&brand), []);
    assert!(!states(&brand).is_empty() && states(&brand).iter().all(|state| state == "failed"));
}

fn a_refused_address_keeps_alerts(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.take_callbacks();
    brand.sync();
    switch(&brand, on()).unwrap();
    let (_, relations) = friends(&brand, 1);
    lose(&brand, &relations);
    brand.faults("60020=1");
    push(&brand, &brand, 30);
    assert_eq!(brand.read(|tx| brand.contacts.connected(tx)).trouble.as_deref(), Some("ip_not_trusted"));
    assert!(states(&brand).iter().any(|state| state == "sending"));
    brand.faults("");
    push(&brand, &brand, 600);
    assert!(states(&brand).iter().all(|state| state == "sent"), "{:?}", states(&brand));
}

fn a_lost_answer_is_no_second_message(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.take_callbacks();
    brand.sync();
    switch(&brand, AlertSettings { managers: false, ..on() }).unwrap();
    let (_, relations) = friends(&brand, 6);
    for (at, relation) in relations.iter().enumerate() {
        lose(&brand, &[*relation]);
        brand.faults("timeout=0.6,busy=0.2,proxy=0.1");
        push(&brand, &if at.is_multiple_of(2) { brand.desk.clone() } else { brand.second() }, 120);
    }
    brand.faults("");
    push(&brand, &brand, 4 * 3_600);
    assert!(states(&brand).iter().all(|state| state == "sent"));
    let told = posted(&brand);
    let counted: usize = told.iter().map(|(_, text)| text.matches("把你删除了").count()).sum();
    assert_eq!(counted, relations.len(), "{told:?}");
}

fn settings_are_checked(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    for (field, wrong) in [
        ("quiet_from", AlertSettings { quiet_from: 24, ..on() }),
        ("quiet_to", AlertSettings { quiet_to: -1, ..on() }),
        ("link", AlertSettings { link: "javascript:alert(1)".into(), ..on() }),
        ("link", AlertSettings { link: "https://a.example/\"><b>".into(), ..on() }),
    ] {
        assert_eq!(switch(&brand, wrong).unwrap_err().field.as_deref(), Some(field));
    }
    let good = AlertSettings { link: " https://crm.example.com/ ".into(), ..on() };
    assert_eq!(switch(&brand, good).unwrap().link, "https://crm.example.com");
    assert!(brand.read(|tx| brand.contacts.alert_settings(tx)).on);
}
