//! Rules against words in chats (聊天敏感词). There is no API that tells of hits.

use super::{Done, answer, at_most, chars, not_empty};
use crate::assumptions::INTERCEPT_NODES_MAX;
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

const ADD: Call = Call::once("externalcontact/add_intercept_rule");
const LIST: Call = Call::get("externalcontact/get_intercept_rule_list");
const GET: Call = Call::post("externalcontact/get_intercept_rule");
const UPDATE: Call = Call::post("externalcontact/update_intercept_rule");
const DELETE: Call = Call::post("externalcontact/del_intercept_rule");

/// `semantics_list`: 1 phone numbers, 2 mail addresses, 3 red packets. Stands in `extra_rule` or beside it, depending on the source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterceptRule {
    pub rule_id: Option<String>,
    /// 1 to 20 characters.
    pub rule_name: String,
    /// At most 300 of at most 32 characters.
    pub word_list: Vec<String>,
    pub semantics_list: Option<Vec<i64>>,
    pub extra_rule: Option<ExtraRule>,
    /// 1 warn and block, 2 warn only.
    pub intercept_type: i64,
    pub applicable_range: InterceptRange,
}

impl InterceptRule {
    /// Wherever they stood.
    pub fn semantics(&self) -> &[i64] {
        let extra = self.extra_rule.as_ref().map(|extra| extra.semantics_list.as_slice());
        extra.or(self.semantics_list.as_deref()).unwrap_or_default()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtraRule {
    pub semantics_list: Vec<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterceptRange {
    pub user_list: Vec<String>,
    pub department_list: Vec<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterceptRow {
    pub rule_id: String,
    pub rule_name: String,
    pub create_time: i64,
}

/// Changes to a rule; `word_list` replaces the words, ranges are added to and taken from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterceptEdit {
    pub rule_id: String,
    pub rule_name: Option<String>,
    pub word_list: Option<Vec<String>>,
    pub extra_rule: Option<ExtraRule>,
    pub intercept_type: Option<i64>,
    pub add_applicable_range: Option<InterceptRange>,
    pub remove_applicable_range: Option<InterceptRange>,
}

answer!(RuleId { rule_id: String });
answer!(Rows { rule_list: Vec<InterceptRow> });
answer!(One { rule: InterceptRule });

impl Client {
    pub fn add_intercept_rule(&self, rule: &InterceptRule) -> Result<String> {
        not_empty(&ADD, "rule_name", rule.rule_name.is_empty())?;
        chars(&ADD, "rule_name", &rule.rule_name, 20)?;
        words(&ADD, &rule.word_list)?;
        range(&ADD, &rule.applicable_range)?;
        self.post::<RuleId>(&ADD, rule).map(|answer| answer.rule_id)
    }
    pub fn intercept_rules(&self) -> Result<Vec<InterceptRow>> {
        self.get::<Rows>(&LIST, &[]).map(|answer| answer.rule_list)
    }
    pub fn intercept_rule(&self, rule_id: &str) -> Result<InterceptRule> {
        self.post::<One>(&GET, &json!({"rule_id": rule_id})).map(|answer| answer.rule)
    }
    pub fn update_intercept_rule(&self, edit: &InterceptEdit) -> Result<()> {
        chars(&UPDATE, "rule_name", edit.rule_name.as_deref().unwrap_or_default(), 20)?;
        words(&UPDATE, edit.word_list.as_deref().unwrap_or_default())?;
        self.post::<Done>(&UPDATE, edit).map(drop)
    }
    pub fn delete_intercept_rule(&self, rule_id: &str) -> Result<()> {
        self.delete(&DELETE, &json!({"rule_id": rule_id}))
    }
}

fn words(call: &Call, list: &[String]) -> Result<()> {
    at_most(call, "word_list", list.len(), 300)?;
    list.iter().try_for_each(|word| {
        not_empty(call, "word_list[]", word.is_empty())?;
        chars(call, "word_list[]", word, 32)
    })
}

fn range(call: &Call, range: &InterceptRange) -> Result<()> {
    let nodes = range.user_list.len() + range.department_list.len();
    not_empty(call, "applicable_range", nodes == 0)?;
    at_most(call, "applicable_range", nodes, INTERCEPT_NODES_MAX)
}
