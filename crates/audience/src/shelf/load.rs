//! Rows of the database as values of people: of everybody, or of some.

use crate::eval::Merges;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::People;
use std::cmp::Reverse;

/// Whose rows. Conditions by identity ask for nodes, those on totals for roots.
pub(crate) enum Whose<'w> {
    Everybody,
    These { roots: &'w [i64], nodes: &'w [i64] },
}

impl<'w> Whose<'w> {
    /// ` AND column IN (…)` for a list bound at `$at`, and the list.
    fn clause(&self, tx: &Tx<'_>, column: &str, at: usize, by_root: bool) -> (String, Option<&'w [i64]>) {
        match self {
            Self::Everybody => (String::new(), None),
            Self::These { roots, nodes } => {
                (format!(" AND {}", tx.any(column, at)), Some(if by_root { *roots } else { *nodes }))
            }
        }
    }
}

fn bound<'a>(first: &[Param<'a>], list: Option<&'a [i64]>) -> Vec<Param<'a>> {
    first.iter().copied().chain(list.map(Param::Ints)).collect()
}

/// (root, kind of an identifier) – a pair may come several times.
pub(crate) fn identifiers(
    tx: &mut Tx<'_>,
    merges: &Merges,
    whose: &Whose<'_>,
    mut each: impl FnMut(PersonNum, &str),
) -> Result<(), DbError> {
    let (clause, list) = whose.clause(tx, "num", 1, false);
    tx.each(&format!("SELECT num, kind FROM identifier WHERE 1 = 1{clause}"), &bound(&[], list), |row| {
        each(merges.root(row.num(0)?), &row.text(1)?);
        Ok(())
    })
}

/// (root, tag, until) – one row per number of the person.
pub(crate) fn tags(
    tx: &mut Tx<'_>,
    merges: &Merges,
    tag: Option<i64>,
    whose: &Whose<'_>,
    mut each: impl FnMut(PersonNum, i64, Option<Time>),
) -> Result<(), DbError> {
    let (clause, list) = whose.clause(tx, "num", 2, false);
    let (test, first) = match tag {
        Some(tag) => ("tag = $1", params![tag].to_vec()),
        None => ("tag >= $1", params![0i64].to_vec()),
    };
    let sql = format!("SELECT num, tag, expires_at FROM person_tag WHERE {test}{clause}");
    tx.each(&sql, &bound(&first, list), |row| {
        each(merges.root(row.num(0)?), row.int(1)?, row.opt_time(2)?);
        Ok(())
    })
}

/// (root, store's number).
pub(crate) fn stores(tx: &mut Tx<'_>, whose: &Whose<'_>, mut each: impl FnMut(PersonNum, i64)) -> Result<(), DbError> {
    let (clause, list) = whose.clause(tx, "root", 1, true);
    tx.each(&format!("SELECT root, store FROM person_store WHERE 1 = 1{clause}"), &bound(&[], list), |row| {
        each(row.num(0)?, row.int(1)?);
        Ok(())
    })
}

/// (root, value of a column of the totals); `currency`: of orders in it only. A person may come several times.
pub(crate) fn totals(
    tx: &mut Tx<'_>,
    column: &str,
    currency: Option<&str>,
    whose: &Whose<'_>,
    mut each: impl FnMut(PersonNum, i64),
) -> Result<(), DbError> {
    let (clause, list) = whose.clause(tx, "root", 2, true);
    let test = if currency.is_some() { "currency = $1" } else { "currency >= $1" };
    let sql = format!("SELECT root, {column} FROM customer WHERE {test} AND {column} IS NOT NULL{clause}");
    tx.each(&sql, &bound(params![currency.unwrap_or("")], list), |row| {
        each(row.num(0)?, row.int(1)?);
        Ok(())
    })
}

