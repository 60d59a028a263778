//! Keeping the history of members short: of a day that is over one change is left, within a day they are folded now and then, and a base is
//! written after some days, so that whoever wants the members of a day replays a bounded number of changes.

use crate::members::{self, At};
use roaring::RoaringBitmap;
use siyu_db::{DbError, Tx, params};

/// Within a day the changes of an audience are folded at every so many.
const DAY_CHANGES: i64 = 500;
/// A base is written after so many changes: of as many days, mostly.
const BASE_CHANGES: i64 = 30;
/// Changes folded in one transaction: others get their turn between two.
const UNIT_CHANGES: i64 = 4_000;
/// Audiences and days looked at for one transaction.
const UNIT_DAYS: i64 = 400;

/// The changes of an audience on a day that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    audience: i64,
    day: i32,
    changes: i64,
}

/// How far the days before some day were folded. Days that were missed are among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The day that had begun.
    today: i32,
    /// The day and audience looked at last.
    behind: (i32, i64),
    done: bool,
}

impl Progress {
    pub fn on(self, today: i32) -> Self {
        if self.today == today { self } else { Self { today, behind: (i32::MIN, 0), done: false } }
    }
    /// What one transaction folds next, oldest first; nothing when all is done.
    pub fn next(&mut self, tx: &mut Tx<'_>) -> Result<Vec<Ended>, DbError> {
        if self.done {
            return Ok(Vec::new());
        }
        let (day, audience) = self.behind;
        let mut ended = tx.query(
            "SELECT audience, day, COUNT(*) FROM audience_change WHERE day < $1 AND (day, audience) > ($2, $3)
             GROUP BY day, audience HAVING COUNT(*) > 1 ORDER BY day, audience LIMIT $4",
            params![self.today, day, audience, UNIT_DAYS],
            |row| Ok(Ended { audience: row.int(0)?, day: row.int(1)? as i32, changes: row.int(2)? }),
        )?;
        let mut changes = 0;
        // One alone is taken however many it has.
        let fit = ended.iter().take_while(|own| {
            let first = changes == 0;
            changes += own.changes;
            first || changes <= UNIT_CHANGES
        });
        let fit = fit.count();
        self.done = fit == ended.len() && (ended.len() as i64) < UNIT_DAYS;
        ended.truncate(fit);
        if let Some(last) = ended.last() {
            self.behind = (last.day, last.audience);
        }
        Ok(ended)
    }
}

/// Leaves one change of a day that is over. Who was a member at the end of which day stays the same, but for people who were erased since:
/// they are left out.
pub(crate) fn fold(tx: &mut Tx<'_>, ended: &Ended) -> Result<(), DbError> {
    fold_day(tx, ended.audience, ended.day)
}
fn fold_day(tx: &mut Tx<'_>, audience: i64, day: i32) -> Result<(), DbError> {
    for run in runs(tx, audience, day)? {
        let [first, .., last] = run[..] else { continue };
        let (mut entered, mut gone) = (RoaringBitmap::new(), RoaringBitmap::new());
        tx.each(
            "SELECT entered, gone FROM audience_change WHERE audience = $1 AND no BETWEEN $2 AND $3 ORDER BY no",
            params![audience, first, last],
            |row| {
                let (came, went) = (members::read(&row.blob(0)?)?, members::read(&row.blob(1)?)?);
                entered -= &went;
                entered |= came;
                // Also who came on this day and went: put on a state of midday, they must go.
                gone |= went;
                Ok(())
            },
        )?;
        gone -= &entered;
        // Whoever was erased may still have to go from what came before.
        without_erased(tx, &mut entered)?;
        let (entered, gone) = (members::stored(&entered), members::stored(&gone));
        let sql = "UPDATE audience_change SET entered = $1, gone = $2 WHERE audience = $3 AND no = $4";
        if tx.execute(sql, params![&entered, &gone, audience, last])? == 0 {
            // Deleted meanwhile, with all its changes.
            return Ok(());
        }
        let sql = "DELETE FROM audience_change WHERE audience = $1 AND no >= $2 AND no < $3";
        tx.execute(sql, params![audience, first, last])?;
        // Bases within the day have done their work.
        let sql = "DELETE FROM audience_base WHERE audience = $1 AND no >= $2 AND no <= $3";
        tx.execute(sql, params![audience, first, last])?;
        let sql = "SELECT COUNT(*) FROM audience_change WHERE audience = $1 AND no <= $2
                   AND no > (SELECT MAX(no) FROM audience_base WHERE audience = $1 AND no <= $2)";
        if tx.one(sql, params![audience, last], |row| row.int(0))? >= BASE_CHANGES {
            base(tx, audience, last)?;
        }
    }
    Ok(())
}
/// Numbers of the day's changes, those apart between which there is one of another day (a clock went back, or days were caught up with).
fn runs(tx: &mut Tx<'_>, audience: i64, day: i32) -> Result<Vec<Vec<i64>>, DbError> {
    let own = tx.query(
        "SELECT no FROM audience_change WHERE audience = $1 AND day = $2 ORDER BY no",
        params![audience, day],
        |row| row.int(0),
    )?;
    let ([first, .., last] | [first @ last]) = own[..] else { return Ok(Vec::new()) };
    let between = tx.query(
        "SELECT no FROM audience_change WHERE audience = $1 AND no BETWEEN $2 AND $3 AND day <> $4 ORDER BY no",
        params![audience, first, last, day],
        |row| row.int(0),
    )?;
    let place = |no: &i64| between.partition_point(|other| other < no);
    Ok(own.chunk_by(|one, next| place(one) == place(next)).map(<[i64]>::to_vec).collect())
}

