//! A welcome rule: whom it greets, and with what.

use crate::content::Content;
use crate::refuse;
use serde::{Deserialize, Serialize};
use siyu_kernel::{Refusal, Time};

use super::facts::History;

/// Everything that is given must hold; within a list any one of it. Nothing given: everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// `state` of the code they came by; `""` is whoever came without one.
    pub channels: Vec<String>,
    /// Userids.
    pub staff: Vec<String>,
    /// Codes of stores.
    pub stores: Vec<String>,
    /// Departments, those below them included.
    pub departments: Vec<i64>,
    pub history: Vec<History>,
    /// Ids of tags here.
    pub tags: Vec<String>,
    pub hours: Vec<Hours>,
}

/// A part of the week in the brand's zone. `to` before `from` goes over midnight and belongs to the day it began on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// 1 Monday to 7 Sunday; none: every day.
    #[serde(default)]
    pub days: Vec<u8>,
    /// `09:00`
    pub from: String,
    /// `18:30`, itself not included; `24:00` is the day's end.
    pub to: String,
}

impl Hours {
    /// Minutes of the day.
    pub(super) fn minutes(&self) -> Option<(i64, i64)> {
        fn minute(text: &str) -> Option<i64> {
            let (hour, minute) = text.split_once(':')?;
            let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if !digits(hour) || !digits(minute) {
                return None;
            }
            let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
            let all = hour * 60 + minute;
            (minute < 60 && all <= 24 * 60).then_some(all)
        }
        Some((minute(&self.from)?, minute(&self.to)?))
    }
    /// `day`: 1 to 7; `minute` of that day.
    pub(super) fn holds(&self, day: u8, minute: i64) -> bool {
        let Some((from, to)) = self.minutes() else { return false };
        let on = |day: u8| self.days.is_empty() || self.days.contains(&day);
        if from < to {
            return on(day) && (from..to).contains(&minute);
        }
        let yesterday = if day == 1 { 7 } else { day - 1 };
        (on(day) && minute >= from) || (on(yesterday) && minute < to)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Sends the content.
    Send,
    /// Sends nothing: the member of staff greets in their own words.
    Silent,
}

impl RuleKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Silent => "silent",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Send, Self::Silent].into_iter().find(|kind| kind.name() == name)
    }
}

/// A rule as it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleIn {
    pub name: String,
    pub active: bool,
    pub kind: RuleKind,
    pub when: When,
    /// Nothing when the rule is silent.
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    pub id: String,
    pub name: String,
    pub active: bool,
    pub kind: RuleKind,
    pub when: When,
    pub content: Content,
    pub version: i64,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    pub changed_by: String,
}

const LIST_MAX: usize = 500;
const HOURS_MAX: usize = 20;

