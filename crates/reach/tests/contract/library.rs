//! Materials: versions, approval by somebody else, uses, previews; links that count.

use crate::brand::{Brand, Desk, MIGRATIONS, Wire, content};
use crate::messages::people;
use siyu_kernel::Refusal;
use siyu_reach::content::{Content, Piece};
use siyu_reach::{
    FileIn, KitIn, KitSeat, MaterialIn, MaterialQuery, MaterialRow, MaterialShowIn, MaterialState, Track, Writer,
};
use siyu_sandbox::WorldClock;
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    somebody_else_approves, a_draft_leaves_what_is_approved_in_use, materials_are_found, files_of_materials_stay, it_is_shown_as_somebody_reads_it,
    links_count_who_comes, links_in_texts_count_too, whom_it_was_passed_on_to_is_seen, how_long_somebody_stays_is_told, an_erased_person_leaves_a_number, kits_are_for_whom_they_are_for);

const ANN: Writer<'_> = Writer { id: "usr_ann", name: "ann" };
const BOB: Writer<'_> = Writer { id: "usr_bob", name: "bob" };

/// Without a WeCom.
fn desk(t: &TestDb) -> Desk {
    Desk::open(t.db().clone(), &WorldClock::following(t.clock.clone()), &Wire::default())
}
fn given(name: &str, content: Content) -> MaterialIn {
    MaterialIn { name: name.into(), folder: "新品".into(), labels: vec!["秋".into()], content }
}
fn link(url: &str) -> Content {
    let piece =
        Piece::Link { title: "秋茶".into(), url: url.into(), description: String::new(), picture: String::new() };
    Content { text: "新品到店".into(), attachments: vec![piece] }
}
fn add(desk: &Desk, input: MaterialIn) -> MaterialRow {
    let (reach, now) = (desk.reach.clone(), desk.now());
    desk.act(move |tx| reach.add_material(tx, &input, ANN, now))
}
fn change(desk: &Desk, id: &str, input: MaterialIn, version: i64, by: Writer<'static>) -> Result<MaterialRow, Refusal> {
    let (reach, now, id) = (desk.reach.clone(), desk.now(), id.to_owned());
    desk.db.transact(move |tx| reach.change_material(tx, &id, &input, version, by, now))
}
fn submit(desk: &Desk, id: &str, version: Option<i64>) -> Result<MaterialRow, Refusal> {
    let (reach, id) = (desk.reach.clone(), id.to_owned());
    desk.db.transact(move |tx| reach.submit_material(tx, &id, version))
}
fn approve(desk: &Desk, id: &str, by: Writer<'static>) -> Result<MaterialRow, Refusal> {
    let (reach, now, id) = (desk.reach.clone(), desk.now(), id.to_owned());
    desk.db.transact(move |tx| reach.approve_material(tx, &id, None, by, now))
}
fn approved(desk: &Desk, input: MaterialIn) -> String {
    let id = add(desk, input).id;
    submit(desk, &id, None).unwrap();
    approve(desk, &id, BOB).unwrap();
    id
}
fn in_use(desk: &Desk, id: &str) -> Result<(i64, String), &'static str> {
    let found = desk.db.read(|tx| desk.reach.approved_material(tx, id));
    found.map(|(version, content)| (version, content.text)).map_err(|refusal| refusal.code)
}

