//! Channels on which nothing goes out for now.

use crate::Direct;
use siyu_db::{Tx, params};
use siyu_gate::Channel;
use siyu_kernel::{Finding, Health, Refusal, Time};

pub(crate) const NO_ACCOUNT: &str = "no_account";
/// Settings are looked at again after so long.
pub(crate) const HELD_SECONDS: i64 = 30;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    pub channel: Channel,
    /// A port's code, or `no_account`.
    pub reason: String,
    pub since: Time,
    pub until: Time,
}

pub(crate) fn number(channel: Channel) -> i64 {
    i64::from(channel == Channel::Sms)
}
pub(crate) fn channel_of(number: i64) -> Channel {
    if number == 1 { Channel::Sms } else { Channel::Email }
}

impl Direct {
    /// Channels that stand still, and why.
    pub fn holds(&self, tx: &mut Tx<'_>) -> Result<Vec<HoldRow>, Refusal> {
        Ok(tx.query("SELECT channel, reason, since, until FROM direct_hold ORDER BY channel", &[], |row| {
            Ok(HoldRow {
                channel: channel_of(row.int(0)?),
                reason: row.text(1)?,
                since: row.time(2)?,
                until: row.time(3)?,
            })
        })?)
    }
    pub(crate) fn held(&self, tx: &mut Tx<'_>, channel: Channel) -> Result<Option<Time>, Refusal> {
        let sql = "SELECT until FROM direct_hold WHERE channel = $1";
        Ok(tx.opt(sql, params![number(channel)], |row| row.time(0))?)
    }
    pub(crate) fn hold(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        reason: &str,
        now: Time,
        until: Time,
    ) -> Result<(), Refusal> {
        tx.execute(
            "INSERT INTO direct_hold (channel, reason, since, until) VALUES ($1, $2, $3, $4) ON CONFLICT (channel) DO UPDATE SET
               since = CASE WHEN direct_hold.reason = excluded.reason THEN direct_hold.since ELSE excluded.since END,
               reason = excluded.reason, until = excluded.until",
            params![number(channel), reason, now, until],
        )?;
        Ok(())
    }
    pub(crate) fn go_on(&self, tx: &mut Tx<'_>, channel: Channel) -> Result<(), Refusal> {
        tx.execute("DELETE FROM direct_hold WHERE channel = $1", params![number(channel)])?;
        Ok(())
    }
    /// What stands still, for whoever looks after the platform.
    pub fn findings(&self, tx: &mut Tx<'_>) -> Result<Vec<Finding>, Refusal> {
        Ok(self.holds(tx)?.iter().map(finding).collect())
    }
}

/// What a port's code means, and what to do: each in English and Chinese.
pub fn meaning(code: &str) -> Option<[&'static str; 4]> {
    let mail = siyu_mail::ALL.iter().find(|known| known.name == code);
    let mail = mail.map(|known| [known.en, known.zh, known.advice_en, known.advice_zh]);
    let sms = || siyu_sms::codes::ALL.iter().find(|known| known.name == code);
    mail.or_else(|| sms().map(|known| [known.en, known.zh, known.advice_en, known.advice_zh]))
}

fn finding(own: &HoldRow) -> Finding {
    let (key, title) = match own.channel {
        Channel::Sms => ("direct_sms", ("SMS stands still", "短信暂停发送")),
        _ => ("direct_mail", ("Mail stands still", "邮件暂停发送")),
    };
    let [en, zh, advice_en, advice_zh] = meaning(&own.reason).unwrap_or([
        "There is no account, or it is switched off.",
        "尚未配置账号，或账号已停用。",
        "Set up an account in the settings; people wait until then.",
        "请在设置中配置账号；在此之前客户会一直等待。",
    ]);
    let detail = (format!("{en} Nobody is lost: everybody waits."), format!("{zh}所有人都在等待，不会丢失。"));
    Finding::wrong(key, Health::Fail, title, detail, (advice_en, advice_zh))
}
