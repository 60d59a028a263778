//! Who may push reports to us. The providers sign nothing: a secret in the address and the addresses they call from must do.

use sha2::{Digest, Sha256};
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    #[error("the secret of the address has at least 20 letters and digits")]
    SecretShort,
    #[error("not an address or a block of addresses")]
    Block,
    #[error("the secret of the address is wrong")]
    Secret,
    #[error("not one of the provider's addresses")]
    Address,
}

impl DoorError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::SecretShort => "sms_push_secret_short",
            Self::Block => "sms_push_block",
            Self::Secret => "sms_push_secret",
            Self::Address => "sms_push_address",
        }
    }
}

/// `203.0.113.7`, `203.0.113.0/24`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    address: IpAddr,
    bits: u8,
}

impl Block {
    pub fn parse(text: &str) -> Result<Self, DoorError> {
        let (address, bits) =
            text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| DoorError::Block)?;
        let max = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(max), |bits| bits.parse().map_err(|_| DoorError::Block))?;
        if bits > max { Err(DoorError::Block) } else { Ok(Self { address, bits }) }
    }
    pub fn holds(&self, address: IpAddr) -> bool {
        let same = |own: u128, other: u128, width: u8| self.bits == 0 || (own ^ other) >> (width - self.bits) == 0;
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                self.bits <= 32 && same(own.to_bits().into(), other.to_bits().into(), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

/// Lets in who knows the secret and calls from one of the blocks; from anywhere when there are none.
#[derive(Clone)]
pub struct Door {
    secret: [u8; 32],
    blocks: Vec<Block>,
}

impl Door {
    pub fn new(secret: &str, blocks: Vec<Block>) -> Result<Self, DoorError> {
        if secret.len() < 20 || !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Err(DoorError::SecretShort);
        }
        Ok(Self { secret: Sha256::digest(secret).into(), blocks })
    }
    pub fn check(&self, secret: &str, from: IpAddr) -> Result<(), DoorError> {
        // Digests are compared: how long that takes says nothing about the secret.
        let given: [u8; 32] = Sha256::digest(secret).into();
        if given != self.secret {
            return Err(DoorError::Secret);
        }
        if !self.blocks.is_empty() && !self.blocks.iter().any(|block| block.holds(from)) {
            return Err(DoorError::Address);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_knows_and_comes_from_there_is_let_in() {
        let blocks = ["203.0.113.0/24", "2001:db8::/32"].map(|text| Block::parse(text).unwrap());
        let door = Door::new("aVerySecretPathOfOurs1", blocks.into()).unwrap();
        for (secret, from, want) in [
            ("aVerySecretPathOfOurs1", "203.0.113.255", Ok(())),
            ("aVerySecretPathOfOurs1", "::ffff:203.0.113.1", Ok(())),
            ("aVerySecretPathOfOurs1", "2001:db8:1::1", Ok(())),
            ("aVerySecretPathOfOurs1", "203.0.114.1", Err(DoorError::Address)),
            ("aVerySecretPathOfOurs1", "::1", Err(DoorError::Address)),
            ("aVerySecretPathOfOurs2", "203.0.113.255", Err(DoorError::Secret)),
            ("", "203.0.113.255", Err(DoorError::Secret)),
        ] {
            assert_eq!(door.check(secret, from.parse().unwrap()), want, "{secret} {from}");
        }
        let open = Door::new("aVerySecretPathOfOurs1", Vec::new()).unwrap();
        assert_eq!(open.check("aVerySecretPathOfOurs1", "198.51.100.1".parse().unwrap()), Ok(()));
    }

    #[test]
    fn blocks_and_secrets_have_a_form() {
        for bad in ["", "x", "1.2.3.4/33", "1.2.3", "::/129", "1.2.3.4/", "1.2.3.4/-1"] {
            assert_eq!(Block::parse(bad), Err(DoorError::Block), "{bad}");
        }
        assert!(Block::parse("0.0.0.0/0").unwrap().holds("255.1.2.3".parse().unwrap()));
        assert!(!Block::parse("10.0.0.1").unwrap().holds("10.0.0.2".parse().unwrap()));
        assert!(Door::new("short", Vec::new()).is_err() && Door::new("a secret with spaces in", Vec::new()).is_err());
    }
}
