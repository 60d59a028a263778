//! Instants are microseconds UTC; days and weeks belong to a zone.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

/// An instant in microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an instant: {0}")]
pub struct TimeError(pub String);

impl Time {
    /// The years 1900 to 2200: instants outside are refused at the edge, so that arithmetic inside cannot overflow.
    pub const MIN: Time = Time(-2_208_988_800_000_000);
    pub const MAX: Time = Time(7_258_118_400_000_000);

    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let stamp: Timestamp = text.parse().map_err(|_| TimeError(text.chars().take(40).collect()))?;
        Self(stamp.as_microsecond()).in_range().ok_or_else(|| TimeError(text.chars().take(40).collect()))
    }
    pub fn in_range(self) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&self).then_some(self)
    }
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }
    fn stamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0.clamp(Self::MIN.0, Self::MAX.0))
            .expect("the range of Time lies inside the range of Timestamp")
    }
}

/// RFC 3339 in UTC with milliseconds, as every API answer shows it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.stamp())
    }
}
impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// The workspace's time zone (default Asia/Shanghai); weeks start on Monday.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    pub fn named(name: &str) -> Result<Self, TimeError> {
        TimeZone::get(name).map(Self).map_err(|_| TimeError(name.chars().take(40).collect()))
    }
    pub fn shanghai() -> Self {
        Self::named("Asia/Shanghai").expect("the zone table is bundled")
    }
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
    /// The calendar day an instant falls on, as days since 1970-01-01.
    pub fn day(&self, at: Time) -> i32 {
        let date = self.0.to_datetime(at.stamp()).date();
        days_since_epoch(date)
    }
    /// The Monday that starts the instant's week, as days since 1970-01-01.
    pub fn week(&self, at: Time) -> i32 {
        let date = self.0.to_datetime(at.stamp()).date();
        days_since_epoch(date) - i32::from(date.weekday().since(Weekday::Monday))
    }
    /// The first instant of a day (which is not midnight where the clock jumps over it).
    pub fn start_of_day(&self, day: i32) -> Time {
        let date = epoch().checked_add(i64::from(day).days()).unwrap_or(Date::MAX);
        match self.0.to_ambiguous_zoned(date.at(0, 0, 0, 0)).compatible() {
            Ok(zoned) => Time(zoned.timestamp().as_microsecond()),
            Err(_) => Time(i64::from(day) * 86_400_000_000),
        }
    }
    /// The hour the clock on the wall shows, 0..=23.
    pub fn hour(&self, at: Time) -> i8 {
        self.0.to_datetime(at.stamp()).hour()
    }
    /// `2024-05-01 08:30:00` in this zone, for files that people read.
    pub fn local(&self, at: Time) -> String {
        self.0.to_datetime(at.stamp()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

fn epoch() -> Date {
    jiff::civil::date(1970, 1, 1)
}
fn days_since_epoch(date: Date) -> i32 {
    date.since(epoch()).map(|span| span.get_days()).unwrap_or_default()
}

/// Where the present comes from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Time;
}

pub struct SystemClock;
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Time {
        Time(Timestamp::now().as_microsecond())
    }
}

/// A clock that stands still until a test moves it.
pub struct FakeClock(AtomicI64);
impl FakeClock {
    pub fn at(text: &str) -> Self {
        Self(AtomicI64::new(Time::parse(text).expect("a test names a valid instant").0))
    }
    pub fn set(&self, at: Time) {
        self.0.store(at.0, Ordering::SeqCst);
    }
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}
impl Clock for FakeClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}

/// Elapsed time for metrics, progress and waiting; never for a decision.
#[derive(Clone, Copy)]
pub struct Stopwatch(std::time::Instant);
impl Stopwatch {
    #[allow(clippy::disallowed_methods, reason = "durations for metrics come from here only")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

pub mod clocks {
    use super::{Clock, SystemClock};
    use std::sync::Arc;
    pub fn system() -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_weeks_follow_the_zone() {
        let zone = Zone::shanghai();
        for (text, day, week) in [
            ("1970-01-01T00:00:00Z", 0, -3),
            ("2024-12-31T15:59:59Z", 20088, 20087),
            ("2024-12-31T16:00:00Z", 20089, 20087),
            ("2025-01-05T15:59:59Z", 20093, 20087),
            ("2025-01-05T16:00:00Z", 20094, 20094),
        ] {
            let at = Time::parse(text).unwrap();
            assert_eq!((zone.day(at), zone.week(at)), (day, week), "{text}");
        }
    }

    #[test]
    fn a_day_starts_where_the_clock_jumps_over_midnight() {
        let zone = Zone::named("America/Sao_Paulo").unwrap();
        let day = zone.day(Time::parse("2018-11-04T12:00:00Z").unwrap());
        assert_eq!(zone.start_of_day(day).to_string(), "2018-11-04T03:00:00.000Z");
    }

    #[test]
    fn instants_out_of_range_are_refused() {
        for text in ["0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "yesterday", ""] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
        assert_eq!(Time::parse("2024-01-02T03:04:05+08:00").unwrap().to_string(), "2024-01-01T19:04:05.000Z");
    }
}
