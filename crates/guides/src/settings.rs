//! Where the guides' pages are reached, and where WeCom's pages and scripts for them come from.

use crate::{Guides, refuse};
use siyu_contacts::check_base;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

/// The path of the JS-SDK on the host it comes from.
pub const SDK_FILE: &str = "/node/open/js/wecom-jssdk-2.0.2.js";
const SDK_HOST: &str = "https://wwcdn.weixin.qq.com";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Of the guides' pages, without a path: the host is the trusted domain of the app. Empty until it is set.
    pub address: String,
    /// Whence WeCom's authorisation page and JS-SDK come, for a WeCom with hosts of its own. Empty: those of WeCom.
    pub pages: String,
    /// A page where staff chat in a browser; only shown as a link. Empty: none.
    pub client: String,
}

/// `None` leaves a field as it is; an empty text clears it.
#[derive(Clone, Debug, Default)]
pub struct SettingsIn {
    pub address: Option<String>,
    pub pages: Option<String>,
    pub client: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyFile {
    pub name: String,
    pub content: String,
    pub at: Time,
}

impl Settings {
    /// Where the page loads the JS-SDK from.
    pub fn sdk(&self) -> String {
        let host = if self.pages.is_empty() { SDK_HOST } else { &self.pages };
        format!("{host}{SDK_FILE}")
    }
    /// Hosts a guide's page may load scripts from besides its own, and that may show it in a frame.
    pub fn script_host(&self) -> &str {
        if self.pages.is_empty() { SDK_HOST } else { &self.pages }
    }
    /// The address a login comes back to. Errors: `guide_not_set_up`.
    pub fn back(&self) -> Result<String, Refusal> {
        self.at("/guide/return")
    }
    /// One of our addresses as WeCom knows them. Errors: `guide_not_set_up`.
    pub fn at(&self, path: &str) -> Result<String, Refusal> {
        if self.address.is_empty() { Err(refuse::not_set_up()) } else { Ok(format!("{}{path}", self.address)) }
    }
    /// Whether a page is one of ours, so that it may be signed for.
    pub fn owns(&self, url: &str) -> bool {
        !self.address.is_empty()
            && url.strip_prefix(&self.address).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }
}

fn host(field: &str, text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    check_base(text).map_err(|_| refuse::address().field(field))
}

/// As WeCom calls it, which is also what may be asked for at the root.
fn file_name(name: &str) -> bool {
    let middle = name.strip_prefix("WW_verify_").and_then(|rest| rest.strip_suffix(".txt"));
    middle.is_some_and(|word| (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric()))
}

const FILES_MAX: i64 = 20;

impl Guides {
    pub fn settings(&self, tx: &mut Tx<'_>) -> Result<Settings, Refusal> {
        let row = tx.opt("SELECT address, pages, client FROM guide_setting WHERE id = 1", &[], |row| {
            Ok(Settings { address: row.text(0)?, pages: row.text(1)?, client: row.text(2)? })
        })?;
        Ok(row.unwrap_or_default())
    }
    /// Errors: `guide_address`.
    pub fn set(&self, tx: &mut Tx<'_>, input: &SettingsIn, now: Time) -> Result<Settings, Refusal> {
        let mut own = self.settings(tx)?;
        if let Some(address) = &input.address {
            own.address = host("address", address)?;
        }
        if let Some(pages) = &input.pages {
            own.pages = host("pages", pages)?;
        }
        if let Some(client) = &input.client {
            // A link that is shown: a path is allowed, the host is checked as the others.
            let client = client.trim();
            let authority = client.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            host("client", &authority)?;
            if client.chars().count() > 500 || client.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err(refuse::address().field("client"));
            }
            own.client = client.to_owned();
        }
        tx.execute(
            "INSERT INTO guide_setting (id, address, pages, client, changed_at) VALUES (1, $1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET address = excluded.address, pages = excluded.pages, client = excluded.client, changed_at = excluded.changed_at",
            params![&own.address, &own.pages, &own.client, now],
        )?;
        Ok(own)
    }

    /// Errors: `guide_file`.
    pub fn put_file(&self, tx: &mut Tx<'_>, name: &str, content: &str, now: Time) -> Result<(), Refusal> {
        let content = content.trim();
        let fits = (1..=200).contains(&content.chars().count()) && !content.chars().any(char::is_control);
        let known = tx.one("SELECT COUNT(*) FROM guide_file WHERE name <> $1", params![name], |row| row.int(0))?;
        if !file_name(name) || !fits || known >= FILES_MAX {
            return Err(refuse::file());
        }
        tx.execute(
            "INSERT INTO guide_file (name, content, at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET content = excluded.content, at = excluded.at",
            params![name, content, now],
        )?;
        Ok(())
    }
    pub fn drop_file(&self, tx: &mut Tx<'_>, name: &str) -> Result<bool, Refusal> {
        Ok(tx.execute("DELETE FROM guide_file WHERE name = $1", params![name])? == 1)
    }
    pub fn files(&self, tx: &mut Tx<'_>) -> Result<Vec<VerifyFile>, Refusal> {
        Ok(tx.query("SELECT name, content, at FROM guide_file ORDER BY name", &[], |row| {
            Ok(VerifyFile { name: row.text(0)?, content: row.text(1)?, at: row.time(2)? })
        })?)
    }
    /// The content of a file that was asked for at the root; `None` for names that cannot be one, without a look.
    pub fn file(&self, name: &str) -> Result<Option<String>, Refusal> {
        if !file_name(name) {
            return Ok(None);
        }
        self.inner
            .db
            .read(|tx| Ok(tx.opt("SELECT content FROM guide_file WHERE name = $1", params![name], |row| row.text(0))?))
    }
    /// Whether a name may be one of WeCom's files.
    pub fn is_file_name(name: &str) -> bool {
        file_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_our_own_are_signed() {
        let own = Settings { address: "https://scrm.brand.com".into(), ..Settings::default() };
        for good in ["https://scrm.brand.com", "https://scrm.brand.com/guide/side?x=1", "https://scrm.brand.com#a"] {
            assert!(own.owns(good), "{good}");
        }
        for bad in [
            "https://scrm.brand.com.evil.com/",
            "http://scrm.brand.com/",
            "https://evil.com/",
            "https://scrm.brand.com:81/",
            "",
        ] {
            assert!(!own.owns(bad), "{bad}");
        }
        assert!(!Settings::default().owns("/guide"));
    }

    #[test]
    fn files_are_called_as_wecom_calls_them() {
        assert!(file_name("WW_verify_a1B2.txt"));
        for bad in ["WW_verify_.txt", "WW_verify_a/b.txt", "WW_verify_a.txt.html", "siyu.key", "WW_verify_..txt"] {
            assert!(!file_name(bad), "{bad}");
        }
    }
}
