//! Handing customers and groups over, from employees at work and from those who have left.

use super::{answer, at_most, chars, not_empty, paged};
use crate::call::Call;
use crate::client::{Client, Sent};
use crate::codes::{self, Act};
use crate::error::Result;
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

// A second request for the same customer is answered by 40100, "already in transfer": repeating is safe, and the rows say whose it was.
const AT_WORK: Call = Call::post("externalcontact/transfer_customer");
const AT_WORK_RESULT: Call = Call::post("externalcontact/transfer_result");
const UNASSIGNED: Call = Call::post("externalcontact/get_unassigned_list");
const LEFT: Call = Call::post("externalcontact/resigned/transfer_customer");
const LEFT_RESULT: Call = Call::post("externalcontact/resigned/transfer_result");
const GROUPS_LEFT: Call = Call::post("externalcontact/groupchat/transfer");
const GROUPS_AT_WORK: Call = Call::post("externalcontact/groupchat/onjob_transfer");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transfer {
    pub handover_userid: String,
    pub takeover_userid: String,
    /// At most 100.
    pub external_userid: Vec<String>,
    /// At most 200 characters, sent to the customer; from employees at work only.
    pub transfer_success_msg: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferAccepted {
    pub external_userid: String,
    /// 0: the request was taken, and takes effect after 24 hours unless the customer refuses.
    pub errcode: i64,
    /// An earlier attempt of this request, whose answer was lost, may have been the one that is in the way.
    #[serde(skip)]
    pub maybe_before: bool,
}

impl TransferAccepted {
    /// Taken now, or by an attempt of this request whose answer was lost.
    pub fn is_taken(&self) -> bool {
        self.errcode == 0 || self.maybe_before && codes::of(self.errcode).act == Act::Done
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferResult {
    pub external_userid: String,
    pub status: i64,
    /// When it was done or will be; 0 otherwise.
    pub takeover_time: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    Done,
    Waiting,
    CustomerRefused,
    TakeoverFull,
    NoRecord,
    Other(i64),
}

impl TransferResult {
    pub fn state(&self) -> TransferState {
        match self.status {
            1 => TransferState::Done,
            2 => TransferState::Waiting,
            3 => TransferState::CustomerRefused,
            4 => TransferState::TakeoverFull,
            5 => TransferState::NoRecord,
            other => TransferState::Other(other),
        }
    }
}

/// A customer whose employee has left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unassigned {
    pub handover_userid: String,
    pub external_userid: String,
    pub dimission_time: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedGroup {
    pub chat_id: String,
    pub errcode: i64,
    pub errmsg: String,
}

answer!(Accepted { customer: Vec<TransferAccepted> });
paged!(Results { customer: TransferResult });
answer!(UnassignedPage { info: Vec<Unassigned>, is_last: bool, next_cursor: String });
answer!(Failed { failed_chat_list: Vec<FailedGroup> });

impl Client {
    /// Asks for the hand-over; look into every row of the answer.
    pub fn transfer_customers(&self, transfer: &Transfer) -> Result<Vec<TransferAccepted>> {
        chars(&AT_WORK, "transfer_success_msg", transfer.transfer_success_msg.as_deref().unwrap_or_default(), 200)?;
        self.transfer(&AT_WORK, transfer)
    }
    /// The same for an employee who has left.
    pub fn transfer_customers_of_leaver(&self, transfer: &Transfer) -> Result<Vec<TransferAccepted>> {
        self.transfer(&LEFT, &Transfer { transfer_success_msg: None, ..transfer.clone() })
    }
    pub fn transfer_results<'a>(&'a self, from: &'a str, to: &'a str) -> Pages<'a, TransferResult> {
        self.results(AT_WORK_RESULT, from, to)
    }
    pub fn transfer_results_of_leaver<'a>(&'a self, from: &'a str, to: &'a str) -> Pages<'a, TransferResult> {
        self.results(LEFT_RESULT, from, to)
    }
    /// Customers left behind by employees who have left, 1000 a page.
    pub fn unassigned(&self) -> Pages<'_, Unassigned> {
        Pages::new(UNASSIGNED.path, |cursor| {
            let cursor = (!cursor.is_empty()).then_some(cursor);
            let answer: UnassignedPage = self.post(&UNASSIGNED, &json!({"page_size": 1000, "cursor": cursor}))?;
            let next = if answer.is_last { String::new() } else { answer.next_cursor };
            Ok(Page::new(answer.info, next))
        })
    }
    /// Gives at most 100 groups of an employee who has left to a new owner: the groups that could not be given.
    pub fn transfer_groups_of_leaver(&self, chat_ids: &[String], new_owner: &str) -> Result<Vec<FailedGroup>> {
        self.transfer_groups_by(&GROUPS_LEFT, chat_ids, new_owner)
    }
    /// The same for an owner at work: each group twice in 90 days, 300 groups a day.
    pub fn transfer_groups(&self, chat_ids: &[String], new_owner: &str) -> Result<Vec<FailedGroup>> {
        self.transfer_groups_by(&GROUPS_AT_WORK, chat_ids, new_owner)
    }

    fn transfer(&self, call: &Call, transfer: &Transfer) -> Result<Vec<TransferAccepted>> {
        not_empty(call, "external_userid", transfer.external_userid.is_empty())?;
        at_most(call, "external_userid", transfer.external_userid.len(), 100)?;
        let pairs = transfer.external_userid.iter().map(|id| format!("{}|{id}", transfer.handover_userid)).collect();
        let Sent { answer, maybe_before } = self.post_told::<Accepted>(call, transfer, pairs)?;
        Ok(answer.customer.into_iter().map(|row| TransferAccepted { maybe_before, ..row }).collect())
    }
    fn results<'a>(&'a self, call: Call, from: &'a str, to: &'a str) -> Pages<'a, TransferResult> {
        Pages::new(call.path, move |cursor| {
            let cursor = (!cursor.is_empty()).then_some(cursor);
            let body = json!({"handover_userid": from, "takeover_userid": to, "cursor": cursor});
            self.post::<Results>(&call, &body).map(Page::from)
        })
    }
    fn transfer_groups_by(&self, call: &Call, chat_ids: &[String], new_owner: &str) -> Result<Vec<FailedGroup>> {
        not_empty(call, "chat_id_list", chat_ids.is_empty())?;
        at_most(call, "chat_id_list", chat_ids.len(), 100)?;
        let body = json!({"chat_id_list": chat_ids, "new_owner": new_owner});
        let Sent { answer, maybe_before } = self.post_told::<Failed>(call, &body, Vec::new())?;
        let is_ours = |group: &FailedGroup| maybe_before && codes::of(group.errcode).act == Act::Done;
        Ok(answer.failed_chat_list.into_iter().filter(|group| !is_ours(group)).collect())
    }
}
