//! Bounces and complaints, as raw mail.

use crate::mail::MailAccount;
use crate::{Accounts, AloneIn, Kind, refuse};
use siyu_db::Tx;
use siyu_direct::Reported;
use siyu_gate::Channel;
use siyu_kernel::{Refusal, Time};
use siyu_mail::{Complaint, Report, ReportError, ReturnPath, What};

pub const RAW_BYTES_MAX: usize = 10 << 20;
/// Mailboxes for bounces that were in use: mail of an older one comes back, too.
const REVISIONS: i64 = 50;

/// What became of a raw mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailHeard {
    /// Reports that said something new.
    pub taken: u64,
    /// That were here before, or say nothing final.
    pub passed: u64,
    /// Addresses that get nothing more from here on.
    pub left_alone: u64,
}

impl Accounts {
    /// Reads a mail of the bounce mailbox. Only what came to an address of ours counts, and only for the message that the address names.
    ///
    /// Errors: `mail_report_size`, `mail_report_unread`, `mail_report_foreign`.
    pub fn hear_mail(&self, tx: &mut Tx<'_>, raw: &[u8], now: Time) -> Result<MailHeard, Refusal> {
        if raw.len() > RAW_BYTES_MAX {
            return Err(refuse::report_large());
        }
        let reports = siyu_mail::read(raw).map_err(|error| match error {
            ReportError::TooLarge => refuse::report_large(),
            ReportError::NotAReport | ReportError::Empty => refuse::report_none(),
        })?;
        let paths = self.return_paths(tx)?;
        let ours =
            |report: &Report| report.delivered_to.iter().find_map(|to| paths.iter().find_map(|path| path.id(to)));
        let mut out = MailHeard::default();
        for report in &reports {
            let id = ours(report).ok_or_else(refuse::report_foreign)?;
            self.hear_report(tx, &id, report, &mut out, now)?;
        }
        self.tidy(tx, now)?;
        Ok(out)
    }
    fn return_paths(&self, tx: &mut Tx<'_>) -> Result<Vec<ReturnPath>, Refusal> {
        let mut seen = std::collections::BTreeSet::new();
        let mut out = Vec::new();
        for own in self.revisions(tx, Kind::Mail, REVISIONS)?.iter().filter(|own| !own.body.is_empty()) {
            let account: MailAccount = serde_json::from_str(&own.body).map_err(Refusal::internal)?;
            if seen.insert(account.bounce.clone()) {
                out.extend(self.return_path(&account));
            }
        }
        Ok(out)
    }
    fn hear_report(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        report: &Report,
        out: &mut MailHeard,
        now: Time,
    ) -> Result<(), Refusal> {
        let (word, what, reason) = match report.what {
            What::Delivered => ("delivered", Some(Reported::Delivered), None),
            What::Delayed => ("delayed", None, None),
            What::Failed(meaning) => {
                let reason = report.suppresses().then_some(meaning.name);
                (meaning.name, Some(Reported::Failed(meaning.name.to_owned())), reason)
            }
            What::Complaint(Complaint::NotSpam) => ("not_spam", None, None),
            What::Complaint(_) if report.suppresses() => ("complaint", Some(Reported::Complained), Some(COMPLAINT)),
            What::Complaint(_) => ("other", None, None),
        };
        let takes_back = report.what == What::Complaint(Complaint::NotSpam);
        if (what.is_none() && !takes_back) || !self.is_news(tx, &format!("mail:{id}:{word}"), now)? {
            out.passed += 1;
            return Ok(());
        }
        let heard = self.heard();
        // The address is the message's: whatever the report names, its sender wrote it.
        let address = heard.went_to(tx, Channel::Email, id)?;
        if let Some(what) = &what {
            heard.reported(tx, Channel::Email, id, address.as_deref(), what, now)?;
        }
        out.taken += 1;
        let Some(address) = address else { return Ok(()) };
        if takes_back {
            self.end_alone(tx, Channel::Email, &address, COMPLAINT)?;
        } else if let Some(reason) = reason {
            let (reason, message) = (reason.to_owned(), id.to_owned());
            let own = AloneIn { channel: Channel::Email, address, reason, message };
            out.left_alone += u64::from(self.add_alone(tx, &own, "system", now)?);
        }
        Ok(())
    }
}

const COMPLAINT: &str = "mail_complaint";
