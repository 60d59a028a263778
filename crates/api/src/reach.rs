//! What reaching out asks of the rest of the platform.

use crate::workspace::Workspace;
use siyu_channels::Arrivals;
use siyu_contacts::Contacts;
use siyu_db::{Db, Tx};
use siyu_kernel::{Chance, Clock, PersonNum, Refusal, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_reach::{Beside, Entrance, Entrances, Parts, Reach};
use siyu_wecom::Wait;
use std::sync::Arc;

/// The shop, and the brand's settings.
pub(crate) struct Shop;

impl Beside for Shop {
    fn has_bought(&self, tx: &mut Tx<'_>, root: PersonNum) -> Result<bool, Refusal> {
        Ok(siyu_commerce::customer_totals(tx, &[root])?.iter().any(|own| own.orders > 0))
    }
    fn brand(&self, tx: &mut Tx<'_>) -> Result<(String, Zone), Refusal> {
        let workspace = Workspace::load(tx)?;
        Ok((workspace.name, Zone::named(&workspace.timezone).unwrap_or_else(|_| Zone::shanghai())))
    }
}

/// The live codes.
struct Codes(Arrivals);

impl Entrances for Codes {
    fn entrance(&self, tx: &mut Tx<'_>, state: &str) -> Result<Option<Entrance>, Refusal> {
        Ok(self.0.entrance(tx, state)?.map(|(channel, welcome)| Entrance { channel, welcome }))
    }
}

/// Welcomes and messages, with what the shop knows. `wait`: how the clock's time passes when a call has to pause.
#[allow(clippy::too_many_arguments, reason = "each is a part of the program that reaching out works with")]
pub fn reach(
    db: &Db,
    vault: &Vault,
    log: &Log,
    people: &People,
    contacts: &Contacts,
    chance: &Arc<Chance>,
    clock: &Arc<dyn Clock>,
    wait: Arc<dyn Wait>,
) -> Reach {
    let (chance, clock) = (Arc::clone(chance), Arc::clone(clock));
    let mut parts = Parts::new(db.clone(), vault.clone(), log.clone(), people.clone(), contacts.clone(), chance, clock);
    (parts.beside, parts.wait) = (Arc::new(Shop), wait);
    parts.ends = Arc::new(siyu_plays::Echo);
    parts.entrances = Arc::new(Codes(Arrivals::new(people.clone())));
    Reach::new(parts)
}
