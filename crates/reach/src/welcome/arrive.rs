//! Arrivals on their way to the disk, in the unit that keeps their callbacks.

use super::{BUDGET_SECONDS, BUDGET_SECONDS_MIN, SKIPPED, WAITING};
use siyu_contacts::Arrival;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{Refusal, Time, Vault};

const HALF_DAYS: i64 = 30;

/// Writes arrivals down. It exists before the mirror does, which calls it.
#[derive(Clone)]
pub struct Arrivals {
    vault: Vault,
}

struct Row {
    hash: String,
    code: Vec<u8>,
    until: Time,
    state: i64,
    reason: &'static str,
}

impl Arrivals {
    pub fn new(vault: Vault) -> Self {
        Self { vault }
    }

    /// Nothing while no welcome is active. One that comes without a code is written down as skipped, unless its welcome went with the
    /// half-added relation before.
    pub fn note(&self, tx: &mut Tx<'_>, arrivals: &[Arrival]) -> Result<(), Refusal> {
        if tx.opt("SELECT 1 FROM welcome_rule WHERE active = 1 LIMIT 1", &[], |row| row.int(0))?.is_none() {
            return Ok(());
        }
        let mut rows: Vec<(&Arrival, Row)> = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            if arrival.code.is_none() && greeted(tx, arrival)? {
                continue;
            }
            let row = self.row(arrival);
            // Two events of one unit may carry one code.
            if rows.iter().all(|(_, other)| other.hash != row.hash) {
                rows.push((arrival, row));
            }
        }
        let values: Vec<[Param<'_>; 14]> = rows
            .iter()
            .map(|(arrival, row)| {
                let ended = if row.state == SKIPPED { Param::from(arrival.received) } else { Param::Null };
                [
                    (&row.hash).into(),
                    (&arrival.contact).into(),
                    (&arrival.staff).into(),
                    (&arrival.userid).into(),
                    "".into(),
                    (&arrival.state).into(),
                    (&row.code).into(),
                    arrival.received.into(),
                    row.until.into(),
                    row.state.into(),
                    "".into(),
                    "".into(),
                    row.reason.into(),
                    ended,
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO welcome (hash, contact, staff, userid, store, channel, code, at, until, state, holder, rule, reason, ended_at)",
            "ON CONFLICT (hash) DO NOTHING",
            &values,
        )?;
        Ok(())
    }

    fn row(&self, arrival: &Arrival) -> Row {
        let hash = hash(&self.vault, arrival);
        match &arrival.code {
            Some(code) => Row {
                hash,
                code: self.vault.seal(code.as_bytes()),
                until: until(arrival.at, arrival.received),
                state: WAITING,
                reason: "",
            },
            None => Row { hash, code: Vec::new(), until: arrival.received, state: SKIPPED, reason: "no_code" },
        }
    }
}

/// What an arrival is known by: its code, which is good for one welcome; else its event.
pub(super) fn hash(vault: &Vault, arrival: &Arrival) -> String {
    let (domain, value) = match &arrival.code {
        Some(code) => ("welcome_code", code),
        None => ("welcome_event", &arrival.identity),
    };
    vault.digest(domain, value).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// By our clock. What the event's age says counts as long as it can be believed: clocks differ, and WeCom delivers again.
pub(super) fn until(at: Option<Time>, received: Time) -> Time {
    let age = at.map_or(0, |at| received.0.saturating_sub(at.0) / 1_000_000);
    let left = if (0..=20).contains(&age) { (BUDGET_SECONDS - age).max(BUDGET_SECONDS_MIN) } else { BUDGET_SECONDS };
    received.plus_seconds(left)
}

fn greeted(tx: &mut Tx<'_>, arrival: &Arrival) -> Result<bool, Refusal> {
    let sql = "SELECT 1 FROM welcome WHERE contact = $1 AND staff = $2 AND at > $3 LIMIT 1";
    // A member may confirm somebody who was added from one side days later.
    let since = arrival.received.plus_days(-HALF_DAYS);
    Ok(tx.opt(sql, params![&arrival.contact, &arrival.staff, since], |row| row.int(0))?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_follows_the_event_while_it_can_be_believed() {
        let received = Time::parse("2026-03-03T02:00:30Z").unwrap();
        let left = |at: &str| (until(Time::parse(at).ok(), received).0 - received.0) / 1_000_000;
        for (at, want) in [
            ("2026-03-03T02:00:30Z", 18),
            ("2026-03-03T02:00:20Z", 8),
            ("2026-03-03T02:00:12Z", 3),
            ("2026-03-03T02:00:10Z", 3),
            // Delivered much later, or a clock that is wrong: WeCom decides.
            ("2026-03-03T01:50:00Z", 18),
            ("2026-03-03T02:05:00Z", 18),
            ("never", 18),
        ] {
            assert_eq!(left(at), want, "{at}");
        }
    }
}
