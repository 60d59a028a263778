//! Pictures that WeCom names by address: fetched from nowhere but WeCom.
//!
//! An address comes from an answer of WeCom's, perhaps through a proxy that somebody runs. It is followed to the connection's own server, and to
//! the servers on which the platform is known to keep pictures; redirects are not.

use crate::Contacts;
use siyu_kernel::Refusal;
use siyu_wecom::{Fault, Method, Request};
use std::time::Duration;

/// A QR of WeCom's has some tens of kilobytes.
pub(crate) const BYTES_MAX: u64 = 2 << 20;
const TIMEOUT: Duration = Duration::from_secs(8);
/// Names of servers, and of everything below them.
const HOSTS: [&str; 4] = ["qpic.cn", "qlogo.cn", "weixin.qq.com", "wechat.com"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureFault {
    /// The address leads elsewhere than to WeCom, or is none.
    Elsewhere,
    /// No answer, or one that broke off.
    Unreachable,
    /// An answer other than 200.
    Refused(u16),
    /// More bytes than such a picture has.
    TooLarge,
}

impl PictureFault {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Elsewhere => "picture_elsewhere",
            Self::Unreachable => "picture_unreachable",
            Self::Refused(_) => "picture_refused",
            Self::TooLarge => "picture_too_large",
        }
    }
}

impl Contacts {
    /// The bytes behind an address that WeCom gave.
    ///
    /// Errors: `wecom_not_connected`.
    pub fn picture(&self, address: &str) -> Result<Result<Vec<u8>, PictureFault>, Refusal> {
        let base = self.line()?.connection.base.clone();
        let Some((server, path)) = place(address, &base) else { return Ok(Err(PictureFault::Elsewhere)) };
        let request = Request { method: Method::Get, path, query: Vec::new(), body: None, timeout: TIMEOUT };
        let answer = match self.inner.reach.to_pictures(&server).send(&request) {
            Ok(answer) => answer,
            Err(error) if error.fault == Fault::TooLarge => return Ok(Err(PictureFault::TooLarge)),
            Err(error) => {
                tracing::info!(detail = %error.detail, "a picture of WeCom's could not be fetched");
                return Ok(Err(PictureFault::Unreachable));
            }
        };
        Ok(match answer.status {
            200 if answer.body.len() as u64 > BYTES_MAX => Err(PictureFault::TooLarge),
            200 => Ok(answer.body),
            status => Err(PictureFault::Refused(status)),
        })
    }
}

/// Scheme with authority, and the rest beginning with a slash.
fn parts(address: &str) -> Option<(&str, &str)> {
    let from = address.find("://")? + 3;
    let end = address[from..].find(['/', '?', '#']).map_or(address.len(), |at| from + at);
    Some((&address[..end], &address[end..]))
}

/// Where to ask, and for what; `None` when the address leads elsewhere than to WeCom.
fn place(address: &str, base: &str) -> Option<(String, String)> {
    if address.len() > 2_000 || address.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return None;
    }
    let (server, path) = parts(address)?;
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    if parts(base).is_some_and(|(own, _)| own.eq_ignore_ascii_case(server)) {
        return Some((server.to_owned(), path));
    }
    // WeCom gives some addresses without encryption; the same servers answer with it.
    let host = server.strip_prefix("https://").or_else(|| server.strip_prefix("http://"))?.to_ascii_lowercase();
    let known =
        HOSTS.iter().any(|own| host.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    known.then(|| (format!("https://{host}"), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_wecom_or_nowhere() {
        let base = "http://127.0.0.1:9090";
        let check = |address: &str, want: Option<(&str, &str)>| {
            let want = want.map(|(server, path)| (server.to_owned(), path.to_owned()));
            assert_eq!(place(address, base), want, "{address}");
        };
        check("https://wework.qpic.cn/wwpic/1_a/0", Some(("https://wework.qpic.cn", "/wwpic/1_a/0")));
        check("http://p.qpic.cn/a?b=c#d", Some(("https://p.qpic.cn", "/a?b=c")));
        check(
            "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=1",
            Some(("https://open.work.weixin.qq.com", "/wwopen/userQRCode?vcode=1")),
        );
        check("http://127.0.0.1:9090/wwpic/x/0", Some((base, "/wwpic/x/0")));
        check("http://127.0.0.1:9091/wwpic/x/0", None);
        check("https://127.0.0.1:9090/wwpic/x/0", None);
        check("http://127.0.0.1:9090@evil.example/", None);
        check("https://evilqpic.cn/1", None);
        check("https://qpic.cn.evil.example/1", None);
        check("https://wework.qpic.cn@evil.example/1", None);
        check("https://wework.qpic.cn:22/1", None);
        check("https://user@qpic.cn/1", None);
        check("ftp://qpic.cn/1", None);
        check("file:///etc/passwd", None);
        check("https://qpic.cn/a b", None);
        check("https://qpic.cn\\@evil.example/", None);
        check("", None);
    }
}
