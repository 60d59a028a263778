//! What a check of a connection found, in words for the page that shows it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Ok,
    Warn,
    Fail,
}

/// One check, in English and Chinese. `remedy` is empty when nothing is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable: `mail_connection`.
    pub key: &'static str,
    pub health: Health,
    pub title: (&'static str, &'static str),
    pub detail: (String, String),
    pub remedy: (String, String),
}

impl Finding {
    pub fn ok(key: &'static str, title: (&'static str, &'static str), detail: (String, String)) -> Self {
        Self { key, health: Health::Ok, title, detail, remedy: Default::default() }
    }
    pub fn wrong(
        key: &'static str,
        health: Health,
        title: (&'static str, &'static str),
        detail: (String, String),
        remedy: (&str, &str),
    ) -> Self {
        Self { key, health, title, detail, remedy: (remedy.0.to_owned(), remedy.1.to_owned()) }
    }
}