/// Folds the day so far behind the change just recorded, when it is time: a day of very many steps stays as short as others.
pub(crate) fn recorded(tx: &mut Tx<'_>, audience: i64, no: i64, day: i32) -> Result<(), DbError> {
    if no % DAY_CHANGES == 0 { fold_day(tx, audience, day) } else { Ok(()) }
}
fn base(tx: &mut Tx<'_>, audience: i64, no: i64) -> Result<(), DbError> {
    let upto = (no, i32::MAX);
    let Some(before) = members::base_before(tx, audience, upto)? else { return Ok(()) };
    let At { mut set, day, .. } = members::replayed(tx, audience, before, upto)?;
    without_erased(tx, &mut set)?;
    let body = members::stored(&set);
    // Of the latest day up to here, so that it does not count for a day before one of the changes in it.
    let sql = "INSERT INTO audience_base (audience, no, day, body) VALUES ($1, $2, $3, $4) ON CONFLICT (audience, no) DO NOTHING";
    tx.execute(sql, params![audience, no, day, &body]).map(drop)
}
fn without_erased(tx: &mut Tx<'_>, set: &mut RoaringBitmap) -> Result<(), DbError> {
    if set.is_empty() {
        return Ok(());
    }
    tx.each("SELECT num FROM erasure", &[], |row| {
        set.remove(row.num(0)?);
        Ok(())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::stored::{Change, record};
    use siyu_db::Db;
    use siyu_kernel::{Chance, Time};
    use siyu_testkit::{TestDb, contract};

    contract!(migrations(); every_day_stays_what_it_was, a_long_day_stays_short, much_is_folded_in_parts);

    fn migrations() -> &'static [siyu_db::Migration] {
        static ALL: std::sync::OnceLock<Vec<siyu_db::Migration>> = std::sync::OnceLock::new();
        ALL.get_or_init(|| [siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, crate::MIGRATIONS].concat())
    }

    const AUDIENCE: i64 = 7;

    fn made(db: &Db) {
        db.transact(|tx| {
            tx.execute(
                "INSERT INTO audience (num, id, name, description, kind, created_at, created_by, changed_at, version, last_no, settled, people)
                 VALUES ($1, 'aud_7', 'a', '', 'rule', 0, 'usr_1', 0, 1, 0, 1, 0)",
                params![AUDIENCE],
            )?;
            let body = members::stored(&RoaringBitmap::new());
            let sql = "INSERT INTO audience_base (audience, no, day, body) VALUES ($1, 0, 0, $2)";
            Ok(tx.execute(sql, params![AUDIENCE, &body]).map(drop)?)
        })
        .unwrap();
    }
    /// One person comes who is not there, or goes who is.
    fn moved(db: &Db, last: i64, day: i32, person: u32, set: &mut RoaringBitmap) {
        let one: RoaringBitmap = [person].into_iter().collect();
        let (entered, gone) =
            if set.contains(person) { (RoaringBitmap::new(), one) } else { (one, RoaringBitmap::new()) };
        *set = (&*set - &gone) | &entered;
        let people = set.len();
        db.transact(move |tx| {
            let change =
                Change { entered: entered.clone(), gone: gone.clone(), counted: (entered.len(), gone.len()), people };
            assert_eq!(record(tx, AUDIENCE, last, &change, day, Time(0))?, Some(last + 1));
            Ok(())
        })
        .unwrap();
    }
    fn days(db: &Db, to: i32) -> Vec<RoaringBitmap> {
        db.read(|tx| {
            Ok((0..=to)
                .map(|day| members::on(tx, AUDIENCE, Some(day)).map(Option::unwrap))
                .collect::<Result<_, _>>()?)
        })
        .unwrap()
    }
    fn folded(db: &Db, today: i32) {
        let mut progress = Progress::default().on(today);
        while !progress.done {
            let part = db.read(|tx| Ok(progress.next(tx)?)).unwrap();
            db.transact(move |tx| Ok(part.iter().try_for_each(|own| fold(tx, own))?)).unwrap();
        }
    }
    fn count(db: &Db, what: &str) -> i64 {
        db.read(|tx| Ok(tx.one(&format!("SELECT COUNT(*) FROM {what}"), &[], |row| row.int(0))?)).unwrap()
    }

    fn every_day_stays_what_it_was(test: TestDb) {
        let (db, chance) = (test.db(), Chance::seeded(5));
        made(db);
        let (mut set, mut last) = (RoaringBitmap::new(), 0);
        // Somebody's clock went back on day 20: its changes are not one run.
        let later = |day: i32, n: i32| if day == 20 && n == 3 { 21 } else { day };
        for day in 0..70 {
            for n in 0..6 {
                moved(db, last, later(day, n), (chance.next() % 12) as u32, &mut set);
                last += 1;
                // The members in the middle of every day, as somebody may remember them, and the rest of it folded.
                if day % 10 == 5 && n == 2 {
                    let (before, midday) = (days(db, day), set.clone());
                    for n in 3..6 {
                        moved(db, last, later(day, n), (chance.next() % 12) as u32, &mut set);
                        last += 1;
                    }
                    folded(db, day + 1);
                    let kept = At { set: midday, no: last - 3, day };
                    let all = db.read(|tx| Ok(members::replayed(tx, AUDIENCE, kept, (i64::MAX, i32::MAX))?)).unwrap();
                    assert_eq!((all.set, all.no), (set.clone(), last), "day {day}");
                    assert_eq!(days(db, day - 1), before[..day as usize], "day {day}");
                    break;
                }
            }
            let before = days(db, day + 1);
            assert_eq!(before[day as usize + 1], set);
            folded(db, day + 1);
            assert_eq!(days(db, day + 1), before, "day {day}");
        }
        // Day 20 in two runs, and day 21 in two: the change that was written as if of it before.
        assert_eq!(count(db, "audience_change"), 70 + 2);
        assert_eq!(
            count(db, "audience_change c WHERE (SELECT COUNT(*) FROM audience_change o WHERE o.day = c.day) > 1"),
            4
        );
        assert_eq!(count(db, "audience_base"), 1 + 2, "every thirty days");
        assert!(days(db, 70).last().unwrap() == &set && set.len() > 1);
    }

    fn a_long_day_stays_short(test: TestDb) {
        let db = test.db();
        made(db);
        let mut set = RoaringBitmap::new();
        for n in 0..DAY_CHANGES + 10 {
            moved(db, n, 3, (n % 300) as u32, &mut set);
        }
        assert_eq!((count(db, "audience_base"), count(db, "audience_change")), (1, 11));
        assert_eq!((&days(db, 3)[3], days(db, 3)[2].len()), (&set, 0));
        // Somebody who remembers the members of before goes on from there.
        let kept = At { set: [0, 299, 5_000].into_iter().collect(), no: 7, day: 3 };
        let now = db.read(|tx| Ok(members::replayed(tx, AUDIENCE, kept, (i64::MAX, i32::MAX))?.set)).unwrap();
        assert_eq!(&now - &set, [5_000].into_iter().collect());
        folded(db, 4);
        assert_eq!(count(db, "audience_change"), 1);
        assert_eq!((&days(db, 3)[3], days(db, 3)[2].len()), (&set, 0));
    }

    fn much_is_folded_in_parts(test: TestDb) {
        let db = test.db();
        made(db);
        let body = members::stored(&RoaringBitmap::new());
        db.transact(move |tx| {
            let sql =
                "INSERT INTO audience_change (audience, no, day, at, entered, gone) VALUES ($1, $2, 3, 0, $3, $3)";
            for audience in 0..UNIT_DAYS + 1 {
                (0..11).try_for_each(|no| tx.execute(sql, params![audience, no, &body]).map(drop))?;
            }
            Ok(())
        })
        .unwrap();
        let mut progress = Progress::default().on(4);
        let (mut parts, mut seen) = (Vec::new(), 0);
        while !progress.done {
            let part = db.read(|tx| Ok(progress.next(tx)?)).unwrap();
            seen += part.iter().map(|own| own.changes).sum::<i64>();
            parts.push(part.len() as i64);
        }
        assert_eq!(parts, [UNIT_CHANGES / 11, UNIT_DAYS + 1 - UNIT_CHANGES / 11]);
        assert_eq!(seen, (UNIT_DAYS + 1) * 11);
        assert_eq!(db.read(|tx| Ok(progress.next(tx)?)).unwrap(), []);
        assert!(!progress.on(5).done && progress.on(4).done);
    }
}
