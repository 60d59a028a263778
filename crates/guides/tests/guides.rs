//! Rows and events of a guide's work on both engines, with merges and without WeCom: the mirror's rows are put in by hand.

use siyu_contacts::{Contacts, Parts};
use siyu_db::{Db, Migration, Tx, params};
use siyu_guides::{Beyond, CustomerQuery, Guides, Page, Seat, Sees, TaskIn, TaskQuery};
use siyu_kernel::{Chance, Identifier, Kind, PersonNum, Refusal, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::TestDb;
use std::sync::Arc;

fn migrations() -> Vec<Migration> {
    [
        siyu_log::MIGRATIONS,
        siyu_people::MIGRATIONS,
        siyu_commerce::MIGRATIONS,
        siyu_contacts::MIGRATIONS,
        siyu_guides::MIGRATIONS,
    ]
    .concat()
}

siyu_testkit::contract!(&migrations();
    seats_see_what_wecom_or_the_console_says,
    a_merge_moves_nothing_and_its_undoing_neither,
    what_follows_from_the_same_is_given_once,
    a_refused_unit_leaves_no_trace,
    notes_are_read_page_by_page,
    who_has_left_has_no_seat_and_no_session,
);

struct Shop {
    db: Db,
    guides: Guides,
    people: People,
    log: Log,
    t: TestDb,
}

impl Shop {
    /// Two stores: ann (who leads the first) and bea in S1, carl in S2. ann has x and y, bea has z.
    fn new(t: TestDb) -> Self {
        let (db, clock, vault) = (t.db().clone(), t.clock.clone(), Vault::from_key([7; 32]));
        let chance = Arc::new(Chance::seeded(5));
        let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
        let people = People::open(&db, vault.clone(), log.clone(), chance.clone()).unwrap();
        let parts = Parts::new(db.clone(), vault.clone(), log.clone(), people.clone(), chance.clone(), clock.clone());
        let guides = Guides::new(
            db.clone(),
            vault,
            log.clone(),
            people.clone(),
            Contacts::new(parts),
            chance,
            clock,
            Arc::new(siyu_guides::NoTaskEnds),
        );
        let shop = Self { db, guides, people, log, t };
        shop.act(|tx| {
            for (code, name) in [("S1", "一店"), ("S2", "二店")] {
                tx.execute("INSERT INTO store (code, name, created_at) VALUES ($1, $2, 0)", params![code, name])?;
            }
            for (id, parent, leaders, store) in [(1, 0, "[]", None), (2, 1, "[\"Ann\"]", Some("S1")), (3, 1, "[]", Some("S2"))] {
                let store: Option<&str> = store;
                tx.execute("INSERT INTO wecom_department (id, name, parent, sort, leaders, store, seen) VALUES ($1, 'd', $2, 0, $3, $4, 1)", params![id, parent, leaders, store])?;
            }
            for (userid, department, store) in [("Ann", 2, "S1"), ("Bea", 2, "S1"), ("Carl", 3, "S2")] {
                let (key, departments) = (userid.to_lowercase(), format!("[{department}]"));
                tx.execute("INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen, store) VALUES ($1, $2, $2, $3, $4, '', 1, 1, 1, $5)", params![&key, userid, &departments, department, store])?;
            }
            Ok(())
        });
        for (contact, staff) in [("x", "ann"), ("y", "ann"), ("z", "bea")] {
            shop.befriend(contact, staff);
        }
        shop
    }
    fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.db.transact(unit).unwrap()
    }
    fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db.read(unit).unwrap()
    }
    fn now(&self) -> siyu_kernel::Time {
        siyu_kernel::Clock::now(&*self.t.clock)
    }
    fn befriend(&self, contact: &'static str, staff: &'static str) {
        let (people, now) = (self.people.clone(), self.now());
        self.act(move |tx| {
            let who = people.prepare([Identifier::new(Kind::parse("external_userid").unwrap(), contact).unwrap()], now);
            let num = people.resolve(tx, &[who], "wecom", now)?.remove(0).unwrap().node;
            tx.execute("INSERT INTO wecom_contact (id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at) VALUES ($1, $2, '', $1, '', 1, 0, '', '', 0)", params![contact, num])?;
            tx.execute("INSERT INTO wecom_follow (contact, staff, remark, description, company, add_way, oper, state, created_at, status, read_at, seen) VALUES ($1, $2, '', '', '', 1, '', '', $3, 0, $3, 1)", params![contact, staff, now])?;
            Ok(())
        });
    }
    fn seat(&self, staff: &str, beyond: Beyond) -> Seat {
        self.read(|tx| self.guides.seat(tx, staff, &beyond))
    }
    fn nodes(&self, contact: &str) -> (PersonNum, Vec<PersonNum>) {
        self.read(|tx| {
            let num = tx.one("SELECT num FROM wecom_contact WHERE id = $1", params![contact], |row| row.num(0))?;
            let root = self.people.roots(tx, &[num])?[0];
            Ok((num, self.people.nodes(tx, root)?))
        })
    }
    fn events(&self, name: &str) -> usize {
        let (mut seq, mut count) = (0, 0);
        loop {
            let (found, last) = self.read(|tx| Ok(self.log.after(tx, seq, 64)?));
            if last == seq {
                return count;
            }
            seq = last;
            count += found.iter().filter(|own| own.event.name == name).count();
        }
    }
    fn move_to(&self, seat: &Seat, contact: &'static str, stage: &'static str) {
        let (guides, seat) = (self.guides.clone(), seat.clone());
        self.act(move |tx| {
            let customer = guides.customer(tx, &seat, contact)?;
            guides.move_to(tx, &seat, &customer, stage)
        });
    }
    fn stage(&self, contact: &str) -> Option<String> {
        let (_, nodes) = self.nodes(contact);
        self.read(|tx| Ok(self.guides.place(tx, &nodes)?.map(|own| own.stage)))
    }
}

