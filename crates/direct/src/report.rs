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
        let Some(found) = found else { return Ok(false) };
        self.hear(tx, found, what, at)?;
        Ok(true)
    }
    /// Of an SMS, by what the provider calls it: for reports that do not bring our own id back. One that is here before the answer to its message is kept
    /// until that comes, and counts as none of ours until then.
    pub fn reported_as(
        &self,
        tx: &mut Tx<'_>,
        taken_as: &str,
        phone: &str,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal> {
        let Ok(phone) = siyu_sms::Phone::parse(phone) else { return Ok(false) };
        if taken_as.is_empty() {
            return Ok(false);
        }
        let (taken_as, digest) = (taken_as.to_ascii_lowercase(), self.digest_of(phone.e164()));
        let sql =
            "SELECT message, num, state FROM direct_person WHERE taken_as = $1 AND taken_as <> '' AND address = $2";
        let found = tx.opt(sql, params![&taken_as, &digest], |row| Ok((row.text(0)?, row.num(1)?, row.int(2)?)))?;
        if let Some(found) = found {
            self.hear(tx, found, what, at)?;
            return Ok(true);
        }
        let failed = match what {
            Reported::Failed(code) => code.as_str(),
            Reported::Delivered | Reported::Complained => "",
        };
        let now = self.now();
        tx.execute("DELETE FROM direct_early WHERE at < $1", params![now.plus_days(-1)])?;
        let sql = "INSERT INTO direct_early (taken_as, address, failed, at) VALUES ($1, $2, $3, $4) ON CONFLICT (taken_as, address) DO NOTHING";
        tx.execute(sql, params![&taken_as, &digest, failed, now])?;
        Ok(false)
    }
    /// What was reported of these people of a message before it was known what the provider calls their SMS.
    pub(crate) fn hear_early(
        &self,
        tx: &mut Tx<'_>,
        message: &str,
        nums: impl Iterator<Item = PersonNum>,
        now: Time,
    ) -> Result<(), Refusal> {
        let list: Vec<i64> = nums.map(i64::from).collect();
        let sql = format!(
            "SELECT d.num, d.state, e.taken_as, e.address, e.failed FROM direct_person d
              JOIN direct_early e ON e.taken_as = d.taken_as AND e.address = d.address
            WHERE d.message = $1 AND d.taken_as <> '' AND {}",
            tx.any("d.num", 2)
        );
        let early = tx.query(&sql, params![message, &list], |row| {
            Ok((row.num(0)?, row.int(1)?, row.text(2)?, row.blob(3)?, row.text(4)?))
        })?;
        for (num, state, taken_as, address, failed) in early {
            let what = if failed.is_empty() { Reported::Delivered } else { Reported::Failed(failed) };
            self.hear(tx, (message.to_owned(), num, state), &what, now)?;
            let sql = "DELETE FROM direct_early WHERE taken_as = $1 AND address = $2";
            tx.execute(sql, params![&taken_as, &address])?;
        }
        Ok(())
    }
    fn hear(
        &self,
        tx: &mut Tx<'_>,
        (message, num, mut state): (String, PersonNum, i64),
        what: &Reported,
        at: Time,
    ) -> Result<(), Refusal> {
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
        Ok(())
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
