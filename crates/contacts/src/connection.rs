//! The one corp of a workspace: how it is reached, and its secrets.

use crate::{Contacts, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::callback::Callback;

/// What the administrator copies out of WeCom's console. Never shown again, never in `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secrets {
    /// Of the self-built app: the one that most calls need.
    pub app: String,
    /// Of customer contact, for corps whose app is not among its callers. Empty: the app's.
    pub customer: String,
    /// Of contacts sync. Empty: the app's.
    pub contacts: String,
    pub callback_token: String,
    pub callback_key: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub version: i64,
    pub corp_id: String,
    pub agent_id: i64,
    /// Where WeCom's API is: its own address, a proxy's, or that of a simulated one.
    pub base: String,
    pub secrets: Secrets,
    /// Whether a phone that stands alone in a remark makes the customer the person of that phone.
    pub match_phones: bool,
    pub changed_at: Time,
    /// When WeCom last checked the callback address.
    pub verified_at: Option<Time>,
    /// When the credentials were last found right.
    pub checked_at: Option<Time>,
    /// What a person has to put right, by its code; `None` when nothing is known to be wrong.
    pub trouble: Option<String>,
}

/// `None` leaves a field as it is. The first time corp, agent and app secret are needed.
#[derive(Clone, Debug, Default)]
pub struct ConnectionIn {
    pub corp_id: Option<String>,
    pub agent_id: Option<i64>,
    pub base: Option<String>,
    pub app_secret: Option<String>,
    pub customer_secret: Option<String>,
    pub contacts_secret: Option<String>,
    pub callback_token: Option<String>,
    pub callback_key: Option<String>,
    pub match_phones: Option<bool>,
}

/// A connection as a reader may see it: secrets as their last four characters.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    pub corp_id: String,
    pub agent_id: i64,
    pub base: String,
    pub app_secret: String,
    pub customer_secret: String,
    pub contacts_secret: String,
    pub callback_token: String,
    pub callback_key: String,
    pub match_phones: bool,
    pub changed_at: Time,
    pub verified_at: Option<Time>,
    pub checked_at: Option<Time>,
    pub trouble: Option<String>,
}

/// `…abcd`; empty for nothing, and dots only for what is too short to show a part of.
fn masked(secret: &str) -> String {
    match secret.chars().count() {
        0 => String::new(),
        1..=11 => "……".to_owned(),
        count => format!("…{}", secret.chars().skip(count - 4).collect::<String>()),
    }
}

/// The address in the form it is stored: `https://host`, or `http://` for this machine. No path, query, user or other scheme: calls carry
/// secrets, and an address entered in a form must not make the server read pages elsewhere.
pub fn check_base(text: &str) -> Result<String, Refusal> {
    let text = text.trim().trim_end_matches('/');
    let (scheme, authority) = text.split_once("://").ok_or_else(refuse::base)?;
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(refuse::base)?;
            (host, rest.strip_prefix(':').or((rest.is_empty()).then_some("")).ok_or_else(refuse::base)?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let named =
        !host.is_empty() && host.len() <= 253 && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c));
    let ported = port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0);
    if !named || !ported || text.contains(char::is_whitespace) {
        return Err(refuse::base());
    }
    let address = host.parse::<std::net::IpAddr>().ok();
    let loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    // An address by number is a machine in somebody's own network (or a cloud's metadata service), never WeCom.
    match scheme {
        "https" if address.is_none() || loopback => Ok(text.to_owned()),
        "http" if loopback => Ok(text.to_owned()),
        _ => Err(refuse::base()),
    }
}

