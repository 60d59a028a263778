//! Fields of everybody, in memory: what makes a count follow the typing.
//!
//! A field is read from the database when it is first asked for and kept right from then on by following the log: each event names whose
//! rows its unit wrote, and exactly those are read again. Every process keeps its own; nothing here is the only copy of anything.
//!
//! `seq` says how far the log was followed. What is kept of a person is as of some snapshot not older than the last change at or before
//! `seq`; following again from an earlier place is therefore always allowed, and never needed to be exact.

mod codes;
mod feed;
mod field;
mod load;
mod paged;
mod roster;
mod tagged;
mod texts;

pub(crate) use feed::{Batch, Class, Feed, Move};
pub(crate) use field::{Field, Key, NO_DAY, Name, Sets};
pub(crate) use roster::Roster;

use crate::Ctx;
use crate::deeds::{Moved, Touched, column_name};
use field::{Renewed, Source};
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_log::Log;
use siyu_people::People;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

/// Memory that fields may take; those not asked for longest go first.
const BYTES_MAX: usize = 1 << 30;
/// Changes of a field that are remembered for answers built on it.
const JOURNAL: usize = 256;
/// When this many people were touched at once, reading a field anew is cheaper than looking at each.
const RENEW_MAX: u64 = 400_000;
/// Events followed in one go.
const FOLLOW: usize = 100_000;

/// Cheap to clone; clones share what is kept.
#[derive(Clone)]
pub struct Shelf {
    inner: Arc<Inner>,
}

struct Inner {
    people: People,
    log: Log,
    feed: Feed,
    state: RwLock<State>,
    /// Held while the log is followed.
    following: Mutex<()>,
    bytes_max: usize,
    threads: usize,
}

#[derive(Default)]
struct State {
    roster: Option<Roster>,
    seq: i64,
    as_of: Time,
    /// The zone and currency that days and amounts are kept in.
    terms: Option<(String, String)>,
    kept: FxHashMap<Key, Kept>,
    erased: RoaringBitmap,
    marks: Marks,
    version: u64,
    clock: u64,
}

/// What changes where the log says nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Marks {
    erasures: i64,
    tags: (i64, i64),
    products: (i64, i64),
}

/// A field as it is kept.
#[derive(Clone)]
pub(crate) struct Kept {
    pub field: Arc<Field>,
    pub version: u64,
    journal: VecDeque<(u64, Arc<RoaringBitmap>)>,
    bytes: usize,
    used: u64,
}

impl Kept {
    /// Whose value changed after `version`; `None` when that is not known any more.
    pub fn changed_since(&self, version: u64) -> Option<RoaringBitmap> {
        if version == self.version {
            return Some(RoaringBitmap::new());
        }
        let at = self.journal.iter().position(|(own, _)| *own == version)?;
        Some(self.journal.iter().skip(at + 1).fold(RoaringBitmap::new(), |all, (_, set)| all | &**set))
    }
}

/// Everything a question needs, as of one moment.
#[derive(Default)]
pub(crate) struct Sight {
    pub roster: Roster,
    pub fields: FxHashMap<Key, Kept>,
    pub as_of: Time,
    pub threads: usize,
}

/// For metrics and the doctor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShelfStats {
    pub fields: usize,
    pub bytes: usize,
    pub people: u64,
    pub seq: i64,
}

