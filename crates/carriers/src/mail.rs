//! The account of mail.

use crate::shelf::{Kind, Row};
use crate::{Accounts, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};
use siyu_mail::{Address, AddressError, Dkim, Mailbox, Rates, ReturnPath, Settings};
use std::fmt;
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    Starttls,
    #[default]
    Tls,
    /// For a relay on this machine or its own network; never with a password.
    None,
}

/// What is no secret of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailAccount {
    pub on: bool,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Empty: no login.
    pub user: String,
    /// Empty: the sender's domain.
    pub hello: String,
    /// PEM; empty: the public authorities.
    pub authority: String,
    pub per_minute: u32,
    pub domain_per_minute: u32,
    pub from: String,
    pub from_name: String,
    /// Empty: answers go to the sender.
    pub reply_to: String,
    /// The mailbox that bounces come to. Empty: they go to the sender and are not heard of.
    pub bounce: String,
    /// Empty: mail is not signed.
    pub dkim_domain: String,
    pub dkim_selector: String,
}

impl Default for MailAccount {
    fn default() -> Self {
        let rates = Rates::default();
        Self {
            on: true,
            host: String::new(),
            port: 465,
            security: Security::Tls,
            user: String::new(),
            hello: String::new(),
            authority: String::new(),
            per_minute: rates.per_minute as u32,
            domain_per_minute: rates.domain_per_minute as u32,
            from: String::new(),
            from_name: String::new(),
            reply_to: String::new(),
            bounce: String::new(),
            dkim_domain: String::new(),
            dkim_selector: String::new(),
        }
    }
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MailSecrets {
    pub password: String,
    pub dkim_key: String,
}

impl fmt::Debug for MailSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailSecrets(…)")
    }
}

/// A whole account. A secret that is `None` stays as it is; an empty one is removed.
#[derive(Clone, Default)]
pub struct MailIn {
    pub account: MailAccount,
    pub password: Option<String>,
    pub dkim_key: Option<String>,
    /// Of the account that was changed; `None` takes whatever is in force.
    pub version: Option<i64>,
}

impl fmt::Debug for MailIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailIn({:?})", self.account)
    }
}

/// The account as a reader may see it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub version: i64,
    pub account: MailAccount,
    pub has_password: bool,
    /// The DNS record of the key that mail is signed with: name and text.
    pub dkim: Option<(String, String)>,
    pub changed_at: Time,
    pub changed_by: String,
    pub trouble: Option<String>,
    pub trouble_at: Option<Time>,
    pub checked_at: Option<Time>,
}

type Pair = (&'static str, &'static str);

fn wrong(field: &str, (en, zh): Pair) -> Refusal {
    refuse::mail(field, en, zh)
}
fn malformed(field: &str, error: AddressError) -> Refusal {
    refuse::mail(field, format!("{error}."), error.zh())
}
fn address(field: &str, text: &str) -> Result<Address, Refusal> {
    Address::parse(text).map_err(|error| malformed(field, error))
}

/// A host that a form may name. Addresses by number that are no mail server's are refused: whoever enters one would have this server look around.
fn host(text: &str) -> bool {
    let named =
        (1..=253).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
    let far = |ip: IpAddr| match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast(),
    };
    named && !text.parse().is_ok_and(far)
}

