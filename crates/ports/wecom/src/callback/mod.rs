//! What WeCom sends us: signed, encrypted, repeated, out of order.

mod crypto;
mod error;
mod event;
mod identity;
mod reply;
mod xml;

pub use crypto::{Key, signature};
pub(crate) use crypto::{hex, same};
pub use error::{CallbackError, Damage};
pub use event::{
    Acquisition, CardClick, ContactChange, Event, GroupChange, GroupDetail, GroupUpdate, Happened, Message,
    PartyFields, Selected, StaffChange, StaffFields, TagChange, TagKind, TransferFailure, Visit,
};
pub use reply::{Article, Reply};
pub use xml::{BYTES_MAX, Element};

use crate::assumptions::SKEW_SECONDS_MAX;
use siyu_kernel::{Chance, Time};

/// The values WeCom puts into the callback's address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub signature: String,
    pub timestamp: String,
    pub nonce: String,
    /// Only when the address is being verified.
    pub echo: String,
}

impl Query {
    /// `query`: everything behind the `?`, still percent-encoded. Unknown names are ignored, the first of a repeated name counts.
    pub fn parse(query: &str) -> Self {
        let mut out = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "msg_signature" => &mut out.signature,
                "timestamp" => &mut out.timestamp,
                "nonce" => &mut out.nonce,
                "echostr" => &mut out.echo,
                _ => continue,
            };
            if place.is_empty() {
                *place = value.into_owned();
            }
        }
        // Base64 has no spaces: one in it was a plus sign that somebody decoded once too often.
        out.echo = out.echo.replace(' ', "+");
        out
    }
}

/// One callback address: its Token, its EncodingAESKey and the corp it is for. Checks in the order signature, freshness, ciphertext, receiver.
#[derive(Clone)]
pub struct Callback {
    token: String,
    key: Key,
    receiver: String,
    skew_seconds: i64,
}

impl Callback {
    /// `receiver`: the corpid for an app's own callback.
    pub fn new(token: &str, encoding_aes_key: &str, receiver: &str) -> Result<Self, CallbackError> {
        Ok(Self {
            token: token.to_owned(),
            key: Key::parse(encoding_aes_key)?,
            receiver: receiver.to_owned(),
            skew_seconds: SKEW_SECONDS_MAX,
        })
    }
    /// Accepts timestamps this far from our clock, to either side.
    #[must_use]
    pub fn within(mut self, skew_seconds: i64) -> Self {
        self.skew_seconds = skew_seconds;
        self
    }

    /// Answers the check of the address: the text to send back as it is, within one second.
    pub fn verify_url(&self, query: &Query, now: Time) -> Result<String, CallbackError> {
        if query.echo.is_empty() {
            return Err(CallbackError::QueryMissing("echostr"));
        }
        self.check(query, &query.echo, now)?;
        text(self.key.open(&query.echo, &self.receiver)?)
    }

    /// The decrypted message of a delivery. Keep it before answering 200: WeCom delivers three times and then forgets.
    pub fn open(&self, query: &Query, body: &[u8], now: Time) -> Result<String, CallbackError> {
        let sealed = sealed_part(body)?;
        self.check(query, &sealed, now)?;
        text(self.key.open(&sealed, &self.receiver)?)
    }

    /// [`Callback::open`] and [`Event::read`].
    pub fn receive(&self, query: &Query, body: &[u8], now: Time) -> Result<Event, CallbackError> {
        let event = Event::read(self.open(query, body, now)?.as_bytes())?;
        if event.suite_id.is_none() && event.corp_id != self.receiver {
            return Err(CallbackError::OtherReceiver);
        }
        Ok(event)
    }

    /// The body of a passive reply to an event that allows one ([`Reply`]).
    pub fn reply(&self, to: &str, reply: &Reply, now: Time) -> String {
        let random = Chance::secret::<16>();
        let nonce = u64::from_be_bytes(Chance::secret::<8>()).to_string();
        let seconds = now.0.div_euclid(1_000_000);
        self.seal(&reply.message(to, &self.receiver, seconds), &seconds.to_string(), &nonce, random)
    }

    /// Encrypts and signs a message: the outer XML. `random` must never be used twice.
    pub fn seal(&self, message: &str, timestamp: &str, nonce: &str, random: [u8; 16]) -> String {
        let sealed = self.key.seal(message.as_bytes(), &self.receiver, random);
        let mut out = String::from("<xml>");
        xml::write(&mut out, "Encrypt", &sealed);
        xml::write(&mut out, "MsgSignature", &signature(&self.token, timestamp, nonce, &sealed));
        xml::write(&mut out, "TimeStamp", timestamp);
        xml::write(&mut out, "Nonce", nonce);
        out.push_str("</xml>");
        out
    }

    fn check(&self, query: &Query, sealed: &str, now: Time) -> Result<(), CallbackError> {
        for (name, value) in
            [("msg_signature", &query.signature), ("timestamp", &query.timestamp), ("nonce", &query.nonce)]
        {
            if value.is_empty() {
                return Err(CallbackError::QueryMissing(name));
            }
        }
        if !same(&signature(&self.token, &query.timestamp, &query.nonce, sealed), &query.signature) {
            return Err(CallbackError::SignatureWrong);
        }
        // A signed timestamp that is no number was signed by nobody we know of: as stale as can be.
        let seconds: i64 = query.timestamp.parse().map_err(|_| CallbackError::Stale(i64::MAX))?;
        let off = now.0.div_euclid(1_000_000).saturating_sub(seconds);
        if off.unsigned_abs() > self.skew_seconds.unsigned_abs() {
            return Err(CallbackError::Stale(off));
        }
        Ok(())
    }
}

/// The ciphertext of a delivery, from XML or from the JSON form that one source documents.
fn sealed_part(body: &[u8]) -> Result<String, CallbackError> {
    if body.len() > BYTES_MAX {
        return Err(CallbackError::TooLarge(body.len()));
    }
    if body.trim_ascii_start().first() == Some(&b'{') {
        let json: serde_json::Value =
            serde_json::from_slice(body).map_err(|error| CallbackError::NotXml(error.to_string()))?;
        let sealed = json.get("encrypt").and_then(serde_json::Value::as_str);
        return sealed.map(str::to_owned).ok_or(CallbackError::FieldMissing("Encrypt"));
    }
    let outer = xml::read(body)?;
    outer.child("Encrypt").map(|sealed| sealed.text.clone()).ok_or(CallbackError::FieldMissing("Encrypt"))
}

fn text(bytes: Vec<u8>) -> Result<String, CallbackError> {
    String::from_utf8(bytes).map_err(|_| CallbackError::Tampered(Damage::Utf8))
}
