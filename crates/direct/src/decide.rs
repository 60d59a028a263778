//! From the gate's decisions to people who are to be sent something.

use crate::hold::number;
use crate::{Direct, TO_SEND};
use siyu_contacts::Ran;
use siyu_db::{Param, Tx, params};
use siyu_gate::{Channel, Due, Verdict};
use siyu_kernel::{Chance, PersonNum, Refusal, Time};
use siyu_reach::chosen_content;

impl Direct {
    /// One unit of what the gate has to decide on the channels of ours. The caller holds the lease.
    pub fn work_gate(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        match self.parts().db.read(|tx| self.parts().gate.due(tx, Channel::is_direct, now))? {
            Due::Nothing => Ok(Ran::Nothing),
            Due::Later(at) => Ok(Ran::Waits(at)),
            due => {
                let direct = self.clone();
                self.parts().db.transact(move |tx| direct.decide(tx, &due, now))?;
                Ok(Ran::Went)
            }
        }
    }

    pub(crate) fn decide(&self, tx: &mut Tx<'_>, due: &Due, now: Time) -> Result<(), Refusal> {
        let gate = &self.parts().gate;
        let Some(taken) = gate.take(tx, due, now)? else { return Ok(()) };
        let run = &taken.run;
        let (_, zone) = self.parts().beside.brand(tx)?;
        let addresses = match taken.closing {
            Some(_) => Default::default(),
            None => self.addresses(tx, run.channel, &taken.nums)?,
        };
        let judged = gate.decide(tx, &taken, &Self::candidates(&taken.nums, &addresses), &zone, now)?;
        let variants =
            tx.one("SELECT COUNT(*) FROM direct_content WHERE message = $1", params![&run.id], |row| row.int(0))?;
        let chosen = chosen_content(tx, &run.id)?;
        let mut going: Vec<(PersonNum, i64, String)> = Vec::new();
        let mut skipped: Vec<(PersonNum, &str)> = Vec::new();
        for own in judged {
            match own.verdict {
                Verdict::Go { .. } => {
                    let variant = chosen.unwrap_or_else(|| self.variant_of(run.num, own.root, variants));
                    going.push((own.num, variant, new_id()));
                }
                Verdict::Skip(reason) => skipped.push((own.num, reason)),
                Verdict::Wait { .. } => {}
            }
        }
        let rows: Vec<[Param<'_>; 13]> = going
            .iter()
            .map(|(num, variant, id)| {
                [
                    (&run.id).into(),
                    (*num).into(),
                    number(run.channel).into(),
                    (*variant).into(),
                    id.into(),
                    TO_SEND.into(),
                    "".into(),
                    now.into(),
                    0_i64.into(),
                    0_i64.into(),
                    0_i64.into(),
                    now.into(),
                    i64::from(chosen.is_some()).into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO direct_person (message, num, channel, variant, id, state, reason, due_at, tries, parts, complained, at, rest)",
            "",
            &rows,
        )?;
        self.tell_skipped(tx, run, &skipped, now)
    }

    /// The same person gets the same content in every process: drawn by number.
    fn variant_of(&self, run: u32, root: PersonNum, variants: i64) -> i64 {
        if variants < 2 {
            return 0;
        }
        let drawn = self.parts().vault.derived64(&format!("variant:{run}")).wrapping_add(u64::from(root));
        // One round of splitmix: neighbours do not get the same.
        let mut z = drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * variants as u128) >> 64) as i64
    }
}

/// Up to 32 letters and digits, which nobody can guess: reports name it.
pub(crate) fn new_id() -> String {
    format!("{:032x}", u128::from_be_bytes(Chance::secret()))
}

/// The first instant after this one.
pub(crate) fn after(at: Time) -> Time {
    Time(at.0 + 1)
}
