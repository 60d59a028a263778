//! Audiences as stored things.

use crate::members;
use crate::plan::{Names, plan_with};
use crate::rule::Rule;
use crate::{Audience, Ctx, Scope, fold, refuse};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Engine, Param, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::sync::Arc;

/// Audiences of a workspace.
pub const AUDIENCES_MAX: i64 = 2_000;
const NAME_CHARS_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 500;
/// Days of one answer about sizes.
const HISTORY_DAYS_MAX: i32 = 800;
/// For a reader limited to stores each day's people are looked at.
const SCOPED_DAYS_MAX: i32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudienceKind {
    /// Whoever its rule fits, kept live.
    Rule,
    /// The people another audience had once.
    Frozen,
    /// Named one by one.
    List,
}

impl AudienceKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Frozen => "frozen",
            Self::List => "list",
        }
    }
    fn parse(name: &str) -> Option<Self> {
        [Self::Rule, Self::Frozen, Self::List].into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Clone, Debug)]
pub struct AudienceRow {
    pub num: i64,
    pub id: String,
    pub name: String,
    pub description: String,
    pub kind: AudienceKind,
    pub rule: Option<String>,
    /// As they were when they changed last: who was erased or merged since is still counted. [`Audience::at_a_glance`] counts who is there.
    pub people: u64,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    /// Changes whenever somebody edits it.
    pub version: i64,
    /// Why its rule cannot be evaluated: JSON with code, field, en and zh. Its people stay as they were.
    pub error: Option<String>,
    pub(crate) last_no: i64,
    pub(crate) settled: bool,
    /// What the rule meant when its members were worked out last.
    pub(crate) meaning: Option<i64>,
}

/// Who is meant.
#[derive(Clone, Debug)]
pub enum Meant {
    Rule(Rule),
    Frozen(RoaringBitmap),
    List(RoaringBitmap),
}

#[derive(Clone, Debug)]
pub struct AudienceIn {
    pub name: String,
    pub description: String,
    pub meant: Meant,
}

impl AudienceIn {
    pub fn list(name: &str, people: RoaringBitmap) -> Self {
        Self { name: name.to_owned(), description: String::new(), meant: Meant::List(people) }
    }
    pub fn rule(name: &str, rule: Rule) -> Self {
        Self { name: name.to_owned(), description: String::new(), meant: Meant::Rule(rule) }
    }
}

/// `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct AudiencePatch {
    pub name: Option<String>,
    pub description: Option<String>,
    pub rule: Option<Rule>,
}

/// One day of an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudienceDay {
    /// Days since 1970.
    pub day: i32,
    /// At its end.
    pub people: u64,
    /// How many came and went; a person may have done both, and several times.
    pub entered: u64,
    pub left: u64,
}

/// People of two days.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub entered: RoaringBitmap,
    pub left: RoaringBitmap,
    pub stayed: RoaringBitmap,
}

/// What is shown of an audience in a list, of the people a reader may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// As many as [`Audience::people_of`] finds now.
    pub people: u64,
    pub entered_today: u64,
    pub left_today: u64,
    /// The rule as a sentence; empty when there is none, or when what it names is gone.
    pub summary: String,
}

/// People of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPage {
    pub people: Vec<PersonNum>,
    pub next: Option<String>,
    pub total: u64,
}

const ROW: &str = "SELECT num, id, name, description, kind, rule, people, created_at, created_by, changed_at, version, error, last_no, settled, meaning FROM audience";

fn row(row: RowRef<'_>) -> Result<AudienceRow, DbError> {
    let kind = row.text(4)?;
    Ok(AudienceRow {
        num: row.int(0)?,
        id: row.text(1)?,
        name: row.text(2)?,
        description: row.text(3)?,
        kind: AudienceKind::parse(&kind).ok_or_else(|| DbError::Decode(format!("an audience of kind {kind}")))?,
        rule: row.opt_text(5)?,
        people: row.int(6)?.max(0) as u64,
        created_at: row.time(7)?,
        created_by: row.text(8)?,
        changed_at: row.time(9)?,
        version: row.int(10)?,
        error: row.opt_text(11)?,
        last_no: row.int(12)?,
        settled: row.flag(13)?,
        meaning: row.opt_int(14)?,
    })
}

