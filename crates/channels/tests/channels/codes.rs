//! Live codes: who is behind them, what WeCom is told, what follows from an add.

use crate::brand::{Brand, MIGRATIONS, code_of, seat};
use siyu_channels::{
    CodeChange, CodeIn, GroupCodeChange, GroupCodeIn, GroupCodeRow, QrRow, SeatIn, Stage, VariantIn, Visitor,
};
use siyu_db::params;
use siyu_kernel::Time;
use siyu_people::{TagIn, TagKind};
use siyu_testkit::TestDb;
use std::collections::{BTreeMap, BTreeSet};

siyu_testkit::contract!(
    &MIGRATIONS;
    a_code_is_put_up_once_and_leads_to_its_members,
    the_rota_moves_it_ahead_of_the_hour,
    a_cap_takes_a_member_out_and_the_backup_comes_in,
    what_wecom_refuses_is_shown_and_tried_again,
    a_picture_that_cannot_be_read_is_told_and_tried_again,
    whatever_came_back_is_not_made_twice,
    who_is_added_is_counted_tagged_and_named,
    a_code_that_is_put_away_leads_nowhere,
    a_group_code_moves_on_when_a_group_is_full,
    group_codes_have_variants_and_say_what_is_wrong,
    pools_and_stores_have_their_own_qr,
    wrong_wishes_are_refused,
);

fn daily(from: usize, to: usize) -> Vec<String> {
    let day: String = (0..24).map(|hour| if (from..to).contains(&hour) { '1' } else { '0' }).collect();
    vec![day; 7]
}

fn a_code_is_put_up_once_and_leads_to_its_members(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let parcel = brand.channel("parcel", "包裹卡");
    let code = brand.make(&code_of(&parcel, vec![seat(&guides[0]), seat(&guides[1].to_uppercase())], &[]));
    assert_eq!((code.ways[0].state.as_str(), code.ways[0].wecom_state.as_str()), ("new", "parcel.1"));
    let (channels, id) = (brand.channels.clone(), code.id.clone());
    assert_eq!(brand.refused(move |tx| channels.qr_of(tx, &id, "general").map(drop)), "code_not_ready");
    assert_eq!(brand.tell(), 1);
    let made = brand.code(&code.id);
    assert_eq!((made.ways[0].state.as_str(), made.ways[0].why.as_str()), ("good", "duty"));
    // WeCom's picture was read: what is drawn here says the same.
    let config = made.ways[0].config_id.clone().unwrap_or_default();
    let says = format!("https://work.weixin.qq.com/q/{config}");
    assert_eq!((made.ways[0].qr.text.as_ref(), made.ways[0].qr.error.as_ref()), (Some(&says), None));
    assert_eq!(brand.read(|tx| brand.channels.qr_of(tx, &code.id, "general")).0, says);
    let mut want = guides[..2].to_vec();
    want.sort_unstable();
    assert_eq!(brand.behind(&code.id, "general"), want);
    // Nothing new: nothing is told, for as long as nothing changes.
    assert_eq!(brand.tell(), 0);
    brand.pass(61);
    assert_eq!(brand.tell(), 0);
    // A scan leads to one of them, and everything knows the channel and the code.
    let met: BTreeSet<String> = (0..12).filter_map(|_| brand.scan(&code.id, "general")).collect();
    assert_eq!(met.into_iter().collect::<Vec<_>>(), want);
    brand.pass(2 * 86_400);
    brand.hear();
    let added: Vec<_> = brand.events("Contact Added").into_iter().filter(|own| own["channel"].is_string()).collect();
    assert_eq!(added.len(), 12, "all others were friends before");
    for own in added {
        assert_eq!((own["channel"].as_str(), own["code"].as_str()), (Some("parcel"), Some(code.id.as_str())), "{own}");
    }
    assert_eq!(brand.code(&code.id).adds, 12);
    // Another code of the channel has a state of its own.
    let second = brand.make(&code_of(&parcel, vec![seat(&guides[2])], &[]));
    assert_eq!(second.ways[0].wecom_state, "parcel.2");
    // Members are changed; the QR stays.
    let (channels, id, now) = (brand.channels.clone(), code.id.clone(), brand.now());
    let seats = BTreeMap::from([("general".to_owned(), vec![seat(&guides[3])])]);
    let change = CodeChange { pools: Some(seats), version: Some(1), ..CodeChange::default() };
    brand.act(move |tx| channels.change_code(tx, &id, &change, now));
    brand.tell();
    assert_eq!(brand.behind(&code.id, "general"), guides[3..4]);
    assert_eq!(brand.code(&code.id).ways[0].qr, made.ways[0].qr);
    let told: Vec<String> =
        brand.read(|tx| brand.channels.told(tx, &code.id, None, 50)).into_iter().map(|own| own.what).collect();
    assert_eq!(told, ["changed", "made"]);
}

