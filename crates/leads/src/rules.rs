//! Decisions, without a store or a clock: when a held lead goes back, how many somebody may still take, who gets the next one.

use crate::{Settings, State};
use siyu_kernel::Time;

/// When a lead goes back unless something happens. `since`: when it was taken, or last approached. `None`: never by itself.
pub fn due(state: State, since: Time, settings: &Settings) -> Option<Time> {
    let seconds = match state {
        State::Claimed => settings.contact_hours * 3_600,
        State::Contacted => settings.follow_days * 86_400,
        _ => 0,
    };
    (seconds > 0).then(|| since.plus_seconds(seconds))
}

/// Whether a lead that goes back for the `round`th time has been tried often enough.
pub fn runs_out(round: i64, settings: &Settings) -> bool {
    settings.rounds_max > 0 && round >= settings.rounds_max
}

/// What a member of staff has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Leads held now.
    pub now: i64,
    /// Leads taken or given today.
    pub today: i64,
}

/// How many more may be taken. A cap of 0 is none.
pub fn room(held: Held, settings: &Settings) -> i64 {
    let left = |cap: i64, has: i64| if cap == 0 { i64::MAX } else { (cap - has).max(0) };
    left(settings.daily_max, held.today).min(left(settings.held_max, held.now))
}

/// A member of staff who may be given leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    pub staff: String,
    /// Shares follow it; 0 gets nothing.
    pub weight: i64,
    /// Given today by the same rule.
    pub given: i64,
    pub room: i64,
}

/// Who gets the next lead: of those with room and not barred, whoever is furthest behind their share of all that was given; then the larger
/// weight, then the order given. Nobody gets ahead of the share by a whole lead.
pub fn pick(desks: &[Desk], barred: impl Fn(&str) -> bool) -> Option<usize> {
    let may = |own: &Desk| own.room > 0 && own.weight > 0 && !barred(&own.staff);
    let able: Vec<(usize, &Desk)> = desks.iter().enumerate().filter(|(_, own)| may(own)).collect();
    let all = able.iter().map(|(_, own)| i128::from(own.weight)).sum::<i128>();
    let next = able.iter().map(|(_, own)| i128::from(own.given)).sum::<i128>() + 1;
    let behind = |own: &Desk| next * i128::from(own.weight) - i128::from(own.given) * all;
    let best = able.iter().max_by(|(at, own), (other_at, other)| {
        behind(own).cmp(&behind(other)).then(own.weight.cmp(&other.weight)).then(other_at.cmp(at))
    });
    best.map(|(at, _)| *at)
}

/// How much of what was tried worked, in thousandths, as a weight: few trials say little, so everybody begins near `mean`, and nobody falls to
/// nothing, for then nobody could become better.
pub fn rate(worked: i64, tried: i64, mean: (i64, i64)) -> i64 {
    const TRIALS: i64 = 10;
    const LEAST: i64 = 20;
    let (all_worked, all_tried) = mean;
    let begin = if all_tried > 0 { all_worked * 1_000 / all_tried } else { 100 };
    ((worked * 1_000 + begin * TRIALS) / (tried + TRIALS)).clamp(LEAST, 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_held_lead_has_a_time_and_others_have_none() {
        let at = Time(0);
        let settings = Settings { contact_hours: 48, follow_days: 7, ..Settings::default() };
        for (state, want) in [
            (State::Claimed, Some(48 * 3_600)),
            (State::Contacted, Some(7 * 86_400)),
            (State::New, None),
            (State::Recycled, None),
            (State::Added, None),
            (State::Lost, None),
        ] {
            assert_eq!(due(state, at, &settings), want.map(|seconds| at.plus_seconds(seconds)), "{state:?}");
        }
        let never = Settings { contact_hours: 0, follow_days: 0, ..settings };
        assert_eq!((due(State::Claimed, at, &never), due(State::Contacted, at, &never)), (None, None));
    }

    #[test]
    fn the_last_round_ends_it() {
        let settings = |rounds_max| Settings { rounds_max, ..Settings::default() };
        let ended: Vec<bool> = (1..=4).map(|round| runs_out(round, &settings(3))).collect();
        assert_eq!(ended, [false, false, true, true]);
        assert!(!runs_out(1_000_000, &settings(0)), "no limit");
    }

    #[test]
    fn room_is_the_smaller_of_both_caps() {
        let settings = |daily_max, held_max| Settings { daily_max, held_max, ..Settings::default() };
        for (daily, most, today, now, want) in [
            (5, 10, 0, 0, 5),
            (5, 10, 5, 5, 0),
            (5, 10, 1, 9, 1),
            (5, 10, 9, 20, 0),
            (0, 10, 99, 4, 6),
            (5, 0, 3, 99, 2),
            (0, 0, 99, 99, i64::MAX),
        ] {
            assert_eq!(room(Held { now, today }, &settings(daily, most)), want, "{daily} {most} {today} {now}");
        }
    }

    fn desk(staff: &str, weight: i64, given: i64, room: i64) -> Desk {
        Desk { staff: staff.into(), weight, given, room }
    }

    /// Gives `n` leads out, one after the other.
    fn given(mut desks: Vec<Desk>, n: usize) -> Vec<i64> {
        for _ in 0..n {
            let Some(at) = pick(&desks, |_| false) else { break };
            desks[at].given += 1;
            desks[at].room -= 1;
        }
        desks.into_iter().map(|own| own.given).collect()
    }

    #[test]
    fn shares_follow_weights_until_a_cap() {
        let even = || vec![desk("a", 1, 0, 99), desk("b", 1, 0, 99), desk("c", 1, 0, 99)];
        assert_eq!(given(even(), 7), [3, 2, 2], "in turn");
        assert_eq!(given(vec![desk("a", 3, 0, 99), desk("b", 1, 0, 99)], 8), [6, 2]);
        assert_eq!(
            given(vec![desk("a", 3, 0, 2), desk("b", 1, 0, 99)], 8),
            [2, 6],
            "a full desk leaves its share to others"
        );
        assert_eq!(given(vec![desk("a", 0, 0, 99)], 3), [0], "a weight of nothing");
        assert_eq!(
            given(vec![desk("a", 1, 4, 99), desk("b", 1, 0, 99)], 4),
            [4, 4],
            "what was given earlier today counts"
        );
        assert_eq!(pick(&even(), |staff| staff != "c"), Some(2), "barred");
        assert_eq!(pick(&even(), |_| true), None);
    }

    #[test]
    fn few_trials_say_little() {
        let mean = (20, 100);
        assert_eq!(rate(0, 0, mean), 200, "a newcomer is like all");
        assert!(rate(1, 1, mean) < 300, "one success is no proof");
        assert!(rate(90, 100, mean) > 800);
        assert_eq!(rate(0, 100_000, mean), 20, "nobody falls to nothing");
        assert_eq!(rate(0, 0, (0, 0)), 100);
    }

    proptest! {
        #[test]
        fn nobody_is_further_from_the_share_than_one(weights in prop::collection::vec(1i64..20, 1..8), n in 0usize..200) {
            let desks: Vec<Desk> = weights.iter().enumerate().map(|(at, weight)| desk(&at.to_string(), *weight, 0, 1_000)).collect();
            let got = given(desks, n);
            let all: i64 = weights.iter().sum();
            prop_assert_eq!(got.iter().sum::<i64>(), n as i64);
            for (own, weight) in got.iter().zip(&weights) {
                let share = (n as f64) * (*weight as f64) / (all as f64);
                prop_assert!((*own as f64) - share < 1.0 + 1e-9, "{} of {}", own, share);
            }
        }
    }
}
