//! What the platform keeps for a corp besides its people: credentials, tokens, tickets, counters, media, and smaller libraries.

use super::Credentials;
use crate::ids::Id;
use crate::parameters;
use crate::world::World;
use serde_json::{Map, Value};
use siyu_kernel::Time;
use std::collections::HashMap;

#[derive(Clone, Debug)]
pub struct Token {
    pub app: bool,
    pub until: Time,
}

/// Calls counted in a minute and in an hour, and until when the caller is shut out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    minute: (i64, u32),
    hour: (i64, u32),
    shut_until: i64,
}

impl Meter {
    /// Counts one. False when it is one too many, or comes while shut out: a minute, or an hour, by the rule that was broken.
    pub fn take(&mut self, second: i64, limits: (u32, u32)) -> bool {
        if second < self.shut_until {
            return false;
        }
        if self.minute.0 != second / 60 {
            self.minute = (second / 60, 0);
        }
        if self.hour.0 != second / 3600 {
            self.hour = (second / 3600, 0);
        }
        self.minute.1 += 1;
        self.hour.1 += 1;
        if self.hour.1 > limits.1 {
            self.shut_until = second + 3600;
        } else if self.minute.1 > limits.0 {
            self.shut_until = second + 60;
        }
        second >= self.shut_until
    }
    /// Counts one if there is room for it. Surplus is only dropped: nobody is shut out, and it counts for nothing.
    pub fn fits(&mut self, second: i64, limits: (u32, u32)) -> bool {
        if self.minute.0 != second / 60 {
            self.minute = (second / 60, 0);
        }
        if self.hour.0 != second / 3600 {
            self.hour = (second / 3600, 0);
        }
        let room = self.minute.1 < limits.0 && self.hour.1 < limits.1;
        self.minute.1 += u32::from(room);
        self.hour.1 += u32::from(room);
        room
    }
}

pub struct Media {
    pub kind: String,
    pub name: String,
    pub bytes: Vec<u8>,
    pub until: Option<Time>,
    /// Uploaded for moments (1) or albums (2); 0 for messages.
    pub purpose: i64,
}

/// A message to members, as the app sent it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Posted {
    pub msgid: String,
    pub at: Time,
    pub to: Vec<String>,
    /// Members whose limit was reached: they do not get it and nobody is told.
    pub dropped: Vec<String>,
    pub body: Value,
    pub recalled: bool,
    pub response_code: Option<usize>,
}

pub struct Office {
    pub credentials: Credentials,
    pub tokens: HashMap<String, Token>,
    pub latest: HashMap<bool, String>,
    given: usize,
    pub wrong_secrets: HashMap<String, (u32, Time)>,
    meters: HashMap<(String, String), Meter>,
    member_meters: HashMap<String, Meter>,
    pub counters: HashMap<(&'static str, i32), u32>,
    pub tickets: HashMap<&'static str, (String, Time)>,
    pub logins: HashMap<String, Login>,
    pub user_tickets: HashMap<String, (usize, Time)>,
    pub media: Vec<Media>,
    pub uploads: Vec<usize>,
    pub posted: Vec<Posted>,
    /// Response codes: the member, if it came from a click, and whether it has been used.
    pub response_codes: Vec<(Option<usize>, Time, bool)>,
    pub task_ids: HashMap<String, usize>,
    pub group_welcomes: Vec<Option<Map<String, Value>>>,
    pub albums: Vec<Option<Map<String, Value>>>,
    pub rules: Vec<Option<Map<String, Value>>>,
    pub moment_jobs: Vec<(usize, Time)>,
    pub pending: HashMap<String, usize>,
    pub duplicates: HashMap<u64, Time>,
    /// The addresses calls may come from; all when empty.
    pub trusted: Vec<String>,
    pub has_callback: bool,
    /// The pages the administrator has entered for the app.
    pub pages: super::window::AppPages,
    /// What was written in groups from the client.
    pub group_lines: HashMap<usize, Vec<super::window::GroupLine>>,
    pub limits: bool,
}

/// What a login code stands for.
#[derive(Clone, Debug)]
pub struct Login {
    pub member: Option<usize>,
    pub person: Option<usize>,
    pub private: bool,
    pub until: Time,
}

impl Office {
    pub fn new(credentials: Credentials, limits: bool, trusted: Vec<String>) -> Self {
        Self {
            credentials,
            tokens: HashMap::new(),
            latest: HashMap::new(),
            given: 0,
            wrong_secrets: HashMap::new(),
            meters: HashMap::new(),
            member_meters: HashMap::new(),
            counters: HashMap::new(),
            tickets: HashMap::new(),
            logins: HashMap::new(),
            user_tickets: HashMap::new(),
            media: Vec::new(),
            uploads: Vec::new(),
            posted: Vec::new(),
            response_codes: Vec::new(),
            task_ids: HashMap::new(),
            group_welcomes: Vec::new(),
            albums: Vec::new(),
            rules: Vec::new(),
            moment_jobs: Vec::new(),
            pending: HashMap::new(),
            duplicates: HashMap::new(),
            trusted,
            has_callback: false,
            pages: super::window::AppPages::default(),
            group_lines: HashMap::new(),
            limits,
        }
    }
    /// A new number for an id that is given out.
    pub fn give(&mut self) -> usize {
        self.given += 1;
        self.given
    }
    pub fn new_id(&mut self, world: &World, kind: Id) -> String {
        let number = self.give();
        world.id(kind, number)
    }

