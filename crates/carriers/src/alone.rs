//! Addresses that get nothing more.

use crate::{Accounts, hex, refuse};
use siyu_db::{Tx, params};
use siyu_gate::Channel;
use siyu_kernel::{Identifier, Kind, Refusal, Time};
use siyu_mail::Address;
use siyu_sms::Phone;

/// What the gate is told of any of them; the list says why.
const LEFT_ALONE: &str = "address_left_alone";

#[derive(Clone, Debug)]
pub struct AloneIn {
    pub channel: Channel,
    pub address: String,
    /// A code of a port (`mail_no_mailbox`), or of ours: `mail_complaint`, `opted_out`, `by_hand`, `imported`.
    pub reason: String,
    /// Our id of the message it came from; empty: of none.
    pub message: String,
}

#[derive(Clone, Debug)]
pub struct AloneRow {
    pub id: i64,
    pub channel: String,
    /// Empty once its owner was erased.
    pub masked: String,
    pub reason: String,
    pub message: String,
    pub at: Time,
    pub by: String,
}

#[derive(Clone, Debug, Default)]
pub struct AloneQuery {
    pub channel: Option<Channel>,
    pub reason: Option<String>,
    /// A whole address: parts of sealed ones cannot be looked for.
    pub address: Option<String>,
    pub before: Option<i64>,
    pub limit: i64,
}

/// What became of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: u64,
    /// They were left alone before.
    pub known: u64,
    /// Lines that hold no address of the channel.
    pub refused: u64,
    /// The first of these lines.
    pub lines: Vec<u64>,
}

const LINES_MAX: usize = 100_000;
const LINES_SHOWN: usize = 20;
const LINES_A_UNIT: usize = 1000;

/// The one spelling of an address: mail in lower case, phones as E.164.
fn spelt(channel: Channel, text: &str) -> Option<String> {
    match channel {
        Channel::Email => Address::parse(text).ok().map(|own| own.as_str().to_ascii_lowercase()),
        Channel::Sms => Phone::parse(text).ok().map(|own| own.e164().to_owned()),
        _ => None,
    }
}

fn masked(channel: &str, address: &str) -> String {
    match channel {
        "email" => Address::parse(address).map(|own| own.masked()).unwrap_or_default(),
        _ => Phone::parse(address).map(|own| own.masked()).unwrap_or_default(),
    }
}

