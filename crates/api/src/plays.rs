//! Journeys, and whoever carries out what they decide.

use crate::workspace::Workspace;
use siyu_access::Locale;
use siyu_audience::{Audience, Ctx, Lang};
use siyu_contacts::Contacts;
use siyu_db::{Db, Tx};
use siyu_direct::Direct;
use siyu_guides::Guides;
use siyu_journeys::Journeys;
use siyu_kernel::{Chance, Clock, Currency, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_plays::{Around, Parts, Plays};
use siyu_reach::Reach;
use siyu_webhook::Sender;
use std::sync::Arc;

/// The workspace's settings.
struct Settings;

impl Around for Settings {
    fn ctx(&self, tx: &mut Tx<'_>, now: Time) -> Result<Ctx, Refusal> {
        let workspace = Workspace::load(tx)?;
        Ok(Ctx {
            now,
            zone: Zone::named(&workspace.timezone).unwrap_or_else(|_| Zone::shanghai()),
            currency: Currency::parse(&workspace.currency).unwrap_or(Currency::CNY),
            lang: if workspace.locale == Locale::Zh { Lang::Zh } else { Lang::En },
        })
    }
}

/// `sender`: how webhooks are sent.
#[allow(clippy::too_many_arguments, reason = "each is a part of the program that journeys work with")]
pub fn journeys(
    db: &Db,
    vault: &Vault,
    log: &Log,
    people: &People,
    contacts: &Contacts,
    audience: &Audience,
    reach: &Reach,
    direct: &Direct,
    guides: &Guides,
    sender: Arc<dyn Sender>,
    chance: &Arc<Chance>,
    clock: &Arc<dyn Clock>,
) -> (Plays, Journeys) {
    let plays = Plays::new(Parts {
        db: db.clone(),
        vault: vault.clone(),
        people: people.clone(),
        contacts: contacts.clone(),
        audience: audience.clone(),
        reach: reach.clone(),
        direct: direct.clone(),
        guides: guides.clone(),
        sender,
        chance: Arc::clone(chance),
        clock: Arc::clone(clock),
        around: Arc::new(Settings),
    });
    let (chance, clock) = (Arc::clone(chance), Arc::clone(clock));
    let journeys = Journeys::new(db.clone(), vault, log.clone(), chance, clock, Arc::new(plays.clone()));
    (plays, journeys)
}
