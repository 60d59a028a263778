//! What reaching out asks of the rest of the platform.

use crate::workspace::Workspace;
use siyu_channels::Arrivals;
use siyu_contacts::Contacts;
use siyu_db::{Db, Tx};
use siyu_gate::{Gate, RunRow};
use siyu_kernel::{Chance, Clock, Currency, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_people::People;
use siyu_reach::{Beside, ContentAgainst, ContentFigure, Entrance, Entrances, Goal, Judges, Parts, Reach, TestNumbers};
use siyu_trials::{Figures, Interval, Tested, What};
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

/// Orders and losses, counted by whoever compares groups.
struct Panel(Gate);

impl Judges for Panel {
    fn judge(&self, tx: &mut Tx<'_>, run: &RunRow, goal: Goal, until: Time) -> Result<TestNumbers, Refusal> {
        let what = match goal {
            Goal::Bought => What::Bought,
            Goal::Revenue => What::Revenue,
            Goal::Lost => What::Lost,
        };
        let currency = Currency::parse(&Workspace::load(tx)?.currency).unwrap_or(Currency::CNY);
        Ok(numbers(siyu_trials::of_test(tx, &self.0, run, what, currency, until)?, until))
    }
}

fn numbers(own: Tested, until: Time) -> TestNumbers {
    let figure = |(at, people): (usize, &i64)| {
        let (count, value) = match &own.figures {
            Figures::Shares(all) => (all[at].hits, all[at].rate()),
            Figures::Samples(all) => (all[at].some, all[at].mean()),
        };
        ContentFigure { people: *people, count, value }
    };
    let against = own.pick.against.iter().map(|one| {
        let interval = one.difference.map(|own| own.interval);
        ContentAgainst {
            content: one.arm as i64,
            difference: one.difference.map(|own| own.value),
            low: interval.map(|Interval { low, .. }| low),
            high: interval.map(|Interval { high, .. }| high),
            p: one.difference.map(|own| own.p),
        }
    });
    TestNumbers {
        until,
        best: own.pick.best as i64,
        winner: own.pick.winner.map(|at| at as i64),
        why: own.pick.why.name().to_owned(),
        against: against.collect(),
        contents: own.people.iter().enumerate().map(figure).collect(),
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
    parts.judges = Arc::new(Panel(Gate::new(vault)));
    parts.entrances = Arc::new(Codes(Arrivals::new(people.clone())));
    Reach::new(parts)
}
