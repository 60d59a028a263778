//! One step of sending: some people of one message, marked on disk, handed to the carrier, and what came of it.
//!
//! Whoever is found marked after a while was being sent something when a process ended: of an SMS the provider is asked, of a mail nobody can be.

use crate::decide::{after, new_id};
use crate::hold::{HELD_SECONDS, NO_ACCOUNT, number};
use crate::settle::{End, OUTCOME_UNKNOWN};
use crate::{Content, Direct, MailCarrier, SENDING, SmsCarrier, TO_SEND};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_gate::{Channel, Class, RunRow};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_mail::{Address, Limits, Mail, Mailbox, Retry as MailRetry, Unsubscribe};
use siyu_sms::{Batch, Message, Phone, Retry as SmsRetry, Seen, Template};
use std::collections::{BTreeMap, BTreeSet};

/// So many are marked at once: a process that ends leaves no more of them unknown.
const MAILS: i64 = 32;
/// Handed over beside each other.
const MAILS_BESIDE: usize = 8;
const SHORTS: i64 = 100;
/// People whose message was cancelled or has expired, skipped in one unit.
const CLOSED: i64 = 1_000;
/// Marked for longer than any answer takes.
const STALE_SECONDS: i64 = 60;
/// What became of an SMS is asked for so long.
const LOOK_DAYS: i64 = 3;
/// A message waits for a setting.
const DEFERRED_SECONDS: i64 = 300;

