//! What the brand has decided about its pool.

use crate::{Leads, SOURCES, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Staff may claim from the pool themselves.
    pub claim: bool,
    /// Leads somebody may take or be given a day; 0: any number.
    pub daily_max: i64,
    /// Leads somebody may hold at a time; 0: any number.
    pub held_max: i64,
    /// Hours to the first approach; 0: no limit.
    pub contact_hours: i64,
    /// Days after an approach without an addition or another one; 0: no limit.
    pub follow_days: i64,
    /// Days in which whoever had a lead cannot take it again.
    pub again_days: i64,
    /// How often a lead goes back to the pool before it is given up; 0: for ever.
    pub rounds_max: i64,
    /// Days after taking in which an order makes a lead won.
    pub won_days: i64,
    /// Which walks fill the pool: of `lost`, `idle`, `group`, `shop`.
    pub walks: Vec<String>,
    /// Days without an approach by staff after which a friend is idle.
    pub idle_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            claim: true,
            daily_max: 20,
            held_max: 100,
            contact_hours: 48,
            follow_days: 7,
            again_days: 7,
            rounds_max: 5,
            won_days: 90,
            walks: Vec::new(),
            idle_days: 60,
        }
    }
}

impl Settings {
    fn check(&self) -> Result<(), Refusal> {
        for (field, value, from, to) in [
            ("daily_max", self.daily_max, 0, 10_000),
            ("held_max", self.held_max, 0, 100_000),
            ("contact_hours", self.contact_hours, 0, 24 * 90),
            ("follow_days", self.follow_days, 0, 365),
            ("again_days", self.again_days, 0, 365),
            ("rounds_max", self.rounds_max, 0, 100),
            ("won_days", self.won_days, 1, 365),
            ("idle_days", self.idle_days, 7, 730),
        ] {
            if !(from..=to).contains(&value) {
                return Err(refuse::settings(field, from, to));
            }
        }
        let walks = &SOURCES[3..];
        if self.walks.iter().any(|own| !walks.contains(&own.as_str())) {
            return Err(refuse::word("walks", walks));
        }
        Ok(())
    }
}

impl Leads {
    pub fn settings(&self, tx: &mut Tx<'_>) -> Result<Settings, Refusal> {
        let body = tx.opt("SELECT body FROM lead_setting WHERE id = 1", &[], |row| row.text(0))?;
        body.map_or(Ok(Settings::default()), |body| serde_json::from_str(&body).map_err(Refusal::internal))
    }
    /// What is held now gets its new time in the steps that follow, before any of it goes back; a walk that is switched on begins at once and looks at what happens from now on.
    ///
    /// Errors: `lead_settings`, `lead_word`.
    pub fn set_settings(&self, tx: &mut Tx<'_>, settings: &Settings, now: Time) -> Result<(), Refusal> {
        settings.check()?;
        let before = self.settings(tx)?;
        let body = serde_json::to_string(settings).map_err(Refusal::internal)?;
        tx.execute(
            "INSERT INTO lead_setting (id, body, changed_at) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at",
            params![&body, now],
        )?;
        if (settings.contact_hours, settings.follow_days) != (before.contact_hours, before.follow_days) {
            self.begin_times(tx, now)?;
        }
        for walk in settings.walks.iter().filter(|own| !before.walks.contains(own)) {
            tx.execute(
                "INSERT INTO lead_walk (name, place, due_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET place = excluded.place, due_at = excluded.due_at",
                params![walk, if walk == "lost" { now.0.to_string() } else { String::new() }.as_str(), now],
            )?;
        }
        Ok(())
    }
}
