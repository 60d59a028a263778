//! From the identifiers of a message to one person.
//!
//! The rule, in order: (1) blocked values are ignored; (2) no identifier known → a new person; (3) identifiers of several people: the strongest
//! identifier's person is the base, and each further one joins it if its kind proves identity, limits hold, and nobody declared them different;
//! otherwise that identifier is not followed for this message, and the conflict is noted; (4) what is new attaches to the base.
//! A browser or device (kinds that do not prove) joins only when the two sides do not name different accounts of one kind: a shared tablet
//! must not merge a family.

use crate::People;
use crate::cache::Owner;
use crate::merge::{Merged, NewEdge};
use crate::rules::IdentityRules;
use crate::work::{ConflictRow, Work};
use siyu_db::{DbError, Engine, Param, Tx, params};
use siyu_kernel::{Digest128, Identifier, Kind, PersonNum, Refusal, Time};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// An identifier with its look-up digest, worked out off the writing thread.
#[derive(Clone, Debug)]
pub struct Hashed {
    pub identifier: Identifier,
    pub hash: Digest128,
}

/// The identifiers of one message. Order does not matter.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    pub identifiers: Vec<Hashed>,
    pub at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The node the message belongs to for ever.
    pub node: PersonNum,
    /// Its person when this unit commits.
    pub root: PersonNum,
    pub created: bool,
    /// Identifiers this message brought that nobody had.
    pub attached: usize,
    pub merges: Vec<Merged>,
}

impl People {
    /// Normalised identifiers to look-up form: blocked values dropped, doubles removed, strongest first.
    pub fn prepare(&self, identifiers: impl IntoIterator<Item = Identifier>, at: Time) -> Incoming {
        let rules = self.rules();
        let mut list: Vec<Hashed> = identifiers
            .into_iter()
            .filter(|identifier| !rules.is_blocked(identifier))
            .map(|identifier| self.hashed(identifier))
            .collect();
        list.sort_by(|a, b| {
            (rules.of(&a.identifier.kind).priority, &a.identifier)
                .cmp(&(rules.of(&b.identifier.kind).priority, &b.identifier))
        });
        list.dedup_by(|a, b| a.hash == b.hash);
        Incoming { identifiers: list, at }
    }
    pub fn hashed(&self, identifier: Identifier) -> Hashed {
        let hash = self.inner.vault.digest(&identifier.kind.name(), &identifier.value);
        Hashed { identifier, hash }
    }

    /// Resolves messages in order, each seeing what those before it did. `None` for a message without a usable identifier.
    pub fn resolve(
        &self,
        tx: &mut Tx<'_>,
        messages: &[Incoming],
        source: &str,
        now: Time,
    ) -> Result<Vec<Option<Resolved>>, Refusal> {
        let rules = self.rules();
        let mut work = self.look_up(tx, messages)?;
        let mut out: Vec<Option<Resolved>> = Vec::with_capacity(messages.len());
        for message in messages {
            out.push(if message.identifiers.is_empty() {
                None
            } else {
                Some(self.one(tx, &rules, &mut work, message, source, now)?)
            });
        }
        // A later message of the batch may have merged the person of an earlier one.
        for resolved in out.iter_mut().flatten() {
            resolved.root = work.moved.get(&resolved.node).copied().unwrap_or(resolved.root);
        }
        self.write(tx, work, source, now)?;
        Ok(out)
    }

    /// The person an identifier leads to, without creating anybody.
    pub fn by_identifier(
        &self,
        tx: &mut Tx<'_>,
        identifier: Identifier,
    ) -> Result<Option<(PersonNum, PersonNum)>, DbError> {
        let hash = self.hashed(identifier).hash;
        let owner = match tx.engine() {
            Engine::Sqlite => self.stored_owners(tx, &[hash])?.pop().map(|(_, owner)| owner),
            Engine::Postgres => tx.opt(
                "SELECT i.num, p.root FROM identifier i JOIN person p ON p.num = i.num WHERE i.hash = $1",
                params![&hash],
                |row| Ok(Owner { node: row.num(0)?, root: row.num(1)? }),
            )?,
        };
        Ok(owner.map(|owner| (owner.node, owner.root)))
    }

