//! A stand-in for WeCom: the few calls that a sync and a welcome make, answered after a fixed time, and the callbacks it sends. The simulated WeCom of
//! the product keeps a whole world; here that would be what is measured.

mod server;

pub use server::Server;

use siyu_kernel::{Chance, Clock, SystemClock};
use siyu_wecom::callback::Callback;

pub const CORP: &str = "ww1234567890abcdef";
pub const TOKEN: &str = "QDG6eK";
pub const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Callbacks as WeCom posts them: sealed, signed, stamped with the present.
pub struct Sender(Callback);

impl Sender {
    pub fn new() -> Self {
        Self(Callback::new(TOKEN, KEY, CORP).expect("a key of 43 letters"))
    }
    fn request(&self, event: &str, nonce: &str) -> Vec<u8> {
        let stamp = seconds().to_string();
        let body = self.0.seal(event, &stamp, nonce, Chance::secret());
        let signature = body.split("<MsgSignature><![CDATA[").nth(1).map(|rest| &rest[..40]).unwrap_or_default();
        let head = format!(
            "POST /wecom/callback?msg_signature={signature}&timestamp={stamp}&nonce={nonce} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body.as_bytes()].concat()
    }
    /// Somebody new adds a member of staff; the welcome code is `code{number}`.
    pub fn added(&self, number: usize) -> Vec<u8> {
        let event = format!(
            "{}<ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[{}]]></UserID><ExternalUserID><![CDATA[wmnew{number:027}]]></ExternalUserID><State><![CDATA[store-{}]]></State><WelcomeCode><![CDATA[code{number}]]></WelcomeCode></xml>",
            head(),
            staff(number),
            number % 12
        );
        self.request(&event, &number.to_string())
    }
    /// A member of staff has edited a customer.
    pub fn edited(&self, number: usize) -> Vec<u8> {
        let event = format!(
            "{}<ChangeType><![CDATA[edit_external_contact]]></ChangeType><UserID><![CDATA[{}]]></UserID><ExternalUserID><![CDATA[wm{number:030}]]></ExternalUserID></xml>",
            head(),
            staff(number)
        );
        self.request(&event, &number.to_string())
    }
}

fn head() -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event>",
        seconds()
    )
}
fn seconds() -> i64 {
    SystemClock.now().0 / 1_000_000
}

/// Members of staff, and which of them somebody adds.
pub const STAFF: usize = 500;
pub fn staff(number: usize) -> String {
    format!("guide{:04}", number % STAFF)
}
