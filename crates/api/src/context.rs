//! What is known about a request before anyone is asked who sent it.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request};
use siyu_access::{Actor, Locale};
use siyu_kernel::{Time, new_id};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: &str = "x-forwarded-for";

/// One request's circumstances. Extract it as a handler argument.
#[derive(Clone, Debug)]
pub struct Context {
    pub request_id: String,
    /// Whoever is at the other end, as far as it can be known.
    pub ip: Option<IpAddr>,
    /// The browser speaks https to us or to our proxy.
    pub secure: bool,
    /// The request came straight from this machine, through no proxy.
    pub local: bool,
    asked: Locale,
    known: Arc<OnceLock<Locale>>,
}

impl Context {
    pub(crate) fn of<B>(request: &Request<B>, app: &crate::App, now: Time) -> Self {
        let headers = request.headers();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let proxied = headers.contains_key(FORWARDED_FOR)
            || headers.contains_key("forwarded")
            || headers.contains_key("x-real-ip");
        let behind = app.config.behind_proxy;
        Self {
            request_id: given_id(headers).unwrap_or_else(|| new_id("req", now, &app.chance)),
            ip: if behind { forwarded_ip(headers).or(peer) } else { peer },
            secure: behind
                && text(headers, "x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https")),
            local: peer.is_some_and(|ip| ip.to_canonical().is_loopback()) && !proxied,
            asked: asked_language(headers),
            known: Arc::default(),
        }
    }
    /// The user's own language once known, else what the request asks for.
    pub fn locale(&self) -> Locale {
        self.known.get().copied().unwrap_or(self.asked)
    }
    pub(crate) fn user_reads(&self, locale: Locale) {
        let _ = self.known.set(locale);
    }
    /// Somebody who has not signed in.
    pub fn stranger(&self) -> Actor {
        self.sign(Actor::stranger())
    }
    pub(crate) fn sign(&self, actor: Actor) -> Actor {
        Actor {
            ip: self.ip.map(|ip| ip.to_canonical().to_string()),
            request_id: Some(self.request_id.clone()),
            ..actor
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Context>().cloned().expect("the edge gives every request its context"))
    }
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = text(headers, REQUEST_ID.as_str())?;
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    fits.then(|| id.to_owned())
}

/// The rightmost address is the one our own proxy saw; those before it were sent by the client and prove nothing.
fn forwarded_ip(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// The first of zh and en that is named, in the order of their weights; English when neither is.
fn asked_language(headers: &HeaderMap) -> Locale {
    let Some(header) = text(headers, ACCEPT_LANGUAGE.as_str()) else { return Locale::En };
    let mut best = (0.0, Locale::En);
    for part in header.split(',').take(20) {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight: f32 = pieces.find_map(|p| p.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        let locale = if tag.starts_with("zh") {
            Locale::Zh
        } else if tag.starts_with("en") {
            Locale::En
        } else {
            continue;
        };
        if weight > best.0 {
            best = (weight, locale);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heavier_language_wins() {
        for (header, want) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Locale::Zh),
            ("en-GB,zh;q=0.9", Locale::En),
            ("fr,zh;q=0.5,en;q=0.4", Locale::Zh),
            ("fr", Locale::En),
            ("zh;q=0", Locale::En),
            (";;,q=", Locale::En),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, header.parse().unwrap());
            assert_eq!(asked_language(&headers), want, "{header}");
        }
    }
}