    fn look_up<'w>(&self, tx: &mut Tx<'_>, messages: &'w [Incoming]) -> Result<Work<'w>, DbError> {
        let mut work = Work::default();
        work.block = messages.len();
        let hashes: BTreeSet<Digest128> = messages.iter().flat_map(|m| &m.identifiers).map(|h| h.hash).collect();
        match tx.engine() {
            Engine::Sqlite => {
                {
                    let mut cache = self.inner.cache();
                    work.owners.extend(hashes.iter().map(|hash| (*hash, cache.get(hash))));
                }
                // In the order of the index, so that neighbours share their pages.
                let missing: Vec<Digest128> = hashes.into_iter().filter(|hash| work.owners[hash].is_none()).collect();
                for (at, owner) in self.stored_owners(tx, &missing)? {
                    self.inner.cache().put(missing[at], owner);
                    work.owners.insert(missing[at], Some(owner));
                }
            }
            Engine::Postgres => {
                let list: Vec<&[u8]> = hashes.iter().map(|hash| hash.as_slice()).collect();
                tx.each("SELECT i.hash, i.num, p.root FROM identifier i JOIN person p ON p.num = i.num WHERE i.hash = ANY($1)", &[Param::Blobs(&list)], |row| {
                    let hash: Digest128 = row.blob(0)?.try_into().map_err(|_| DbError::Decode("an identifier's digest has 16 bytes".into()))?;
                    work.owners.insert(hash, Some(Owner { node: row.num(1)?, root: row.num(2)? }));
                    Ok(())
                })?;
                self.hold(tx, &work, messages)?;
            }
        }
        Ok(work)
    }
    /// Units run side by side on PostgreSQL. Until the commit nobody may merge, split or erase a person that this unit resolves to, and only
    /// one unit at a time may attach to it or join it: what `resolve` answers stays true, limits hold, and two merges of the same people
    /// are one. The others wait here, find the root changed, and run again.
    fn hold(&self, tx: &mut Tx<'_>, work: &Work<'_>, messages: &[Incoming]) -> Result<(), DbError> {
        let (mut changing, mut reading) = (BTreeSet::new(), BTreeSet::new());
        for message in messages {
            let owners: Vec<Option<Owner>> = message.identifiers.iter().map(|h| work.owner(&h.hash)).collect();
            let roots: BTreeSet<i64> = owners.iter().flatten().map(|owner| i64::from(owner.root)).collect();
            let set = if roots.len() > 1 || owners.contains(&None) { &mut changing } else { &mut reading };
            set.extend(roots);
        }
        reading.retain(|root| !changing.contains(root));
        for (roots, strength) in [(changing, "NO KEY UPDATE"), (reading, "SHARE")] {
            self.lock_living(tx, &roots.into_iter().collect::<Vec<i64>>(), strength)?;
        }
        Ok(())
    }
    /// Locks roots in one order. One that is no root any more, or erased, means: run again.
    pub(crate) fn lock_living(&self, tx: &mut Tx<'_>, roots: &[i64], strength: &str) -> Result<(), DbError> {
        if roots.is_empty() || tx.engine() == Engine::Sqlite {
            return Ok(());
        }
        let sql = format!("SELECT num, root, state FROM person WHERE num = ANY($1) ORDER BY num FOR {strength}");
        let mut changed = false;
        tx.each(&sql, params![roots], |row| {
            changed |= row.int(0)? != row.int(1)? || row.int(2)? != 0;
            Ok(())
        })?;
        if changed { Err(DbError::Conflict("a person was merged or erased by another unit".into())) } else { Ok(()) }
    }

