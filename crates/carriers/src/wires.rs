//! What is built from an account: kept until other settings are in force. An account that was refused rests.

use crate::mail::{MailAccount, MailSecrets};
use crate::shelf::{Kind, Row};
use crate::sms::{SmsAccount, SmsSecrets};
use crate::{Accounts, refuse};
use siyu_db::{Db, Tx};
use siyu_direct::{MailCarrier, SmsCarrier};
use siyu_kernel::{Clock, Finding, Health, Refusal, Time};
use siyu_mail::dns::{Resolver, TxtLookup};
use siyu_mail::{Address, Dkim, Mailbox, Mailer, Settings, Smtp};
use siyu_sms::{Batch, HttpTransport, Phone, Seen, Sent, Sms, Transport};
use std::sync::{Arc, Mutex, MutexGuard};

/// How the accounts come to their servers. A trait, so that tests put others in between.
pub trait Wires: Send + Sync {
    /// Connects to nothing yet. `dkim`: for the check of the sender's domain.
    fn mailer(
        &self,
        settings: Settings,
        dkim: Option<&Dkim>,
        clock: &Arc<dyn Clock>,
    ) -> siyu_mail::Result<Arc<dyn Mailer>>;
    fn transport(&self) -> Arc<dyn Transport>;
}

/// The real ones.
pub struct Network {
    dns: Arc<dyn TxtLookup>,
    transport: Arc<HttpTransport>,
}

impl Default for Network {
    fn default() -> Self {
        Self { dns: Arc::new(Resolver::system()), transport: Arc::default() }
    }
}

impl Wires for Network {
    fn mailer(
        &self,
        settings: Settings,
        dkim: Option<&Dkim>,
        clock: &Arc<dyn Clock>,
    ) -> siyu_mail::Result<Arc<dyn Mailer>> {
        let smtp = Smtp::new(settings, Arc::clone(clock))?;
        Ok(Arc::new(smtp.with_domain_check(Arc::clone(&self.dns), dkim.cloned())))
    }
    fn transport(&self) -> Arc<dyn Transport> {
        self.transport.clone()
    }
}

/// After a refusal that stops everything nothing is tried for so long: logins that fail again and again lock accounts.
const REST_SECONDS: i64 = 600;

/// Something built, and from what.
pub(crate) struct Built<T> {
    row: Row,
    made: T,
    watch: Arc<Watch>,
}

/// Notes what calls end in. Never used inside a unit: sending is none's.
pub(crate) struct Watch {
    db: Db,
    accounts: std::sync::Weak<crate::Inner>,
    kind: Kind,
    version: i64,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Something is known to be wrong, here or in the row.
    troubled: bool,
    rests_until: Option<Time>,
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    fn rests(&self) -> bool {
        self.state().rests_until.is_some_and(|until| self.clock.now() < until)
    }
    /// What the row says now.
    fn is_told(&self, trouble: bool) {
        let mut state = self.state();
        state.troubled = trouble;
        if !trouble {
            state.rests_until = None;
        }
    }
    /// `Some`: every message would end like this.
    fn ended(&self, stopped: Option<&'static str>) {
        let now = self.clock.now();
        {
            let mut state = self.state();
            match stopped {
                Some(_) => *state = State { troubled: true, rests_until: Some(now.plus_seconds(REST_SECONDS)) },
                None if !state.troubled => return,
                None => *state = State::default(),
            }
        }
        let Some(inner) = self.accounts.upgrade() else { return };
        let (accounts, kind, version) = (Accounts { inner }, self.kind, self.version);
        let noted = self.db.transact(move |tx| accounts.note(tx, kind, version, stopped, now));
        if let Err(refusal) = noted {
            tracing::warn!(code = refusal.code, kind = kind.name(), "what became of an account is not noted");
        }
    }
}

struct WatchedMail {
    mailer: Arc<dyn Mailer>,
    watch: Arc<Watch>,
    last: Mutex<Option<siyu_mail::Error>>,
}