fn the_rota_moves_it_ahead_of_the_hour(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let live = brand.channel("live", "直播间");
    let seats =
        vec![SeatIn { rota: daily(9, 15), ..seat(&guides[0]) }, SeatIn { rota: daily(15, 22), ..seat(&guides[1]) }];
    let code = brand.make(&code_of(&live, seats, &guides[2..3]));
    // Shanghai: 04:00Z is noon.
    let check = |at: &str, who: usize, why: &str| {
        let now = Time::parse(at).unwrap();
        brand.pass((now.0 - brand.now().0) / 1_000_000);
        brand.tell();
        assert_eq!(brand.behind(&code.id, "general"), guides[who..=who], "{at}");
        assert_eq!(brand.code(&code.id).ways[0].why, why, "{at}");
    };
    check("2026-03-02T04:00:10Z", 0, "duty");
    check("2026-03-02T06:59:20Z", 0, "duty");
    // Half a minute before three in the afternoon the late shift is in already.
    check("2026-03-02T06:59:31Z", 1, "duty");
    check("2026-03-02T13:59:31Z", 2, "backup");
    check("2026-03-03T00:59:29Z", 2, "backup");
    check("2026-03-03T00:59:30Z", 0, "duty");
    // Somebody leaves: the code follows within the minute, and nobody is left out in the rain.
    brand.world(|world| {
        let staff = world.member(&guides[0]).unwrap();
        world.resign(staff);
    });
    brand.sync();
    brand.pass(61);
    brand.tell();
    assert_eq!(
        (brand.behind(&code.id, "general"), brand.code(&code.id).ways[0].why.as_str()),
        (guides[2..3].to_vec(), "backup")
    );
}

fn a_cap_takes_a_member_out_and_the_backup_comes_in(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let ad = brand.channel("ad", "广告投放");
    let capped = |own: &String| SeatIn { cap: Some(2), ..seat(own) };
    let code = brand.make(&code_of(&ad, guides[..2].iter().map(capped).collect(), &guides[2..3]));
    brand.tell();
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..7 {
        let own = brand.scan(&code.id, "general").unwrap();
        *met.entry(own).or_default() += 1;
        brand.hear();
        brand.tell();
    }
    assert_eq!(met, BTreeMap::from([(guides[0].clone(), 2), (guides[1].clone(), 2), (guides[2].clone(), 3)]));
    let shown = brand.code(&code.id);
    assert_eq!((shown.ways[0].why.as_str(), shown.adds_today, shown.pools["general"][0].adds), ("backup", 7, 2));
    assert!(!shown.troubled());
    // The next day begins anew.
    brand.pass(86_400);
    brand.hear();
    brand.tell();
    assert_eq!(brand.behind(&code.id, "general"), guides[..2]);
    assert_eq!(brand.code(&code.id).adds_today, 0);
}

