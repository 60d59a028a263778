//! What is pushed to whom, and when not.

use crate::rows::json;
use crate::{Contacts, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, Zone};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertSettings {
    /// Whether anything is pushed. Alerts are written down in any case.
    pub on: bool,
    /// To the member of staff who lost the customer.
    pub staff: bool,
    /// To those who lead the departments of that member.
    pub managers: bool,
    /// Also when the member deleted the customer: to the managers.
    pub by_staff: bool,
    /// Also when nobody knows who ended it.
    pub unknown: bool,
    /// Hours of the workspace's day, 0 to 23; nothing is pushed from one to the other. Equal: never quiet.
    pub quiet_from: i64,
    pub quiet_to: i64,
    /// The console's address, put under messages; empty for none.
    pub link: String,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            on: false,
            staff: true,
            managers: true,
            by_staff: true,
            unknown: false,
            quiet_from: 22,
            quiet_to: 8,
            link: String::new(),
        }
    }
}

impl AlertSettings {
    fn is_quiet(&self, at: Time, zone: &Zone) -> bool {
        let hour = i64::from(zone.hour(at));
        match self.quiet_from.cmp(&self.quiet_to) {
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Less => (self.quiet_from..self.quiet_to).contains(&hour),
            std::cmp::Ordering::Greater => hour >= self.quiet_from || hour < self.quiet_to,
        }
    }
    /// This instant, or the first after it that is not quiet.
    pub(super) fn awake(&self, at: Time, zone: &Zone) -> Time {
        if !self.is_quiet(at, zone) {
            return at;
        }
        // Quarters of an hour, as zones have them; a day has 96.
        const QUARTER: i64 = 900;
        let begin = Time(at.0 - at.0.rem_euclid(QUARTER * 1_000_000));
        let quarters = (1..=97).map(|n| begin.plus_seconds(n * QUARTER));
        quarters.into_iter().find(|at| !self.is_quiet(*at, zone)).unwrap_or(at)
    }
    fn checked(mut self) -> Result<Self, Refusal> {
        for (field, hour) in [("quiet_from", self.quiet_from), ("quiet_to", self.quiet_to)] {
            if !(0..24).contains(&hour) {
                return Err(refuse::alert(field, "An hour is 0 to 23.", "小时为 0 到 23。"));
            }
        }
        self.link = self.link.trim().trim_end_matches('/').to_owned();
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'<>".contains(c);
        let good = self.link.is_empty()
            || self.link.len() <= 300
                && self.link.chars().all(plain)
                && (self.link.starts_with("https://") || self.link.starts_with("http://"));
        if !good {
            let (en, zh) = ("The link is a web address.", "链接须为网址。");
            return Err(refuse::alert("link", en, zh));
        }
        Ok(self)
    }
}

impl Contacts {
    pub fn alert_settings(&self, tx: &mut Tx<'_>) -> Result<AlertSettings, Refusal> {
        let body = tx.opt("SELECT body FROM wecom_alert_setting WHERE id = 1", &[], |row| row.text(0))?;
        Ok(body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default())
    }
    /// What waits is not pushed any more when it is switched off.
    ///
    /// Errors: `wecom_alert_setting` with the field.
    pub fn set_alerts(&self, tx: &mut Tx<'_>, settings: AlertSettings) -> Result<AlertSettings, Refusal> {
        let settings = settings.checked()?;
        tx.execute(
            "INSERT INTO wecom_alert_setting (id, body) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            params![&json(&settings)?],
        )?;
        if !settings.on {
            let off = "UPDATE wecom_alert_push SET state = 'failed', error = 'switched_off' WHERE state = 'waiting'";
            tx.execute(off, &[])?;
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_are_quiet_across_midnight() {
        let (zone, own) = (Zone::shanghai(), AlertSettings::default());
        let at = |text: &str| Time::parse(text).unwrap();
        for (told, sent) in [
            ("2026-03-02T04:00:00Z", "2026-03-02T04:00:00Z"),
            ("2026-03-02T14:00:00Z", "2026-03-03T00:00:00Z"),
            ("2026-03-02T23:59:59Z", "2026-03-03T00:00:00Z"),
            ("2026-03-03T00:00:00Z", "2026-03-03T00:00:00Z"),
        ] {
            assert_eq!(own.awake(at(told), &zone), at(sent), "{told}");
        }
        let never = AlertSettings { quiet_from: 3, quiet_to: 3, ..AlertSettings::default() };
        assert_eq!(never.awake(at("2026-03-02T19:30:00Z"), &zone), at("2026-03-02T19:30:00Z"));
    }
}