fn somebody_else_approves(t: TestDb) {
    let desk = desk(&t);
    let row = add(&desk, given("a", content("你好")));
    assert_eq!((row.state, row.version, row.approved, row.kind.as_str()), (MaterialState::Draft, 1, None, "text"));
    let id = row.id.as_str();
    assert_eq!(in_use(&desk, id), Err("material_unapproved"));
    assert_eq!(approve(&desk, id, BOB).unwrap_err().code, "material_step", "nobody has asked");
    assert_eq!(submit(&desk, id, Some(2)).unwrap_err().code, "material_changed");
    assert_eq!(submit(&desk, id, Some(1)).unwrap().state, MaterialState::Review);
    assert_eq!(submit(&desk, id, None).unwrap_err().code, "material_step");
    assert_eq!(approve(&desk, id, ANN).unwrap_err().code, "material_own");
    let reject = |by: Writer<'static>| {
        let (reach, now, id) = (desk.reach.clone(), desk.now(), id.to_owned());
        desk.db.transact(move |tx| reach.reject_material(tx, &id, None, "太长", by, now))
    };
    assert_eq!(reject(BOB).unwrap().state, MaterialState::Rejected);
    assert_eq!(reject(BOB).unwrap_err().code, "material_step");
    let told = desk.read(|tx| desk.reach.material_version(tx, id, 1));
    assert_eq!(
        (told.reason.as_str(), told.decided_by.as_deref(), told.writer.as_str()),
        ("太长", Some("bob"), "usr_ann")
    );
    submit(&desk, id, None).unwrap();
    let row = approve(&desk, id, BOB).unwrap();
    assert_eq!((row.state, row.approved), (MaterialState::Approved, Some(1)));
    assert_eq!(in_use(&desk, id), Ok((1, "你好".into())));
    assert_eq!(desk.read(|tx| desk.reach.material_version(tx, id, 1)).reason, "", "the second word holds");
    for wrong in ["mat_x", ""] {
        assert_eq!(in_use(&desk, wrong), Err("material_unknown"));
        assert_eq!(approve(&desk, wrong, BOB).unwrap_err().code, "material_unknown");
    }
    // What they say is sealed.
    let sealed = desk.read(|tx| Ok(tx.one("SELECT content FROM material_version", &[], |row| row.blob(0))?));
    assert!(!String::from_utf8_lossy(&sealed).contains("你好"));
}

fn a_draft_leaves_what_is_approved_in_use(t: TestDb) {
    let desk = desk(&t);
    let id = approved(&desk, given("a", content("一")));
    // A new name is no new version.
    let row = change(&desk, &id, given("b", content("一")), 1, BOB).unwrap();
    assert_eq!(
        (row.name.as_str(), row.version, row.state, row.changed_by.as_str()),
        ("b", 1, MaterialState::Approved, "bob")
    );
    let row = change(&desk, &id, given("b", link("https://a.example/1")), 1, BOB).unwrap();
    assert_eq!((row.version, row.state, row.approved, row.kind.as_str()), (2, MaterialState::Draft, Some(1), "link"));
    assert_eq!(in_use(&desk, &id), Ok((1, "一".into())));
    let late = change(&desk, &id, given("b", content("三")), 1, ANN);
    assert_eq!(late.unwrap_err().code, "material_changed", "two who write at once");
    submit(&desk, &id, Some(2)).unwrap();
    assert_eq!(approve(&desk, &id, BOB).unwrap_err().code, "material_own", "bob wrote this one");
    approve(&desk, &id, ANN).unwrap();
    assert_eq!(in_use(&desk, &id), Ok((2, "新品到店".into())));
    let versions = desk.read(|tx| desk.reach.material_versions(tx, &id, None, 10));
    let said: Vec<_> = versions.iter().map(|own| (own.version, own.state, own.content.text.as_str())).collect();
    assert_eq!(said, [(2, MaterialState::Approved, "新品到店"), (1, MaterialState::Approved, "一")]);
    // What went out is counted, and says which version it was.
    let (reach, now, own) = (desk.reach.clone(), desk.now(), id.clone());
    desk.act(move |tx| {
        reach.material_used(tx, Some((&own, 1)), "welcome", "wel_1", now)?;
        reach.material_used(tx, Some((&own, 2)), "welcome", "wel_1", now)?;
        reach.material_used(tx, Some((&own, 2)), "message", "msg_1", now)?;
        reach.material_used(tx, Some((&own, 2)), "message", "msg_2", now)?;
        reach.material_used(tx, None, "message", "msg_2", now)
    });
    let uses = desk.read(|tx| desk.reach.material_uses(tx, &id, 10));
    let uses: Vec<_> = uses.iter().map(|own| (own.what.as_str(), own.used.as_str(), own.version)).collect();
    assert_eq!(uses, [("welcome", "wel_1", 2), ("message", "msg_1", 2)]);
    assert_eq!(desk.read(|tx| desk.reach.material(tx, &id)).uses, 2);
    assert_eq!(desk.read(|tx| desk.reach.material_in(tx, "message", "msg_1")), Some((id.clone(), 2, "b".into())));
    // Retired, and back as a draft that nobody has approved.
    let (reach, now, own) = (desk.reach.clone(), desk.now(), id.clone());
    let retire = move || {
        let (reach, own) = (reach.clone(), own.clone());
        desk.db.transact(move |tx| reach.retire_material(tx, &own, BOB, now))
    };
    assert_eq!(retire().unwrap().state, MaterialState::Retired);
    assert_eq!(retire().unwrap_err().code, "material_step");
    let desk = self::desk(&t);
    assert_eq!(in_use(&desk, &id), Err("material_unapproved"));
    assert_eq!(submit(&desk, &id, None).unwrap_err().code, "material_step");
    let row = change(&desk, &id, given("b", link("https://a.example/1")), 2, ANN).unwrap();
    assert_eq!((row.version, row.state, row.approved), (3, MaterialState::Draft, None));
}

