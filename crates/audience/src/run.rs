//! Rule tags: given to whom the rule fits, taken from whom it fits no more.

use crate::plan::Plan;
use crate::rule::Rule;
use crate::scope::Scope;
use crate::{Audience, Ctx, refuse};
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};
use siyu_db::{Db, DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::{Tag, TagKind, TagMark};
use std::hash::Hasher;

/// People in one transaction: others get their turn between two.
const UNIT_PEOPLE: usize = 2_000;
/// A tag whose data changed is evaluated again after this long.
const FRESH_SECONDS: i64 = 5 * 60;
/// A tag is evaluated again after this long even if nothing seems to have changed: not every change leaves a trace in the counts.
const STALE_SECONDS: i64 = 60 * 60;

/// What evaluating one rule tag did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunReport {
    pub added: u64,
    pub removed: u64,
    /// Who carries it now.
    pub people: u64,
}

/// What a round of the background job did.
#[derive(Debug, Default)]
pub struct DueReport {
    pub evaluated: usize,
    pub added: u64,
    pub removed: u64,
    /// Tags that had run out.
    pub expired: usize,
    /// (tag's id, why its rule could not be evaluated): its people keep the tag until it can.
    pub failed: Vec<(String, Refusal)>,
}

/// What a tag's last evaluation saw.
#[derive(Serialize, Deserialize)]
struct Seen {
    rule: u64,
    data: String,
    at: i64,
}

struct Job {
    tag: Tag,
    summary: String,
    seen: String,
    give: Vec<PersonNum>,
    take: Vec<PersonNum>,
    people: u64,
}

impl Audience {
    /// Evaluates a rule tag now. `by` is written into the lineage (`system` for the background job).
    ///
    /// Errors: `tag_unknown`, `tag_not_rule`, and those of [`Audience::plan`]. When it ends early, what was done stays, and running
    /// again does the rest.
    pub fn run_tag(&self, db: &Db, id: &str, by: &str, ctx: &Ctx) -> Result<RunReport, Refusal> {
        let job = db.read(|tx| self.job(tx, id, ctx))?;
        let mut report = RunReport { people: job.people, ..RunReport::default() };
        for part in job.give.chunks(UNIT_PEOPLE) {
            report.added += self.unit(db, &job, part, true, by, ctx.now)?;
        }
        for part in job.take.chunks(UNIT_PEOPLE) {
            report.removed += self.unit(db, &job, part, false, by, ctx.now)?;
        }
        let (audience, now, tag, seen) = (self.clone(), ctx.now, job.tag.num, job.seen);
        db.transact(move |tx| {
            audience.people.mark_evaluated(tx, tag, now)?;
            Ok(remember(tx, tag, &seen)?)
        })?;
        Ok(report)
    }

    fn job(&self, tx: &mut Tx<'_>, id: &str, ctx: &Ctx) -> Result<Job, Refusal> {
        let tag = self.people.tag(tx, id)?;
        let plan = self.plan_of(tx, &tag, ctx)?;
        let wanted = self.members(tx, &plan, &Scope::All, ctx)?;
        // One that has run out and was not swept yet is given anew.
        let mut held = RoaringBitmap::new();
        let mut take = Vec::new();
        let sql =
            "SELECT t.num, p.root, t.expires_at FROM person_tag t JOIN person p ON p.num = t.num WHERE t.tag = $1";
        tx.each(sql, params![tag.num], |row| {
            let (num, root) = (row.num(0)?, row.num(1)?);
            if !wanted.contains(root) {
                take.push(num);
            } else if row.opt_time(2)?.is_none_or(|at| at > ctx.now) {
                held.insert(root);
            }
            Ok(())
        })?;
        let seen = self.seen(tx, &tag, ctx.now)?;
        let people = wanted.len();
        Ok(Job { summary: plan.summary, give: (wanted - held).into_iter().collect(), take, people, seen, tag })
    }
    fn plan_of(&self, tx: &mut Tx<'_>, tag: &Tag, ctx: &Ctx) -> Result<Plan, Refusal> {
        let text = tag.rule.as_deref().filter(|_| tag.kind == TagKind::Rule).ok_or_else(refuse::not_a_rule_tag)?;
        self.plan(tx, &Rule::from_text(text)?, Some(&tag.id), ctx)
    }

    /// Gives or takes; answers how many people.
    fn unit(&self, db: &Db, job: &Job, part: &[PersonNum], give: bool, by: &str, now: Time) -> Result<u64, Refusal> {
        let (people, tag, part) = (self.people.clone(), job.tag.num, part.to_vec());
        let (by, why) = (by.to_owned(), job.summary.clone());
        db.transact(move |tx| {
            let mark = TagMark { by: &by, source: "rule", why: &why, expires_at: None };
            if !give {
                people.take_tag(tx, tag, &part, &mark, now)?;
                return roots(tx, &part);
            }
            let alive = alive(tx, &part)?;
            people.give_tag(tx, tag, &alive, &mark, now)?;
            Ok(alive.len() as u64)
        })
    }

