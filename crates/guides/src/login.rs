//! Logging in through WeCom: begun and ended by the same browser, once.

use crate::texts::{hex, key};
use crate::{Guides, Settings, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Chance, Refusal, Time, Vault};
use siyu_wecom::OauthScope;

/// Where a guide's login leads. There are no others, so that nobody is sent elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Beside a chat.
    Side,
    /// The workbench.
    Work,
}

impl Page {
    pub fn name(self) -> &'static str {
        match self {
            Page::Side => "side",
            Page::Work => "work",
        }
    }
    /// Errors: `guide_page`.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        match name {
            "side" => Ok(Page::Side),
            "work" => Ok(Page::Work),
            _ => Err(refuse::login_page()),
        }
    }
}

/// A login that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What it has to show when it comes back: the login's own, not the state in the address, which WeCom and its logs see.
    pub browser: String,
}

#[derive(Clone, Debug)]
pub struct SignedIn {
    pub token: String,
    pub page: Page,
    /// By key.
    pub staff: String,
}

/// WeCom's code lives five; a person may look away.
pub const LOGIN_SECONDS: i64 = 600;
/// A working day. Opening the page again logs in silently.
pub const SESSION_SECONDS: i64 = 12 * 3600;
/// Logins under way: strangers cannot fill the disk with more.
const LOGINS_MAX: i64 = 20_000;

/// What is kept as the page of a login to the console.
const CONSOLE: &str = "console";

fn secret() -> String {
    hex(&Chance::secret::<32>())
}

impl Guides {
    fn mark(&self, kind: &str, secret: &str) -> Vec<u8> {
        mark(&self.inner.vault, kind, secret)
    }

    /// Errors: `guide_not_set_up`, `wecom_not_connected`, `busy`.
    pub fn begin_login(&self, page: Page) -> Result<Begun, Refusal> {
        self.begin(page.name(), |settings, app, state| {
            let back = settings.back()?;
            Ok(match settings.pages.as_str() {
                "" => app.oauth_url(&back, OauthScope::Base, state),
                host => app.oauth_url_at(host, &back, OauthScope::Base, state),
            })
        })
    }

    /// A login to the console, in a browser outside WeCom: a code is shown there, to be scanned. `back`: our path to which WeCom sends
    /// the browser.
    ///
    /// Errors: `guide_not_set_up`, `wecom_not_connected`, `busy`.
    pub fn begin_console_login(&self, back: &str, lang: &str) -> Result<Begun, Refusal> {
        self.begin(CONSOLE, |settings, app, state| {
            let back = settings.at(back)?;
            Ok(match settings.pages.as_str() {
                "" => app.web_login_url(&back, state, Some(lang)),
                host => app.web_login_url_at(host, &back, state, Some(lang)),
            })
        })
    }

    fn begin(
        &self,
        page: &'static str,
        url: impl FnOnce(&Settings, &siyu_wecom::App, &str) -> Result<String, Refusal>,
    ) -> Result<Begun, Refusal> {
        let (settings, connection) = self.inner.db.read(|tx| {
            let settings = self.settings(tx)?;
            Ok((settings, self.inner.contacts.connected(tx)?))
        })?;
        let (state, browser, now) = (secret(), secret(), self.now());
        let app = siyu_wecom::App { corp_id: connection.corp_id, secret: String::new(), agent_id: connection.agent_id };
        let url = url(&settings, &app, &state)?;
        let (state, own) = (self.mark("guide_state", &state), self.mark("guide_browser", &browser));
        self.inner.db.transact(move |tx| {
            tx.execute("DELETE FROM guide_login WHERE until <= $1", params![now])?;
            if tx.one("SELECT COUNT(*) FROM guide_login", &[], |row| row.int(0))? >= LOGINS_MAX {
                return Err(Refusal::busy());
            }
            tx.execute(
                "INSERT INTO guide_login (state, browser, page, until) VALUES ($1, $2, $3, $4)",
                params![&state, &own, page, now.plus_seconds(LOGIN_SECONDS)],
            )?;
            Ok(())
        })?;
        Ok(Begun { url, browser })
    }

