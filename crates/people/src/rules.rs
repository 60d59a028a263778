//! How identifiers of each kind may join people. Editable; the defaults suit a Chinese brand with shops, a mini-program and WeCom.

use serde::{Deserialize, Serialize};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Identifier, Kind, Refusal};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindRule {
    /// `phone`, `ext` …: the word of [`Kind`], without the name of an external system.
    pub kind: String,
    /// 1 is the strongest. The stronger identifier wins a dispute, and its person survives a merge.
    pub priority: i64,
    /// How many values of this kind one person may have. One more does not attach, and a merge that would exceed it does not happen.
    pub limit: i64,
    /// Whether it proves that two known people are one. Others (a browser, a device) only bring anonymous history home.
    pub merges: bool,
    /// Values that identify nobody, besides the built-in ones.
    pub blocked: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityRules {
    pub kinds: Vec<KindRule>,
}

const SETTING: &str = "identity_rules";

impl Default for IdentityRules {
    fn default() -> Self {
        let rule = |kind: &str, priority, limit, merges| KindRule {
            kind: kind.into(),
            priority,
            limit,
            merges,
            blocked: Vec::new(),
        };
        Self {
            kinds: vec![
                rule("unionid", 1, 1, true),
                rule("user_id", 2, 5, true),
                rule("member_no", 3, 5, true),
                rule("external_userid", 4, 10, true),
                rule("openid", 5, 20, true),
                rule("phone", 6, 5, true),
                rule("email", 7, 5, true),
                rule("pos_no", 8, 10, true),
                rule("ext", 9, 20, true),
                rule("device", 10, 50, false),
                rule("anonymous", 11, 200, false),
            ],
        }
    }
}

/// What forms fill in when nobody knows: it would merge strangers.
const NOBODY: [&str; 20] = [
    "null",
    "nil",
    "none",
    "undefined",
    "unknown",
    "n/a",
    "na",
    "-",
    "--",
    "0",
    "-1",
    "test",
    "anonymous",
    "guest",
    "nan",
    "false",
    "true",
    "[object object]",
    "无",
    "未知",
];

impl IdentityRules {
    pub fn of(&self, kind: &Kind) -> &KindRule {
        let word = kind.word();
        self.kinds.iter().find(|rule| rule.kind == word).expect("every kind has a rule: checked when saved")
    }
    /// True for values that identify nobody: `00000000000`, `null`, and what the brand has listed.
    pub fn is_blocked(&self, identifier: &Identifier) -> bool {
        let value = identifier.value.as_str();
        let lower = value.to_lowercase();
        let same_digit =
            value.len() >= 5 && value.bytes().all(|b| b == value.as_bytes()[0]) && value.as_bytes()[0].is_ascii_digit();
        let counting = matches!(identifier.kind, Kind::Phone)
            && (value.starts_with("1234567890") || value == "12345678901" || value.len() < 7);
        let zeros = lower.chars().all(|c| matches!(c, '0' | '-'));
        NOBODY.contains(&lower.as_str())
            || zeros
            || same_digit
            || counting
            || self.of(&identifier.kind).blocked.iter().any(|blocked| blocked.eq_ignore_ascii_case(value))
    }
    pub fn validated(mut self) -> Result<Self, Refusal> {
        for (at, rule) in self.kinds.iter().enumerate() {
            let known = rule.kind == "ext" || Kind::NAMED.iter().any(|kind| kind.word() == rule.kind);
            let place = |name: &str| format!("identity.kinds[{at}].{name}");
            if !known {
                return Err(Refusal::invalid(
                    "kind_unknown",
                    format!("There is no identifier kind {}.", rule.kind),
                    format!("没有名为 {} 的身份类型。", rule.kind),
                )
                .field(place("kind")));
            }
            if !(1..=1000).contains(&rule.limit) {
                return Err(Refusal::invalid(
                    "kind_limit",
                    "The limit must be between 1 and 1000.",
                    "上限须在 1 到 1000 之间。",
                )
                .field(place("limit")));
            }
            if rule.blocked.len() > 10_000 {
                return Err(Refusal::invalid(
                    "too_many_blocked",
                    "At most 10,000 blocked values per kind.",
                    "每种身份最多 10000 个屏蔽值。",
                )
                .field(place("blocked")));
            }
            if self.kinds.iter().filter(|other| other.kind == rule.kind || other.priority == rule.priority).count() > 1
            {
                return Err(Refusal::invalid(
                    "duplicate_rule",
                    "Each kind and each priority may appear once.",
                    "每种身份与每个优先级只能出现一次。",
                )
                .field(place("priority")));
            }
        }
        for rule in Self::default().kinds {
            if !self.kinds.iter().any(|own| own.kind == rule.kind) {
                return Err(Refusal::invalid(
                    "missing_kind",
                    format!("The rule for {} is missing.", rule.kind),
                    format!("缺少 {} 的规则。", rule.kind),
                )
                .field("identity.kinds"));
            }
        }
        self.kinds.sort_by_key(|rule| rule.priority);
        Ok(self)
    }
    pub(crate) fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let text = tx.opt("SELECT value FROM setting WHERE name = $1", params![SETTING], |row| row.text(0))?;
        // Falling back to the defaults would merge people whom the brand's rules keep apart.
        text.map_or_else(
            || Ok(Self::default()),
            |text| {
                serde_json::from_str(&text)
                    .map_err(|e| DbError::Decode(format!("the stored identity rules cannot be read: {e}")))
            },
        )
    }
}

impl crate::People {
    /// Saves new rules; they hold for what arrives from now on. Nothing is re-merged.
    pub fn save_rules(&self, tx: &mut Tx<'_>, rules: IdentityRules) -> Result<(), Refusal> {
        let rules = rules.validated()?;
        let text = serde_json::to_string(&rules).map_err(Refusal::internal)?;
        tx.execute(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![SETTING, &text],
        )?;
        tx.announce()?;
        let set = |inner: &crate::Inner, rules| {
            std::mem::replace(&mut *inner.rules.write().unwrap_or_else(|broken| broken.into_inner()), rules)
        };
        let before = set(&self.inner, Arc::new(rules));
        let inner = Arc::clone(&self.inner);
        tx.on_rollback(move || drop(set(&inner, before)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_identify_nobody() {
        let rules = IdentityRules::default();
        for (text, blocked) in [
            ("phone:00000000000", true),
            ("phone:11111111111", true),
            ("phone:12345678901", true),
            ("phone:13800138000", false),
            ("phone:13912345678", false),
            ("user_id:NULL", true),
            ("user_id:00000000-0000-0000-0000-000000000000", true),
            ("member_no:C000123", false),
            ("pos_no:1", false),
            ("pos_no:11", false),
            ("ext:tmall:无", true),
        ] {
            assert_eq!(rules.is_blocked(&Identifier::parse(text).unwrap()), blocked, "{text}");
        }
    }

    #[test]
    fn rules_are_checked_before_they_hold() {
        let mut rules = IdentityRules::default();
        rules.kinds[0].limit = 0;
        assert_eq!(rules.validated().unwrap_err().field.as_deref(), Some("identity.kinds[0].limit"));
        let mut rules = IdentityRules::default();
        rules.kinds.pop();
        assert_eq!(rules.validated().unwrap_err().code, "missing_kind");
    }
}
