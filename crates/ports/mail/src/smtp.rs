//! The real way out. Each step of a conversation is driven from here, because what may be repeated depends on how far it came: until the last
//! line of the content is out, nothing has been taken; after that, only an answer tells.

use crate::Mailer;
use crate::address::Address;
use crate::build::Built;
use crate::check;
use crate::dkim::Dkim;
use crate::dns::TxtLookup;
use crate::error::meanings::*;
use crate::error::{Error, Result, Step, meaning_of};
use crate::limit::{Limiter, Rates};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use siyu_kernel::{Clock, Finding, Time};
use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// In the clear first, then secured; never without. Usually port 587.
    Starttls,
    /// From the first byte. Usually port 465.
    Tls,
    /// Never with a password. For a relay on this machine or its own network.
    None,
}

#[derive(Clone)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// User name and password (or authorisation code).
    pub login: Option<(String, String)>,
    /// How we introduce ourselves: a host name that leads to this server.
    pub hello: String,
    /// A certificate authority of the relay's own network, in PEM.
    pub authority: Option<String>,
    pub rates: Rates,
    pub connect_timeout: Duration,
    /// For each answer but the last.
    pub timeout: Duration,
    /// For the answer after the content: servers look for spam and viruses before it.
    pub end_timeout: Duration,
    /// Messages over one connection.
    pub messages_max: u32,
    /// Kept when nobody uses them.
    pub idle_max: usize,
    pub idle_seconds: i64,
}

impl Settings {
    pub fn new(host: &str, port: u16, security: Security) -> Self {
        Self {
            host: host.trim().to_owned(),
            port,
            security,
            login: None,
            hello: "localhost".into(),
            authority: None,
            rates: Rates::default(),
            connect_timeout: Duration::from_secs(15),
            timeout: Duration::from_secs(60),
            end_timeout: Duration::from_secs(180),
            messages_max: 100,
            idle_max: 4,
            idle_seconds: 20,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = if self.login.is_some() { "with" } else { "without" };
        write!(f, "Settings({}:{}, {:?}, {login} login)", self.host, self.port, self.security)
    }
}

/// The server has taken the message; whether it arrives is told by bounces, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it said, usually with its own number of the message.
    pub answer: String,
}

/// Sends through one server. Cheap to clone.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

pub(crate) struct Inner {
    pub settings: Settings,
    tls: Option<TlsParameters>,
    hello: ClientId,
    pub clock: Arc<dyn Clock>,
    limiter: Limiter,
    idle: Mutex<Vec<Idle>>,
    pub domain: Option<DomainCheck>,
}

/// What the check asks about the sender's domain.
#[derive(Clone)]
pub(crate) struct DomainCheck {
    pub dns: Arc<dyn TxtLookup>,
    pub dkim: Option<Dkim>,
}

pub(crate) struct Idle {
    pub connection: SmtpConnection,
    used: u32,
    since: Time,
}

impl Smtp {
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let wrong = |why: &str| Error::new(&SETTING_WRONG, why, clock.now());
        let name = |text: &str| {
            !text.is_empty()
                && text.len() <= 253
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b))
        };
        if !name(&settings.host) || settings.port == 0 {
            return Err(wrong("host or port"));
        }
        if !name(&settings.hello) {
            return Err(wrong("the name we introduce ourselves with"));
        }
        if settings.login.is_some() && settings.security == Security::None {
            return Err(Error::new(&PLAINTEXT_LOGIN, "", clock.now()));
        }
        let tls = match settings.security {
            Security::None => None,
            _ => Some(tls(&settings).map_err(|why| wrong(&why))?),
        };
        let hello = match settings.hello.parse() {
            Ok(std::net::IpAddr::V4(ip)) => ClientId::Ipv4(ip),
            Ok(std::net::IpAddr::V6(ip)) => ClientId::Ipv6(ip),
            Err(_) => ClientId::Domain(settings.hello.clone()),
        };
        let limiter = Limiter::new(settings.rates);
        Ok(Self(Arc::new(Inner { settings, tls, hello, clock, limiter, idle: Mutex::default(), domain: None })))
    }
    /// The same server; its check also asks DNS about the sender's domain. Connections are not shared with the first.
    #[must_use]
    pub fn with_domain_check(&self, dns: Arc<dyn TxtLookup>, dkim: Option<Dkim>) -> Self {
        let inner = &*self.0;
        Self(Arc::new(Inner {
            settings: inner.settings.clone(),
            tls: inner.tls.clone(),
            hello: inner.hello.clone(),
            clock: inner.clock.clone(),
            limiter: Limiter::new(inner.settings.rates),
            idle: Mutex::default(),
            domain: Some(DomainCheck { dns, dkim }),
        }))
    }
    /// Ends what is kept open, politely.
    pub fn close(&self) {
        let kept = std::mem::take(&mut *self.0.idle());
        kept.into_iter().for_each(|mut idle| drop(idle.connection.quit()));
    }
}

fn tls(settings: &Settings) -> std::result::Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.authority {
        // The relay's own authority and no other.
        let authority = Certificate::from_pem(pem.as_bytes()).map_err(|error| format!("authority: {error}"))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    builder.build().map_err(|error| format!("TLS: {error}"))
}

