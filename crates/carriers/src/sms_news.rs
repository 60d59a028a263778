//! Delivery reports and replies, as the providers push them.

use crate::events::names::SMS_REPLIED;
use crate::{Accounts, AloneIn, How, refuse};
use siyu_db::Tx;
use siyu_direct::Reported;
use siyu_gate::Channel;
use siyu_kernel::{Event, EventKind, Identifier, Kind, PersonNum, Refusal, Time};
use siyu_sms::{Phone, Provider, Push, Reply, Report, State, is_opt_in, is_opt_out};

const OPTED_OUT: &str = "opted_out";
const ENTRIES_A_UNIT: usize = 200;

/// What became of a push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushHeard {
    pub reports: u64,
    pub replies: u64,
    /// That were here before.
    pub repeated: u64,
    /// Entries that could not be read.
    pub skipped: u64,
    /// Reports of messages that are none of ours, and replies of numbers that nobody has.
    pub strangers: u64,
}

impl Accounts {
    /// Takes a push of a provider; when it returns, all of it is on disk. Given again, it changes nothing.
    ///
    /// Errors: `sms_push_unread`.
    pub fn hear_push(&self, provider: Provider, body: &[u8], now: Time) -> Result<PushHeard, Refusal> {
        let push = Push::read(provider, body).map_err(|_| refuse::push_unread())?;
        let mut sum = PushHeard { skipped: push.skipped as u64, ..PushHeard::default() };
        for part in push.reports.chunks(ENTRIES_A_UNIT) {
            let (accounts, part) = (self.clone(), part.to_vec());
            let own = self.parts().db.transact(move |tx| {
                let mut own = PushHeard::default();
                part.iter().try_for_each(|report| accounts.hear_delivery(tx, report, &mut own, now))?;
                accounts.tidy(tx, now)?;
                Ok(own)
            })?;
            sum.add(own);
        }
        for part in push.replies.chunks(ENTRIES_A_UNIT) {
            let (accounts, part) = (self.clone(), part.to_vec());
            let own = self.parts().db.transact(move |tx| {
                let mut own = PushHeard::default();
                part.iter().try_for_each(|reply| accounts.hear_reply(tx, reply, &mut own, now))?;
                Ok(own)
            })?;
            sum.add(own);
        }
        Ok(sum)
    }
    fn hear_delivery(&self, tx: &mut Tx<'_>, report: &Report, out: &mut PushHeard, now: Time) -> Result<(), Refusal> {
        let what = match report.state {
            State::Delivered => Reported::Delivered,
            State::Failed => Reported::Failed(carrier_code(&report.carrier)),
            State::Unknown => {
                out.skipped += 1;
                return Ok(());
            }
        };
        if !self.is_news(tx, &format!("report:{}", report.identity()), now)? {
            out.repeated += 1;
            return Ok(());
        }
        let (at, phone) = (told_at(report.at, now), report.phone.e164());
        let heard = self.heard();
        let known = if report.out_id.is_empty() {
            heard.reported_as(tx, &report.message_id, phone, &what, at)?
        } else {
            heard.reported(tx, Channel::Sms, &report.out_id, Some(phone), &what, at)?
        };
        out.reports += 1;
        out.strangers += u64::from(!known);
        Ok(())
    }
    fn hear_reply(&self, tx: &mut Tx<'_>, reply: &Reply, out: &mut PushHeard, now: Time) -> Result<(), Refusal> {
        if !self.is_news(tx, &format!("reply:{}", reply.identity()), now)? {
            out.repeated += 1;
            return Ok(());
        }
        out.replies += 1;
        let owner = self.owner(tx, &reply.phone)?;
        let (is_out, is_in) = (is_opt_out(&reply.text), is_opt_in(&reply.text));
        if let Some((node, root)) = owner {
            self.tell_reply(tx, node, reply, now)?;
            if is_out || is_in {
                self.consent(tx, root, Channel::Sms, is_in, How::Reply, &reply.text, now)?;
            }
        } else {
            out.strangers += 1;
        }
        // The number itself is left alone when nobody has it: whoever is to have it later has not asked for anything.
        if is_out && owner.is_none() {
            let (address, reason) = (reply.phone.e164().to_owned(), OPTED_OUT.to_owned());
            let own = AloneIn { channel: Channel::Sms, address, reason, message: String::new() };
            self.add_alone(tx, &own, "customer", now)?;
        } else if is_in {
            self.end_alone(tx, Channel::Sms, reply.phone.e164(), OPTED_OUT)?;
        }
        Ok(())
    }
    /// Whoever has this number: (their identity, the person it belongs to now).
    fn owner(&self, tx: &mut Tx<'_>, phone: &Phone) -> Result<Option<(PersonNum, PersonNum)>, Refusal> {
        let Ok(identifier) = Identifier::new(Kind::Phone, phone.e164()) else { return Ok(None) };
        Ok(self.parts().people.by_identifier(tx, identifier)?)
    }
    fn tell_reply(&self, tx: &mut Tx<'_>, person: PersonNum, reply: &Reply, now: Time) -> Result<(), Refusal> {
        let log = &self.parts().log;
        // The number and the text stay out of the id, which is stored as it is.
        let message_id =
            format!("carriers:{}", crate::hex(&self.parts().vault.digest("carrier-reply", &reply.identity())));
        let digest = log.digest(&message_id);
        if !log.digest_is_new(tx, digest)? {
            return Ok(());
        }
        let text: String = reply.text.chars().filter(|c| !c.is_control()).take(500).collect();
        let properties = serde_json::json!({
            "text": text, "sign": reply.sign, "provider": reply.provider.name(), "opt_out": is_opt_out(&reply.text),
        });
        let event = Event {
            message_id,
            kind: EventKind::Track,
            name: SMS_REPLIED.to_owned(),
            person,
            at: told_at(reply.at, now),
            received_at: now,
            source: "sms".to_owned(),
            body: serde_json::json!({ "properties": properties }).to_string(),
        };
        log.append_digested(tx, event, digest);
        Ok(())
    }
}

impl PushHeard {
    fn add(&mut self, own: Self) {
        self.reports += own.reports;
        self.replies += own.replies;
        self.repeated += own.repeated;
        self.skipped += own.skipped;
        self.strangers += own.strangers;
    }
}

/// What a provider says of a time, within reason: nothing has happened later than now.
fn told_at(at: Option<Time>, now: Time) -> Time {
    at.and_then(Time::in_range).filter(|at| *at <= now).unwrap_or(now)
}

/// Codes of mobile networks are in no list; a few letters of one are enough.
fn carrier_code(text: &str) -> String {
    let code: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "_:-.".contains(*c)).take(40).collect();
    if code.is_empty() { "failed".into() } else { code }
}
