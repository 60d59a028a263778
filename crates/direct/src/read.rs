//! How a message stands.

use crate::hold::channel_of;
use crate::{Content, DELIVERED, Direct, FAILED, SENDING, SKIPPED, TAKEN, TO_SEND, UNKNOWN};
use siyu_db::{Tx, params};
use siyu_gate::Channel;
use siyu_kernel::Refusal;
use siyu_reach::{BroadcastRow, VariantSums};

/// What carriers said of those who were let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Taken by a carrier, whatever came of it then.
    pub taken: i64,
    pub delivered: i64,
    /// Taken, and it did not arrive.
    pub bounced: i64,
    pub complained: i64,
    /// Nobody knows whether it went out.
    pub unknown: i64,
    /// Of SMS: what was billed, as far as the carrier said.
    pub parts: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DirectRow {
    pub channel: Channel,
    pub broadcast: BroadcastRow,
    pub delivery: Delivery,
    pub contents: Vec<Content>,
}

impl Direct {
    /// Whether this is a message of ours.
    pub fn knows(&self, tx: &mut Tx<'_>, id: &str) -> Result<bool, Refusal> {
        Ok(tx.opt("SELECT 1 FROM direct_message WHERE id = $1", params![id], |row| row.int(0))?.is_some())
    }
    /// Whether anything is left to be decided, sent or looked after.
    pub fn any_open(&self, tx: &mut Tx<'_>) -> Result<bool, Refusal> {
        let sql = "SELECT 1 FROM gate_run r JOIN direct_message m ON m.id = r.id WHERE r.ended_at IS NULL LIMIT 1";
        Ok(tx.opt(sql, &[], |row| row.int(0))?.is_some())
    }
    /// Errors: `broadcast_unknown`.
    pub fn row(&self, tx: &mut Tx<'_>, id: &str) -> Result<DirectRow, Refusal> {
        let sql = "SELECT channel, approval, asked_by, approved_by, approved_at, breaker, stopped FROM direct_message WHERE id = $1";
        let row = tx.opt(sql, params![id], |row| {
            let broadcast = BroadcastRow {
                test: None,
                id: id.to_owned(),
                approval: row.text(1)?,
                asked_by: row.text(2)?,
                approved_by: row.opt_text(3)?,
                approved_at: row.opt_time(4)?,
                breaker: row.real(5)?,
                stopped: row.opt_text(6)?,
                variants: Vec::new(),
            };
            Ok((channel_of(row.int(0)?), broadcast))
        })?;
        let (channel, mut broadcast) = row.ok_or_else(siyu_reach::broadcast_unknown)?;
        broadcast.test = siyu_reach::content_test(tx, id)?;
        let contents = self.contents(tx, id)?;
        broadcast.variants = vec![VariantSums::default(); contents.len()];
        let mut delivery = Delivery::default();
        let sql = "SELECT variant, state, CASE WHEN sent_at IS NULL THEN 0 ELSE 1 END, COUNT(*), CAST(SUM(complained) AS BIGINT), CAST(SUM(parts) AS BIGINT) FROM direct_person WHERE message = $1 GROUP BY 1, 2, 3";
        let rows = tx.query(sql, params![id], |row| {
            Ok((row.int(0)?, row.int(1)?, row.int(2)? == 1, row.int(3)?, row.int(4)?, row.int(5)?))
        })?;
        for (variant, state, taken, people, complained, parts) in rows {
            delivery.complained += complained;
            delivery.parts += parts;
            delivery.taken += if taken { people } else { 0 };
            match state {
                DELIVERED => delivery.delivered += people,
                FAILED if taken => delivery.bounced += people,
                UNKNOWN => delivery.unknown += people,
                _ => {}
            }
            let Some(own) = usize::try_from(variant).ok().and_then(|at| broadcast.variants.get_mut(at)) else {
                continue;
            };
            own.people += people;
            let place = match state {
                TO_SEND | SENDING => &mut own.waiting,
                // As the run counts it: what bounced later was sent.
                TAKEN | DELIVERED | FAILED if taken => &mut own.sent,
                SKIPPED => &mut own.skipped,
                _ => &mut own.failed,
            };
            *place += people;
        }
        Ok(DirectRow { channel, broadcast, delivery, contents })
    }
    /// How many messages that have not ended say something by this SMS template.
    pub fn uses(&self, tx: &mut Tx<'_>, template: &str) -> Result<i64, Refusal> {
        let sql = "SELECT m.id FROM direct_message m JOIN gate_run r ON r.id = m.id WHERE r.ended_at IS NULL AND m.channel = 1";
        let mut uses = 0;
        for id in tx.query(sql, &[], |row| row.text(0))? {
            let own = self.contents(tx, &id)?;
            uses += i64::from(own.iter().any(|own| matches!(own, Content::Sms(own) if own.template == template)));
        }
        Ok(uses)
    }
    /// Its own first.
    pub(crate) fn contents(&self, tx: &mut Tx<'_>, id: &str) -> Result<Vec<Content>, Refusal> {
        let sql = "SELECT content FROM direct_content WHERE message = $1 ORDER BY variant";
        let sealed = tx.query(sql, params![id], |row| row.blob(0))?;
        sealed.iter().map(|own| self.unseal(own)).collect()
    }
}