fn what_wecom_refuses_is_shown_and_tried_again(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let kol = brand.channel("kol", "达人");
    brand.faults("45009=1");
    let code = brand.make(&code_of(&kol, vec![seat(&guides[0])], &[]));
    brand.tell();
    let shown = brand.code(&code.id);
    assert!(
        shown.ways[0].error.is_some() && shown.ways[0].qr == QrRow::default() && shown.ways[0].tries > 0,
        "{shown:?}"
    );
    assert!(shown.ways[0].due_at > brand.now());
    brand.faults("");
    for _ in 0..20 {
        brand.pass(600);
        brand.tell();
        if brand.code(&code.id).ways[0].state == "good" {
            break;
        }
    }
    let good = brand.code(&code.id);
    assert_eq!((good.ways[0].state.as_str(), good.ways[0].error.as_deref(), good.ways[0].tries), ("good", None, 0));
    assert_eq!(brand.world(|world| world.contact_ways.len()), 1);
    // Somebody changes it elsewhere: it is found within hours, and told anew.
    let config = good.ways[0].config_id.clone().unwrap();
    let client = brand.contacts.client().unwrap();
    let other = siyu_wecom::ContactWay {
        config_id: Some(config.clone()),
        user: Some(vec![guides[3].clone()]),
        ..siyu_wecom::ContactWay::default()
    };
    client.update_contact_way(&other).unwrap();
    brand.pass(7 * 3_600);
    brand.tell();
    assert_eq!(brand.behind(&code.id, "general"), guides[..1]);
    let told: Vec<String> =
        brand.read(|tx| brand.channels.told(tx, &code.id, None, 50)).into_iter().map(|own| own.what).collect();
    assert_eq!(told, ["changed", "differs", "made"]);
    // And gone: what is printed is dead, and somebody has to decide.
    client.delete_contact_way(&config).unwrap();
    brand.pass(7 * 3_600);
    brand.tell();
    let dead = brand.code(&code.id);
    assert!(dead.ways[0].state == "dead" && dead.troubled());
    let (channels, id, now) = (brand.channels.clone(), code.id.clone(), brand.now());
    brand.act(move |tx| channels.renew_way(tx, &id, "general", now));
    brand.tell();
    let renewed = brand.code(&code.id);
    assert!(renewed.ways[0].state == "good" && renewed.ways[0].config_id != Some(config));
    let (channels, id) = (brand.channels.clone(), code.id.clone());
    assert_eq!(brand.refused(move |tx| channels.renew_way(tx, &id, "general", now).map(drop)), "code_alive");
}

fn whatever_came_back_is_not_made_twice(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let kol = brand.channel("kol", "达人");
    let code = brand.make(&code_of(&kol, vec![seat(&guides[0])], &[]));
    // It was made, and the process died before it knew.
    let client = brand.contacts.client().unwrap();
    let made = client.add_contact_way(&siyu_wecom::ContactWay::qr(vec![guides[0].clone()], "kol.1", "")).unwrap();
    brand.act(|tx| Ok(tx.execute("UPDATE channel_way SET state = 'making'", &[])?));
    brand.tell();
    let found = brand.code(&code.id);
    assert_eq!(
        (found.ways[0].state.as_str(), found.ways[0].config_id.as_deref()),
        ("good", Some(made.config_id.as_str()))
    );
    assert!(found.ways[0].qr.text.is_some());
    assert_eq!(brand.world(|world| world.contact_ways.len()), 1);
    // Nothing was made: it is made now.
    let second = brand.make(&code_of(&kol, vec![seat(&guides[0])], &[]));
    brand.act(|tx| Ok(tx.execute("UPDATE channel_way SET state = 'making' WHERE state = 'new'", &[])?));
    brand.tell();
    assert_eq!(brand.code(&second.id).ways[0].state, "good");
    assert_eq!(brand.world(|world| world.contact_ways.len()), 2);
}

fn who_is_added_is_counted_tagged_and_named(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let kol = brand.channel("kol", "达人");
    brand.world(|world| world.console_adds_tag("来源", "达人粉丝"));
    brand.sync();
    let (people, now) = (brand.people.clone(), brand.now());
    let tag = |name: &'static str| TagIn {
        group: "我们的".into(),
        name: name.into(),
        color: "red".into(),
        kind: TagKind::Manual,
        description: String::new(),
        rule: None,
        ttl_days: None,
    };
    let own = brand.act(move |tx| people.create_tag(tx, &tag("新客"), now)).id;
    let wecoms =
        brand.read(|tx| Ok(tx.one("SELECT local_id FROM wecom_tag WHERE name = '达人粉丝'", &[], |row| row.text(0))?));
    let input = CodeIn {
        tags: vec![own, wecoms],
        remark: "{channel}-{name}".into(),
        ..code_of(&kol, vec![seat(&guides[0])], &[])
    };
    let code = brand.make(&input);
    brand.tell();
    brand.scan(&code.id, "general").unwrap();
    brand.pass(2 * 86_400);
    brand.hear();
    let num = brand.int("SELECT num FROM channel_add");
    for name in ["新客", "达人粉丝"] {
        assert_eq!(brand.int(&format!("SELECT COUNT(*) FROM person_tag p JOIN tag t ON t.num = p.tag WHERE t.name = '{name}' AND p.num = {num}")), 1, "{name}");
    }
    while brand.contacts.work_outgoing().unwrap() == siyu_contacts::Ran::Went {}
    let (marked, remark) = brand.world(|world| {
        let relation = world.relations.last().unwrap();
        (relation.tags.iter().map(|tag| world.tags[*tag].name.clone()).collect::<Vec<_>>(), relation.remark.clone())
    });
    assert_eq!(marked, ["达人粉丝"], "the other one is none of WeCom's");
    assert!(remark.starts_with("达人-"), "{remark}");
    // Told twice, counted once: a sync finds the same again.
    brand.sync();
    assert_eq!((brand.int("SELECT COUNT(*) FROM channel_add"), brand.code(&code.id).adds), (1, 1));
    // Erased: nothing is left here.
    let (channels, node) = (brand.channels.clone(), num as u32);
    brand.act(move |tx| channels.forget(tx, &[node]));
    assert_eq!(brand.int("SELECT COUNT(*) FROM channel_add"), 0);
}

