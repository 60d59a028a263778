//! Webhooks of journeys: an address is told that somebody has come to a node.

use crate::Plays;
use crate::said::{HookSaid, parse};
use crate::world::failed;
use serde_json::json;
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_journeys::{Answer, Effect, EffectKey, Outcome, Told, told};
use siyu_kernel::{Refusal, Time};
use siyu_webhook::{Attempt, Hook, Key, Retry, Schedule, payload};

const TYPE: &str = "journey.step";

struct Due {
    key: EffectKey,
    url: String,
    body: Vec<u8>,
    tries: i64,
}

impl Plays {
    /// What receivers check signatures with: the same for all journeys of the workspace.
    pub fn hook_key(&self) -> Key {
        Key::Shared(self.inner.vault.sign("journey-webhooks", b"key").to_vec())
    }

    pub(crate) fn hook(&self, tx: &mut Tx<'_>, own: &Effect, now: Time) -> Result<Answer, Refusal> {
        self.keep_hook(tx, own, now).or_else(failed)
    }
    fn keep_hook(&self, tx: &mut Tx<'_>, own: &Effect, now: Time) -> Result<Answer, Refusal> {
        let said: HookSaid = parse(&own.with)?;
        let data = json!({
            "journey": own.journey, "journey_name": own.journey_name, "version": own.version, "node": own.node,
            "person": self.inner.people.id(own.root), "decided_at": own.decided_at,
        });
        let body = payload(TYPE, now, &data).map_err(Refusal::internal)?;
        let EffectKey { journey, num, entry, step } = own.key;
        tx.execute(
            "INSERT INTO play_hook (journey, num, entry, step, url, body, due_at, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
            params![journey, num, entry, step, &said.url, &self.inner.vault.seal(&body), now],
        )?;
        Ok(Answer::Later)
    }
    /// One that is on its way may arrive.
    pub(crate) fn withdraw_hooks<'e>(
        &self,
        tx: &mut Tx<'_>,
        effects: impl Iterator<Item = &'e Effect>,
    ) -> Result<(), Refusal> {
        for own in effects {
            end(tx, own.about)?;
        }
        Ok(())
    }

    /// Sends one that is due. The caller holds the lease; an attempt that nobody wrote down is made again, with the same id.
    pub fn work_hooks(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let sql = "SELECT journey, num, entry, step, url, body, tries, due_at FROM play_hook ORDER BY due_at, journey, num, entry, step LIMIT 1";
        let next = self.inner.db.read(|tx| {
            Ok(tx.opt(sql, &[], |row| {
                let key = EffectKey { journey: row.num(0)?, num: row.num(1)?, entry: row.num(2)?, step: row.num(3)? };
                Ok((Due { key, url: row.text(4)?, body: row.blob(5)?, tries: row.int(6)? }, row.time(7)?))
            })?)
        })?;
        let Some((due, at)) = next else { return Ok(Ran::Nothing) };
        if at > now {
            return Ok(Ran::Waits(at));
        }
        let body = self.inner.vault.open(&due.body).map_err(Refusal::internal)?;
        let keys = [self.hook_key()];
        let attempt = self.inner.sender.send(&Hook { url: &due.url, keys: &keys }, &due.key.show(), &body);
        let plays = self.clone();
        self.inner.db.transact(move |tx| plays.tried(tx, &due, &attempt))?;
        Ok(Ran::Went)
    }
    fn tried(&self, tx: &mut Tx<'_>, due: &Due, attempt: &Attempt) -> Result<(), Refusal> {
        let (now, key) = (self.now(), due.key);
        let outcome = match &attempt.outcome {
            Ok(()) => Outcome::Done,
            Err(error) => {
                let asked = match error.retry {
                    Retry::NotBefore(at) => Some(at),
                    _ => None,
                };
                let failures = usize::try_from(due.tries + 1).unwrap_or(usize::MAX);
                let again = Schedule::default().next(failures, now, asked, &self.inner.chance);
                if let Some(again) = again.filter(|_| error.is_retryable()) {
                    let EffectKey { journey, num, entry, step } = key;
                    let sql = "UPDATE play_hook SET due_at = $5, tries = tries + 1 WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4";
                    tx.execute(sql, params![journey, num, entry, step, again])?;
                    return Ok(());
                }
                Outcome::Failed(error.name().to_owned())
            }
        };
        // Taken back meanwhile: nobody waits for it.
        if end(tx, key)? { told(tx, &[Told { key, outcome }]) } else { Ok(()) }
    }
}

fn end(tx: &mut Tx<'_>, key: EffectKey) -> Result<bool, Refusal> {
    let EffectKey { journey, num, entry, step } = key;
    let sql = "DELETE FROM play_hook WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4";
    Ok(tx.execute(sql, params![journey, num, entry, step])? > 0)
}
