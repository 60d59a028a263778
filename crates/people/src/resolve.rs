//! From the identifiers of a message to one person.
//!
//! The rule, in order: (1) blocked values are ignored; (2) no identifier known → a new person; (3) identifiers of several people: the strongest
//! identifier's person is the base, and each further one joins it if its kind proves identity, limits hold, and nobody declared them different;
//! otherwise that identifier is not followed for this message, and the conflict is noted; (4) what is new attaches to the base.
//! A browser or device (kinds that do not prove) joins only when the two sides do not name different accounts of one kind: a shared tablet
//! must not merge a family.

use crate::cache::Owner;
use crate::merge::{Merged, NewEdge};
use crate::rules::IdentityRules;
use crate::People;
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Engine, Param, Tx, params};
use siyu_kernel::{Digest128, Identifier, PersonNum, Refusal, Time};

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
    pub merges: Vec<Merged>,
}

/// The state of one call: what was looked up, and what will be written.
pub(crate) struct Work<'w> {
    pub owners: FxHashMap<Digest128, Option<Owner>>,
    pub moved: FxHashMap<PersonNum, PersonNum>,
    pub new_people: Vec<(PersonNum, Time)>,
    pub new_identifiers: Vec<(&'w Hashed, PersonNum, Time)>,
    pub kinds: FxHashMap<PersonNum, FxHashMap<String, i64>>,
    pub conflicts: Vec<(PersonNum, &'static str, String, PersonNum, Time)>,
    pub free_nums: std::vec::IntoIter<PersonNum>,
}

impl People {
    /// Normalised identifiers to look-up form: blocked values dropped, doubles removed, strongest first.
    pub fn prepare(&self, identifiers: impl IntoIterator<Item = Identifier>, at: Time) -> Incoming {
        let rules = self.rules();
        let mut list: Vec<Hashed> = identifiers.into_iter().filter(|identifier| !rules.is_blocked(identifier)).map(|identifier| self.hashed(identifier)).collect();
        list.sort_by(|a, b| (rules.of(&a.identifier.kind).priority, &a.identifier).cmp(&(rules.of(&b.identifier.kind).priority, &b.identifier)));
        list.dedup_by(|a, b| a.hash == b.hash);
        Incoming { identifiers: list, at }
    }
    pub fn hashed(&self, identifier: Identifier) -> Hashed {
        let hash = self.inner.vault.digest(&identifier.kind.name(), &identifier.value);
        Hashed { identifier, hash }
    }

    /// Resolves messages in order, each seeing what those before it did. `None` for a message without a usable identifier.
    pub fn resolve(&self, tx: &mut Tx<'_>, messages: &[Incoming], source: &str, now: Time) -> Result<Vec<Option<Resolved>>, Refusal> {
        let rules = self.rules();
        let mut work = self.look_up(tx, messages)?;
        let mut out = Vec::with_capacity(messages.len());
        for message in messages {
            out.push(if message.identifiers.is_empty() { None } else { Some(self.one(tx, &rules, &mut work, message, source, now)?) });
        }
        self.write(tx, work, source, now)?;
        Ok(out)
    }

    /// The person an identifier leads to, without creating anybody.
    pub fn by_identifier(&self, tx: &mut Tx<'_>, identifier: Identifier) -> Result<Option<(PersonNum, PersonNum)>, DbError> {
        let hashed = self.hashed(identifier);
        tx.opt("SELECT i.num, p.root FROM identifier i JOIN person p ON p.num = i.num WHERE i.hash = $1", params![&hashed.hash], |row| Ok((row.num(0)?, row.num(1)?)))
    }

    fn look_up<'w>(&self, tx: &mut Tx<'_>, messages: &'w [Incoming]) -> Result<Work<'w>, DbError> {
        let mut work = Work {
            owners: FxHashMap::default(),
            moved: FxHashMap::default(),
            new_people: Vec::new(),
            new_identifiers: Vec::new(),
            kinds: FxHashMap::default(),
            conflicts: Vec::new(),
            free_nums: Vec::new().into_iter(),
        };
        let hashes: FxHashSet<Digest128> = messages.iter().flat_map(|m| &m.identifiers).map(|h| h.hash).collect();
        match tx.engine() {
            Engine::Sqlite => {
                for hash in hashes {
                    let cached = self.inner.cache().get(&hash);
                    let owner = match cached {
                        Some(owner) => Some(owner),
                        None => tx.opt("SELECT i.num, p.root FROM identifier i JOIN person p ON p.num = i.num WHERE i.hash = $1", params![&hash], |row| Ok(Owner { node: row.num(0)?, root: row.num(1)? }))?,
                    };
                    if let (None, Some(owner)) = (cached, owner) {
                        self.inner.cache().put(hash, owner);
                    }
                    work.owners.insert(hash, owner);
                }
            }
            Engine::Postgres => {
                let list: Vec<&[u8]> = hashes.iter().map(|hash| hash.as_slice()).collect();
                tx.each("SELECT i.hash, i.num, p.root FROM identifier i JOIN person p ON p.num = i.num WHERE i.hash = ANY($1)", &[Param::Blobs(&list)], |row| {
                    let hash: Digest128 = row.blob(0)?.try_into().map_err(|_| DbError::Decode("an identifier's digest has 16 bytes".into()))?;
                    work.owners.insert(hash, Some(Owner { node: row.num(1)?, root: row.num(2)? }));
                    Ok(())
                })?;
                for hash in hashes {
                    work.owners.entry(hash).or_insert(None);
                }
            }
        }
        Ok(work)
    }

    fn one<'w>(&self, tx: &mut Tx<'_>, rules: &IdentityRules, work: &mut Work<'w>, message: &'w Incoming, source: &str, now: Time) -> Result<Resolved, Refusal> {
        let mut merges = Vec::new();
        let mut use_list: Vec<&'w Hashed> = message.identifiers.iter().collect();
        let base = loop {
            let Some(base) = use_list.iter().find_map(|h| work.owner(&h.hash)) else { break None };
            match self.too_weak_or_full(tx, rules, work, &use_list, base)? {
                None => break Some(base),
                Some((drop_hash, code, kind)) => {
                    work.conflicts.push((base.node, code, kind, base.root, message.at));
                    use_list.retain(|h| h.hash != drop_hash);
                }
            }
        };
        let Some(base) = base else {
            let node = self.take_num(tx, work)?;
            work.new_people.push((node, message.at));
            let owner = Owner { node, root: node };
            let fresh: Vec<&'w Hashed> = use_list.into_iter().filter(|h| work.owner(&h.hash).is_none()).collect();
            fresh.into_iter().for_each(|h| work.attach(h, owner, message.at));
            return Ok(Resolved { node, root: node, created: true, merges });
        };
        let mut root = base.root;
        for hashed in &use_list {
            let Some(other) = work.owner(&hashed.hash) else { continue };
            if other.root == root {
                continue;
            }
            match self.may_join(tx, rules, work, hashed, root, other.root)? {
                Ok(()) => {
                    let edge = NewEdge { a: base.node, b: other.node, reason: Some(hashed), source, by: "rule" };
                    let merged = self.join(tx, rules, work, root, other.root, &edge, now)?;
                    root = merged.kept;
                    merges.push(merged);
                }
                Err(Some(code)) => work.conflicts.push((base.node, code, hashed.identifier.kind.name(), other.root, message.at)),
                Err(None) => {}
            }
        }
        let owner = Owner { node: base.node, root };
        for hashed in use_list {
            if work.owner(&hashed.hash).is_none() {
                self.attach_within_limit(tx, rules, work, hashed, owner, message.at)?;
            }
        }
        Ok(Resolved { node: base.node, root, created: false, merges })
    }

    /// Whether the base may be trusted for the new, stronger identifiers of this message; otherwise which identifier to leave out.
    fn too_weak_or_full(&self, tx: &mut Tx<'_>, rules: &IdentityRules, work: &mut Work<'_>, list: &[&Hashed], base: Owner) -> Result<Option<(Digest128, &'static str, String)>, DbError> {
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
            let kind = hashed.identifier.kind.name();
            let held = self.kinds(tx, work, base.root)?.get(&kind).copied().unwrap_or(0);
            if held >= rule.limit {
                return Ok(Some((link.hash, "limit_reached", kind)));
            }
            // A device that already belongs to another account says nothing about this one.
            if !link_rule.merges && rule.merges && held > 0 {
                return Ok(Some((link.hash, "shared_device", link.identifier.kind.name())));
            }
        }
        Ok(None)
    }

    /// `Err(None)`: not followed, and no conflict worth showing.
    fn may_join(&self, tx: &mut Tx<'_>, rules: &IdentityRules, work: &mut Work<'_>, by: &Hashed, a: PersonNum, b: PersonNum) -> Result<Result<(), Option<&'static str>>, DbError> {
        if self.is_split(tx, work, a, b)? {
            return Ok(Err(Some("declared_different")));
        }
        let (left, right) = (self.kinds(tx, work, a)?.clone(), self.kinds(tx, work, b)?.clone());
        if !rules.of(&by.identifier.kind).merges {
            let both = left.keys().any(|kind| right.contains_key(kind) && proves(rules, kind));
            return Ok(if both { Err(None) } else { Ok(()) });
        }
        let over = left.iter().any(|(kind, n)| right.get(kind).is_some_and(|m| n + m > limit(rules, kind)));
        Ok(if over { Err(Some("limit_reached")) } else { Ok(()) })
    }

    fn attach_within_limit<'w>(&self, tx: &mut Tx<'_>, rules: &IdentityRules, work: &mut Work<'w>, hashed: &'w Hashed, owner: Owner, at: Time) -> Result<(), DbError> {
        let kind = hashed.identifier.kind.name();
        let held = self.kinds(tx, work, owner.root)?.get(&kind).copied().unwrap_or(0);
        if held >= rules.of(&hashed.identifier.kind).limit {
            work.conflicts.push((owner.node, "limit_reached", kind, owner.root, at));
        } else {
            work.attach(hashed, owner, at);
        }
        Ok(())
    }

    /// How many identifiers of each kind a person has, this unit's included.
    pub(crate) fn kinds<'k>(&self, tx: &mut Tx<'_>, work: &'k mut Work<'_>, root: PersonNum) -> Result<&'k FxHashMap<String, i64>, DbError> {
        if let std::collections::hash_map::Entry::Vacant(slot) = work.kinds.entry(root) {
            let mut counts: FxHashMap<String, i64> = FxHashMap::default();
            let is_new = work.new_people.iter().any(|(num, _)| *num == root);
            if !is_new {
                let mut nodes = self.nodes(tx, root)?;
                nodes.extend(work.moved.iter().filter(|(_, to)| **to == root).map(|(node, _)| *node));
                let list: Vec<i64> = nodes.into_iter().map(i64::from).collect();
                tx.each(&format!("SELECT kind, COUNT(*) FROM identifier WHERE {} GROUP BY kind", tx.any("num", 1)), params![&list], |row| {
                    counts.insert(row.text(0)?, row.int(1)?);
                    Ok(())
                })?;
            }
            for (hashed, node, _) in &work.new_identifiers {
                if work.moved.get(node).copied().unwrap_or_else(|| work.owners.get(&hashed.hash).copied().flatten().map_or(*node, |owner| owner.root)) == root {
                    *counts.entry(hashed.identifier.kind.name()).or_default() += 1;
                }
            }
            slot.insert(counts);
        }
        Ok(&work.kinds[&root])
    }

    fn take_num(&self, tx: &mut Tx<'_>, work: &mut Work<'_>) -> Result<PersonNum, Refusal> {
        if let Some(num) = work.free_nums.next() {
            return Ok(num);
        }
        let nums = match tx.engine() {
            Engine::Sqlite => {
                let last = tx.one("SELECT COALESCE(MAX(num), 0) FROM person", &[], |row| row.int(0))?.max(work.new_people.iter().map(|(num, _)| i64::from(*num)).max().unwrap_or(0));
                (last + 1..last + 65).collect::<Vec<i64>>()
            }
            // A block of numbers; those not used are lost, which costs nothing.
            Engine::Postgres => tx.query("SELECT nextval(pg_get_serial_sequence('person', 'num')) FROM generate_series(1, 16)", &[], |row| row.int(0))?,
        };
        let nums: Result<Vec<PersonNum>, _> = nums.into_iter().map(PersonNum::try_from).collect();
        let full = |_| Refusal::new(siyu_kernel::Class::Unavailable, "workspace_full", "This workspace holds as many identities as it can (4.29 billion).", "该工作区的身份数已达上限（42.9 亿）。");
        work.free_nums = nums.map_err(full)?.into_iter();
        Ok(work.free_nums.next().expect("a block is not empty"))
    }

    fn write(&self, tx: &mut Tx<'_>, work: Work<'_>, source: &str, now: Time) -> Result<(), Refusal> {
        if work.new_people.is_empty() && work.new_identifiers.is_empty() && work.conflicts.is_empty() {
            return Ok(());
        }
        let root_of = |num: PersonNum| work.moved.get(&num).copied().unwrap_or(num);
        let people: Vec<[Param<'_>; 4]> = work.new_people.iter().map(|(num, _)| [(*num).into(), root_of(*num).into(), now.into(), source.into()]).collect();
        tx.bulk("INSERT INTO person (num, root, created_at, source)", "", &people)?;
        let values: Vec<Vec<u8>> = work.new_identifiers.iter().map(|(hashed, _, _)| self.stored(&hashed.identifier)).collect();
        let kinds: Vec<String> = work.new_identifiers.iter().map(|(hashed, _, _)| hashed.identifier.kind.name()).collect();
        let rows: Vec<[Param<'_>; 6]> = work
            .new_identifiers
            .iter()
            .zip(values.iter().zip(&kinds))
            .map(|((hashed, node, at), (value, kind))| [(&hashed.hash).into(), (*node).into(), kind.into(), value.into(), (*at).into(), source.into()])
            .collect();
        let written = tx.bulk("INSERT INTO identifier (hash, num, kind, value, first_at, source)", "ON CONFLICT (hash) DO NOTHING", &rows)?;
        if written != rows.len() as u64 {
            // Another unit attached one of them meanwhile: run again and see it.
            return Err(DbError::Conflict("an identifier was attached by another unit".into()).into());
        }
        for (num, code, kind, other, at) in &work.conflicts {
            tx.execute(
                "INSERT INTO identity_conflict (num, code, kind, other, at, times) VALUES ($1, $2, $3, $4, $5, 1)
                 ON CONFLICT (num, code, kind, other) DO UPDATE SET at = excluded.at, times = identity_conflict.times + 1",
                params![*num, *code, kind, *other, *at],
            )?;
        }
        if tx.engine() == Engine::Sqlite {
            let inner = std::sync::Arc::clone(&self.inner);
            tx.on_rollback(move || inner.cache().clear());
            let mut cache = self.inner.cache();
            for (hashed, node, _) in &work.new_identifiers {
                cache.put(hashed.hash, Owner { node: *node, root: root_of(*node) });
            }
            // Nodes that existed before and changed their root are moved in `join`; those attached above may lie on one of them.
            for (node, root) in &work.moved {
                cache.move_node(*node, *root);
            }
        }
        Ok(())
    }
    fn stored(&self, identifier: &Identifier) -> Vec<u8> {
        if identifier.kind.is_sealed() { self.inner.vault.seal(identifier.value.as_bytes()) } else { identifier.value.as_bytes().to_vec() }
    }
}

fn proves(rules: &IdentityRules, kind: &str) -> bool {
    let word = kind.split(':').next().unwrap_or(kind);
    rules.kinds.iter().any(|rule| rule.kind == word && rule.merges)
}
pub(crate) fn limit(rules: &IdentityRules, kind: &str) -> i64 {
    let word = kind.split(':').next().unwrap_or(kind);
    rules.kinds.iter().find(|rule| rule.kind == word).map_or(1, |rule| rule.limit)
}

impl<'w> Work<'w> {
    pub fn owner(&self, hash: &Digest128) -> Option<Owner> {
        let owner = self.owners.get(hash).copied().flatten()?;
        Some(Owner { root: self.moved.get(&owner.node).copied().unwrap_or(owner.root), ..owner })
    }
    fn attach(&mut self, hashed: &'w Hashed, owner: Owner, at: Time) {
        self.owners.insert(hashed.hash, Some(owner));
        self.new_identifiers.push((hashed, owner.node, at));
        if let Some(counts) = self.kinds.get_mut(&owner.root) {
            *counts.entry(hashed.identifier.kind.name()).or_default() += 1;
        }
    }
}
