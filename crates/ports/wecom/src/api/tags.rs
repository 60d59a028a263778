//! The corp's customer tags, and those of strategies (规则组).

use super::{Done, answer, chars, not_empty, paged};
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const LIST: Call = Call::post("externalcontact/get_corp_tag_list");
const ADD: Call = Call::once("externalcontact/add_corp_tag");
const EDIT: Call = Call::post("externalcontact/edit_corp_tag");
const DELETE: Call = Call::post("externalcontact/del_corp_tag");
const MARK: Call = Call::post("externalcontact/mark_tag");
const STRATEGY_LIST: Call = Call::post("externalcontact/get_strategy_tag_list");
const STRATEGY_ADD: Call = Call::once("externalcontact/add_strategy_tag");
const STRATEGY_EDIT: Call = Call::post("externalcontact/edit_strategy_tag");
const STRATEGY_DELETE: Call = Call::post("externalcontact/del_strategy_tag");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagGroup {
    pub group_id: String,
    pub group_name: String,
    pub create_time: i64,
    /// Larger first.
    pub order: u32,
    pub deleted: Option<bool>,
    pub tag: Vec<Tag>,
    pub strategy_id: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tag {
    pub id: String,
    pub name: String,
    pub create_time: i64,
    pub order: u32,
    pub deleted: Option<bool>,
}

/// Tags for a group that is there (`group_id`) or is named (`group_name`, made when missing).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewTags {
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub order: Option<u32>,
    /// At least one: there are no empty groups.
    pub tag: Vec<NewTag>,
    /// For the tags of a strategy.
    pub strategy_id: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewTag {
    /// At most 30 characters.
    pub name: String,
    pub order: Option<u32>,
}

/// Changes to one employee's view of one customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MarkTag {
    pub userid: String,
    pub external_userid: String,
    pub add_tag: Option<Vec<String>>,
    pub remove_tag: Option<Vec<String>>,
}

answer!(Groups { tag_group: Vec<TagGroup> });
answer!(Group { tag_group: TagGroup });
paged!(StrategyGroups { tag_group: TagGroup });

impl Client {
    /// The whole library. Read it at the start, on tag events and to repair; our own changes fire no event.
    pub fn corp_tags(&self) -> Result<Vec<TagGroup>> {
        self.corp_tags_of(&[], &[])
    }
    /// Only these tags or groups; when both are given, groups count.
    pub fn corp_tags_of(&self, tags: &[String], groups: &[String]) -> Result<Vec<TagGroup>> {
        let body = json!({"tag_id": some(tags), "group_id": some(groups)});
        self.post::<Groups>(&LIST, &body).map(|answer| answer.tag_group)
    }
    /// The group with the new tags only.
    pub fn add_corp_tags(&self, tags: &NewTags) -> Result<TagGroup> {
        check(&ADD, tags)?;
        self.post::<Group>(&ADD, tags).map(|answer| answer.tag_group)
    }
    /// Renames or reorders a tag or group that this app has made.
    pub fn edit_corp_tag(&self, id: &str, name: Option<&str>, order: Option<u32>) -> Result<()> {
        chars(&EDIT, "name", name.unwrap_or_default(), 30)?;
        self.post::<Done>(&EDIT, &json!({"id": id, "name": name, "order": order})).map(drop)
    }
    /// A group disappears with its last tag.
    pub fn delete_corp_tags(&self, tags: &[String], groups: &[String]) -> Result<()> {
        not_empty(&DELETE, "tag_id and group_id", tags.is_empty() && groups.is_empty())?;
        self.delete(&DELETE, &json!({"tag_id": some(tags), "group_id": some(groups)}))
    }
    /// Calls for the same employee and customer follow each other.
    pub fn mark_tag(&self, mark: &MarkTag) -> Result<()> {
        let changes = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
        if !changes(&mark.add_tag) && !changes(&mark.remove_tag) {
            return Err(Error::invalid(MARK.path, "nothing to add or remove"));
        }
        let pair = format!("{}|{}", mark.userid, mark.external_userid);
        self.post_for::<Done>(&MARK, mark, vec![pair]).map(drop)
    }

    pub fn strategy_tags(&self, strategy_id: Option<i64>) -> Pages<'_, TagGroup> {
        Pages::new(STRATEGY_LIST.path, move |cursor| {
            let cursor = (!cursor.is_empty()).then_some(cursor);
            let body = json!({"strategy_id": strategy_id, "cursor": cursor});
            self.post::<StrategyGroups>(&STRATEGY_LIST, &body).map(Page::from)
        })
    }
    pub fn add_strategy_tags(&self, tags: &NewTags) -> Result<TagGroup> {
        check(&STRATEGY_ADD, tags)?;
        not_empty(&STRATEGY_ADD, "strategy_id", tags.strategy_id.is_none())?;
        self.post::<Group>(&STRATEGY_ADD, tags).map(|answer| answer.tag_group)
    }
    pub fn edit_strategy_tag(&self, id: &str, name: Option<&str>, order: Option<u32>) -> Result<()> {
        self.post::<Done>(&STRATEGY_EDIT, &json!({"id": id, "name": name, "order": order})).map(drop)
    }
    pub fn delete_strategy_tags(&self, tags: &[String], groups: &[String]) -> Result<()> {
        not_empty(&STRATEGY_DELETE, "tag_id and group_id", tags.is_empty() && groups.is_empty())?;
        self.delete(&STRATEGY_DELETE, &json!({"tag_id": some(tags), "group_id": some(groups)}))
    }
}

fn some(list: &[String]) -> Option<&[String]> {
    (!list.is_empty()).then_some(list)
}

fn check(call: &Call, tags: &NewTags) -> Result<()> {
    not_empty(call, "tag", tags.tag.is_empty())?;
    not_empty(call, "group_id and group_name", tags.group_id.is_none() && tags.group_name.is_none())?;
    tags.tag.iter().try_for_each(|tag| chars(call, "name", &tag.name, 30))
}