    /// The page of the login a state is of, for the browser that began it. The state is used up whatever comes of it.
    fn used_up(&self, state: &str, browser: Option<&str>) -> Result<String, Refusal> {
        let now = self.now();
        let mark = self.mark("guide_state", state);
        let shown = browser.map(|browser| self.mark("guide_browser", browser));
        let page = self.inner.db.transact(move |tx| {
            let row =
                tx.opt("SELECT browser, page, until FROM guide_login WHERE state = $1", params![&mark], |row| {
                    Ok((row.blob(0)?, row.text(1)?, row.time(2)?))
                })?;
            // Whoever deletes it has it: of two that come at the same time one does.
            let mine = tx.execute("DELETE FROM guide_login WHERE state = $1", params![&mark])? == 1;
            Ok(row
                .filter(|(own, _, until)| mine && *until > now && shown.as_ref() == Some(own))
                .map(|(_, page, _)| page))
        })?;
        page.ok_or_else(refuse::login_state)
    }

    /// The key of the member of staff whose code WeCom has sent.
    fn whose(&self, code: &str) -> Result<String, Refusal> {
        if code.is_empty() || code.len() > 512 {
            return Err(refuse::login_code());
        }
        let told = self.inner.contacts.client()?.login(code).map_err(|error| match error.code() {
            Some(40029) => refuse::login_code(),
            _ => error.into(),
        })?;
        Ok(key(told.userid.as_deref().ok_or_else(refuse::not_staff)?))
    }

    /// What came back from WeCom; WeCom is asked only when the state was right.
    ///
    /// Errors: `guide_login_state`, `guide_login_code`, `guide_not_staff`, and what WeCom answers, by its name.
    pub fn end_login(&self, state: &str, code: &str, browser: Option<&str>) -> Result<SignedIn, Refusal> {
        // A login that was begun for the console opens no guide's page.
        let page = Page::parse(&self.used_up(state, browser)?).map_err(|_| refuse::login_state())?;
        let (staff, now, token) = (self.whose(code)?, self.now(), secret());
        let mark = self.mark("guide_session", &token);
        let guides = self.clone();
        let who = staff.clone();
        self.inner.db.transact(move |tx| {
            guides.seat(tx, &who, &crate::Beyond::Nothing)?;
            tx.execute(
                "DELETE FROM guide_session WHERE created_at <= $1",
                params![now.plus_seconds(-SESSION_SECONDS)],
            )?;
            tx.execute(
                "INSERT INTO guide_session (token, staff, created_at) VALUES ($1, $2, $3)",
                params![&mark, &who, now],
            )?;
            Ok(())
        })?;
        Ok(SignedIn { token, page, staff })
    }

    /// Who has come back from a login to the console: the key of a member of staff. Whose account that is, is for the console to say.
    ///
    /// Errors: `guide_login_state`, `guide_login_code`, `guide_not_staff`, and what WeCom answers, by its name.
    pub fn end_console_login(&self, state: &str, code: &str, browser: Option<&str>) -> Result<String, Refusal> {
        if self.used_up(state, browser)? != CONSOLE {
            return Err(refuse::login_state());
        }
        self.whose(code)
    }

    /// The key of the member of staff a session is of, while it lives. Whether they may still be here is for [`Guides::seat`] to say.
    pub fn session(&self, tx: &mut Tx<'_>, token: &str, now: Time) -> Result<Option<String>, Refusal> {
        if token.len() != 64 || !token.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let mark = self.mark("guide_session", token);
        let since = now.plus_seconds(-SESSION_SECONDS);
        let sql = "SELECT staff FROM guide_session WHERE token = $1 AND created_at > $2";
        Ok(tx.opt(sql, params![&mark, since], |row| row.text(0))?)
    }
    pub fn end_session(&self, token: &str) -> Result<(), Refusal> {
        let mark = self.mark("guide_session", token);
        self.inner
            .db
            .transact(move |tx| Ok(tx.execute("DELETE FROM guide_session WHERE token = $1", params![&mark])?))
            .map(drop)
    }
    /// What a page shows besides the cookie. Derived, so that nothing more is stored.
    pub fn csrf(&self, token: &str) -> String {
        hex(&self.mark("guide_csrf", token))
    }

    /// Signs for one of our pages. Errors: `guide_url`, `wecom_not_connected`, and what WeCom answers.
    pub fn sign(&self, url: &str, ticket: siyu_wecom::Ticket) -> Result<siyu_wecom::PageSignature, Refusal> {
        let settings = self.inner.db.read(|tx| self.settings(tx))?;
        if url.len() > 2048 || !settings.owns(url) {
            return Err(refuse::page_foreign());
        }
        Ok(self.inner.contacts.client()?.sign_page(ticket, url)?)
    }
}

fn mark(vault: &Vault, kind: &str, secret: &str) -> Vec<u8> {
    vault.digest(kind, secret).to_vec()
}