    /// Rule tags to be evaluated: never evaluated, the rule changed, a day has begun, or enough time has passed since the data changed.
    /// Those that other rules ask for come first.
    pub fn due_tags(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Tag>, Refusal> {
        let tags: Vec<Tag> = self.people.tags(tx)?.into_iter().filter(|tag| tag.kind == TagKind::Rule).collect();
        let depth = depths(&tags);
        let data = self.data_mark(tx)?;
        let mut due = Vec::new();
        for tag in tags {
            let text =
                tx.opt("SELECT value FROM setting WHERE name = $1", params![&setting(tag.num)], |row| row.text(0))?;
            let seen: Option<Seen> = text.and_then(|text| serde_json::from_str(&text).ok());
            if seen.is_none_or(|seen| is_due(&seen, &tag, &data, ctx)) {
                due.push(tag);
            }
        }
        due.sort_by_key(|tag| (depth.get(&tag.id).copied().unwrap_or(0), tag.num));
        Ok(due)
    }

    /// One round of the background job: sweeps what has run out, then evaluates what is due. A rule that cannot be evaluated stops no
    /// other. Safe to run beside itself, but a waste: hold a lease.
    pub fn run_due(&self, db: &Db, ctx: &Ctx) -> Result<DueReport, Refusal> {
        let mut report = DueReport { expired: self.sweep(db, ctx.now)?, ..DueReport::default() };
        for tag in db.read(|tx| self.due_tags(tx, ctx))? {
            match self.run_tag(db, &tag.id, "system", ctx) {
                Ok(run) => {
                    report.evaluated += 1;
                    report.added += run.added;
                    report.removed += run.removed;
                }
                Err(refusal) => {
                    tracing::warn!(tag = %tag.id, code = refusal.code, place = refusal.field, "a rule tag could not be evaluated");
                    self.postpone(db, tag.clone(), ctx.now)?;
                    report.failed.push((tag.id, refusal));
                }
            }
        }
        Ok(report)
    }
    /// Takes away tags that have run out; answers how many.
    pub fn sweep(&self, db: &Db, now: Time) -> Result<usize, Refusal> {
        let mut swept = 0;
        loop {
            let people = self.people.clone();
            let part = db.transact(move |tx| people.expire_tags(tx, now, UNIT_PEOPLE as i64))?;
            swept += part;
            if part < UNIT_PEOPLE {
                return Ok(swept);
            }
        }
    }
    /// A rule that fails is asked again when something changes, not every round.
    fn postpone(&self, db: &Db, tag: Tag, now: Time) -> Result<(), Refusal> {
        let audience = self.clone();
        db.transact(move |tx| {
            let seen = audience.seen(tx, &tag, now)?;
            Ok(remember(tx, tag.num, &seen)?)
        })
    }

    fn seen(&self, tx: &mut Tx<'_>, tag: &Tag, now: Time) -> Result<String, Refusal> {
        let seen = Seen { rule: digest(tag), data: self.data_mark(tx)?, at: now.0 };
        serde_json::to_string(&seen).map_err(Refusal::internal)
    }
    /// Changes whenever events, merges, tags or orders do.
    fn data_mark(&self, tx: &mut Tx<'_>) -> Result<String, DbError> {
        let (events, system) = self.log.totals(tx)?;
        let sql = "SELECT CAST(COALESCE(SUM(orders), 0) AS BIGINT), CAST(COALESCE(SUM(amount), 0) AS BIGINT), CAST(COALESCE(SUM(refunded), 0) AS BIGINT) FROM sales_total";
        let (orders, amount, refunded) = tx.one(sql, &[], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?)))?;
        let people = tx.one("SELECT COALESCE(MAX(num), 0) FROM person", &[], |row| row.int(0))?;
        Ok(format!("{events}.{system}.{people}.{orders}.{amount}.{refunded}"))
    }
}

fn is_due(seen: &Seen, tag: &Tag, data: &str, ctx: &Ctx) -> bool {
    let age = ctx.now.0.saturating_sub(seen.at) / 1_000_000;
    let changed = seen.data != data && age >= FRESH_SECONDS;
    seen.rule != digest(tag) || changed || age >= STALE_SECONDS || ctx.zone.day(Time(seen.at)) != ctx.zone.day(ctx.now)
}
/// Only compared with itself; another version of the program may evaluate once more.
fn digest(tag: &Tag) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(tag.rule.as_deref().unwrap_or_default().as_bytes());
    hasher.write_i64(tag.ttl_days.unwrap_or(0));
    hasher.finish()
}
fn setting(tag: i64) -> String {
    format!("rule_tag:{tag}")
}
fn remember(tx: &mut Tx<'_>, tag: i64, seen: &str) -> Result<(), DbError> {
    let sql =
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.execute(sql, params![&setting(tag), seen]).map(drop)
}

/// How many tags stand between a rule and the data.
fn depths(tags: &[Tag]) -> FxHashMap<String, usize> {
    let asked = |tag: &Tag| {
        tag.rule.as_deref().and_then(|rule| Rule::from_text(rule).ok()).map(|rule| rule.tags()).unwrap_or_default()
    };
    let asks: Vec<(String, Vec<String>)> = tags.iter().map(|tag| (tag.id.clone(), asked(tag))).collect();
    let mut depth: FxHashMap<String, usize> = FxHashMap::default();
    // Each round settles one more level; rules cannot go in circles, and if some did, the rounds would end all the same.
    for _ in 0..tags.len().min(20) {
        for (id, of) in &asks {
            let deepest = of.iter().filter_map(|id| depth.get(id)).max().map_or(0, |deepest| deepest + 1);
            depth.insert(id.clone(), deepest);
        }
    }
    depth
}

/// Those not erased since the rule was evaluated.
fn alive(tx: &mut Tx<'_>, people: &[PersonNum]) -> Result<Vec<PersonNum>, DbError> {
    let list: Vec<i64> = people.iter().map(|num| i64::from(*num)).collect();
    let sql = format!("SELECT num FROM person WHERE state = 0 AND {} ORDER BY num", tx.any("num", 1));
    tx.query(&sql, params![&list], |row| row.num(0))
}
fn roots(tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<u64, Refusal> {
    let list: Vec<i64> = nodes.iter().map(|num| i64::from(*num)).collect();
    let sql = format!("SELECT COUNT(DISTINCT root) FROM person WHERE {}", tx.any("num", 1));
    Ok(tx.one(&sql, params![&list], |row| row.int(0))? as u64)
}
