//! What became of messages and tasks goes back to the journeys that wait for it.

use siyu_db::{Tx, params};
use siyu_gate::End;
use siyu_guides::TaskEnds;
use siyu_journeys::{EffectKey, Outcome, Told, told};
use siyu_kernel::{PersonNum, Refusal};
use siyu_reach::Ends;
use std::collections::BTreeMap;

/// Knows what waits by its rows alone, so that it can be there before the journeys are.
pub struct Echo;

impl Ends for Echo {
    fn ended(&self, tx: &mut Tx<'_>, message: &str, ends: &[(PersonNum, End, &str)]) -> Result<(), Refusal> {
        let by_num: BTreeMap<PersonNum, Outcome> =
            ends.iter().filter_map(|(num, end, reason)| Some((*num, outcome(*end, reason)?))).collect();
        let nums: Vec<i64> = by_num.keys().map(|num| i64::from(*num)).collect();
        let sql = format!(
            "DELETE FROM play_message WHERE message = $1 AND {} RETURNING journey, num, entry, step, root",
            tx.any("root", 2)
        );
        let gone: Vec<(EffectKey, PersonNum)> = tx.query(&sql, params![message, &nums], |row| {
            let key = EffectKey { journey: row.num(0)?, num: row.num(1)?, entry: row.num(2)?, step: row.num(3)? };
            Ok((key, row.num(4)?))
        })?;
        let list = gone.into_iter().filter_map(|(key, root)| Some(Told { key, outcome: by_num.get(&root)?.clone() }));
        let list: Vec<Told> = list.collect();
        if list.is_empty() { Ok(()) } else { told(tx, &list) }
    }
}

fn outcome(end: End, reason: &str) -> Option<Outcome> {
    match end {
        End::Waiting => None,
        End::Sent => Some(Outcome::Done),
        End::Skipped => Some(Outcome::Skipped(reason.to_owned())),
        End::Failed => Some(Outcome::Failed(reason.to_owned())),
    }
}

impl TaskEnds for Echo {
    fn ended(&self, tx: &mut Tx<'_>, origin: &str, done: bool) -> Result<(), Refusal> {
        // Others give tasks with origins, too.
        let Some(key) = EffectKey::parse(origin) else { return Ok(()) };
        let outcome = if done { Outcome::Done } else { Outcome::Skipped("task_skipped".into()) };
        told(tx, &[Told { key, outcome }])
    }
}
