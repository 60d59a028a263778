//! Relations between customers and staff: added, edited, tagged, lost.

use super::customers::{CustomerRead, Hint, Hints, Known, mobile_list};
use crate::events::{Happening, SOURCE, names};
use crate::handover::Given;
use crate::rows::{Place, clean, key, places, text, time};
use crate::{Added, Contacts};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::TagMark;
use siyu_wecom::FollowInfo;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const FRIENDS: i64 = 0;
pub(crate) const HALF: i64 = 1;
pub(crate) const LOST: i64 = 2;

/// How a reading is to be taken.
pub(crate) struct Scope<'a> {
    /// When WeCom was asked.
    pub read_at: Time,
    /// The full sync it belongs to, or the newest one.
    pub seen: i64,
    /// Whether all relations of each customer were read: those missing are lost.
    pub whole: bool,
    pub match_phones: bool,
    pub hints: &'a Hints,
}

#[derive(Clone, Debug)]
pub(super) struct Follow {
    pub remark: String,
    pub description: String,
    pub company: String,
    pub mobiles: Vec<String>,
    pub add_way: i64,
    pub oper: String,
    pub state: String,
    pub created: Time,
    pub status: i64,
    pub lost_at: Option<Time>,
    pub lost_by: Option<String>,
    pub read_at: Time,
    pub seen: i64,
    pub tags: BTreeSet<String>,
}

/// What the mirror holds of some customers' relations.
#[derive(Default)]
pub(super) struct Standing(pub BTreeMap<(String, String), Follow>);

impl Standing {
    pub fn mobiles(&self, contact: &str, staff: &str) -> Vec<String> {
        let found = self.0.get(&(contact.to_owned(), staff.to_owned()));
        found.map(|own| own.mobiles.clone()).unwrap_or_default()
    }
    /// Phones that members of staff not in `told` have noted.
    pub fn other_mobiles(&self, contact: &str, told: &BTreeSet<String>) -> Vec<String> {
        let from = (contact.to_owned(), String::new());
        let own = self.0.range(from..).take_while(|((id, _), _)| id == contact);
        own.filter(|((_, staff), own)| own.status == FRIENDS && !told.contains(staff))
            .flat_map(|(_, own)| own.mobiles.clone())
            .collect()
    }
}

/// A friendship that has just ended.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    pub contact: String,
    pub staff: String,
    pub person: PersonNum,
    pub by: &'static str,
    pub created: Time,
    pub at: Time,
    pub channel: String,
}

impl Loss {
    pub fn days(&self) -> i64 {
        self.at.0.saturating_sub(self.created.0).max(0) / 86_400_000_000
    }
}

/// What one unit gathers.
#[derive(Default)]
struct Changes {
    rows: Vec<((String, String), Follow)>,
    tags_in: Vec<(String, String, String)>,
    tags_out: Vec<(String, String, String)>,
    events: Vec<Happening>,
    added: Vec<Added>,
    lost: Vec<Loss>,
    /// Hand-overs of ours, by customer and who took over.
    given: FxHashMap<(String, String), Given>,
}