fn materials_are_found(t: TestDb) {
    let desk = desk(&t);
    let first = approved(&desk, given("秋茶100%", content("一")));
    desk.clock.move_to(desk.now().plus_seconds(1));
    let second = add(
        &desk,
        MaterialIn {
            folder: "活动".into(),
            labels: vec!["冬".into(), "会员".into()],
            ..given("冬茶", link("https://a.example"))
        },
    )
    .id;
    let find = |query: MaterialQuery| {
        let query = MaterialQuery { limit: 10, ..query };
        desk.read(|tx| desk.reach.materials(tx, &query)).into_iter().map(|own| own.id).collect::<Vec<_>>()
    };
    let own = MaterialQuery::default;
    assert_eq!(find(own()), [second.clone(), first.clone()]);
    assert_eq!(find(MaterialQuery { after: Some(second.clone()), ..own() }), std::slice::from_ref(&first));
    assert_eq!(find(MaterialQuery { text: "茶".into(), ..own() }).len(), 2);
    assert_eq!(find(MaterialQuery { text: "100%".into(), ..own() }), std::slice::from_ref(&first));
    assert_eq!(find(MaterialQuery { text: "%".into(), ..own() }), std::slice::from_ref(&first), "a sign is a sign");
    assert_eq!(find(MaterialQuery { text: "会员".into(), ..own() }), std::slice::from_ref(&second), "by a label");
    assert_eq!(find(MaterialQuery { label: "秋".into(), ..own() }), std::slice::from_ref(&first));
    assert_eq!(find(MaterialQuery { folder: "活动".into(), ..own() }), std::slice::from_ref(&second));
    assert_eq!(find(MaterialQuery { kind: "link".into(), ..own() }), std::slice::from_ref(&second));
    assert_eq!(find(MaterialQuery { state: Some(MaterialState::Approved), ..own() }), std::slice::from_ref(&first));
    assert_eq!(find(MaterialQuery { usable: true, ..own() }), std::slice::from_ref(&first));
    assert_eq!(desk.read(|tx| desk.reach.material(tx, &second)).labels, ["会员", "冬"]);
    let places = desk.read(|tx| desk.reach.material_places(tx));
    assert_eq!((places.0.len(), places.1.len()), (2, 3));
    let (reach, now, id) = (desk.reach.clone(), desk.now(), first.clone());
    desk.act(move |tx| reach.retire_material(tx, &id, BOB, now));
    assert_eq!(find(MaterialQuery { usable: true, ..own() }), [] as [String; 0]);
    assert_eq!(find(own()), [second]);
    assert_eq!(find(MaterialQuery { state: Some(MaterialState::Retired), ..own() }), [first]);
}