fn seats_see_what_wecom_or_the_console_says(t: TestDb) {
    let shop = Shop::new(t);
    let seen = |seat: &Seat| {
        let query = CustomerQuery { limit: 50, ..CustomerQuery::default() };
        let mut ids: Vec<String> = shop
            .read(|tx| shop.guides.customers(tx, seat, &query))
            .into_iter()
            .map(|row| row.customer.contact)
            .collect();
        ids.sort();
        ids.join("")
    };
    let bea = shop.seat("bea", Beyond::Nothing);
    assert_eq!((bea.store.as_deref(), bea.store_name.as_deref(), &bea.sees), (Some("S1"), Some("一店"), &Sees::Own));
    assert_eq!(seen(&bea), "z");
    assert_eq!(seen(&shop.seat("ANN", Beyond::Nothing)), "xyz", "whoever leads the department");
    assert_eq!(seen(&shop.seat("carl", Beyond::Nothing)), "");
    assert_eq!(seen(&shop.seat("carl", Beyond::Stores(vec!["S1".into()]))), "xyz");
    assert_eq!(seen(&shop.seat("carl", Beyond::Stores(vec!["S9".into()]))), "");
    assert_eq!(seen(&shop.seat("carl", Beyond::Everything)), "xyz");
    let refused =
        |seat: &Seat, contact: &str| shop.db.read(|tx| shop.guides.customer(tx, seat, contact)).map_err(|r| r.code);
    assert_eq!(refused(&bea, "x").unwrap_err(), "guide_customer_unknown");
    assert_eq!(refused(&bea, "nobody").unwrap_err(), "guide_customer_unknown");
    // Of two relations the seat's own is the one that is shown.
    shop.act(|tx| Ok(tx.execute("INSERT INTO wecom_follow (contact, staff, remark, description, company, add_way, oper, state, created_at, status, read_at, seen) VALUES ('z', 'ann', '', '', '', 1, '', '', 9, 0, 9, 1)", &[])?));
    assert!(refused(&bea, "z").unwrap().relation.mine);
    assert_eq!(refused(&shop.seat("carl", Beyond::Everything), "z").unwrap().relation.staff, "ann", "the older one");
}

fn a_merge_moves_nothing_and_its_undoing_neither(t: TestDb) {
    let shop = Shop::new(t);
    let ann = shop.seat("ann", Beyond::Nothing);
    shop.move_to(&ann, "x", "stg_wants");
    shop.t.clock.advance_seconds(1);
    shop.move_to(&ann, "y", "stg_talking");
    let ((x, _), (y, _)) = (shop.nodes("x"), shop.nodes("y"));
    let (people, now) = (shop.people.clone(), shop.now());
    let merged = shop.act(move |tx| people.merge(tx, x, y, "test", now));
    assert_eq!(
        (shop.stage("x").as_deref(), shop.stage("y").as_deref()),
        (Some("stg_talking"), Some("stg_talking")),
        "the newest of the person"
    );
    shop.move_to(&ann, "x", "stg_bought");
    assert_eq!(shop.stage("y").as_deref(), Some("stg_bought"));
    let query = CustomerQuery { stage: Some("stg_bought".into()), limit: 9, ..CustomerQuery::default() };
    assert_eq!(shop.read(|tx| shop.guides.customers(tx, &ann, &query)).len(), 2, "both relations are of one person");
    let stages = shop.read(|tx| shop.guides.stages(tx));
    assert_eq!(stages.iter().map(|own| own.people).max(), Some(1), "and they count once: {stages:?}");
    let people = shop.people.clone();
    let now = shop.now();
    shop.act(move |tx| people.split(tx, merged.edge, "test", "wrong", now));
    assert_eq!((shop.stage("x").as_deref(), shop.stage("y").as_deref()), (Some("stg_bought"), Some("stg_talking")));
    assert_eq!(shop.events("Stage Changed"), 3);
}

fn task(staff: &str, origin: Option<&str>) -> TaskIn {
    TaskIn {
        staff: staff.into(),
        kind: "call".into(),
        text: "回访".into(),
        source: "test".into(),
        origin: origin.map(str::to_owned),
        by: "test".into(),
        ..TaskIn::default()
    }
}

