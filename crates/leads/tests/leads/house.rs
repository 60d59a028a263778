//! A brand of two stores with four guides.

use siyu_contacts::{Added, Ran};
use siyu_db::{Db, Engine, Migration, Tx, params};
use siyu_kernel::{Chance, Clock, Identifier, Kind, PersonNum, Refusal, Time, Vault};
use siyu_leads::{Contact, Lead, LeadQuery, Leads, Put, PutIn, Settings, Sight, Who};
use siyu_log::Log;
use siyu_people::People;
use siyu_testkit::TestDb;
use std::sync::Arc;

pub fn migrations() -> &'static [Migration] {
    siyu_testkit::migrations![
        siyu_log::MIGRATIONS,
        siyu_people::MIGRATIONS,
        siyu_commerce::MIGRATIONS,
        siyu_contacts::MIGRATIONS,
        siyu_channels::MIGRATIONS,
        siyu_leads::MIGRATIONS
    ]
}

/// Who works where.
pub const STAFF: [(&str, &str); 4] = [("Ann", "S1"), ("Bea", "S1"), ("Carl", "S2"), ("Dora", "S2")];

pub struct House {
    pub db: Db,
    pub leads: Leads,
    pub people: People,
    pub log: Log,
    pub t: TestDb,
}

impl House {
    pub fn new(t: TestDb) -> Self {
        let (db, clock, vault) = (t.db().clone(), t.clock.clone(), Vault::from_key([7; 32]));
        let chance = Arc::new(Chance::seeded(5));
        let log = Log::open(&db, vault.clone(), clock.clone()).unwrap();
        let people = People::open(&db, vault.clone(), log.clone(), chance.clone()).unwrap();
        let leads = Leads::new(db.clone(), vault, log.clone(), people.clone(), chance, clock);
        let house = Self { db, leads, people, log, t };
        house.act(|tx| {
            for (code, name) in [("S1", "一店"), ("S2", "二店")] {
                tx.execute("INSERT INTO store (code, name, created_at) VALUES ($1, $2, 0)", params![code, name])?;
            }
            for (userid, store) in STAFF {
                let key = userid.to_lowercase();
                tx.execute("INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen, store) VALUES ($1, $2, $2, '[]', 1, '', 1, 1, 1, $3)", params![&key, userid, store])?;
            }
            for (code, owner, store) in [("ad", "Dora", ""), ("card", "nobody", "S1")] {
                tx.execute("INSERT INTO channel (id, code, name, kind, owner, store, note, created_at, created_by, version) VALUES ($1, $1, $1, 'other', $2, $3, '', 0, '', 1)", params![code, owner, store])?;
            }
            Ok(())
        });
        house
    }
    pub fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.db.transact(unit).unwrap()
    }
    pub fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db.read(unit).unwrap()
    }
    pub fn now(&self) -> Time {
        self.t.clock.now()
    }
    pub fn hours(&self, hours: i64) {
        self.t.clock.advance_seconds(hours * 3_600);
    }
    pub fn settings(&self, settings: Settings) {
        let (leads, now) = (self.leads.clone(), self.now());
        self.act(move |tx| leads.set_settings(tx, &settings, now));
    }
    /// The person of an identifier.
    pub fn person(&self, kind: &'static str, value: &str) -> PersonNum {
        let (people, now, value) = (self.people.clone(), self.now(), value.to_owned());
        self.act(move |tx| {
            let who = people.prepare([Identifier::new(Kind::parse(kind).unwrap(), &value).unwrap()], now);
            Ok(people.resolve(tx, &[who], "test", now)?.remove(0).unwrap().node)
        })
    }
    pub fn put_in(&self, input: PutIn) -> Result<(Put, Option<Lead>), Refusal> {
        let (leads, now) = (self.leads.clone(), self.now());
        self.db.transact(move |tx| leads.put(tx, &input, now))
    }
    /// The n-th person of a list of phones, as a lead of a store's pool.
    pub fn lead(&self, n: u32, store: &str) -> Lead {
        let num = self.person("phone", &format!("1380000{n:04}"));
        let input = PutIn { num, source: "manual".into(), store: store.into(), by: "test".into(), ..PutIn::default() };
        self.put_in(input).unwrap().1.unwrap()
    }
    pub fn claim(&self, staff: &str, id: &str) -> Result<Lead, &'static str> {
        self.claim_by(&guide(staff), id)
    }
    pub fn claim_by(&self, who: &Who, id: &str) -> Result<Lead, &'static str> {
        let (leads, now, who, id) = (self.leads.clone(), self.now(), who.clone(), id.to_owned());
        self.db.transact(move |tx| leads.claim(tx, &who, &id, now)).map_err(|refusal| refusal.code)
    }
    pub fn contact(&self, staff: &str, id: &str, result: &str) -> Result<Lead, &'static str> {
        let contact = Contact { way: "phone".into(), result: result.into(), note: "说了几句".into() };
        let (leads, now, who, id) = (self.leads.clone(), self.now(), guide(staff), id.to_owned());
        self.db.transact(move |tx| leads.contact(tx, &who, &id, &contact, now)).map_err(|refusal| refusal.code)
    }
    pub fn assign(&self, who: &Who, ids: &[&str], staff: &str) -> Result<usize, &'static str> {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let (leads, now, who, staff) = (self.leads.clone(), self.now(), who.clone(), staff.to_owned());
        let done = self.db.transact(move |tx| leads.assign(tx, &who, &ids, &staff, "", now));
        done.map(|leads| leads.len()).map_err(|refusal| refusal.code)
    }
    pub fn of(&self, id: &str) -> Lead {
        self.read(|tx| self.leads.seen(tx, &Sight::Everything, id))
    }
    /// `state staff reason`.
    pub fn line(&self, id: &str) -> String {
        let own = self.of(id);
        format!("{} {} {}", own.state.name(), if own.staff.is_empty() { "-" } else { &own.staff }, own.reason)
            .trim()
            .to_owned()
    }
    pub fn list(&self, sight: &Sight, query: LeadQuery) -> Vec<Lead> {
        self.read(|tx| {
            self.leads.list(tx, sight, &LeadQuery { limit: if query.limit == 0 { 500 } else { query.limit }, ..query })
        })
    }
    /// Does everything that is due.
    pub fn run(&self) {
        for _ in 0..200 {
            if self.leads.step().unwrap() == Ran::Nothing {
                return;
            }
        }
        panic!("there is always something to do");
    }
    /// A friendship in the mirror, and what the mirror tells in its unit. Answers the identity of WeCom's customer.
    pub fn befriend(&self, contact: &'static str, staff: &'static str, tell: bool) -> PersonNum {
        let num = self.person("external_userid", contact);
        let (leads, now) = (self.leads.clone(), self.now());
        self.act(move |tx| {
            tx.execute("INSERT INTO wecom_contact (id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at) VALUES ($1, $2, '', $1, '', 1, 0, '', '', 0) ON CONFLICT (id) DO NOTHING", params![contact, num])?;
            tx.execute("INSERT INTO wecom_follow (contact, staff, remark, description, company, add_way, oper, state, created_at, status, read_at, seen) VALUES ($1, $2, '', '', '', 1, '', '', $3, 0, $3, 1)
                ON CONFLICT (contact, staff) DO UPDATE SET created_at = excluded.created_at, status = 0, lost_at = NULL", params![contact, staff, now])?;
            if tell {
                let added = Added { contact: contact.into(), staff: staff.into(), num, state: String::new(), at: now, half: false, remark: String::new(), name: contact.into() };
                leads.added(tx, &[added], now)?;
            }
            Ok(())
        });
        num
    }
    /// These leads do not move, as if somebody had moved them just before.
    pub fn stick(&self, ids: &[&str]) {
        let ids = ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
        let engine = self.t.engine;
        self.act(move |tx| {
            let sql = match engine {
                Engine::Sqlite => format!(
                    "CREATE TRIGGER lead_stuck BEFORE UPDATE ON lead WHEN OLD.id IN ({ids}) BEGIN SELECT RAISE(IGNORE); END;"
                ),
                Engine::Postgres => format!(
                    "CREATE FUNCTION lead_stuck() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql;
                     CREATE TRIGGER lead_stuck BEFORE UPDATE ON lead FOR EACH ROW WHEN (OLD.id IN ({ids})) EXECUTE FUNCTION lead_stuck();"
                ),
            };
            Ok(tx.script(&sql)?)
        });
    }
    pub fn unstick(&self) {
        let sql = match self.t.engine {
            Engine::Sqlite => "DROP TRIGGER lead_stuck;",
            Engine::Postgres => "DROP TRIGGER lead_stuck ON lead;",
        };
        self.act(move |tx| Ok(tx.script(sql)?));
    }
    pub fn lose(&self, contact: &'static str, staff: &'static str, by: &'static str) {
        let now = self.now();
        self.act(move |tx| {
            Ok(tx.execute(
                "UPDATE wecom_follow SET status = 2, lost_at = $3, lost_by = $4 WHERE contact = $1 AND staff = $2",
                params![contact, staff, now, by],
            )?)
        });
    }
    /// An order of a person now.
    pub fn buy(&self, num: PersonNum) {
        let now = self.now();
        self.act(move |tx| {
            let root = tx.one("SELECT root FROM person WHERE num = $1", params![num], |row| row.num(0))?;
            Ok(tx.execute("INSERT INTO customer (root, currency, orders, amount, refunded, first_at, last_at) VALUES ($1, 'CNY', 1, 100, 0, $2, $2) ON CONFLICT (root, currency) DO UPDATE SET last_at = excluded.last_at", params![root, now])?)
        });
    }
    pub fn merge(&self, a: PersonNum, b: PersonNum, tell: bool) {
        let (people, leads, now) = (self.people.clone(), self.leads.clone(), self.now());
        self.act(move |tx| {
            let roots = people.roots(tx, &[a, b])?;
            let merged = people.merge(tx, roots[0], roots[1], "test", now)?;
            if tell { leads.merged(tx, &[merged.kept]) } else { Ok(()) }
        });
    }
    /// Takes back the one merge these two were part of.
    pub fn part(&self, a: PersonNum, b: PersonNum) {
        let (people, leads, now) = (self.people.clone(), self.leads.clone(), self.now());
        self.act(move |tx| {
            let edge = people.edges(tx, &[a, b])?.remove(0);
            let split = people.split(tx, edge.id, "test", "同名", now)?;
            leads.parted(tx, &[&split.left_nodes, &split.right_nodes], "总部", now)
        });
    }
    /// Names of events, in order, with who they are about.
    pub fn events(&self) -> Vec<(String, PersonNum, serde_json::Value)> {
        let (mut seq, mut out) = (0, Vec::new());
        loop {
            let (found, last) = self.read(|tx| Ok(self.log.after(tx, seq, 64)?));
            if last == seq {
                return out;
            }
            seq = last;
            let own = found.into_iter().filter(|own| own.event.source == "leads");
            out.extend(own.map(|own| {
                let body: serde_json::Value = serde_json::from_str(&own.event.body).unwrap();
                (own.event.name, own.event.person, body["properties"].clone())
            }));
        }
    }
    pub fn moves(&self, id: &str) -> Vec<String> {
        let rows = self.read(|tx| self.leads.moves(tx, id));
        rows.into_iter()
            .rev()
            .map(|own| format!("{} {} {}", own.what, own.how, own.reason).replace("  ", " ").trim().to_owned())
            .collect()
    }
}

pub fn guide(userid: &str) -> Who {
    let key = userid.to_lowercase();
    let store = STAFF.iter().find(|(own, _)| own.to_lowercase() == key).map_or("", |(_, store)| store);
    Who { sight: Sight::Own { staff: key.clone(), store: store.into() }, staff: Some(key), name: userid.into() }
}
pub fn manager(store: &str) -> Who {
    Who { sight: Sight::Stores(vec![store.into()]), staff: None, name: "店长".into() }
}
pub fn headquarters() -> Who {
    Who { sight: Sight::Everything, staff: None, name: "总部".into() }
}
/// No caps, no time-outs.
pub fn free() -> Settings {
    Settings {
        daily_max: 0,
        held_max: 0,
        contact_hours: 0,
        follow_days: 0,
        again_days: 0,
        rounds_max: 0,
        ..Settings::default()
    }
}