    /// The token of a secret: the same until it is close to its end.
    pub fn token(&mut self, world: &World, app: bool, now: Time) -> (String, i64) {
        let renewed = now.plus_seconds(parameters::TOKEN_RENEWED);
        if let Some(latest) = self.latest.get(&app)
            && let Some(token) = self.tokens.get(latest)
            && token.until > renewed
        {
            return (latest.clone(), (token.until.0 - now.0) / 1_000_000);
        }
        self.tokens.retain(|_, token| token.until.plus_days(1) > now);
        let text = self.new_id(world, Id::Token);
        self.tokens.insert(text.clone(), Token { app, until: now.plus_seconds(parameters::TOKEN_SECONDS) });
        self.latest.insert(app, text.clone());
        (text, parameters::TOKEN_SECONDS)
    }

    /// Counts a call of a cgi by the corp and by the address.
    pub fn may_call(&mut self, path: &str, address: &str, second: i64) -> bool {
        if !self.limits {
            return true;
        }
        let by_corp =
            self.meters.entry((path.to_owned(), String::new())).or_default().take(second, parameters::CALLS_CORP);
        let by_address = self
            .meters
            .entry((path.to_owned(), address.to_owned()))
            .or_default()
            .take(second, parameters::CALLS_ADDRESS);
        by_corp && by_address
    }
    /// Counts a message to a member.
    pub fn may_message(&mut self, userid: &str, second: i64) -> bool {
        !self.limits
            || self.member_meters.entry(userid.to_owned()).or_default().fits(second, parameters::MEMBER_MESSAGES)
    }
    /// Counts one of something that is limited by the period `of`.
    pub fn count(&mut self, what: &'static str, period: i32, limit: u32) -> bool {
        let count = self.counters.entry((what, period)).or_default();
        *count += 1;
        !self.limits || *count <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_gets_too_much_is_dropped_and_shuts_nobody_out() {
        let mut meter = Meter::default();
        let limits = (3, 5);
        assert_eq!([0, 1, 2, 58, 59].map(|s| meter.fits(s, limits)), [true, true, true, false, false]);
        assert_eq!(
            [60, 61, 62].map(|s| meter.fits(s, limits)),
            [true, true, false],
            "the next minute, up to the hour's five"
        );
        assert!(!meter.fits(3599, limits));
        assert!(meter.fits(3600, limits));
    }

    #[test]
    fn a_meter_shuts_for_a_minute_or_an_hour() {
        let mut meter = Meter::default();
        let limits = (3, 8);
        assert_eq!([0, 1, 2, 3, 4].map(|s| meter.take(s, limits)), [true, true, true, false, false]);
        assert!(!meter.take(62, limits), "sixty seconds from the breach");
        assert_eq!([63, 64, 65].map(|s| meter.take(s, limits)), [true; 3]);
        assert!(meter.take(130, limits));
        assert!(!meter.take(131, limits), "the ninth in the hour");
        assert!(!meter.take(3700, limits));
        assert!(meter.take(3731, limits));
    }
}
