//! A key for DKIM. RSA of 2048 bits, because not every receiver knows Ed25519; ring signs with such keys and makes none.

use crate::dkim::{Dkim, DkimError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use siyu_kernel::Chance;

const PRIME_BYTES: usize = 128;
const EXPONENT: u32 = 65_537;
/// Of Miller and Rabin, with chance bases: for chance numbers of this size far fewer are asked for (FIPS 186-5, table B.1).
const ROUNDS: usize = 8;

impl Dkim {
    /// A new private key in PEM (PKCS#1). Takes a second or so.
    pub fn generate() -> Result<String, DkimError> {
        loop {
            let pem = pem(&key());
            // Whatever ring does not take is not given out.
            match Self::new("example.com", "s", &pem) {
                Ok(_) => return Ok(pem),
                Err(DkimError::Key) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn key() -> Vec<u8> {
    let (one, e) = (BigUint::from(1u8), BigUint::from(EXPONENT));
    loop {
        let (a, b) = (prime(&e), prime(&e));
        if a == b {
            continue;
        }
        let (p, q) = if a > b { (a, b) } else { (b, a) };
        let (p1, q1) = (&p - &one, &q - &one);
        // Lambda, not phi: the smallest exponent that works.
        let lambda = &p1 * &q1 / gcd(p1.clone(), q1.clone());
        let (Some(d), Some(inverse)) = (e.modinv(&lambda), q.modinv(&p)) else { continue };
        let parts = [BigUint::ZERO, &p * &q, e.clone(), d.clone(), p, q, &d % &p1, &d % &q1, inverse];
        return sequence(&parts);
    }
}

/// With its two highest bits set, so that the product of two has 2048.
fn prime(e: &BigUint) -> BigUint {
    let one = BigUint::from(1u8);
    loop {
        let mut bytes: [u8; PRIME_BYTES] = Chance::secret();
        bytes[0] |= 0xc0;
        bytes[PRIME_BYTES - 1] |= 1;
        let candidate = BigUint::from_bytes_be(&bytes);
        if SMALL.iter().any(|small| (&candidate % *small) == BigUint::ZERO) || (&candidate - &one) % e == BigUint::ZERO
        {
            continue;
        }
        if is_prime(&candidate) {
            return candidate;
        }
    }
}

const SMALL: [u32; 53] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239,
    241, 251,
];

fn is_prime(n: &BigUint) -> bool {
    let one = BigUint::from(1u8);
    let last = n - &one;
    let zeros = last.trailing_zeros().unwrap_or_default();
    let odd = &last >> zeros;
    (0..ROUNDS).all(|_| {
        let chance: [u8; PRIME_BYTES] = Chance::secret();
        // In 2..n-1.
        let base = BigUint::from_bytes_be(&chance) % (n - 3u8) + 2u8;
        let mut x = base.modpow(&odd, n);
        if x == one || x == last {
            return true;
        }
        (1..zeros).any(|_| {
            x = &x * &x % n;
            x == last
        })
    })
}

fn gcd(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

fn sequence(numbers: &[BigUint]) -> Vec<u8> {
    let whole: Vec<u8> = numbers.iter().flat_map(|number| tagged(2, &signed(number))).collect();
    tagged(0x30, &whole)
}

/// As DER writes numbers: a zero in front of a set highest bit.
fn signed(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    bytes
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..128 => out.push(length as u8),
        128..256 => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_told_from_others() {
        let number = |text: &str| BigUint::parse_bytes(text.as_bytes(), 10).unwrap();
        // 2^127 - 1 and 2^89 - 1 are primes; their product, a Carmichael number and a square are not.
        let (big, small) = ((BigUint::from(1u8) << 127) - 1u8, (BigUint::from(1u8) << 89) - 1u8);
        assert!(is_prime(&big) && is_prime(&small) && is_prime(&number("65537")));
        for other in [&big * &small, number("1590231231043178376951698401"), &big * &big] {
            assert!(!is_prime(&other), "{other}");
        }
    }

    #[test]
    fn a_new_key_signs_and_is_published_as_rsa() {
        let (one, two) = (Dkim::generate().unwrap(), Dkim::generate().unwrap());
        assert_ne!(one, two);
        let dkim = Dkim::new("shop.example.com", "s1", &one).unwrap();
        let (name, text) = dkim.record();
        assert_eq!(name, "s1._domainkey.shop.example.com");
        assert!(text.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkq") && text.len() > 400, "{text}");
    }
}
