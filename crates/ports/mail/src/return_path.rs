//! Addresses for bounces that name the message and that nobody else can make.

use crate::address::{Address, AddressError};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `bounce+{id}={tag}@example.com`: anybody may send us a bounce, but only to an address we have given out.
#[derive(Clone)]
pub struct ReturnPath {
    local: String,
    domain: String,
    secret: Vec<u8>,
}

const TAG: usize = 12;

impl ReturnPath {
    /// `base`: a mailbox whose server keeps what stands behind a `+`.
    pub fn new(base: &Address, secret: &[u8]) -> Self {
        Self { local: base.local().to_owned(), domain: base.domain().to_owned(), secret: secret.to_owned() }
    }
    /// `id`: of the message, up to 32 letters, digits, dashes and underscores.
    pub fn address(&self, id: &str) -> Result<Address, AddressError> {
        let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !fits {
            return Err(AddressError::Shape);
        }
        Address::parse(&format!("{}+{id}={}@{}", self.local, self.tag(id), self.domain))
    }
    /// The message a bounce is about, when it came to an address of ours. Servers may have changed the case.
    pub fn id(&self, to: &str) -> Option<String> {
        let address = Address::parse(to.trim().trim_matches(['<', '>'])).ok()?;
        if !address.domain().eq_ignore_ascii_case(&self.domain) {
            return None;
        }
        let (local, rest) = address.local().split_once('+')?;
        let (id, tag) = rest.rsplit_once('=')?;
        let ours = local.eq_ignore_ascii_case(&self.local) && tag.eq_ignore_ascii_case(&self.tag(id));
        ours.then(|| id.to_owned())
    }
    /// Over the id in lower case, so that it holds when a server has changed the case.
    fn tag(&self, id: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any length is a key");
        mac.update(b"return-path:");
        mac.update(id.to_ascii_lowercase().as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..TAG].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_ours_are_read() {
        let base = Address::parse("bounce@mail.example.com").unwrap();
        let ours = ReturnPath::new(&base, b"secret");
        let address = ours.address("msg_0190AbC").unwrap();
        assert_eq!(ours.id(address.as_str()).as_deref(), Some("msg_0190AbC"));
        assert_eq!(ours.id(&format!("<{}>", address.as_str())).as_deref(), Some("msg_0190AbC"));
        assert!(ours.id(&address.as_str().to_uppercase()).is_some());
        assert_eq!(ours.id(&address.as_str().replace("0190", "0191")), None);
        assert_eq!(ours.id(&address.as_str().replace("mail.", "")), None);
        assert_eq!(ours.id("bounce@mail.example.com"), None);
        assert_eq!(ReturnPath::new(&base, b"other").id(address.as_str()), None);
        for bad in ["", "a b", "a+b", "a@b", &"x".repeat(33)] {
            assert!(ours.address(bad).is_err(), "{bad}");
        }
    }
}
