//! Whoever comes is welcomed once, in time, and it is on record what became of it.

use crate::brand::{Bad, Brand, MIGRATIONS, content};
use siyu_reach::content::{Content, Piece};
use siyu_reach::{FileIn, History, OutcomeQuery, RuleIn, RuleKind, When};
use siyu_sandbox::world::Source;
use siyu_sandbox::{Faults, Reasons};
use siyu_testkit::TestDb;
use std::sync::atomic::Ordering;

siyu_testkit::contract!(MIGRATIONS;
    whoever_comes_is_welcomed_by_name, what_went_wrong_is_on_record, no_code_no_rule_and_silence_are_told,
    history_and_codes_choose, nobody_is_welcomed_twice_whatever_arrives, files_that_have_ended_are_left_out, erased_people_leave_numbers);

const HELLO: &str = "{{ customer.name or \"朋友\" }}你好，我是{{ staff.name }}。";

fn whoever_comes_is_welcomed_by_name(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), HELLO);
    let met = brand.add(3);
    brand.greeted();
    assert_eq!(brand.ends(), vec![(2, String::new()); 3]);
    assert_eq!(brand.wire.taken(), [1, 1, 1]);
    let (name, staff) = brand.world(|world| {
        let relation = &world.relations[met[0]];
        (world.people[relation.person].name.clone(), world.staff[relation.staff].name.clone())
    });
    let said = brand.said(met[0]);
    assert!(said.iter().any(|line| line.contains(&format!("{name}你好，我是{staff}。"))), "{said:?}");
    // The code is a secret for its seconds, and gone after.
    assert_eq!(brand.int("SELECT COUNT(*) FROM welcome WHERE LENGTH(code) > 0"), 0);
    // Nobody is known yet; once they are, it is their event.
    brand.tell();
    assert_eq!(brand.events("Welcome").len(), 0);
    brand.work();
    brand.tell();
    brand.tell();
    let events = brand.events("Welcome");
    assert_eq!(events.len(), 3);
    assert_eq!((events[0].0.as_str(), events[0].1["welcome_name"].as_str()), ("Welcome Sent", Some("all")));
    assert!(events[0].1["store"].as_str().is_some_and(|store| store.starts_with("S-")), "{}", events[0].1);
    let rows =
        brand.read(|tx| brand.reach.welcome_outcomes(tx, &OutcomeQuery { limit: 10, ..OutcomeQuery::default() }));
    assert!(rows.iter().all(|row| row.num.is_some() && !row.name.is_empty()) && rows.len() == 3);
    // Without being able to read them in time, the fallback stands.
    brand.wire.blind.store(true, Ordering::SeqCst);
    let met = brand.add(1);
    brand.greeted();
    assert!(brand.said(met[0]).iter().any(|line| line.contains("朋友你好")), "{:?}", brand.said(met[0]));
}

fn what_went_wrong_is_on_record(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), "你好");
    let mut before = 0;
    for (line, want, attempts) in [
        (vec![Bad::Code(-1)], (2, ""), 2),
        (vec![Bad::Code(45033), Bad::Code(41096), Bad::Code(-1)], (2, ""), 4),
        (vec![Bad::Code(41050)], (4, "welcome_code_expired"), 1),
        (vec![Bad::Code(41051)], (3, "already_welcomed"), 1),
        (vec![Bad::Code(45009)], (4, "rate_limited"), 1),
        (vec![Bad::Lost], (2, ""), 2),
        // It was done, and the answer was lost: the second attempt is told so, and it counts as sent.
        (vec![Bad::DoneAndLost], (2, "answer_lost"), 2),
        (vec![Bad::Code(84074)], (4, "no_contact_permission"), 1),
    ] {
        brand.wire.next(&line);
        brand.add(1);
        brand.greeted();
        let end = brand.ends().pop().unwrap();
        let now = brand.wire.attempts();
        assert_eq!(((end.0, end.1.as_str()), now - before), (want, attempts), "{line:?}");
        before = now;
        // What 45009 has closed opens again.
        brand.clock.move_to(brand.now().plus_seconds(120));
    }
    assert!(brand.wire.taken().iter().all(|taken| *taken == 1));
    // Busy until the time is over: failed, and not one attempt after that.
    brand.wire.next(&[Bad::Code(-1); 200]);
    let begun = brand.now();
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends().pop().unwrap(), (4, "system_busy".to_owned()));
    assert!((brand.now().0 - begun.0) / 1_000_000 <= 20, "it ends with WeCom's twenty seconds");
    assert!(brand.wire.attempts() - before > 4, "it is tried as long as there is time");
}

