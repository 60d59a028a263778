//! Saying that one wants no more, without a state of ours: the address names person and channel, and nobody else can make it.

use crate::{Accounts, refuse};
use siyu_db::{Tx, params};
use siyu_gate::Channel;
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::ConsentIn;

/// How somebody has said so; the ledger keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// With the button of the page.
    Page,
    /// By the mail program's own button (RFC 8058).
    OneClick,
    /// By answering an SMS.
    Reply,
}

impl How {
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "unsubscribe_page",
            Self::OneClick => "one_click",
            Self::Reply => "sms_reply",
        }
    }
}

/// What the page has to know, and it is nothing of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub channel: Channel,
    pub withdrawn: bool,
}

const PURPOSE: &str = "marketing";
const ADDRESS: &str = "carriers.address";
const TAG: usize = 16;

impl Accounts {
    /// Five bytes behind a tag that is made of them (and hides them): the same for the same person and channel for ever.
    pub fn token(&self, channel: Channel, person: PersonNum) -> String {
        let num = person.to_be_bytes();
        let plain = [u8::from(channel == Channel::Sms), num[0], num[1], num[2], num[3]];
        let tag = self.tag(&plain);
        let hidden = self.hidden(&tag, &plain);
        crate::hex(&[&tag[..], &hidden[..]].concat())
    }
    fn tag(&self, plain: &[u8; 5]) -> [u8; TAG] {
        let whole = self.parts().vault.sign("unsubscribe", plain);
        std::array::from_fn(|at| whole[at])
    }
    /// There and back.
    fn hidden(&self, tag: &[u8; TAG], bytes: &[u8; 5]) -> [u8; 5] {
        let mask = self.parts().vault.sign("unsubscribe-mask", tag);
        std::array::from_fn(|at| bytes[at] ^ mask[at])
    }
    /// Reads a token without asking the database: guesses cost nothing and tell nothing.
    ///
    /// Errors: `unsubscribe_unknown`.
    pub fn token_of(&self, text: &str) -> Result<(Channel, PersonNum), Refusal> {
        let bytes = unhex(text).filter(|bytes| bytes.len() == TAG + 5).ok_or_else(refuse::token)?;
        let tag: [u8; TAG] = std::array::from_fn(|at| bytes[at]);
        let hidden: [u8; 5] = std::array::from_fn(|at| bytes[TAG + at]);
        let plain = self.hidden(&tag, &hidden);
        // Every byte is looked at: how long it takes says nothing.
        let differs = self.tag(&plain).iter().zip(tag).fold(0, |sum, (own, given)| sum | (own ^ given));
        if differs != 0 || plain[0] > 1 {
            return Err(refuse::token());
        }
        let channel = if plain[0] == 1 { Channel::Sms } else { Channel::Email };
        Ok((channel, PersonNum::from_be_bytes([plain[1], plain[2], plain[3], plain[4]])))
    }
    /// Who somebody is today; `None`: erased.
    fn living(&self, tx: &mut Tx<'_>, num: PersonNum) -> Result<Option<PersonNum>, Refusal> {
        let root = self.parts().people.roots_held(tx, &[num])?[0];
        let sql = "SELECT num FROM person WHERE num = $1 AND state = 0";
        Ok(tx.opt(sql, params![root], |row| row.num(0))?)
    }
    /// What is in force, as the gate sees it: the newest of the channel's and of any.
    fn is_withdrawn(&self, tx: &mut Tx<'_>, root: PersonNum, channel: Channel) -> Result<Option<bool>, Refusal> {
        let people = &self.parts().people;
        let nodes = people.nodes(tx, root)?;
        let all = people.consents(tx, &nodes)?;
        let newest =
            all.iter().find(|own| own.purpose == PURPOSE && [channel.name(), "any"].contains(&own.channel.as_str()));
        Ok(newest.map(|own| !own.granted))
    }
    /// Errors: `unsubscribe_unknown`.
    pub fn standing(&self, tx: &mut Tx<'_>, token: &str) -> Result<Standing, Refusal> {
        let (channel, num) = self.token_of(token)?;
        let root = self.parts().people.roots(tx, &[num])?[0];
        let withdrawn = self.is_withdrawn(tx, root, channel)?.unwrap_or(false);
        Ok(Standing { channel, withdrawn })
    }
    /// Withdraws the consent of whoever a token names, or gives it back. Saying it again changes nothing.
    ///
    /// Errors: `unsubscribe_unknown`.
    pub fn say(&self, tx: &mut Tx<'_>, token: &str, wanted: bool, how: How, now: Time) -> Result<Standing, Refusal> {
        let (channel, num) = self.token_of(token)?;
        if let Some(root) = self.living(tx, num)? {
            self.consent(tx, root, channel, wanted, how, "", now)?;
        }
        Ok(Standing { channel, withdrawn: !wanted })
    }
    /// Whether the ledger has a new line.
    #[allow(clippy::too_many_arguments, reason = "each is a column of the ledger")]
    pub(crate) fn consent(
        &self,
        tx: &mut Tx<'_>,
        root: PersonNum,
        channel: Channel,
        granted: bool,
        how: How,
        evidence: &str,
        now: Time,
    ) -> Result<bool, Refusal> {
        if self.is_withdrawn(tx, root, channel)? == Some(!granted) {
            return Ok(false);
        }
        let consent = ConsentIn {
            purpose: PURPOSE.into(),
            channel: channel.name().into(),
            granted,
            text_version: format!("{}-1", how.name()),
            evidence: evidence.chars().take(500).collect(),
        };
        self.parts().people.record_consent(tx, root, &consent, how.name(), "customer", now)?;
        Ok(true)
    }

    /// Where this server is reached: what was said here, else what others know.
    pub fn address(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Refusal> {
        let own = self.own_address(tx)?;
        let known = match own {
            Some(own) => Some(own),
            None => self.parts().beside.address(tx)?,
        };
        Ok(known.filter(|address| address.starts_with("https://")))
    }
    pub fn own_address(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Refusal> {
        Ok(tx.opt("SELECT value FROM setting WHERE name = $1", params![ADDRESS], |row| row.text(0))?)
    }
    /// An empty one is removed. Errors: `unsubscribe_address`.
    pub fn set_address(&self, tx: &mut Tx<'_>, text: &str) -> Result<(), Refusal> {
        let text = text.trim().trim_end_matches('/');
        if text.is_empty() {
            tx.execute("DELETE FROM setting WHERE name = $1", params![ADDRESS])?;
            return Ok(());
        }
        let authority = text.strip_prefix("https://").ok_or_else(refuse::address)?;
        let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let named =
            (1..=253).contains(&host.len()) && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let ported = port.is_none_or(|own| own.parse::<u16>().is_ok_and(|own| own > 0));
        if !named || !ported {
            return Err(refuse::address());
        }
        let sql =
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.execute(sql, params![ADDRESS, text])?;
        Ok(())
    }
    pub(crate) fn unsubscribe_address(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        person: PersonNum,
    ) -> Result<Option<String>, Refusal> {
        Ok(self.address(tx)?.map(|base| format!("{base}/u/{}", self.token(channel, person))))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2)
        || text.len() > 100
        || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
