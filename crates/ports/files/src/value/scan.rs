//! The numbers in a written date, before their sense is checked.

use super::error::ValueErrorKind as Kind;
use super::instant::micros_of;
use super::text::narrow;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Clear,
    /// Month and day could be the other way round; they stand as written.
    Unclear,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Civil {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    pub order: Order,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub micros: i64,
    pub has_time: bool,
    pub offset_minutes: Option<i32>,
}

impl Civil {
    pub(super) fn exists(&self) -> bool {
        let date_like = (1000..=9999).contains(&self.year) && (1..=12).contains(&self.month);
        let last = match self.month {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let ends_day = self.hour == 24 && self.minute == 0 && self.second == 0 && self.micros == 0;
        // Second 60 is a leap second and counts as the first of the next minute.
        let time = (self.hour < 24 || ends_day) && self.minute < 60 && self.second <= 60;
        let offset = self.offset_minutes.is_none_or(|m| m.abs() <= 18 * 60);
        date_like && (1..=last).contains(&self.day) && time && offset
    }
}

/// Longest text that can be a date.
const CHARS_MAX: usize = 64;

pub(super) fn scan(text: &str) -> Result<Civil, Kind> {
    if text.len() > CHARS_MAX * 4 || text.chars().count() > CHARS_MAX {
        return Err(Kind::InstantUnreadable);
    }
    let (ascii, half) = westernise(text)?;
    let mut cursor = Cursor { rest: ascii.as_bytes() };
    let mut at = cursor.date()?;
    cursor.eat(|b| matches!(b, b' ' | b'T' | b't'));
    if cursor.rest.first().is_some_and(u8::is_ascii_digit) {
        cursor.time(&mut at, half)?;
        at.offset_minutes = cursor.offset()?;
    }
    match cursor.rest {
        [] => Ok(at),
        _ => Err(Kind::InstantUnreadable),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

/// Chinese date words as ASCII separators; the half of the day is returned on its own. ASCII text passes unchanged.
fn westernise(text: &str) -> Result<(std::borrow::Cow<'_, str>, Option<Half>), Kind> {
    if text.is_ascii() {
        return Ok((text.into(), None));
    }
    let narrow = narrow(text);
    let (mut out, mut half) = (String::with_capacity(text.len()), None);
    let mut chars = narrow.chars();
    while let Some(c) = chars.next() {
        match c {
            '年' | '月' => out.push('-'),
            '日' | '号' | '秒' => out.push(' '),
            '时' | '時' | '点' | '點' | '分' => out.push(':'),
            '上' | '早' | '凌' | '下' | '晚' | '中' => {
                half = Some(match c {
                    '上' | '早' | '凌' => Half::Morning,
                    _ => Half::Afternoon,
                });
                chars.next();
            }
            // The weekday says nothing new: 星期二, 周二.
            '星' => drop(chars.nth(1)),
            '周' => drop(chars.next()),
            c if c.is_ascii() => out.push(c),
            _ => return Err(Kind::InstantUnreadable),
        }
    }
    Ok((out.trim().to_string().into(), half))
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn eat(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        let n = self.rest.iter().take_while(|b| wanted(**b)).count();
        self.rest = &self.rest[n..];
        n
    }

    fn eat_one(&mut self, wanted: &[u8]) -> Option<u8> {
        let first = *self.rest.first()?;
        wanted.contains(&first).then(|| {
            self.rest = &self.rest[1..];
            first
        })
    }

    /// A number of one to four digits, and how many.
    fn number(&mut self) -> Result<(u32, usize), Kind> {
        let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=4).contains(&digits) {
            return Err(Kind::InstantUnreadable);
        }
        let (head, rest) = self.rest.split_at(digits);
        self.rest = rest;
        Ok((head.iter().fold(0, |v, b| v * 10 + u32::from(b - b'0')), digits))
    }

    fn date(&mut self) -> Result<Civil, Kind> {
        let (a, a_digits) = self.number()?;
        let separator = self.eat_one(b"-/.").ok_or(Kind::InstantUnreadable)?;
        let (b, b_digits) = self.number()?;
        self.eat_one(&[separator]).ok_or(Kind::InstantUnreadable)?;
        let (c, c_digits) = self.number()?;
        let (year, month, day, order) = match (a_digits, b_digits, c_digits) {
            (4, 1 | 2, 1 | 2) => (a, b, c, Order::Clear),
            (1 | 2, 1 | 2, 4) if a > 12 => (c, b, a, Order::Clear),
            (1 | 2, 1 | 2, 4) if b > 12 || a == b => (c, a, b, Order::Clear),
            (1 | 2, 1 | 2, 4) => (c, a, b, Order::Unclear),
            _ => return Err(Kind::InstantUnreadable),
        };
        Ok(Civil {
            year: year as i32,
            month,
            day,
            order,
            hour: 0,
            minute: 0,
            second: 0,
            micros: 0,
            has_time: false,
            offset_minutes: None,
        })
    }

    fn time(&mut self, at: &mut Civil, half: Option<Half>) -> Result<(), Kind> {
        at.has_time = true;
        at.hour = self.number()?.0;
        self.eat_one(b":").ok_or(Kind::InstantUnreadable)?;
        if self.rest.first().is_some_and(u8::is_ascii_digit) {
            at.minute = self.number()?.0;
        }
        // 3时4分 leaves a colon at its end.
        if self.eat_one(b":").is_some() && self.rest.first().is_some_and(u8::is_ascii_digit) {
            at.second = self.number()?.0;
            if self.eat_one(b".,").is_some() {
                let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
                let (part, rest) = self.rest.split_at(digits);
                at.micros = micros_of(std::str::from_utf8(part).unwrap_or_default());
                self.rest = rest;
            }
        }
        self.eat(|b| b == b' ');
        let half = match self.eat_one(b"AaPp") {
            Some(b'A' | b'a') => Some(Half::Morning),
            Some(_) => Some(Half::Afternoon),
            None => half,
        };
        self.eat_one(b"Mm");
        match half {
            // 下午15:04 is written too; it needs no shift.
            Some(Half::Afternoon) if at.hour < 12 => at.hour += 12,
            Some(Half::Morning) if at.hour == 12 => at.hour = 0,
            _ => {}
        }
        Ok(())
    }

    /// `Z`, `UTC`, `GMT`, `+08:00`, `+0800`, `+08`; None when nothing follows.
    fn offset(&mut self) -> Result<Option<i32>, Kind> {
        self.eat(|b| b == b' ');
        for name in ["Z", "UTC", "GMT"] {
            let head = self.rest.get(..name.len());
            if head.is_some_and(|h| h.eq_ignore_ascii_case(name.as_bytes())) {
                self.rest = &self.rest[name.len()..];
                return Ok(Some(0));
            }
        }
        let Some(sign) = self.eat_one(b"+-") else {
            return Ok(None);
        };
        let (first, digits) = self.number()?;
        let (hours, minutes) = match digits {
            4 => (first / 100, first % 100),
            1 | 2 if self.eat_one(b":").is_some() => (first, self.number()?.0),
            1 | 2 => (first, 0),
            _ => return Err(Kind::InstantUnreadable),
        };
        if minutes > 59 {
            return Err(Kind::InstantImpossible);
        }
        let total = (hours * 60 + minutes) as i32;
        Ok(Some(if sign == b'-' { -total } else { total }))
    }
}
