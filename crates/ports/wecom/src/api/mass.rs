//! Mass messages: created by us, sent by employees who confirm them, read back per customer.

use super::attachment::check_content;
use super::{Attachment, Done, Text, at_most, not_empty, paged};
use crate::assumptions::TASK_SENT;
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const CREATE: Call = Call::once("externalcontact/add_msg_template");
const LIST: Call = Call::post("externalcontact/get_groupmsg_list_v2");
const TASKS: Call = Call::post("externalcontact/get_groupmsg_task");
const RESULTS: Call = Call::post("externalcontact/get_groupmsg_send_result");
const REMIND: Call = Call::once("externalcontact/remind_groupmsg_send");
const CANCEL: Call = Call::post("externalcontact/cancel_groupmsg_send");

/// A mass message. Creating one makes tasks; nothing is sent until each employee confirms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MassMessage {
    /// `single` to customers, `group` to groups.
    pub chat_type: String,
    /// At most 10,000, and not none: leave it out for all customers of the sender.
    pub external_userid: Option<Vec<String>>,
    /// At most 2,000, and not none: leave it out for all groups of the sender.
    pub chat_id_list: Option<Vec<String>>,
    pub tag_filter: Option<TagFilter>,
    /// Who sends; required for groups. Alone it means all customers of that employee.
    pub sender: Option<String>,
    /// Lets the employee change the receivers.
    pub allow_select: Option<bool>,
    pub text: Option<Text>,
    pub attachments: Vec<Attachment>,
}

/// Any tag within a list, one of every list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagFilter {
    pub group_list: Vec<TagList>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagList {
    /// At most 100.
    pub tag_list: Vec<String>,
}

/// `fail_list`: customers or groups that cannot be reached, left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreatedMass {
    pub msgid: String,
    pub fail_list: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MassRecord {
    pub msgid: String,
    /// Absent when an API created it.
    pub creator: Option<String>,
    pub create_time: i64,
    /// 0 by the corp, 1 by an employee.
    pub create_type: i64,
    pub text: Option<Text>,
    pub attachments: Vec<Attachment>,
}

/// One employee's part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MassTask {
    pub userid: String,
    pub status: i64,
    pub send_time: Option<i64>,
}

impl MassTask {
    /// Whether the employee has confirmed.
    pub fn is_sent(&self) -> bool {
        self.status == TASK_SENT
    }
}

/// What became of the message to one customer or group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MassResult {
    pub external_userid: Option<String>,
    pub chat_id: Option<String>,
    pub userid: String,
    pub status: i64,
    pub send_time: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Waiting,
    Sent,
    NotFriends,
    /// The customer or group has had as many as the platform allows.
    LimitReached,
    Other(i64),
}

impl MassResult {
    pub fn delivery(&self) -> Delivery {
        match self.status {
            0 => Delivery::Waiting,
            1 => Delivery::Sent,
            2 => Delivery::NotFriends,
            3 => Delivery::LimitReached,
            other => Delivery::Other(other),
        }
    }
}

/// Which records: at most a month between the two instants (Unix seconds).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MassQuery {
    pub chat_type: String,
    pub start_time: i64,
    pub end_time: i64,
    pub creator: Option<String>,
    /// 0 of the corp, 1 of employees, 2 all.
    pub filter_type: Option<i64>,
}

paged!(Records { group_msg_list: MassRecord });
paged!(Tasks { task_list: MassTask });
paged!(Results { send_list: MassResult });

impl Client {
    /// Never repeated by itself after an unknown outcome ([`crate::Retry::LookFirst`]): search [`Client::mass_messages`] first.
    pub fn create_mass(&self, message: &MassMessage) -> Result<CreatedMass> {
        check(message)?;
        self.post(&CREATE, message)
    }
    pub fn mass_messages<'a>(&'a self, query: &'a MassQuery) -> Pages<'a, MassRecord> {
        Pages::new(LIST.path, move |cursor| {
            let mut body = json!(query);
            body["limit"] = json!(100);
            body["cursor"] = json!(cursor);
            self.post::<Records>(&LIST, &body).map(Page::from)
        })
    }
    pub fn mass_tasks<'a>(&'a self, msgid: &'a str) -> Pages<'a, MassTask> {
        Pages::new(TASKS.path, move |cursor| {
            let body = json!({"msgid": msgid, "limit": 1000, "cursor": cursor});
            self.post::<Tasks>(&TASKS, &body).map(Page::from)
        })
    }
    pub fn mass_results<'a>(&'a self, msgid: &'a str, userid: &'a str) -> Pages<'a, MassResult> {
        Pages::new(RESULTS.path, move |cursor| {
            let body = json!({"msgid": msgid, "userid": userid, "limit": 1000, "cursor": cursor});
            self.post::<Results>(&RESULTS, &body).map(Page::from)
        })
    }
    /// Reminds the employees who have not confirmed: three times in 24 hours at most.
    pub fn remind_mass(&self, msgid: &str) -> Result<()> {
        self.post_for::<Done>(&REMIND, &json!({"msgid": msgid}), vec![msgid.to_owned()]).map(drop)
    }
    /// Stops what is not sent yet. Stopped already is success.
    pub fn cancel_mass(&self, msgid: &str) -> Result<()> {
        match self.post::<Done>(&CANCEL, &json!({"msgid": msgid})) {
            Err(error) if error.is_done() => Ok(()),
            answer => answer.map(drop),
        }
    }
}

fn check(message: &MassMessage) -> Result<()> {
    let call = &CREATE;
    check_content(call, message.text.as_ref(), &message.attachments)?;
    at_most(call, "external_userid", message.external_userid.as_ref().map_or(0, Vec::len), 10_000)?;
    at_most(call, "chat_id_list", message.chat_id_list.as_ref().map_or(0, Vec::len), 2_000)?;
    for list in message.tag_filter.iter().flat_map(|filter| &filter.group_list) {
        at_most(call, "tag_list", list.tag_list.len(), 100)?;
    }
    if message.sender.as_deref() == Some("") {
        return Err(Error::invalid(call.path, "sender is an empty text: leave it out"));
    }
    // To WeCom an empty list is no list: the message would go to everybody the sender has.
    not_empty(call, "external_userid", message.external_userid.as_ref().is_some_and(Vec::is_empty))?;
    not_empty(call, "chat_id_list", message.chat_id_list.as_ref().is_some_and(Vec::is_empty))?;
    let has_customers = message.external_userid.as_ref().is_some_and(|ids| !ids.is_empty());
    match message.chat_type.as_str() {
        "group" => not_empty(call, "sender", message.sender.is_none()),
        "single" | "" => {
            let nobody = message.sender.is_none() && !has_customers && message.tag_filter.is_none();
            not_empty(call, "sender, external_userid and tag_filter", nobody)
        }
        other => Err(Error::invalid(call.path, format!("chat_type {other:?}"))),
    }
}
