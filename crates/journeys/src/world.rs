//! What a journey asks of the rest of the program: who fits a rule, who is in an audience, and to do what was decided.

use crate::model::Outcome;
use crate::step::Order;
use serde_json::Value;
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal, Time};

/// Names an effect for ever. The same decision has the same key, however often it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey {
    pub journey: u32,
    pub num: PersonNum,
    pub entry: u32,
    /// One node's at one visit.
    pub step: u32,
}

impl EffectKey {
    /// `journey:7:1203:1:4`, for rows and messages of others.
    pub fn show(self) -> String {
        format!("journey:{}:{}:{}:{}", self.journey, self.num, self.entry, self.step)
    }
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("journey:")?.split(':').map(|part| part.parse::<u32>().ok());
        let mut next = || parts.next().flatten();
        let own = Self { journey: next()?, num: next()?, entry: next()?, step: next()? };
        parts.next().is_none().then_some(own)
    }
}

/// Something that was decided and is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub key: EffectKey,
    /// The journey's public id, and its name.
    pub journey: String,
    pub journey_name: String,
    pub version: u32,
    /// The node's id, and its name, which may be empty.
    pub node: String,
    pub node_name: String,
    /// Of the node: `message`, `task`, `tag`, `points`, `coupon`, `webhook`.
    pub kind: &'static str,
    pub order: Order,
    /// For reminders and the like: the effect they are about.
    pub about: EffectKey,
    /// Who `key.num` is now.
    pub root: PersonNum,
    /// What the node says.
    pub with: Value,
    pub decided_at: Time,
    /// Of a task: by when it is to be done.
    pub deadline: Option<Time>,
}

/// What whoever was handed an effect says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The outcome will be told by [`crate::told`].
    Later,
    Now(Outcome),
}

/// Called inside units: what it writes is saved with the step it belongs to, or not at all. So nothing is handed on twice, and nothing lost. It may be
/// called again for a unit that was rolled back, and must have no effect outside the transaction.
pub trait World: Send + Sync {
    /// Whether the audience exists. Asked before publishing.
    fn knows_audience(&self, tx: &mut Tx<'_>, id: &str) -> Result<bool, Refusal>;
    /// Whether the rule of a condition can be asked, and what a node does can be done. Asked before publishing; the refusal says why not.
    fn check_rule(&self, tx: &mut Tx<'_>, rule: &Value) -> Result<(), Refusal>;
    fn check_effect(&self, tx: &mut Tx<'_>, kind: &str, with: &Value) -> Result<(), Refusal>;
    /// Whether the answer to this rule would take in the log up to `seq`. Who comes to a condition right behind something they did waits until it does.
    fn sees(&self, _: &mut Tx<'_>, _rule: &Value, _seq: i64, _now: Time) -> Result<bool, Refusal> {
        Ok(true)
    }
    /// Of these people (roots) those the rule holds for.
    fn holds(&self, tx: &mut Tx<'_>, rule: &Value, people: &[PersonNum], now: Time) -> Result<Vec<PersonNum>, Refusal>;
    /// The people of an audience. Read outside of a writing unit.
    fn members(&self, tx: &mut Tx<'_>, audience: &str, now: Time) -> Result<Vec<PersonNum>, Refusal>;
    /// Takes over effects of one journey; answers each in its place.
    fn hand(&self, tx: &mut Tx<'_>, effects: &[Effect], now: Time) -> Result<Vec<Answer>, Refusal>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back() {
        let key = EffectKey { journey: 7, num: 1_203, entry: 1, step: 4 };
        assert_eq!(EffectKey::parse(&key.show()), Some(key));
        for wrong in ["", "journey:7:1203:1", "journey:7:1203:1:4:5", "journey:7:x:1:4", "order:7:1:1:4"] {
            assert_eq!(EffectKey::parse(wrong), None, "{wrong}");
        }
    }
}
