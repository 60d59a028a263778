//! Whom a reader may see.

use crate::Audience;
use crate::eval::Eval;
use crate::set::Set;
use roaring::RoaringBitmap;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    All,
    /// Codes. People with an order in one of these stores, and nobody else; an empty list sees nobody.
    Stores(Vec<String>),
}

pub(crate) fn set(eval: &mut Eval<'_, '_>, scope: &Scope) -> Result<Set, Refusal> {
    match scope {
        Scope::All => Ok(Set::everybody()),
        Scope::Stores(codes) => eval.stores(codes),
    }
}

impl Eval<'_, '_> {
    /// People with an order in one of the stores.
    pub(crate) fn stores(&mut self, codes: &[String]) -> Result<Set, Refusal> {
        let mut roots = RoaringBitmap::new();
        let one_of = self.tx.any("code", 1);
        let sql = format!("SELECT root FROM person_store WHERE store IN (SELECT id FROM store WHERE {one_of})");
        self.tx.each(&sql, params![codes], |row| {
            roots.insert(row.num(0)?);
            Ok(())
        })?;
        Ok(Set::These(roots))
    }
}

impl Audience {
    /// Whether this person may be shown to a reader of this scope. `root` is the person's number now.
    pub fn visible(&self, tx: &mut Tx<'_>, root: PersonNum, scope: &Scope) -> Result<bool, Refusal> {
        let Scope::Stores(codes) = scope else { return Ok(true) };
        let one_of = tx.any("code", 2);
        let sql = format!(
            "SELECT 1 FROM person_store WHERE root = $1 AND store IN (SELECT id FROM store WHERE {one_of}) LIMIT 1"
        );
        Ok(tx.opt(&sql, params![root, codes], |row| row.int(0))?.is_some())
    }
}
