//! Clients of the connected corp, made once per version of the connection.

use crate::{Connection, Contacts};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{App, Client, HttpTransport, Transport, Wiring};
use std::sync::Arc;

/// How a base address becomes a way to send. A trait, so that tests put faults in between.
pub trait Reach: Send + Sync {
    fn to(&self, base: &str) -> Arc<dyn Transport>;
    /// To a server that hands out pictures.
    fn to_pictures(&self, base: &str) -> Arc<dyn Transport> {
        self.to(base)
    }
}

pub(crate) struct Network;
impl Reach for Network {
    fn to(&self, base: &str) -> Arc<dyn Transport> {
        Arc::new(HttpTransport::new(base))
    }
    fn to_pictures(&self, base: &str) -> Arc<dyn Transport> {
        Arc::new(HttpTransport::new(base).within(crate::pictures::BYTES_MAX))
    }
}

/// What was made of the connection last.
#[derive(Default)]
pub(crate) struct Current(Option<(Arc<Line>, Time)>);

/// The connection, and a client for each of its secrets.
pub(crate) struct Line {
    pub connection: Connection,
    /// Customers, groups, tags.
    pub customer: Client,
    /// Departments and staff.
    pub contacts: Client,
    /// The app itself.
    pub app: Client,
}

impl Contacts {
    /// The corp as it is connected now.
    ///
    /// Errors: `wecom_not_connected`.
    pub(crate) fn line(&self) -> Result<Arc<Line>, Refusal> {
        let now = self.now();
        let connection = self.inner.db.read(|tx| self.connected(tx))?;
        let mut current = self.inner.current.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some((line, read)) = &mut current.0
            && line.connection.version == connection.version
            && line.connection.secrets == connection.secrets
        {
            *read = now;
            return Ok(line.clone());
        }
        let inner = &self.inner;
        let wiring = Wiring {
            transport: inner.reach.to(&connection.base),
            tokens: inner.tokens.clone(),
            limiter: inner.limiter.clone(),
            clock: inner.clock.clone(),
            wait: inner.wait.clone(),
            chance: inner.chance.clone(),
        };
        let client = |secret: &str| {
            let secret = if secret.is_empty() { &connection.secrets.app } else { secret };
            let app =
                App { corp_id: connection.corp_id.clone(), secret: secret.to_owned(), agent_id: connection.agent_id };
            Client::new(app, wiring.clone())
        };
        let line = Arc::new(Line {
            customer: client(&connection.secrets.customer),
            contacts: client(&connection.secrets.contacts),
            app: client(&connection.secrets.app),
            connection,
        });
        current.0 = Some((line.clone(), now));
        Ok(line)
    }
    /// The corp as it was connected a moment ago: for callbacks, which come by the thousand. A changed token works after a second.
    pub(crate) fn line_lately(&self) -> Result<Arc<Line>, Refusal> {
        let now = self.now();
        let current = self.inner.current.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some((line, read)) = &current.0
            && now >= *read
            && now < read.plus_seconds(1)
        {
            return Ok(line.clone());
        }
        drop(current);
        self.line()
    }
    /// A client with the app's secret, for the parts of the platform that send.
    pub fn client(&self) -> Result<Client, Refusal> {
        Ok(self.line()?.app.clone())
    }
    /// A client for customers, of the connection as it was a moment ago: for what cannot wait.
    pub fn client_lately(&self) -> Result<Client, Refusal> {
        Ok(self.line_lately()?.customer.clone())
    }
    /// Asks WeCom anew who may have customers.
    pub fn refresh_serving(&self) -> Result<(), Refusal> {
        let serving = self.line()?.customer.follow_users()?;
        let contacts = self.clone();
        self.inner.db.transact(move |tx| contacts.set_serving(tx, &serving))
    }
    /// Asks WeCom for a token with each secret, and remembers what came of it.
    pub fn check_credentials(&self) -> Result<(), Refusal> {
        let line = self.line()?;
        let checked = [&line.app, &line.customer, &line.contacts]
            .into_iter()
            .try_for_each(|client| client.probing().check_credentials());
        let (contacts, now) = (self.clone(), self.now());
        let trouble = checked.as_ref().err().map(|error| error.name().to_owned());
        self.inner.db.transact(move |tx| Ok(contacts.note_trouble(tx, trouble.as_deref(), now)?))?;
        Ok(checked?)
    }
}
