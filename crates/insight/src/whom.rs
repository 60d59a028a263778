//! Whose numbers: the people a spec and its reader allow, and the labels people are split by.

use crate::refuse;
use crate::spec::{Among, By};
use crate::traits;
use crate::{Insight, Reader};
use roaring::RoaringBitmap;
use serde_json::json;
use siyu_audience::{Node, Rule, Scope};
use siyu_behaviour::kernels::Labels;
use siyu_db::{Tx, params};
use siyu_kernel::Refusal;
use std::cmp::Reverse;
use std::sync::Arc;

/// Values of a field that are looked at, of those the people asked about have.
const LABELS_MAX: usize = 500;

impl Insight {
    /// Everybody who exists and whom the reader may see.
    pub(crate) fn everybody(&self, tx: &mut Tx<'_>, reader: &Reader) -> Result<RoaringBitmap, Refusal> {
        // A rule without conditions: `all` of nothing.
        let plan = self.audience.plan(tx, &Rule { root: Node::All(Vec::new()) }, None, &reader.ctx)?;
        self.audience.members(tx, &plan, &reader.scope, &reader.ctx)
    }
    /// Those of a rule whom the reader may see. Errors: those of rules, with places under `place`.
    pub(crate) fn fitting(
        &self,
        tx: &mut Tx<'_>,
        rule: &Rule,
        place: &str,
        reader: &Reader,
    ) -> Result<RoaringBitmap, Refusal> {
        let plan = self.audience.plan(tx, rule, None, &reader.ctx).map_err(|refusal| refuse::moved(refusal, place))?;
        self.audience.members(tx, &plan, &reader.scope, &reader.ctx)
    }
    /// `None`: everybody.
    pub(crate) fn among(
        &self,
        tx: &mut Tx<'_>,
        among: Option<&Among>,
        reader: &Reader,
    ) -> Result<Option<RoaringBitmap>, Refusal> {
        match among {
            None if reader.scope == Scope::All => Ok(None),
            None => self.everybody(tx, reader).map(Some),
            Some(Among::Rule(rule)) => self.fitting(tx, rule, "among.rule", reader).map(Some),
            Some(Among::Audience(id)) => self.fitting(tx, &audience(id)?, "among.audience", reader).map(Some),
        }
    }
    /// The largest `n` labels among the people asked about (ties by name), largest first. A label none of them has would only tell what others
    /// are, so it is left out; audiences are named by whoever asks, and stay.
    pub(crate) fn labels(
        &self,
        tx: &mut Tx<'_>,
        by: &By,
        n: usize,
        among: Option<&RoaringBitmap>,
        reader: &Reader,
    ) -> Result<Labels, Refusal> {
        let mut labels = match by {
            By::Property(_) => Vec::new(),
            By::Trait(name) => traits::values(&self.people, tx, name, among, LABELS_MAX)?,
            By::Tags(group) => self.tags(tx, group, reader)?,
            By::Audiences(ids) => self.audiences(tx, ids, reader)?,
        };
        let size = |people: &RoaringBitmap| among.map_or(people.len(), |among| among.intersection_len(people));
        let mut sized: Vec<(u64, String, RoaringBitmap)> =
            labels.drain(..).map(|(name, people)| (size(&people), name, people)).collect();
        if !matches!(by, By::Audiences(_)) {
            sized.retain(|(size, ..)| *size > 0);
        }
        sized.sort_by(|a, b| (Reverse(a.0), &a.1).cmp(&(Reverse(b.0), &b.1)));
        sized.truncate(n);
        Ok(Labels(sized.into_iter().map(|(_, name, people)| (name, people)).collect()))
    }
    fn tags(&self, tx: &mut Tx<'_>, group: &str, reader: &Reader) -> Result<Vec<(String, RoaringBitmap)>, Refusal> {
        let sql = "SELECT id, name FROM tag WHERE group_id = $1 ORDER BY num";
        let tags = tx.query(sql, params![group], |row| Ok((row.text(0)?, row.text(1)?)))?;
        if tags.is_empty()
            && tx.opt("SELECT 1 FROM tag_group WHERE id = $1", params![group], |row| row.int(0))?.is_none()
        {
            let en = "There is no such tag group (any more).";
            return Err(refuse::at("spec_tags", "by.tags", en, "没有该标签组，或已被删除。"));
        }
        let mut labels = Vec::with_capacity(tags.len());
        for (id, name) in tags {
            labels.push((name, self.fitting(tx, &is("tag", &id)?, "by.tags", reader)?));
        }
        Ok(labels)
    }
    fn audiences(
        &self,
        tx: &mut Tx<'_>,
        ids: &[String],
        reader: &Reader,
    ) -> Result<Vec<(String, RoaringBitmap)>, Refusal> {
        let mut labels: Vec<(String, RoaringBitmap)> = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            let people = self.fitting(tx, &audience(id)?, &format!("by.audiences[{at}]"), reader)?;
            let name = tx.opt("SELECT name FROM audience WHERE id = $1", params![id], |row| row.text(0))?;
            let name = name.unwrap_or_else(|| id.clone());
            // Names of labels are unique; names of audiences need not be.
            let taken = labels.iter().any(|(own, _)| *own == name);
            labels.push((if taken { format!("{name} ({id})") } else { name }, people));
        }
        Ok(labels)
    }
}

fn audience(id: &str) -> Result<Rule, Refusal> {
    is("audience", id)
}
fn is(field: &str, id: &str) -> Result<Rule, Refusal> {
    Rule::parse(&json!({ "field": field, "op": "eq", "value": id }))
}

/// People as they go into a question.
pub(crate) fn shared(people: Option<RoaringBitmap>) -> Option<Arc<RoaringBitmap>> {
    people.map(Arc::new)
}