fn what_follows_from_the_same_is_given_once(t: TestDb) {
    let shop = Shop::new(t);
    let (num, _) = shop.nodes("x");
    let give = |origin: Option<&'static str>| {
        let guides = shop.guides.clone();
        shop.act(move |tx| guides.give(tx, &TaskIn { num: Some(num), ..task("ann", origin) })).id
    };
    let first = give(Some("sop:1:x"));
    assert_eq!(give(Some("sop:1:x")), first);
    assert_ne!(give(Some("sop:2:x")), first);
    assert_ne!(give(None), give(None));
    assert_eq!(shop.events("Task Given"), 4);
    let query = TaskQuery { limit: 50, ..TaskQuery::default() };
    let ann = shop.seat("ann", Beyond::Nothing);
    assert_eq!(shop.read(|tx| shop.guides.tasks(tx, &ann, &query)).len(), 4);
    // Page by page, each once, tasks without a time last.
    let guides = shop.guides.clone();
    let due = shop.now().plus_seconds(5);
    let urgent = shop.act(move |tx| guides.give(tx, &TaskIn { due_at: Some(due), ..task("ann", None) })).id;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let query = TaskQuery { after: after.clone(), limit: 2, ..TaskQuery::default() };
        let page = shop.read(|tx| shop.guides.tasks(tx, &ann, &query));
        let Some(last) = page.last() else { break };
        after = Some(last.token.clone());
        ids.extend(page.into_iter().map(|own| own.id));
    }
    assert_eq!((ids.len(), ids[0].as_str()), (5, urgent.as_str()));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

fn a_refused_unit_leaves_no_trace(t: TestDb) {
    let shop = Shop::new(t);
    let ann = shop.seat("ann", Beyond::Nothing);
    let (guides, seat) = (shop.guides.clone(), ann.clone());
    let refused = shop.db.transact(move |tx| {
        let customer = guides.customer(tx, &seat, "x")?;
        guides.write_note(tx, &seat, &customer, "写了又撤")?;
        guides.move_to(tx, &seat, &customer, "stg_new")?;
        guides.give(tx, &task("nobody", None)).map(drop)
    });
    assert_eq!(refused.unwrap_err().code, "guide_staff_unknown");
    let rows = shop.read(|tx| Ok(tx.one("SELECT (SELECT COUNT(*) FROM guide_note) + (SELECT COUNT(*) FROM guide_place) + (SELECT COUNT(*) FROM guide_task)", &[], |row| row.int(0))?));
    assert_eq!((rows, shop.events("Note Written"), shop.events("Stage Changed")), (0, 0, 0));
}

fn notes_are_read_page_by_page(t: TestDb) {
    let shop = Shop::new(t);
    let ann = shop.seat("ann", Beyond::Nothing);
    for at in 0..5 {
        let (guides, seat) = (shop.guides.clone(), ann.clone());
        shop.act(move |tx| {
            let customer = guides.customer(tx, &seat, "x")?;
            guides.write_note(tx, &seat, &customer, &format!("第{at}条"))
        });
        // Two of the same instant, too.
        shop.t.clock.advance_seconds(at % 2);
    }
    let (_, nodes) = shop.nodes("x");
    let (mut texts, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = shop.read(|tx| shop.guides.notes(tx, &ann, &nodes, after.as_deref(), 2));
        texts.extend(page.into_iter().map(|own| own.text));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((texts.len(), texts[0].as_str()), (5, "第4条"));
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 5);
    let (guides, bea) = (shop.guides.clone(), shop.seat("carl", Beyond::Everything));
    let id = shop.read(|tx| shop.guides.notes(tx, &ann, &nodes, None, 1)).0[0].id.clone();
    let refused = shop.db.transact(move |tx| guides.drop_note(tx, &bea, &id));
    assert_eq!(refused.unwrap_err().code, "note_unknown", "only who wrote it");
}

fn who_has_left_has_no_seat_and_no_session(t: TestDb) {
    let shop = Shop::new(t);
    let code = |result: Result<Seat, Refusal>| result.map(|_| ()).map_err(|refusal| refusal.code);
    shop.act(|tx| Ok(tx.execute("UPDATE wecom_staff SET status = 2 WHERE key = 'bea'", &[])?));
    shop.act(|tx| Ok(tx.execute("UPDATE wecom_staff SET gone_at = 1 WHERE key = 'carl'", &[])?));
    for who in ["bea", "carl", "nobody", ""] {
        let seat = shop.db.read(|tx| shop.guides.seat(tx, who, &Beyond::Everything));
        assert_eq!(code(seat), Err("guide_not_staff"), "{who}");
    }
    assert_eq!(shop.guides.begin_login(Page::Side).unwrap_err().code, "wecom_not_connected");
    for token in ["", "x", &"0".repeat(64), &"g".repeat(64)] {
        assert_eq!(shop.read(|tx| shop.guides.session(tx, token, shop.now())), None);
    }
    assert_eq!(shop.guides.end_login("state", "code", Some("browser")).unwrap_err().code, "guide_login_state");
}