fn no_code_no_rule_and_silence_are_told(t: TestDb) {
    let brand = Brand::open(t);
    // No welcome at all: nothing is written down.
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends(), []);
    let other = When { channels: vec!["counter".into()], ..When::default() };
    let id = brand.rule("counter", other, "你好");
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends(), [(3, "no_rule".into())]);
    let silent = RuleIn {
        name: "own words".into(),
        active: true,
        kind: RuleKind::Silent,
        when: When::default(),
        content: content(""),
    };
    brand.desk.add(silent);
    brand.add(1);
    brand.greeted();
    // The console's welcome stands for this member: WeCom gives no code.
    brand.world(|world| {
        let staff = (0..world.staff.len()).find(|&s| world.serves(s)).unwrap();
        world.staff[staff].console_welcome = true;
    });
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends(), [(3, "no_rule".into()), (3, "silent".into()), (3, "no_code".into())]);
    assert_eq!(brand.wire.attempts(), 0);
    brand.work();
    brand.tell();
    let reasons: Vec<String> = brand
        .events("Welcome Skipped")
        .into_iter()
        .map(|(_, own)| own["reason"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(reasons, ["no_rule", "silent", "no_code"]);
    let tallies = brand.read(|tx| brand.reach.welcome_tallies(tx, siyu_kernel::Time(0), None));
    assert_eq!(tallies.iter().map(|own| own.arrivals).sum::<i64>(), 3);
    assert!(tallies.iter().all(|own| own.rule != id));
}

fn history_and_codes_choose(t: TestDb) {
    let brand = Brand::open(t);
    let history = |own: History| When { history: vec![own], ..When::default() };
    brand.rule("back", history(History::Back), "欢迎回来");
    brand.rule("bought", history(History::Bought), "感谢惠顾");
    brand.rule("friend", history(History::Friend), "又见面了");
    brand.rule("new", history(History::New), "初次见面");
    let named = brand.rule("named", When { channels: vec!["nobody".into()], ..When::default() }, "专属礼遇");
    let says = |brand: &Brand, relation: usize| {
        let said = brand.said(relation).join(" ");
        ["欢迎回来", "感谢惠顾", "又见面了", "初次见面", "专属礼遇"]
            .into_iter()
            .find(|text| said.contains(text))
            .unwrap_or("nothing")
    };
    let first = brand.add(1)[0];
    brand.greeted();
    assert_eq!(says(&brand, first), "初次见面");
    brand.work();
    // The same person adds another member of staff, a minute later and more.
    brand.clock.move_to(brand.now().plus_seconds(3_600));
    let (person, other) = brand.world(|world| {
        let relation = &world.relations[first];
        (relation.person, (0..world.staff.len()).filter(|&s| world.serves(s)).find(|s| *s != relation.staff).unwrap())
    });
    let add = |staff: usize| {
        let met = brand.world(|world| world.befriend(staff, person, 1, Source::Personal, true, false).unwrap());
        brand.runtime.block_on(brand.sandbox.settle());
        brand.greeted();
        met
    };
    let second = add(other);
    assert_eq!(says(&brand, second), "又见面了");
    brand.work();
    // Leaves, and comes back.
    brand.clock.move_to(brand.now().plus_seconds(3_600));
    brand.world(|world| world.customer_deletes(first, Reasons::default()));
    brand.runtime.block_on(brand.sandbox.settle());
    brand.work();
    let staff = brand.world(|world| world.relations[first].staff);
    brand.clock.move_to(brand.now().plus_seconds(3_600));
    let third = add(staff);
    assert_eq!(says(&brand, third), "欢迎回来");
    // Somebody who has bought, known by their UnionID only: they are read before it is decided.
    let stranger = brand.world(|world| {
        (0..world.people.len()).find(|&p| world.people[p].arrived.is_none() && !world.people[p].business).unwrap()
    });
    let unionid = brand.world(|world| world.id(siyu_sandbox::Id::Union, stranger));
    let (people, now) = (brand.people.clone(), brand.now());
    let num = brand.act(move |tx| {
        let identifier = siyu_kernel::Identifier::new(siyu_kernel::Kind::UnionId, &unionid).unwrap();
        let incoming = people.prepare([identifier], now);
        Ok(people.resolve(tx, &[incoming], "test", now)?[0].as_ref().unwrap().node)
    });
    brand.shop.0.lock().unwrap().insert(num);
    let fourth = brand.add(1)[0];
    brand.greeted();
    assert_eq!(brand.world(|world| world.relations[fourth].person), stranger);
    assert_eq!(says(&brand, fourth), "感谢惠顾");
    // The live code names a welcome: it stands before the order.
    brand.codes.0.lock().unwrap().insert("vip".into(), named);
    let userid = brand.world(|world| world.staff[staff].userid.clone());
    let way = siyu_wecom::ContactWay::qr(vec![userid], "vip", "VIP");
    brand.contacts.client().unwrap().add_contact_way(&way).unwrap();
    let met = brand.come(1, |world, staff, person| {
        let way = world.contact_ways.len() - 1;
        world.befriend(staff, person, 1, Source::Way(way), true, false).unwrap()
    });
    brand.greeted();
    assert_eq!(says(&brand, met[0]), "专属礼遇");
}

fn nobody_is_welcomed_twice_whatever_arrives(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), HELLO);
    brand.sandbox.set_faults(Faults::parse("duplicate=1,disorder=0.5").unwrap());
    brand.add(6);
    brand.sandbox.set_faults(Faults::default());
    brand.runtime.block_on(async {
        brand.sandbox.settle().await;
    });
    let later = brand.now().plus_seconds(130);
    {
        let _entered = brand.runtime.enter();
        brand.sandbox.advance_to(later);
    }
    brand.runtime.block_on(brand.sandbox.settle());
    brand.greeted();
    assert_eq!(brand.ends().len(), 6);
    assert!(brand.wire.taken().iter().all(|taken| *taken == 1), "{:?}", brand.wire.taken());
    // Half-added with a code, then added without one: one welcome, one row.
    let met =
        brand.come(1, |world, staff, person| world.befriend(staff, person, 1, Source::Personal, true, true).unwrap());
    brand.greeted();
    {
        let _entered = brand.runtime.enter();
        brand.sandbox.advance_to(brand.now().plus_days(3));
    }
    brand.runtime.block_on(brand.sandbox.settle());
    assert_eq!(brand.world(|world| world.relations[met[0]].status), siyu_sandbox::world::Status::Active);
    brand.greeted();
    assert_eq!(brand.ends().len(), 7);
    assert!(brand.wire.taken().iter().all(|taken| *taken == 1));
}