fn files_of_materials_stay(t: TestDb) {
    let desk = desk(&t);
    let file = FileIn { name: "a.png".into(), body: b"\x89PNG\r\n\x1a\n0123".to_vec(), by: "ann".into() };
    let (reach, now) = (desk.reach.clone(), desk.now());
    let file = desk.act(move |tx| reach.add_file(tx, &file, now)).id;
    let picture = |file: &str| Content { text: String::new(), attachments: vec![Piece::Image { file: file.into() }] };
    let (reach, unknown) = (desk.reach.clone(), given("a", picture("fil_x")));
    let refused = desk.db.transact(move |tx| reach.add_material(tx, &unknown, ANN, now)).unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), ("content_invalid", Some("content.attachments[0].file")));
    let id = add(&desk, given("a", picture(&file))).id;
    let drop_file = || {
        let (reach, file) = (desk.reach.clone(), file.clone());
        desk.db.transact(move |tx| reach.delete_file(tx, &file))
    };
    assert_eq!(drop_file().unwrap_err().code, "reach_file_used");
    change(&desk, &id, given("a", content("无图")), 1, ANN).unwrap();
    drop_file().unwrap();
}

fn it_is_shown_as_somebody_reads_it(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let show = |text: &str, person: Option<u32>| {
        let input = MaterialShowIn { person, ..MaterialShowIn::default() };
        brand.read(|tx| brand.reach.show_content(tx, &content(text), &input, brand.now()))
    };
    let text = "{{ customer.name or \"朋友\" }}，我是{{ staff.name or \"顾问\" }}";
    let nobody = show(text, None);
    assert_eq!(nobody.composed.text.unwrap().content, "朋友，我是顾问");
    assert_eq!(nobody.empty, ["customer.name", "staff.name"]);
    let friend = show(text, Some(all[0]));
    assert!(friend.empty.is_empty() && !friend.composed.text.unwrap().content.contains("朋友"), "{:?}", friend.empty);
    let ways = |text: &str| {
        let shown = show(text, None);
        let fits: Vec<_> = shown.ways.into_iter().filter(|(_, why)| why.is_none()).map(|(way, _)| way).collect();
        fits
    };
    assert_eq!(ways("{{ customer.name }}"), ["welcome"]);
    assert_eq!(ways("{{ staff.name }}好"), ["welcome", "message", "group_message"]);
    assert_eq!(ways("{{ brand.name }}"), ["welcome", "message", "group_message", "group_welcome", "moment"]);
    let wrong = brand.db.read(|tx| {
        brand.reach.show_content(tx, &content("{{ x }}"), &MaterialShowIn::default(), brand.now()).map(drop)
    });
    assert_eq!(wrong.unwrap_err().code, "content_variable");
}

fn links_count_who_comes(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let id = approved(&brand, given("秋茶", link("https://a.example/tea?x=1")));
    let track = |person: Option<u32>, url: &str| {
        let (reach, now, id, content) = (brand.reach.clone(), brand.now(), id.clone(), link(url));
        let own = brand.act(move |tx| {
            let staff = if person.is_some() { "lin" } else { "" };
            let track = Track { material: &id, version: 1, base: "https://s.example", person, staff };
            reach.tracked(tx, &content, &track, None, now)
        });
        let Piece::Link { url, .. } = &own.attachments[0] else { panic!("a link") };
        url.clone()
    };
    let tea = "https://a.example/tea?x=1";
    let (open, first, second) = (track(None, tea), track(Some(all[0]), tea), track(Some(all[1]), tea));
    assert!(open.starts_with("https://s.example/l/") && open != first && first != second);
    assert_eq!(track(Some(all[0]), tea), first, "once for each reader");
    assert_eq!(track(None, "https://a.example/{{ channel }}"), "https://a.example/{{ channel }}", "not known yet");
    let code = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let landing = |code: &str| brand.read(|tx| brand.reach.landing(tx, code)).map(|own| own.url);
    assert_eq!(landing(&code(&first)).as_deref(), Some(tea));
    assert_eq!(landing("0000000000000000"), None);
    assert_eq!(landing("https://evil.example"), None);
    let come = |url: &str| {
        let (reach, now, code) = (brand.reach.clone(), brand.now(), code(url));
        brand.act(move |tx| reach.link_opened(tx, &code, None, now));
    };
    come(&open);
    come(&open);
    come(&first);
    come(&first);
    brand.clock.move_to(brand.now().plus_seconds(60));
    come(&first);
    let radar = || brand.read(|tx| brand.reach.radar(tx, &id));
    let own = radar();
    assert_eq!((own.opens, own.unknown, own.people, own.sent), (4, 2, 1, 2), "the same look twice is one");
    assert_eq!(own.last_at, Some(brand.now()));
    let rows = brand.read(|tx| brand.reach.radar_people(tx, &id, 10));
    assert_eq!((rows.len(), rows[0].root, rows[0].opens), (1, all[0], 2));
    let events = brand.events("Material");
    assert_eq!(events.len(), 1, "once an hour is told");
    assert_eq!(
        (events[0].0.as_str(), &events[0].1["material_name"], &events[0].1["version"]),
        ("Material Opened", &"秋茶".into(), &1.into())
    );
    assert_eq!((&events[0].1["staff"], &events[0].1["material"]), (&"lin".into(), &id.as_str().into()));
    brand.clock.move_to(brand.now().plus_seconds(3_600));
    come(&first);
    assert_eq!(brand.events("Material").len(), 2);
    // Two identities that are one person count once.
    come(&second);
    assert_eq!(radar().people, 2);
    brand.act({
        let (one, other) = (all[0], all[1]);
        move |tx| Ok(tx.execute("UPDATE person SET root = $1 WHERE num = $2", siyu_db::params![one, other])?)
    });
    assert_eq!(radar().people, 1);
    let rows = brand.read(|tx| brand.reach.radar_people(tx, &id, 10));
    assert_eq!((rows.len(), rows[0].opens), (1, 4));
}

