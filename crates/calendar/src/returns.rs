//! How far away each day of the year is.

use crate::lunar::lunar;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// By which calendar a day comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Yearly {
    /// The 29th of February is kept on the 28th in other years.
    Solar,
    Lunar,
}

const FAR: u16 = u16::MAX;
/// The longest lunar year has 385 days.
const LOOK: u16 = 420;

/// Days from one day to the next return of every other.
#[derive(Clone, Debug)]
pub struct Returns {
    solar: [[u16; 32]; 13],
    lunar: [[u16; 32]; 13],
}

impl Returns {
    pub fn from(today: Date) -> Self {
        let (mut solar, mut moon) = ([[FAR; 32]; 13], [[FAR; 32]; 13]);
        let mut date = today;
        for away in 0..LOOK {
            let Ok(tomorrow) = date.tomorrow() else { break };
            keep(&mut solar, date.month() as u8, date.day() as u8, away);
            if date.month() == 2 && date.day() == 28 && !date.in_leap_year() {
                keep(&mut solar, 2, 29, away);
            }
            if let Some(own) = lunar(date).filter(|own| !own.leap) {
                keep(&mut moon, own.month, own.day, away);
                let is_last = lunar(tomorrow).is_some_and(|next| next.day == 1);
                if own.day == 29 && is_last {
                    keep(&mut moon, own.month, 30, away);
                }
            }
            date = tomorrow;
        }
        Self { solar, lunar: moon }
    }
    /// Days until the day that `first` was comes back; 0 is today. `None`: the calendar does not know `first`.
    pub fn days(&self, first: Date, by: Yearly) -> Option<i64> {
        let away = match by {
            Yearly::Solar => self.solar[first.month() as usize][first.day() as usize],
            Yearly::Lunar => {
                let own = lunar(first)?;
                self.lunar[usize::from(own.month)][usize::from(own.day)]
            }
        };
        (away != FAR).then_some(i64::from(away))
    }
}

fn keep(table: &mut [[u16; 32]; 13], month: u8, day: u8, away: u16) {
    let slot = &mut table[usize::from(month)][usize::from(day)];
    *slot = (*slot).min(away);
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }
    fn days(today: &str, first: &str, by: Yearly) -> Option<i64> {
        Returns::from(day(today)).days(day(first), by)
    }

    #[test]
    fn birthdays_come_back() {
        for (today, first, by, want) in [
            ("2026-05-20", "1990-05-20", Yearly::Solar, 0),
            ("2026-05-21", "1990-05-20", Yearly::Solar, 364),
            ("2026-12-30", "1990-01-02", Yearly::Solar, 3),
            ("2026-02-27", "1992-02-29", Yearly::Solar, 1),
            ("2028-02-28", "1992-02-29", Yearly::Solar, 1),
            ("2028-02-29", "1992-02-29", Yearly::Solar, 0),
            // Born on the 15th of the eighth month.
            ("2026-09-20", "1990-10-03", Yearly::Lunar, 5),
            // Born on the first day of the year.
            ("2026-02-16", "2000-02-05", Yearly::Lunar, 1),
            ("2026-02-18", "2000-02-05", Yearly::Lunar, 353),
            // Born on the first of a leap second month: kept in the second month of a year without one.
            ("2026-03-19", "2023-03-22", Yearly::Lunar, 0),
            // Born on the 30th of the twelfth month, which has 29 days in this year.
            ("2025-01-28", "2024-02-09", Yearly::Lunar, 0),
        ] {
            assert_eq!(days(today, first, by), Some(want), "{today} {first} {by:?}");
        }
        assert_eq!(days("2026-01-01", "1899-01-01", Yearly::Lunar), None);
    }

    proptest! {
        #[test]
        fn every_day_comes_back_within_the_year(from in 0_i64..60_000, back in 0_i64..30_000) {
            let first = day("1903-01-01").checked_add(back.min(from).days()).unwrap();
            let today = day("1903-01-01").checked_add(from.days()).unwrap();
            let returns = Returns::from(today);
            let solar = returns.days(first, Yearly::Solar).unwrap();
            prop_assert!((0..=365).contains(&solar));
            let kept = today.checked_add(solar.days()).unwrap();
            prop_assert!(kept.month() == first.month() && (kept.day() == first.day() || first.day() == 29));
            let moon = returns.days(first, Yearly::Lunar).unwrap();
            prop_assert!((0..=385).contains(&moon), "{}", moon);
            let kept = lunar(today.checked_add(moon.days()).unwrap()).unwrap();
            let born = lunar(first).unwrap();
            prop_assert_eq!(kept.month, born.month);
            prop_assert!(!kept.leap && (kept.day == born.day || (born.day == 30 && kept.day == 29)));
        }
    }
}
