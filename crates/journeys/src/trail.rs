//! The way somebody went, a few bytes a step: kept in their row, so that a step is one write.
//!
//! A mark: the node (varint), what happened (a code), milliseconds since the mark before or the entry (zigzag varint, for clocks are put back), and
//! for some ports a reason (its length, its bytes).

use crate::port::Port;
use siyu_kernel::Time;

/// The form of the bytes.
const FORM: u8 = 1;
const GOAL: u8 = 90;
const GOAL_AFTER: u8 = 91;
const DRAWN: u8 = 92;
const REASON_BIT: u8 = 0x80;
const REASON_MAX: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Left the node by this way.
    Passed(Port),
    /// Reached the goal of the test at the node; node 0: of the journey.
    Goal,
    /// Reached the goal of the journey when they had left it, while they were watched still.
    GoalAfter,
    /// Was drawn to be control or not, when they came in: the reason says per cent and days, `10:30`.
    Drawn,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub node: u32,
    pub what: What,
    /// To the millisecond.
    pub at: Time,
    pub reason: String,
}

/// As stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    bytes: Vec<u8>,
    /// Milliseconds of the last mark since the entry; found when it is needed.
    last: Option<i64>,
}

impl Trail {
    pub fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, last: None }
    }
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    pub fn push(&mut self, entered_at: Time, node: u32, what: What, reason: &str, at: Time) {
        let last = match self.last {
            Some(last) => last,
            None => {
                self.marks(entered_at).last().map_or(0, |mark| mark.at.millis().saturating_sub(entered_at.millis()))
            }
        };
        let now = at.millis().saturating_sub(entered_at.millis());
        if self.bytes.is_empty() {
            self.bytes.push(FORM);
        }
        let code = match what {
            What::Passed(port) => port.code(),
            What::Goal => GOAL,
            What::GoalAfter => GOAL_AFTER,
            What::Drawn => DRAWN,
        };
        // Ports are below 128; the eighth bit tells that a reason follows.
        let reason = cut(reason);
        put(&mut self.bytes, u64::from(node));
        self.bytes.push(code | if reason.is_empty() { 0 } else { REASON_BIT });
        let since = now.saturating_sub(last);
        put(&mut self.bytes, ((since << 1) ^ (since >> 63)) as u64);
        if !reason.is_empty() {
            self.bytes.push(reason.len() as u8);
            self.bytes.extend_from_slice(reason.as_bytes());
        }
        self.last = Some(now);
    }
    /// What cannot be read ends the list.
    pub fn marks(&self, entered_at: Time) -> Vec<Mark> {
        let (mut out, mut at) = (Vec::new(), entered_at.millis());
        let mut rest = match self.bytes.split_first() {
            Some((&FORM, rest)) => rest,
            _ => return out,
        };
        while !rest.is_empty() {
            match mark(&mut rest, &mut at) {
                Some(own) => out.push(own),
                None => break,
            }
        }
        out
    }
}

fn mark(rest: &mut &[u8], at: &mut i64) -> Option<Mark> {
    let node = u32::try_from(take(rest)?).ok()?;
    let (code, left) = rest.split_first()?;
    *rest = left;
    let since = take(rest)?;
    *at = at.checked_add((since >> 1) as i64 ^ -((since & 1) as i64))?;
    let when = Time(at.checked_mul(1_000)?);
    let what = match code & !REASON_BIT {
        GOAL => What::Goal,
        GOAL_AFTER => What::GoalAfter,
        DRAWN => What::Drawn,
        code => What::Passed(Port::of(code)?),
    };
    let mut reason = String::new();
    if code & REASON_BIT != 0 {
        let (length, left) = rest.split_first()?;
        let (text, left) = left.split_at_checked(usize::from(*length))?;
        reason = String::from_utf8_lossy(text).into_owned();
        *rest = left;
    }
    Some(Mark { node, what, at: when, reason })
}

/// At a character's edge.
pub(crate) fn cut(reason: &str) -> &str {
    let mut end = reason.len().min(REASON_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}
fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
fn take(rest: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let (byte, left) = rest.split_first()?;
        *rest = left;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_come_back(list in prop::collection::vec((1..3_000_u32, 0..20_usize, -100_000_000_i64..10_000_000_000, "[a-z]{0,8}|渠{0,30}"), 0..40)) {
            let entered = Time(1_700_000_000_123_000);
            let (mut trail, mut kept, mut at) = (Trail::default(), Vec::new(), entered);
            for (n, (node, code, since, reason)) in list.into_iter().enumerate() {
                let what = Port::of(code as u8).map_or(What::Goal, What::Passed);
                at = Time(at.0 + since * 1_000);
                // Now and then it is read from the database in between.
                if n % 3 == 0 {
                    trail = Trail::of(trail.bytes().to_vec());
                }
                trail.push(entered, node, what, &reason, at);
                kept.push(Mark { node, what, at, reason: cut(&reason).to_owned() });
            }
            prop_assert_eq!(trail.marks(entered), kept);
        }
        #[test]
        fn damaged_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            Trail::of([vec![FORM], bytes].concat()).marks(Time(0));
        }
    }
}
