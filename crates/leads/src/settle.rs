//! What the mirror and the orders say of leads.

use crate::events::Move;
use crate::model::{COLUMNS, FROM, OPEN, read};
use crate::refuse::went;
use crate::{Lead, Leads, State};
use rustc_hash::FxHashMap;
use siyu_contacts::Added;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

/// A friendship that began.
#[derive(Clone, Debug)]
struct Friend<'a> {
    staff: &'a str,
    at: Time,
}

impl Leads {
    /// Relations that began, in the unit that mirrors them: whoever was a lead is a friend now. One that the member has yet to confirm is none so far.
    pub fn added(&self, tx: &mut Tx<'_>, adds: &[Added], now: Time) -> Result<(), Refusal> {
        let nums: Vec<PersonNum> = adds.iter().filter(|own| !own.half).map(|own| own.num).collect();
        if nums.is_empty() {
            return Ok(());
        }
        let mut roots = self.inner.people.roots(tx, &nums)?;
        let full = adds.iter().filter(|own| !own.half);
        let fresh: FxHashMap<PersonNum, Friend<'_>> =
            roots.iter().copied().zip(full.map(|own| Friend { staff: &own.staff, at: own.at })).collect();
        roots.sort_unstable();
        roots.dedup();
        self.befriended(tx, &roots, &fresh, now).map(drop)
    }
    /// People became one: of their leads one stays, and a friend is a lead no more.
    pub fn merged(&self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<(), Refusal> {
        let now = self.now();
        let mut roots = roots.to_vec();
        roots.sort_unstable();
        roots.dedup();
        self.unite(tx, &roots, now)?;
        self.befriended(tx, &roots, &FxHashMap::default(), now).map(drop)
    }

    /// One person became two again: whoever has no lead but one that ended because they were thought to be the other is in the pool again, unless
    /// they have said no or are a friend. `sides`: the identities of each.
    pub fn parted(&self, tx: &mut Tx<'_>, sides: &[&[PersonNum]], by: &str, now: Time) -> Result<(), Refusal> {
        for nodes in sides {
            let Some(lead) = self.of_person(tx, nodes)? else { continue };
            if lead.state != State::Merged || self.has_refused(tx, nodes)? {
                continue;
            }
            let own = Move { how: "put", reason: "other_person", by, ..Move::default() };
            if went(self.back(tx, &lead, &own, now))? {
                self.befriended(tx, &[lead.root], &FxHashMap::default(), now)?;
            }
        }
        Ok(())
    }

    /// Leads of these people that have not ended, or are friends.
    fn open_of(&self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<Vec<Lead>, Refusal> {
        let nums: Vec<i64> = roots.iter().map(|root| i64::from(*root)).collect();
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE l.num IN (SELECT num FROM person WHERE {} UNION ALL SELECT num FROM person WHERE {} AND root <> num)
               AND l.state IN {OPEN} ORDER BY l.created_at, l.id",
            tx.any("num", 1),
            // Only those who are not their own root lie in an index by root.
            tx.any("root", 1)
        );
        let rows = tx.query(&sql, params![&nums], read)?;
        rows.into_iter().map(|row| self.opened(row)).collect()
    }

    /// Of leads whose people became one, one stays: the one that is held, else the older. Answers how many ended.
    fn unite(&self, tx: &mut Tx<'_>, roots: &[PersonNum], now: Time) -> Result<usize, Refusal> {
        let mut of: FxHashMap<PersonNum, Vec<Lead>> = FxHashMap::default();
        for lead in self.open_of(tx, roots)? {
            of.entry(lead.root).or_default().push(lead);
        }
        let mut all: Vec<_> = of.into_iter().filter(|(_, leads)| leads.len() > 1).collect();
        all.sort_unstable_by_key(|(root, _)| *root);
        let mut count = 0;
        for (_, mut leads) in all {
            leads.sort_by_key(|own| (!own.state.held(), own.taken_at, own.created_at));
            for lead in &leads[1..] {
                let own = Move { what: "merged", staff: "", how: "clock", reason: "same_person", ..Move::default() };
                count += usize::from(went(self.end(tx, lead, State::Merged, &own, now))?);
            }
        }
        Ok(count)
    }

    /// Leads of people who are friends now. `fresh`: friendships that have just begun, by root; for others the mirror is asked.
    fn befriended(
        &self,
        tx: &mut Tx<'_>,
        roots: &[PersonNum],
        fresh: &FxHashMap<PersonNum, Friend<'_>>,
        now: Time,
    ) -> Result<usize, Refusal> {
        let mut count = 0;
        for lead in self.open_of(tx, roots)? {
            let nodes = self.inner.people.nodes(tx, lead.root)?;
            let found = match fresh.get(&lead.root) {
                Some(own) => Some((own.staff.to_owned(), own.at)),
                None => self.relation(tx, &lead, &nodes)?,
            };
            let Some((staff, at)) = found else { continue };
            // Who let a friend lie idle had them before; only a new friendship ends that lead. WeCom tells whole seconds.
            let older = at.plus_seconds(1) < lead.pooled_at;
            if lead.source == "idle" && older {
                continue;
            }
            let reason = match () {
                () if older => "known",
                () if lead.state.held() && lead.staff != staff => "by_other",
                () => "",
            };
            let own = Move { what: "added", staff: &staff, how: "clock", reason, ..Move::default() };
            count += usize::from(went(self.end(tx, &lead, State::Added, &own, now))?);
        }
        Ok(count)
    }

    /// The living relation that counts: the holder's, else the oldest of those that began since the person is a lead, else the oldest.
    fn relation(&self, tx: &mut Tx<'_>, lead: &Lead, nodes: &[PersonNum]) -> Result<Option<(String, Time)>, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "SELECT f.staff, f.created_at FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id WHERE {} AND f.status = 0
             ORDER BY CASE WHEN f.staff = $2 AND f.created_at >= $3 THEN 0 WHEN f.created_at >= $3 THEN 1 ELSE 2 END, f.created_at, f.staff",
            tx.any("c.num", 1)
        );
        let since = lead.pooled_at.plus_seconds(-1);
        Ok(tx.opt(&sql, params![&nums, &lead.staff, since], |row| Ok((row.text(0)?, row.time(1)?)))?)
    }

