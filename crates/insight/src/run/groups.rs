//! Breakdowns: the largest groups, and what they leave over.

use crate::refuse;
use siyu_behaviour::Merge;
use siyu_behaviour::kernels::Grouped;
use siyu_kernel::Refusal;

/// The `n` heaviest named groups, heaviest first (ties by name), then the rest – smaller groups and group `None` – as one group `None`, when
/// there is any.
pub(crate) fn top<T: Merge>(grouped: Grouped<T>, n: usize, weight: impl Fn(&T) -> i128) -> Vec<(Option<String>, T)> {
    let (shown, rest) = split(grouped, n, weight);
    let mut out: Vec<(Option<String>, T)> = shown.into_iter().map(|(name, own)| (Some(name), own)).collect();
    let any = !rest.is_empty();
    let mut left = T::default();
    rest.into_iter().for_each(|(_, own)| left.merge(own));
    if any {
        out.push((None, left));
    }
    out
}

type Split<T> = (Vec<(String, T)>, Vec<(Option<String>, T)>);

fn split<T>(grouped: Grouped<T>, n: usize, weight: impl Fn(&T) -> i128) -> Split<T> {
    let mut named = Vec::new();
    let mut rest = Vec::new();
    for (name, own) in grouped.0 {
        match name {
            Some(name) => named.push((name, own)),
            None => rest.push((None, own)),
        }
    }
    // Stable: names come rising.
    named.sort_by_key(|(_, own)| std::cmp::Reverse(weight(own)));
    let small = named.split_off(n.min(named.len()));
    rest.extend(small.into_iter().map(|(name, own)| (Some(name), own)));
    (named, rest)
}

/// The groups behind the rest.
pub(crate) struct Rest(Vec<Option<String>>);

/// Each of them is a run over all people.
const REST_MAX: usize = 500;

impl Rest {
    pub fn of<T>(grouped: Grouped<T>, n: usize, weight: impl Fn(&T) -> i128) -> Self {
        Self(split(grouped, n, weight).1.into_iter().map(|(name, _)| name).collect())
    }
    /// Errors: `spec_cell` when they are too many to open.
    pub fn names(self) -> Result<Vec<Option<String>>, Refusal> {
        if self.0.len() > REST_MAX {
            return Err(refuse::cell(
                "cell.group",
                "The rest is made of more than 500 groups; open it through a condition on the property instead.",
                "“其余”包含超过 500 个分组，请改用属性条件筛选后查看。",
            ));
        }
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Clone, Debug, PartialEq)]
    struct N(i128);
    impl Merge for N {
        fn merge(&mut self, other: Self) {
            self.0 += other.0;
        }
    }

    #[test]
    fn the_heaviest_are_shown_and_the_rest_is_summed() {
        let grouped = |rows: &[(Option<&str>, i128)]| {
            Grouped(rows.iter().map(|(name, n)| (name.map(str::to_owned), N(*n))).collect())
        };
        let shown = |rows: &[(Option<&str>, i128)], n| {
            top(grouped(rows), n, |own: &N| own.0)
                .into_iter()
                .map(|(name, own)| (name.unwrap_or("–".into()), own.0))
                .collect::<Vec<_>>()
        };
        let rows = [(None, 5), (Some("a"), 1), (Some("b"), 9), (Some("c"), 1)];
        assert_eq!(shown(&rows, 2), [("b".into(), 9), ("a".into(), 1), ("–".into(), 6)]);
        assert_eq!(shown(&rows[1..], 3), [("b".into(), 9), ("a".into(), 1), ("c".into(), 1)]);
        assert_eq!(shown(&[], 3), []);
        assert_eq!(Rest::of(grouped(&rows), 2, |own| own.0).names().unwrap(), [None, Some("c".to_owned())]);
        let many: Vec<String> = (0..600).map(|n| n.to_string()).collect();
        let many: Vec<(Option<&str>, i128)> = many.iter().map(|name| (Some(name.as_str()), 1)).collect();
        assert_eq!(Rest::of(grouped(&many), 10, |own| own.0).names().unwrap_err().code, "spec_cell");
    }
}