impl Connection {
    pub fn shown(&self) -> Shown {
        let own = &self.secrets;
        Shown {
            corp_id: self.corp_id.clone(),
            agent_id: self.agent_id,
            base: self.base.clone(),
            app_secret: masked(&own.app),
            customer_secret: masked(&own.customer),
            contacts_secret: masked(&own.contacts),
            callback_token: masked(&own.callback_token),
            callback_key: masked(&own.callback_key),
            match_phones: self.match_phones,
            changed_at: self.changed_at,
            verified_at: self.verified_at,
            checked_at: self.checked_at,
            trouble: self.trouble.clone(),
        }
    }
    /// The door for callbacks.
    ///
    /// Errors: `wecom_callback_not_set`.
    pub fn callback(&self) -> Result<Callback, Refusal> {
        if self.secrets.callback_token.is_empty() || self.secrets.callback_key.is_empty() {
            return Err(refuse::callback_not_set());
        }
        Ok(Callback::new(&self.secrets.callback_token, &self.secrets.callback_key, &self.corp_id)?)
    }
    fn changed(mut self, input: &ConnectionIn) -> Result<Self, Refusal> {
        fn put(place: &mut String, value: &Option<String>) {
            if let Some(value) = value {
                *place = value.trim().to_owned();
            }
        }
        put(&mut self.corp_id, &input.corp_id);
        self.agent_id = input.agent_id.unwrap_or(self.agent_id);
        if let Some(base) = &input.base {
            self.base = check_base(base)?;
        }
        put(&mut self.secrets.app, &input.app_secret);
        put(&mut self.secrets.customer, &input.customer_secret);
        put(&mut self.secrets.contacts, &input.contacts_secret);
        put(&mut self.secrets.callback_token, &input.callback_token);
        put(&mut self.secrets.callback_key, &input.callback_key);
        self.match_phones = input.match_phones.unwrap_or(self.match_phones);
        self.check()?;
        Ok(self)
    }
    fn check(&self) -> Result<(), Refusal> {
        let word = |text: &str, max: usize| {
            text.len() <= max && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        };
        if !word(&self.corp_id, 64) || self.corp_id.is_empty() {
            return Err(refuse::field(
                "corp_id",
                "The corp id looks like ww1234567890abcdef.",
                "企业 ID 形如 ww1234567890abcdef。",
            ));
        }
        if self.agent_id <= 0 {
            return Err(refuse::field("agent_id", "The agent id is a positive number.", "应用 AgentId 须为正整数。"));
        }
        if self.secrets.app.is_empty() {
            return Err(refuse::field("app_secret", "The app's secret is needed.", "须填写应用 Secret。"));
        }
        for (name, secret) in [
            ("app_secret", &self.secrets.app),
            ("customer_secret", &self.secrets.customer),
            ("contacts_secret", &self.secrets.contacts),
        ] {
            if !word(secret, 128) {
                return Err(refuse::field(
                    name,
                    "A secret has up to 128 letters, digits, - and _.",
                    "Secret 最长 128 位，仅含字母、数字、- 与 _。",
                ));
            }
        }
        let (token, key) = (&self.secrets.callback_token, &self.secrets.callback_key);
        if token.len() > 32 || !token.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(refuse::field(
                "callback_token",
                "The callback token has up to 32 letters and digits.",
                "回调 Token 最长 32 位字母或数字。",
            ));
        }
        if token.is_empty() != key.is_empty() {
            let missing = if token.is_empty() { "callback_token" } else { "callback_key" };
            return Err(refuse::field(
                missing,
                "Callback token and EncodingAESKey belong together.",
                "回调 Token 与 EncodingAESKey 须同时填写。",
            ));
        }
        if !key.is_empty() && Callback::new(token, key, &self.corp_id).is_err() {
            return Err(refuse::field(
                "callback_key",
                "The EncodingAESKey has 43 letters and digits.",
                "EncodingAESKey 应为 43 位字母数字。",
            ));
        }
        Ok(())
    }
}

const COLUMNS: &str = "SELECT version, corp_id, agent_id, base, secrets, match_phones, changed_at, verified_at, checked_at, trouble FROM wecom_connection WHERE id = 1";