fn whom_it_was_passed_on_to_is_seen(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let id = approved(&brand, given("秋茶", link("https://a.example")));
    let codes: Vec<String> = all[..2]
        .iter()
        .map(|person| {
            let (reach, now, own, person) = (brand.reach.clone(), brand.now(), id.clone(), *person);
            brand.act(move |tx| {
                let track =
                    Track { material: &own, version: 1, base: "https://s.example", person: Some(person), staff: "lin" };
                let sent = reach.tracked(tx, &link("https://a.example"), &track, None, now)?;
                let Piece::Link { url, .. } = &sent.attachments[0] else { panic!("a link") };
                Ok(url.rsplit('/').next().unwrap().to_owned())
            })
        })
        .collect();
    let come = |nth: usize, reader: Option<i64>| {
        let (reach, code) = (brand.reach.clone(), codes[nth].clone());
        brand.clock.move_to(brand.now().plus_seconds(10));
        let now = brand.now();
        brand.act(move |tx| reach.link_opened(tx, &code, reader, now));
    };
    let seen = || {
        let radar = brand.read(|tx| brand.reach.radar(tx, &id));
        let mut rows = brand.read(|tx| brand.reach.radar_people(tx, &id, 10));
        rows.sort_by_key(|own| own.root);
        (
            radar.passed_on,
            rows.iter().map(|own| own.browsers).collect::<Vec<_>>(),
            brand.events("Material Passed On").len(),
        )
    };
    // Each step: whose link, in which browser, and what is known then.
    for (nth, reader, want) in [
        (0, Some(1), (0, vec![1], 0)),
        (0, Some(1), (0, vec![1], 0)),
        (0, None, (0, vec![1], 0)),
        (1, Some(1), (0, vec![1, 1], 0)),
        (0, Some(-2), (1, vec![2, 1], 1)),
        (0, Some(-2), (1, vec![2, 1], 1)),
        (0, Some(3), (1, vec![3, 1], 2)),
        (1, Some(4), (2, vec![3, 2], 3)),
    ] {
        come(nth, reader);
        assert_eq!(seen(), want, "{nth} {reader:?}");
    }
    let own = &brand.events("Material Passed On")[0];
    assert_eq!((&own.1["material_name"], &own.1["staff"]), (&"秋茶".into(), &"lin".into()));
    // Somebody else at the same moment is another look; the same page that loads again is not.
    let opens = || brand.read(|tx| brand.reach.radar(tx, &id)).opens;
    let before = opens();
    let (reach, code, now) = (brand.reach.clone(), codes[1].clone(), brand.now());
    brand.act(move |tx| [5, 5, 4].into_iter().try_for_each(|own| reach.link_opened(tx, &code, Some(own), now)));
    assert_eq!((opens() - before, seen().0), (1, 2));
    // A link that goes round the world is no table without end.
    (10..90).for_each(|reader| come(0, Some(reader)));
    assert_eq!(brand.int("SELECT COUNT(*) FROM material_reader"), 53);
    // Two who turn out to be one: browsers of both.
    let (one, other) = (all[0], all[1]);
    brand.act(move |tx| Ok(tx.execute("UPDATE person SET root = $1 WHERE num = $2", siyu_db::params![one, other])?));
    let (passed, browsers, _) = seen();
    assert_eq!((passed, browsers), (1, vec![52]));
}

