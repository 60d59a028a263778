//! Who is on when: hours of a week in the workspace's zone.

use crate::refuse;
use siyu_kernel::{Refusal, Time, Zone};

/// Hours of the week on duty: a day is a bit mask, Monday first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rota([u32; 7]);

/// A weekday, 0 for Monday, and an hour of the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    pub weekday: u8,
    pub hour: u8,
}

const DAY: u32 = (1 << 24) - 1;

impl Slot {
    pub fn at(zone: &Zone, at: Time) -> Self {
        let weekday = (zone.day(at) - zone.week(at)).clamp(0, 6);
        Self { weekday: weekday as u8, hour: zone.hour(at).clamp(0, 23) as u8 }
    }
    pub fn all() -> impl Iterator<Item = Self> {
        (0..7).flat_map(|weekday| (0..24).map(move |hour| Self { weekday, hour }))
    }
}

impl Rota {
    pub const ALWAYS: Self = Self([DAY; 7]);

    /// Seven days of 24 marks each, `1` on duty, Monday first. Errors: `code_rota`.
    pub fn parse(days: &[String]) -> Result<Self, Refusal> {
        let mut rota = [0; 7];
        if days.len() != 7 {
            return Err(refuse::rota());
        }
        for (day, marks) in rota.iter_mut().zip(days) {
            if marks.len() != 24 {
                return Err(refuse::rota());
            }
            for (hour, mark) in marks.bytes().enumerate() {
                match mark {
                    b'1' => *day |= 1 << hour,
                    b'0' => {}
                    _ => return Err(refuse::rota()),
                }
            }
        }
        if rota == [0; 7] { Err(refuse::rota()) } else { Ok(Self(rota)) }
    }
    pub fn days(self) -> Vec<String> {
        let marks = |day: u32| (0..24).map(|hour| if day >> hour & 1 == 1 { '1' } else { '0' }).collect();
        self.0.iter().map(|day| marks(*day)).collect()
    }
    pub fn is_on(self, slot: Slot) -> bool {
        self.0[usize::from(slot.weekday)] >> slot.hour & 1 == 1
    }
    /// On duty whenever one of them is.
    pub fn or(self, other: Self) -> Self {
        let mut out = self.0;
        out.iter_mut().zip(other.0).for_each(|(day, own)| *day |= own);
        Self(out)
    }
    pub(crate) fn text(self) -> String {
        self.days().join(",")
    }
    pub(crate) fn from_text(text: &str) -> Self {
        let days: Vec<String> = text.split(',').map(str::to_owned).collect();
        Self::parse(&days).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> Vec<String> {
        vec![text.to_owned(); 7]
    }

    #[test]
    fn a_week_is_written_and_read_back() {
        let office = week("000000000111111111000000");
        let rota = Rota::parse(&office).unwrap();
        assert_eq!((rota.days(), Rota::from_text(&rota.text())), (office, rota));
        assert!(rota.is_on(Slot { weekday: 6, hour: 9 }) && !rota.is_on(Slot { weekday: 0, hour: 18 }));
        assert_eq!(rota.or(Rota::ALWAYS), Rota::ALWAYS);
    }

    #[test]
    fn what_is_no_week_is_refused() {
        let never = week("000000000000000000000000");
        let wrong = [never.clone(), week("1"), week("00000000011111111100000x"), never[..6].to_vec(), Vec::new()];
        for days in wrong {
            assert_eq!(Rota::parse(&days).unwrap_err().code, "code_rota", "{days:?}");
        }
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let zone = Zone::shanghai();
        for (text, weekday, hour) in
            [("2026-03-01T15:59:59Z", 6, 23), ("2026-03-01T16:00:00Z", 0, 0), ("2026-03-02T04:00:00Z", 0, 12)]
        {
            assert_eq!(Slot::at(&zone, Time::parse(text).unwrap()), Slot { weekday, hour }, "{text}");
        }
        // The clock goes back: the hour is there twice, and no hour is missing from the rota.
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let hours =
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"].map(|t| Slot::at(&berlin, Time::parse(t).unwrap()));
        assert_eq!(hours.map(|slot| slot.hour), [2, 2]);
    }
}