impl Contacts {
    /// `None` while no corp is connected.
    pub fn connection(&self, tx: &mut Tx<'_>) -> Result<Option<Connection>, Refusal> {
        let row = tx.opt(COLUMNS, &[], |row| {
            let connection = Connection {
                version: row.int(0)?,
                corp_id: row.text(1)?,
                agent_id: row.int(2)?,
                base: row.text(3)?,
                secrets: Secrets::default(),
                match_phones: row.flag(5)?,
                changed_at: row.time(6)?,
                verified_at: row.opt_time(7)?,
                checked_at: row.opt_time(8)?,
                trouble: row.opt_text(9)?,
            };
            Ok((connection, row.blob(4)?))
        })?;
        let Some((mut connection, sealed)) = row else { return Ok(None) };
        connection.secrets = serde_json::from_slice(&self.unseal(&sealed)?).map_err(Refusal::internal)?;
        Ok(Some(connection))
    }
    /// The same, or `wecom_not_connected`.
    pub fn connected(&self, tx: &mut Tx<'_>) -> Result<Connection, Refusal> {
        self.connection(tx)?.ok_or_else(refuse::not_connected)
    }
    /// Sets what is given. Another corp is refused while the mirror holds one: its customers are not those of this one.
    ///
    /// Errors: `wecom_connection_field`, `wecom_base_address`, `wecom_other_corp`.
    pub fn connect(&self, tx: &mut Tx<'_>, input: &ConnectionIn, now: Time) -> Result<Connection, Refusal> {
        let old = self.connection(tx)?;
        let blank = || Connection {
            version: 0,
            corp_id: String::new(),
            agent_id: 0,
            base: siyu_wecom::WECOM.to_owned(),
            secrets: Secrets::default(),
            match_phones: true,
            changed_at: now,
            verified_at: None,
            checked_at: None,
            trouble: None,
        };
        let before = old
            .as_ref()
            .map(|old| (old.corp_id.clone(), old.secrets.callback_token.clone(), old.secrets.callback_key.clone()));
        let mut new = old.unwrap_or_else(blank).changed(input)?;
        if let Some((corp, token, key)) = before {
            if corp != new.corp_id && tx.opt("SELECT 1 FROM wecom_staff LIMIT 1", &[], |row| row.int(0))?.is_some() {
                return Err(Refusal::conflict(
                    "wecom_other_corp",
                    "This workspace mirrors another corporation already. Use a workspace of its own for this one.",
                    "本工作区已同步另一家企业，请为该企业新建工作区。",
                )
                .field("corp_id"));
            }
            if (token, key) != (new.secrets.callback_token.clone(), new.secrets.callback_key.clone()) {
                new.verified_at = None;
            }
        }
        (new.version, new.changed_at, new.checked_at, new.trouble) = (new.version + 1, now, None, None);
        let sealed = self.seal(&serde_json::to_vec(&new.secrets).map_err(Refusal::internal)?);
        tx.execute(
            "INSERT INTO wecom_connection (id, version, corp_id, agent_id, base, secrets, match_phones, changed_at, verified_at) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, corp_id = excluded.corp_id, agent_id = excluded.agent_id, base = excluded.base,
               secrets = excluded.secrets, match_phones = excluded.match_phones, changed_at = excluded.changed_at, verified_at = excluded.verified_at, checked_at = NULL, trouble = NULL",
            params![new.version, &new.corp_id, new.agent_id, &new.base, &sealed, new.match_phones, now, new.verified_at],
        )?;
        Ok(new)
    }
    /// Forgets the credentials; the mirror stays.
    pub fn disconnect(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let gone = tx.execute("DELETE FROM wecom_connection WHERE id = 1", &[])?;
        tx.execute("DELETE FROM wecom_token", &[])?;
        if gone == 0 { Err(refuse::not_connected()) } else { Ok(()) }
    }
    /// Remembers what the last calls found: the code of what has to be put right, or that all is well.
    pub(crate) fn note_trouble(&self, tx: &mut Tx<'_>, trouble: Option<&str>, now: Time) -> Result<(), DbError> {
        match trouble {
            Some(code) => tx.execute(
                "UPDATE wecom_connection SET trouble = $1 WHERE id = 1 AND COALESCE(trouble, '') <> $1",
                params![code],
            ),
            None => {
                tx.execute("UPDATE wecom_connection SET trouble = NULL, checked_at = $1 WHERE id = 1", params![now])
            }
        }
        .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for good in [
            "https://qyapi.weixin.qq.com",
            "https://qyapi.weixin.qq.com/",
            "https://proxy.example.com:8443",
            "http://127.0.0.1:8090",
            "http://localhost:1",
            "http://[::1]:8090",
        ] {
            assert_eq!(check_base(good).unwrap(), good.trim_end_matches('/'));
        }
        for bad in [
            "",
            "qyapi.weixin.qq.com",
            "http://qyapi.weixin.qq.com",
            "http://169.254.169.254",
            "https://10.0.0.1",
            "https://user@host",
            "https://host/path",
            "https://host?x",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "http://127.0.0.1:0",
            "https://h:99999",
            "https://[::1",
            "http://127.0.0.1.evil.com",
            "https://a b",
            "http://[fe80::1]",
            "https://[fe80::1]",
        ] {
            assert_eq!(check_base(bad).expect_err(bad).code, "wecom_base_address");
        }
    }

    #[test]
    fn secrets_are_masked() {
        assert_eq!(
            (masked(""), masked("short"), masked("abcdefghijklmnop")),
            (String::new(), "……".into(), "…mnop".into())
        );
    }
}