fn how_long_somebody_stays_is_told(t: TestDb) {
    let brand = Brand::open(t);
    let all = people(&brand);
    let tea = "https://shop.example/tea#more";
    let id = approved(&brand, given("秋茶", link(tea)));
    let landing = |person: Option<u32>, url: &str| {
        let (reach, now, own, content) = (brand.reach.clone(), brand.now(), id.clone(), link(url));
        brand.act(move |tx| {
            let track = Track { material: &own, version: 1, base: "https://s.example", person, staff: "" };
            let sent = reach.tracked(tx, &content, &track, None, now)?;
            let Piece::Link { url, .. } = &sent.attachments[0] else { panic!("a link") };
            Ok(reach.landing(tx, url.rsplit('/').next().unwrap())?.unwrap())
        })
    };
    let visited = |landing: &siyu_reach::Landing| brand.read(|tx| brand.reach.visited(tx, landing, brand.now()));
    let (mine, open) = (landing(Some(all[0]), tea), landing(None, tea));
    assert_eq!(visited(&mine), tea, "no page is ours yet");
    for wrong in ["https://shop.example", "shop.example/x", "a b", "-a.example", "a..b", ""] {
        let (reach, hosts) = (brand.reach.clone(), vec![wrong.to_owned()]);
        let refused = brand.db.transact(move |tx| reach.set_own_pages(tx, &hosts)).unwrap_err();
        assert_eq!(refused.code, "material_pages", "{wrong}");
    }
    let set = |hosts: &[&str]| {
        let (reach, hosts) = (brand.reach.clone(), hosts.iter().map(|own| (*own).to_owned()).collect::<Vec<_>>());
        brand.act(move |tx| reach.set_own_pages(tx, &hosts))
    };
    assert_eq!(set(&[" Shop.Example ", "b.example", "shop.example"]), ["b.example", "shop.example"]);
    let token = |landing: &siyu_reach::Landing| {
        let url = visited(landing);
        let own = url.strip_prefix("https://shop.example/tea?siyu_visit=").and_then(|own| own.strip_suffix("#more"));
        own.unwrap_or_else(|| panic!("{url}")).to_owned()
    };
    assert_eq!(visited(&landing(None, "https://other.example/tea")), "https://other.example/tea");
    let (first, second, whoever) = (token(&mine), token(&mine), token(&open));
    assert_ne!(first, second);
    let come = |landing: &siyu_reach::Landing| {
        let (reach, now, code) = (brand.reach.clone(), brand.now(), landing.code.clone());
        brand.act(move |tx| reach.link_opened(tx, &code, Some(1), now));
    };
    come(&mine);
    let stayed = |visit: &str, seconds: i64| {
        let (reach, now, visit) = (brand.reach.clone(), brand.now(), visit.to_owned());
        brand.act(move |tx| reach.stayed(tx, &visit, seconds, now))
    };
    let seen = || {
        let radar = brand.read(|tx| brand.reach.radar(tx, &id));
        let rows = brand.read(|tx| brand.reach.radar_people(tx, &id, 10));
        (radar.visits, radar.seconds, rows.iter().map(|own| own.seconds).sum::<i64>())
    };
    let other = if first.ends_with('0') { "1" } else { "0" };
    for wrong in ["", "x", &first[1..], &format!("{}{other}", &first[..47]), &"0".repeat(48), &"茶".repeat(16)] {
        assert!(!stayed(wrong, 10), "{wrong}");
    }
    assert_eq!(seen(), (0, 0, 0));
    // Each step: seconds that pass, the visit, what is said of it, and what is known then.
    for (pass, visit, said, want) in [
        (0, &first, 40, (1, 1, 1)),
        (30, &first, 20, (1, 20, 20)),
        (0, &first, 5, (1, 20, 20)),
        (0, &first, i64::MAX, (1, 31, 31)),
        (0, &first, -7, (1, 31, 31)),
        (0, &second, 10, (2, 41, 41)),
        (0, &whoever, 9, (3, 50, 41)),
        (7_200, &whoever, 7_000, (3, 3_641, 41)),
    ] {
        brand.clock.move_to(brand.now().plus_seconds(pass));
        assert!(stayed(visit, said));
        assert_eq!(seen(), want, "{pass} {said}");
    }
    brand.clock.move_to(brand.now().plus_days(1));
    assert!(!stayed(&first, 3_000), "a token is good for a day");
    // Somebody is erased: how long it was stays, and is nobody's.
    let (reach, person) = (brand.reach.clone(), all[0]);
    brand.act(move |tx| reach.forget(tx, &[person]));
    assert_eq!(seen(), (3, 3_641, 0));
    assert_eq!(brand.int("SELECT COUNT(*) FROM material_stay WHERE num > 0"), 0);
    assert!(!stayed(&token(&mine), 5), "their link leads nowhere any more");
}

