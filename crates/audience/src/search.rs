//! The search box: any identifier as it is written, or part of a name.

use crate::asked::Asked;
use crate::eval::Eval;
use crate::plan::{Leaf, Plan, PlanNode};
use crate::set::Set;
use crate::shelf::Key;
use crate::test::TraitTest;
use roaring::RoaringBitmap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Identifier, Kind, Refusal};

/// The fields a person's name may stand in.
const NAME_FIELDS: [&str; 9] =
    ["name", "姓名", "remark", "nickname", "昵称", "first_name", "last_name", "firstName", "lastName"];
/// External systems are looked for among this many of the newest and of the oldest identities.
const SEARCH_DEPTH: i64 = 2_000;

impl Eval<'_, '_> {
    /// A person's id, or an identifier of any kind in full: part of a sealed one finds nobody, so the box cannot be used to guess
    /// one digit by digit. When none is, everybody whose name contains the text.
    pub(crate) fn search(&mut self, text: &str) -> Result<Set, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Set::everybody());
        }
        let exact = self.exact(text)?;
        if !exact.is_empty() {
            return Ok(Set::These(exact));
        }
        let part = text.to_lowercase();
        let tests: Vec<(String, TraitTest)> =
            NAME_FIELDS.iter().map(|name| ((*name).to_owned(), TraitTest::Contains(part.clone()))).collect();
        let sets = match self.remembered(&tests)? {
            Some(sets) => sets,
            None => self.trait_sets(&tests)?,
        };
        Ok(Set::These(sets.into_iter().fold(RoaringBitmap::new(), |all, set| all | set)))
    }
    /// From memory, in which the names are kept from the first search on; everything saved before is in the answer.
    fn remembered(&mut self, tests: &[(String, TraitTest)]) -> Result<Option<Vec<RoaringBitmap>>, Refusal> {
        let Some(memory) = self.audience.memory.clone() else { return Ok(None) };
        memory.shelf.follow_all(self.tx, self.ctx)?;
        let keys: Vec<Key> = tests.iter().map(|(name, _)| Key::Trait(name.clone())).collect();
        let sight = memory.shelf.sight(self.tx, self.ctx, &keys)?;
        let asked = Asked { ctx: self.ctx, sight: &sight };
        let plan = Plan { root: PlanNode::All(Vec::new()), traits: tests.to_vec(), summary: String::new() };
        let leaf = |at| asked.everybody(&Leaf::Trait(at), &plan, &[]);
        Ok((0..tests.len()).map(|at| leaf(at).map(|set| set.of(&sight.roster.living))).collect())
    }
    fn exact(&mut self, text: &str) -> Result<RoaringBitmap, Refusal> {
        let mut roots = RoaringBitmap::new();
        if let Ok((_, root)) = self.people.find(self.tx, text) {
            roots.insert(root);
            return Ok(roots);
        }
        let kinds = Kind::NAMED.into_iter().chain(external_kinds(self.tx, SEARCH_DEPTH)?);
        let readings = kinds.filter_map(|kind| Identifier::new(kind, text).ok()).chain(Identifier::parse(text).ok());
        for identifier in readings {
            if let Some((_, root)) = self.people.by_identifier(self.tx, identifier)? {
                roots.insert(root);
            }
        }
        Ok(roots)
    }
    pub(crate) fn identified(&mut self, identifier: &Identifier) -> Result<Set, Refusal> {
        let found = self.people.by_identifier(self.tx, identifier.clone())?;
        Ok(Set::These(found.into_iter().map(|(_, root)| root).collect()))
    }
}

/// Names of external systems in use, as far as `depth` newest and oldest identities show them.
pub(crate) fn external_kinds(tx: &mut Tx<'_>, depth: i64) -> Result<Vec<Kind>, DbError> {
    let newest = tx.one("SELECT COALESCE(MAX(num), 0) FROM person", &[], |row| row.int(0))?;
    let mut names = Vec::new();
    for (from, to) in [(0, depth), (newest - depth, newest)] {
        let sql = "SELECT DISTINCT kind FROM identifier WHERE num > $1 AND num <= $2 AND kind LIKE 'ext:%'";
        names.extend(tx.query(sql, params![from, to], |row| row.text(0))?);
    }
    names.sort();
    names.dedup();
    Ok(names.iter().filter_map(|name| Kind::parse(name)).collect())
}