fn a_code_that_is_put_away_leads_nowhere(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let kol = brand.channel("kol", "达人");
    let code = brand.make(&code_of(&kol, vec![seat(&guides[0])], &[]));
    brand.tell();
    let (channels, id, channel, now) = (brand.channels.clone(), code.id.clone(), kol.id.clone(), brand.now());
    let away = siyu_channels::ChannelChange { archived: Some(true), ..siyu_channels::ChannelChange::default() };
    assert_eq!(
        brand.refused({
            let (channels, away) = (channels.clone(), away.clone());
            move |tx| channels.change(tx, &channel, &away, now).map(drop)
        }),
        "channel_used"
    );
    brand.act({
        let (channels, id) = (channels.clone(), id.clone());
        move |tx| channels.archive_code(tx, &id, now)
    });
    brand.tell();
    assert_eq!(brand.scan(&code.id, "general"), None);
    let shown = brand.code(&code.id);
    assert_eq!((shown.ways[0].state.as_str(), shown.troubled()), ("closed", false));
    assert_eq!(
        brand.refused({
            let (channels, id) = (channels.clone(), id.clone());
            move |tx| channels.archive_code(tx, &id, now).map(drop)
        }),
        "code_archived"
    );
    assert_eq!(brand.refused(move |tx| channels.page(tx, &id, &Visitor::default()).map(drop)), "code_unknown");
    let (channels, channel) = (brand.channels.clone(), kol.id);
    brand.act(move |tx| channels.change(tx, &channel, &away, now));
}

fn pools_and_stores_have_their_own_qr(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let store = brand.channel("store", "门店台卡");
    let mut input = code_of(&store, guides.iter().map(|own| seat(own)).collect(), &[]);
    input.pools.insert("buyer".to_owned(), vec![seat(&guides[0])]);
    input.by_store = true;
    let code = brand.make(&input);
    brand.tell();
    let pools: Vec<String> = brand.code(&code.id).ways.into_iter().map(|way| way.pool).collect();
    assert_eq!(pools, ["general", "buyer", "store:S1", "store:S2"]);
    let (one, two) = (brand.behind(&code.id, "store:S1"), brand.behind(&code.id, "store:S2"));
    assert!(!one.is_empty() && !two.is_empty() && one.iter().all(|own| !two.contains(own)));
    assert_eq!(one.len() + two.len(), brand.behind(&code.id, "general").len());
    let page = |stage, stores: &[&str], chosen: Option<&str>| {
        let visitor = Visitor {
            person: None,
            stage,
            stores: stores.iter().map(|own| (*own).to_owned()).collect(),
            chosen: chosen.map(str::to_owned),
        };
        brand.read(|tx| brand.channels.page(tx, &code.id, &visitor))
    };
    assert_eq!(page(Stage::Unknown, &[], None).pool, "general");
    assert_eq!(page(Stage::Buyer, &["S2"], None).pool, "buyer");
    assert_eq!(page(Stage::Prospect, &["S2"], None).pool, "store:S2");
    assert_eq!(page(Stage::Unknown, &[], Some("S1")).pool, "store:S1");
    assert_eq!(page(Stage::Unknown, &[], None).stores.len(), 2);
    // Visits are counted; of somebody known once an hour, as an event.
    let num = brand.int("SELECT MIN(num) FROM person") as u32;
    for person in [None, Some(num), Some(num)] {
        let (channels, id, now) = (brand.channels.clone(), code.id.clone(), brand.now());
        let visitor = Visitor { person, ..Visitor::default() };
        brand.act(move |tx| channels.visited(tx, &id, "general", &visitor, now));
    }
    assert_eq!((brand.code(&code.id).visits, brand.events("Channel Visited").len()), (3, 1));
    // A personal link knows its person, and only with our mark.
    let mark = brand.channels.link_mark(&code.id, num);
    let linked = |mark: &str| brand.read(|tx| brand.channels.linked(tx, &code.id, mark));
    assert_eq!(linked(&mark), Some(num));
    let forged = format!("{}0", &mark[..mark.len() - 1]);
    assert_eq!(
        [linked(if forged == mark { "x.1" } else { &forged }), linked("nonsense"), linked("psn_1.2")],
        [None, None, None]
    );
    // A pool that is no more is closed at WeCom.
    let (channels, id, now) = (brand.channels.clone(), code.id.clone(), brand.now());
    let seats = BTreeMap::from([("general".to_owned(), vec![seat(&guides[0])])]);
    let change = CodeChange { pools: Some(seats), by_store: Some(false), ..CodeChange::default() };
    brand.act(move |tx| channels.change_code(tx, &id, &change, now));
    brand.tell();
    let left: Vec<String> = brand.code(&code.id).ways.into_iter().map(|way| way.pool).collect();
    assert_eq!(left, ["general"]);
    assert_eq!(brand.world(|world| world.contact_ways.iter().filter(|way| !way.deleted).count()), 1);
}