fn links_in_texts_count_too(t: TestDb) {
    let brand = Brand::open(t);
    let reader = people(&brand)[0];
    let id = approved(&brand, given("秋茶", content("新品 https://a.example/tea")));
    let tracked = |person: Option<u32>, text: &str| {
        let (reach, now, id, content) = (brand.reach.clone(), brand.now(), id.clone(), content(text));
        brand.act(move |tx| {
            let track = Track { material: &id, version: 1, base: "https://s.example", person, staff: "" };
            Ok(reach.tracked(tx, &content, &track, None, now)?.text)
        })
    };
    let text = "新品https://a.example/tea，{{ staff.name }}推荐 https://b.example/x?y=1。另见 https://a.example/{{ channel }} 与 https://s.example/l/0123456789abcdef";
    let sent = tracked(Some(reader), text);
    let parts: Vec<&str> = sent.split("https://s.example/l/").collect();
    assert_eq!(parts.len(), 4, "{sent}");
    assert_eq!(&parts[1][16..], "，{{ staff.name }}推荐 ");
    assert_eq!(&parts[2][16..], "。另见 https://a.example/{{ channel }} 与 ");
    assert_eq!(parts[3], "0123456789abcdef", "ours stay as they are");
    let landing = |code: &str| brand.read(|tx| brand.reach.landing(tx, code)).map(|own| own.url);
    assert_eq!(landing(&parts[1][..16]).as_deref(), Some("https://a.example/tea"));
    assert_eq!(landing(&parts[2][..16]).as_deref(), Some("https://b.example/x?y=1"));
    assert_eq!(tracked(Some(reader), text), sent, "the same for the same reader");
    assert_ne!(tracked(None, text), sent);
    let (reach, now, code) = (brand.reach.clone(), brand.now(), parts[2][..16].to_owned());
    brand.act(move |tx| reach.link_opened(tx, &code, None, now));
    let radar = brand.read(|tx| brand.reach.radar(tx, &id));
    assert_eq!((radar.opens, radar.people), (1, 1));
    // A text that would grow too long goes out as it is.
    let long = "http://a.cn ".repeat(320);
    assert_eq!(tracked(None, &long), long);
    assert_ne!(tracked(None, &"http://a.cn ".repeat(80)), "http://a.cn ".repeat(80));
}

