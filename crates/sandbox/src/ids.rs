//! Ids as WeCom shows them: opaque, of the documented form, and reversible for us, so that none has to be stored.

use crate::dice::mix;

/// What an id names. The number keeps ids of different kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Id {
    Person = 1,
    Business,
    Group,
    Tag,
    ContactWay,
    JoinWay,
    Link,
    Mass,
    Moment,
    MomentJob,
    Welcome,
    Union,
    OpenId,
    ForeignOpenId,
    Pending,
    TemporaryOpenId,
    Media,
    Attachment,
    GroupWelcome,
    Product,
    Rule,
    Message,
    ResponseCode,
    ChatKey,
    Token,
    Ticket,
    LoginCode,
    UserTicket,
    OpenGid,
    Upload,
    Corp,
    Secret,
}

impl Id {
    /// What it starts with, how many characters follow, and whether they are hexadecimal.
    fn form(self) -> (&'static str, usize, bool) {
        match self {
            Id::Person => ("wm", 30, false),
            Id::Business => ("wo", 30, false),
            Id::Group | Id::OpenGid => (if self == Id::Group { "wr" } else { "tG" }, 30, false),
            Id::Tag => ("et", 30, false),
            Id::ContactWay | Id::JoinWay => ("", 32, true),
            Id::Link => ("ca", 16, true),
            Id::Mass | Id::GroupWelcome => ("msg", 29, false),
            Id::Moment => ("mom", 29, false),
            Id::MomentJob => ("job", 40, false),
            Id::Welcome => ("", 43, false),
            Id::Union | Id::OpenId | Id::ForeignOpenId => ("o", 27, false),
            Id::Pending => ("p", 31, false),
            Id::TemporaryOpenId => ("tmp", 29, false),
            Id::Media => ("3", 48, false),
            Id::Attachment => ("WWCISP_", 48, false),
            Id::Product => ("prod", 24, false),
            Id::Rule => ("rule", 24, false),
            Id::Message => ("", 44, false),
            Id::ResponseCode | Id::ChatKey => ("", 40, false),
            Id::Token => ("", 128, false),
            Id::Ticket => ("", 86, false),
            Id::LoginCode | Id::UserTicket => ("", 43, false),
            Id::Upload => ("up", 30, false),
            Id::Corp => ("ww", 16, true),
            Id::Secret => ("", 43, false),
        }
    }
}

const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh";
const HEX: &[u8; 16] = b"0123456789abcdef";
const MASK: u64 = (1 << 30) - 1;
const ODD: u64 = 0x2545_F491;

fn scramble(kind: Id, seed: u64, number: u64) -> u64 {
    number.wrapping_mul(ODD).wrapping_add(mix(seed ^ kind as u64)) & MASK
}
fn unscramble(kind: Id, seed: u64, tail: u64) -> u64 {
    // Newton's iteration doubles the correct bits of the inverse each time.
    let mut inverse = ODD;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(ODD.wrapping_mul(inverse)));
    }
    tail.wrapping_sub(mix(seed ^ kind as u64)).wrapping_mul(inverse) & MASK
}

/// The text of id `number` (below 2³⁰) of a kind in the world of `seed`.
pub fn text(kind: Id, seed: u64, number: usize) -> String {
    let (prefix, length, hex) = kind.form();
    let (alphabet, bits, tail): (&[u8], u32, usize) = if hex { (HEX, 4, 8) } else { (LETTERS, 5, 6) };
    let mut out = String::with_capacity(prefix.len() + length);
    out.push_str(prefix);
    let mut state = mix(seed ^ mix(number as u64 ^ ((kind as u64) << 40)));
    for at in 0..length - tail {
        if at % 12 == 0 {
            state = mix(state.wrapping_add(at as u64 + 1));
        }
        out.push(alphabet[(state >> ((at % 12) as u32 * bits)) as usize % alphabet.len()] as char);
    }
    let end = scramble(kind, seed, number as u64);
    for at in (0..tail as u32).rev() {
        out.push(alphabet[(end >> (at * bits)) as usize % alphabet.len()] as char);
    }
    out
}

/// The number behind an id, if it is one that [`text`] gave out.
pub fn number(kind: Id, seed: u64, id: &str) -> Option<usize> {
    let (prefix, length, hex) = kind.form();
    let (alphabet, bits, tail): (&[u8], u32, usize) = if hex { (HEX, 4, 8) } else { (LETTERS, 5, 6) };
    if id.len() != prefix.len() + length || !id.is_ascii() || !id.starts_with(prefix) {
        return None;
    }
    let mut end = 0u64;
    for byte in id[id.len() - tail..].bytes() {
        end = end << bits | alphabet.iter().position(|&letter| letter == byte)? as u64;
    }
    let found = unscramble(kind, seed, end) as usize;
    (text(kind, seed, found) == id).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_number_and_to_no_other() {
        for kind in [Id::Person, Id::ContactWay, Id::Link, Id::Welcome, Id::Token, Id::Union] {
            for number_in in [0, 1, 2, 77, 65_535, 1_000_000, (1 << 30) - 1] {
                let id = text(kind, 42, number_in);
                assert_eq!(number(kind, 42, &id), Some(number_in), "{id}");
                assert_eq!(number(kind, 43, &id), None, "another world");
            }
        }
        let person = text(Id::Person, 42, 5);
        assert_eq!(person.len(), 32);
        assert_eq!(number(Id::Person, 42, &person.replace("wm", "wo")), None);
        assert_eq!(number(Id::Person, 42, "wm 私域"), None);
        assert_eq!(text(Id::Corp, 1, 0).len(), 18);
    }
}
