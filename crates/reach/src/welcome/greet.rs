//! One greeting: who is it, which rule, what does it say, and the call.

use super::decide::decide;
use super::facts::{Facts, Who};
use super::lane::{Done, Job};
use super::outcomes::Outcome;
use super::plan::Ready;
use super::rule::RuleKind;
use crate::Reach;
use crate::content::Composed;
use crate::gate::{Ask, Class, Verdict};
use siyu_db::Tx;
use siyu_kernel::Refusal;
use siyu_wecom::{Client, Customer, Error, Kind, Welcome, Welcomed};
use std::time::Duration;

/// What reading somebody may take; without it the fallbacks of the text stand.
const READ_MILLIS: u64 = 600;
/// One attempt; a WeCom that hangs must not hold the pool.
const CALL_SECONDS: i64 = 5;
const PAUSE_MILLIS: u64 = 400;

/// What is to be sent, or why nothing is.
enum Plan {
    Send { rule: String, composed: Composed, files: Vec<String> },
    Skip { rule: String, reason: &'static str },
}

impl Reach {
    /// Everything between the mark and what becomes of it.
    pub(super) fn greet_now(&self, job: &Job) -> Result<Done, Refusal> {
        let parts = self.parts();
        if self.now() >= job.until {
            return Ok(self.done(job, Outcome::Skipped, "late"));
        }
        let plan = self.plan_lately()?;
        let client = parts.contacts.client_lately()?.urgent();
        let read = if plan.asks_who && !self.inner.lane.is_rush() { self.read_quickly(&client, job)? } else { None };
        let now = self.now();
        let (facts, plan) = parts.db.read(|tx| {
            let who = Who { contact: &job.contact, userid: &job.userid, channel: &job.channel, at: job.at };
            let mut facts = self.facts(tx, &who, read.as_ref(), now)?;
            let named = self.enter(tx, &mut facts)?;
            let plan = self.choose(tx, &plan.rules, &facts, named.as_deref())?;
            Ok((facts, plan))
        })?;
        let mut done = match plan {
            Plan::Skip { rule, reason } => Done { rule, ..self.done(job, Outcome::Skipped, reason) },
            Plan::Send { rule, composed, files } => {
                let (outcome, reason) = self.send(&client, job, composed, &files)?;
                Done { rule, ..self.done(job, outcome, &reason) }
            }
        };
        done.store = facts.staff.store;
        Ok(done)
    }

    /// From the state somebody came with to the channel that rules name; answers the rule that the live code itself names.
    pub(super) fn enter(&self, tx: &mut Tx<'_>, facts: &mut Facts) -> Result<Option<String>, Refusal> {
        if facts.channel.is_empty() {
            return Ok(None);
        }
        let Some(entrance) = self.parts().entrances.entrance(tx, &facts.channel)? else { return Ok(None) };
        facts.channel = entrance.channel;
        Ok(entrance.welcome)
    }

    /// The rule, the gate, and the content with its variables filled in.
    fn choose(&self, tx: &mut Tx<'_>, rules: &[Ready], facts: &Facts, named: Option<&str>) -> Result<Plan, Refusal> {
        let decision = decide(rules, facts, named);
        let Some(rule) = decision.rule().and_then(|id| rules.iter().find(|rule| rule.row.id == id)) else {
            return Ok(Plan::Skip { rule: String::new(), reason: "no_rule" });
        };
        let id = rule.row.id.clone();
        if rule.row.kind == RuleKind::Silent {
            return Ok(Plan::Skip { rule: id, reason: "silent" });
        }
        let ask = Ask { person: facts.person, class: Class::Service, way: "welcome", of: id.clone(), at: self.now() };
        if let Some(Verdict::Skip(reason)) = self.pass(tx, &[ask])?.pop() {
            return Ok(Plan::Skip { rule: id, reason });
        }
        let content = &rule.row.content;
        let files = content.files();
        let media = self.media_of(tx, &files, self.now())?;
        let composed = content.compose(&facts.values(), &media)?;
        if composed.is_empty() {
            return Ok(Plan::Skip { rule: id, reason: "files_not_ready" });
        }
        Ok(Plan::Send { rule: id, composed, files })
    }

