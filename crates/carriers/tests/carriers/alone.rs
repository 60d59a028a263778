use crate::world::{World, migrations};
use siyu_carriers::*;
use siyu_direct::Carriers;
use siyu_gate::Channel;
use siyu_kernel::{Identifier, Kind as IdKind};
use siyu_testkit::{TestDb, contract};

contract!(migrations();
    addresses_are_found_however_they_are_written,
    the_list_is_read_and_taken_back,
    lists_are_imported,
    erased_people_stay_alone,
);

fn leave(world: &World, channel: Channel, address: &'static str, because: &'static str) -> Result<(), &'static str> {
    world
        .attempt(move |own, tx, now| own.leave_alone(tx, channel, address, because, now))
        .map_err(|refusal| refusal.code)
}
fn ask(world: &World, channel: Channel, addresses: &[&str]) -> Vec<bool> {
    world.read(|own, tx| own.left_alone(tx, channel, addresses)).iter().map(Option::is_some).collect()
}

fn addresses_are_found_however_they_are_written(t: TestDb) {
    let world = World::new(t);
    leave(&world, Channel::Email, "Ann.B@Example.com", "mail_no_mailbox").unwrap();
    leave(&world, Channel::Sms, "138 0000 0001", "sms_blacklisted").unwrap();
    assert_eq!(
        ask(&world, Channel::Email, &["bea@example.com", "ann.b@example.com", "ann＠x", "ANN.B@EXAMPLE.COM"]),
        [false, true, false, true]
    );
    assert_eq!(
        ask(&world, Channel::Sms, &["+8613800000001", "13800000002", "008613800000001", ""]),
        [true, false, true, false]
    );
    assert!(ask(&world, Channel::Email, &[]).is_empty());
    let reasons = world.read(|own, tx| own.left_alone(tx, Channel::Sms, &["13800000001"]));
    assert_eq!(reasons, [Some("address_left_alone")]);
    // Both channels apart; a second reason changes nothing.
    assert_eq!(ask(&world, Channel::Email, &["13800000001"]), [false]);
    leave(&world, Channel::Email, "ann.b@example.com", "mail_complaint").unwrap();
    assert_eq!(
        world.read(|own, tx| own.alone_counts(tx)),
        [("email".into(), "mail_no_mailbox".into(), 1), ("sms".into(), "sms_blacklisted".into(), 1)]
    );
    assert_eq!(leave(&world, Channel::Email, "nobody", "x"), Err("suppression_address"));
    assert_eq!(leave(&world, Channel::Sms, "02112345678", "x"), Err("suppression_address"));
    assert_eq!(leave(&world, Channel::Wecom, "a@example.com", "x"), Err("suppression_channel"));
    assert_eq!(leave(&world, Channel::Email, "a@example.com", "Not A Code"), Err("suppression_reason"));
    // Nothing of an address stands in the table.
    let rows: Vec<Vec<u8>> =
        world.read(|_, tx| Ok(tx.query("SELECT address FROM carrier_alone", &[], |row| row.blob(0))?));
    assert!(rows.iter().all(|own| !String::from_utf8_lossy(own).contains("example")));
}

fn the_list_is_read_and_taken_back(t: TestDb) {
    let world = World::new(t);
    for address in ["ann@example.com", "bea@example.com"] {
        leave(&world, Channel::Email, address, "mail_no_mailbox").unwrap();
    }
    leave(&world, Channel::Sms, "13800000001", "by_hand").unwrap();
    let list = |query: AloneQuery| world.read(|own, tx| own.alone(tx, &query));
    let all = list(AloneQuery { limit: 10, ..AloneQuery::default() });
    assert_eq!(
        all.iter().map(|own| own.masked.as_str()).collect::<Vec<_>>(),
        ["+86138****0001", "b***@example.com", "a***@example.com"]
    );
    let of = |query: AloneQuery| list(query).iter().map(|own| own.masked.clone()).collect::<Vec<_>>();
    let query = || AloneQuery { limit: 10, ..AloneQuery::default() };
    assert_eq!(of(AloneQuery { channel: Some(Channel::Sms), ..query() }), ["+86138****0001"]);
    assert_eq!(of(AloneQuery { reason: Some("mail_no_mailbox".into()), limit: 1, ..query() }), ["b***@example.com"]);
    assert_eq!(of(AloneQuery { before: Some(all[1].id), ..query() }), ["a***@example.com"]);
    assert_eq!(of(AloneQuery { address: Some("ANN@example.com".into()), ..query() }), ["a***@example.com"]);
    assert_eq!(of(AloneQuery { address: Some("ann".into()), ..query() }), Vec::<String>::new());
    let id = all[2].id;
    assert_eq!(world.act(move |own, tx, _| own.let_again(tx, id)), ("email".to_owned(), "mail_no_mailbox".to_owned()));
    assert_eq!(world.attempt(move |own, tx, _| own.let_again(tx, id)).unwrap_err().code, "suppression_unknown");
    assert_eq!(ask(&world, Channel::Email, &["ann@example.com"]), [false]);
}

fn lists_are_imported(t: TestDb) {
    let world = World::new(t);
    let now = world.now();
    let import = |channel, text: &str| world.own.import_alone(channel, text.as_bytes(), "ann", now);
    let text = "\u{feff}邮箱,备注\nann@example.com,x\n\nBEA@example.com\nnobody\nann@example.com\n\"carl@example.com\",\"a,b\"\n=HYPERLINK(1)\n";
    let done = import(Channel::Email, text).unwrap();
    assert_eq!((done.added, done.known, done.refused, done.lines.len()), (3, 1, 2, 2));
    let again = import(Channel::Email, text).unwrap();
    assert_eq!((again.added, again.known), (0, 4));
    assert_eq!(ask(&world, Channel::Email, &["bea@example.com"]), [true]);
    let phones: String = (0..2500).map(|n| format!("1380000{n:04}\n")).collect();
    assert_eq!(import(Channel::Sms, &phones).unwrap().added, 2500);
    for bad in ["", "name\n", "\u{0}\u{1}"] {
        assert_eq!(import(Channel::Email, bad).unwrap_err().code, "suppression_file");
    }
    assert_eq!(import(Channel::Email, &"a@example.com\n".repeat(100_001)).unwrap_err().code, "suppression_file");
    assert_eq!(import(Channel::Wecom, "a@example.com").unwrap_err().code, "suppression_channel");
}

fn erased_people_stay_alone(t: TestDb) {
    let world = World::new(t);
    leave(&world, Channel::Email, "ann@example.com", "mail_complaint").unwrap();
    leave(&world, Channel::Sms, "13800000001", "sms_blacklisted").unwrap();
    let gone = world.act(|own, tx, _| {
        let of = |kind, value| Identifier::new(kind, value).unwrap();
        own.forget(
            tx,
            &[of(IdKind::Email, "Ann@example.com"), of(IdKind::Phone, "+8613800000001"), of(IdKind::UserId, "u1")],
        )
    });
    assert_eq!(gone, 2);
    assert_eq!(ask(&world, Channel::Email, &["ann@example.com"]), [true]);
    let rows = world.read(|own, tx| own.alone(tx, &AloneQuery { limit: 10, ..AloneQuery::default() }));
    assert!(rows.len() == 2 && rows.iter().all(|own| own.masked.is_empty()));
}
