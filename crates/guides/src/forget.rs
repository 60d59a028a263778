//! What is forgotten of somebody who is erased.

use crate::Guides;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal};

impl Guides {
    /// Takes notes, tasks and the stage of these identities away. Answers how many rows.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<u64, Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let mut gone = 0;
        for table in ["guide_note", "guide_task", "guide_place"] {
            gone += tx.execute(&format!("DELETE FROM {table} WHERE {}", tx.any("num", 1)), params![&nums])?;
        }
        Ok(gone)
    }
}
