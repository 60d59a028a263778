//! Who is in a code at a moment: pure rules.
//!
//! 1. Members on duty who may have customers and have not had as many as they take a day; by weight, those who are not ahead of their share.
//! 2. When there is none: the backup members who may have customers.
//! 3. When there is none of these either, the code must still lead to somebody: members on duty beyond what they take, then any member of the code.
//!
//! WeCom spreads customers evenly over those in a code and knows no weights. Weights are kept by leaving out whoever is ahead.

use crate::rota::{Rota, Slot};

/// WeCom lets a code lead to so many members.
pub const MEMBERS_MAX: usize = 100;

/// A member of a pool as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub staff: String,
    /// 1 to 100.
    pub weight: u32,
    /// Adds a day.
    pub cap: Option<u32>,
    pub rota: Rota,
    /// May have customers: active, and allowed to.
    pub able: bool,
    /// Through this code today.
    pub adds: u32,
}

/// Why it is these members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Duty,
    /// Somebody on duty has had as many as they take.
    Capped,
    /// Somebody on duty is ahead of their share.
    Share,
    Backup,
    /// Everybody on duty has had as many as they take, and no backup can serve.
    Overflow,
    /// Nobody is on duty, and no backup can serve.
    OffDuty,
    /// Nobody can serve at all: the code is left as it is.
    Nobody,
}

impl Why {
    pub const ALL: [Self; 7] =
        [Self::Duty, Self::Capped, Self::Share, Self::Backup, Self::Overflow, Self::OffDuty, Self::Nobody];
    pub fn name(self) -> &'static str {
        match self {
            Self::Duty => "duty",
            Self::Capped => "capped",
            Self::Share => "share",
            Self::Backup => "backup",
            Self::Overflow => "overflow",
            Self::OffDuty => "off_duty",
            Self::Nobody => "nobody",
        }
    }
    /// Whether somebody has to look at the code.
    pub fn is_trouble(self) -> bool {
        matches!(self, Self::Overflow | Self::OffDuty | Self::Nobody)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Sorted. Empty only when nobody can serve.
    pub staff: Vec<String>,
    pub why: Why,
}

/// `backup`: who they are, and whether they may have customers.
pub fn plan(seats: &[Seat], backup: &[(String, bool)], slot: Slot) -> Plan {
    let duty: Vec<&Seat> = seats.iter().filter(|seat| seat.able && seat.rota.is_on(slot)).collect();
    let free: Vec<&Seat> = duty.iter().copied().filter(|seat| seat.cap.is_none_or(|cap| seat.adds < cap)).collect();
    if !free.is_empty() {
        let fair = fair(&free);
        let why = match () {
            () if fair.len() < free.len() => Why::Share,
            () if free.len() < duty.len() => Why::Capped,
            () => Why::Duty,
        };
        return of(fair, why);
    }
    let ready: Vec<String> = backup.iter().filter(|(_, able)| *able).map(|(staff, _)| staff.clone()).collect();
    if !ready.is_empty() {
        return named(ready, Why::Backup);
    }
    if !duty.is_empty() {
        return of(duty, Why::Overflow);
    }
    let able: Vec<&Seat> = seats.iter().filter(|seat| seat.able).collect();
    let why = if able.is_empty() { Why::Nobody } else { Why::OffDuty };
    of(able, why)
}

/// Those whose share of the day is not ahead of what the next one will have: (adds) ÷ weight < (adds + 1) ÷ weight of who is furthest behind.
/// With equal weights and adds that differ by less than one that is everybody.
fn fair<'s>(free: &[&'s Seat]) -> Vec<&'s Seat> {
    let equal = free.iter().all(|seat| seat.weight == free[0].weight);
    if equal {
        return free.to_vec();
    }
    let after = |seat: &Seat| (u64::from(seat.adds) + 1, u64::from(seat.weight.max(1)));
    let less = |a: (u64, u64), b: (u64, u64)| a.0 * b.1 < b.0 * a.1;
    let mut next = after(free[0]);
    for seat in free {
        if less(after(seat), next) {
            next = after(seat);
        }
    }
    let behind = |seat: &&&Seat| less((u64::from(seat.adds), u64::from(seat.weight.max(1))), next);
    free.iter().filter(behind).copied().collect()
}

