//! Forgetting one person, with a certificate that names nobody.

use crate::People;
use siyu_db::{DbError, Engine, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time, new_id};

/// What this crate removed; the layer above adds what others did before it writes the certificate.
#[derive(Clone, Debug)]
pub struct Erased {
    pub root: PersonNum,
    pub nodes: Vec<PersonNum>,
    pub identifiers: i64,
    pub events: i64,
}

/// Proof that an erasure took place. It holds no personal data; the digest binds its fields to the workspace's key.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub id: String,
    pub person: PersonNum,
    pub at: Time,
    pub by: String,
    pub reason: String,
    pub identifiers: i64,
    pub events: i64,
    pub orders: i64,
    pub digest: String,
}

impl People {
    /// Removes identifiers, profile, tags, consents, merge reasons and the content of events. The numbers stay, as tombstones: they answer
    /// `person_erased`, and totals of the shop stay right.
    pub fn erase(&self, tx: &mut Tx<'_>, root: PersonNum) -> Result<Erased, Refusal> {
        self.refuse_erased(tx, &[root])?;
        // A message of this person that is being saved now is waited for, and one that comes later finds the person gone.
        self.lock_living(tx, &[i64::from(root)], "UPDATE")?;
        let nodes = self.nodes(tx, root)?;
        let list: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let any = tx.any("num", 1);
        if tx.engine() == Engine::Sqlite {
            self.inner.index.forget(tx, &list)?;
        }
        let identifiers = tx.execute(&format!("DELETE FROM identifier WHERE {any}"), params![&list])? as i64;
        for table in ["person_trait", "person_tag", "tag_history", "consent", "identity_conflict"] {
            tx.execute(&format!("DELETE FROM {table} WHERE {any}"), params![&list])?;
        }
        let ends = (tx.any("node_a", 1), tx.any("node_b", 1));
        tx.execute(
            &format!("UPDATE merge_edge SET reason_hash = NULL, undo_reason = NULL WHERE {} OR {}", ends.0, ends.1),
            params![&list],
        )?;
        tx.execute(&format!("UPDATE person SET state = 2, source = '' WHERE {any}"), params![&list])?;
        let events = self.inner.log.erase(tx, &nodes)?;
        let inner = std::sync::Arc::clone(&self.inner);
        tx.on_rollback(move || inner.cache().clear());
        self.inner.cache().clear();
        Ok(Erased { root, nodes, identifiers, events })
    }
    pub fn certify(
        &self,
        tx: &mut Tx<'_>,
        erased: &Erased,
        orders: i64,
        by: &str,
        reason: &str,
        now: Time,
    ) -> Result<Certificate, Refusal> {
        let id = new_id("ers", now, &self.inner.chance);
        let text =
            format!("{id}|{}|{}|{by}|{}|{}|{orders}", self.id(erased.root), now.0, erased.identifiers, erased.events);
        let digest: String =
            self.inner.vault.sign("erasure-certificate", text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        tx.execute(
            "INSERT INTO erasure (id, num, at, by_actor, reason, identifiers, events, orders, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![&id, erased.root, now, by, reason, erased.identifiers, erased.events, orders, &digest],
        )?;
        Ok(Certificate {
            id,
            person: erased.root,
            at: now,
            by: by.into(),
            reason: reason.into(),
            identifiers: erased.identifiers,
            events: erased.events,
            orders,
            digest,
        })
    }
    pub fn certificates(&self, tx: &mut Tx<'_>, before: Option<&str>, limit: i64) -> Result<Vec<Certificate>, DbError> {
        tx.query("SELECT id, num, at, by_actor, reason, identifiers, events, orders, digest FROM erasure WHERE id < $1 ORDER BY id DESC LIMIT $2", params![before.unwrap_or("~"), limit], |row| {
            Ok(Certificate { id: row.text(0)?, person: row.num(1)?, at: row.time(2)?, by: row.text(3)?, reason: row.text(4)?, identifiers: row.int(5)?, events: row.int(6)?, orders: row.int(7)?, digest: row.text(8)? })
        })
    }
}