/// What is to be done next.
enum Next {
    /// Those of a message that are not sent any more, and why.
    Close(String, &'static str),
    /// Those who were being sent something.
    Look,
    Send(String),
    Later(Option<Time>),
}

#[derive(Clone, Debug)]
struct Row {
    num: PersonNum,
    variant: i64,
    id: String,
}

/// Somebody who is marked, with what is to go out.
struct Marked<T> {
    row: Row,
    what: T,
}

/// What the unit that marks them answers.
enum Claim {
    /// Nobody is left of these; there may be others.
    Went,
    Held(Time),
    Mails(Box<MailCarrier>, Vec<Marked<Mail>>),
    Shorts(SmsCarrier, Box<Template>, String, Vec<Marked<Message>>),
}

/// What came of one.
enum Came {
    /// With the parts that are billed, and what the provider calls it.
    Sent(i64, String),
    Failed(&'static str),
    /// The address gets nothing more.
    Gone(&'static str, String),
    Again(Time),
    /// The provider is asked later.
    Ask,
    Unknown,
}

impl Direct {
    /// One step of mail. The caller holds the lease.
    pub fn work_mail(&self) -> Result<Ran, Refusal> {
        self.work(Channel::Email)
    }
    /// One step of SMS. The caller holds the lease.
    pub fn work_sms(&self) -> Result<Ran, Refusal> {
        self.work(Channel::Sms)
    }

    fn work(&self, channel: Channel) -> Result<Ran, Refusal> {
        let now = self.now();
        match self.parts().db.read(|tx| self.next(tx, channel, now))? {
            Next::Later(None) => Ok(Ran::Nothing),
            Next::Later(Some(at)) => Ok(Ran::Waits(at)),
            Next::Close(id, why) => {
                let direct = self.clone();
                self.parts().db.transact(move |tx| direct.close(tx, &id, why, now))?;
                Ok(Ran::Went)
            }
            Next::Look => self.look(channel, now),
            Next::Send(id) => self.send(channel, &id, now),
        }
    }

    fn next(&self, tx: &mut Tx<'_>, channel: Channel, now: Time) -> Result<Next, Refusal> {
        let mut later: Option<Time> = None;
        let begun = "SELECT due_at FROM direct_person WHERE channel = $1 AND state = 1 ORDER BY due_at LIMIT 1";
        if let Some(at) = tx.opt(begun, params![number(channel)], |row| row.time(0))? {
            if at <= now {
                return Ok(Next::Look);
            }
            later = Some(at);
        }
        let sql = "SELECT r.id, r.state, r.expires_at FROM gate_run r JOIN direct_message m ON m.id = r.id WHERE r.ended_at IS NULL AND m.channel = $1 ORDER BY r.worth DESC, r.num";
        let open: Vec<(String, String, Time)> =
            tx.query(sql, params![number(channel)], |row| Ok((row.text(0)?, row.text(1)?, row.time(2)?)))?;
        let held = self.held(tx, channel)?.filter(|until| *until > now);
        let mut first: Option<(Time, String)> = None;
        for (id, state, expires) in open {
            let head = "SELECT due_at FROM direct_person WHERE message = $1 AND state = 0 ORDER BY due_at LIMIT 1";
            let Some(due) = tx.opt(head, params![&id], |row| row.time(0))? else { continue };
            if state == "cancelled" || now >= expires {
                return Ok(Next::Close(id, if state == "cancelled" { "cancelled" } else { "expired" }));
            }
            if state != "running" {
                continue;
            }
            let due = held.map_or(due, |until| due.max(until));
            if due > now {
                later = Some(later.map_or(due, |own| own.min(due)).min(expires));
            } else if first.as_ref().is_none_or(|(own, _)| due < *own) {
                first = Some((due, id));
            }
        }
        Ok(first.map_or(Next::Later(later), |(_, id)| Next::Send(id)))
    }

    fn close(&self, tx: &mut Tx<'_>, id: &str, why: &str, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT num FROM direct_person WHERE message = $1 AND state = 0 ORDER BY due_at, num LIMIT $2";
        let nums = tx.query(sql, params![id, CLOSED], |row| row.num(0))?;
        self.settle(tx, id, &nums, End::Skipped, why, now)
    }

    fn send(&self, channel: Channel, message: &str, now: Time) -> Result<Ran, Refusal> {
        let (direct, id) = (self.clone(), message.to_owned());
        match self.parts().db.transact(move |tx| direct.claim(tx, channel, &id, now))? {
            Claim::Went => {}
            Claim::Held(until) => return Ok(Ran::Waits(until)),
            Claim::Mails(carrier, mails) => {
                let came = self.hand_over(&carrier, &mails, now);
                self.came(channel, message, mails.into_iter().map(|own| own.row).collect(), came)?;
            }
            Claim::Shorts(carrier, template, out_id, shorts) => {
                let messages: Vec<Message> = shorts.iter().map(|own| own.what.clone()).collect();
                let sent = carrier.sms.send(&batch(&carrier, &template, &out_id, &messages));
                let mut came: Vec<(Came, Option<Stop>)> =
                    sent.into_iter().map(|own| short_came(own, self.now())).collect();
                // A provider that answers for fewer has left it open.
                came.resize_with(shorts.len(), || (Came::Ask, None));
                self.came(channel, message, shorts.into_iter().map(|own| own.row).collect(), came)?;
            }
        }
        Ok(Ran::Went)
    }

    /// The last look, and the mark.
    fn claim(&self, tx: &mut Tx<'_>, channel: Channel, message: &str, now: Time) -> Result<Claim, Refusal> {
        let parts = self.parts();
        let run = parts.gate.run(tx, message)?;
        let sql = "SELECT num, variant, id FROM direct_person WHERE message = $1 AND state = 0 AND due_at <= $2 ORDER BY due_at, num LIMIT $3";
        let most = match channel {
            // What stood still is tried with one: a wrong password locks accounts.
            _ if self.held(tx, channel)?.is_some() => 1,
            Channel::Email => MAILS,
            _ => SHORTS,
        };
        let mut rows = tx.query(sql, params![message, now, most], |row| {
            Ok(Row { num: row.num(0)?, variant: row.int(1)?, id: row.text(2)? })
        })?;
        if rows.is_empty() || run.state != "running" {
            return Ok(Claim::Went);
        }
        // An SMS batch says one content.
        let variant = rows[0].variant;
        rows.retain(|own| channel == Channel::Email || own.variant == variant);
        let (mail, sms) = match channel {
            Channel::Email => (parts.carriers.mail(tx)?, None),
            _ => (None, parts.carriers.sms(tx)?),
        };
        if mail.is_none() && sms.is_none() {
            let until = now.plus_seconds(HELD_SECONDS);
            self.hold(tx, channel, NO_ACCOUNT, now, until)?;
            return Ok(Claim::Held(until));
        }
        let rows = self.still_going(tx, &run, rows, now)?;
        let nums: Vec<PersonNum> = rows.iter().map(|own| own.num).collect();
        let addresses = self.addresses(tx, channel, &nums)?;
        let mut with: Vec<(Row, String)> = Vec::with_capacity(rows.len());
        let mut without: BTreeMap<&str, Vec<PersonNum>> = BTreeMap::new();
        for row in rows {
            match addresses.get(&row.num) {
                Some(Ok(address)) => with.push((row, address.clone())),
                Some(Err(why)) => without.entry(why).or_default().push(row.num),
                None => {}
            }
        }
        for (why, nums) in without {
            self.settle(tx, message, &nums, End::Skipped, why, now)?;
        }
        if with.is_empty() {
            return Ok(Claim::Went);
        }
        let contents = self.contents(tx, message)?;
        let names = self.names(tx, &with)?;
        match (mail, sms) {
            (Some(carrier), _) => self.claim_mails(tx, &run, carrier, &contents, with, &names, now),
            (_, Some(carrier)) => {
                let Some(Content::Sms(content)) = usize::try_from(variant).ok().and_then(|at| contents.get(at)) else {
                    return Ok(Claim::Went);
                };
                self.claim_shorts(tx, &run, carrier, content, with, &names, now)
            }
            (None, None) => Ok(Claim::Went),
        }
    }

    /// Without those whose time is over (they are decided anew) and those who have withdrawn their consent since.
    fn still_going(&self, tx: &mut Tx<'_>, run: &RunRow, mut rows: Vec<Row>, now: Time) -> Result<Vec<Row>, Refusal> {
        let gate = &self.parts().gate;
        let (_, zone) = self.parts().beside.brand(tx)?;
        let nums: Vec<PersonNum> = rows.iter().map(|own| own.num).collect();
        let late = gate.take_back(tx, &run.id, &nums, now)?;
        if !late.is_empty() {
            let list: Vec<i64> = late.iter().map(|num| i64::from(*num)).collect();
            let sql = format!("DELETE FROM direct_person WHERE message = $1 AND state = 0 AND {}", tx.any("num", 2));
            tx.execute(&sql, params![&run.id, &list])?;
            rows.retain(|own| !late.contains(&own.num));
        }
        let nums: Vec<PersonNum> = rows.iter().map(|own| own.num).collect();
        let gone = gate.withdrawn(tx, &run.id, &nums, &zone)?;
        self.settle(tx, &run.id, &gone, End::Skipped, "consent_withdrawn", now)?;
        rows.retain(|own| !gone.contains(&own.num));
        Ok(rows)
    }
    fn names(&self, tx: &mut Tx<'_>, with: &[(Row, String)]) -> Result<BTreeMap<PersonNum, String>, Refusal> {
        let people = &self.parts().people;
        let nums: Vec<PersonNum> = with.iter().map(|(row, _)| row.num).collect();
        let roots = people.roots(tx, &nums)?;
        let mut each = roots.clone();
        each.sort_unstable();
        each.dedup();
        let of_root: BTreeMap<PersonNum, String> =
            people.profiles(tx, &each)?.into_iter().map(|own| (own.root, own.name().unwrap_or_default())).collect();
        Ok(nums
            .into_iter()
            .zip(roots)
            .map(|(num, root)| (num, of_root.get(&root).cloned().unwrap_or_default()))
            .collect())
    }

    #[allow(clippy::too_many_arguments)]
    fn claim_mails(
        &self,
        tx: &mut Tx<'_>,
        run: &RunRow,
        carrier: MailCarrier,
        contents: &[Content],
        with: Vec<(Row, String)>,
        names: &BTreeMap<PersonNum, String>,
        now: Time,
    ) -> Result<Claim, Refusal> {
        let (brand, zone) = self.parts().beside.brand(tx)?;
        let mut mails: Vec<Marked<Mail>> = Vec::with_capacity(with.len());
        for (row, address) in with {
            let Some(Content::Mail(content)) = usize::try_from(row.variant).ok().and_then(|at| contents.get(at)) else {
                continue;
            };
            let leave = match run.class {
                Class::Marketing => self.parts().carriers.unsubscribe(tx, Channel::Email, row.num)?,
                Class::Service => None,
            };
            if run.class == Class::Marketing && leave.is_none() {
                // Nobody knows yet where we are reached: it waits for that setting, service mail goes on.
                self.again(tx, &run.id, row.num, now.plus_seconds(DEFERRED_SECONDS), now)?;
                self.hold(tx, Channel::Email, siyu_mail::codes::UNSUBSCRIBE_MISSING.name, now, now)?;
                continue;
            }
            let name = names.get(&row.num).map_or("", String::as_str);
            let letter = content.letter(&Self::values(name, &brand, &zone, now), leave.as_deref())?;
            let Ok(to) = Address::parse(&address).and_then(|own| Mailbox::new("", own)) else { continue };
            let mail = mail_of(&carrier, &row.id, run.class, to, letter, leave);
            mails.push(Marked { row, what: mail });
        }
        self.mark(tx, &run.id, &mails, None, now)?;
        for own in &mails {
            self.went(tx, &run.id, own.row.num, own.what.to.address.as_str())?;
        }
        Ok(if mails.is_empty() { Claim::Went } else { Claim::Mails(Box::new(carrier), mails) })
    }

    #[allow(clippy::too_many_arguments)]
    fn claim_shorts(
        &self,
        tx: &mut Tx<'_>,
        run: &RunRow,
        carrier: SmsCarrier,
        content: &crate::SmsContent,
        with: Vec<(Row, String)>,
        names: &BTreeMap<PersonNum, String>,
        now: Time,
    ) -> Result<Claim, Refusal> {
        let template = match self.parts().carriers.template(tx, &content.template) {
            Ok(template) => template,
            Err(refusal) if refusal.code == "sms_template_unknown" => {
                // It was deleted: somebody has to say what is to become of this message.
                self.stop(tx, &run.id, refusal.code, now)?;
                return Ok(Claim::Went);
            }
            Err(refusal) => return Err(refusal),
        };
        let (brand, zone) = self.parts().beside.brand(tx)?;
        let mut shorts: Vec<Marked<Message>> = Vec::with_capacity(with.len());
        let mut seen: BTreeSet<Phone> = BTreeSet::new();
        let mut unfit: Vec<PersonNum> = Vec::new();
        for (row, address) in with {
            let Ok(phone) = Phone::parse(&address) else { continue };
            // A number may be in a batch once; the other person comes with the next.
            if !seen.insert(phone.clone()) {
                continue;
            }
            let name = names.get(&row.num).map_or("", String::as_str);
            match content.short(&template, &Self::values(name, &brand, &zone, now), phone.is_mainland()) {
                Ok(short) => shorts.push(Marked { row, what: Message { phone, params: short.params } }),
                Err(_) => unfit.push(row.num),
            }
        }
        self.settle(tx, &run.id, &unfit, End::Failed, siyu_sms::codes::PARAMS_WRONG.name, now)?;
        let out_id = new_id();
        self.mark(tx, &run.id, &shorts, Some(&out_id), now)?;
        for own in &shorts {
            self.went(tx, &run.id, own.row.num, own.what.phone.e164())?;
        }
        for own in &mut shorts {
            own.row.id = out_id.clone();
        }
        if shorts.is_empty() {
            return Ok(Claim::Went);
        }
        Ok(Claim::Shorts(carrier, Box::new(template), out_id, shorts))
    }

    fn mark<T>(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        all: &[Marked<T>],
        out_id: Option<&str>,
        now: Time,
    ) -> Result<(), Refusal> {
        if all.is_empty() {
            return Ok(());
        }
        let list: Vec<i64> = all.iter().map(|own| i64::from(own.row.num)).collect();
        let sql = format!(
            "UPDATE direct_person SET state = {SENDING}, begun_at = $3, due_at = $4, id = COALESCE($5, id) WHERE message = $1 AND state = {TO_SEND} AND {}",
            tx.any("num", 2)
        );
        tx.execute(&sql, params![message, &list, now, now.plus_seconds(STALE_SECONDS), out_id])?;
        Ok(())
    }
    fn went(&self, tx: &mut Tx<'_>, message: &str, num: PersonNum, address: &str) -> Result<(), Refusal> {
        let sql = "UPDATE direct_person SET address = $3 WHERE message = $1 AND num = $2";
        tx.execute(sql, params![message, num, &self.digest_of(address)])?;
        Ok(())
    }
    fn again(&self, tx: &mut Tx<'_>, message: &str, num: PersonNum, due: Time, now: Time) -> Result<(), Refusal> {
        let sql = "UPDATE direct_person SET state = 0, due_at = $3, tries = tries + 1, at = $4 WHERE message = $1 AND num = $2 AND state IN (0, 1)";
        tx.execute(sql, params![message, num, due, now])?;
        Ok(())
    }

    /// Some beside each other: an SMTP server takes its time.
    fn hand_over(&self, carrier: &MailCarrier, mails: &[Marked<Mail>], at: Time) -> Vec<(Came, Option<Stop>)> {
        let size = mails.len().div_ceil(MAILS_BESIDE).max(1);
        std::thread::scope(|scope| {
            let threads: Vec<_> = mails
                .chunks(size)
                .map(|some| {
                    scope.spawn(move || some.iter().map(|own| self.post(carrier, &own.what, at)).collect::<Vec<_>>())
                })
                .collect();
            let each = threads.into_iter().zip(mails.chunks(size));
            each.flat_map(|(own, some)| {
                // A mistake of ours: nobody knows how far each came.
                own.join().unwrap_or_else(|_| some.iter().map(|_| (Came::Unknown, None)).collect())
            })
            .collect()
        })
    }
    fn post(&self, carrier: &MailCarrier, mail: &Mail, at: Time) -> (Came, Option<Stop>) {
        let built = siyu_mail::build(mail, at, carrier.dkim.as_deref(), &Limits::default());
        match built.and_then(|built| carrier.mailer.send(&built)) {
            Ok(_) => (Came::Sent(0, String::new()), None),
            Err(error) => {
                tracing::warn!(code = error.name(), detail = %error.detail, "a mail was not taken");
                mail_came(&error, mail.to.address.as_str(), self.now())
            }
        }
    }

    /// Rows that are not marked any more were told about by a report meanwhile, or erased.
    fn came(
        &self,
        channel: Channel,
        message: &str,
        rows: Vec<Row>,
        came: Vec<(Came, Option<Stop>)>,
    ) -> Result<(), Refusal> {
        let (direct, id) = (self.clone(), message.to_owned());
        let all: Vec<(Row, (Came, Option<Stop>))> = rows.into_iter().zip(came).collect();
        let all = std::sync::Arc::new(all);
        self.parts().db.transact(move |tx| direct.write_down(tx, channel, &id, &all))
    }
    fn write_down(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        message: &str,
        all: &[(Row, (Came, Option<Stop>))],
    ) -> Result<(), Refusal> {
        let now = self.now();
        let marked = self.marked(tx, message, all)?;
        let mut ends: BTreeMap<(End, &str), Vec<PersonNum>> = BTreeMap::new();
        let mut went = false;
        for (row, (came, _)) in all.iter().filter(|(row, _)| marked.contains(&row.num)) {
            let num = row.num;
            match came {
                Came::Sent(parts, taken_as) => {
                    went = true;
                    if *parts > 0 || !taken_as.is_empty() {
                        let sql = "UPDATE direct_person SET parts = $3, taken_as = $4 WHERE message = $1 AND num = $2";
                        tx.execute(sql, params![message, num, *parts, taken_as])?;
                    }
                    ends.entry((End::Sent, "")).or_default().push(num);
                }
                Came::Failed(why) => ends.entry((End::Failed, why)).or_default().push(num),
                Came::Gone(why, address) => {
                    self.parts().carriers.leave_alone(tx, channel, address, why, now)?;
                    ends.entry((End::Failed, why)).or_default().push(num);
                }
                // Never twice at one instant, whatever the port says.
                Came::Again(at) => self.again(tx, message, num, (*at).max(after(now)), now)?,
                Came::Ask => {}
                Came::Unknown => ends.entry((End::Failed, OUTCOME_UNKNOWN)).or_default().push(num),
            }
        }
        for ((end, why), nums) in ends {
            self.settle(tx, message, &nums, end, why, now)?;
        }
        self.hear_early(tx, message, all.iter().map(|(row, _)| row.num), now)?;
        let stops: Vec<&Stop> = all.iter().filter_map(|(_, (_, stop))| stop.as_ref()).collect();
        for stop in &stops {
            match stop {
                Stop::Channel(why, until) => self.hold(tx, channel, why, now, *until)?,
                Stop::Message(why) => self.stop(tx, message, why, now)?,
            }
        }
        if went && stops.is_empty() { self.go_on(tx, channel) } else { Ok(()) }
    }
    fn marked(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        all: &[(Row, (Came, Option<Stop>))],
    ) -> Result<BTreeSet<PersonNum>, Refusal> {
        let list: Vec<i64> = all.iter().map(|(row, _)| i64::from(row.num)).collect();
        let sql = format!(
            "SELECT num, id FROM direct_person WHERE message = $1 AND state = {SENDING} AND {}",
            tx.any("num", 2)
        );
        let held: BTreeSet<(PersonNum, String)> =
            tx.query(&sql, params![message, &list], |row| Ok((row.num(0)?, row.text(1)?)))?.into_iter().collect();
        // Another process may have found it marked for long and begun anew: what it does counts.
        Ok(all.iter().filter(|(row, _)| held.contains(&(row.num, row.id.clone()))).map(|(row, _)| row.num).collect())
    }

    /// Those who were marked when a process ended, or whose answer was lost.
    fn look(&self, channel: Channel, now: Time) -> Result<Ran, Refusal> {
        let direct = self.clone();
        if channel == Channel::Email {
            self.parts().db.transact(move |tx| direct.lost_mails(tx, now))?;
            return Ok(Ran::Went);
        }
        let lost = self.parts().db.read(|tx| self.lost_short(tx, now))?;
        let Some(Lost { message, row, begun, seen_by }) = lost else { return Ok(Ran::Went) };
        let seen = match &seen_by {
            Some((carrier, template, phone)) => {
                Some(carrier.sms.look(&batch(carrier, template, &row.id, &[]), phone, begun))
            }
            None => None,
        };
        self.parts().db.transact(move |tx| direct.seen(tx, &message, &row, begun, &seen))?;
        Ok(Ran::Went)
    }
    fn lost_mails(&self, tx: &mut Tx<'_>, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT message, num FROM direct_person WHERE channel = 0 AND state = 1 AND due_at <= $1 ORDER BY due_at LIMIT $2";
        let mut lost: BTreeMap<String, Vec<PersonNum>> = BTreeMap::new();
        for (message, num) in tx.query(sql, params![now, CLOSED], |row| Ok((row.text(0)?, row.num(1)?)))? {
            lost.entry(message).or_default().push(num);
        }
        for (message, nums) in lost {
            self.settle(tx, &message, &nums, End::Failed, OUTCOME_UNKNOWN, now)?;
        }
        Ok(())
    }
    fn lost_short(&self, tx: &mut Tx<'_>, now: Time) -> Result<Option<Lost>, Refusal> {
        let sql = "SELECT message, num, variant, id, begun_at, address FROM direct_person WHERE channel = 1 AND state = 1 AND due_at <= $1 ORDER BY due_at LIMIT 1";
        let found = tx.opt(sql, params![now], |row| {
            let own = Row { num: row.num(1)?, variant: row.int(2)?, id: row.text(3)? };
            Ok((row.text(0)?, own, row.opt_time(4)?.unwrap_or(now), row.opt_blob(5)?))
        })?;
        let Some((message, row, begun, digest)) = found else { return Ok(None) };
        let seen_by = self.looker(tx, &message, &row, digest)?;
        Ok(Some(Lost { message, row, begun, seen_by }))
    }
    /// Whom to ask about it, and the number it went to, as long as this person has it.
    fn looker(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        row: &Row,
        digest: Option<Vec<u8>>,
    ) -> Result<Option<(SmsCarrier, Template, Phone)>, Refusal> {
        let Some(carrier) = self.parts().carriers.sms(tx)? else { return Ok(None) };
        let contents = self.contents(tx, message)?;
        let Some(Content::Sms(content)) = usize::try_from(row.variant).ok().and_then(|at| contents.get(at)) else {
            return Ok(None);
        };
        let Ok(template) = self.parts().carriers.template(tx, &content.template) else { return Ok(None) };
        let phones = self.held_by(tx, Channel::Sms, row.num)?;
        let phone = phones.into_iter().find(|own| Some(self.digest_of(own)) == digest);
        let phone = phone.and_then(|own| Phone::parse(&own).ok());
        Ok(phone.map(|phone| (carrier, template, phone)))
    }
    fn seen(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        row: &Row,
        begun: Time,
        seen: &Option<siyu_sms::Result<Seen>>,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let still = "SELECT 1 FROM direct_person WHERE message = $1 AND num = $2 AND state = 1 AND id = $3";
        if tx.opt(still, params![message, row.num, &row.id], |row| row.int(0))?.is_none() {
            return Ok(());
        }
        let nums = [row.num];
        let later = |tx: &mut Tx<'_>, at: Time| -> Result<(), Refusal> {
            let sql = "UPDATE direct_person SET due_at = $3 WHERE message = $1 AND num = $2 AND state = 1";
            tx.execute(sql, params![message, row.num, at.max(after(now))])?;
            Ok(())
        };
        match seen {
            _ if now > begun.plus_days(LOOK_DAYS) => self.settle(tx, message, &nums, End::Failed, OUTCOME_UNKNOWN, now),
            Some(Ok(Seen::Never)) => self.again(tx, message, row.num, now, now),
            Some(Ok(Seen::Waiting)) => self.settle(tx, message, &nums, End::Sent, "", begun),
            Some(Ok(Seen::Done(report))) => {
                self.settle(tx, message, &nums, End::Sent, "", begun)?;
                let what = match report.state {
                    siyu_sms::State::Delivered => crate::Reported::Delivered,
                    siyu_sms::State::Failed => crate::Reported::Failed(report.carrier.clone()),
                    siyu_sms::State::Unknown => return Ok(()),
                };
                self.reported(tx, Channel::Sms, &row.id, Some(report.phone.e164()), &what, now).map(drop)
            }
            Some(Ok(Seen::TooEarly(at))) => later(tx, *at),
            Some(Err(error)) => {
                tracing::warn!(code = error.name(), detail = %error.detail, "what became of an SMS is not known yet");
                let deferred = now.plus_seconds(DEFERRED_SECONDS);
                match error.retry {
                    SmsRetry::At(at) if stops_all(error) => {
                        let sql = "UPDATE direct_person SET due_at = $2 WHERE channel = 1 AND state = 1 AND due_at < $2 AND begun_at <= $1";
                        tx.execute(sql, params![now.plus_seconds(-STALE_SECONDS), at.min(deferred).max(after(now))])?;
                        Ok(())
                    }
                    SmsRetry::At(at) => later(tx, at.min(deferred)),
                    _ => later(tx, deferred),
                }
            }
            None => later(tx, now.plus_seconds(DEFERRED_SECONDS)),
        }
    }
}

/// Somebody whose SMS has no known outcome. `seen_by`: nobody, while there is no account, or the number is not theirs any more.
struct Lost {
    message: String,
    row: Row,
    begun: Time,
    seen_by: Option<(SmsCarrier, Template, Phone)>,
}

/// More than one message waits.
#[derive(Clone, Debug)]
enum Stop {
    /// All of the channel, until then.
    Channel(&'static str, Time),
    /// All of this message, until somebody goes on with it.
    Message(&'static str),
}

fn batch<'a>(carrier: &'a SmsCarrier, template: &'a Template, out_id: &'a str, messages: &'a [Message]) -> Batch<'a> {
    let sign = if template.sign.is_empty() { &carrier.sign } else { &template.sign };
    Batch { sign, template: &template.code, class: template.class, out_id, messages }
}

pub(crate) fn mail_of(
    carrier: &MailCarrier,
    id: &str,
    class: Class,
    to: Mailbox,
    letter: crate::Letter,
    leave: Option<String>,
) -> Mail {
    Mail {
        id: id.to_owned(),
        class: if class == Class::Marketing { siyu_mail::Class::Marketing } else { siyu_mail::Class::Service },
        from: carrier.from.clone(),
        reply_to: carrier.reply_to.clone(),
        to,
        return_path: carrier.return_path.as_ref().and_then(|own| own.address(id).ok()),
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        files: Vec::new(),
        unsubscribe: leave.map(|url| Unsubscribe { url, mailto: None }),
    }
}

fn mail_came(error: &siyu_mail::Error, address: &str, now: Time) -> (Came, Option<Stop>) {
    use siyu_mail::codes::{BUSY, LIMITED, UNREACHABLE};
    let why = error.meaning.name;
    match error.retry {
        MailRetry::At(at) => {
            // The next one would end alike.
            let all = [&BUSY, &LIMITED, &UNREACHABLE].contains(&error.meaning);
            (Came::Again(at), all.then_some(Stop::Channel(why, at)))
        }
        MailRetry::LookFirst => (Came::Unknown, None),
        MailRetry::WhenFixed => (Came::Again(now), Some(Stop::Channel(why, now.plus_seconds(HELD_SECONDS)))),
        MailRetry::Never if error.suppresses() => (Came::Gone(why, address.to_owned()), None),
        MailRetry::Never => (Came::Failed(why), None),
    }
}

/// The next request would end alike.
fn stops_all(error: &siyu_sms::Error) -> bool {
    use siyu_sms::codes::{BUSY, CROWDED, UNREACHABLE};
    [&BUSY, &CROWDED, &UNREACHABLE].contains(&error.meaning())
}

fn short_came(sent: siyu_sms::Sent, now: Time) -> (Came, Option<Stop>) {
    let error = match sent.outcome {
        Ok(accepted) => {
            let taken_as = accepted.message_id.to_ascii_lowercase();
            return (Came::Sent(i64::from(accepted.parts.unwrap_or(0)), taken_as), None);
        }
        Err(error) => error,
    };
    tracing::warn!(code = error.name(), detail = %error.detail, "an SMS was not taken");
    let why = error.meaning().name;
    match error.retry {
        SmsRetry::At(at) => (Came::Again(at), stops_all(&error).then_some(Stop::Channel(why, at))),
        SmsRetry::LookFirst => (Came::Ask, None),
        SmsRetry::WhenFixed if error.stops_the_account() => {
            (Came::Again(now), Some(Stop::Channel(why, now.plus_seconds(HELD_SECONDS))))
        }
        SmsRetry::WhenFixed => (Came::Again(now), Some(Stop::Message(why))),
        SmsRetry::Never if error.suppresses() => (Came::Gone(why, sent.phone.e164().to_owned()), None),
        SmsRetry::Never => (Came::Failed(why), None),
    }
}
