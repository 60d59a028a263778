//! Who somebody is: the identities of people, and their clocks. Read from the tables of people by SQL.

use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{DbError, Param, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Zone};

/// The profile field that holds a person's zone, as an IANA name.
const ZONE_FIELD: &str = "timezone";

#[derive(Debug, Default)]
pub(crate) struct Folk {
    /// From any identity asked for, or of whoever was.
    roots: FxHashMap<PersonNum, PersonNum>,
    /// People with more than one identity: all of them.
    several: FxHashMap<PersonNum, Vec<PersonNum>>,
    erased: FxHashSet<PersonNum>,
    zones: FxHashMap<PersonNum, Zone>,
}

impl Folk {
    pub fn of(tx: &mut Tx<'_>, nums: impl IntoIterator<Item = PersonNum>) -> Result<Self, DbError> {
        let mut own = Self::default();
        let mut list: Vec<i64> = nums.into_iter().map(i64::from).collect();
        list.sort_unstable();
        list.dedup();
        if list.is_empty() {
            return Ok(own);
        }
        let mut params = Vec::new();
        let sql = format!("SELECT num, root, state FROM person WHERE {}", among(tx, "num", &list, &mut params));
        let mut roots: Vec<i64> = Vec::with_capacity(list.len());
        tx.each(&sql, &params, |row| {
            let (num, root) = (row.num(0)?, row.num(1)?);
            if list.binary_search(&i64::from(num)).is_ok() {
                own.roots.insert(num, root);
                roots.push(i64::from(root));
                if row.int(2)? == 2 {
                    own.erased.insert(root);
                }
            }
            Ok(())
        })?;
        roots.sort_unstable();
        roots.dedup();
        let mut params = Vec::new();
        let sql =
            format!("SELECT num, root FROM person WHERE root <> num AND {}", among(tx, "root", &roots, &mut params));
        tx.each(&sql, &params, |row| {
            let (num, root) = (row.num(0)?, row.num(1)?);
            if roots.binary_search(&i64::from(root)).is_ok() {
                own.roots.insert(num, root);
                own.several.entry(root).or_insert_with(|| vec![root]).push(num);
            }
            Ok(())
        })?;
        Ok(own)
    }
    /// Who that is; a number that nobody has is itself.
    pub fn root(&self, num: PersonNum) -> PersonNum {
        self.roots.get(&num).copied().unwrap_or(num)
    }
    pub fn nodes(&self, root: PersonNum) -> Vec<PersonNum> {
        self.several.get(&root).cloned().unwrap_or_else(|| vec![root])
    }
    pub fn all_nodes(&self, roots: impl IntoIterator<Item = PersonNum>) -> Vec<i64> {
        let mut nodes: Vec<i64> = roots.into_iter().flat_map(|root| self.nodes(root)).map(i64::from).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
    pub fn roots(&self) -> Vec<PersonNum> {
        let mut roots: Vec<PersonNum> = self.roots.values().copied().collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }
    pub fn is_several(&self, root: PersonNum) -> bool {
        self.several.contains_key(&root)
    }
    pub fn is_erased(&self, root: PersonNum) -> bool {
        self.erased.contains(&root)
    }
    pub fn is_known(&self, num: PersonNum) -> bool {
        self.roots.contains_key(&num)
    }
    pub fn zone(&self, root: PersonNum) -> Option<&Zone> {
        self.zones.get(&root)
    }
    /// Clocks of these people; a sealed or unknown one leaves somebody in the brand's zone.
    pub fn read_zones(&mut self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<(), DbError> {
        let known = "SELECT 1 FROM person_field WHERE name = $1";
        if tx.opt(known, params![ZONE_FIELD], |row| row.int(0))?.is_none() {
            return Ok(());
        }
        let nodes = self.all_nodes(roots.iter().copied());
        let sql = format!("SELECT num, value FROM person_trait WHERE {} AND name = $2 ORDER BY num", tx.any("num", 1));
        let params: [Param<'_>; 2] = [(&nodes).into(), ZONE_FIELD.into()];
        let mut named: FxHashMap<String, Option<Zone>> = FxHashMap::default();
        let found = tx.query(&sql, &params, |row| Ok((row.num(0)?, row.blob(1)?)))?;
        for (num, value) in found {
            let Some((0, json)) = value.split_first().map(|(form, json)| (*form, json)) else { continue };
            let Ok(name) = serde_json::from_slice::<String>(json) else { continue };
            let zone = named.entry(name).or_insert_with_key(|name| Zone::named(name).ok());
            if let Some(zone) = zone {
                self.zones.insert(self.root(num), zone.clone());
            }
        }
        Ok(())
    }
}

/// `column` is one of `nums`, which ascend: as a range where they lie close together, which is read in one go.
fn among<'a>(tx: &Tx<'_>, column: &str, nums: &'a [i64], params: &mut Vec<Param<'a>>) -> String {
    let (first, last) = (nums.first().copied().unwrap_or(0), nums.last().copied().unwrap_or(-1));
    let at = params.len() + 1;
    if last.saturating_sub(first) < 4 * nums.len() as i64 {
        params.extend([Param::from(first), Param::from(last)]);
        format!("{column} BETWEEN ${at} AND ${}", at + 1)
    } else {
        params.push(nums.into());
        tx.any(column, at)
    }
}

/// The workspace's zone.
pub(crate) fn brand_zone(tx: &mut Tx<'_>) -> Result<Zone, Refusal> {
    let name = tx.opt("SELECT value FROM setting WHERE name = 'workspace.timezone'", &[], |row| row.text(0))?;
    Ok(name.and_then(|name| Zone::named(&name).ok()).unwrap_or_else(Zone::shanghai))
}
