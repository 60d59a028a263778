//! The accounts of mail and SMS, and what comes back through them.
//!
//! Nouns: **account** – how one way out is reached, with its secrets; **template** – an SMS text that a provider has approved; **left alone** – an
//! address that gets nothing more; **token** – names a person and a channel in an address for unsubscribing; **news** – a bounce, a complaint, a
//! delivery report or a reply.
//!
//! Invariants
//! - Secrets are sealed, written and never shown again; a server that is another one than before does not get the old password.
//! - Each save is a version. What was built from one is kept until another is in force, in every process.
//! - An account that was refused rests: nothing is tried for some minutes, nothing is lost, and the page says what to do.
//! - News is counted once, and only when it came to an address that nobody else can make. What a report says of an address proves nothing: the
//!   address is that of the message.
//! - Opening an address for unsubscribing changes nothing; a POST does.
//!
//! This crate knows no HTTP server and no contents. Who is told of reports is [`Heard`]; what lies beside is [`Beside`].

mod alone;
mod doctor;
mod events;
mod mail;
mod mail_news;
mod refuse;
mod shelf;
mod sms;
mod sms_news;
mod templates;
mod unsubscribe;
mod wires;

pub use alone::{AloneIn, AloneQuery, AloneRow, Imported};
pub use doctor::{AccountState, Status};
pub use events::names;
pub use mail::{Mail, MailAccount, MailIn, Security};
pub use mail_news::MailHeard;
pub use shelf::{Kind, Revision};
pub use sms::{SmsAccount, SmsIn, SmsSettings};
pub use sms_news::PushHeard;
pub use templates::{TemplateIn, TemplateRow, class_name, class_of};
pub use unsubscribe::{How, Standing};
pub use wires::{Network, Wires};

use siyu_db::{Db, Engine, Migration, Tx};
use siyu_direct::{Carriers, MailCarrier, Reported, SmsCarrier};
use siyu_gate::Channel;
use siyu_kernel::{Chance, Clock, PersonNum, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use siyu_sms::Wiring;
use std::sync::{Arc, Mutex, OnceLock};

pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "carriers/0001_carriers", sql: include_str!("../migrations/0001_carriers.sql") }];

