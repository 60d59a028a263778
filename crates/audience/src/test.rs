//! What a condition asks of a value, typed. `ne` is not here: the plan turns it into the opposite of `eq`.

use crate::rule::Op;
use serde_json::Value;
use siyu_calendar::{Returns, Yearly};
use siyu_db::{Param, Tx};
use siyu_kernel::{Time, Zone};
use std::cell::OnceCell;

#[derive(Clone, Debug, PartialEq)]
pub struct IntTest {
    pub op: Op,
    /// One value; several for `in`.
    pub values: Vec<i64>,
}

impl IntTest {
    pub fn new(op: Op, value: i64) -> Self {
        Self { op, values: vec![value] }
    }
    pub fn holds(&self, value: i64) -> bool {
        let to = self.values[0];
        match self.op {
            Op::Gt => value > to,
            Op::Gte => value >= to,
            Op::Lt => value < to,
            Op::Lte => value <= to,
            _ => self.values.contains(&value),
        }
    }
    /// `expression op $at`; with `opposite`, the contrary.
    pub fn clause(&self, tx: &Tx<'_>, expression: &str, at: usize, opposite: bool) -> String {
        let sign = match self.op {
            Op::Gt => ">",
            Op::Gte => ">=",
            Op::Lt => "<",
            Op::Lte => "<=",
            Op::In => {
                let one_of = tx.any(expression, at);
                return if opposite { format!("NOT ({one_of})") } else { one_of };
            }
            _ => "=",
        };
        // The cast tells PostgreSQL the parameter's type where the expression is a NUMERIC.
        let clause = format!("{expression} {sign} CAST(${at} AS BIGINT)");
        if opposite { format!("NOT ({clause})") } else { clause }
    }
    pub fn param(&self) -> Param<'_> {
        if self.op == Op::In { Param::Ints(&self.values) } else { Param::Int(self.values[0]) }
    }
    /// Read as calendar days before today, the days that fit: from, up to but not including.
    pub fn days(&self, today: i32) -> (i32, i32) {
        let day = today.saturating_sub(i32::try_from(self.values[0]).unwrap_or(i32::MAX));
        match self.op {
            Op::Gt => (i32::MIN + 1, day),
            Op::Gte => (i32::MIN + 1, day.saturating_add(1)),
            Op::Lt => (day.saturating_add(1), i32::MAX),
            Op::Lte => (day, i32::MAX),
            _ => (day, day.saturating_add(1)),
        }
    }
    /// Read as calendar days before today, the instants that fit: from, up to but not including.
    pub fn days_ago(&self, now: Time, zone: &Zone) -> (i64, i64) {
        let today = zone.day(now);
        let days = i32::try_from(self.values[0]).unwrap_or(i32::MAX);
        // The instant that many days ago began, and the one it ended.
        let began = zone.start_of_day(today.saturating_sub(days)).0;
        let ended = zone.start_of_day(today.saturating_sub(days).saturating_add(1)).0;
        match self.op {
            Op::Gt => (i64::MIN, began),
            Op::Gte => (i64::MIN, ended),
            Op::Lt => (ended, i64::MAX),
            Op::Lte => (began, i64::MAX),
            _ => (began, ended),
        }
    }
}

/// What values are compared with beside the value of the condition: the workspace's zone and day.
pub struct Today<'z> {
    pub zone: &'z Zone,
    /// Since 1970.
    pub day: i32,
    returns: OnceCell<Returns>,
}

impl<'z> Today<'z> {
    pub fn new(zone: &'z Zone, now: Time) -> Self {
        Self { zone, day: zone.day(now), returns: OnceCell::new() }
    }
    fn returns(&self) -> &Returns {
        self.returns.get_or_init(|| Returns::from(date_of(self.day)))
    }
}

fn date_of(day: i32) -> jiff::civil::Date {
    let (year, month, date) = siyu_behaviour::civil(day);
    jiff::civil::Date::new(year as i16, month as i8, date as i8).unwrap_or(jiff::civil::Date::MAX)
}

/// Asked of a profile value (never null).
#[derive(Clone, Debug, PartialEq)]
pub enum TraitTest {
    Exists,
    /// One of these texts.
    Text(Vec<String>),
    /// Lower-case text somewhere inside.
    Contains(String),
    Number(Op, Vec<f64>),
    Flag(bool),
    /// A calendar day in the workspace zone.
    Day(Op, i32),
    Instant(Op, Time),
    /// Days until this day of the year comes back.
    Until(Yearly, IntTest),
    /// A list with this entry.
    Entry(String),
}

impl TraitTest {
    /// Whether time alone changes what it says.
    pub fn is_dated(&self) -> bool {
        matches!(self, Self::Until(..))
    }
    pub fn holds(&self, value: &Value, today: &Today<'_>) -> bool {
        let zone = today.zone;
        match self {
            Self::Exists => true,
            Self::Text(texts) => text_of(value).is_some_and(|text| texts.contains(&text)),
            Self::Contains(part) => text_of(value).is_some_and(|text| text.to_lowercase().contains(part)),
            Self::Number(op, numbers) => number_of(value).is_some_and(|number| match op {
                Op::In => numbers.contains(&number),
                op => compare(*op, &number, &numbers[0]),
            }),
            Self::Flag(flag) => flag_of(value) == Some(*flag),
            Self::Day(op, day) => instant_of(value, zone).is_some_and(|at| compare(*op, &zone.day(at), day)),
            Self::Instant(op, to) => instant_of(value, zone).is_some_and(|at| compare(*op, &at, to)),
            Self::Until(by, test) => {
                let first = instant_of(value, zone).map(|at| date_of(zone.day(at)));
                first.and_then(|first| today.returns().days(first, *by)).is_some_and(|days| test.holds(days))
            }
            Self::Entry(entry) => match value {
                Value::Array(items) => items.iter().any(|item| text_of(item).as_deref() == Some(entry)),
                single => text_of(single).as_deref() == Some(entry),
            },
        }
    }
}