impl Shelf {
    pub fn new(people: People, log: Log) -> Self {
        Self::bounded(people, log, BYTES_MAX)
    }
    /// With another bound on the memory of fields.
    pub fn bounded(people: People, log: Log, bytes_max: usize) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
        let inner = Inner {
            people,
            log,
            feed: Feed::default(),
            state: RwLock::default(),
            following: Mutex::default(),
            bytes_max,
            threads,
        };
        Self { inner: Arc::new(inner) }
    }
    pub fn stats(&self) -> ShelfStats {
        let state = self.read();
        let people = state.roster.as_ref().map_or(0, |roster| roster.living.len());
        let bytes = state.kept.values().map(|kept| kept.bytes).sum();
        ShelfStats { fields: state.kept.len(), bytes, people, seq: state.seq }
    }
    /// Throws everything away; it is read anew when it is asked for.
    pub fn clear(&self) {
        let _alone = self.alone();
        let mut state = self.write();
        *state = State { version: state.version, ..State::default() };
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.inner.state.read().unwrap_or_else(|broken| broken.into_inner())
    }
    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.inner.state.write().unwrap_or_else(|broken| broken.into_inner())
    }
    fn alone(&self) -> MutexGuard<'_, ()> {
        self.inner.following.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    /// Batches of the log after `seq` that this transaction sees, about `limit` events of them at most.
    pub(crate) fn batches(&self, tx: &mut Tx<'_>, seq: i64, limit: usize) -> Result<Vec<Arc<Batch>>, DbError> {
        self.inner.feed.after(tx, &self.inner.log, seq, limit)
    }

    /// Who was touched by the batches after `from` up to `to`; `None` when they are too many to be worth it.
    pub(crate) fn touched(
        &self,
        tx: &mut Tx<'_>,
        roster: &Roster,
        from: i64,
        to: i64,
    ) -> Result<Option<Touched>, Refusal> {
        if from > to {
            return Ok(None);
        }
        let batches = self.batches(tx, from, FOLLOW)?;
        if batches.last().is_none_or(|last| last.seq < to) {
            return Ok(None);
        }
        let mut touched = Touched::default();
        let (mut orders, mut moves) = (FxHashSet::default(), Vec::new());
        for batch in batches.iter().take_while(|batch| batch.seq <= to) {
            for touch in &batch.touches {
                let root = roster.merges.root(touch.node);
                let own = match touch.class {
                    Class::Profile => Some(&mut touched.profile),
                    Class::Orders => Some(&mut touched.orders),
                    Class::Tags => Some(&mut touched.tags),
                    Class::Identity => Some(&mut touched.moved),
                    Class::Plain => None,
                };
                if let Some(own) = own {
                    own.insert(root);
                }
                if !touch.is_own() {
                    touched.any.insert(root);
                }
                if let Some(name) = column_name(touch.kind, &touch.name) {
                    match touched.named.get_mut(name) {
                        Some(people) => {
                            people.insert(root);
                        }
                        None => drop(touched.named.insert(Arc::from(name), [root].into_iter().collect())),
                    }
                }
            }
            orders.extend(batch.orders.iter().cloned());
            moves.extend(batch.moves.iter().copied());
        }
        let mut moves = moves.into_iter().peekable();
        while let Some(next) = moves.next() {
            let Ok(edge) = self.inner.people.edge(tx, next.edge()) else { continue };
            let nums = [edge.node_a, edge.node_b, edge.kept, edge.lost];
            touched.moved.extend(nums.into_iter().flat_map(|num| [num, roster.merges.root(num)]));
            match next {
                Move::Joined(_) => touched.moves.push(Moved::Joined { kept: edge.kept, lost: edge.lost }),
                Move::Parted(edge, one) => {
                    if let Some(Move::Parted(_, other)) =
                        moves.next_if(|other| matches!(other, Move::Parted(own, _) if *own == edge))
                    {
                        touched.moves.push(Moved::Parted { sides: [one, other] });
                    }
                }
            }
        }
        touched.orders |= owners(tx, &orders.into_iter().collect::<Vec<_>>())?;
        Ok(Some(touched))
    }

    /// Follows the log towards where this transaction sees it, by at most [`FOLLOW`] events. While somebody else is following, the state of
    /// a moment ago will do.
    pub(crate) fn follow(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Refusal> {
        let ready = self.read().roster.is_some();
        let _alone = match self.inner.following.try_lock() {
            Ok(guard) => guard,
            Err(std::sync::TryLockError::Poisoned(broken)) => broken.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) if ready => return Ok(()),
            Err(std::sync::TryLockError::WouldBlock) => self.alone(),
        };
        self.follow_alone(tx, ctx)
    }
    /// Follows until everything this transaction sees is followed, however long that takes.
    pub(crate) fn follow_all(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<i64, Refusal> {
        let last = last_seq(tx)?;
        loop {
            let _alone = self.alone();
            self.follow_alone(tx, ctx)?;
            let seq = self.read().seq;
            if seq >= last {
                return Ok(seq);
            }
        }
    }
    fn follow_alone(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Refusal> {
        let terms = Some((ctx.zone.name().to_owned(), ctx.currency.code().to_owned()));
        if self.read().terms != terms {
            let mut state = self.write();
            state.kept.clear();
            state.terms = terms;
        }
        if self.read().roster.is_none() {
            let seq = last_seq(tx)?;
            let (roster, marks) = (Roster::load(tx)?, Marks::read(tx)?);
            let erased = erased(tx)?;
            let mut state = self.write();
            (state.roster, state.marks, state.erased, state.seq, state.as_of) =
                (Some(roster), marks, erased, seq, ctx.now);
            return Ok(());
        }
        let seq = self.read().seq;
        let batches = self.batches(tx, seq, FOLLOW)?;
        let news = self.news(tx, &batches)?;
        let done = batches.iter().map(|batch| batch.touches.len()).sum::<usize>() < FOLLOW;
        self.apply(tx, ctx, news)?;
        let mut state = self.write();
        // A field that was read meanwhile may stand further back: then the same is followed once more.
        if state.seq == seq {
            state.seq = batches.last().map_or(seq, |last| last.seq);
            state.as_of = if done { ctx.now } else { batches.last().map_or(state.as_of, |last| last.received) };
        }
        Ok(())
    }

    /// Who was touched, and how.
    fn news(&self, tx: &mut Tx<'_>, batches: &[Arc<Batch>]) -> Result<News, Refusal> {
        let mut news = News::default();
        let (roster, erased, marks) = {
            let state = self.read();
            (state.roster.clone().unwrap_or_default(), state.erased.clone(), state.marks)
        };
        let (mut orders, mut edges) = (FxHashSet::default(), FxHashSet::default());
        for batch in batches {
            for touch in batch.touches.iter().filter(|touch| !touch.is_own()) {
                news.any.insert(touch.node);
                let own = match touch.class {
                    Class::Profile => Some(&mut news.profile),
                    Class::Orders => Some(&mut news.orders),
                    Class::Tags => Some(&mut news.tags),
                    Class::Identity => Some(&mut news.identity),
                    Class::Plain => None,
                };
                if let Some(own) = own {
                    own.insert(touch.node);
                }
                if !roster.knows(touch.node) {
                    news.identity.insert(touch.node);
                }
            }
            orders.extend(batch.orders.iter().cloned());
            edges.extend(batch.moves.iter().map(|moved| moved.edge()));
        }
        for edge in edges {
            if let Ok(edge) = self.inner.people.edge(tx, edge) {
                news.identity.extend([edge.node_a, edge.node_b, edge.kept, edge.lost]);
            }
        }
        news.orders |= owners(tx, &orders.into_iter().collect::<Vec<_>>())?;
        let now = Marks { products: marks.products, ..Marks::read(tx)? };
        if now.erasures != marks.erasures {
            let all = self::erased(tx)?;
            for root in &all - &erased {
                news.identity.extend(self.inner.people.nodes(tx, root)?);
            }
            news.erased = Some(all);
        }
        // Numbers are given one by one and never twice: as many tags more as numbers, or some were removed.
        news.tags_removed = now.tags.0 - marks.tags.0 != now.tags.1 - marks.tags.1;
        news.marks = now;
        Ok(news)
    }

    fn apply(&self, tx: &mut Tx<'_>, ctx: &Ctx, news: News) -> Result<(), Refusal> {
        let mut roster = self.read().roster.clone().unwrap_or_default();
        let moved = if news.identity.is_empty() {
            RoaringBitmap::new()
        } else {
            roster.refresh(tx, &self.inner.people, &news.identity)?
        };
        {
            let mut state = self.write();
            state.roster = Some(roster.clone());
            state.marks = news.marks;
            if let Some(erased) = &news.erased {
                state.erased = erased.clone();
            }
            if news.tags_removed {
                state.kept.retain(|key, _| !matches!(key, Key::Tag(_)));
            }
        }
        let roots = |nodes: &RoaringBitmap| -> RoaringBitmap {
            nodes.iter().map(|node| roster.merges.root(node)).collect::<RoaringBitmap>() | &moved
        };
        let source = Source { people: &self.inner.people, roster: &roster, ctx };
        let keys: Vec<Key> = self.read().kept.keys().cloned().collect();
        for (wanted, nodes) in [
            (Sort::Arrival, &RoaringBitmap::new()),
            (Sort::Identifiers, &news.any),
            (Sort::Profile, &news.profile),
            (Sort::Orders, &news.orders),
            (Sort::Tags, &news.tags),
        ] {
            let keys: Vec<&Key> = keys.iter().filter(|key| Sort::of(key) == wanted).collect();
            let touched = if keys.is_empty() { RoaringBitmap::new() } else { roots(nodes) };
            if touched.is_empty() {
                continue;
            }
            if touched.len() > RENEW_MAX {
                let mut state = self.write();
                keys.into_iter().for_each(|key| drop(state.kept.remove(key)));
                continue;
            }
            let renewed = Renewed::new(tx, &self.inner.people, &roster, touched)?;
            for key in keys {
                self.renew(tx, &source, key, &renewed)?;
            }
        }
        Ok(())
    }
    fn renew(&self, tx: &mut Tx<'_>, source: &Source<'_>, key: &Key, renewed: &Renewed) -> Result<(), Refusal> {
        let Some(kept) = self.read().kept.get(key).cloned() else { return Ok(()) };
        let mut field = (*kept.field).clone();
        let changed = source.renew(tx, key, &mut field, renewed)?;
        if changed.is_empty() {
            return Ok(());
        }
        let mut state = self.write();
        state.version += 1;
        let version = state.version;
        // Dropped meanwhile, or read anew: that one is followed from its own place.
        let Some(own) = state.kept.get_mut(key).filter(|own| own.version == kept.version) else { return Ok(()) };
        (own.bytes, own.field, own.version) = (field.bytes(), Arc::new(field), version);
        own.journal.push_back((version, Arc::new(changed)));
        if own.journal.len() > JOURNAL {
            own.journal.pop_front();
        }
        Ok(())
    }

    /// The fields of a question, read now where they are not kept yet.
    pub(crate) fn sight(&self, tx: &mut Tx<'_>, ctx: &Ctx, keys: &[Key]) -> Result<Sight, Refusal> {
        self.follow(tx, ctx)?;
        if keys.iter().any(|key| matches!(key, Key::Category(_))) {
            self.check_products(tx)?;
        }
        let missing: Vec<Key> = {
            let state = self.read();
            let missing: FxHashSet<&Key> = keys.iter().filter(|key| !state.kept.contains_key(key)).collect();
            missing.into_iter().cloned().collect()
        };
        if !missing.is_empty() {
            self.build(tx, ctx, &missing)?;
        }
        let mut state = self.write();
        state.clock += 1;
        let clock = state.clock;
        let mut fields = FxHashMap::default();
        for key in keys {
            if let Some(kept) = state.kept.get_mut(key) {
                kept.used = clock;
                fields.insert(key.clone(), kept.clone());
            }
        }
        let roster = state.roster.clone().unwrap_or_default();
        Ok(Sight { roster, fields, as_of: state.as_of, threads: self.inner.threads })
    }
    fn build(&self, tx: &mut Tx<'_>, ctx: &Ctx, keys: &[Key]) -> Result<(), Refusal> {
        let seq = last_seq(tx)?;
        let (roster, at) = {
            let state = self.read();
            (state.roster.clone().unwrap_or_default(), state.seq)
        };
        let built = Source { people: &self.inner.people, roster: &roster, ctx }.build(tx, keys)?;
        let mut state = self.write();
        if state
            .terms
            .as_ref()
            .is_none_or(|(zone, currency)| zone != ctx.zone.name() || currency != ctx.currency.code())
        {
            return Ok(());
        }
        // Whatever happened since is followed again.
        state.seq = state.seq.min(seq).min(at);
        for (key, field) in built {
            state.version += 1;
            let (version, bytes, used) = (state.version, field.bytes(), state.clock);
            let journal = VecDeque::from([(version, Arc::default())]);
            state.kept.insert(key, Kept { field: Arc::new(field), version, journal, bytes, used });
        }
        let bytes_max = self.inner.bytes_max;
        while state.kept.len() > keys.len() && state.kept.values().map(|kept| kept.bytes).sum::<usize>() > bytes_max {
            let oldest = state.kept.iter().filter(|(key, _)| !keys.contains(key)).min_by_key(|(_, kept)| kept.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
            tracing::debug!(?key, "a field is not kept any longer: others need the memory");
            state.kept.remove(&key);
        }
        Ok(())
    }
    /// Products change without an event; categories are counted anew when one did.
    fn check_products(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let sql = "SELECT COUNT(*), COALESCE(MAX(updated_at), 0) FROM product";
        let mark = tx.one(sql, &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
        let mut state = self.write();
        if state.marks.products != mark {
            state.marks.products = mark;
            state.kept.retain(|key, _| !matches!(key, Key::Category(_)));
        }
        Ok(())
    }
}

#[derive(Default)]
struct News {
    /// Nodes with any event.
    any: RoaringBitmap,
    profile: RoaringBitmap,
    orders: RoaringBitmap,
    tags: RoaringBitmap,
    /// Numbers that were not known, merged, parted or erased.
    identity: RoaringBitmap,
    erased: Option<RoaringBitmap>,
    tags_removed: bool,
    marks: Marks,
}

/// What kind of change a field depends on. All of them on who is whom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Arrival,
    Identifiers,
    Profile,
    Orders,
    Tags,
}

impl Sort {
    fn of(key: &Key) -> Self {
        match key {
            Key::Has => Self::Identifiers,
            Key::Tag(_) => Self::Tags,
            Key::CreatedDay | Key::Source => Self::Arrival,
            Key::Trait(_) => Self::Profile,
            _ => Self::Orders,
        }
    }
}

impl Marks {
    fn read(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let sql = "SELECT (SELECT COUNT(*) FROM erasure), (SELECT COUNT(*) FROM tag), (SELECT COALESCE(MAX(num), 0) FROM tag)";
        tx.one(sql, &[], |row| Ok(Self { erasures: row.int(0)?, tags: (row.int(1)?, row.int(2)?), ..Self::default() }))
    }
}

pub(crate) fn last_seq(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.one("SELECT COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| row.int(0))
}
fn erased(tx: &mut Tx<'_>) -> Result<RoaringBitmap, DbError> {
    let nums: Vec<PersonNum> = tx.query("SELECT num FROM erasure", &[], |row| row.num(0))?;
    Ok(nums.into_iter().collect())
}
/// Whose these orders are, and those they take money back from.
fn owners(tx: &mut Tx<'_>, order_nos: &[String]) -> Result<RoaringBitmap, DbError> {
    let mut owners = RoaringBitmap::new();
    for part in order_nos.chunks(roster::CHUNK) {
        let part = part.to_vec();
        let named = tx.any("order_no", 1);
        let sql = format!(
            "SELECT root FROM orders WHERE root IS NOT NULL AND ({named} OR order_no IN
               (SELECT l.refund_of FROM order_line l JOIN orders o ON o.id = l.orders WHERE {} AND l.refund_of IS NOT NULL))",
            tx.any("o.order_no", 1)
        );
        tx.each(&sql, params![&part], |row| {
            owners.insert(row.num(0)?);
            Ok(())
        })?;
    }
    Ok(owners)
}

/// Whose value of a field passes, among some people. `None` stands for a sealed value.
pub(crate) fn traits_of(
    tx: &mut Tx<'_>,
    people: &People,
    roster: &Roster,
    name: &str,
    among: &RoaringBitmap,
    passes: impl Fn(Option<&serde_json::Value>) -> bool,
) -> Result<RoaringBitmap, Refusal> {
    let some = Renewed::new(tx, people, roster, among.clone())?;
    let (names, mut fits) = ([name.to_owned()], RoaringBitmap::new());
    some.each(|whose| {
        load::traits(tx, people, &roster.merges, &names, whose, |root, _, stored| {
            let value = (stored.first() == Some(&0)).then(|| serde_json::from_slice(&stored[1..]).unwrap_or_default());
            if passes(value.as_ref()) {
                fits.insert(root);
            }
        })
    })?;
    Ok(fits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Audience, Lang};
    use siyu_kernel::{Chance, Clock, Currency, Identifier, Vault, Zone};
    use siyu_testkit::{TestDb, contract};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    contract!(migrations(); who_stores_people_waits_for_those_who_just_came);

    fn migrations() -> &'static [siyu_db::Migration] {
        static ALL: std::sync::OnceLock<Vec<siyu_db::Migration>> = std::sync::OnceLock::new();
        ALL.get_or_init(|| [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, crate::MIGRATIONS].concat())
    }

    fn who_stores_people_waits_for_those_who_just_came(test: TestDb) {
        let (db, now) = (test.db().clone(), test.clock.now());
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(&db, vault.clone(), test.clock.clone()).unwrap();
        let people = People::open(&db, vault, log.clone(), Arc::new(Chance::seeded(1))).unwrap();
        let shelf = Shelf::new(people.clone(), log.clone());
        let audience = Audience::new(people.clone(), log).remembering(shelf.clone());
        let ctx = Ctx { now, zone: Zone::utc(), currency: Currency::CNY, lang: Lang::En };
        let comes = |text: &str| {
            let incoming = people.prepare([Identifier::parse(text).unwrap()], now);
            let people = people.clone();
            let done = db.transact(move |tx| {
                let found = people.resolve(tx, std::slice::from_ref(&incoming), "test", now)?;
                people.note_changed(tx, found.iter().flatten().map(|found| found.node), "test", now);
                Ok(())
            });
            done.unwrap();
        };
        comes("member_no:M1");
        let known = || db.read(|tx| Ok(audience.everybody(tx, &ctx)?.len())).unwrap();
        assert_eq!(known(), 1);
        comes("member_no:M2");
        // Somebody else is following the log, and takes his time.
        let following = shelf.alone();
        assert_eq!(known(), 1, "good enough for a count");
        let (said, saying) = channel();
        std::thread::scope(|scope| {
            let (db, audience, ctx) = (&db, &audience, &ctx);
            scope.spawn(move || {
                let all = db.read(|tx| {
                    audience.catch_up(tx, ctx)?;
                    audience.everybody(tx, ctx)
                });
                said.send(all.unwrap().len()).unwrap();
            });
            assert!(saying.recv_timeout(Duration::from_millis(50)).is_err(), "it waits");
            drop(following);
            assert_eq!(saying.recv_timeout(Duration::from_secs(60)), Ok(2));
        });
    }
}
