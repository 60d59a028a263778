//! The account of SMS.

use crate::shelf::{Kind, Row};
use crate::{Accounts, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::Tx;
use siyu_kernel::{Chance, Refusal, Time};
use siyu_sms::{
    ALIYUN, Aliyun, AliyunKeys, Block, Class, Door, Provider, Sms, TENCENT, Template, Tencent, TencentKeys,
};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// What is no secret of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SmsAccount {
    pub on: bool,
    /// `aliyun` or `tencent`
    pub provider: String,
    /// Tencent Cloud only.
    pub region: String,
    /// Tencent Cloud only.
    pub app_id: String,
    /// The approved signature (签名).
    pub sign: String,
    /// For trying it on this machine. Empty: the provider's own address.
    pub base: String,
    /// Addresses the provider pushes from. Empty: any.
    pub blocks: Vec<String>,
}

impl Default for SmsAccount {
    fn default() -> Self {
        let empty = String::new;
        let provider = Provider::Aliyun.name().to_owned();
        Self { on: true, provider, region: empty(), app_id: empty(), sign: empty(), base: empty(), blocks: Vec::new() }
    }
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SmsSecrets {
    pub key_id: String,
    pub key_secret: String,
    /// Of the address that reports and replies are pushed to.
    pub push: String,
}

impl fmt::Debug for SmsSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmsSecrets(…)")
    }
}

/// A whole account. Keys that are `None` stay as they are.
#[derive(Clone, Default)]
pub struct SmsIn {
    pub account: SmsAccount,
    pub key_id: Option<String>,
    pub key_secret: Option<String>,
    /// A new address for pushes; the old one is shut.
    pub renew_push: bool,
    pub version: Option<i64>,
}

impl fmt::Debug for SmsIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmsIn({:?})", self.account)
    }
}

/// The account as a reader may see it.
#[derive(Clone)]
pub struct SmsSettings {
    pub version: i64,
    pub account: SmsAccount,
    /// The last four characters.
    pub key_id: String,
    pub has_secret: bool,
    /// The secret in the address for pushes: whoever sets the provider up needs it whole.
    pub push: String,
    pub changed_at: Time,
    pub changed_by: String,
    pub trouble: Option<String>,
    pub trouble_at: Option<Time>,
    pub checked_at: Option<Time>,
}

impl fmt::Debug for SmsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmsSettings({}, {:?})", self.version, self.account)
    }
}

fn wrong(field: &str, en: &str, zh: &str) -> Refusal {
    refuse::sms(field, en, zh)
}

pub(crate) fn provider(name: &str) -> Option<Provider> {
    [Provider::Aliyun, Provider::Tencent].into_iter().find(|own| own.name() == name)
}

/// `http://` or `https://` with a host of this machine and an optional port: requests carry people's numbers, and go nowhere else but to the provider.
fn is_of_this_machine(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or((rest, "x"), |(host, rest)| (host, rest)),
        None => authority.find(':').map_or((authority, ""), |at| authority.split_at(at)),
    };
    let ported =
        port.is_empty() || port.strip_prefix(':').is_some_and(|own| own.parse::<u16>().is_ok_and(|own| own > 0));
    let own = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    matches!(scheme, "http" | "https") && own && ported
}

fn is_key(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl SmsAccount {
    fn checked(mut self) -> Result<Self, Refusal> {
        for text in [&mut self.provider, &mut self.region, &mut self.app_id, &mut self.sign, &mut self.base] {
            *text = text.trim().to_owned();
        }
        let Some(own) = provider(&self.provider) else {
            return Err(wrong("provider", "The provider is aliyun or tencent.", "服务商须为 aliyun 或 tencent。"));
        };
        let text = |code: &str| Template {
            code: code.to_owned(),
            sign: self.sign.clone(),
            text: "x".into(),
            class: Class::Notice,
            provider: Provider::Aliyun,
        };
        if let Err(error) = text("SMS_1").check() {
            return Err(refuse::sms("sign", format!("{error}."), error.zh()));
        }
        match own {
            Provider::Aliyun => (self.region, self.app_id) = (String::new(), String::new()),
            Provider::Tencent => {
                if !(1..=20).contains(&self.app_id.len()) || !self.app_id.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(wrong(
                        "app_id",
                        "The SdkAppId is a number such as 1400006666.",
                        "SdkAppId 为数字，如 1400006666。",
                    ));
                }
                if self.region.is_empty() {
                    self.region = "ap-guangzhou".into();
                }
                if !["ap-guangzhou", "ap-beijing", "ap-nanjing"].contains(&self.region.as_str()) {
                    return Err(wrong(
                        "region",
                        "The region is ap-guangzhou, ap-beijing or ap-nanjing.",
                        "地域须为 ap-guangzhou、ap-beijing 或 ap-nanjing。",
                    ));
                }
            }
        }
        self.base = self.base.trim_end_matches('/').to_owned();
        if !self.base.is_empty() && !is_of_this_machine(&self.base) {
            return Err(wrong(
                "base",
                "Another address than the provider's is for this machine only.",
                "自定义接口地址仅限本机，用于测试。",
            ));
        }
        if self.blocks.len() > 50 || self.blocks.iter().any(|text| Block::parse(text).is_err()) {
            return Err(wrong(
                "blocks",
                "Up to 50 addresses or blocks such as 203.0.113.0/24.",
                "最多 50 个 IP 或网段，如 203.0.113.0/24。",
            ));
        }
        Ok(self)
    }
    pub(crate) fn sms(&self, secrets: &SmsSecrets, wiring: siyu_sms::Wiring) -> Arc<dyn Sms> {
        let (id, secret) = (secrets.key_id.clone(), secrets.key_secret.clone());
        let base = |own: &'static str| if self.base.is_empty() { own.to_owned() } else { self.base.clone() };
        match provider(&self.provider) {
            Some(Provider::Tencent) => {
                let (app_id, region) = (self.app_id.clone(), self.region.clone());
                let keys = TencentKeys { secret_id: id, secret_key: secret, token: None, app_id, region };
                Arc::new(Tencent::new(keys, &base(TENCENT), wiring))
            }
            _ => {
                Arc::new(Aliyun::new(AliyunKeys { key_id: id, key_secret: secret, token: None }, &base(ALIYUN), wiring))
            }
        }
    }
}

