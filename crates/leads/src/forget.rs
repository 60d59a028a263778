//! What is forgotten of somebody who is erased.

use crate::Leads;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal};

impl Leads {
    /// Takes the leads of these identities, and all their moves. Answers how many leads there were.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<u64, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let mine = tx.any("num", 1);
        tx.execute(&format!("DELETE FROM lead_move WHERE lead IN (SELECT id FROM lead WHERE {mine})"), params![&nums])?;
        Ok(tx.execute(&format!("DELETE FROM lead WHERE {mine}"), params![&nums])?)
    }
}
