//! Signatures that let our pages call the client's JavaScript interface.

use crate::call::Call;
use crate::callback::{hex, same};
use crate::client::{Client, Input, fresh};
use crate::error::{Error, Result};
use crate::token::Fresh;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use siyu_kernel::{Chance, Time};

const CORP_TICKET: Call = Call::get("get_jsapi_ticket");
const AGENT_TICKET: Call = Call::get("ticket/get");

/// Which of the two: `wx.config` or `wx.agentConfig` (`getConfigSignature` and `getAgentConfigSignature` of the newer SDK).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    Corp,
    /// Needed by everything in the sidebar that concerns a customer.
    Agent,
}

/// What the page needs. Spelt as the SDK takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSignature {
    pub timestamp: i64,
    #[serde(rename = "nonceStr")]
    pub nonce: String,
    pub signature: String,
}

impl Client {
    /// Signs for a page. `url`: as the browser shows it; what follows `#` does not count. Sign addresses of our own domain only.
    pub fn sign_page(&self, ticket: Ticket, url: &str) -> Result<PageSignature> {
        let ticket = self.js_ticket(ticket)?;
        let timestamp = self.clock().now().0.div_euclid(1_000_000);
        let nonce = hex(&Chance::secret::<8>());
        let signature = page_signature(&ticket, &nonce, &timestamp.to_string(), url);
        Ok(PageSignature { timestamp, nonce, signature })
    }
    /// The ticket itself, kept and shared like a token: its fetching is limited to 100 an hour.
    pub fn js_ticket(&self, ticket: Ticket) -> Result<String> {
        self.js_ticket_but(ticket, None)
    }
    /// Another ticket than this one, which a page was told is invalid (40093).
    pub fn renew_js_ticket(&self, ticket: Ticket, stale: &str) -> Result<String> {
        self.js_ticket_but(ticket, Some(stale))
    }

    fn js_ticket_but(&self, ticket: Ticket, stale: Option<&str>) -> Result<String> {
        let (name, call, query) = match ticket {
            Ticket::Corp => ("corp_ticket", CORP_TICKET, vec![]),
            Ticket::Agent => ("agent_ticket", AGENT_TICKET, vec![("type".to_owned(), "agent_config".to_owned())]),
        };
        let fetch = |deadline: Time| -> Result<Fresh> {
            match self.until(deadline).send(&call, Input { query: query.clone(), ..Input::default() })? {
                crate::client::Answer::Json(value) => fresh(&call, &value, "ticket"),
                crate::client::Answer::File(_) => Err(Error::invalid(call.path, "no JSON")),
            }
        };
        self.ticket(name, stale, &fetch)
    }
}

/// The text that is signed: fixed order, nothing encoded, no fragment.
pub fn page_text(ticket: &str, nonce: &str, timestamp: &str, url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}")
}

pub fn page_signature(ticket: &str, nonce: &str, timestamp: &str, url: &str) -> String {
    hex(&Sha1::digest(page_text(ticket, nonce, timestamp, url).as_bytes()))
}

/// Whether a signature is the page's.
pub fn page_signature_is_right(ticket: &str, nonce: &str, timestamp: &str, url: &str, signature: &str) -> bool {
    same(&page_signature(ticket, nonce, timestamp, url), signature)
}