fn of(mut seats: Vec<&Seat>, why: Why) -> Plan {
    if seats.len() > MEMBERS_MAX {
        // Those who have had the fewest.
        seats.sort_by(|a, b| (a.adds, &a.staff).cmp(&(b.adds, &b.staff)));
        seats.truncate(MEMBERS_MAX);
    }
    named(seats.into_iter().map(|seat| seat.staff.clone()).collect(), why)
}
fn named(mut staff: Vec<String>, why: Why) -> Plan {
    staff.sort_unstable();
    staff.dedup();
    staff.truncate(MEMBERS_MAX);
    Plan { staff, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOON: Slot = Slot { weekday: 0, hour: 12 };

    fn office() -> Rota {
        Rota::parse(&vec!["000000000111111111000000".to_owned(); 7]).unwrap()
    }
    /// `ann:w2:c5:a3:off:out`: weight 2, cap 5, 3 adds, not on duty, not able.
    fn seat(text: &str) -> Seat {
        let mut parts = text.split(':');
        let staff = parts.next().unwrap().to_owned();
        let mut seat = Seat { staff, weight: 1, cap: None, rota: Rota::ALWAYS, able: true, adds: 0 };
        for part in parts {
            let number = || part[1..].parse::<u32>().unwrap();
            match part {
                "off" => seat.rota = Rota::parse(&vec!["100000000000000000000000".to_owned(); 7]).unwrap(),
                "out" => seat.able = false,
                "office" => seat.rota = office(),
                _ if part.starts_with('w') => seat.weight = number(),
                _ if part.starts_with('c') => seat.cap = Some(number()),
                _ => seat.adds = number(),
            }
        }
        seat
    }
    fn check(seats: &str, backup: &str, slot: Slot) -> String {
        let seats: Vec<Seat> = seats.split_whitespace().map(seat).collect();
        let backup: Vec<(String, bool)> = backup
            .split_whitespace()
            .map(|text| (text.trim_end_matches(":out").to_owned(), !text.ends_with(":out")))
            .collect();
        let plan = plan(&seats, &backup, slot);
        format!("{} {}", plan.why.name(), plan.staff.join(","))
    }

    #[test]
    fn who_is_in_a_code() {
        for (seats, backup, want) in [
            ("ann bea", "", "duty ann,bea"),
            ("bea ann:off", "zoe", "duty bea"),
            ("ann:out bea", "zoe", "duty bea"),
            ("ann:c3:a3 bea:c3:a2", "zoe", "capped bea"),
            ("ann:c3:a4 bea:c3:a3", "zoe", "backup zoe"),
            ("ann:off bea:out", "zoe yan", "backup yan,zoe"),
            ("ann:off", "zoe:out yan", "backup yan"),
            // Nobody to fall back on: beyond what they take, or out of hours.
            ("ann:c3:a3 bea:off", "", "overflow ann"),
            ("ann:off bea:off:out", "zoe:out", "off_duty ann"),
            ("ann:out", "zoe:out", "nobody "),
            ("", "", "nobody "),
            // The same person twice is in it once.
            ("ann:off", "zoe zoe", "backup zoe"),
        ] {
            assert_eq!(check(seats, backup, NOON), want, "{seats} | {backup}");
        }
    }

    #[test]
    fn shares_follow_weights() {
        for (seats, want) in [
            ("ann:w3 bea:w1", "duty ann,bea"),
            ("ann:w3 bea:w1:a1", "share ann"),
            ("ann:w3:a2 bea:w1:a1", "share ann"),
            ("ann:w3:a3 bea:w1:a1", "duty ann,bea"),
            ("ann:w3:a3:c3 bea:w1:a1", "capped bea"),
            // Equal weights are left to WeCom, which spreads evenly.
            ("ann:w5:a9 bea:w5", "duty ann,bea"),
        ] {
            assert_eq!(check(seats, "", NOON), want, "{seats}");
        }
    }

    #[test]
    fn hours_decide() {
        for (hour, want) in [(8, "backup zoe"), (9, "duty ann"), (17, "duty ann"), (18, "backup zoe")] {
            assert_eq!(check("ann:office", "zoe", Slot { weekday: 2, hour }), want, "{hour}");
        }
    }

    fn any_seat() -> impl Strategy<Value = Seat> {
        (0..20_u32, 1..5_u32, proptest::option::of(1..6_u32), any::<[u32; 7]>(), prop::bool::weighted(0.8), 0..6_u32)
            .prop_map(|(name, weight, cap, days, able, adds)| {
                let marks = |day: u32| (0..24).map(|h| if day >> h & 1 == 1 { '1' } else { '0' }).collect::<String>();
                let days: Vec<String> = days.map(marks).to_vec();
                let rota = Rota::parse(&days).unwrap_or(Rota::ALWAYS);
                Seat { staff: format!("s{name}"), weight, cap, rota, able, adds }
            })
    }

    proptest! {
        /// As long as anybody can serve there is somebody in the code; never more than WeCom takes; the same state gives the same plan.
        #[test]
        fn somebody_is_always_in(
            seats in prop::collection::vec(any_seat(), 0..150),
            backup in prop::collection::vec((0..5_u32, any::<bool>()), 0..5),
            weekday in 0..7_u8,
            hour in 0..24_u8,
        ) {
            let backup: Vec<(String, bool)> = backup.into_iter().map(|(n, able)| (format!("b{n}"), able)).collect();
            let slot = Slot { weekday, hour };
            let made = plan(&seats, &backup, slot);
            let anybody = seats.iter().any(|s| s.able) || backup.iter().any(|(_, able)| *able);
            prop_assert_eq!(!made.staff.is_empty(), anybody);
            prop_assert!(made.staff.len() <= MEMBERS_MAX && made.staff.is_sorted());
            let mut turned = seats.clone();
            turned.reverse();
            prop_assert_eq!(plan(&turned, &backup, slot), made);
        }

        /// A day of adds, each seen by the plan only after `late` further ones: nobody goes further beyond what they take than that, as long
        /// as a backup can serve.
        #[test]
        fn nobody_gets_more_than_they_take(
            caps in prop::collection::vec((1..8_u32, 1..4_u32), 1..6),
            picks in prop::collection::vec(any::<u32>(), 1..120),
            late in 1..5_usize,
        ) {
            let mut seats: Vec<Seat> = caps
                .iter()
                .enumerate()
                .map(|(n, (cap, weight))| Seat { cap: Some(*cap), weight: *weight, ..seat(&format!("s{n}")) })
                .collect();
            let backup = vec![("b".to_owned(), true)];
            for chunk in picks.chunks(late) {
                let made = plan(&seats, &backup, NOON);
                for pick in chunk {
                    let staff = &made.staff[*pick as usize % made.staff.len()];
                    if let Some(seat) = seats.iter_mut().find(|seat| seat.staff == *staff) {
                        seat.adds += 1;
                    }
                }
            }
            for seat in &seats {
                prop_assert!(seat.adds < seat.cap.unwrap() + late as u32, "{seat:?}");
            }
        }

        /// Seen after each add, the shares of a day are those of the weights to within one add per member.
        #[test]
        fn weights_are_kept(weights in prop::collection::vec(1..6_u32, 2..5), picks in prop::collection::vec(any::<u32>(), 60..200)) {
            let mut seats: Vec<Seat> = weights
                .iter()
                .enumerate()
                .map(|(n, weight)| Seat { weight: *weight, ..seat(&format!("s{n}")) })
                .collect();
            prop_assume!(weights.iter().any(|weight| *weight != weights[0]));
            for pick in &picks {
                let made = plan(&seats, &[], NOON);
                let staff = made.staff[*pick as usize % made.staff.len()].clone();
                seats.iter_mut().find(|seat| seat.staff == staff).unwrap().adds += 1;
            }
            let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
            for seat in &seats {
                let share = f64::from(seat.weight) / total * picks.len() as f64;
                let off = (f64::from(seat.adds) - share).abs();
                prop_assert!(off <= seats.len() as f64, "{seat:?} {share}");
            }
        }
    }
}
