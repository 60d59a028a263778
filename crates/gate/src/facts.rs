//! What the rules look at, read for some thousand people at once.

use crate::model::{Candidate, Channel, Class, Consent, Touch};
use crate::{Gate, among, touch};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Zone};

/// One person, whatever identities they have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub root: PersonNum,
    pub erased: bool,
    pub consent: Consent,
    /// An index into [`Facts::zones`].
    pub zone: usize,
    /// Those of the root's own memory first.
    pub touches: Vec<Touch>,
    /// How many are the root's own.
    pub own: usize,
    /// More than one identity.
    pub merged: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub people: Vec<Person>,
    /// By candidate: which of the people it is.
    pub who: Vec<usize>,
    /// From any identity of theirs.
    pub of_node: FxHashMap<PersonNum, usize>,
    /// All identities, ascending.
    pub nodes: Vec<i64>,
    /// The brand's first.
    pub zones: Vec<Zone>,
}

/// The profile field that holds a person's zone, as an IANA name.
const ZONE_FIELD: &str = "timezone";

impl Gate {
    pub(crate) fn facts(
        &self,
        tx: &mut Tx<'_>,
        candidates: &[Candidate],
        class: Class,
        channel: Channel,
        zone: &Zone,
    ) -> Result<Facts, DbError> {
        let mut facts = Facts { zones: vec![zone.clone()], ..Facts::default() };
        if candidates.is_empty() {
            return Ok(facts);
        }
        self.identities(tx, candidates, &mut facts)?;
        memories(tx, &mut facts)?;
        consents(tx, class, channel, &mut facts)?;
        zones(tx, &mut facts)?;
        Ok(facts)
    }

    fn identities(&self, tx: &mut Tx<'_>, candidates: &[Candidate], facts: &mut Facts) -> Result<(), DbError> {
        let mut nums: Vec<i64> = candidates.iter().map(|own| i64::from(own.num)).collect();
        nums.sort_unstable();
        nums.dedup();
        let mut rows: FxHashMap<PersonNum, (PersonNum, bool)> = FxHashMap::default();
        rows.reserve(nums.len());
        let mut params = Vec::new();
        let sql = format!("SELECT num, root, state FROM person WHERE {}", among(tx, "num", &nums, &mut params));
        tx.each(&sql, &params, |row| {
            rows.insert(row.num(0)?, (row.num(1)?, row.int(2)? == 2));
            Ok(())
        })?;
        facts.of_node.reserve(nums.len());
        for own in candidates {
            let (root, erased) = rows.get(&own.num).copied().unwrap_or((own.num, false));
            let at = match facts.of_node.get(&root) {
                Some(at) => *at,
                None => {
                    facts.people.push(Person { root, ..Person::default() });
                    facts.of_node.insert(root, facts.people.len() - 1);
                    facts.people.len() - 1
                }
            };
            facts.people[at].erased |= erased;
            if own.num != root {
                facts.people[at].merged = true;
                facts.of_node.insert(own.num, at);
            }
            facts.who.push(at);
        }
        let mut roots: Vec<i64> = facts.people.iter().map(|own| i64::from(own.root)).collect();
        roots.sort_unstable();
        let mut params = Vec::new();
        let sql =
            format!("SELECT num, root FROM person WHERE root <> num AND {}", among(tx, "root", &roots, &mut params));
        let others = tx.query(&sql, &params, |row| Ok((row.num(0)?, row.num(1)?)))?;
        for (num, root) in others {
            if let Some(at) = facts.of_node.get(&root).copied() {
                facts.people[at].merged = true;
                facts.of_node.insert(num, at);
            }
        }
        facts.nodes = facts.of_node.keys().map(|node| i64::from(*node)).collect();
        facts.nodes.sort_unstable();
        Ok(())
    }
}

fn memories(tx: &mut Tx<'_>, facts: &mut Facts) -> Result<(), DbError> {
    let mut params = Vec::new();
    let sql = format!("SELECT num, touches FROM gate_person WHERE {}", among(tx, "num", &facts.nodes, &mut params));
    let (people, of_node) = (&mut facts.people, &facts.of_node);
    tx.each(&sql, &params, |row| {
        let num = row.num(0)?;
        let Some(at) = of_node.get(&num) else { return Ok(()) };
        let (own, mut read) = (&mut people[*at], Vec::new());
        touch::decode(&row.blob(1)?, &mut read);
        if num == own.root {
            own.own = read.len();
            own.touches.splice(0..0, read);
        } else {
            own.touches.extend(read);
        }
        Ok(())
    })
}

/// The newest entry of the ledger on this purpose, for this channel or any, is in force; who withdrew their data's use gets nothing at all.
fn consents(tx: &mut Tx<'_>, class: Class, channel: Channel, facts: &mut Facts) -> Result<(), DbError> {
    if tx.opt("SELECT 1 FROM consent LIMIT 1", &[], |row| row.int(0))?.is_none() {
        return Ok(());
    }
    let mut params = params![class.name(), channel.consent()].to_vec();
    let sql = format!(
        "SELECT num, purpose, granted FROM consent WHERE purpose IN ($1, 'personal_data') AND channel IN ($2, 'any') AND {} ORDER BY id",
        among(tx, "num", &facts.nodes, &mut params)
    );
    let (people, of_node) = (&mut facts.people, &facts.of_node);
    let mut refused: FxHashMap<usize, bool> = FxHashMap::default();
    tx.each(&sql, &params, |row| {
        let Some(at) = of_node.get(&row.num(0)?) else { return Ok(()) };
        let granted = row.flag(2)?;
        if row.text(1)? == "personal_data" {
            refused.insert(*at, !granted);
        } else {
            people[*at].consent = if granted { Consent::Given } else { Consent::Withdrawn };
        }
        Ok(())
    })?;
    for (at, _) in refused.into_iter().filter(|(_, refused)| *refused) {
        people[at].consent = Consent::Withdrawn;
    }
    Ok(())
}

/// Sealed and unknown values leave somebody in the brand's zone.
fn zones(tx: &mut Tx<'_>, facts: &mut Facts) -> Result<(), DbError> {
    let known = "SELECT 1 FROM person_field WHERE name = $1";
    if tx.opt(known, params![ZONE_FIELD], |row| row.int(0))?.is_none() {
        return Ok(());
    }
    let sql = format!("SELECT num, value FROM person_trait WHERE {} AND name = $2", tx.any("num", 1));
    let params: [Param<'_>; 2] = [(&facts.nodes).into(), ZONE_FIELD.into()];
    let mut named: FxHashMap<String, usize> = FxHashMap::default();
    let (people, of_node, zones) = (&mut facts.people, &facts.of_node, &mut facts.zones);
    tx.each(&sql, &params, |row| {
        let (Some(at), value) = (of_node.get(&row.num(0)?), row.blob(1)?) else { return Ok(()) };
        let Some((0, json)) = value.split_first().map(|(form, json)| (*form, json)) else { return Ok(()) };
        let Ok(name) = serde_json::from_slice::<String>(json) else { return Ok(()) };
        let zone = *named.entry(name).or_insert_with_key(|name| match Zone::named(name) {
            Ok(zone) => {
                zones.push(zone);
                zones.len() - 1
            }
            Err(_) => 0,
        });
        people[*at].zone = zone;
        Ok(())
    })
}