impl MailAccount {
    /// One spelling for each value.
    fn checked(mut self) -> Result<Self, Refusal> {
        for text in [
            &mut self.host,
            &mut self.user,
            &mut self.hello,
            &mut self.authority,
            &mut self.from,
            &mut self.from_name,
            &mut self.reply_to,
            &mut self.bounce,
            &mut self.dkim_domain,
            &mut self.dkim_selector,
        ] {
            *text = text.trim().to_owned();
        }
        if !host(&self.host) {
            return Err(wrong(
                "host",
                (
                    "The host of the mail server, such as smtp.example.com.",
                    "请填写邮件服务器主机名，如 smtp.example.com。",
                ),
            ));
        }
        if self.port == 0 {
            return Err(wrong("port", ("A port is a number of 1 to 65535.", "端口为 1 到 65535。")));
        }
        if self.user.chars().count() > 254 || self.user.chars().any(char::is_control) {
            return Err(wrong(
                "user",
                ("A user name has up to 254 letters and no line breaks.", "账号最长 254 个字符，不能换行。"),
            ));
        }
        if self.security == Security::None && !self.user.is_empty() {
            return Err(wrong(
                "security",
                (
                    "A password never goes out without encryption: choose TLS or STARTTLS.",
                    "密码不能明文发送，请选择 TLS 或 STARTTLS。",
                ),
            ));
        }
        if !self.hello.is_empty() && !host(&self.hello) {
            return Err(wrong("hello", ("A host name that leads to this server.", "请填写指向本机的主机名。")));
        }
        if self.authority.len() > 100_000
            || (!self.authority.is_empty() && !self.authority.contains("BEGIN CERTIFICATE"))
        {
            return Err(wrong(
                "authority",
                ("A certificate in PEM, of up to 100 KB.", "请填写 PEM 格式的证书，最大 100 KB。"),
            ));
        }
        for (field, rate) in [("per_minute", self.per_minute), ("domain_per_minute", self.domain_per_minute)] {
            if !(1..=100_000).contains(&rate) {
                return Err(wrong(field, ("1 to 100,000 messages a minute.", "每分钟 1 到 100000 封。")));
            }
        }
        self.from = address("from", &self.from)?.as_str().to_owned();
        Mailbox::new(&self.from_name, address("from", &self.from)?).map_err(|error| malformed("from_name", error))?;
        for (field, text) in [("reply_to", &mut self.reply_to), ("bounce", &mut self.bounce)] {
            if !text.is_empty() {
                *text = address(field, text)?.as_str().to_owned();
            }
        }
        if !self.bounce.is_empty() {
            let base = address("bounce", &self.bounce)?;
            let fits = ReturnPath::new(&base, b"").address(&"x".repeat(32)).is_ok();
            if !fits || base.local().contains(['+', '=']) {
                return Err(wrong(
                    "bounce",
                    (
                        "The mailbox for bounces has up to 18 letters before the @ and no + or =.",
                        "退信邮箱 @ 之前最多 18 个字符，且不含 + 与 =。",
                    ),
                ));
            }
        }
        if self.dkim_domain.is_empty() != self.dkim_selector.is_empty() {
            let missing = if self.dkim_domain.is_empty() { "dkim_domain" } else { "dkim_selector" };
            return Err(wrong(
                missing,
                ("Domain and selector of DKIM belong together.", "DKIM 域名与选择器须同时填写。"),
            ));
        }
        Ok(self)
    }
    /// Where a password would go.
    fn server(&self) -> (&str, u16, Security, &str, &str) {
        (&self.host, self.port, self.security, &self.user, &self.authority)
    }
    pub(crate) fn settings(&self, secrets: &MailSecrets) -> Settings {
        let security = match self.security {
            Security::Starttls => siyu_mail::Security::Starttls,
            Security::Tls => siyu_mail::Security::Tls,
            Security::None => siyu_mail::Security::None,
        };
        let domain = self.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        Settings {
            login: (!self.user.is_empty()).then(|| (self.user.clone(), secrets.password.clone())),
            hello: if self.hello.is_empty() { domain.to_owned() } else { self.hello.clone() },
            authority: (!self.authority.is_empty()).then(|| self.authority.clone()),
            rates: Rates { per_minute: self.per_minute as usize, domain_per_minute: self.domain_per_minute as usize },
            ..Settings::new(&self.host, self.port, security)
        }
    }
    pub(crate) fn dkim(&self, secrets: &MailSecrets) -> Result<Option<Dkim>, Refusal> {
        if self.dkim_domain.is_empty() {
            return Ok(None);
        }
        if secrets.dkim_key.is_empty() {
            return Err(wrong(
                "dkim_key",
                ("A private key is needed, or have one made.", "请填写私钥，或由系统生成。"),
            ));
        }
        Dkim::new(&self.dkim_domain, &self.dkim_selector, &secrets.dkim_key).map(Some).map_err(|error| {
            let field = if error == siyu_mail::DkimError::Name { "dkim_selector" } else { "dkim_key" };
            let zh = match error {
                siyu_mail::DkimError::Name => "DKIM 域名或选择器格式不正确。",
                siyu_mail::DkimError::Pem => "私钥不是 PEM 格式。",
                siyu_mail::DkimError::Key => "私钥须为 2048 到 4096 位 RSA 或 Ed25519。",
            };
            refuse::mail(field, format!("{error}."), zh)
        })
    }
}

fn password(text: &str) -> Result<(), Refusal> {
    if text.len() > 512 || text.chars().any(char::is_control) {
        return Err(wrong(
            "password",
            ("A password has up to 512 bytes and no line breaks.", "密码最长 512 字节，不能换行。"),
        ));
    }
    Ok(())
}

