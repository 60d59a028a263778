//! Going through people in an order: along an index when many fit, by sorting them when few do.

use crate::eval::{Eval, Merges};
use crate::list::Sort;
use crate::set::Set;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, params};
use siyu_kernel::{PersonNum, Refusal};
use std::cmp::Reverse;
use std::rc::Rc;

/// Where somebody stands in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Has a row of totals; those without come after all who have. Always true where the order needs none.
    pub ordered: bool,
    /// The value sorted by; for the time of creation the number of the oldest node, since numbers are given out in that order.
    pub key: i64,
    pub root: PersonNum,
}

/// Up to here fetching and sorting all is cheaper than looking for them along an index.
const SORT_MAX: u64 = 20_000;
/// Rows read at a time when some of them do not fit.
const CHUNK: usize = 2_000;

pub(crate) struct Walk<'e, 'c> {
    eval: Eval<'e, 'c>,
    set: Set,
    sort: Sort,
}

impl<'e, 'c> Walk<'e, 'c> {
    pub fn new(mut eval: Eval<'e, 'c>, set: Set, sort: Sort) -> Result<Self, Refusal> {
        let set = match set {
            these @ Set::These(_) => Set::These(eval.people(these)?),
            all_but => all_but,
        };
        Ok(Self { eval, set, sort })
    }
    pub fn total(&self) -> Option<u64> {
        match &self.set {
            Set::These(set) => Some(set.len()),
            Set::AllBut(_) => None,
        }
    }
    /// The next `n` after a place.
    pub fn take(&mut self, after: Option<Place>, n: usize) -> Result<Vec<Place>, Refusal> {
        let Some(column) = self.sort.column() else { return Ok(self.by_creation(after.map(|place| place.key), n)?) };
        if let Set::These(set) = &self.set
            && set.len() <= SORT_MAX
        {
            let set = set.clone();
            return Ok(self.sorted(column, &set, after, n)?);
        }
        let mut out = Vec::with_capacity(n);
        if after.is_none_or(|place| place.ordered) {
            self.along_totals(column, after, n, &mut out)?;
        }
        if out.len() < n {
            self.without_totals(column, after.filter(|place| !place.ordered), n, &mut out)?;
        }
        Ok(out)
    }