fn compare<T: PartialOrd>(op: Op, value: &T, to: &T) -> bool {
    match op {
        Op::Gt => value > to,
        Op::Gte => value >= to,
        Op::Lt => value < to,
        Op::Lte => value <= to,
        _ => value == to,
    }
}

/// Text as people see it: numbers and truth values have one too.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}
pub fn flag_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => None,
    }
}
/// A whole number, also written as text (a list from a form).
pub fn integer_of(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e15).map(|n| n as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
/// `2026-05-01` → days since 1970.
pub fn day_of(text: &str) -> Option<i32> {
    let day = text.len() == 10 && text.as_bytes()[4] == b'-';
    let at = day.then(|| Time::parse(&format!("{text}T00:00:00Z")).ok())??;
    Some(Zone::utc().day(at))
}
fn instant_of(value: &Value, zone: &Zone) -> Option<Time> {
    let text = value.as_str()?;
    match day_of(text) {
        Some(day) => Some(zone.start_of_day(day)),
        None => Time::parse(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn days_are_calendar_days_of_the_zone() {
        let zone = Zone::shanghai();
        // 00:30 on the 2nd in Shanghai.
        let now = Time::parse("2026-03-01T16:30:00Z").unwrap();
        let days_since = |at: &str, op, days| {
            let (from, to) = IntTest::new(op, days).days_ago(now, &zone);
            (from..to).contains(&Time::parse(at).unwrap().0)
        };
        let yesterday = "2026-03-01T15:59:59Z";
        assert!(
            days_since(yesterday, Op::Eq, 1) && days_since(yesterday, Op::Gte, 1) && days_since(yesterday, Op::Lte, 1)
        );
        assert!(
            days_since(yesterday, Op::Gt, 0) && !days_since(yesterday, Op::Gt, 1) && !days_since(yesterday, Op::Lt, 1)
        );
        assert!(days_since("2026-03-01T16:00:00Z", Op::Eq, 0) && days_since(yesterday, Op::Lt, 2));
    }

    #[test]
    fn profile_values_are_compared_as_people_mean_them() {
        let zone = Zone::shanghai();
        // The 2nd of March there; the 14th of the first month by the moon.
        let today = Today::new(&zone, Time::parse("2026-03-01T16:30:00Z").unwrap());
        let until = |by, op, days| TraitTest::Until(by, IntTest::new(op, days));
        let text = |t: &str| TraitTest::Text(vec![t.into()]);
        for (test, value, want) in [
            (text("上海"), json!("上海"), true),
            (text("5"), json!(5), true),
            (text("a"), json!("A"), false),
            (TraitTest::Contains("an".into()), json!("ANN"), true),
            (TraitTest::Number(Op::Gte, vec![18.0]), json!("18"), true),
            (TraitTest::Number(Op::Gte, vec![18.0]), json!("old"), false),
            (TraitTest::Number(Op::In, vec![1.0, 2.5]), json!(2.5), true),
            (TraitTest::Flag(true), json!("true"), true),
            (TraitTest::Flag(false), json!(0), false),
            (TraitTest::Day(Op::Eq, day_of("2026-03-02").unwrap()), json!("2026-03-01T16:30:00Z"), true),
            (TraitTest::Day(Op::Lt, day_of("2026-03-02").unwrap()), json!("2026-03-01"), true),
            (TraitTest::Instant(Op::Gt, Time(0)), json!("1970-01-02"), true),
            (TraitTest::Entry("b".into()), json!(["a", "b"]), true),
            (TraitTest::Entry("b".into()), json!(["ab"]), false),
            (TraitTest::Exists, json!(false), true),
            (until(Yearly::Solar, Op::Eq, 0), json!("1990-03-02"), true),
            (until(Yearly::Solar, Op::Lte, 7), json!("1990-03-09"), true),
            (until(Yearly::Solar, Op::Lte, 7), json!("1990-03-10"), false),
            (until(Yearly::Solar, Op::Lte, 7), json!("1990-03-01"), false),
            (until(Yearly::Solar, Op::Eq, 364), json!("1990-03-01"), true),
            // Born on the 15th of the first month.
            (until(Yearly::Lunar, Op::Eq, 1), json!("2000-02-19"), true),
            (until(Yearly::Lunar, Op::Gte, 0), json!("1890-02-19"), false),
            (until(Yearly::Solar, Op::Gte, 0), json!("soon"), false),
            (until(Yearly::Solar, Op::Eq, 0), json!("1990-03-01T17:00:00Z"), true),
        ] {
            assert_eq!(test.holds(&value, &today), want, "{test:?} {value}");
        }
    }
}
