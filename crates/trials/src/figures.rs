//! Differences of two groups, with what is known of them: an interval of 95 %, the share by chance, and what a group of that size could have found.

use crate::curves::{halve, normal_at, normal_beyond, t_at, t_beyond};

/// How sure an interval is, and how surely a difference is to be found: 95 % and 80 %.
pub const LEVEL: f64 = 0.95;
pub const POWER: f64 = 0.8;

/// Of so many people, those who did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub hits: i64,
    pub people: i64,
}

/// Of so many people, a figure of each, as running sums: exact, whatever the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    pub people: i64,
    /// Of them, those whose figure is not nought.
    pub some: i64,
    pub sum: i128,
    pub squares: i128,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Of the second group less the first. `p`: how often chance alone gives a difference as large, were there none; below 0.05 exactly when the interval
/// leaves nought out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub value: f64,
    pub interval: Interval,
    pub p: f64,
}

impl Share {
    pub fn new(hits: i64, people: i64) -> Self {
        Self { hits, people }
    }
    pub fn rate(self) -> f64 {
        if self.people == 0 { 0.0 } else { self.hits as f64 / self.people as f64 }
    }
    /// Wilson's interval, `z` standard deviations wide.
    fn wilson(self, z: f64) -> Interval {
        let (n, p) = (self.people as f64, self.rate());
        let middle = p + z * z / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + z * z / n;
        Interval { low: ((middle - half) / whole).max(0.0), high: ((middle + half) / whole).min(1.0) }
    }
}

/// A figure beyond this is counted as this: sums of squares stay within 128 bits for a hundred million people.
const FIGURE_MAX: i64 = 1_000_000_000_000_000;

impl Sample {
    pub fn add(&mut self, figure: i64) {
        let figure = i128::from(figure.clamp(-FIGURE_MAX, FIGURE_MAX));
        self.people += 1;
        self.some += i64::from(figure != 0);
        self.sum += figure;
        self.squares += figure * figure;
    }
    /// People whose figure is nought.
    pub fn add_none(&mut self, people: i64) {
        self.people += people;
    }
    /// Other people as well.
    pub fn join(&mut self, others: &Self) {
        self.people += others.people;
        self.some += others.some;
        self.sum += others.sum;
        self.squares += others.squares;
    }
    pub fn mean(&self) -> f64 {
        if self.people == 0 { 0.0 } else { self.sum as f64 / self.people as f64 }
    }
    pub fn variance(&self) -> f64 {
        if self.people < 2 {
            return 0.0;
        }
        let (n, of) = (self.people as f64, i128::from(self.people));
        // In whole numbers as far as they reach: figures that hardly differ would vanish in the difference of two large ones.
        let exact =
            of.checked_mul(self.squares).zip(self.sum.checked_mul(self.sum)).map(|(all, own)| (all - own) as f64);
        let apart = exact.unwrap_or(n * self.squares as f64 - self.sum as f64 * self.sum as f64);
        (apart / n / (n - 1.0)).max(0.0)
    }
}

/// How many standard deviations hold 95 % of the normal distribution.
const DEVIATIONS: f64 = 1.959_963_984_540_054;

/// Newcombe's interval from Wilson's (his method 10): right for small groups and rare things too. `None` when a group is empty.
pub fn rates(first: Share, second: Share) -> Option<Difference> {
    if first.people < 1 || second.people < 1 {
        return None;
    }
    let value = second.rate() - first.rate();
    let interval = newcombe(first, second, DEVIATIONS);
    // The interval that just touches nought.
    let (mut low, mut high) = (0.0, 40.0);
    halve(&mut low, &mut high, |z| {
        let own = newcombe(first, second, z);
        own.low > 0.0 || own.high < 0.0
    });
    Some(Difference { value, interval, p: normal_beyond(low) })
}
fn newcombe(first: Share, second: Share, z: f64) -> Interval {
    let (one, two) = (first.wilson(z), second.wilson(z));
    let (p1, p2) = (first.rate(), second.rate());
    let low = p2 - p1 - ((p2 - two.low).powi(2) + (one.high - p1).powi(2)).sqrt();
    let high = p2 - p1 + ((two.high - p2).powi(2) + (p1 - one.low).powi(2)).sqrt();
    Interval { low: low.max(-1.0), high: high.min(1.0) }
}

