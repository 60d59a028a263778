//! Moments: made once, published or not, who saw and liked them read back.

use crate::brand::{Brand, MIGRATIONS, content};
use siyu_contacts::Ran;
use siyu_reach::content::{Content, Piece};
use siyu_reach::{FileIn, MomentIn, MomentRow, MomentState, WatcherQuery};
use siyu_sandbox::Faults;
use siyu_testkit::TestDb;

siyu_testkit::contract!(MIGRATIONS;
    a_moment_is_published_and_read_back, an_unknown_outcome_of_a_moment_is_looked_up, a_moment_is_stopped, pictures_and_links_go_along,
    wrong_moments_are_told);

fn input(content: Content, senders: Vec<String>) -> MomentIn {
    MomentIn { name: "上新".into(), content, senders, tags: Vec::new(), by: "test".into() }
}
fn create(brand: &Brand, input: MomentIn) -> String {
    let (reach, now) = (brand.reach.clone(), brand.now());
    brand.act(move |tx| reach.create_moment(tx, &input, now))
}
fn moment(brand: &Brand, id: &str) -> MomentRow {
    let own = brand.read(|tx| brand.reach.moment(tx, id));
    assert_eq!(own.sums.members, own.sums.waiting + own.sums.published + own.sums.cancelled, "{own:?}");
    own
}
fn work(brand: &Brand, id: &str, seconds: i64) {
    let until = brand.now().plus_seconds(seconds);
    loop {
        match brand.reach.work_moments().unwrap() {
            Ran::Went => drop(moment(brand, id)),
            Ran::Waits(at) if at < until => brand.clock.move_to(at),
            _ => break,
        }
    }
    brand.clock.move_to(until);
}
fn file(brand: &Brand, name: &str, body: &[u8]) -> String {
    let file = FileIn { name: name.into(), body: body.to_vec(), by: "test".into() };
    let (reach, now) = (brand.reach.clone(), brand.now());
    brand.act(move |tx| reach.add_file(tx, &file, now)).id
}

fn a_moment_is_published_and_read_back(t: TestDb) {
    let brand = Brand::open(t);
    let id = create(&brand, input(content("{{ brand.name }}秋日上新"), Vec::new()));
    work(&brand, &id, 120);
    let own = moment(&brand, &id);
    assert_eq!((own.state, own.error.as_deref()), (MomentState::Running, None));
    let (members, text) =
        brand.world(|world| (world.moments[0].tasks.len() as i64, world.moments[0].text["content"].clone()));
    assert_eq!((own.sums.members, own.sums.waiting, text), (members, members, "示例品牌秋日上新".into()));
    // Two publish; what WeCom then shows is what we show, to the customer.
    brand.world(|world| {
        let busy: Vec<usize> =
            (0..world.moments[0].tasks.len()).filter(|at| !world.moments[0].tasks[*at].range.is_empty()).collect();
        busy.into_iter().take(2).for_each(|task| world.publish_moment(0, task));
    });
    work(&brand, &id, 900);
    let own = moment(&brand, &id);
    let told = brand.world(|world| {
        let tasks = &world.moments[0].tasks;
        let of = |count: fn(&siyu_sandbox::world::MomentTask) -> usize| tasks.iter().map(count).sum::<usize>() as i64;
        (of(|own| own.seen_by.len()), of(|own| own.likes.len()), of(|own| own.comments.len()))
    });
    assert!(told.0 > 0, "somebody sees it");
    assert_eq!((own.sums.visible, own.sums.likes, own.sums.comments), told);
    assert_eq!((own.sums.published, own.sums.waiting), (2, members - 2));
    assert_eq!(brand.events("Moment Shown").len() as i64, own.sums.people);
    let watchers = |liked| {
        let query = WatcherQuery { moment: id.clone(), liked, limit: 200, ..WatcherQuery::default() };
        brand.read(|tx| brand.reach.moment_watchers(tx, &query)).len() as i64
    };
    assert_eq!(watchers(false), own.sums.people.min(200));
    assert_eq!(brand.events("Moment Liked").len() as i64, watchers(true));
    // Reading again tells nothing twice.
    let before = brand.events("Moment").len();
    work(&brand, &id, 86_400);
    assert_eq!(brand.events("Moment").len(), before);
    // All publish: it is over, and nobody is asked any more.
    brand.world(|world| (0..world.moments[0].tasks.len()).for_each(|task| world.publish_moment(0, task)));
    work(&brand, &id, 7_200);
    let own = moment(&brand, &id);
    assert_eq!((own.state, own.sums.published, own.sums.waiting), (MomentState::Over, members, 0));
    let all = brand.world(|world| world.moments[0].tasks.iter().map(|own| own.seen_by.len()).sum::<usize>() as i64);
    assert_eq!(own.sums.visible, all);
    // Two weeks later nobody looks any more.
    work(&brand, &id, 20 * 86_400);
    assert_eq!(brand.reach.work_moments().unwrap(), Ran::Nothing);
}

fn an_unknown_outcome_of_a_moment_is_looked_up(t: TestDb) {
    let brand = Brand::open(t);
    let ids: Vec<String> =
        (0..4).map(|at| create(&brand, input(content(&format!("第 {at} 条")), Vec::new()))).collect();
    brand.sandbox.set_faults(Faults::parse("timeout=1").unwrap());
    for _ in 0..12 {
        let _ = brand.reach.work_moments().unwrap();
    }
    brand.sandbox.set_faults(Faults::default());
    work(&brand, &ids[0], 1_800);
    // A process that ended in the middle.
    let first = ids[0].clone();
    brand.act(move |tx| {
        tx.execute("DELETE FROM moment_task WHERE moment = $1", siyu_db::params![&first])?;
        let sql = "UPDATE moment SET state = 1, jobid = '', moment = '', due_at = 0 WHERE id = $1";
        Ok(tx.execute(sql, siyu_db::params![&first])?)
    });
    work(&brand, &ids[0], 1_800);
    let mut at_wecom: Vec<String> = ids.iter().map(|id| moment(&brand, id).moment).collect();
    assert!(ids.iter().all(|id| moment(&brand, id).state == MomentState::Running));
    at_wecom.sort_unstable();
    at_wecom.dedup();
    assert_eq!((at_wecom.len(), brand.world(|world| world.moments.len())), (4, 4), "none was made twice");
}

