//! DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, RSA with SHA-256 or Ed25519.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use sha2::{Digest, Sha256};
use siyu_kernel::Time;
use std::fmt;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DkimError {
    #[error("the selector or the domain is malformed")]
    Name,
    #[error("not a private key in PEM")]
    Pem,
    #[error("not an RSA key of 2048 to 4096 bits or an Ed25519 key")]
    Key,
}

impl DkimError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Name => "mail_dkim_name",
            Self::Pem => "mail_dkim_pem",
            Self::Key => "mail_dkim_key",
        }
    }
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// Signs for one domain.
#[derive(Clone)]
pub struct Dkim {
    domain: String,
    selector: String,
    pair: Pair,
}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dkim({}._domainkey.{})", self.selector, self.domain)
    }
}

/// Signed when present. `from` twice: a second one added on the way breaks the signature.
const SIGNED: [&str; 13] = [
    "from",
    "from",
    "reply-to",
    "to",
    "subject",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
];

impl Dkim {
    /// `pem`: `BEGIN PRIVATE KEY` (PKCS#8) or `BEGIN RSA PRIVATE KEY`, as `openssl genrsa` and `openssl genpkey` write them.
    pub fn new(domain: &str, selector: &str, pem: &str) -> Result<Self, DkimError> {
        let name = |text: &str| {
            (1..=253).contains(&text.len())
                && text.split('.').all(|label| {
                    !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                })
        };
        if !name(domain) || !domain.contains('.') || !name(selector) {
            return Err(DkimError::Name);
        }
        let (kind, der) = unpem(pem).ok_or(DkimError::Pem)?;
        let pair = match kind.as_str() {
            "RSA PRIVATE KEY" => Pair::Rsa(Arc::new(RsaKeyPair::from_der(&der).map_err(|_| DkimError::Key)?)),
            "PRIVATE KEY" => match RsaKeyPair::from_pkcs8(&der) {
                Ok(pair) => Pair::Rsa(Arc::new(pair)),
                Err(_) => Pair::Ed25519(Arc::new(
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| DkimError::Key)?,
                )),
            },
            _ => return Err(DkimError::Pem),
        };
        Ok(Self { domain: domain.to_ascii_lowercase(), selector: selector.to_owned(), pair })
    }
    pub fn domain(&self) -> &str {
        &self.domain
    }
    /// The DNS record that must exist: its name and its text.
    pub fn record(&self) -> (String, String) {
        let (kind, key) = match &self.pair {
            Pair::Rsa(pair) => ("rsa", public_info(pair.public_key().as_ref())),
            Pair::Ed25519(pair) => ("ed25519", pair.public_key().as_ref().to_vec()),
        };
        (
            format!("{}._domainkey.{}", self.selector, self.domain),
            format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(key)),
        )
    }

    /// The header to put before a message, with its line break.
    pub(crate) fn header(&self, message: &[u8], at: Time) -> String {
        let (headers, body) = split(message);
        let fields = fields(headers);
        let algorithm = if matches!(self.pair, Pair::Rsa(_)) { "rsa-sha256" } else { "ed25519-sha256" };
        let present = |name: &&&str| fields.iter().any(|(own, _)| own == **name);
        let names: Vec<&str> = SIGNED.iter().filter(present).copied().collect();
        let hash = STANDARD.encode(Sha256::digest(canonical_body(body)));
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n t={}; h={};\r\n bh={hash};\r\n b=",
            self.domain,
            self.selector,
            at.0.div_euclid(1_000_000),
            names.join(":"),
        );
        let digest = Sha256::digest(signed_headers(&fields, &names, &unsigned));
        let signature = STANDARD.encode(self.sign(&signed_headers(&fields, &names, &unsigned), &digest));
        let folded: Vec<&str> =
            signature.as_bytes().chunks(70).map(|part| std::str::from_utf8(part).unwrap_or_default()).collect();
        format!("DKIM-Signature: {unsigned}{}\r\n", folded.join("\r\n "))
    }

    /// RSA signs the text (and digests it itself), Ed25519 its digest.
    fn sign(&self, text: &[u8], digest: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .expect("the length is that of the key");
                signature
            }
            Pair::Ed25519(pair) => pair.sign(digest).as_ref().to_vec(),
        }
    }
}

/// Headers without the empty line, and the body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(4).position(|four| four == b"\r\n\r\n") {
        Some(at) => (&message[..at + 2], &message[at + 4..]),
        None => (message, &[]),
    }
}