fn checked(name: &str, description: &str) -> Result<(String, String), Refusal> {
    let name = name.trim();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(refuse::audience_name(NAME_CHARS_MAX));
    }
    if description.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(refuse::audience_description(DESCRIPTION_CHARS_MAX));
    }
    Ok((name.to_owned(), description.to_owned()))
}

impl Audience {
    /// The people an input means now, for [`Audience::create`]: worked out before the unit that writes, which holds up everybody.
    pub fn meant(&self, tx: &mut Tx<'_>, input: &AudienceIn, ctx: &Ctx) -> Result<RoaringBitmap, Refusal> {
        match &input.meant {
            Meant::Frozen(people) | Meant::List(people) => Ok(people.clone()),
            Meant::Rule(rule) => {
                let plan = self.plan(tx, rule, None, ctx)?;
                self.members(tx, &plan, &Scope::All, ctx)
            }
        }
    }
    /// Stores an audience with the people it has now. Nobody enters by it: no event tells of them.
    ///
    /// Errors: `audience_name`, `audience_description`, `audience_limit`, and those of [`Audience::plan`].
    pub fn create(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &AudienceIn,
        people: &RoaringBitmap,
        by: &str,
        ctx: &Ctx,
    ) -> Result<AudienceRow, Refusal> {
        let (name, description) = checked(&input.name, &input.description)?;
        if tx.one("SELECT COUNT(*) FROM audience", &[], |row| row.int(0))? >= AUDIENCES_MAX {
            return Err(refuse::audience_limit(AUDIENCES_MAX));
        }
        let (kind, rule) = match &input.meant {
            Meant::Rule(rule) => {
                self.plan(tx, rule, Some(id), ctx)?;
                (AudienceKind::Rule, Some(rule.to_text()))
            }
            Meant::Frozen(_) => (AudienceKind::Frozen, None),
            Meant::List(_) => (AudienceKind::List, None),
        };
        let (now, day, count) = (ctx.now, ctx.zone.day(ctx.now), people.len() as i64);
        let num = tx.one(
            "INSERT INTO audience (id, name, description, kind, rule, created_at, created_by, changed_at, version, last_no, settled, people)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $6, 1, 0, $8, $9) RETURNING num",
            params![id, &name, &description, kind.name(), rule.as_deref(), now, by, kind != AudienceKind::Rule, count],
            |row| row.int(0),
        )?;
        let body = members::stored(people);
        tx.execute(
            "INSERT INTO audience_base (audience, no, day, body) VALUES ($1, 0, $2, $3)",
            params![num, day, &body],
        )?;
        tx.execute(
            "INSERT INTO audience_day (audience, day, people, entered, gone) VALUES ($1, $2, $3, 0, 0)",
            params![num, day, count],
        )?;
        self.stored(tx, id)
    }
    /// Errors: `audience_unknown`.
    pub fn stored(&self, tx: &mut Tx<'_>, id: &str) -> Result<AudienceRow, Refusal> {
        tx.opt(&format!("{ROW} WHERE id = $1"), params![id], row)?.ok_or_else(refuse::audience_unknown)
    }
    /// Newest first; `q` is part of a name, `after` the number of the last one seen.
    pub fn all_stored(
        &self,
        tx: &mut Tx<'_>,
        q: Option<&str>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<AudienceRow>, Option<i64>), DbError> {
        let q = q.map(str::trim).filter(|q| !q.is_empty()).map(str::to_lowercase);
        let sql = format!("{ROW} WHERE num < $1 ORDER BY num DESC");
        let mut rows = tx.query(&sql, params![after.unwrap_or(i64::MAX)], row)?;
        rows.retain(|row| q.as_ref().is_none_or(|q| row.name.to_lowercase().contains(q)));
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.num);
        Ok((rows, next))
    }
    pub(crate) fn live_rows(&self, tx: &mut Tx<'_>) -> Result<Vec<AudienceRow>, DbError> {
        tx.query(&format!("{ROW} ORDER BY num"), &[], row)
    }

    /// The people a changed rule means now, for [`Audience::change`].
    pub fn meant_by(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        patch: &AudiencePatch,
        ctx: &Ctx,
    ) -> Result<Option<RoaringBitmap>, Refusal> {
        let Some(rule) = &patch.rule else { return Ok(None) };
        let plan = self.plan(tx, rule, Some(id), ctx)?;
        self.members(tx, &plan, &Scope::All, ctx).map(Some)
    }
    /// Changes an audience. People who come or go by a new rule are counted, but no event tells of them: nobody did anything.
    ///
    /// Errors: `audience_unknown`, `audience_fixed`, `audience_name`, `audience_description`, and those of [`Audience::plan`].
    pub fn change(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        patch: &AudiencePatch,
        people: Option<&RoaringBitmap>,
        ctx: &Ctx,
    ) -> Result<AudienceRow, Refusal> {
        let own = self.stored(tx, id)?;
        let (name, description) =
            (patch.name.as_ref().unwrap_or(&own.name), patch.description.as_ref().unwrap_or(&own.description));
        let (name, description) = checked(name, description)?;
        let sql = "UPDATE audience SET name = $1, description = $2, version = version + 1 WHERE num = $3";
        tx.execute(sql, params![&name, &description, own.num])?;
        if let Some(rule) = &patch.rule {
            if own.kind != AudienceKind::Rule {
                return Err(refuse::audience_fixed());
            }
            self.plan(tx, rule, Some(id), ctx)?;
            let sql = "UPDATE audience SET rule = $1, changed_at = $2, settled = 0, error = NULL WHERE num = $3";
            tx.execute(sql, params![&rule.to_text(), ctx.now, own.num])?;
            if let Some(people) = people {
                let before = members::on(tx, own.num, None)?.unwrap_or_default();
                let change = Change {
                    entered: people - &before,
                    gone: &before - people,
                    counted: ((people - &before).len(), (&before - people).len()),
                    people: people.len(),
                };
                record(tx, own.num, own.last_no, &change, ctx.zone.day(ctx.now), ctx.now)?;
            }
        }
        self.stored(tx, id)
    }
    /// Errors: `audience_unknown`, `audience_used` naming who uses it.
    pub fn delete(&self, tx: &mut Tx<'_>, id: &str) -> Result<AudienceRow, Refusal> {
        let own = self.stored(tx, id)?;
        let names = |rule: &Option<String>| {
            rule.as_deref()
                .and_then(|rule| Rule::from_text(rule).ok())
                .is_some_and(|rule| rule.audiences().iter().any(|named| named == id))
        };
        let mut users: Vec<String> = Vec::new();
        users.extend(self.live_rows(tx)?.into_iter().filter(|other| names(&other.rule)).map(|other| other.name));
        users.extend(self.people.tags(tx)?.into_iter().filter(|tag| names(&tag.rule)).map(|tag| tag.name));
        if let Some(user) = users.first() {
            return Err(refuse::audience_used(user));
        }
        for table in ["audience_base", "audience_change", "audience_day"] {
            tx.execute(&format!("DELETE FROM {table} WHERE audience = $1"), params![own.num])?;
        }
        tx.execute("DELETE FROM audience WHERE num = $1", params![own.num])?;
        Ok(own)
    }

    /// Who is in it, as people now: on a day (at its end), or at present. Errors: `audience_day`.
    pub fn people_of(
        &self,
        tx: &mut Tx<'_>,
        own: &AudienceRow,
        day: Option<i32>,
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<RoaringBitmap, Refusal> {
        let today = ctx.zone.day(ctx.now);
        let stored = match day {
            Some(day) if day > today => return Err(refuse::audience_day(&own.name)),
            Some(day) => members::on(tx, own.num, Some(day))?.ok_or_else(|| refuse::audience_day(&own.name))?,
            None => Arc::unwrap_or_clone(self.now(tx, own.num)?),
        };
        self.visible_of(tx, &stored, scope, ctx)
    }
    fn now(&self, tx: &mut Tx<'_>, num: i64) -> Result<Arc<RoaringBitmap>, DbError> {
        match &self.memory {
            Some(memory) => Ok(memory.lists.now(tx, num)?.map(|(set, _)| set).unwrap_or_default()),
            None => Ok(Arc::new(members::on(tx, num, None)?.unwrap_or_default())),
        }
    }
    /// What a list shows of these audiences, in their order: what they share is read once.
    pub fn at_a_glance(
        &self,
        tx: &mut Tx<'_>,
        rows: &[AudienceRow],
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<Vec<Glance>, Refusal> {
        let today = ctx.zone.day(ctx.now);
        let rule = |row: &AudienceRow| row.rule.as_deref().map(Rule::from_text).transpose();
        let rules: Vec<Option<Rule>> = rows.iter().map(rule).collect::<Result<_, _>>()?;
        let names = Names::of_all(self, tx, rules.iter().flatten())?;
        let (roster, visible) = match scope {
            Scope::All => (self.roster(tx, ctx)?, None),
            scope => {
                let visible = self.visible_all(tx, scope, ctx)?;
                (self.roster(tx, ctx)?, Some(visible))
            }
        };
        let moves = if visible.is_none() { moves_on(tx, rows, today)? } else { FxHashMap::default() };
        let mut out = Vec::with_capacity(rows.len());
        for (row, rule) in rows.iter().zip(&rules) {
            let stored = self.now(tx, row.num)?;
            let (people, (entered_today, left_today)) = match &visible {
                None => (roster.count_of(&stored), moves.get(&row.num).copied().unwrap_or_default()),
                Some(visible) => {
                    let people = roster.people_of(&stored) & visible;
                    let before = members::on(tx, row.num, Some(today - 1))?;
                    let moved = before.map_or((0, 0), |before| {
                        let before = roster.people_of(&before) & visible;
                        ((&people - &before).len(), (&before - &people).len())
                    });
                    (people.len(), moved)
                }
            };
            let summary = match rule {
                // A rule whose field is gone has no sentence; the row's error says why.
                Some(rule) => plan_with(self, tx, rule, Some(&row.id), ctx, &names).map(|plan| plan.summary),
                None => Ok(String::new()),
            };
            out.push(Glance { people, entered_today, left_today, summary: summary.unwrap_or_default() });
        }
        Ok(out)
    }
    /// Waits until what is in memory is as of this transaction. For whoever stores people or tells them from strangers: those who came a moment
    /// ago are nobody to a memory that does not know them yet.
    pub fn catch_up(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Refusal> {
        match &self.memory {
            Some(memory) => memory.shelf.follow_all(tx, ctx).map(drop),
            None => Ok(()),
        }
    }
    /// Stored numbers as the people they are now whom a reader may see.
    pub(crate) fn visible_of(
        &self,
        tx: &mut Tx<'_>,
        stored: &RoaringBitmap,
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<RoaringBitmap, Refusal> {
        let people = self.roster(tx, ctx)?.people_of(stored);
        match scope {
            Scope::All => Ok(people),
            scope => Ok(people & self.visible_all(tx, scope, ctx)?),
        }
    }
    /// A page of the people of a set, the highest number first.
    pub fn page_of(people: &RoaringBitmap, after: Option<&str>, limit: usize) -> Result<MemberPage, Refusal> {
        let after: Option<PersonNum> = after.map(|text| text.parse().map_err(|_| refuse::after())).transpose()?;
        let mut page: Vec<PersonNum> = match after {
            None => people.iter().rev().take(limit + 1).collect(),
            Some(after) => people.range(..after).rev().take(limit + 1).collect(),
        };
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(PersonNum::to_string);
        Ok(MemberPage { people: page, next, total: people.len() })
    }

    /// Every day from `from` to `to` since the audience was made, oldest first. Errors: `audience_span`.
    pub fn history(
        &self,
        tx: &mut Tx<'_>,
        own: &AudienceRow,
        from: i32,
        to: i32,
        ctx: &Ctx,
    ) -> Result<Vec<AudienceDay>, Refusal> {
        if from > to || to - from >= HISTORY_DAYS_MAX {
            return Err(refuse::audience_span(HISTORY_DAYS_MAX));
        }
        let (first, today) = (ctx.zone.day(own.created_at), ctx.zone.day(ctx.now));
        let rows = tx.query(
            "SELECT day, people, entered, gone FROM audience_day WHERE audience = $1 AND day <= $2 ORDER BY day",
            params![own.num, to],
            |row| {
                let n = |at| row.int(at).map(|n| n.max(0) as u64);
                Ok(AudienceDay { day: row.int(0)? as i32, people: n(1)?, entered: n(2)?, left: n(3)? })
            },
        )?;
        let mut rows = rows.into_iter().peekable();
        let mut last = 0;
        while let Some(row) = rows.next_if(|row| row.day < from) {
            last = row.people;
        }
        let mut out = Vec::new();
        for day in from.max(first)..=to.min(today) {
            match rows.next_if(|row| row.day == day) {
                Some(row) => {
                    last = row.people;
                    out.push(row);
                }
                None => out.push(AudienceDay { day, people: last, entered: 0, left: 0 }),
            }
        }
        Ok(out)
    }
    /// The same of the people a reader may see: counted day by day from who was there at the end of each. Somebody who came and went on one
    /// day is not counted. Errors: `audience_span`.
    pub fn history_within(
        &self,
        tx: &mut Tx<'_>,
        own: &AudienceRow,
        (from, to): (i32, i32),
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<Vec<AudienceDay>, Refusal> {
        if *scope == Scope::All {
            return self.history(tx, own, from, to, ctx);
        }
        if from > to || to - from >= SCOPED_DAYS_MAX {
            return Err(refuse::audience_span(SCOPED_DAYS_MAX));
        }
        let visible = self.visible_all(tx, scope, ctx)?;
        let roster = self.roster(tx, ctx)?;
        let (first, today) = (ctx.zone.day(own.created_at), ctx.zone.day(ctx.now));
        let mut before: Option<RoaringBitmap> = None;
        let mut out = Vec::new();
        for day in from.max(first) - 1..=to.min(today) {
            let Some(stored) = members::on(tx, own.num, Some(day))? else { continue };
            let people = roster.people_of(&stored) & &visible;
            if day >= from {
                let (entered, left) = match &before {
                    Some(before) => ((&people - before).len(), (before - &people).len()),
                    None => (0, 0),
                };
                out.push(AudienceDay { day, people: people.len(), entered, left });
            }
            before = Some(people);
        }
        Ok(out)
    }
    /// Memberships are right up to here, as whoever keeps them wrote last; `None` when nobody ever did.
    pub fn kept_until(&self, tx: &mut Tx<'_>) -> Result<Option<Time>, DbError> {
        tx.opt("SELECT at FROM audience_clock WHERE name = $1", params![crate::live::CLOCK], |row| row.time(0))
    }
    /// Between the ends of two days. Errors: `audience_day`.
    pub fn difference(
        &self,
        tx: &mut Tx<'_>,
        own: &AudienceRow,
        (from, to): (i32, i32),
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<Difference, Refusal> {
        let before = self.people_of(tx, own, Some(from), scope, ctx)?;
        let after = self.people_of(tx, own, Some(to), scope, ctx)?;
        Ok(Difference { entered: &after - &before, left: &before - &after, stayed: before & after })
    }
}

/// How many came into each of these audiences on a day, and went.
fn moves_on(tx: &mut Tx<'_>, rows: &[AudienceRow], day: i32) -> Result<FxHashMap<i64, (u64, u64)>, DbError> {
    let nums: Vec<i64> = rows.iter().map(|row| row.num).collect();
    let sql = format!("SELECT audience, entered, gone FROM audience_day WHERE {} AND day = $2", tx.any("audience", 1));
    let n = |row: &RowRef<'_>, at| row.int(at).map(|n| n.max(0) as u64);
    let moves = tx.query(&sql, params![&nums, day], |row| Ok((row.int(0)?, (n(&row, 1)?, n(&row, 2)?))))?;
    Ok(moves.into_iter().collect())
}

/// A change of members, ready to be written.
pub(crate) struct Change {
    pub entered: RoaringBitmap,
    pub gone: RoaringBitmap,
    /// (entered, gone) without those who only got another number.
    pub counted: (u64, u64),
    /// How many there are after it.
    pub people: u64,
}

/// A change of one audience, to be written behind its number `last`.
pub(crate) struct Next<'c> {
    pub audience: i64,
    pub last: i64,
    pub day: i32,
    pub change: &'c Change,
}

/// Writes a change behind number `last`; answers its number, or `None` when the audience is gone or has changed meanwhile.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    audience: i64,
    last: i64,
    change: &Change,
    day: i32,
    now: Time,
) -> Result<Option<i64>, DbError> {
    let written = record_all(tx, &[Next { audience, last, day, change }], now)?;
    Ok(written.then_some(last + 1))
}

/// Writes changes of different audiences, each behind its number; `false` when one of them is gone or has changed meanwhile: the caller
/// takes the unit back, part of it may be written.
pub(crate) fn record_all(tx: &mut Tx<'_>, changes: &[Next<'_>], now: Time) -> Result<bool, DbError> {
    if !numbered(tx, changes)? {
        return Ok(false);
    }
    let sets: Vec<(Vec<u8>, Vec<u8>)> =
        changes.iter().map(|own| (members::stored(&own.change.entered), members::stored(&own.change.gone))).collect();
    let mut rows: Vec<[Param<'_>; 6]> = Vec::with_capacity(changes.len());
    for (own, (entered, gone)) in changes.iter().zip(&sets) {
        let [audience, no, day] = [own.audience, own.last + 1, i64::from(own.day)].map(Param::Int);
        rows.push([audience, no, day, now.into(), Param::Blob(entered), Param::Blob(gone)]);
    }
    tx.bulk("INSERT INTO audience_change (audience, no, day, at, entered, gone)", "", &rows)?;
    let row = |own: &Next<'_>| {
        let (entered, gone) = own.change.counted;
        [own.audience, i64::from(own.day), own.change.people as i64, entered as i64, gone as i64].map(Param::Int)
    };
    let rows: Vec<[Param<'_>; 5]> = changes.iter().map(row).collect();
    tx.bulk(
        "INSERT INTO audience_day (audience, day, people, entered, gone)",
        "ON CONFLICT (audience, day) DO UPDATE SET people = excluded.people, entered = audience_day.entered + excluded.entered, gone = audience_day.gone + excluded.gone",
        &rows,
    )?;
    changes.iter().try_for_each(|own| fold::recorded(tx, own.audience, own.last + 1, own.day))?;
    Ok(true)
}
/// Gives each audience the number of its change; `false` when one of them is not at the number before.
fn numbered(tx: &mut Tx<'_>, changes: &[Next<'_>]) -> Result<bool, DbError> {
    let row = |own: &Next<'_>| [own.last + 1, own.change.people as i64, own.audience, own.last];
    let rows: Vec<[i64; 4]> = changes.iter().map(row).collect();
    let count = match tx.engine() {
        Engine::Sqlite => {
            let rows: Vec<[Param<'_>; 4]> = rows.into_iter().map(|row| row.map(Param::Int)).collect();
            tx.execute_all("UPDATE audience SET last_no = $1, people = $2 WHERE num = $3 AND last_no = $4", &rows)?
        }
        Engine::Postgres => {
            let [no, people, num, last] = [0, 1, 2, 3].map(|at| rows.iter().map(|row| row[at]).collect::<Vec<i64>>());
            let sql = "UPDATE audience SET last_no = own.no, people = own.people
                       FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[])) AS own (no, people, num, last)
                       WHERE audience.num = own.num AND audience.last_no = own.last";
            tx.execute(sql, &[Param::Ints(&no), Param::Ints(&people), Param::Ints(&num), Param::Ints(&last)])?
        }
    };
    Ok(count == changes.len() as u64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use siyu_testkit::{TestDb, contract};

    contract!(migrations(); changes_together_are_those_one_by_one, one_that_moved_takes_all_back);

    fn migrations() -> &'static [siyu_db::Migration] {
        static ALL: std::sync::OnceLock<Vec<siyu_db::Migration>> = std::sync::OnceLock::new();
        ALL.get_or_init(|| [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, crate::MIGRATIONS].concat())
    }
    const MANY: i64 = 70;

    fn made(test: &TestDb, nums: std::ops::Range<i64>) {
        let row = |tx: &mut Tx<'_>, num: i64| {
            let id = format!("aud_{num}");
            let sql = "INSERT INTO audience (num, id, name, description, kind, created_at, created_by, changed_at, version, last_no, settled, people)
                       VALUES ($1, $2, 'a', '', 'rule', 0, 'usr_1', 0, 1, 0, 1, 0)";
            tx.execute(sql, params![num, &id]).map(drop)
        };
        test.db().transact(move |tx| Ok(nums.clone().try_for_each(|num| row(tx, num))?)).unwrap();
    }
    /// A change that no other audience has.
    fn change(num: i64) -> Change {
        let [entered, gone] = [num as u32, num as u32 + 1_000].map(|person| [person].into_iter().collect());
        Change { entered, gone, counted: (num as u64, 2), people: num as u64 + 10 }
    }
    /// Everything stored of an audience, besides its number.
    fn stored(test: &TestDb, num: i64) -> String {
        let sql = "SELECT a.last_no, a.people, c.no, c.day, c.entered, c.gone, d.day, d.people, d.entered, d.gone FROM audience a
                   LEFT JOIN audience_change c ON c.audience = a.num LEFT JOIN audience_day d ON d.audience = a.num
                   WHERE a.num = $1 AND c.no IS NOT NULL ORDER BY c.no";
        let read = |row: RowRef<'_>| {
            let ints = [0, 1, 2, 3, 6, 7, 8, 9].into_iter().map(|at| row.int(at)).collect::<Result<Vec<i64>, _>>()?;
            Ok(format!("{ints:?} {:?} {:?}", members::read(&row.blob(4)?)?, members::read(&row.blob(5)?)?))
        };
        test.db().read(|tx| Ok(tx.query(sql, params![num], read)?)).unwrap().join("\n")
    }

    fn changes_together_are_those_one_by_one(test: TestDb) {
        made(&test, 1..MANY);
        made(&test, 1_001..1_000 + MANY);
        for last in 0..2 {
            let write = move |tx: &mut Tx<'_>| {
                let changes: Vec<Change> = (1..MANY).map(change).collect();
                let next = |(num, change)| Next { audience: num, last, day: 5, change };
                Ok(record_all(tx, &(1..MANY).zip(&changes).map(next).collect::<Vec<_>>(), Time(3))?)
            };
            assert!(test.db().transact(write).unwrap());
            let write = move |tx: &mut Tx<'_>| {
                for num in 1..MANY {
                    assert_eq!(record(tx, 1_000 + num, last, &change(num), 5, Time(3))?, Some(last + 1));
                }
                Ok(())
            };
            test.db().transact(write).unwrap();
        }
        for num in 1..MANY {
            let own = stored(&test, num);
            assert_eq!(own, stored(&test, 1_000 + num));
            assert_eq!(own.lines().count(), 2);
            assert!(own.contains(&format!("{:?}", change(num).entered)), "{own}");
            assert!(own.starts_with(&format!("[2, {}, 1, 5, 5, {}, {}, 4]", num + 10, num + 10, 2 * num)), "{own}");
        }
    }

    fn one_that_moved_takes_all_back(test: TestDb) {
        made(&test, 1..4);
        let write = |tx: &mut Tx<'_>| {
            let changes: Vec<Change> = (1..4).map(change).collect();
            // The second was written to by somebody else.
            let next = |(num, change)| Next { audience: num, last: i64::from(num == 2), day: 5, change };
            match record_all(tx, &(1..4).zip(&changes).map(next).collect::<Vec<_>>(), Time(3))? {
                true => Ok(()),
                false => Err(Refusal::conflict("audience_changed", "", "")),
            }
        };
        assert_eq!(test.db().transact(write).unwrap_err().code, "audience_changed");
        (1..4).for_each(|num| assert_eq!(stored(&test, num), ""));
    }
}
