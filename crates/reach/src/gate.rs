//! The one door: everything that goes out to somebody is asked here first.
//!
//! Messages for many people are runs of the gate (`siyu_gate`), which can wait and keep their decisions. What goes out at once and keeps its own row
//! (a welcome) asks [`Reach::pass`]: there is no waiting, so whoever would have to wait is skipped, with the reason.

use crate::Reach;
use siyu_db::Tx;
pub use siyu_gate::Class;
use siyu_gate::{Candidate, Channel, Spec};
use siyu_kernel::{PersonNum, Refusal, Time};

/// Somebody is to receive something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// `None` while nobody knows yet who the customer is, or for what is not for one person.
    pub person: Option<PersonNum>,
    pub class: Class,
    /// `welcome`, `message`, or the word of another channel.
    pub way: &'static str,
    /// The rule or message it comes from.
    pub of: String,
    pub at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// Not sent, with the code of the reason.
    Skip(&'static str),
}

impl Reach {
    /// What every way out goes through before it makes anything of its content. Answers in the order of what was asked; keeps nothing.
    pub fn pass(&self, tx: &mut Tx<'_>, asks: &[Ask]) -> Result<Vec<Verdict>, Refusal> {
        let mut verdicts = vec![Verdict::Go; asks.len()];
        let mut kinds: Vec<(Class, Channel, Time)> = Vec::new();
        for ask in asks.iter().filter(|ask| ask.person.is_some()) {
            let kind = (ask.class, Channel::of_way(ask.way), ask.at);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if kinds.is_empty() {
            return Ok(verdicts);
        }
        let (_, zone) = self.parts().beside.brand(tx)?;
        for (class, channel, at) in kinds {
            let (places, candidates): (Vec<usize>, Vec<Candidate>) = asks
                .iter()
                .enumerate()
                .filter(|(_, ask)| (ask.class, Channel::of_way(ask.way), ask.at) == (class, channel, at))
                .filter_map(|(place, ask)| Some((place, Candidate { num: ask.person?, unreachable: None })))
                .unzip();
            // Nothing can wait here: it is over at once.
            let spec = Spec { run: 0, class, channel, worth: 0.0, holdout: 0.0, expires: Time(at.0 + 1) };
            for (place, judged) in places.into_iter().zip(self.parts().gate.look(tx, &spec, &candidates, &zone, at)?) {
                verdicts[place] = match judged.verdict {
                    siyu_gate::Verdict::Go { .. } => Verdict::Go,
                    siyu_gate::Verdict::Wait { because, .. } => Verdict::Skip(because),
                    siyu_gate::Verdict::Skip(reason) => Verdict::Skip(reason),
                };
            }
        }
        Ok(verdicts)
    }
}