impl Accounts {
    pub(crate) fn mail_row(&self, tx: &mut Tx<'_>) -> Result<Row, Refusal> {
        self.row(tx, Kind::Mail)?.ok_or_else(refuse::mail_unset)
    }
    /// Errors: `mail_account_unset`.
    pub fn mail_account(&self, tx: &mut Tx<'_>) -> Result<Mail, Refusal> {
        let row = self.mail_row(tx)?;
        let account: MailAccount = row.body()?;
        let secrets: MailSecrets = self.secrets(Some(&row))?;
        let dkim = account.dkim(&secrets)?.map(|own| own.record());
        Ok(Mail {
            version: row.version,
            account,
            has_password: !secrets.password.is_empty(),
            dkim,
            changed_at: row.changed_at,
            changed_by: row.changed_by,
            trouble: row.trouble,
            trouble_at: row.trouble_at,
            checked_at: row.checked_at,
        })
    }
    /// Sets the whole account.
    ///
    /// Errors: `mail_account` with its field, `mail_password_again`, `account_changed`.
    pub fn save_mail(&self, tx: &mut Tx<'_>, input: &MailIn, by: &str, now: Time) -> Result<Mail, Refusal> {
        self.lock(tx)?;
        let old = self.row(tx, Kind::Mail)?;
        if input.version.is_some_and(|own| own != old.as_ref().map_or(0, |row| row.version)) {
            return Err(refuse::changed());
        }
        let account = input.account.clone().checked()?;
        let mut secrets: MailSecrets = self.secrets(old.as_ref())?;
        let mut set = Vec::new();
        match &input.password {
            Some(text) => {
                password(text)?;
                secrets.password = text.clone();
                set.push("password");
            }
            None if !secrets.password.is_empty() => {
                let before: Option<MailAccount> = old.as_ref().map(Row::body).transpose()?;
                if before.is_some_and(|own| own.server() != account.server()) {
                    return Err(refuse::password_again());
                }
            }
            None => {}
        }
        if account.user.is_empty() {
            secrets.password.clear();
        } else if secrets.password.is_empty() {
            return Err(wrong("password", ("A user name needs its password.", "请填写账号的密码（授权码）。")));
        }
        if let Some(key) = &input.dkim_key {
            secrets.dkim_key = key.trim().to_owned();
            set.push("dkim_key");
        }
        account.dkim(&secrets)?;
        if account.dkim_domain.is_empty() {
            secrets.dkim_key.clear();
        }
        self.parts().wires.mailer(account.settings(&secrets), None, &self.parts().clock).map_err(|error| {
            // Names were checked above: what is left to be wrong is the certificate, when there is one.
            let field = if account.authority.is_empty() { "host" } else { "authority" };
            refuse::mail(
                field,
                format!("{} ({})", error.meaning.en, error.detail),
                format!("{}（{}）", error.meaning.zh, error.detail),
            )
        })?;
        self.put(tx, Kind::Mail, &account, &secrets, &set, by, now)?;
        self.mail_account(tx)
    }
    /// Errors: `mail_account_unset`.
    pub fn remove_mail(&self, tx: &mut Tx<'_>, by: &str, now: Time) -> Result<(), Refusal> {
        self.remove(tx, Kind::Mail, by, now)
    }
    /// Puts a key into the account that signs for a domain from here on. `key`: from [`Dkim::generate`], which takes too long for a unit.
    ///
    /// Errors: `mail_account_unset`, `mail_account` with its field.
    pub fn set_dkim(
        &self,
        tx: &mut Tx<'_>,
        domain: &str,
        selector: &str,
        key: &str,
        by: &str,
        now: Time,
    ) -> Result<Mail, Refusal> {
        let mut account = self.mail_account(tx)?.account;
        (account.dkim_domain, account.dkim_selector) = (domain.to_owned(), selector.to_owned());
        let input = MailIn { account, dkim_key: Some(key.to_owned()), ..MailIn::default() };
        self.save_mail(tx, &input, by, now)
    }
    /// The address a bounce of one account's mails comes to. Its secret is the workspace's: it outlives every change of the account.
    pub(crate) fn return_path(&self, account: &MailAccount) -> Option<ReturnPath> {
        let base = Address::parse(&account.bounce).ok()?;
        Some(ReturnPath::new(&base, &self.parts().vault.sign("return-path", b"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_a_form() {
        for good in ["smtp.example.com", "localhost", "10.0.0.5", "127.0.0.1", "::1", "mail_relay"] {
            assert!(host(good), "{good}");
        }
        for bad in [
            "",
            "a b",
            "smtp.example.com\r\nX: y",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "user@host",
            "h/x",
        ] {
            assert!(!host(bad), "{bad}");
        }
    }

    #[test]
    fn secrets_have_no_debug_form() {
        let secrets = MailSecrets { password: "hunter2".into(), dkim_key: "PEM".into() };
        let input = MailIn { password: Some("hunter2".into()), dkim_key: Some("PEM".into()), ..MailIn::default() };
        assert!(
            !format!("{secrets:?}{input:?}").contains("hunter2") && !format!("{secrets:?}{input:?}").contains("PEM")
        );
    }
}