fn wrong_wishes_are_refused(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let kol = brand.channel("kol", "达人");
    let good = code_of(&kol, vec![seat(&guides[0])], &[]);
    let seats = |seats: Vec<SeatIn>| CodeIn { pools: BTreeMap::from([("general".to_owned(), seats)]), ..good.clone() };
    let one = seat(&guides[0]);
    for (want, input) in [
        ("channel_unknown", CodeIn { channel: "chn_x".into(), ..good.clone() }),
        ("code_field name", CodeIn { name: String::new(), ..good.clone() }),
        ("code_field name", CodeIn { name: "长".repeat(31), ..good.clone() }),
        ("code_field pools.general", seats(Vec::new())),
        (
            "code_field pools.vip",
            CodeIn { pools: BTreeMap::from([("vip".to_owned(), vec![one.clone()])]), ..good.clone() },
        ),
        ("code_staff pools.general[0].staff", seats(vec![seat("nobody")])),
        ("code_field pools.general[1].staff", seats(vec![one.clone(), one.clone()])),
        ("code_field pools.general[0].weight", seats(vec![SeatIn { weight: 0, ..one.clone() }])),
        ("code_field pools.general[0].cap", seats(vec![SeatIn { cap: Some(0), ..one.clone() }])),
        ("code_rota pools.general[0].rota", seats(vec![SeatIn { rota: vec!["1".into()], ..one.clone() }])),
        // Hours without anybody, and caps that may all be reached, need somebody to fall back on.
        ("code_backup_needed pools.general", seats(vec![SeatIn { rota: daily(9, 18), ..one.clone() }])),
        ("code_backup_needed pools.general", seats(vec![SeatIn { cap: Some(5), ..one.clone() }])),
        ("code_staff backup[0]", CodeIn { backup: vec!["nobody".into()], ..good.clone() }),
        ("code_tag tags", CodeIn { tags: vec!["tag_x".into()], ..good.clone() }),
        ("code_field remark", CodeIn { remark: "{phone}".into(), ..good.clone() }),
        ("code_field by_store", CodeIn { by_store: true, ..good.clone() }),
        ("code_field welcome", CodeIn { welcome: Some("x".repeat(65)), ..good.clone() }),
    ] {
        let (channels, now) = (brand.channels.clone(), brand.now());
        assert_eq!(brand.refused(move |tx| channels.create_code(tx, &input, "test", now).map(drop)), want);
    }
    assert_eq!(brand.int("SELECT COUNT(*) FROM channel_code"), 0);
    assert_eq!(brand.tell(), 0);
}

