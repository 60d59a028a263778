//! Festivals: China's by the moon, and those that shops live by.

use crate::lunar::lunar;
use jiff::civil::{Date, Weekday, date};
use jiff::{ToSpan, Unit};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Festival {
    NewYear,
    Laba,
    NewYearsEve,
    SpringFestival,
    Lantern,
    Valentines,
    WomensDay,
    LabourDay,
    MothersDay,
    LoveDay,
    ChildrensDay,
    DragonBoat,
    MidYearSale,
    FathersDay,
    Qixi,
    TeachersDay,
    MidAutumn,
    NationalDay,
    DoubleNinth,
    SinglesDay,
    DoubleTwelve,
    Christmas,
}

enum On {
    Solar(i8, i8),
    Lunar(u8, u8),
    /// The evening before the lunar year begins.
    LunarEve,
    /// The so manyth of a day of the week in a month.
    Nth(i8, i8, Weekday),
}

impl Festival {
    pub const ALL: [Self; 22] = [
        Self::NewYear,
        Self::Laba,
        Self::NewYearsEve,
        Self::SpringFestival,
        Self::Lantern,
        Self::Valentines,
        Self::WomensDay,
        Self::LabourDay,
        Self::MothersDay,
        Self::LoveDay,
        Self::ChildrensDay,
        Self::DragonBoat,
        Self::MidYearSale,
        Self::FathersDay,
        Self::Qixi,
        Self::TeachersDay,
        Self::MidAutumn,
        Self::NationalDay,
        Self::DoubleNinth,
        Self::SinglesDay,
        Self::DoubleTwelve,
        Self::Christmas,
    ];