    fn one<'w>(
        &self,
        tx: &mut Tx<'_>,
        rules: &IdentityRules,
        work: &mut Work<'w>,
        message: &'w Incoming,
        source: &str,
        now: Time,
    ) -> Result<Resolved, Refusal> {
        let known = work.new_identifiers.len();
        let mut merges = Vec::new();
        let mut use_list: Vec<&'w Hashed> = message.identifiers.iter().collect();
        let base = loop {
            let Some(base) = use_list.iter().find_map(|h| work.owner(&h.hash)) else { break None };
            match self.too_weak_or_full(tx, rules, work, &use_list, base)? {
                None => break Some(base),
                Some((left_out, code, kind)) => {
                    work.conflicts.push(ConflictRow { num: base.node, code, kind, other: base.root, at: message.at });
                    use_list.retain(|h| h.hash != left_out);
                }
            }
        };
        let Some(base) = base else {
            let node = self.take_num(tx, work)?;
            let owner = work.create(node, message.at);
            for hashed in use_list {
                self.attach_within_limit(tx, rules, work, hashed, owner, message.at)?;
            }
            return Ok(Resolved {
                node: owner.node,
                root: owner.root,
                created: true,
                attached: work.new_identifiers.len() - known,
                merges,
            });
        };
        let mut root = base.root;
        for hashed in &use_list {
            let Some(other) = work.owner(&hashed.hash) else { continue };
            if other.root == root {
                continue;
            }
            match self.may_join(tx, rules, work, hashed, root, other.root)? {
                Ok(()) => {
                    let edge =
                        NewEdge { a: base.node, b: other.node, reason: Some(hashed), source, by: "rule", at: now };
                    let merged = self.join(tx, rules, work, root, other.root, &edge)?;
                    root = merged.kept;
                    merges.push(merged);
                }
                Err(Some(code)) => work.conflicts.push(ConflictRow {
                    num: base.node,
                    code,
                    kind: hashed.identifier.kind.name(),
                    other: other.root,
                    at: message.at,
                }),
                Err(None) => {}
            }
        }
        let owner = Owner { node: base.node, root };
        for hashed in use_list {
            if work.owner(&hashed.hash).is_none() {
                self.attach_within_limit(tx, rules, work, hashed, owner, message.at)?;
            }
        }
        Ok(Resolved { node: base.node, root, created: false, attached: work.new_identifiers.len() - known, merges })
    }

    /// Whether the base may be trusted for the new, stronger identifiers of this message; otherwise which identifier to leave out.
    fn too_weak_or_full(
        &self,
        tx: &mut Tx<'_>,
        rules: &IdentityRules,
        work: &mut Work<'_>,
        list: &[&Hashed],
        base: Owner,
    ) -> Result<Option<(Digest128, &'static str, String)>, DbError> {
        let link = list.iter().find(|h| work.owner(&h.hash) == Some(base)).expect("the base came from this list");
        let link_rule = rules.of(&link.identifier.kind);
        for hashed in list {
            if work.owner(&hashed.hash).is_some() {
                continue;
            }
            let rule = rules.of(&hashed.identifier.kind);
            if rule.priority >= link_rule.priority {
                continue;
            }
            let held = self.kinds(tx, work, base.root)?.of(&hashed.identifier.kind);
            if held >= rule.limit {
                return Ok(Some((link.hash, "limit_reached", hashed.identifier.kind.name())));
            }
            // A device that already belongs to another account says nothing about this one.
            if !link_rule.merges && rule.merges && held > 0 {
                return Ok(Some((link.hash, "shared_device", link.identifier.kind.name())));
            }
        }
        Ok(None)
    }

    /// `Err(None)`: not followed, and no conflict worth showing.
    fn may_join(
        &self,
        tx: &mut Tx<'_>,
        rules: &IdentityRules,
        work: &mut Work<'_>,
        by: &Hashed,
        a: PersonNum,
        b: PersonNum,
    ) -> Result<Result<(), Option<&'static str>>, DbError> {
        if self.is_split(tx, work, a, b)? {
            return Ok(Err(Some("declared_different")));
        }
        let (left, right) = (self.kinds(tx, work, a)?.clone(), self.kinds(tx, work, b)?);
        let proves = rules.of(&by.identifier.kind).merges;
        if !proves && left.iter().any(|(kind, _)| right.of(kind) > 0 && rules.of(kind).merges) {
            return Ok(Err(None));
        }
        let over = left.iter().any(|(kind, n)| right.of(kind) > 0 && n + right.of(kind) > rules.of(kind).limit);
        Ok(if over { Err(Some("limit_reached")) } else { Ok(()) })
    }

    fn attach_within_limit<'w>(
        &self,
        tx: &mut Tx<'_>,
        rules: &IdentityRules,
        work: &mut Work<'w>,
        hashed: &'w Hashed,
        owner: Owner,
        at: Time,
    ) -> Result<(), DbError> {
        let held = self.kinds(tx, work, owner.root)?.of(&hashed.identifier.kind);
        if held >= rules.of(&hashed.identifier.kind).limit {
            work.conflicts.push(ConflictRow {
                num: owner.node,
                code: "limit_reached",
                kind: hashed.identifier.kind.name(),
                other: owner.root,
                at,
            });
        } else {
            work.attach(hashed, owner, at);
        }
        Ok(())
    }

    fn write(&self, tx: &mut Tx<'_>, mut work: Work<'_>, source: &str, now: Time) -> Result<(), Refusal> {
        let root_of = |num: PersonNum| work.moved.get(&num).copied().unwrap_or(num);
        let people: Vec<[Param<'_>; 4]> = work
            .new_people
            .iter()
            .map(|(num, at)| [(*num).into(), root_of(*num).into(), (*at).min(now).into(), source.into()])
            .collect();
        tx.bulk("INSERT INTO person (num, root, created_at, source)", "", &people)?;
        self.write_identifiers(tx, &mut work, source)?;
        work.conflicts.sort_by(|a, b| (a.num, a.code, &a.kind, a.other).cmp(&(b.num, b.code, &b.kind, b.other)));
        for row in &work.conflicts {
            tx.execute(
                "INSERT INTO identity_conflict (num, code, kind, other, at, times) VALUES ($1, $2, $3, $4, $5, 1)
                 ON CONFLICT (num, code, kind, other) DO UPDATE SET at = excluded.at, times = identity_conflict.times + 1",
                params![row.num, row.code, &row.kind, row.other, row.at],
            )?;
        }
        if !work.moved.is_empty() {
            self.remember_moves(tx, work.moved.iter().map(|(node, root)| (*node, *root)));
        }
        Ok(())
    }
    fn write_identifiers(&self, tx: &mut Tx<'_>, work: &mut Work<'_>, source: &str) -> Result<(), Refusal> {
        if work.new_identifiers.is_empty() {
            return Ok(());
        }
        // In the order of the index: neighbours share their pages, and two units that bring the same ones cannot dead-lock.
        match tx.engine() {
            Engine::Sqlite => work.new_identifiers.sort_unstable_by_key(|(hashed, node, _)| (*node, hashed.hash)),
            Engine::Postgres => work.new_identifiers.sort_unstable_by_key(|(hashed, _, _)| hashed.hash),
        }
        let values: Vec<Cow<'_, [u8]>> =
            work.new_identifiers.iter().map(|(hashed, _, _)| self.stored(&hashed.identifier)).collect();
        let kinds: Vec<Cow<'_, str>> =
            work.new_identifiers.iter().map(|(hashed, _, _)| kind_name(&hashed.identifier.kind)).collect();
        let rows: Vec<[Param<'_>; 6]> = work
            .new_identifiers
            .iter()
            .zip(values.iter().zip(&kinds))
            .map(|((hashed, node, at), (value, kind))| {
                [
                    (&hashed.hash).into(),
                    (*node).into(),
                    (&**kind).into(),
                    (&**value).into(),
                    (*at).into(),
                    source.into(),
                ]
            })
            .collect();
        let collide = if tx.engine() == Engine::Postgres { "ON CONFLICT (hash) DO NOTHING" } else { "" };
        let written = tx.bulk("INSERT INTO identifier (hash, num, kind, value, first_at, source)", collide, &rows)?;
        if written != rows.len() as u64 {
            // Another unit attached one of them meanwhile: run again and see it.
            return Err(DbError::Conflict("an identifier was attached by another unit".into()).into());
        }
        if tx.engine() == Engine::Sqlite {
            let added: Vec<_> = work.new_identifiers.iter().map(|(hashed, node, _)| (&hashed.hash, *node)).collect();
            self.inner.index.add(tx, &added)?;
            let inner = std::sync::Arc::clone(&self.inner);
            tx.on_rollback(move || inner.cache().clear());
            let mut cache = self.inner.cache();
            for (hashed, node, _) in &work.new_identifiers {
                cache.put(hashed.hash, work.owner(&hashed.hash).unwrap_or(Owner { node: *node, root: *node }));
            }
        }
        Ok(())
    }
    /// Who holds these identifiers, on SQLite: (which one, its owner).
    fn stored_owners(&self, tx: &mut Tx<'_>, hashes: &[Digest128]) -> Result<Vec<(usize, Owner)>, DbError> {
        let candidates = self.inner.index.candidates(tx, hashes)?;
        let held: Vec<[Param<'_>; 2]> =
            candidates.iter().map(|(at, node)| [(*node).into(), (&hashes[*at]).into()]).collect();
        let mut owners = Vec::with_capacity(held.len());
        // Not a join: SQLite plans a join with a parameter anew each time it is bound, which costs more than the look-ups.
        tx.query_all("SELECT 1 FROM identifier WHERE num = $1 AND hash = $2", &held, |which, _| {
            let (at, node) = candidates[which];
            owners.push((at, Owner { node, root: node }));
            Ok(())
        })?;
        let nodes: Vec<[Param<'_>; 1]> = owners.iter().map(|(_, owner)| [owner.node.into()]).collect();
        tx.query_all("SELECT root FROM person WHERE num = $1", &nodes, |which, row| {
            owners[which].1.root = row.num(0)?;
            Ok(())
        })?;
        Ok(owners)
    }
    fn stored<'i>(&self, identifier: &'i Identifier) -> Cow<'i, [u8]> {
        if identifier.kind.is_sealed() {
            Cow::Owned(self.inner.vault.seal(identifier.value.as_bytes()))
        } else {
            Cow::Borrowed(identifier.value.as_bytes())
        }
    }
}

fn kind_name(kind: &Kind) -> Cow<'_, str> {
    match kind {
        Kind::Ext(_) => Cow::Owned(kind.name()),
        named => Cow::Borrowed(named.word()),
    }
}