fn files_that_have_ended_are_left_out(t: TestDb) {
    let brand = Brand::open(t);
    let (reach, now) = (brand.reach.clone(), brand.now());
    let file = FileIn { name: "gift.png".into(), body: b"\x89PNG\r\n\x1a\n0123456789".to_vec(), by: "test".into() };
    let file = brand.act(move |tx| reach.add_file(tx, &file, now)).id;
    let picture = Content { text: "新人礼".into(), attachments: vec![Piece::Image { file: file.clone() }] };
    brand.desk.add(RuleIn {
        name: "gift".into(),
        active: true,
        kind: RuleKind::Send,
        when: When::default(),
        content: picture,
    });
    // Not uploaded yet: the text goes alone.
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends(), [(2, "without_files".into())]);
    while brand.reach.work_files().unwrap() == siyu_contacts::Ran::Went {}
    brand.clock.move_to(brand.now().plus_seconds(2));
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends()[1], (2, String::new()));
    // WeCom does not know the id any more: the text goes, and the file is fetched anew.
    let media = |brand: &Brand| brand.read(|tx| Ok(tx.one("SELECT media FROM reach_file", &[], |row| row.text(0))?));
    let old = media(&brand);
    brand.wire.next(&[Bad::Code(40007)]);
    brand.add(1);
    brand.greeted();
    assert_eq!(brand.ends()[2], (2, "without_files".into()));
    assert_eq!(media(&brand), "");
    while brand.reach.work_files().unwrap() == siyu_contacts::Ran::Went {}
    assert!(!media(&brand).is_empty() && media(&brand) != old);
}

fn erased_people_leave_numbers(t: TestDb) {
    let brand = Brand::open(t);
    brand.rule("all", When::default(), HELLO);
    brand.add(2);
    brand.greeted();
    brand.work();
    brand.tell();
    let query = OutcomeQuery { limit: 10, ..OutcomeQuery::default() };
    let num = brand.read(|tx| brand.reach.welcome_outcomes(tx, &query))[0].num.unwrap();
    let (reach, contacts, now) = (brand.reach.clone(), brand.contacts.clone(), brand.now());
    brand.act(move |tx| {
        reach.forget(tx, &[num])?;
        contacts.forget(tx, &[num], now)
    });
    let rows = brand.read(|tx| brand.reach.welcome_outcomes(tx, &query));
    assert_eq!((rows.len(), rows[0].num, rows[0].name.as_str()), (2, None, ""));
    assert_eq!(brand.int("SELECT COUNT(*) FROM welcome WHERE contact = ''"), 1);
}
