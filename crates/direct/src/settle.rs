//! What became of people: the row, the decision, the event, and whoever waits for it, in one unit.

use crate::{Direct, FAILED, SKIPPED, TAKEN, UNKNOWN};
use siyu_db::{Tx, params};
use siyu_gate::RunRow;
use siyu_kernel::{Event, EventKind, PersonNum, Refusal, Time};
use siyu_reach::names;

/// Nobody knows whether it went out: it counts as had, and is not sent again.
pub(crate) const OUTCOME_UNKNOWN: &str = "outcome_unknown";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Sent,
    Skipped,
    Failed,
}

impl Direct {
    /// Those of them who had not come to an end: they have now. Rows that are not there are those nobody has decided yet.
    pub(crate) fn settle(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        nums: &[PersonNum],
        end: End,
        reason: &str,
        at: Time,
    ) -> Result<(), Refusal> {
        if nums.is_empty() {
            return Ok(());
        }
        let gate = &self.parts().gate;
        let list: Vec<i64> = nums.iter().map(|num| i64::from(*num)).collect();
        let state = match end {
            End::Sent => TAKEN,
            End::Skipped => SKIPPED,
            End::Failed if reason == OUTCOME_UNKNOWN => UNKNOWN,
            End::Failed => FAILED,
        };
        let sent_at = (end == End::Sent).then_some(at);
        let sql = format!(
            "UPDATE direct_person SET state = $3, reason = $4, sent_at = $5, at = $6 WHERE message = $1 AND state IN (0, 1) AND {}",
            tx.any("num", 2)
        );
        tx.execute(&sql, params![message, &list, state, reason, sent_at, at])?;
        let (gone, what, told) = match end {
            End::Sent => (gate.sent(tx, message, nums, at)?, names::MESSAGE_SENT, siyu_gate::End::Sent),
            End::Skipped => {
                (gate.skipped(tx, message, nums, reason, at)?, names::MESSAGE_SKIPPED, siyu_gate::End::Skipped)
            }
            End::Failed => (gate.failed(tx, message, nums, reason, at)?, names::MESSAGE_FAILED, siyu_gate::End::Failed),
        };
        if gone.is_empty() {
            return Ok(());
        }
        let ends: Vec<_> = gone.iter().map(|num| (*num, told, reason)).collect();
        self.parts().ends.ended(tx, message, &ends)?;
        let run = gate.run(tx, message)?;
        for num in gone {
            self.append(tx, &run, what, num, reason, at)?;
        }
        if end == End::Failed { self.trip(tx, message, at) } else { Ok(()) }
    }
    /// Of those whom the gate itself has skipped.
    pub(crate) fn tell_skipped(
        &self,
        tx: &mut Tx<'_>,
        run: &RunRow,
        skipped: &[(PersonNum, &str)],
        at: Time,
    ) -> Result<(), Refusal> {
        if skipped.is_empty() {
            return Ok(());
        }
        let ends: Vec<_> = skipped.iter().map(|(num, reason)| (*num, siyu_gate::End::Skipped, *reason)).collect();
        self.parts().ends.ended(tx, &run.id, &ends)?;
        for (num, reason) in skipped {
            self.append(tx, run, names::MESSAGE_SKIPPED, *num, reason, at)?;
        }
        Ok(())
    }
    fn append(
        &self,
        tx: &mut Tx<'_>,
        run: &RunRow,
        name: &str,
        person: PersonNum,
        reason: &str,
        at: Time,
    ) -> Result<(), Refusal> {
        let log = &self.parts().log;
        let id = format!("reach:message:{}:{person}", run.id);
        let digest = log.digest(&id);
        if !log.digest_is_new(tx, digest)? {
            return Ok(());
        }
        let mut properties =
            serde_json::json!({ "message": run.id, "message_name": run.name, "channel": run.channel.name() });
        if !reason.is_empty() {
            properties["reason"] = reason.into();
        }
        let event = Event {
            message_id: id,
            kind: EventKind::Track,
            name: name.to_owned(),
            person,
            at: at.in_range().unwrap_or(at),
            received_at: at,
            source: run.channel.name().to_owned(),
            body: serde_json::json!({ "properties": properties }).to_string(),
        };
        log.append_digested(tx, event, digest);
        Ok(())
    }
}