    /// What no unit has told: friends and duplicates that came by merges elsewhere, orders, holders who have left. It goes through all that is open.
    pub(crate) fn unseen(&self, tx: &mut Tx<'_>, now: Time) -> Result<Unseen, Refusal> {
        const MANY: i64 = 200;
        let sql = format!(
            "SELECT DISTINCT p.root FROM lead l CROSS JOIN person p WHERE p.num = l.num AND l.state IN {OPEN} AND EXISTS
               (SELECT 1 FROM wecom_contact c CROSS JOIN wecom_follow f WHERE f.contact = c.id AND f.status = 0 AND (l.source <> 'idle' OR f.created_at >= l.pooled_at)
                  AND c.num IN (SELECT p.root UNION ALL SELECT n.num FROM person n WHERE n.root = p.root AND n.root <> n.num)) ORDER BY p.root LIMIT $1"
        );
        let friends = tx.query(&sql, params![MANY], |row| row.num(0))?;
        let sql = format!(
            "SELECT p.root FROM lead l JOIN person p ON p.num = l.num WHERE l.state IN {OPEN} GROUP BY p.root HAVING COUNT(*) > 1 ORDER BY p.root LIMIT $1"
        );
        let twice = tx.query(&sql, params![MANY], |row| row.num(0))?;
        let since = now.plus_days(-self.settings(tx)?.won_days);
        let sql = format!("SELECT l.id {FROM} WHERE {WON} ORDER BY l.id LIMIT $2");
        let won = tx.query(&sql, params![since, MANY], |row| row.text(0))?;
        let sql = format!("SELECT l.id {FROM} WHERE {LEFT} ORDER BY l.id LIMIT $1");
        let left = tx.query(&sql, params![MANY], |row| row.text(0))?;
        Ok(Unseen { friends, twice, won, left })
    }

    /// Moves what was found, as far as it still is so. Answers how many moved.
    pub(crate) fn sweep(&self, tx: &mut Tx<'_>, found: &Unseen, now: Time) -> Result<usize, Refusal> {
        let mut count = self.unite(tx, &found.twice, now)?;
        count += self.befriended(tx, &found.friends, &FxHashMap::default(), now)?;
        let since = now.plus_days(-self.settings(tx)?.won_days);
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE {} AND {WON} ORDER BY l.id", tx.any("l.id", 2));
        for row in tx.query(&sql, params![since, &found.won], read)? {
            let lead = self.opened(row)?;
            let own = Move { what: "won", staff: &lead.staff, how: "clock", reason: "order", ..Move::default() };
            count += usize::from(went(self.end(tx, &lead, State::Won, &own, now))?);
        }
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE {} AND {LEFT} ORDER BY l.id", tx.any("l.id", 1));
        for row in tx.query(&sql, params![&found.left], read)? {
            let lead = self.opened(row)?;
            let own = Move { how: "clock", reason: "staff_left", ..Move::default() };
            count += usize::from(went(self.back(tx, &lead, &own, now))?);
        }
        Ok(count)
    }
}

/// Taken by somebody, and the person bought afterwards. An order of somebody whose lead nobody worked on is nobody's success.
const WON: &str = "l.state IN ('claimed', 'contacted', 'added') AND l.taken_at >= $1
    AND EXISTS (SELECT 1 FROM customer k WHERE k.root = p.root AND k.orders > 0 AND k.last_at >= l.taken_at)";
const LEFT: &str =
    "l.state IN ('claimed', 'contacted') AND (s.key IS NULL OR s.gone_at IS NOT NULL OR s.status NOT IN (1, 4))";

/// Found by looking through everything; by root, and by lead.
#[derive(Debug, Default)]
pub(crate) struct Unseen {
    friends: Vec<PersonNum>,
    twice: Vec<PersonNum>,
    won: Vec<String>,
    left: Vec<String>,
}