fn group_code(brand: &Brand, input: &GroupCodeIn) -> GroupCodeRow {
    let (channels, input, now) = (brand.channels.clone(), input.clone(), brand.now());
    brand.act(move |tx| channels.create_group_code(tx, &input, "test", now))
}
fn chats(brand: &Brand) -> Vec<String> {
    brand.read(|tx| {
        Ok(tx.query("SELECT id FROM wecom_group WHERE dismissed_at IS NULL ORDER BY created_at, id", &[], |row| {
            row.text(0)
        })?)
    })
}
/// So many new people come in by the QR of a variant.
fn come_in(brand: &Brand, id: &str, people: usize) -> usize {
    let code = brand.read(|tx| brand.channels.group_code(tx, id));
    let config = code.ways[0].config_id.clone().unwrap();
    let came = brand.world(|world| {
        let way = world.number(siyu_sandbox::Id::JoinWay, &config).unwrap();
        let newcomers: Vec<usize> =
            (0..world.people.len()).filter(|at| world.people[*at].groups.is_empty()).take(people).collect();
        newcomers.into_iter().filter(|person| world.scan_group_code(*person, way).is_some()).count()
    });
    brand.pass(5);
    brand.hear();
    came
}

fn a_group_code_moves_on_when_a_group_is_full(t: TestDb) {
    let brand = Brand::new(t);
    let live = brand.channel("live", "直播间");
    let all = chats(&brand);
    let members =
        |chat: &str| brand.int(&format!("SELECT COUNT(*) FROM wecom_member WHERE chat = '{chat}' AND left_at IS NULL"));
    let full_at = members(&all[0]).max(members(&all[1])) + 3;
    let input = GroupCodeIn {
        channel: live.id.clone(),
        name: "直播群".into(),
        full_at,
        auto_create: false,
        variants: vec![VariantIn { variant: String::new(), chats: all[..2].to_vec(), base_name: String::new() }],
    };
    let code = group_code(&brand, &input);
    brand.tell();
    let shown = || brand.read(|tx| brand.channels.group_code(tx, &code.id));
    assert_eq!((shown().ways[0].state.as_str(), shown().ways[0].chats.clone()), ("good", all[..2].to_vec()));
    assert!(shown().ways[0].qr.text.is_some());
    let came = come_in(&brand, &code.id, 3);
    brand.pass(21);
    brand.tell();
    assert_eq!(shown().members, came as i64);
    assert!(
        brand
            .events("Group Joined")
            .iter()
            .filter(|own| own["channel"] == "live" && own["code"] == code.id.as_str())
            .count()
            == came
    );
    // Fill both: the code moves on, and says so when nobody can come in any more.
    for _ in 0..4 {
        come_in(&brand, &code.id, 30);
        brand.pass(21);
        brand.tell();
    }
    let now = shown();
    assert!(now.ways[0].rooms.iter().all(|room| room.members >= full_at), "{now:?}");
    assert_eq!((now.ways[0].room.as_str(), now.troubled(), now.ways[0].chats.len()), ("none", true, 1));
    // A further group is named: it is open again.
    let (channels, id, at) = (brand.channels.clone(), code.id.clone(), brand.now());
    let variants = vec![VariantIn { chats: all[..3].to_vec(), ..VariantIn::default() }];
    let change = GroupCodeChange { variants: Some(variants), ..GroupCodeChange::default() };
    brand.act(move |tx| channels.change_group_code(tx, &id, &change, at));
    brand.tell();
    assert_eq!((shown().ways[0].chats.clone(), shown().troubled()), (all[2..3].to_vec(), false));
    // Put away: nobody comes in.
    let (channels, id, at) = (brand.channels.clone(), code.id.clone(), brand.now());
    brand.act(move |tx| channels.archive_group_code(tx, &id, at));
    brand.tell();
    assert!(shown().ways.is_empty());
}