fn an_erased_person_leaves_a_number(t: TestDb) {
    let brand = Brand::open(t);
    let person = people(&brand)[0];
    let id = approved(&brand, given("秋茶", link("https://a.example")));
    let (reach, now, own) = (brand.reach.clone(), brand.now(), id.clone());
    let code = brand.act(move |tx| {
        let track = Track { material: &own, version: 1, base: "https://s.example", person: Some(person), staff: "lin" };
        let sent = reach.tracked(tx, &link("https://a.example"), &track, None, now)?;
        let Piece::Link { url, .. } = &sent.attachments[0] else { panic!("a link") };
        let code = url.rsplit('/').next().unwrap().to_owned();
        reach.link_opened(tx, &code, Some(7), now)?;
        reach.forget(tx, &[person])?;
        Ok(code)
    });
    assert_eq!(brand.read(|tx| brand.reach.landing(tx, &code)), None);
    let radar = brand.read(|tx| brand.reach.radar(tx, &id));
    assert_eq!((radar.opens, radar.unknown, radar.people, radar.sent), (1, 1, 0, 0));
    assert_eq!(brand.int("SELECT COUNT(*) FROM material_link"), 0);
    assert_eq!(brand.int("SELECT COUNT(*) FROM material_reader"), 0);
}

fn kits_are_for_whom_they_are_for(t: TestDb) {
    let brand = Brand::open(t);
    let material = approved(&brand, given("秋茶", link("https://a.example/{{ store.name }}")));
    let (owner, day) = (
        brand.read(|tx| {
            Ok(tx.opt(
                "SELECT owner FROM wecom_group WHERE dismissed_at IS NULL ORDER BY owner LIMIT 1",
                &[],
                |row| row.text(0),
            )?)
        }),
        20_000,
    );
    let kit = |name: &str, change: fn(&mut KitIn)| {
        let mut input =
            KitIn { name: name.into(), day, materials: vec![material.clone(), material.clone()], ..KitIn::default() };
        change(&mut input);
        let (reach, now) = (brand.reach.clone(), brand.now());
        let row = brand.act(move |tx| reach.add_kit(tx, &input, "ann", now));
        assert_eq!(row.input.materials.len(), 1, "each once");
        brand.clock.move_to(brand.now().plus_seconds(1));
        row.id
    };
    kit("all", |_| {});
    kit("named", |own| own.staff = vec!["Lin".into()]);
    kit("store", |own| own.stores = vec!["S1".into()]);
    kit("owners", |own| own.owners = true);
    let of = |userid: &str, store: &str, day: i32| {
        let seat = KitSeat { userid, store };
        let rows = brand.read(|tx| brand.reach.kits_of(tx, seat, day));
        rows.into_iter().map(|own| own.input.name).collect::<Vec<_>>()
    };
    assert_eq!(of("lin", "", day), ["all", "named"]);
    assert_eq!(of("nobody", "S1", day), ["all", "store"]);
    assert_eq!(of("nobody", "", day + 1), [] as [String; 0]);
    if let Some(owner) = owner {
        assert_eq!(of(&owner, "", day), ["all", "owners"]);
    }
    // What goes to nobody in particular fills the address for who sends it; and one who does not have the kit gets nothing of it.
    let ids = brand.read(|tx| brand.reach.kits(tx, day, day));
    let named = ids.iter().find(|own| own.input.name == "named").unwrap().id.clone();
    let ready = |userid: &'static str| {
        let (reach, now, named, material) = (brand.reach.clone(), brand.now(), named.clone(), material.clone());
        let seat = KitSeat { userid, store: "" };
        brand.db.transact(move |tx| reach.ready_material(tx, seat, &named, &material, "", "https://s.example", now))
    };
    assert_eq!(ready("wang").unwrap_err().code, "kit_unknown");
    let composed = ready("lin").unwrap();
    assert!(composed.attachments[0].link.as_ref().unwrap().url.starts_with("https://s.example/l/"));
    let calendar = brand.read(|tx| brand.reach.calendar(tx, day, day));
    assert_eq!(calendar.iter().filter(|own| own.what == "kit" && own.day == day).count(), 4);
    let today = siyu_kernel::Zone::shanghai().day(brand.now());
    let calendar = brand.read(|tx| brand.reach.calendar(tx, today - 1, today));
    assert_eq!(calendar.iter().map(|own| own.what).collect::<Vec<_>>(), ["material"]);
}