impl Inner {
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// A new connection: secured and logged in as set.
    pub(crate) fn connect(&self) -> Result<Idle> {
        let settings = &self.settings;
        let wrapped = self.tls.as_ref().filter(|_| settings.security == Security::Tls);
        let address = (settings.host.as_str(), settings.port);
        let mut connection =
            SmtpConnection::connect(address, Some(settings.connect_timeout), &self.hello, wrapped, None)
                .map_err(|error| self.failed(Step::Greeting, &error, &UNREACHABLE))?;
        if settings.security == Security::Starttls {
            if !connection.can_starttls() {
                let _ = connection.quit();
                return Err(Error::new(&STARTTLS_MISSING, "", self.clock.now()));
            }
            if let Some(tls) = &self.tls {
                connection
                    .starttls(tls, &self.hello)
                    .map_err(|error| self.failed(Step::Greeting, &error, &UNREACHABLE))?;
            }
        }
        let _ = connection.set_timeout(Some(settings.timeout));
        if let Some((user, password)) = &settings.login {
            let ways = [Mechanism::Plain, Mechanism::Login];
            if connection.server_info().get_auth_mechanism(&ways).is_none() {
                let _ = connection.quit();
                return Err(Error::new(&AUTH_UNSUPPORTED, "", self.clock.now()));
            }
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&ways, &credentials).map_err(|error| {
                let mut error = self.failed(Step::Login, &error, &UNREACHABLE);
                error.detail = error.detail.replace(password.as_str(), "…");
                error
            })?;
        }
        Ok(Idle { connection, used: 0, since: self.clock.now() })
    }

    /// One that is open and answers, or a new one.
    fn take(&self) -> Result<Idle> {
        while let Some(mut kept) = { self.idle().pop() } {
            let fresh = kept.since.plus_seconds(self.settings.idle_seconds) > self.clock.now();
            // Servers close what is idle: a question that changes nothing shows it.
            if fresh && kept.connection.command(Rset).is_ok() {
                return Ok(kept);
            }
            if !fresh {
                let _ = kept.connection.quit();
            }
        }
        self.connect()
    }

    fn keep(&self, mut kept: Idle) {
        kept.used += 1;
        kept.since = self.clock.now();
        let full = { self.idle().len() >= self.settings.idle_max };
        if kept.connection.has_broken() {
            return;
        }
        if full || kept.used >= self.settings.messages_max {
            let _ = kept.connection.quit();
            return;
        }
        self.idle().push(kept);
    }

    /// What a failed step means. `lost`: when no answer came.
    fn failed(&self, step: Step, error: &lettre::transport::smtp::Error, lost: &'static crate::Meaning) -> Error {
        let now = self.clock.now();
        let words = error.source().map(|cause| cause.to_string()).unwrap_or_default();
        if let Some(code) = error.status() {
            let code = u16::from(code);
            return Error::new(meaning_of(step, code, &words), format_args!("{code} {words}"), now);
        }
        // At the end, whatever broke: nobody knows whether it was taken.
        let meaning = if lost == &UNREACHABLE && (error.is_tls() || is_tls(error)) { &TLS_FAILED } else { lost };
        Error::new(meaning, error, now)
    }

    /// Hands a message over an open connection. The second part says whether the connection can be used on.
    fn deliver(&self, kept: &mut Idle, mail: &Built) -> (Result<Accepted>, bool) {
        let open = &mut kept.connection;
        let steps = [
            (Step::Sender, MailFrom::new(Some(mail.return_path.lettre()), Vec::new()).to_string()),
            (Step::Recipient, Rcpt::new(mail.to.lettre(), Vec::new()).to_string()),
            (Step::Content, Data.to_string()),
        ];
        for (step, command) in steps {
            if let Err(error) = open.command(command) {
                // A refusal leaves the conversation in order, but for 421, which ends it.
                let usable = error.status().is_some_and(|code| u16::from(code) != 421);
                return (Err(self.failed(step, &error, &UNREACHABLE)), usable);
            }
        }
        let _ = open.set_timeout(Some(self.settings.end_timeout));
        let outcome = open.message(&mail.bytes);
        let _ = open.set_timeout(Some(self.settings.timeout));
        match outcome {
            Ok(response) => (
                Ok(Accepted { answer: crate::error::clipped(&response.message().collect::<Vec<_>>().join(" ")) }),
                true,
            ),
            Err(error) => {
                let usable = error.status().is_some_and(|code| u16::from(code) != 421);
                (Err(self.failed(Step::Content, &error, &OUTCOME_UNKNOWN)), usable)
            }
        }
    }
}

/// A certificate that is not believed comes as an error of reading, with the cause inside. (An answer that is no UTF-8 comes as one without.)
fn is_tls(error: &lettre::transport::smtp::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner
            .downcast_ref::<io::Error>()
            .is_some_and(|io| io.kind() == io::ErrorKind::InvalidData && io.get_ref().is_some())
        {
            return true;
        }
        cause = inner.source();
    }
    false
}

impl Mailer for Smtp {
    fn send(&self, mail: &Built) -> Result<Accepted> {
        let inner = &*self.0;
        let now = inner.clock.now();
        if let Err(at) = inner.limiter.take(mail.to.domain(), now) {
            return Err(Error::new(&LIMITED, "", now).not_before(at));
        }
        let mut kept = inner.take()?;
        let (outcome, usable) = inner.deliver(&mut kept, mail);
        if usable {
            inner.keep(kept);
        }
        outcome
    }
    fn check(&self, sender: &Address) -> Vec<Finding> {
        check::run(&self.0, sender)
    }
}

impl Inner {
    /// Whether the server would take mail of this sender: asked, and taken back.
    pub(crate) fn try_sender(&self, kept: &mut Idle, sender: &Address) -> Result<()> {
        let asked = kept.connection.command(MailFrom::new(Some(sender.lettre()), Vec::new()));
        let _ = kept.connection.command(Rset);
        asked.map(drop).map_err(|error| self.failed(Step::Sender, &error, &UNREACHABLE))
    }
}
