//! What WeCom's pictures of codes say: read once, so that what is drawn here opens the friend request itself and not a picture of it.

use crate::Channels;
use siyu_contacts::Ran;
use siyu_db::{DbError, RowRef, params};
use siyu_kernel::{Refusal, Time};
use siyu_pictures::{Fault, ReadFault, read_qr};

/// Pictures of one step, so that other work of the thread has its turn.
const PICTURES: i64 = 10;
/// How often it is looked for new ones that another process has made.
const LOOK_SECONDS: i64 = 60;
const TEXT_MAX: usize = 1_000;

/// How far the QR of a way can be drawn here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QrRow {
    /// The address of WeCom's picture.
    pub address: Option<String>,
    /// What that picture says, once it was read.
    pub text: Option<String>,
    /// Why it was not read: `picture_…`.
    pub error: Option<String>,
    pub tries: i64,
    pub due_at: Option<Time>,
}

impl QrRow {
    /// From five columns: those of [`QrRow::COLUMNS`].
    pub(crate) fn read(row: &RowRef<'_>, at: usize) -> Result<Self, DbError> {
        Ok(Self {
            address: row.opt_text(at)?,
            text: row.opt_text(at + 1)?,
            error: row.opt_text(at + 2)?,
            tries: row.opt_int(at + 3)?.unwrap_or(0),
            due_at: row.opt_time(at + 4)?,
        })
    }
    /// Of a way `w` with its picture `p`, which is there only while something is wrong.
    pub(crate) const COLUMNS: &'static str = "w.qr_code, w.qr_text, p.error, p.tries, p.due_at";
}

impl Channels {
    /// Reads pictures that are due.
    pub(crate) fn step_pictures(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let sql = "SELECT o.address, COALESCE(p.tries, 0), COALESCE(p.due_at, 0) FROM (
              SELECT qr_code AS address FROM channel_way WHERE qr_code IS NOT NULL AND qr_text IS NULL AND state NOT IN ('dead', 'closing', 'closed')
              UNION SELECT qr_code FROM channel_group_way WHERE qr_code IS NOT NULL AND qr_text IS NULL AND state NOT IN ('dead', 'closing', 'closed')
            ) o LEFT JOIN channel_picture p ON p.address = o.address ORDER BY 3, 1 LIMIT $1";
        let waiting = self
            .inner
            .db
            .read(|tx| Ok(tx.query(sql, params![PICTURES], |row| Ok((row.text(0)?, row.int(1)?, row.time(2)?)))?))?;
        let look = now.plus_seconds(LOOK_SECONDS);
        let due: Vec<_> = waiting.iter().filter(|own| own.2 <= now).collect();
        if due.is_empty() {
            return Ok(Ran::Waits(waiting.first().map_or(look, |own| own.2.min(look))));
        }
        for (address, tries, _) in due {
            match self.read_picture(address)? {
                Ok(text) => self.picture_says(address, &text)?,
                Err(error) => self.picture_failed(address, error, *tries)?,
            }
        }
        Ok(Ran::Went)
    }

    fn read_picture(&self, address: &str) -> Result<Result<String, &'static str>, Refusal> {
        let bytes = match self.inner.contacts.picture(address)? {
            Ok(bytes) => bytes,
            Err(fault) => return Ok(Err(fault.name())),
        };
        Ok(match read_qr(&bytes) {
            Ok(text) if is_link(&text) => Ok(text),
            Ok(_) => Err("picture_no_link"),
            Err(ReadFault::Picture(Fault::TooLarge)) => Err("picture_too_large"),
            Err(ReadFault::Picture(_)) => Err("picture_broken"),
            Err(ReadFault::None) => Err("picture_no_code"),
            Err(ReadFault::Several) => Err("picture_several"),
        })
    }
    fn picture_says(&self, address: &str, text: &str) -> Result<(), Refusal> {
        metrics::counter!("siyu_channel_pictures_total", "outcome" => "read").increment(1);
        let (address, text) = (address.to_owned(), text.to_owned());
        self.inner.db.transact(move |tx| {
            for table in ["channel_way", "channel_group_way"] {
                tx.execute(&format!("UPDATE {table} SET qr_text = $2 WHERE qr_code = $1"), params![&address, &text])?;
            }
            tx.execute("DELETE FROM channel_picture WHERE address = $1", params![&address])?;
            Ok(())
        })
    }
    /// After half a minute, a minute, two, … up to half a day.
    fn picture_failed(&self, address: &str, error: &'static str, tries: i64) -> Result<(), Refusal> {
        tracing::warn!(address, error, "the picture of a code could not be read");
        metrics::counter!("siyu_channel_pictures_total", "outcome" => error).increment(1);
        let due = self.now().plus_seconds((30 << tries.clamp(0, 12)).min(43_200));
        let address = address.to_owned();
        self.inner.db.transact(move |tx| {
            tx.execute(
                "INSERT INTO channel_picture (address, error, tries, due_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (address) DO UPDATE SET error = excluded.error, tries = excluded.tries, due_at = excluded.due_at",
                params![&address, error, tries + 1, due],
            )?;
            Ok(())
        })
    }
}

/// What is printed leads somewhere: an address, and nothing that hides in one.
fn is_link(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.len() <= TEXT_MAX && rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_are_printed() {
        assert!(is_link("https://work.weixin.qq.com/q/vcde1?s=2") && is_link("HTTP://A".to_lowercase().as_str()));
        for text in
            ["", "https://", "hello", "weixin://dl/business", "https://a b", "https://a\n", "javascript:alert(1)"]
        {
            assert!(!is_link(text), "{text}");
        }
        assert!(!is_link(&format!("https://a/{}", "x".repeat(1_000))));
    }
}