impl Accounts {
    /// Errors: `sms_account_unset`.
    pub fn sms_account(&self, tx: &mut Tx<'_>) -> Result<SmsSettings, Refusal> {
        let row = self.row(tx, Kind::Sms)?.ok_or_else(refuse::sms_unset)?;
        let secrets: SmsSecrets = self.secrets(Some(&row))?;
        let from = secrets.key_id.len().saturating_sub(4);
        Ok(SmsSettings {
            version: row.version,
            account: row.body()?,
            key_id: if from < 8 { "……".to_owned() } else { format!("…{}", &secrets.key_id[from..]) },
            has_secret: !secrets.key_secret.is_empty(),
            push: secrets.push,
            changed_at: row.changed_at,
            changed_by: row.changed_by,
            trouble: row.trouble,
            trouble_at: row.trouble_at,
            checked_at: row.checked_at,
        })
    }
    /// Sets the whole account.
    ///
    /// Errors: `sms_account` with its field, `account_changed`.
    pub fn save_sms(&self, tx: &mut Tx<'_>, input: &SmsIn, by: &str, now: Time) -> Result<SmsSettings, Refusal> {
        self.lock(tx)?;
        let old = self.row(tx, Kind::Sms)?;
        if input.version.is_some_and(|own| own != old.as_ref().map_or(0, |row| row.version)) {
            return Err(refuse::changed());
        }
        let account = input.account.clone().checked()?;
        let before: Option<SmsAccount> = old.as_ref().map(Row::body).transpose()?;
        let mut secrets: SmsSecrets = self.secrets(old.as_ref())?;
        // Keys of one provider say nothing to the other.
        if before.is_some_and(|own| own.provider != account.provider) {
            (secrets.key_id, secrets.key_secret) = (String::new(), String::new());
        }
        let mut set = Vec::new();
        let given = [
            ("key_id", &input.key_id, &mut secrets.key_id),
            ("key_secret", &input.key_secret, &mut secrets.key_secret),
        ];
        for (name, given, place) in given {
            if let Some(text) = given {
                *place = text.trim().to_owned();
                set.push(name);
            }
            if !is_key(place) {
                return Err(wrong(
                    name,
                    "The provider's access key is needed, of up to 128 letters.",
                    "请填写服务商的访问密钥，最长 128 个字符。",
                ));
            }
        }
        if secrets.push.is_empty() || input.renew_push {
            secrets.push = crate::hex(&Chance::secret::<20>());
            set.push("push");
        }
        self.put(tx, Kind::Sms, &account, &secrets, &set, by, now)?;
        self.sms_account(tx)
    }
    /// Errors: `sms_account_unset`.
    pub fn remove_sms(&self, tx: &mut Tx<'_>, by: &str, now: Time) -> Result<(), Refusal> {
        self.remove(tx, Kind::Sms, by, now)
    }
    /// Whose push it is. An account that is switched off is still told of.
    ///
    /// Errors: `sms_push_unknown`.
    pub fn push_door(&self, tx: &mut Tx<'_>, secret: &str, from: Option<IpAddr>) -> Result<Provider, Refusal> {
        let row = self.row(tx, Kind::Sms)?.ok_or_else(refuse::push_unknown)?;
        let (account, secrets): (SmsAccount, SmsSecrets) = (row.body()?, self.secrets(Some(&row))?);
        let blocks = account.blocks.iter().filter_map(|text| Block::parse(text).ok()).collect();
        let door = Door::new(&secrets.push, blocks).map_err(Refusal::internal)?;
        let from = from.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
        // One answer for a wrong secret and a wrong address: a guess learns nothing.
        door.check(secret, from).map_err(|_| refuse::push_unknown())?;
        provider(&account.provider).ok_or_else(refuse::push_unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_another_address() {
        for good in
            ["http://127.0.0.1:9090", "http://localhost", "https://localhost:1", "http://[::1]:8080", "http://[::1]"]
        {
            assert!(is_of_this_machine(good), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1",
            "http://10.0.0.1",
            "https://evil.example",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example",
            "http://127.0.0.1:0",
            "http://127.0.0.1:80/x",
            "http://localhost?x",
            "ftp://localhost",
            "http://[::1]x",
            "http://[::1",
        ] {
            assert!(!is_of_this_machine(bad), "{bad}");
        }
    }
}
