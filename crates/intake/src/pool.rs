//! Imported people who are leads, too: whoever keeps the pool of leads takes them, in the same unit.

use crate::Intake;
use crate::import::{ImportKind, ImportOptions};
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal, Time};
use std::sync::Arc;

/// A person of a file, as the pool needs them.
#[derive(Clone, Debug)]
pub struct PoolRow {
    pub num: PersonNum,
    /// What the columns `store` and `note` say; empty when there is none.
    pub store: String,
    pub note: String,
}

/// Keeps leads. Putting the same people in again changes nothing.
pub trait Pool: Send + Sync {
    /// Errors: when there is no such channel.
    fn check(&self, tx: &mut Tx<'_>, channel: &str) -> Result<(), Refusal>;
    /// Answers how many of them are leads now who were none.
    fn put(&self, tx: &mut Tx<'_>, channel: &str, rows: &[PoolRow], now: Time) -> Result<u64, Refusal>;
}

impl Intake {
    /// Says who keeps leads. Without it, a file whose people are to be leads is refused.
    pub fn set_pool(&self, pool: Arc<dyn Pool>) {
        *self.inner.pool.write().unwrap_or_else(|broken| broken.into_inner()) = Some(pool);
    }
    /// Whether a file of this kind can be taken with these options. Errors: `import_leads`, and those of the pool.
    pub fn check_pool(&self, tx: &mut Tx<'_>, kind: ImportKind, options: &ImportOptions) -> Result<(), Refusal> {
        if !options.leads {
            return Ok(());
        }
        if kind != ImportKind::People {
            let en = "Only people can be leads.";
            return Err(Refusal::invalid("import_leads", en, "只有导入客户时才能加入线索公海。").field("options.leads"));
        }
        self.pool()?.check(tx, options.channel.as_deref().unwrap_or_default())
    }
    pub(crate) fn to_pool(
        &self,
        tx: &mut Tx<'_>,
        options: &ImportOptions,
        rows: &[PoolRow],
        now: Time,
    ) -> Result<u64, Refusal> {
        self.pool()?.put(tx, options.channel.as_deref().unwrap_or_default(), rows, now)
    }
    fn pool(&self) -> Result<Arc<dyn Pool>, Refusal> {
        let pool = self.inner.pool.read().unwrap_or_else(|broken| broken.into_inner()).clone();
        let none = || {
            let en = "Nobody keeps leads here; import the people without making them leads.";
            Refusal::invalid("import_leads", en, "此处没有线索池，请不要勾选“加入线索公海”。").field("options.leads")
        };
        pool.ok_or_else(none)
    }
}