impl RuleIn {
    /// One spelling for each value. Errors: `welcome_rule`, `content_invalid`, `content_template`, `content_variable`.
    pub(super) fn checked(mut self) -> Result<Self, Refusal> {
        self.name = self.name.trim().to_owned();
        let chars = self.name.chars().count();
        if !(1..=60).contains(&chars) || self.name.chars().any(char::is_control) {
            return Err(refuse::rule("name", "A name has 1 to 60 characters.", "名称须为 1 到 60 个字符。"));
        }
        let when = &mut self.when;
        let long = |field: &'static str| {
            refuse::rule(field, format!("Up to {LIST_MAX} of each."), format!("每项最多 {LIST_MAX} 个。"))
        };
        for (field, list, max) in [
            ("when.channels", &mut when.channels, 64),
            ("when.staff", &mut when.staff, 64),
            ("when.stores", &mut when.stores, 100),
            ("when.tags", &mut when.tags, 64),
        ] {
            list.iter_mut().for_each(|own| *own = own.trim().to_owned());
            list.sort_unstable();
            list.dedup();
            if list.len() > LIST_MAX {
                return Err(long(field));
            }
            if list.iter().any(|own| own.len() > max || own.chars().any(char::is_control)) {
                return Err(refuse::rule(
                    field,
                    format!("Each has up to {max} bytes."),
                    format!("每个最长 {max} 字节。"),
                ));
            }
            if field != "when.channels" && list.iter().any(String::is_empty) {
                return Err(refuse::rule(field, "An empty value names nobody.", "不能为空。"));
            }
        }
        when.departments.sort_unstable();
        when.departments.dedup();
        when.history.sort_unstable();
        when.history.dedup();
        if when.departments.len() > LIST_MAX {
            return Err(long("when.departments"));
        }
        let good = |own: &Hours| {
            own.days.iter().all(|day| (1..=7).contains(day))
                && own.minutes().is_some_and(|(from, to)| from != to && from < 24 * 60)
        };
        if when.hours.len() > HOURS_MAX || !when.hours.iter().all(good) {
            return Err(refuse::rule(
                "when.hours",
                "Hours are written 09:00 to 18:30 and are not empty; days go from 1 (Monday) to 7; up to 20 spans.",
                "时段写作 09:00 到 18:30 且不能为空；星期为 1（周一）到 7；最多 20 段。",
            ));
        }
        match self.kind {
            RuleKind::Send => self.content.check("content")?,
            RuleKind::Silent => self.content = Content::default(),
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(days: &[u8], from: &str, to: &str) -> Hours {
        Hours { days: days.to_vec(), from: from.into(), to: to.into() }
    }

    #[test]
    fn hours_may_go_over_midnight() {
        let shop = hours(&[1, 2, 3, 4, 5], "09:00", "18:30");
        for (day, minute, want) in [(1, 540, true), (1, 539, false), (5, 1109, true), (5, 1110, false), (6, 600, false)]
        {
            assert_eq!(shop.holds(day, minute), want, "{day} {minute}");
        }
        let night = hours(&[5], "22:00", "02:00");
        for (day, minute, want) in [(5, 1320, true), (5, 60, false), (6, 60, true), (6, 1320, false), (7, 60, false)] {
            assert_eq!(night.holds(day, minute), want, "{day} {minute}");
        }
        assert!(hours(&[], "00:00", "24:00").holds(7, 1439));
        assert!(hours(&[7], "23:00", "01:00").holds(1, 30));
        assert!(
            ["9:00", "24:01", "12:60", "aa:bb", "", "١٢:٠٠"]
                .iter()
                .all(|bad| hours(&[], bad, "10:00").minutes().is_none())
        );
    }

    #[test]
    fn mistakes_are_told_before_saving() {
        let rule = |name: &str, when: When| RuleIn {
            name: name.into(),
            active: true,
            kind: RuleKind::Send,
            when,
            content: Content { text: "你好".into(), attachments: vec![] },
        };
        let with = |hours: Vec<Hours>| When { hours, ..When::default() };
        let saved = rule(" 门店 ", When { staff: vec![" b".into(), "a".into(), "a".into()], ..When::default() })
            .checked()
            .unwrap();
        assert_eq!((saved.name.as_str(), saved.when.staff), ("门店", vec!["a".to_owned(), "b".to_owned()]));
        for (wrong, field) in [
            (rule("", When::default()), "name"),
            (rule("a\nb", When::default()), "name"),
            (rule("a", with(vec![hours(&[8], "09:00", "10:00")])), "when.hours"),
            (rule("a", with(vec![hours(&[], "09:00", "09:00")])), "when.hours"),
            (rule("a", with(vec![hours(&[], "24:00", "09:00")])), "when.hours"),
            (rule("a", When { staff: vec![String::new()], ..When::default() }), "when.staff"),
            (rule("a", When { channels: vec!["x".repeat(65)], ..When::default() }), "when.channels"),
            (rule("a", When { tags: (0..501).map(|n| format!("t{n}")).collect(), ..When::default() }), "when.tags"),
        ] {
            let refusal = wrong.checked().expect_err(field);
            assert_eq!((refusal.code, refusal.field.as_deref()), ("welcome_rule", Some(field)));
        }
        let mut silent = rule("a", When::default());
        (silent.kind, silent.content) = (RuleKind::Silent, Content { text: "{{ oops".into(), attachments: vec![] });
        assert_eq!(silent.checked().unwrap().content, Content::default());
    }
}