fn group_codes_have_variants_and_say_what_is_wrong(t: TestDb) {
    let brand = Brand::new(t);
    let live = brand.channel("live", "直播间");
    let all = chats(&brand);
    let variant = |variant: &str, at: usize| VariantIn {
        variant: variant.into(),
        chats: all[at..=at].to_vec(),
        base_name: format!("{variant}福利群"),
    };
    let good = GroupCodeIn {
        channel: live.id.clone(),
        name: "福利群".into(),
        full_at: 100,
        auto_create: true,
        variants: vec![variant("S1", 0), variant("S2", 1)],
    };
    let code = group_code(&brand, &good);
    brand.tell();
    let shown = brand.read(|tx| brand.channels.group_code(tx, &code.id));
    let states: Vec<&str> = shown.ways.iter().map(|way| way.wecom_state.as_str()).collect();
    assert_eq!(states, ["live.g1", "live.g1v2"]);
    let page = |chosen: Option<&str>, stores: &[&str]| {
        let visitor = Visitor {
            chosen: chosen.map(str::to_owned),
            stores: stores.iter().map(|own| (*own).to_owned()).collect(),
            ..Visitor::default()
        };
        brand.read(|tx| brand.channels.group_page(tx, &code.id, &visitor))
    };
    assert_eq!(
        (page(None, &[]).qr_code.is_some(), page(None, &[]).variants.len()),
        (false, 2),
        "nobody knows which one"
    );
    assert_eq!((page(Some("S2"), &[]).variant.as_str(), page(None, &["S9", "S1"]).variant.as_str()), ("S2", "S1"));
    let one = good.variants[0].clone();
    for (want, input) in [
        ("group_code_field name", GroupCodeIn { name: " ".into(), ..good.clone() }),
        ("group_code_field full_at", GroupCodeIn { full_at: 201, ..good.clone() }),
        ("group_code_field variants", GroupCodeIn { variants: Vec::new(), ..good.clone() }),
        (
            "group_code_field variants[1].variant",
            GroupCodeIn { variants: vec![one.clone(), one.clone()], ..good.clone() },
        ),
        (
            "group_code_field variants[0].chats",
            GroupCodeIn { variants: vec![VariantIn { chats: Vec::new(), ..one.clone() }], ..good.clone() },
        ),
        (
            "group_code_field variants[0].chats",
            GroupCodeIn { variants: vec![VariantIn { chats: vec!["wrX".into()], ..one.clone() }], ..good.clone() },
        ),
        (
            "group_code_field variants[0].base_name",
            GroupCodeIn { variants: vec![VariantIn { base_name: String::new(), ..one }], ..good.clone() },
        ),
    ] {
        let (channels, now) = (brand.channels.clone(), brand.now());
        assert_eq!(brand.refused(move |tx| channels.create_group_code(tx, &input, "test", now).map(drop)), want);
    }
    assert_eq!(brand.int("SELECT COUNT(*) FROM channel_group"), 1);
}

fn a_picture_that_cannot_be_read_is_told_and_tried_again(t: TestDb) {
    let brand = Brand::new(t);
    let guides = brand.guides();
    let card = brand.channel("card", "门店立牌");
    let code = brand.make(&code_of(&card, vec![seat(&guides[0])], &[]));
    brand.tell();
    let made = brand.code(&code.id).ways[0].qr.clone();
    let address = made.address.clone().unwrap();
    // As if WeCom had answered another address.
    let point = |to: &str| {
        let (id, to) = (code.id.clone(), to.to_owned());
        brand.act(move |tx| {
            Ok(tx.execute("UPDATE channel_way SET qr_code = $2, qr_text = NULL WHERE code = $1", params![&id, &to])?)
        });
    };
    let shown = || brand.code(&code.id).ways[0].qr.clone();
    for (wrong, error) in [
        ("https://evil.example/code.png".to_owned(), "picture_elsewhere"),
        (address.replace("/wwpic/", "/nowhere/"), "picture_refused"),
        (address.replace("/wwpic/", "/cgi-bin/gettoken?"), "picture_broken"),
    ] {
        point(&wrong);
        brand.pass(61);
        brand.tell();
        let now = shown();
        assert_eq!((now.error.as_deref(), now.tries, &now.text), (Some(error), 1, &None), "{wrong}");
        // Until it is read, what is drawn leads to the picture.
        assert_eq!(brand.read(|tx| brand.channels.qr_of(tx, &code.id, "general")).0, wrong);
        // It is tried again, less and less often.
        brand.pass((now.due_at.unwrap().0 - brand.now().0) / 1_000_000 + 61);
        brand.tell();
        let again = shown();
        assert_eq!(again.tries, 2, "{wrong}");
        assert!(again.due_at.unwrap() >= brand.now().plus_seconds(50), "{again:?}");
    }
    point(&address);
    brand.pass(61);
    brand.tell();
    assert_eq!(shown(), made);
    // A new code has a new picture.
    let (channels, id, now) = (brand.channels.clone(), code.id.clone(), brand.now());
    brand.world(|world| world.contact_ways.iter_mut().for_each(|way| way.deleted = true));
    brand.pass(7 * 3_600);
    brand.tell();
    assert_eq!(brand.code(&code.id).ways[0].state, "dead");
    brand.act(move |tx| channels.renew_way(tx, &id, "general", now));
    assert_eq!(shown(), QrRow::default());
    brand.tell();
    assert!(shown().text.is_some_and(|text| Some(&text) != made.text.as_ref()));
}
