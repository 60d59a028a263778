//! The people list: filtered, in a stable order, page by page.

use crate::eval::Eval;
use crate::filter::Filter;
use crate::scope::Scope;
use crate::walk::{Place, Walk};
use crate::{Audience, Ctx, refuse};
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal};

pub const LIMIT_MAX: usize = 200;

/// Ties are broken by number, so that the order is total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// First seen, newest first.
    #[default]
    CreatedDesc,
    Created,
    /// Most orders in the workspace currency first; people without one last.
    OrdersDesc,
    AmountDesc,
    /// The latest order in the workspace currency first.
    LastOrderDesc,
}

impl Sort {
    const NAMES: [(Sort, &'static str, char); 5] = [
        (Sort::CreatedDesc, "-created_at", 'C'),
        (Sort::Created, "created_at", 'c'),
        (Sort::OrdersDesc, "-orders", 'O'),
        (Sort::AmountDesc, "-amount", 'A'),
        (Sort::LastOrderDesc, "-last_order_at", 'L'),
    ];
    /// `created_at`, `-created_at`, `-orders`, `-amount`, `-last_order_at`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(_, known, _)| *known == name).map(|(sort, _, _)| sort)
    }
    fn letter(self) -> char {
        Self::NAMES.into_iter().find(|(sort, _, _)| *sort == self).map_or('C', |(_, _, letter)| letter)
    }
    /// The column of the totals it goes by.
    pub(crate) fn column(self) -> Option<&'static str> {
        match self {
            Sort::CreatedDesc | Sort::Created => None,
            Sort::OrdersDesc => Some("orders"),
            Sort::AmountDesc => Some("amount"),
            Sort::LastOrderDesc => Some("last_at"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Roots, in order.
    pub people: Vec<PersonNum>,
    /// For `after` of the next page; valid for the same sort only.
    pub next: Option<String>,
    /// How many fit the filter; `None` where counting would cost more than the page.
    pub total: Option<u64>,
}

impl Audience {
    /// One page; `limit` is held to 1..=200.
    ///
    /// Errors: `page_token`, `filter_range`.
    #[allow(clippy::too_many_arguments, reason = "a list is what it is asked for: filter, order, place, size, reader")]
    pub fn list(
        &self,
        tx: &mut Tx<'_>,
        filter: &Filter,
        sort: Sort,
        after: Option<&str>,
        limit: usize,
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<Page, Refusal> {
        let limit = limit.clamp(1, LIMIT_MAX);
        let after = after.map(|token| place(token, sort)).transpose()?;
        let mut eval = Eval::new(self, tx, ctx);
        let set = filter.set(&mut eval, scope)?;
        let mut walk = Walk::new(eval, set, sort)?;
        let mut places = walk.take(after, limit + 1)?;
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| more).map(|last| token(last, sort));
        Ok(Page { people: places.into_iter().map(|place| place.root).collect(), next, total: walk.total() })
    }
    /// Everybody who fits, in order, for a file; `None` when they are more than `max`.
    pub fn all(
        &self,
        tx: &mut Tx<'_>,
        filter: &Filter,
        sort: Sort,
        max: usize,
        scope: &Scope,
        ctx: &Ctx,
    ) -> Result<Option<Vec<PersonNum>>, Refusal> {
        let mut eval = Eval::new(self, tx, ctx);
        let set = filter.set(&mut eval, scope)?;
        let mut walk = Walk::new(eval, set, sort)?;
        if walk.total().is_some_and(|total| total > max as u64) {
            return Ok(None);
        }
        let places = walk.take(None, max + 1)?;
        Ok((places.len() <= max).then(|| places.into_iter().map(|place| place.root).collect()))
    }
}

fn token(place: &Place, sort: Sort) -> String {
    format!("{}{}.{}.{}", sort.letter(), u8::from(place.ordered), place.key, place.root)
}
fn place(token: &str, sort: Sort) -> Result<Place, Refusal> {
    let read = || {
        let mut parts = token.strip_prefix(sort.letter())?.split('.');
        let (ordered, key, root) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !["0", "1"].contains(&ordered) {
            return None;
        }
        Some(Place { ordered: ordered == "1", key: key.parse().ok()?, root: root.parse().ok()? })
    };
    read().ok_or_else(refuse::after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_back_and_belong_to_a_sort() {
        let at = Place { ordered: true, key: -5, root: 7 };
        assert_eq!(place(&token(&at, Sort::AmountDesc), Sort::AmountDesc).unwrap(), at);
        for bad in ["", "A", "A1.5", "A2.5.1", "A1.5.1.1", "C1.-5.7", "A1.x.7", "A1.5.-1"] {
            assert_eq!(place(bad, Sort::AmountDesc).unwrap_err().code, "page_token", "{bad}");
        }
    }
}