impl Mailer for WatchedMail {
    fn send(&self, mail: &siyu_mail::Built) -> siyu_mail::Result<siyu_mail::Accepted> {
        if self.watch.rests()
            && let Some(error) = self.last.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
        {
            return Err(error);
        }
        let outcome = self.mailer.send(mail);
        match &outcome {
            Ok(_) => self.watch.ended(None),
            Err(error) if error.retry == siyu_mail::Retry::WhenFixed => {
                *self.last.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(error.clone());
                self.watch.ended(Some(error.name()));
            }
            Err(_) => {}
        }
        outcome
    }
    fn check(&self, sender: &Address) -> Vec<Finding> {
        self.mailer.check(sender)
    }
}

struct WatchedSms {
    sms: Arc<dyn Sms>,
    watch: Arc<Watch>,
    last: Mutex<Option<siyu_sms::Error>>,
}

impl Sms for WatchedSms {
    fn provider(&self) -> siyu_sms::Provider {
        self.sms.provider()
    }
    fn send(&self, batch: &Batch<'_>) -> Vec<Sent> {
        if self.watch.rests()
            && let Some(error) = self.last.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
        {
            let at = self.watch.clock.now();
            let sent = |phone: &Phone| Sent { phone: phone.clone(), at, outcome: Err(error.clone()) };
            return batch.messages.iter().map(|message| sent(&message.phone)).collect();
        }
        let sent = self.sms.send(batch);
        let stopped = sent.iter().find_map(|one| one.outcome.as_ref().err().filter(|error| error.stops_the_account()));
        if let Some(error) = stopped {
            *self.last.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(error.clone());
            self.watch.ended(Some(error.name()));
        } else if sent.iter().any(|one| one.outcome.is_ok()) {
            self.watch.ended(None);
        }
        sent
    }
    fn look(&self, batch: &Batch<'_>, phone: &Phone, at: Time) -> siyu_sms::Result<Seen> {
        self.sms.look(batch, phone, at)
    }
    fn check(&self) -> Vec<Finding> {
        self.sms.check()
    }
}

/// Whether an account is left in peace: it was refused a short while ago.
fn rests(row: &Row, now: Time) -> bool {
    row.trouble.is_some() && row.trouble_at.is_some_and(|at| now < at.plus_seconds(REST_SECONDS))
}

/// What was built from these settings, or is built now.
fn kept<T: Clone>(
    shelf: &Mutex<Option<Built<T>>>,
    row: &Row,
    make: impl FnOnce() -> Result<(T, Arc<Watch>), Refusal>,
) -> Result<T, Refusal> {
    let mut shelf = shelf.lock().unwrap_or_else(|broken| broken.into_inner());
    if let Some(built) = shelf.as_ref().filter(|built| built.row.is_like(row)) {
        built.watch.is_told(row.trouble.is_some());
        return Ok(built.made.clone());
    }
    let (made, watch) = make()?;
    watch.is_told(row.trouble.is_some());
    *shelf = Some(Built { row: row.clone(), made: made.clone(), watch });
    Ok(made)
}

