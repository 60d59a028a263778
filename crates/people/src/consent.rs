//! The consent ledger: what somebody agreed to, in which words, when, and how we know.

use crate::People;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

#[derive(Clone, Debug)]
pub struct ConsentIn {
    /// `marketing`, `service`, `profiling`, `personal_data` …
    pub purpose: String,
    /// `sms`, `email`, `wecom`, `wechat`, `phone` or `any`.
    pub channel: String,
    pub granted: bool,
    /// The version of the text that was shown.
    pub text_version: String,
    pub evidence: String,
}

#[derive(Clone, Debug)]
pub struct Consent {
    pub id: i64,
    pub purpose: String,
    pub channel: String,
    pub granted: bool,
    pub text_version: String,
    pub at: Time,
    pub source: String,
    pub evidence: String,
    pub by: String,
}

impl People {
    pub fn record_consent(
        &self,
        tx: &mut Tx<'_>,
        num: PersonNum,
        consent: &ConsentIn,
        source: &str,
        by: &str,
        now: Time,
    ) -> Result<Consent, Refusal> {
        for (name, text, max) in [
            ("purpose", &consent.purpose, 40),
            ("channel", &consent.channel, 40),
            ("text_version", &consent.text_version, 80),
        ] {
            if text.trim().is_empty() || text.len() > max {
                return Err(Refusal::invalid(
                    "invalid_consent",
                    format!("{name} must have 1 to {max} bytes."),
                    format!("{name} 须为 1 到 {max} 字节。"),
                )
                .field(name));
            }
        }
        if consent.evidence.len() > 2_000 {
            return Err(Refusal::invalid(
                "invalid_consent",
                "The evidence may have up to 2,000 bytes.",
                "凭证说明最长 2000 字节。",
            )
            .field("evidence"));
        }
        let id = tx.one(
            "INSERT INTO consent (num, purpose, channel, granted, text_version, at, source, evidence, by_actor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            params![num, &consent.purpose, &consent.channel, consent.granted, &consent.text_version, now, source, &consent.evidence, by],
            |row| row.int(0),
        )?;
        let name = if consent.granted { "Consent Given" } else { "Consent Withdrawn" };
        self.note(tx, &format!("consent:{id}"), name, num, now, serde_json::json!({ "purpose": consent.purpose, "channel": consent.channel, "text_version": consent.text_version }));
        let ConsentIn { purpose, channel, granted, text_version, evidence } = consent.clone();
        Ok(Consent {
            id,
            purpose,
            channel,
            granted,
            text_version,
            at: now,
            source: source.into(),
            evidence,
            by: by.into(),
        })
    }
    /// The whole ledger of a person, newest first.
    pub fn consents(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Vec<Consent>, DbError> {
        let list: Vec<i64> = nodes.iter().map(|num| i64::from(*num)).collect();
        let sql = format!(
            "SELECT id, purpose, channel, granted, text_version, at, source, evidence, by_actor FROM consent WHERE {} ORDER BY id DESC LIMIT 1000",
            tx.any("num", 1)
        );
        tx.query(&sql, params![&list], |row| {
            Ok(Consent {
                id: row.int(0)?,
                purpose: row.text(1)?,
                channel: row.text(2)?,
                granted: row.flag(3)?,
                text_version: row.text(4)?,
                at: row.time(5)?,
                source: row.text(6)?,
                evidence: row.text(7)?,
                by: row.text(8)?,
            })
        })
    }
    /// What is in force: the newest entry of each purpose and channel.
    pub fn consents_in_force(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Vec<Consent>, DbError> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut all = self.consents(tx, nodes)?;
        all.retain(|consent| seen.insert((consent.purpose.clone(), consent.channel.clone())));
        Ok(all)
    }
}
