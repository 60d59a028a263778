//! Who takes whom: a pure rule.

/// Somebody who takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taker {
    pub staff: String,
    /// At least 1.
    pub weight: i64,
    /// Empty when they belong to none.
    pub store: String,
}

/// What counts of somebody who is handed over.
pub(super) struct Sharing<'a> {
    /// Takers who cannot take this one.
    pub barred: &'a [usize],
    /// Where they buy; used when stores decide.
    pub store: Option<&'a str>,
}

/// For each in order the place of the taker; `None` when all are barred. Shares follow the weights to the last one: next is whoever is
/// furthest behind. With `by_store` takers of the customer's store go before all others.
pub(super) fn share<'a>(
    takers: &[Taker],
    all: impl Iterator<Item = Sharing<'a>>,
    by_store: bool,
) -> Vec<Option<usize>> {
    let mut given = vec![0_i64; takers.len()];
    let next = |own: Sharing<'a>| {
        let open = || (0..takers.len()).filter(|at| !own.barred.contains(at));
        let near: Vec<usize> = open()
            .filter(|at| by_store && own.store.is_some_and(|store| !store.is_empty() && takers[*at].store == store))
            .collect();
        let from: Vec<usize> = if near.is_empty() { open().collect() } else { near };
        // (given + 1) / weight, compared without dividing.
        let behind = |a: &usize, b: &usize| {
            ((given[*a] + 1) * takers[*b].weight).cmp(&((given[*b] + 1) * takers[*a].weight)).then(a.cmp(b))
        };
        let taker = from.into_iter().min_by(behind)?;
        given[taker] += 1;
        Some(taker)
    };
    all.map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takers(list: &[(i64, &str)]) -> Vec<Taker> {
        let one = |(at, (weight, store)): (usize, &(i64, &str))| Taker {
            staff: format!("s{at}"),
            weight: *weight,
            store: (*store).to_owned(),
        };
        list.iter().enumerate().map(one).collect()
    }
    fn counts(shared: &[Option<usize>], n: usize) -> Vec<usize> {
        (0..n).map(|at| shared.iter().filter(|own| **own == Some(at)).count()).collect()
    }

    #[test]
    fn shares_follow_the_weights_exactly() {
        for (weights, customers, want) in
            [(vec![1, 1], 5, vec![3, 2]), (vec![3, 1], 8, vec![6, 2]), (vec![5, 3, 2], 1000, vec![500, 300, 200])]
        {
            let all = takers(&weights.iter().map(|weight| (*weight, "")).collect::<Vec<_>>());
            let free = (0..customers).map(|_| Sharing { barred: &[], store: None });
            assert_eq!(counts(&share(&all, free, false), weights.len()), want);
        }
    }

    #[test]
    fn the_barred_are_passed_over_and_stores_go_first() {
        let all = takers(&[(1, "S1"), (1, "S2")]);
        let one = |barred: &'static [usize], store| Sharing { barred, store };
        assert_eq!(share(&all, [one(&[0], None), one(&[0, 1], None)].into_iter(), false), [Some(1), None]);
        let of_two = || (0..4).map(|_| one(&[], Some("S2")));
        assert_eq!(counts(&share(&all, of_two(), true), 2), [0, 4]);
        assert_eq!(counts(&share(&all, of_two(), false), 2), [2, 2]);
        // A store nobody is of: by weights.
        assert_eq!(counts(&share(&all, (0..4).map(|_| one(&[], Some("S9"))), true), 2), [2, 2]);
    }
}
