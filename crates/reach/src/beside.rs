//! What lies beside this crate and is asked, not known.

use siyu_db::Tx;
use siyu_gate::End;
use siyu_kernel::{PersonNum, Refusal, Zone};

/// What the rest of the platform knows of people.
pub trait Beside: Send + Sync {
    /// Whether this person has bought.
    fn has_bought(&self, tx: &mut Tx<'_>, root: PersonNum) -> Result<bool, Refusal>;
    /// The brand's name, and the zone of its days.
    fn brand(&self, tx: &mut Tx<'_>) -> Result<(String, Zone), Refusal>;
}

/// Nobody has bought anything, in China.
pub struct Alone;
impl Beside for Alone {
    fn has_bought(&self, _: &mut Tx<'_>, _: PersonNum) -> Result<bool, Refusal> {
        Ok(false)
    }
    fn brand(&self, _: &mut Tx<'_>) -> Result<(String, Zone), Refusal> {
        Ok((String::new(), Zone::shanghai()))
    }
}

/// Whoever has somebody sent a message and waits for what becomes of it. Told in the unit in which it becomes known.
pub trait Ends: Send + Sync {
    /// By the numbers the message has people under. Never [`End::Waiting`].
    fn ended(&self, tx: &mut Tx<'_>, message: &str, ends: &[(PersonNum, End, &str)]) -> Result<(), Refusal>;
}

/// Nobody waits.
pub struct NoEnds;
impl Ends for NoEnds {
    fn ended(&self, _: &mut Tx<'_>, _: &str, _: &[(PersonNum, End, &str)]) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The ways in, known by the `state` that customers come with.
pub trait Entrances: Send + Sync {
    /// `None`: the state is nobody's, and stands for itself.
    fn entrance(&self, tx: &mut Tx<'_>, state: &str) -> Result<Option<Entrance>, Refusal>;
}

pub struct Entrance {
    /// The channel's code, which rules name.
    pub channel: String,
    /// The welcome rule that the live code names; `None` leaves it to the rules' order.
    pub welcome: Option<String>,
}

/// States stand for themselves.
pub struct NoEntrances;
impl Entrances for NoEntrances {
    fn entrance(&self, _: &mut Tx<'_>, _: &str) -> Result<Option<Entrance>, Refusal> {
        Ok(None)
    }
}
