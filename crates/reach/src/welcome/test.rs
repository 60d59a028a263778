//! Trying the rules without anybody coming: which welcome would somebody get, and why.

use super::decide::{Decision, decide};
use super::facts::{Facts, Who};
use super::rule::{RuleKind, RuleRow};
use crate::Reach;
use crate::content::Composed;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

/// Who comes, to whom, through what, and when.
#[derive(Clone, Debug, Default)]
pub struct TestIn {
    /// Somebody known, by the number the person has now; `None` is somebody nobody knows.
    pub person: Option<PersonNum>,
    /// A userid.
    pub staff: String,
    pub channel: String,
    pub at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct Tested {
    pub decision: Decision,
    pub facts: Facts,
    /// The rule that greets, and what it would say; of a silent rule nothing.
    pub rule: Option<RuleRow>,
    pub composed: Composed,
}

impl Reach {
    pub fn test_welcomes(&self, tx: &mut Tx<'_>, input: &TestIn, now: Time) -> Result<Tested, Refusal> {
        let at = input.at.unwrap_or(now);
        let contact = match input.person {
            Some(root) => self.contact_of(tx, root)?,
            None => String::new(),
        };
        let who = Who { contact: &contact, userid: &input.staff, channel: &input.channel, at };
        let mut facts = self.facts(tx, &who, None, at)?;
        if let Some(root) = input.person
            && facts.person.is_none()
        {
            // Somebody who is no customer in WeCom yet: what the shop knows counts.
            self.add_person(tx, &mut facts, root)?;
        }
        let plan = self.plan(tx)?;
        let named = self.enter(tx, &mut facts)?;
        let decision = decide(&plan.rules, &facts, named.as_deref());
        let rule = decision.rule().and_then(|id| plan.rules.iter().find(|rule| rule.row.id == id));
        let composed = match rule {
            Some(rule) if rule.row.kind == RuleKind::Send => {
                let media = self.media_of(tx, &rule.row.content.files(), now)?;
                rule.row.content.compose(&facts.values(), &media)?
            }
            _ => Composed::default(),
        };
        let rule = rule.map(|rule| rule.row.clone());
        Ok(Tested { decision, facts, rule, composed })
    }
    pub(crate) fn contact_of(&self, tx: &mut Tx<'_>, root: PersonNum) -> Result<String, Refusal> {
        let nodes: Vec<i64> =
            self.parts().people.nodes_of(tx, &[root])?.into_iter().map(|(node, _)| i64::from(node)).collect();
        let sql = format!("SELECT id FROM wecom_contact WHERE {} ORDER BY first_at DESC LIMIT 1", tx.any("num", 1));
        Ok(tx.opt(&sql, params![&nodes], |row| row.text(0))?.unwrap_or_default())
    }
}