/// Whoever sent is told what became of it, in the unit that takes the news.
pub trait Heard: Send + Sync {
    /// By the id a message went out under. `false`: none of ours.
    fn reported(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        id: &str,
        address: Option<&str>,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal>;
    /// Of an SMS, by what the provider calls it. `false`: none of ours, as far as is known.
    fn reported_as(
        &self,
        tx: &mut Tx<'_>,
        taken_as: &str,
        phone: &str,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal>;
    /// The address a message went to. `None`: not known, or forgotten.
    fn went_to(&self, tx: &mut Tx<'_>, channel: Channel, id: &str) -> Result<Option<String>, Refusal>;
    /// How many messages that have not ended use a template.
    fn uses(&self, tx: &mut Tx<'_>, template: &str) -> Result<i64, Refusal>;
}

/// Nobody has sent anything.
pub struct NoHeard;
impl Heard for NoHeard {
    fn reported(
        &self,
        _: &mut Tx<'_>,
        _: Channel,
        _: &str,
        _: Option<&str>,
        _: &Reported,
        _: Time,
    ) -> Result<bool, Refusal> {
        Ok(false)
    }
    fn reported_as(&self, _: &mut Tx<'_>, _: &str, _: &str, _: &Reported, _: Time) -> Result<bool, Refusal> {
        Ok(false)
    }
    fn went_to(&self, _: &mut Tx<'_>, _: Channel, _: &str) -> Result<Option<String>, Refusal> {
        Ok(None)
    }
    fn uses(&self, _: &mut Tx<'_>, _: &str) -> Result<i64, Refusal> {
        Ok(0)
    }
}

/// What lies beside this crate.
pub trait Beside: Send + Sync {
    /// Where this server is reached, without a path, for whoever has not said so here.
    fn address(&self, _: &mut Tx<'_>) -> Result<Option<String>, Refusal> {
        Ok(None)
    }
}

/// Nothing lies beside.
pub struct Alone;
impl Beside for Alone {}

/// Everything the accounts are made from.
pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub log: Log,
    pub people: People,
    pub chance: Arc<Chance>,
    pub clock: Arc<dyn Clock>,
    pub wires: Arc<dyn Wires>,
    pub beside: Arc<dyn Beside>,
}

/// The accounts and their operations. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub parts: Parts,
    pub heard: OnceLock<Arc<dyn Heard>>,
    /// Of all SMS of this process: limits outlive a change of settings.
    pub wiring: Wiring,
    pub mail: Mutex<Option<wires::Built<MailCarrier>>>,
    pub sms: Mutex<Option<wires::Built<SmsCarrier>>>,
}

impl Accounts {
    pub fn new(parts: Parts) -> Self {
        let wiring = Wiring::new(parts.wires.transport(), Arc::clone(&parts.clock));
        let (heard, mail, sms) = (OnceLock::new(), Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { parts, heard, wiring, mail, sms }) }
    }
    /// Once, before anything is heard: whoever sends is made with these accounts and cannot be there before them.
    pub fn set_heard(&self, heard: Arc<dyn Heard>) {
        let _ = self.inner.heard.set(heard);
    }
    pub(crate) fn heard(&self) -> Arc<dyn Heard> {
        self.inner.heard.get().map_or_else(|| Arc::new(NoHeard) as Arc<dyn Heard>, Arc::clone)
    }
    pub(crate) fn parts(&self) -> &Parts {
        &self.inner.parts
    }
    pub(crate) fn now(&self) -> Time {
        self.parts().clock.now()
    }
    /// Units that save an account stand in line: versions are counted. SQLite has one writer anyway.
    pub(crate) fn lock(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        if tx.engine() == Engine::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(hashtext('siyu-carriers'), hashtext(current_schema()))";
            tx.each(sql, &[], |_| Ok(()))?;
        }
        Ok(())
    }
    /// News that was not here before: it is remembered with the unit.
    pub(crate) fn is_news(&self, tx: &mut Tx<'_>, identity: &str, now: Time) -> Result<bool, Refusal> {
        let digest = hex(&self.parts().vault.digest("carrier-news", identity));
        let sql = "INSERT INTO carrier_heard (digest, at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
        Ok(tx.execute(sql, siyu_db::params![&digest, now])? > 0)
    }
    /// Forgets news that is too old to come again.
    pub(crate) fn tidy(&self, tx: &mut Tx<'_>, now: Time) -> Result<(), Refusal> {
        tx.execute("DELETE FROM carrier_heard WHERE at < $1", siyu_db::params![now.plus_days(-HEARD_DAYS)])?;
        Ok(())
    }
}

/// Providers and mail servers repeat for days; this is far beyond it.
const HEARD_DAYS: i64 = 400;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Carriers for Accounts {
    fn mail(&self, tx: &mut Tx<'_>) -> Result<Option<MailCarrier>, Refusal> {
        self.mail_carrier(tx)
    }
    fn sms(&self, tx: &mut Tx<'_>) -> Result<Option<SmsCarrier>, Refusal> {
        self.sms_carrier(tx)
    }
    fn template(&self, tx: &mut Tx<'_>, id: &str) -> Result<siyu_sms::Template, Refusal> {
        Ok(self.sms_template(tx, id)?.template)
    }
    fn left_alone(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        addresses: &[&str],
    ) -> Result<Vec<Option<&'static str>>, Refusal> {
        self.are_alone(tx, channel, addresses)
    }
    fn leave_alone(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        address: &str,
        because: &str,
        at: Time,
    ) -> Result<(), Refusal> {
        let own = AloneIn { channel, address: address.to_owned(), reason: because.to_owned(), message: String::new() };
        self.add_alone(tx, &own, "system", at).map(drop)
    }
    fn unsubscribe(&self, tx: &mut Tx<'_>, channel: Channel, person: PersonNum) -> Result<Option<String>, Refusal> {
        self.unsubscribe_address(tx, channel, person)
    }
}
