//! What carriers say later of what they have taken.

use crate::hold::number;
use crate::settle::End;
use crate::{DELIVERED, Direct, FAILED, Reported, SENDING, TAKEN, UNKNOWN};
use siyu_db::{Param, Tx, params};
use siyu_gate::Channel;
use siyu_kernel::{PersonNum, Refusal, Time};

impl Direct {
    /// By the id the message went out under: of the Message-ID or the return path of a mail; the `out_id` of an SMS, with its number. Answers whether it
    /// is one of ours. That something arrived is not taken back. The run counts what is sent as it was settled first: a bounce is told beside it.
    pub fn reported(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        id: &str,
        address: Option<&str>,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal> {
        if id.is_empty() {
            return Ok(false);
        }
        // Servers may have changed the case of an address.
        let id = id.to_ascii_lowercase();
        let digest = match (channel, address) {
            (Channel::Sms, Some(raw)) => {
                let Ok(phone) = siyu_sms::Phone::parse(raw) else { return Ok(false) };
                Some(self.digest_of(phone.e164()))
            }
            (Channel::Sms, None) => return Ok(false),
            _ => None,
        };
        let by = "SELECT message, num, state FROM direct_person WHERE id = $1 AND channel = $2";
        let sql = if digest.is_some() { format!("{by} AND address = $3") } else { by.to_owned() };
        let mut with: Vec<Param<'_>> = params![&id, number(channel)].to_vec();
        if let Some(digest) = &digest {
            with.push(digest.into());
        }
        let found: Option<(String, PersonNum, i64)> =
            tx.opt(&sql, &with, |row| Ok((row.text(0)?, row.num(1)?, row.int(2)?)))?;
        let Some((message, num, mut state)) = found else { return Ok(false) };
        if state == SENDING {
            // It has been sent, whatever comes of the answer.
            self.settle(tx, &message, &[num], End::Sent, "", at)?;
            state = TAKEN;
        }
        match what {
            Reported::Delivered if [TAKEN, UNKNOWN].contains(&state) => {
                self.to(tx, &message, num, DELIVERED, "", at)?
            }
            Reported::Failed(code) if [TAKEN, UNKNOWN].contains(&state) => {
                self.to(tx, &message, num, FAILED, code, at)?;
            }
            Reported::Complained => {
                let sql = "UPDATE direct_person SET complained = 1 WHERE message = $1 AND num = $2";
                tx.execute(sql, params![&message, num])?;
                if [TAKEN, UNKNOWN].contains(&state) {
                    self.to(tx, &message, num, DELIVERED, "", at)?;
                }
            }
            Reported::Delivered | Reported::Failed(_) => {}
        }
        Ok(true)
    }
    /// The address a mail went to, as long as its receiver has it.
    pub fn went_to(&self, tx: &mut Tx<'_>, channel: Channel, id: &str) -> Result<Option<String>, Refusal> {
        let sql = "SELECT num, address FROM direct_person WHERE id = $1 AND channel = $2";
        let id = id.to_ascii_lowercase();
        let mut found = tx.query(sql, params![&id, number(channel)], |row| Ok((row.num(0)?, row.opt_blob(1)?)))?;
        // An SMS goes out under the id of its batch, which has several numbers.
        let (Some((num, Some(digest))), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
        Ok(self.held_by(tx, channel, num)?.into_iter().find(|own| self.digest_of(own) == digest))
    }
    fn to(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        num: PersonNum,
        state: i64,
        reason: &str,
        at: Time,
    ) -> Result<(), Refusal> {
        let sql = "UPDATE direct_person SET state = $3, reason = $4, at = $5 WHERE message = $1 AND num = $2";
        tx.execute(sql, params![message, num, state, reason, at])?;
        Ok(())
    }
}