impl Contacts {
    pub(super) fn standing(&self, tx: &mut Tx<'_>, contacts: &[String]) -> Result<Standing, Refusal> {
        let sql = format!(
            "SELECT contact, staff, remark, description, company, mobiles, add_way, oper, state, created_at, status, lost_at, lost_by, read_at, seen FROM wecom_follow WHERE {}",
            tx.any("contact", 1)
        );
        let rows = tx.query(&sql, params![contacts], |row| {
            let follow = Follow {
                remark: row.text(2)?,
                description: row.text(3)?,
                company: row.text(4)?,
                mobiles: Vec::new(),
                add_way: row.int(6)?,
                oper: row.text(7)?,
                state: row.text(8)?,
                created: row.time(9)?,
                status: row.int(10)?,
                lost_at: row.opt_time(11)?,
                lost_by: row.opt_text(12)?,
                read_at: row.time(13)?,
                seen: row.int(14)?,
                tags: BTreeSet::new(),
            };
            Ok(((row.text(0)?, row.text(1)?), follow, row.opt_blob(5)?))
        })?;
        let mut standing = Standing::default();
        for (pair, mut follow, sealed) in rows {
            if let Some(sealed) = sealed {
                follow.mobiles = self.opened_mobiles(&sealed)?;
            }
            standing.0.insert(pair, follow);
        }
        let sql = format!("SELECT contact, staff, tag FROM wecom_follow_tag WHERE {}", tx.any("contact", 1));
        for (contact, staff, tag) in
            tx.query(&sql, params![contacts], |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)))?
        {
            if let Some(follow) = standing.0.get_mut(&(contact, staff)) {
                follow.tags.insert(tag);
            }
        }
        Ok(standing)
    }
    pub(crate) fn opened_mobiles(&self, sealed: &[u8]) -> Result<Vec<String>, Refusal> {
        serde_json::from_slice(&self.unseal(sealed)?).map_err(Refusal::internal)
    }

    pub(super) fn put_follows(
        &self,
        tx: &mut Tx<'_>,
        reads: &[CustomerRead],
        scope: &Scope<'_>,
        known: &FxHashMap<String, Known>,
        before: Standing,
        now: Time,
    ) -> Result<bool, Refusal> {
        let mut keys: BTreeSet<String> = before.0.keys().map(|(_, staff)| staff.clone()).collect();
        keys.extend(reads.iter().flat_map(|read| &read.follows).map(|own| key(&own.userid)));
        keys.extend(scope.hints.keys().map(|(_, staff)| staff.clone()));
        let places = places(tx, &keys.into_iter().collect::<Vec<_>>())?;
        let mut after = before.0.clone();
        let ids: Vec<String> = reads.iter().map(|read| read.contact.external_userid.clone()).collect();
        let mut changes = Changes { given: self.given(tx, &ids)?, ..Changes::default() };
        for read in reads {
            let id = &read.contact.external_userid;
            let Some(person) = known.get(id).map(|own| own.num) else { continue };
            let mut told: FxHashSet<String> = FxHashSet::default();
            for own in &read.follows {
                let staff = key(&own.userid);
                told.insert(staff.clone());
                let pair = (id.clone(), staff);
                let place = &places[&pair.1];
                put_one(&mut changes, &mut after, pair, own, person, place, scope, now);
            }
            if scope.whole {
                let from = (id.clone(), String::new());
                let missing: Vec<(String, String)> = after
                    .range(from..)
                    .map(|(pair, _)| pair)
                    .take_while(|(contact, _)| contact == id)
                    .filter(|(_, staff)| !told.contains(staff))
                    .cloned()
                    .collect();
                for pair in missing {
                    lose(&mut changes, &mut after, &pair, person, &places[&pair.1], scope, now);
                }
                let halves = scope.hints.iter().filter(|((contact, staff), _)| contact == id && !told.contains(staff));
                for (pair, hint) in halves {
                    if let Hint::Half { state, at } = hint {
                        half(&mut changes, &mut after, pair, person, &places[&pair.1], (state, *at), scope);
                    }
                }
            }
        }
        let unknown = self.tell_tags(tx, &before, &after, known, &places, &mut changes, now)?;
        self.save_follows(tx, &changes)?;
        self.raise_alerts(tx, &changes.lost, now)?;
        self.append(tx, changes.events, now)?;
        for own in &mut changes.added {
            own.name = known.get(&own.contact).map(|known| known.name.clone()).unwrap_or_default();
        }
        if !changes.added.is_empty() {
            self.inner.around.added(self, tx, &changes.added, now)?;
        }
        Ok(unknown)
    }

    /// What tags people have: one that a first relation got is given, one that the last relation lost is taken. Changes of our own that wait
    /// to be sent stand against what was read.
    #[allow(clippy::too_many_arguments, reason = "one step of one operation, cut out of it for its length")]
    fn tell_tags(
        &self,
        tx: &mut Tx<'_>,
        before: &Standing,
        after: &BTreeMap<(String, String), Follow>,
        known: &FxHashMap<String, Known>,
        places: &FxHashMap<String, Place>,
        changes: &mut Changes,
        now: Time,
    ) -> Result<bool, Refusal> {
        let empty = BTreeSet::new();
        // By customer and tag: whose relations have it before and after.
        let mut touched: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (pair, new) in after {
            let old = before.0.get(pair).map_or(&empty, |old| &old.tags);
            for tag in new.tags.difference(old) {
                changes.tags_in.push((pair.0.clone(), pair.1.clone(), tag.clone()));
                touched.insert((&pair.0, tag));
            }
            for tag in old.difference(&new.tags) {
                changes.tags_out.push((pair.0.clone(), pair.1.clone(), tag.clone()));
                touched.insert((&pair.0, tag));
            }
        }
        if touched.is_empty() {
            return Ok(false);
        }
        let ids: Vec<String> =
            touched.iter().map(|(_, tag)| (*tag).to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
        let sql = format!("SELECT id, name, local FROM wecom_tag WHERE {}", tx.any("id", 1));
        let tags: FxHashMap<String, (String, Option<i64>)> = tx
            .query(&sql, params![&ids], |row| Ok((row.text(0)?, (row.text(1)?, row.opt_int(2)?))))?
            .into_iter()
            .collect();
        let contacts: Vec<String> =
            touched.iter().map(|(id, _)| (*id).to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
        let waiting = self.waiting_tags(tx, &contacts)?;
        let (mut gain, mut loss): (BTreeMap<i64, Vec<PersonNum>>, BTreeMap<i64, Vec<PersonNum>>) = Default::default();
        for (id, tag) in &touched {
            let has = |all: &BTreeMap<(String, String), Follow>| {
                let own = all.range(((*id).to_owned(), String::new())..).take_while(|((contact, _), _)| contact == id);
                own.clone().any(|(_, own)| own.status == FRIENDS && own.tags.contains(*tag))
            };
            let (was, is) = (has(&before.0), has(after));
            let Some((Some(local), person)) =
                tags.get(*tag).map(|(_, local)| *local).zip(known.get(*id).map(|own| own.num))
            else {
                continue;
            };
            if was == is {
                continue;
            }
            if let Some(adds) = waiting.get(&((*id).to_owned(), (*tag).to_owned())) {
                if *adds != is {
                    let pair = changes
                        .tags_in
                        .iter()
                        .chain(&changes.tags_out)
                        .find(|(contact, _, own)| contact == id && own == tag);
                    let staff = pair.map(|(_, staff, _)| staff.as_str()).unwrap_or_default();
                    self.note_conflict(tx, "tag", (id, staff, tag), "here", "changed_here_meanwhile", "", now)?;
                }
                continue;
            }
            if is { gain.entry(local).or_default().push(person) } else { loss.entry(local).or_default().push(person) }
        }
        let mark = TagMark { by: SOURCE, source: SOURCE, why: "", expires_at: None };
        for (tag, people) in gain {
            self.inner.people.give_tag(tx, tag, &people, &mark, now)?;
        }
        for (tag, people) in loss {
            let roots = self.inner.people.roots(tx, &people)?;
            let nodes: Vec<PersonNum> =
                self.inner.people.nodes_of(tx, &roots)?.into_iter().map(|(node, _)| node).chain(people).collect();
            self.inner.people.take_tag(tx, tag, &nodes, &mark, now)?;
        }
        let name_of = |tag: &str| tags.get(tag).map_or(String::new(), |(name, _)| name.clone());
        let mut told = Vec::new();
        for (list, name) in [(&changes.tags_in, names::TAGGED), (&changes.tags_out, names::UNTAGGED)] {
            for (contact, staff, tag) in list {
                let Some(person) = known.get(contact).map(|own| own.num) else { continue };
                let place = &places[staff];
                let at = now.0.to_string();
                told.push(
                    Happening::new(name, person, now, &[contact, staff, tag, &at])
                        .with("staff", &place.userid)
                        .with("store", &place.store)
                        .with("tag", &name_of(tag))
                        .with("tag_id", tag),
                );
            }
        }
        changes.events.extend(told);
        Ok(ids.iter().any(|id| !tags.contains_key(id)))
    }

    fn save_follows(&self, tx: &mut Tx<'_>, changes: &Changes) -> Result<(), Refusal> {
        let sealed: Vec<Option<Vec<u8>>> = changes
            .rows
            .iter()
            .map(|(_, own)| {
                let plain =
                    (!own.mobiles.is_empty()).then(|| serde_json::to_vec(&own.mobiles).map_err(Refusal::internal));
                Ok(plain.transpose()?.map(|plain| self.seal(&plain)))
            })
            .collect::<Result<_, Refusal>>()?;
        let rows: Vec<[Param<'_>; 15]> = changes
            .rows
            .iter()
            .zip(&sealed)
            .map(|(((contact, staff), own), mobiles)| {
                [
                    contact.into(),
                    staff.into(),
                    (&own.remark).into(),
                    (&own.description).into(),
                    (&own.company).into(),
                    mobiles.as_ref().map_or(Param::Null, Into::into),
                    own.add_way.into(),
                    (&own.oper).into(),
                    (&own.state).into(),
                    own.created.into(),
                    own.status.into(),
                    own.lost_at.into(),
                    (&own.lost_by).into(),
                    own.read_at.into(),
                    own.seen.into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO wecom_follow (contact, staff, remark, description, company, mobiles, add_way, oper, state, created_at, status, lost_at, lost_by, read_at, seen)",
            "ON CONFLICT (contact, staff) DO UPDATE SET remark = excluded.remark, description = excluded.description, company = excluded.company, mobiles = excluded.mobiles,
               add_way = excluded.add_way, oper = excluded.oper, state = excluded.state, created_at = excluded.created_at, status = excluded.status,
               lost_at = excluded.lost_at, lost_by = excluded.lost_by, read_at = excluded.read_at, seen = excluded.seen",
            &rows,
        )?;
        let rows: Vec<[Param<'_>; 3]> =
            changes.tags_in.iter().map(|(a, b, c)| [a.into(), b.into(), c.into()]).collect();
        tx.bulk("INSERT INTO wecom_follow_tag (contact, staff, tag)", "ON CONFLICT DO NOTHING", &rows)?;
        for (contact, staff, tag) in &changes.tags_out {
            tx.execute(
                "DELETE FROM wecom_follow_tag WHERE contact = $1 AND staff = $2 AND tag = $3",
                params![contact, staff, tag],
            )?;
        }
        Ok(())
    }
}

/// One relation as it was read.
#[allow(clippy::too_many_arguments, reason = "one step of one operation, cut out of it for its length")]
fn put_one(
    changes: &mut Changes,
    after: &mut BTreeMap<(String, String), Follow>,
    pair: (String, String),
    own: &FollowInfo,
    person: PersonNum,
    place: &Place,
    scope: &Scope<'_>,
    now: Time,
) {
    let created = time(own.createtime);
    let new = Follow {
        remark: clean(&own.remark, 256),
        description: clean(&own.description, 1024),
        company: clean(&text(&own.remark_corp_name), 256),
        mobiles: mobile_list(&own.remark_mobiles),
        add_way: own.add_way,
        oper: text(&own.oper_userid),
        state: text(&own.state),
        created,
        status: FRIENDS,
        lost_at: None,
        lost_by: None,
        read_at: scope.read_at,
        seen: scope.seen,
        tags: own.tag_id.iter().filter(|tag| !tag.is_empty()).cloned().collect(),
    };
    let old = after.get(&pair);
    if old.is_some_and(|old| old.read_at > scope.read_at) {
        // Something newer is known of this relation; the full sync has met it all the same.
        if let Some(old) = after.get_mut(&pair).filter(|old| old.seen < scope.seen) {
            old.seen = scope.seen;
            changes.rows.push((pair, old.clone()));
        }
        return;
    }
    let is_new = old.is_none_or(|old| old.status != FRIENDS || old.created < created);
    if let Some(old) = old.filter(|old| old.status == FRIENDS && old.created < created) {
        let (by, at) = match scope.hints.get(&pair) {
            Some(Hint::Lost { by, at }) => (*by, (*at).min(created)),
            _ => ("unknown", created),
        };
        changes.tell_lost(&pair, old, person, place, by, at);
    }
    if is_new {
        let event = Happening::new(names::ADDED, person, created, &[&pair.0, &pair.1, &created.0.to_string()]);
        let way = siyu_wecom::add_way(new.add_way).0;
        changes.events.push(
            event
                .with("channel", &new.state)
                .with("staff", &place.userid)
                .with("store", &place.store)
                .with("add_way", way)
                .number("add_way_code", new.add_way)
                .with("initiator", if new.oper == pair.0 { "customer" } else { "staff" }),
        );
        changes.added.push(Added {
            contact: pair.0.clone(),
            staff: pair.1.clone(),
            num: person,
            state: new.state.clone(),
            at: created,
            half: false,
            remark: new.remark.clone(),
            name: String::new(),
        });
        if new.add_way == 202 {
            let event = transferred(&pair, after, changes.given.get(&pair), scope.hints, person, place, created);
            changes.events.push(event);
        }
    } else if old.is_some_and(|old| {
        (&old.remark, &old.description, &old.company, &old.mobiles)
            != (&new.remark, &new.description, &new.company, &new.mobiles)
    }) {
        let event = Happening::new(names::EDITED, person, now, &[&pair.0, &pair.1, &now.0.to_string()]);
        changes.events.push(event.with("staff", &place.userid).with("store", &place.store));
    }
    after.insert(pair.clone(), new.clone());
    changes.rows.push((pair, new));
}

/// Given by an administrator or a manager: from whom and why when it was asked for here, else from whom when the mirror knows.
fn transferred(
    pair: &(String, String),
    all: &BTreeMap<(String, String), Follow>,
    given: Option<&Given>,
    hints: &Hints,
    person: PersonNum,
    place: &Place,
    at: Time,
) -> Happening {
    let event = Happening::new(names::TRANSFERRED, person, at, &[&pair.0, &pair.1, &at.0.to_string()])
        .with("staff", &place.userid)
        .with("store", &place.store);
    if let Some(given) = given.filter(|given| given.sent_at <= at.plus_seconds(60)) {
        return event.with("from", &given.from).with("why", &given.why).with("handover", &given.job);
    }
    let own = all.range((pair.0.clone(), String::new())..).take_while(|((contact, _), _)| *contact == pair.0);
    let taken = |(pair, own): &(&(String, String), &Follow)| match hints.get(*pair) {
        Some(Hint::Lost { by: "transfer", at }) => Some(*at),
        _ => own.lost_at.filter(|_| own.lost_by.as_deref() == Some("transfer")),
    };
    let gave = own.filter(|((_, staff), _)| *staff != pair.1).filter_map(|own| Some((taken(&own)?, own.0.1.clone())));
    event.with("from", &gave.max().map(|(_, staff)| staff).unwrap_or_default())
}

impl Changes {
    fn tell_lost(
        &mut self,
        pair: &(String, String),
        old: &Follow,
        person: PersonNum,
        place: &Place,
        by: &'static str,
        at: Time,
    ) {
        let (contact, staff) = pair.clone();
        let loss = Loss { contact, staff, person, by, created: old.created, at, channel: old.state.clone() };
        let event = Happening::new(names::LOST, person, at, &[&pair.0, &pair.1, &old.created.0.to_string()])
            .with("by", by)
            .with("channel", &old.state)
            .with("staff", &place.userid)
            .with("store", &place.store)
            .number("days", loss.days());
        self.events.push(event);
        // Whoever was a friend on one side only is nobody's loss.
        if old.status == FRIENDS {
            self.lost.push(loss);
        }
    }
}

/// A relation that reading did not show.
fn lose(
    changes: &mut Changes,
    after: &mut BTreeMap<(String, String), Follow>,
    pair: &(String, String),
    person: PersonNum,
    place: &Place,
    scope: &Scope<'_>,
    now: Time,
) {
    let Some(own) = after.get_mut(pair) else { return };
    let hint = scope.hints.get(pair);
    let told = match hint {
        Some(Hint::Lost { by, at }) => Some((*by, *at)),
        _ => None,
    };
    // Who is a friend on one side only is shown to nobody: it is lost when somebody says so.
    let goes = own.status == FRIENDS || (own.status == HALF && told.is_some());
    if own.status == LOST {
        // Found gone by a reading first; now a callback says who did it.
        if let Some((by, at)) = told.filter(|(_, at)| own.lost_by.as_deref() == Some("unknown") && *at >= own.created) {
            (own.lost_by, own.lost_at) = (Some(by.to_owned()), Some(at));
            changes.rows.push((pair.clone(), own.clone()));
        }
        return;
    }
    if !goes || own.read_at > scope.read_at {
        return;
    }
    let (by, at) = told.unwrap_or(("unknown", now));
    changes.tell_lost(pair, own, person, place, by, at);
    (own.status, own.lost_at, own.lost_by) = (LOST, Some(at), Some(by.to_owned()));
    (own.read_at, own.seen) = (scope.read_at, own.seen.max(scope.seen));
    own.tags.clear();
    changes.rows.push((pair.clone(), own.clone()));
}

/// Added from one side only.
fn half(
    changes: &mut Changes,
    after: &mut BTreeMap<(String, String), Follow>,
    pair: &(String, String),
    person: PersonNum,
    place: &Place,
    (state, at): (&str, Time),
    scope: &Scope<'_>,
) {
    if after
        .get(pair)
        .is_some_and(|own| own.status == FRIENDS || own.created >= at || own.lost_at.is_some_and(|lost| lost >= at))
    {
        return;
    }
    let own = Follow {
        remark: String::new(),
        description: String::new(),
        company: String::new(),
        mobiles: Vec::new(),
        add_way: 0,
        oper: pair.0.clone(),
        state: state.to_owned(),
        created: at,
        status: HALF,
        lost_at: None,
        lost_by: None,
        read_at: scope.read_at,
        seen: scope.seen,
        tags: BTreeSet::new(),
    };
    let event = Happening::new(names::HALF_ADDED, person, at, &[&pair.0, &pair.1, &at.0.to_string()]);
    changes.events.push(event.with("channel", state).with("staff", &place.userid).with("store", &place.store));
    changes.added.push(Added {
        contact: pair.0.clone(),
        staff: pair.1.clone(),
        num: person,
        state: state.to_owned(),
        at,
        half: true,
        remark: String::new(),
        name: String::new(),
    });
    after.insert(pair.clone(), own.clone());
    changes.rows.push((pair.clone(), own));
}

impl Contacts {
    /// Relations of the full sync `number` that it has not met, at most `limit`: lost. Answers how many.
    pub(crate) fn sweep_follows(
        &self,
        tx: &mut Tx<'_>,
        number: i64,
        limit: i64,
        read_at: Time,
        now: Time,
    ) -> Result<usize, Refusal> {
        let stale = tx.query(
            "SELECT f.contact, f.staff FROM wecom_follow f WHERE f.status = 0 AND f.seen < $1 ORDER BY f.contact, f.staff LIMIT $2",
            params![number, limit],
            |row| Ok((row.text(0)?, row.text(1)?)),
        )?;
        let contacts: Vec<String> =
            stale.iter().map(|(contact, _)| contact.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        let known = self.known_contacts(tx, &contacts)?;
        let before = self.standing(tx, &contacts)?;
        let keys: Vec<String> =
            before.0.keys().map(|(_, staff)| staff.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        let places = places(tx, &keys)?;
        let sql =
            format!("SELECT key FROM wecom_staff WHERE (gone_at IS NOT NULL OR status = 5) AND {}", tx.any("key", 1));
        let left: FxHashSet<String> = tx.query(&sql, params![&keys], |row| row.text(0))?.into_iter().collect();
        let hints = stale
            .iter()
            .filter(|(_, staff)| left.contains(staff))
            .map(|pair| (pair.clone(), Hint::Lost { by: "staff_left", at: now }))
            .collect();
        let scope = Scope { read_at, seen: number, whole: true, match_phones: false, hints: &hints };
        let (mut after, mut changes) = (before.0.clone(), Changes::default());
        for pair in &stale {
            let Some(person) = known.get(&pair.0).map(|own| own.num) else { continue };
            // Newer than this sync's readings: met, whatever it says.
            if let Some(own) = after.get_mut(pair).filter(|own| own.read_at > read_at) {
                own.seen = number;
                changes.rows.push((pair.clone(), own.clone()));
                continue;
            }
            lose(&mut changes, &mut after, pair, person, &places[&pair.1], &scope, now);
        }
        self.tell_tags(tx, &before, &after, &known, &places, &mut changes, now)?;
        self.save_follows(tx, &changes)?;
        self.raise_alerts(tx, &changes.lost, now)?;
        self.append(tx, changes.events, now)?;
        Ok(stale.len())
    }
}