/// (root, sale lines of products of the category).
pub(crate) fn category(
    tx: &mut Tx<'_>,
    name: &str,
    whose: &Whose<'_>,
    mut each: impl FnMut(PersonNum, i64),
) -> Result<(), DbError> {
    // Of some people, their orders are found by the number they came in with.
    let (clause, list) = match whose {
        Whose::Everybody => (" AND o.root IS NOT NULL".to_owned(), None),
        Whose::These { nodes, .. } => (format!(" AND {} AND o.root IS NOT NULL", tx.any("o.person", 2)), Some(*nodes)),
    };
    let sql = format!(
        "SELECT o.root, COUNT(*) FROM order_line l JOIN orders o ON o.id = l.orders
         WHERE l.product IN (SELECT id FROM product WHERE category = $1) AND l.quantity >= 0 AND l.amount_minor >= 0
           AND l.refund_of IS NULL{clause} GROUP BY o.root"
    );
    tx.each(&sql, &bound(params![name], list), |row| {
        each(row.num(0)?, row.int(1)?);
        Ok(())
    })
}

/// (root, when and where the oldest of its numbers was first seen).
pub(crate) fn arrivals(
    tx: &mut Tx<'_>,
    merges: &Merges,
    whose: &Whose<'_>,
    mut each: impl FnMut(PersonNum, Time, &str),
) -> Result<(), DbError> {
    let (clause, list) = whose.clause(tx, "num", 1, false);
    let sql = format!("SELECT num, root, created_at, source FROM person WHERE state = 0{clause}");
    tx.each(&sql, &bound(&[], list), |row| {
        let (num, root) = (row.num(0)?, row.num(1)?);
        if merges.oldest(root) == num {
            each(root, row.time(2)?, &row.text(3)?);
        }
        Ok(())
    })
}

/// First byte of a value that is not sealed.
const PLAIN: u8 = 0;
/// Sealed text of this length may be `null`: form byte, nonce, four letters, tag.
const SEALED_NULL_BYTES: usize = 1 + 12 + 4 + 16;

/// (root, field's place in `names`, value as it lies in the database); no row for people without a value.
pub(crate) fn traits(
    tx: &mut Tx<'_>,
    people: &People,
    merges: &Merges,
    names: &[String],
    whose: &Whose<'_>,
    mut each: impl FnMut(PersonNum, usize, &[u8]),
) -> Result<(), Refusal> {
    // The newest value wins; of two set at once, the root's; then that of the lower number. As the profile shows it.
    type Rank = (i64, bool, Reverse<PersonNum>);
    let mut held: FxHashMap<(PersonNum, usize), (Rank, Vec<u8>)> = FxHashMap::default();
    let mut unsure: Vec<(PersonNum, usize, Vec<u8>)> = Vec::new();
    let mut judge = |root: PersonNum, at: usize, stored: Vec<u8>| {
        if stored.first() != Some(&PLAIN) && stored.len() == SEALED_NULL_BYTES {
            unsure.push((root, at, stored));
        } else if stored.get(1..) != Some(b"null") {
            each(root, at, &stored);
        }
    };
    let (clause, list) = whose.clause(tx, "num", 2, false);
    let sql = format!("SELECT num, name, value, at FROM person_trait WHERE {}{clause}", tx.any("name", 1));
    tx.each(&sql, &bound(&[Param::Texts(names)], list), |row| {
        let (num, name, value) = (row.num(0)?, row.text(1)?, row.blob(2)?);
        let Some(at) = names.iter().position(|own| *own == name) else { return Ok(()) };
        let root = merges.root(num);
        if !merges.is_several(root) {
            judge(root, at, value);
            return Ok(());
        }
        let rank = (row.int(3)?, num == root, Reverse(num));
        if held.get(&(root, at)).is_none_or(|(own, _)| *own < rank) {
            held.insert((root, at), (rank, value));
        }
        Ok(())
    })?;
    held.into_iter().for_each(|((root, at), (_, value))| judge(root, at, value));
    // Whether a short sealed value is empty only its owner can tell. There are few: such values have four letters.
    for part in unsure.chunks(super::roster::CHUNK) {
        let roots: RoaringBitmap = part.iter().map(|(root, _, _)| *root).collect();
        let profiles = people.profiles(tx, &roots.iter().collect::<Vec<_>>())?;
        let profiles: FxHashMap<_, _> = profiles.into_iter().map(|profile| (profile.root, profile)).collect();
        for (root, at, stored) in part {
            if profiles.get(root).is_some_and(|profile| profile.traits.contains_key(&names[*at])) {
                each(*root, *at, stored);
            }
        }
    }
    Ok(())
}
