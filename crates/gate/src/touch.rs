//! A person's memory as bytes: fifteen a touch. Pinned by a test; a new form takes another first byte.

use crate::model::{Channel, Class, Touch};
use siyu_kernel::Time;

const FORM: u8 = 1;
const EACH: usize = 15;
/// Whoever has had more than this lately has had enough to be held by any rule.
pub(crate) const MOST: usize = 400;

pub(crate) fn encode(touches: &[Touch]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + touches.len() * EACH);
    out.push(FORM);
    for own in &touches[touches.len().saturating_sub(MOST)..] {
        out.extend_from_slice(&own.run.to_le_bytes());
        out.extend_from_slice(&own.at.0.to_le_bytes());
        out.push(own.channel.number());
        out.push(own.class.number());
        out.push(u8::from(own.open));
    }
    out
}

/// What is of another form, or cut off, is nothing.
pub(crate) fn decode(bytes: &[u8], into: &mut Vec<Touch>) {
    let Some((&FORM, rest)) = bytes.split_first() else { return };
    for own in rest.chunks_exact(EACH) {
        let (run, at) = (own[..4].try_into(), own[4..12].try_into());
        let (Ok(run), Ok(at)) = (run, at) else { return };
        into.push(Touch {
            run: u32::from_le_bytes(run),
            at: Time(i64::from_le_bytes(at)),
            channel: Channel::of(i64::from(own[12])),
            class: Class::of(i64::from(own[13])),
            open: own[14] != 0,
        });
    }
}

/// Drops what no rule looks at any more.
pub(crate) fn prune(touches: &mut Vec<Touch>, since: Time) {
    touches.retain(|own| own.open || own.at >= since);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pinned: memories are on disk. If this fails, the form changed: give it another first byte and keep reading the old one.
    #[test]
    fn the_form_never_changes() {
        let touch = |run, at, open| Touch { run, at: Time(at), channel: Channel::Sms, class: Class::Marketing, open };
        let all = [touch(7, 1, true), touch(u32::MAX, -1, false)];
        let bytes = encode(&all);
        assert_eq!(
            bytes,
            [
                1, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 6, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                255, 6, 1, 0
            ]
        );
        let mut back = Vec::new();
        decode(&bytes, &mut back);
        assert_eq!(back, all);
        for cut in 0..bytes.len() {
            let mut some = Vec::new();
            decode(&bytes[..cut], &mut some);
            assert!(some.len() < 2);
        }
        let mut none = Vec::new();
        decode(&[2, 0, 0], &mut none);
        assert_eq!(none, []);
    }
}