    fn row(self) -> (&'static str, On, &'static str, &'static str) {
        match self {
            Self::NewYear => ("new_year", On::Solar(1, 1), "元旦", "New Year"),
            Self::Laba => ("laba", On::Lunar(12, 8), "腊八节", "Laba"),
            Self::NewYearsEve => ("new_years_eve", On::LunarEve, "除夕", "Lunar New Year's Eve"),
            Self::SpringFestival => ("spring_festival", On::Lunar(1, 1), "春节", "Spring Festival"),
            Self::Lantern => ("lantern", On::Lunar(1, 15), "元宵节", "Lantern Festival"),
            Self::Valentines => ("valentines", On::Solar(2, 14), "情人节", "Valentine's Day"),
            Self::WomensDay => ("womens_day", On::Solar(3, 8), "妇女节", "Women's Day"),
            Self::LabourDay => ("labour_day", On::Solar(5, 1), "劳动节", "Labour Day"),
            Self::MothersDay => ("mothers_day", On::Nth(5, 2, Weekday::Sunday), "母亲节", "Mother's Day"),
            Self::LoveDay => ("love_day", On::Solar(5, 20), "520 表白日", "520, Confession Day"),
            Self::ChildrensDay => ("childrens_day", On::Solar(6, 1), "儿童节", "Children's Day"),
            Self::DragonBoat => ("dragon_boat", On::Lunar(5, 5), "端午节", "Dragon Boat Festival"),
            Self::MidYearSale => ("mid_year_sale", On::Solar(6, 18), "618 年中大促", "618 mid-year sale"),
            Self::FathersDay => ("fathers_day", On::Nth(6, 3, Weekday::Sunday), "父亲节", "Father's Day"),
            Self::Qixi => ("qixi", On::Lunar(7, 7), "七夕", "Qixi"),
            Self::TeachersDay => ("teachers_day", On::Solar(9, 10), "教师节", "Teachers' Day"),
            Self::MidAutumn => ("mid_autumn", On::Lunar(8, 15), "中秋节", "Mid-Autumn Festival"),
            Self::NationalDay => ("national_day", On::Solar(10, 1), "国庆节", "National Day"),
            Self::DoubleNinth => ("double_ninth", On::Lunar(9, 9), "重阳节", "Double Ninth Festival"),
            Self::SinglesDay => ("singles_day", On::Solar(11, 11), "双十一", "Singles' Day"),
            Self::DoubleTwelve => ("double_twelve", On::Solar(12, 12), "双十二", "Double Twelve"),
            Self::Christmas => ("christmas", On::Solar(12, 25), "圣诞节", "Christmas"),
        }
    }
    /// As it is written in JSON.
    pub fn name(self) -> &'static str {
        self.row().0
    }
    /// Chinese and English.
    pub fn labels(self) -> (&'static str, &'static str) {
        let (_, _, zh, en) = self.row();
        (zh, en)
    }
    /// The first day on or after `from` on which it is; `None` beyond the years that are known.
    pub fn next(self, from: Date) -> Option<Date> {
        let on = self.row().1;
        let mut day = from;
        // A year by the moon has up to 385 days, and the day after it may be the one.
        for _ in 0..400 {
            if is(&on, day)? {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }
    /// All of them from a day to another, both included, by day; days are counted from 1970.
    pub fn among(from: i32, to: i32) -> Vec<(i32, Self)> {
        let first = date(1970, 1, 1);
        let date_of = |day: i32| first.saturating_add(i64::from(day).days());
        let day_of = |date: Date| first.until((Unit::Day, date)).map_or(0, |span| span.get_days());
        Self::between(date_of(from), date_of(to)).into_iter().map(|(day, own)| (day_of(day), own)).collect()
    }
    /// All of them from a day to another, both included, by day.
    pub fn between(from: Date, to: Date) -> Vec<(Date, Self)> {
        let mut out: Vec<(Date, Self)> = Vec::new();
        let mut day = from;
        while day <= to {
            out.extend(Self::ALL.into_iter().filter(|own| is(&own.row().1, day) == Some(true)).map(|own| (day, own)));
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        out
    }
}

/// `None`: the calendar ends here.
fn is(on: &On, day: Date) -> Option<bool> {
    Some(match *on {
        On::Solar(month, of) => day.month() == month && day.day() == of,
        On::Nth(month, nth, weekday) => {
            let first = date(day.year(), month, 1);
            day.month() == month && first.nth_weekday_of_month(nth, weekday).ok() == Some(day)
        }
        On::Lunar(month, of) => {
            let own = lunar(day)?;
            own.month == month && own.day == of && !own.leap
        }
        On::LunarEve => {
            let next = lunar(day.tomorrow().ok()?)?;
            next.month == 1 && next.day == 1 && !next.leap
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn festivals_have_their_day() {
        for (festival, from, want) in [
            (Festival::SpringFestival, "2026-01-01", "2026-02-17"),
            (Festival::SpringFestival, "2026-02-17", "2026-02-17"),
            (Festival::SpringFestival, "2026-02-18", "2027-02-06"),
            (Festival::NewYearsEve, "2026-01-01", "2026-02-16"),
            (Festival::NewYearsEve, "2025-01-01", "2025-01-28"),
            (Festival::Lantern, "2026-01-01", "2026-03-03"),
            (Festival::DragonBoat, "2026-01-01", "2026-06-19"),
            (Festival::Qixi, "2026-01-01", "2026-08-19"),
            (Festival::MidAutumn, "2026-01-01", "2026-09-25"),
            // A year with a leap sixth month.
            (Festival::Qixi, "2025-01-01", "2025-08-29"),
            (Festival::MidAutumn, "2025-01-01", "2025-10-06"),
            (Festival::DoubleNinth, "2026-01-01", "2026-10-18"),
            (Festival::Laba, "2026-01-01", "2026-01-26"),
            (Festival::MothersDay, "2026-01-01", "2026-05-10"),
            (Festival::FathersDay, "2026-01-01", "2026-06-21"),
            (Festival::SinglesDay, "2026-11-12", "2027-11-11"),
        ] {
            assert_eq!(festival.next(from.parse().unwrap()), Some(want.parse().unwrap()), "{festival:?} from {from}");
        }
        assert_eq!(Festival::MidAutumn.next("2099-12-01".parse().unwrap()), None);
    }

    #[test]
    fn each_comes_once_a_year_and_has_a_name() {
        let mut names = Vec::new();
        for own in Festival::ALL {
            let (zh, en) = own.labels();
            assert!(!zh.is_empty() && !en.is_empty());
            assert_eq!(serde_name(own), own.name());
            names.push(own.name());
            for year in 1902..2098 {
                // Laba of one year may lie in January of the next.
                let first = own.next(date(year, 1, 1)).unwrap();
                let second = own.next(first.tomorrow().unwrap()).unwrap();
                let days = first.until(second).unwrap().get_days();
                assert!((350..=386).contains(&days), "{own:?} {first} {second}");
            }
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Festival::ALL.len());
        let of_2026 = Festival::between(date(2026, 9, 1), date(2026, 10, 1));
        let names: Vec<&str> = of_2026.iter().map(|(_, own)| own.name()).collect();
        assert_eq!(names, ["teachers_day", "mid_autumn", "national_day"]);
        // The 1st of January 2026 and the day after.
        assert_eq!(Festival::among(20_454, 20_455), [(20_454, Festival::NewYear)]);
    }
    fn serde_name(own: Festival) -> String {
        // As serde writes a unit variant in snake case.
        let mut out = String::new();
        for letter in format!("{own:?}").chars() {
            if letter.is_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.extend(letter.to_lowercase());
        }
        out
    }
}