    fn by_creation(&mut self, after: Option<i64>, n: usize) -> Result<Vec<Place>, DbError> {
        if let Set::These(set) = &self.set {
            let set = set.clone();
            let merges = self.eval.merges()?;
            return Ok(self.by_oldest(&set, &merges, after, n));
        }
        let descending = self.sort == Sort::CreatedDesc;
        let (sign, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
        let sql = format!(
            "SELECT p.num, p.root FROM person p WHERE p.num {sign} $1 AND p.state = 0 AND p.num <= p.root
               AND NOT EXISTS (SELECT 1 FROM person m WHERE m.root = p.root AND m.root <> m.num AND m.num < p.num)
             ORDER BY p.num {direction} LIMIT $2"
        );
        let mut from = after.unwrap_or(if descending { i64::MAX } else { 0 });
        self.chunks(n, |walk, size| {
            let rows = walk.eval.tx.query(&sql, params![from, size as i64], |row| Ok((row.int(0)?, row.num(1)?)))?;
            from = rows.last().map_or(from, |(num, _)| *num);
            Ok(rows.into_iter().map(|(key, root)| Place { ordered: true, key, root }).collect())
        })
    }
    fn by_oldest(&self, set: &RoaringBitmap, merges: &Rc<Merges>, after: Option<i64>, n: usize) -> Vec<Place> {
        let mut keys = set.clone();
        let mut root_of: FxHashMap<u32, PersonNum> = FxHashMap::default();
        // First all out, then all in: the oldest node of one may have the number of none of the others.
        for (root, oldest) in merges.oldest.iter().filter(|(root, oldest)| root != oldest && set.contains(**root)) {
            keys.remove(*root);
            root_of.insert(*oldest, *root);
        }
        keys.extend(root_of.keys().copied());
        let at =
            |key: u32| Place { ordered: true, key: i64::from(key), root: root_of.get(&key).copied().unwrap_or(key) };
        let after = after.map(|key| u32::try_from(key).unwrap_or(if key < 0 { 0 } else { u32::MAX }));
        match (self.sort, after) {
            (Sort::CreatedDesc, None) => keys.iter().rev().take(n).map(at).collect(),
            (Sort::CreatedDesc, Some(after)) => keys.range(..after).rev().take(n).map(at).collect(),
            (_, None) => keys.iter().take(n).map(at).collect(),
            (_, Some(u32::MAX)) => Vec::new(),
            (_, Some(after)) => keys.range(after + 1..).take(n).map(at).collect(),
        }
    }

    fn sorted(
        &mut self,
        column: &str,
        set: &RoaringBitmap,
        after: Option<Place>,
        n: usize,
    ) -> Result<Vec<Place>, DbError> {
        let list: Vec<i64> = set.iter().map(i64::from).collect();
        let one_of = self.eval.tx.any("root", 2);
        let sql =
            format!("SELECT root, {column} FROM customer WHERE currency = $1 AND {column} IS NOT NULL AND {one_of}");
        let currency = self.eval.ctx.currency;
        let rows = self.eval.tx.query(&sql, params![currency.code(), &list], |row| Ok((row.num(0)?, row.int(1)?)))?;
        let totals: FxHashMap<PersonNum, i64> = rows.into_iter().collect();
        let mut places: Vec<Place> = set
            .iter()
            .map(|root| Place {
                ordered: totals.contains_key(&root),
                key: totals.get(&root).copied().unwrap_or(0),
                root,
            })
            .collect();
        let order = |place: &Place| Reverse((place.ordered, place.key, place.root));
        places.retain(|place| after.is_none_or(|after| order(place) > order(&after)));
        places.sort_by_key(order);
        places.truncate(n);
        Ok(places)
    }

    fn along_totals(
        &mut self,
        column: &str,
        after: Option<Place>,
        n: usize,
        out: &mut Vec<Place>,
    ) -> Result<(), DbError> {
        // The cross join keeps SQLite on the index of totals.
        let sql = format!(
            "SELECT c.{column}, c.root FROM customer c CROSS JOIN person p
             WHERE c.currency = $1 AND c.{column} <= $2 AND (c.{column} < $2 OR c.root < $3) AND p.num = c.root AND p.root = p.num AND p.state = 0
             ORDER BY c.{column} DESC, c.root DESC LIMIT $4"
        );
        let currency = self.eval.ctx.currency;
        let mut from = after.map_or((i64::MAX, i64::MAX), |place| (place.key, i64::from(place.root)));
        *out = self.chunks(n, |walk, size| {
            let params = params![currency.code(), from.0, from.1, size as i64];
            let rows = walk.eval.tx.query(&sql, params, |row| Ok((row.int(0)?, row.num(1)?)))?;
            from = rows.last().map_or(from, |(key, root)| (*key, i64::from(*root)));
            Ok(rows.into_iter().map(|(key, root)| Place { ordered: true, key, root }).collect())
        })?;
        Ok(())
    }
    fn without_totals(
        &mut self,
        column: &str,
        after: Option<Place>,
        n: usize,
        out: &mut Vec<Place>,
    ) -> Result<(), DbError> {
        let sql = format!(
            "SELECT p.num FROM person p WHERE p.num < $2 AND p.root = p.num AND p.state = 0
               AND NOT EXISTS (SELECT 1 FROM customer c WHERE c.root = p.num AND c.currency = $1 AND c.{column} IS NOT NULL)
             ORDER BY p.num DESC LIMIT $3"
        );
        let currency = self.eval.ctx.currency;
        let mut from = after.map_or(i64::MAX, |place| i64::from(place.root));
        let rest = self.chunks(n - out.len(), |walk, size| {
            let rows = walk.eval.tx.query(&sql, params![currency.code(), from, size as i64], |row| row.num(0))?;
            from = rows.last().map_or(from, |root| i64::from(*root));
            Ok(rows.into_iter().map(|root| Place { ordered: false, key: 0, root }).collect())
        })?;
        out.extend(rest);
        Ok(())
    }

    /// Reads on until `n` fit or nothing is left.
    fn chunks(
        &mut self,
        n: usize,
        mut read: impl FnMut(&mut Self, usize) -> Result<Vec<Place>, DbError>,
    ) -> Result<Vec<Place>, DbError> {
        let size = if self.set.is_everybody() { n } else { CHUNK.max(n) };
        let mut out = Vec::with_capacity(n);
        loop {
            let rows = read(self, size)?;
            let last = rows.len() < size;
            out.extend(rows.into_iter().filter(|place| self.set.contains(place.root)));
            if last || out.len() >= n {
                out.truncate(n);
                return Ok(out);
            }
        }
    }
}
