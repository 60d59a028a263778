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
    /// Codes. People with an order in one of these stores, and customers of their staff; an empty list sees nobody.
    Stores(Vec<String>),
    /// Customers of one member of staff (by the key of WeCom's mirror), with what they bought in these stores.
    Staff { key: String, stores: Vec<String> },
}

impl Scope {
    /// Codes of the stores whose orders are shown; `None` for all.
    pub fn stores(&self) -> Option<&[String]> {
        match self {
            Self::All => None,
            Self::Stores(codes) | Self::Staff { stores: codes, .. } => Some(codes),
        }
    }
}

pub(crate) fn set(eval: &mut Eval<'_, '_>, scope: &Scope) -> Result<Set, Refusal> {
    match scope {
        Scope::All => Ok(Set::everybody()),
        Scope::Stores(codes) => Ok(eval.stores(codes)?.or(Set::These(friends(eval.tx, scope)?))),
        Scope::Staff { .. } => Ok(Set::These(friends(eval.tx, scope)?)),
    }
}

/// Whose customers the mirror of WeCom says they are: one member's, or those of a store's staff.
const FRIENDS: &str = "FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num WHERE f.status IN (0, 1) AND";

/// The condition that follows [`FRIENDS`], with its list bound at `$at`.
fn theirs(tx: &Tx<'_>, scope: &Scope, at: usize) -> String {
    match scope {
        Scope::Staff { .. } => tx.any("f.staff", at),
        _ => format!("f.staff IN (SELECT key FROM wecom_staff WHERE {})", tx.any("store", at)),
    }
}
fn list(scope: &Scope) -> Vec<String> {
    match scope {
        Scope::All => Vec::new(),
        Scope::Stores(codes) => codes.clone(),
        Scope::Staff { key, .. } => vec![key.clone()],
    }
}

/// Customers of the staff a scope means: roots. Nobody's when it means nobody.
pub(crate) fn friends(tx: &mut Tx<'_>, scope: &Scope) -> Result<RoaringBitmap, Refusal> {
    let (list, mut roots) = (list(scope), RoaringBitmap::new());
    if list.is_empty() {
        return Ok(roots);
    }
    let sql = format!("SELECT DISTINCT p.root {FRIENDS} {}", theirs(tx, scope, 1));
    tx.each(&sql, params![&list], |row| {
        roots.insert(row.num(0)?);
        Ok(())
    })?;
    Ok(roots)
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
        if *scope == Scope::All {
            return Ok(true);
        }
        if let Scope::Stores(codes) = scope {
            let one_of = tx.any("code", 2);
            let sql = format!(
                "SELECT 1 FROM person_store WHERE root = $1 AND store IN (SELECT id FROM store WHERE {one_of}) LIMIT 1"
            );
            if tx.opt(&sql, params![root, codes], |row| row.int(0))?.is_some() {
                return Ok(true);
            }
        }
        let sql = format!("SELECT 1 {FRIENDS} {} AND p.root = $2 LIMIT 1", theirs(tx, scope, 1));
        Ok(tx.opt(&sql, params![&list(scope), root], |row| row.int(0))?.is_some())
    }
}