fn a_moment_is_stopped(t: TestDb) {
    let brand = Brand::open(t);
    let guides: Vec<String> = brand.read(|tx| {
        Ok(tx.query("SELECT userid FROM wecom_staff WHERE serves = 1 ORDER BY key LIMIT 3", &[], |row| row.text(0))?)
    });
    let id = create(&brand, input(content("限时"), guides.iter().map(|own| own.to_uppercase()).collect()));
    work(&brand, &id, 120);
    assert_eq!(moment(&brand, &id).sums.members, 3);
    brand.world(|world| world.publish_moment(0, 0));
    let stop = |id: &str| {
        let (reach, now, id) = (brand.reach.clone(), brand.now(), id.to_owned());
        brand.db.transact(move |tx| reach.stop_moment(tx, &id, now))
    };
    stop(&id).unwrap();
    work(&brand, &id, 600);
    let own = moment(&brand, &id);
    assert_eq!(
        (own.state, own.sums.published, own.sums.cancelled, own.sums.waiting),
        (MomentState::Cancelled, 1, 2, 0)
    );
    assert!(brand.world(|world| world.moments[0].cancelled));
    assert_eq!(stop(&id).unwrap_err().code, "moment_over");
    // Before WeCom knows of it nobody has to be told.
    let second = create(&brand, input(content("不发了"), Vec::new()));
    stop(&second).unwrap();
    work(&brand, &second, 60);
    assert_eq!((moment(&brand, &second).state, brand.world(|world| world.moments.len())), (MomentState::Cancelled, 1));
    // Begun by a process that ended before WeCom heard of it.
    let third = create(&brand, input(content("也不发了"), Vec::new()));
    brand.act(|tx| Ok(tx.execute("UPDATE moment SET state = 6, begun_at = created_at WHERE ended_at IS NULL", &[])?));
    stop(&third).unwrap();
    work(&brand, &third, 600);
    assert_eq!((moment(&brand, &third).state, brand.world(|world| world.moments.len())), (MomentState::Cancelled, 1));
}

fn pictures_and_links_go_along(t: TestDb) {
    let brand = Brand::open(t);
    let picture = file(&brand, "a.png", b"\x89PNG\r\n\x1a\n0123456789");
    let image = || Piece::Image { file: picture.clone() };
    let link = Piece::Link {
        title: "新品".into(),
        url: "https://shop.example/new".into(),
        description: String::new(),
        picture: String::new(),
    };
    let of = |attachments| Content { text: "看图".into(), attachments };
    let pictures = create(&brand, input(of(vec![image(), image()]), Vec::new()));
    let linked = create(&brand, input(of(vec![link, image()]), Vec::new()));
    work(&brand, &pictures, 300);
    assert!([&pictures, &linked].iter().all(|id| moment(&brand, id).state == MomentState::Running));
    brand.world(|world| {
        assert_eq!(world.moments[0].attachments.as_array().unwrap().len(), 2);
        assert_eq!(world.moments[1].attachments[0]["link"]["url"], "https://shop.example/new");
    });
    let (reach, used) = (brand.reach.clone(), picture.clone());
    assert_eq!(brand.db.transact(move |tx| reach.delete_file(tx, &used)).unwrap_err().code, "reach_file_used");
}

fn wrong_moments_are_told(t: TestDb) {
    let brand = Brand::open(t);
    let picture = file(&brand, "a.png", b"\x89PNG\r\n\x1a\n0123456789");
    let document = file(&brand, "a.pdf", b"%PDF-1.7 0123456789");
    let image = || Piece::Image { file: picture.clone() };
    let link = || Piece::Link {
        title: "a".into(),
        url: "https://a".into(),
        description: String::new(),
        picture: String::new(),
    };
    let of = |attachments| Content { text: String::new(), attachments };
    let refused = |own: MomentIn| {
        let (reach, now) = (brand.reach.clone(), brand.now());
        brand.db.transact(move |tx| reach.create_moment(tx, &own, now)).unwrap_err().code
    };
    for (content, code) in [
        (content(" "), "content_invalid"),
        (content("{{ staff.name }}上新"), "group_variable"),
        (content(&"a".repeat(1_951)), "moment_content"),
        (of(vec![link()]), "moment_content"),
        (of(vec![link(), link(), image()]), "moment_content"),
        (of(vec![Piece::File { file: document.clone() }]), "moment_content"),
        (of(vec![Piece::Video { file: picture.clone() }]), "content_invalid"),
    ] {
        assert_eq!(refused(input(content, Vec::new())), code);
    }
    assert_eq!(refused(input(content("a"), vec!["zoe".into()])), "moment_senders");
    let tagged = MomentIn { tags: vec!["tag_x".into()], ..input(content("a"), Vec::new()) };
    assert_eq!(refused(tagged), "moment_tag");
    assert_eq!(refused(MomentIn { name: String::new(), ..input(content("a"), Vec::new()) }), "message_name");
    assert_eq!(brand.int("SELECT COUNT(*) FROM moment"), 0);
}
