//! What lies beside this crate and is asked, not known.

use siyu_db::Tx;
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

/// The ways in: whoever keeps live codes answers which welcome one of them names.
pub trait Entrances: Send + Sync {
    /// The welcome rule that the code with this `state` names; `None` leaves it to the rules' order.
    fn welcome_of(&self, tx: &mut Tx<'_>, state: &str) -> Result<Option<String>, Refusal>;
}

/// No code names a welcome.
pub struct NoEntrances;
impl Entrances for NoEntrances {
    fn welcome_of(&self, _: &mut Tx<'_>, _: &str) -> Result<Option<String>, Refusal> {
        Ok(None)
    }
}
