//! What the workspace is called and how it counts days and money.

use serde::{Deserialize, Serialize};
use siyu_access::Locale;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Currency, Refusal, Zone};

/// The workspace's own settings, kept in the `setting` table under `workspace.…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    pub name: String,
    /// IANA name. Days begin at its midnight.
    pub timezone: String,
    pub currency: String,
    /// The language new users start with.
    pub locale: Locale,
}

impl Default for Workspace {
    fn default() -> Self {
        Self { name: String::new(), timezone: "Asia/Shanghai".into(), currency: "CNY".into(), locale: Locale::Zh }
    }
}

impl Workspace {
    /// Defaults for what was never set.
    pub fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let mut found = Self::default();
        tx.each("SELECT name, value FROM setting WHERE name LIKE 'workspace.%'", &[], |row| {
            let value = row.text(1)?;
            match row.text(0)?.as_str() {
                "workspace.name" => found.name = value,
                "workspace.timezone" => found.timezone = value,
                siyu_intake::CURRENCY => found.currency = value,
                "workspace.locale" => found.locale = Locale::parse(&value).unwrap_or(found.locale),
                _ => {}
            }
            Ok(())
        })?;
        Ok(found)
    }
    pub fn save(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let rows = [
            ("name", self.name.as_str()),
            ("timezone", &self.timezone),
            ("currency", &self.currency),
            ("locale", self.locale.name()),
        ];
        for (name, value) in rows {
            tx.execute(
                "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![&format!("workspace.{name}"), value],
            )?;
        }
        tx.announce()
    }
    /// One spelling for each value. Errors: `workspace_name_invalid`, `timezone_unknown`, `currency_invalid`, each with its field.
    pub fn checked(self) -> Result<Self, Refusal> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(Refusal::invalid(
                "workspace_name_invalid",
                "The name of the workspace has 1 to 100 characters.",
                "工作空间名称长度为 1 到 100 个字符。",
            )
            .field("name"));
        }
        let zone = Zone::named(self.timezone.trim()).map_err(|_| {
            Refusal::invalid(
                "timezone_unknown",
                "There is no such time zone; use a name like Asia/Shanghai.",
                "时区不存在，请使用 Asia/Shanghai 这样的名称。",
            )
            .field("timezone")
        })?;
        let currency = Currency::parse(&self.currency).map_err(|_| {
            Refusal::invalid(
                "currency_invalid",
                "A currency is three letters, such as CNY.",
                "货币代码为三个字母，例如 CNY。",
            )
            .field("currency")
        })?;
        Ok(Self { name, timezone: zone.name().to_owned(), currency: currency.code().to_owned(), locale: self.locale })
    }
}