impl Accounts {
    fn watch(&self, kind: Kind, row: &Row) -> Arc<Watch> {
        Arc::new(Watch {
            db: self.parts().db.clone(),
            accounts: Arc::downgrade(&self.inner),
            kind,
            version: row.version,
            clock: Arc::clone(&self.parts().clock),
            state: Mutex::default(),
        })
    }
    /// `None`: there is no account, it is switched off, or it rests.
    pub(crate) fn mail_carrier(&self, tx: &mut Tx<'_>) -> Result<Option<MailCarrier>, Refusal> {
        let Some(row) = self.row(tx, Kind::Mail)? else { return Ok(None) };
        let account: MailAccount = row.body()?;
        if !account.on || rests(&row, self.now()) {
            return Ok(None);
        }
        let make = || {
            let secrets: MailSecrets = self.secrets(Some(&row))?;
            self.made_mail(&row, &account, &secrets)
        };
        kept(&self.inner.mail, &row, make).map(Some)
    }
    fn made_mail(
        &self,
        row: &Row,
        account: &MailAccount,
        secrets: &MailSecrets,
    ) -> Result<(MailCarrier, Arc<Watch>), Refusal> {
        let dkim = account.dkim(secrets)?;
        let settings = account.settings(secrets);
        let mailer =
            self.parts().wires.mailer(settings, dkim.as_ref(), &self.parts().clock).map_err(Refusal::internal)?;
        let watch = self.watch(Kind::Mail, row);
        let mailbox = |name: &str, text: &str| -> Result<Mailbox, Refusal> {
            let address = Address::parse(text).map_err(Refusal::internal)?;
            Mailbox::new(name, address).map_err(Refusal::internal)
        };
        let made = MailCarrier {
            mailer: Arc::new(WatchedMail { mailer, watch: Arc::clone(&watch), last: Mutex::default() }),
            from: mailbox(&account.from_name, &account.from)?,
            reply_to: (!account.reply_to.is_empty()).then(|| mailbox("", &account.reply_to)).transpose()?,
            return_path: self.return_path(account),
            dkim: dkim.map(Arc::new),
        };
        Ok((made, watch))
    }
    pub(crate) fn sms_carrier(&self, tx: &mut Tx<'_>) -> Result<Option<SmsCarrier>, Refusal> {
        let Some(row) = self.row(tx, Kind::Sms)? else { return Ok(None) };
        let account: SmsAccount = row.body()?;
        if !account.on || rests(&row, self.now()) {
            return Ok(None);
        }
        let make = || {
            let secrets: SmsSecrets = self.secrets(Some(&row))?;
            let watch = self.watch(Kind::Sms, &row);
            let sms = account.sms(&secrets, self.inner.wiring.clone());
            let sms = Arc::new(WatchedSms { sms, watch: Arc::clone(&watch), last: Mutex::default() });
            Ok((SmsCarrier { sms, sign: account.sign.clone() }, watch))
        };
        kept(&self.inner.sms, &row, make).map(Some)
    }
    /// Asks the mail server and DNS, whether the account is switched on or rests. That all is well ends a rest. Seconds when nobody answers.
    ///
    /// Errors: `mail_account_unset`.
    pub fn check_mail(&self) -> Result<Vec<Finding>, Refusal> {
        let row = self.parts().db.read(|tx| self.row(tx, Kind::Mail))?.ok_or_else(refuse::mail_unset)?;
        let (account, secrets): (MailAccount, MailSecrets) = (row.body()?, self.secrets(Some(&row))?);
        // Built anew: what rests is asked all the same, and connections of those who send are left to them.
        let (made, _) = self.made_mail(&row, &account, &secrets)?;
        let found = made.mailer.check(&made.from.address);
        let stops = |own: &&Finding| own.health == Health::Fail && !DOMAIN.contains(&own.key);
        self.found(Kind::Mail, row.version, found.iter().find(stops))?;
        Ok(found)
    }
    /// Asks the provider, as [`Accounts::check_mail`].
    ///
    /// Errors: `sms_account_unset`.
    pub fn check_sms(&self) -> Result<Vec<Finding>, Refusal> {
        let row = self.parts().db.read(|tx| self.row(tx, Kind::Sms))?.ok_or_else(refuse::sms_unset)?;
        let (account, secrets): (SmsAccount, SmsSecrets) = (row.body()?, self.secrets(Some(&row))?);
        let found = account.sms(&secrets, self.inner.wiring.clone()).check();
        self.found(Kind::Sms, row.version, found.iter().find(|own| own.health == Health::Fail))?;
        Ok(found)
    }
    /// What a check found wrong makes an account rest no more than it did; that all is well ends its rest.
    fn found(&self, kind: Kind, version: i64, wrong: Option<&Finding>) -> Result<(), Refusal> {
        if wrong.is_some() {
            return Ok(());
        }
        let (accounts, now) = (self.clone(), self.now());
        self.parts().db.transact(move |tx| accounts.note(tx, kind, version, None, now))
    }
}

/// Findings of the check that stop no mail.
const DOMAIN: [&str; 4] = ["mail_spf", "mail_dkim", "mail_dkim_domain", "mail_dmarc"];