/// Welch's interval. `None` when a group has fewer than two people, or nothing differs within either.
pub fn means(first: &Sample, second: &Sample) -> Option<Difference> {
    if first.people < 2 || second.people < 2 {
        return None;
    }
    let of = |own: &Sample| own.variance() / own.people as f64;
    let (one, two) = (of(first), of(second));
    let error = (one + two).sqrt();
    if error <= 0.0 {
        return None;
    }
    let degrees =
        (one + two).powi(2) / (one.powi(2) / (first.people - 1) as f64 + two.powi(2) / (second.people - 1) as f64);
    let value = second.mean() - first.mean();
    let half = t_at(1.0 - LEVEL, degrees) * error;
    let interval = Interval { low: value - half, high: value + half };
    Some(Difference { value, interval, p: t_beyond((value / error).abs(), degrees) })
}

/// The size of two groups of which a difference is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    pub first: f64,
    pub second: f64,
}

impl Sizes {
    pub fn of(first: i64, second: i64) -> Self {
        Self { first: first as f64, second: second as f64 }
    }
    fn times(self, factor: f64) -> Self {
        Self { first: self.first * factor, second: self.second * factor }
    }
    pub fn all(self) -> f64 {
        self.first + self.second
    }
}

/// The smallest rise above `rate` that groups of these sizes find with a probability of `power`. `None` when even a rise to all is not.
pub fn findable_rise(rate: f64, sizes: Sizes, power: f64) -> Option<f64> {
    let (top, tail) = (1.0 - rate, one_tail(power));
    if sizes.first < 1.0 || sizes.second < 1.0 || !is_found(rate, top, sizes, tail) {
        return None;
    }
    let (mut low, mut high) = (0.0, top);
    halve(&mut low, &mut high, |rise| !is_found(rate, rise, sizes, tail));
    Some(high)
}
fn is_found(rate: f64, rise: f64, sizes: Sizes, tail: f64) -> bool {
    let (one, two) = (rate, rate + rise);
    let both = (one * sizes.first + two * sizes.second) / sizes.all();
    let of = |p: f64, n: f64| (p * (1.0 - p)).max(0.0) / n;
    let none = (of(both, sizes.first) + of(both, sizes.second)).sqrt();
    let some = (of(one, sizes.first) + of(two, sizes.second)).sqrt();
    rise >= DEVIATIONS * none + tail * some
}
/// How many standard deviations are passed in all but `power` of the cases.
fn one_tail(power: f64) -> f64 {
    normal_at(2.0 * (1.0 - power))
}
/// How many people both groups need together, split as they are, to find a rise from `rate` to `rate + rise`.
pub fn people_for_rise(rate: f64, rise: f64, sizes: Sizes, power: f64) -> Option<f64> {
    let tail = one_tail(power);
    needed(sizes, |sizes| is_found(rate, rise, sizes, tail)).filter(|_| rise > 0.0 && rate + rise <= 1.0)
}

/// The smallest difference of means that these groups find, by what was seen of how they vary.
pub fn findable_mean(first: &Sample, second: &Sample, power: f64) -> Option<f64> {
    let sizes = Sizes::of(first.people, second.people);
    let error = (first.variance() / sizes.first + second.variance() / sizes.second).sqrt();
    (error > 0.0).then(|| (DEVIATIONS + one_tail(power)) * error)
}
/// How many people both groups need together, split as they are, to find a difference of means.
pub fn people_for_mean(first: &Sample, second: &Sample, difference: f64, power: f64) -> Option<f64> {
    let found = findable_mean(first, second, power).filter(|_| difference > 0.0)?;
    Some(Sizes::of(first.people, second.people).all() * (found / difference).powi(2))
}

/// Beyond ten thousand million people nobody is helped by a number.
const PEOPLE_MAX: f64 = 1e10;

