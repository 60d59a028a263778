//! Values and how often each occurs: exact, and small when values repeat.

/// Rising (value, times).
pub(crate) fn runs<T: Copy + Ord>(mut values: Vec<T>) -> Vec<(T, u64)> {
    values.sort_unstable();
    let mut runs: Vec<(T, u64)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((own, times)) if *own == value => *times += 1,
            _ => runs.push((value, 1)),
        }
    }
    runs
}

/// Two rising lists as one.
pub(crate) fn merge<T: Copy + Ord>(own: &mut Vec<(T, u64)>, other: Vec<(T, u64)>) {
    if other.is_empty() {
        return;
    }
    let (a, b) = (std::mem::take(own), other);
    own.reserve(a.len().max(b.len()));
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let left = a.get(i).map(|run| run.0);
        let right = b.get(j).map(|run| run.0);
        match (left, right) {
            (Some(l), Some(r)) if l == r => {
                own.push((l, a[i].1 + b[j].1));
                i += 1;
                j += 1;
            }
            (Some(l), r) if r.is_none_or(|r| l < r) => {
                own.push(a[i]);
                i += 1;
            }
            _ => {
                own.push(b[j]);
                j += 1;
            }
        }
    }
}

/// How many values there are.
pub(crate) fn len<T>(runs: &[(T, u64)]) -> u64 {
    runs.iter().map(|(_, times)| times).sum()
}

/// The value below or at which a share of all values lies, 0..=1: the smallest whose rank, counted from 1, is at least `share` × how many there are.
pub(crate) fn quantile<T: Copy>(runs: &[(T, u64)], share: f64) -> Option<T> {
    let rank = ((len(runs) as f64 * share).ceil() as u64).max(1);
    let mut sum = 0;
    runs.iter()
        .find(|(_, times)| {
            sum += times;
            sum >= rank
        })
        .map(|(value, _)| *value)
}

/// How many values lie in `edges[i]..edges[i + 1]`; the last bin has no upper end, and what lies below the first edge is in none.
pub(crate) fn bins<T: Copy + PartialOrd>(runs: &[(T, u64)], edges: &[T]) -> Vec<u64> {
    let mut bins = vec![0; edges.len()];
    for (value, times) in runs {
        let above = edges.partition_point(|edge| edge <= value);
        if above > 0 {
            bins[above - 1] += times;
        }
    }
    bins
}