/// Names in lower case with their values in relaxed form, in their order.
fn fields(headers: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(headers).replace("\r\n ", " ").replace("\r\n\t", " ");
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), relaxed(value)))
    };
    text.split("\r\n").filter_map(field).collect()
}

fn relaxed(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is signed. A name that is asked for more often than it stands there counts as empty the last times.
fn signed_headers(fields: &[(String, String)], names: &[&str], unsigned: &str) -> Vec<u8> {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        // From the bottom up.
        let before = names[..at].iter().filter(|own| own == &name).count();
        if let Some((_, value)) = fields.iter().rev().filter(|(own, _)| own == name).nth(before) {
            text.push_str(&format!("{name}:{value}\r\n"));
        }
    }
    text.push_str(&format!("dkim-signature:{}", relaxed(unsigned)));
    text.into_bytes()
}

fn canonical_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut empty_lines = 0;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut words = Vec::with_capacity(line.len());
        for byte in line {
            match byte {
                b' ' | b'\t' if words.last() == Some(&b' ') => {}
                b' ' | b'\t' => words.push(b' '),
                other => words.push(*other),
            }
        }
        if words.last() == Some(&b' ') {
            words.pop();
        }
        if words.is_empty() {
            empty_lines += 1;
            continue;
        }
        (0..empty_lines).for_each(|_| out.extend_from_slice(b"\r\n"));
        empty_lines = 0;
        out.extend_from_slice(&words);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The name in the first line and the bytes.
pub(crate) fn unpem(pem: &str) -> Option<(String, Vec<u8>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (kind, rest) = rest.split_once("-----")?;
    let (text, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    Some((kind.to_owned(), STANDARD.decode(text).ok()?))
}

/// SubjectPublicKeyInfo around an RSA public key: the form in which everybody publishes it.
fn public_info(key: &[u8]) -> Vec<u8> {
    const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let wrapped = |tag: u8, content: &[u8]| {
        let length = content.len();
        let mut out = vec![tag];
        match length {
            0..128 => out.push(length as u8),
            128..256 => out.extend([0x81, length as u8]),
            _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
        }
        out.extend_from_slice(content);
        out
    };
    let bits = wrapped(3, &[&[0], key].concat());
    wrapped(0x30, &[&RSA[..], &bits].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ED25519, UnparsedPublicKey};

    /// The example of RFC 8463, appendix A.
    #[test]
    fn the_published_signature_is_over_what_we_make_of_the_message() {
        let unsigned = "v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
        let message = b"From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\nHi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
        let (headers, body) = split(message);
        assert_eq!(
            STANDARD.encode(Sha256::digest(canonical_body(body))),
            "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
        );
        let names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];
        let digest = Sha256::digest(signed_headers(&fields(headers), &names, unsigned));
        let key = STANDARD.decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=").unwrap();
        let signature = STANDARD
            .decode("/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==")
            .unwrap();
        UnparsedPublicKey::new(&ED25519, key).verify(&digest, &signature).unwrap();
    }

    #[test]
    fn bodies_in_relaxed_form() {
        for (body, want) in [
            ("", ""),
            ("\r\n", ""),
            ("\r\n\r\n", ""),
            ("a", "a\r\n"),
            ("a \t b  \r\n\r\n\r\n", "a b\r\n"),
            (" a\r\n\r\nb", " a\r\n\r\nb\r\n"),
            (" \r\na", "\r\na\r\n"),
        ] {
            assert_eq!(String::from_utf8(canonical_body(body.as_bytes())).unwrap(), want, "{body:?}");
        }
    }

    #[test]
    fn keys_and_names_have_a_form() {
        let refused = |domain: &str, selector: &str, pem: &str| Dkim::new(domain, selector, pem).err();
        assert_eq!(refused("example", "s1", ""), Some(DkimError::Name));
        assert_eq!(refused("example.com", "s 1", ""), Some(DkimError::Name));
        assert_eq!(refused("exa\r\nmple.com", "s1", ""), Some(DkimError::Name));
        assert_eq!(refused("example.com", "s1", "hello"), Some(DkimError::Pem));
        assert_eq!(
            refused("example.com", "s1", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
            Some(DkimError::Pem)
        );
        assert_eq!(
            refused("example.com", "s1", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            Some(DkimError::Key)
        );
    }
}