impl Accounts {
    fn digest(&self, channel: Channel, spelt: &str) -> String {
        hex(&self.parts().vault.digest(&format!("alone:{}", channel.name()), spelt))
    }
    /// `None` for what is no address of the channel.
    fn digest_of(&self, channel: Channel, text: &str) -> Option<String> {
        spelt(channel, text).map(|own| self.digest(channel, &own))
    }
    pub(crate) fn are_alone(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        addresses: &[&str],
    ) -> Result<Vec<Option<&'static str>>, Refusal> {
        let digests: Vec<Option<String>> = addresses.iter().map(|text| self.digest_of(channel, text)).collect();
        let list: Vec<String> = digests.iter().flatten().cloned().collect();
        let sql = format!("SELECT digest FROM carrier_alone WHERE channel = $1 AND {}", tx.any("digest", 2));
        let found = tx.query(&sql, params![channel.name(), &list], |row| row.text(0))?;
        let found: std::collections::HashSet<String> = found.into_iter().collect();
        let is_alone = |own: &Option<String>| own.as_ref().is_some_and(|own| found.contains(own));
        Ok(digests.iter().map(|own| is_alone(own).then_some(LEFT_ALONE)).collect())
    }
    /// Whether it was not left alone before: the first reason stays.
    ///
    /// Errors: `suppression_address`, `suppression_channel`, `suppression_reason`.
    pub fn add_alone(&self, tx: &mut Tx<'_>, own: &AloneIn, by: &str, at: Time) -> Result<bool, Refusal> {
        if !matches!(own.channel, Channel::Email | Channel::Sms) {
            return Err(refuse::alone_channel());
        }
        let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if !(1..=60).contains(&own.reason.len()) || !own.reason.bytes().all(word) {
            return Err(refuse::alone_reason());
        }
        let address = spelt(own.channel, &own.address).ok_or_else(refuse::alone_address)?;
        let (digest, sealed) = (self.digest(own.channel, &address), self.parts().vault.seal(address.as_bytes()));
        let message: String = own.message.chars().take(100).collect();
        Ok(tx.execute(
            "INSERT INTO carrier_alone (channel, digest, address, reason, message, at, by_actor) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (channel, digest) DO NOTHING",
            params![own.channel.name(), &digest, &sealed, &own.reason, &message, at, by],
        )? > 0)
    }
    /// Takes an address back, when it was left alone for this reason.
    pub(crate) fn end_alone(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        address: &str,
        reason: &str,
    ) -> Result<bool, Refusal> {
        let Some(digest) = self.digest_of(channel, address) else { return Ok(false) };
        let sql = "DELETE FROM carrier_alone WHERE channel = $1 AND digest = $2 AND reason = $3";
        Ok(tx.execute(sql, params![channel.name(), &digest, reason])? > 0)
    }
    /// Newest first.
    pub fn alone(&self, tx: &mut Tx<'_>, query: &AloneQuery) -> Result<Vec<AloneRow>, Refusal> {
        let digests: Vec<String> = match &query.address {
            None => Vec::new(),
            Some(text) => [Channel::Email, Channel::Sms].iter().filter_map(|own| self.digest_of(*own, text)).collect(),
        };
        let anything = query.address.is_none();
        let (channel, reason) =
            (query.channel.map(Channel::name).unwrap_or_default(), query.reason.clone().unwrap_or_default());
        let sql = format!(
            "SELECT id, channel, address, reason, message, at, by_actor FROM carrier_alone
             WHERE id < $1 AND ($2 = '' OR channel = $2) AND ($3 = '' OR reason = $3) AND ($4 = 1 OR {}) ORDER BY id DESC LIMIT $6",
            tx.any("digest", 5)
        );
        let before = query.before.unwrap_or(i64::MAX);
        let rows = tx.query(
            &sql,
            params![before, channel, &reason, i64::from(anything), &digests, query.limit.clamp(1, 1000)],
            |row| {
                let own = AloneRow {
                    id: row.int(0)?,
                    channel: row.text(1)?,
                    masked: String::new(),
                    reason: row.text(3)?,
                    message: row.text(4)?,
                    at: row.time(5)?,
                    by: row.text(6)?,
                };
                Ok((own, row.opt_blob(2)?))
            },
        )?;
        rows.into_iter()
            .map(|(mut own, sealed)| {
                if let Some(sealed) = sealed {
                    let plain = self.parts().vault.open(&sealed).map_err(Refusal::internal)?;
                    own.masked = masked(&own.channel, &String::from_utf8_lossy(&plain));
                }
                Ok(own)
            })
            .collect()
    }
    /// How many there are of each reason: (channel, reason, count).
    pub fn alone_counts(&self, tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, Refusal> {
        let sql =
            "SELECT channel, reason, COUNT(*) FROM carrier_alone GROUP BY channel, reason ORDER BY channel, reason";
        Ok(tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?, row.int(2)?)))?)
    }
    /// Lets an address get messages again. Errors: `suppression_unknown`.
    pub fn let_again(&self, tx: &mut Tx<'_>, id: i64) -> Result<(String, String), Refusal> {
        let sql = "DELETE FROM carrier_alone WHERE id = $1 RETURNING channel, reason";
        tx.opt(sql, params![id], |row| Ok((row.text(0)?, row.text(1)?)))?.ok_or_else(refuse::alone_unknown)
    }
    /// A CSV with addresses in its first column; its first line may be a heading. Some thousand lines a unit: given again, it goes on.
    ///
    /// Errors: `suppression_file`, `suppression_channel`.
    pub fn import_alone(&self, channel: Channel, text: &[u8], by: &str, now: Time) -> Result<Imported, Refusal> {
        if !matches!(channel, Channel::Email | Channel::Sms) {
            return Err(refuse::alone_channel());
        }
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let (mut good, mut out) = (Vec::new(), Imported::default());
        for (at, line) in reader.byte_records().enumerate() {
            let line = line.map_err(|_| refuse::alone_file())?;
            if at >= LINES_MAX {
                return Err(refuse::alone_file());
            }
            let cell = String::from_utf8_lossy(line.get(0).unwrap_or_default()).into_owned();
            match spelt(channel, &cell) {
                Some(address) => good.push(address),
                None if at == 0 || cell.trim().is_empty() => {}
                None => {
                    out.refused += 1;
                    if out.lines.len() < LINES_SHOWN {
                        out.lines.push(at as u64 + 1);
                    }
                }
            }
        }
        if good.is_empty() {
            return Err(refuse::alone_file());
        }
        for part in good.chunks(LINES_A_UNIT) {
            let (accounts, part, by) = (self.clone(), part.to_vec(), by.to_owned());
            let all = part.len() as u64;
            let added = self.parts().db.transact(move |tx| {
                let mut added = 0;
                for address in &part {
                    let (reason, message) = ("imported".to_owned(), String::new());
                    let own = AloneIn { channel, address: address.clone(), reason, message };
                    added += u64::from(accounts.add_alone(tx, &own, &by, now)?);
                }
                Ok(added)
            })?;
            (out.added, out.known) = (out.added + added, out.known + all - added);
        }
        Ok(out)
    }
    /// Somebody was erased: their addresses are still left alone, and can be read by nobody.
    pub fn forget(&self, tx: &mut Tx<'_>, identifiers: &[Identifier]) -> Result<u64, Refusal> {
        let digests: Vec<String> = identifiers
            .iter()
            .filter_map(|own| match own.kind {
                Kind::Email => self.digest_of(Channel::Email, &own.value),
                Kind::Phone => self.digest_of(Channel::Sms, &own.value),
                _ => None,
            })
            .collect();
        let sql = format!("UPDATE carrier_alone SET address = NULL, message = '' WHERE {}", tx.any("digest", 1));
        Ok(tx.execute(&sql, params![&digests])?)
    }
}