    /// Somebody the mirror does not know, in the little time there is. `None` when that does not work out.
    fn read_quickly(&self, client: &Client, job: &Job) -> Result<Option<Customer>, Refusal> {
        if self.parts().db.read(|tx| self.parts().contacts.about(tx, &job.contact))?.is_some() {
            return Ok(None);
        }
        match client.within(Duration::from_millis(READ_MILLIS)).customer(&job.contact) {
            Ok(read) if read.external_contact.external_userid == job.contact => Ok(Some(read)),
            Ok(_) => Ok(None),
            Err(error) => {
                metrics::counter!("siyu_welcome_unread_total", "code" => error.name()).increment(1);
                Ok(None)
            }
        }
    }

    /// Tries until it is decided or the time is over. Trying again after an unknown outcome is what the protocol allows for: a code is good
    /// for one welcome, and a second one is refused.
    fn send(
        &self,
        client: &Client,
        job: &Job,
        composed: Composed,
        files: &[String],
    ) -> Result<(Outcome, String), Refusal> {
        let mut incomplete = !composed.missing.is_empty();
        let mut welcome =
            Welcome { welcome_code: job.code.clone(), text: composed.text, attachments: composed.attachments };
        let mut maybe = false;
        loop {
            let left = job.until.0.saturating_sub(self.now().0).min(CALL_SECONDS * 1_000_000);
            if left <= 0 {
                return Ok((Outcome::Failed, if maybe { "outcome_unknown" } else { "late" }.to_owned()));
            }
            let sent = client.within(Duration::from_micros(left as u64)).send_welcome(&welcome);
            let error = match sent {
                Ok(Welcomed::Sent) => {
                    return Ok((Outcome::Sent, if incomplete { "without_files" } else { "" }.to_owned()));
                }
                Ok(Welcomed::SentBefore) => return Ok(already(true)),
                Ok(Welcomed::AlreadyThere) => return Ok(already(maybe)),
                // Used, where an attempt of ours has had no answer.
                Err(error) if maybe && error.code() == Some(41050) => return Ok(already(true)),
                Err(error) => error,
            };
            maybe |= error.maybe_before || matches!(error.kind, Kind::TimedOut | Kind::Broken | Kind::Http(_));
            if error.code() == Some(40007) && !files.is_empty() && !incomplete {
                // An id that has ended early: what needs no file still greets.
                self.spoil_files(files)?;
                self.inner.plan.forget();
                welcome.attachments.retain(|own| own.link.is_some());
                incomplete = true;
                if welcome.text.is_none() && welcome.attachments.is_empty() {
                    return Ok((Outcome::Failed, error.name().to_owned()));
                }
                continue;
            }
            if !again(&error) || self.now().plus_seconds(1) >= job.until {
                tracing::warn!(code = error.name(), detail = %error.detail, "a welcome was not taken");
                return Ok((Outcome::Failed, error.name().to_owned()));
            }
            self.parts().wait.wait(Duration::from_millis(PAUSE_MILLIS));
        }
    }
}

/// The two talk already or were welcomed by somebody else; or it was an attempt of ours whose answer was lost.
fn already(maybe: bool) -> (Outcome, String) {
    if maybe { (Outcome::Sent, "answer_lost".to_owned()) } else { (Outcome::Skipped, "already_welcomed".to_owned()) }
}

/// Whether another attempt may come to a better end within the seconds that are left.
fn again(error: &Error) -> bool {
    match error.kind {
        Kind::Refused(code) => matches!(code, -1 | 40014 | 41096 | 42001 | 45033 | 45035),
        Kind::Unreachable | Kind::TimedOut | Kind::Broken | Kind::Limited => true,
        Kind::Http(status) => status >= 500 || status == 429,
        Kind::Shape | Kind::Invalid | Kind::CursorRepeats | Kind::TokenStore => false,
    }
}