fn needed(sizes: Sizes, is_found: impl Fn(Sizes) -> bool) -> Option<f64> {
    let all = sizes.all();
    if all < 1.0 || !is_found(sizes.times(PEOPLE_MAX / all)) {
        return None;
    }
    let (mut low, mut high) = (0.0, PEOPLE_MAX / all);
    halve(&mut low, &mut high, |factor| !is_found(sizes.times(factor)));
    Some(all * high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
    }

    #[test]
    fn the_constant_is_what_it_says() {
        near(DEVIATIONS, normal_at(1.0 - LEVEL), 1e-12);
    }
    /// Newcombe, Statistics in Medicine 17 (1998), table II, method 10.
    #[test]
    fn intervals_as_published() {
        for ((a, m), (b, n), low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 20), -0.1611, 0.2775),
            ((0, 10), (0, 10), -0.2775, 0.2775),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ] {
            // Published as first less second.
            let found = rates(Share::new(b, n), Share::new(a, m)).expect("people");
            near(found.interval.low, low, 6e-5);
            near(found.interval.high, high, 6e-5);
            assert_eq!(found.p < 0.05, low > 0.0, "{a}/{m} {b}/{n}: {}", found.p);
        }
        assert_eq!(rates(Share::new(0, 0), Share::new(1, 2)), None);
    }
    #[test]
    fn the_other_way_round_is_the_same_with_the_other_sign() {
        let (a, b) = (Share::new(12, 400), Share::new(31, 390));
        let (there, back) = (rates(a, b).unwrap(), rates(b, a).unwrap());
        near(there.value, -back.value, 1e-15);
        near(there.interval.low, -back.interval.high, 1e-12);
        near(there.p, back.p, 1e-12);
    }

    fn sample(figures: &[i64]) -> Sample {
        let mut out = Sample::default();
        figures.iter().for_each(|own| out.add(*own));
        out
    }
    /// Student's sleep data, as the manual of R's `t.test(extra ~ group, data = sleep)` prints it; in tenths of an hour.
    #[test]
    fn welch_as_published() {
        let one = sample(&[7, -16, -2, -12, -1, 34, 37, 8, 0, 20]);
        let two = sample(&[19, 8, 11, 1, -1, 44, 55, 16, 46, 34]);
        let found = means(&two, &one).expect("they differ");
        near(found.value, -15.8, 1e-9);
        near(found.interval.low, -33.654_832, 1e-4);
        near(found.interval.high, 2.054_832, 1e-4);
        near(found.p, 0.079_394_14, 1e-7);
    }
    #[test]
    fn running_sums_are_exact_and_know_those_without() {
        let mut some = sample(&[1_000_000_000_001, 1_000_000_000_003]);
        near(some.variance(), 2.0, 0.0);
        some.add_none(2);
        assert_eq!((some.people, some.some), (4, 2));
        near(some.mean(), 500_000_000_001.0, 0.0);
        assert_eq!(means(&sample(&[0, 0, 0]), &sample(&[0, 0])), None, "nobody bought anything");
        assert_eq!(means(&sample(&[1]), &sample(&[2, 3])), None);
        // Beyond what whole numbers hold it is still a variance.
        let mut vast = Sample::default();
        (0..200).for_each(|at| vast.add(if at % 2 == 0 { i64::MAX } else { i64::MIN }));
        near(vast.variance() / 1e30, 200.0 / 199.0, 1e-9);
    }
    /// `power.prop.test(p1 = .50, p2 = .75, power = .90)` of R's manual: n = 76.7 in each group. Lehr's rule: 16 variances over the square of the difference.
    #[test]
    fn sizes_as_published() {
        let equal = Sizes::of(1, 1);
        near(people_for_rise(0.5, 0.25, equal, 0.9).unwrap() / 2.0, 76.7, 0.1);
        near(findable_rise(0.5, Sizes::of(77, 77), 0.9).unwrap(), 0.25, 0.001);
        let (one, two) = (sample(&[0, 2]), sample(&[0, 2]));
        near(people_for_mean(&one, &two, 0.5, POWER).unwrap() / 2.0, 16.0 * 2.0 / 0.25, 3.0);
        // The lopsided one needs more people.
        assert!(people_for_rise(0.03, 0.003, Sizes::of(1, 9), POWER) > people_for_rise(0.03, 0.003, equal, POWER));
    }
    #[test]
    fn what_cannot_be_found_is_not_promised() {
        assert_eq!(findable_rise(0.5, Sizes::of(2, 2), POWER), None);
        assert_eq!(findable_rise(0.5, Sizes::of(0, 9), POWER), None);
        assert_eq!(people_for_rise(0.95, 0.2, Sizes::of(1, 1), POWER), None);
        assert_eq!(people_for_rise(0.0, 0.0, Sizes::of(1, 1), POWER), None);
        assert!(findable_rise(0.0, Sizes::of(1_000, 1_000), POWER).is_some_and(|rise| rise > 0.0));
    }
}
