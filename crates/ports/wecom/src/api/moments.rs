//! Moments (客户朋友圈): created by us, published by employees, reach read back.

use super::{Attachment, Done, Link, Text, answer, at_most, chars, paged};
use crate::assumptions::MOMENT_PAGE_MAX;
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const CREATE: Call = Call::once("externalcontact/add_moment_task");
const JOB: Call = Call::get("externalcontact/get_moment_task_result");
const CANCEL: Call = Call::post("externalcontact/cancel_moment_task");
const LIST: Call = Call::post("externalcontact/get_moment_list");
const TASKS: Call = Call::post("externalcontact/get_moment_task");
const CUSTOMERS: Call = Call::post("externalcontact/get_moment_customer_list");
const RESULTS: Call = Call::post("externalcontact/get_moment_send_result");
const COMMENTS: Call = Call::post("externalcontact/get_moment_comments");

/// Attachments of one kind: one to nine pictures, one video, or one link with a cover; media of [`Client::upload_attachment`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moment {
    /// At most 2000 characters.
    pub text: Option<Text>,
    pub attachments: Vec<Attachment>,
    /// Everybody visible, when `None`.
    pub visible_range: Option<VisibleRange>,
}

/// With both, the customers of these senders that have these tags.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VisibleRange {
    pub sender_list: Option<SenderList>,
    pub external_contact_list: Option<MomentTags>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SenderList {
    pub user_list: Vec<String>,
    pub department_list: Vec<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentTags {
    pub tag_list: Vec<String>,
}

/// Ask again after 2 s, then ever later up to a minute, until `status` is 3; `result` means nothing before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentJob {
    /// 1 begun, 2 running, 3 done.
    pub status: i64,
    #[serde(rename = "type")]
    pub kind: String,
    pub result: Option<MomentJobResult>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentJobResult {
    pub errcode: i64,
    pub errmsg: String,
    pub moment_id: String,
    pub invalid_sender_list: SenderList,
    pub invalid_external_contact_list: MomentTags,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentRecord {
    pub moment_id: String,
    /// Absent when the corp created it.
    pub creator: Option<String>,
    pub create_time: i64,
    /// 0 by the corp, 1 by an employee.
    pub create_type: i64,
    /// 0 partly visible, 1 public.
    pub visible_type: i64,
    pub text: Option<Text>,
    pub image: Vec<MomentImage>,
    pub video: Option<MomentVideo>,
    pub link: Option<Link>,
    pub location: Option<MomentLocation>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentImage {
    pub media_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentVideo {
    pub media_id: String,
    pub thumb_media_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentLocation {
    pub latitude: f64,
    pub longitude: f64,
    pub name: String,
}

/// Which moments: at most 30 days between the two instants (Unix seconds).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentQuery {
    pub start_time: i64,
    pub end_time: i64,
    pub creator: Option<String>,
    pub filter_type: Option<i64>,
}

/// `publish_status`: 1 published.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentTask {
    pub userid: String,
    pub publish_status: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentCustomer {
    /// Absent where really reached customers are listed.
    pub userid: Option<String>,
    pub external_userid: String,
}

/// Who commented and liked; what was written is not told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentComments {
    pub comment_list: Vec<MomentReaction>,
    pub like_list: Vec<MomentReaction>,
}

/// By a customer or by an employee.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentReaction {
    pub external_userid: Option<String>,
    pub userid: Option<String>,
    pub create_time: i64,
}

answer!(JobId { jobid: String });
paged!(Records { moment_list: MomentRecord });
paged!(Tasks { task_list: MomentTask });
paged!(Customers { customer_list: MomentCustomer });

impl Client {
    /// The id of the job, good for 24 hours.
    pub fn create_moment(&self, moment: &Moment) -> Result<String> {
        check(moment)?;
        self.post::<JobId>(&CREATE, moment).map(|answer| answer.jobid)
    }
    pub fn moment_job(&self, jobid: &str) -> Result<MomentJob> {
        self.get(&JOB, &[("jobid", jobid)])
    }
    /// Stops what is not published yet.
    pub fn cancel_moment(&self, moment_id: &str) -> Result<()> {
        self.post::<Done>(&CANCEL, &json!({"moment_id": moment_id})).map(drop)
    }
    pub fn moments<'a>(&'a self, query: &'a MomentQuery) -> Pages<'a, MomentRecord> {
        Pages::new(LIST.path, move |cursor| {
            let mut body = json!(query);
            body["limit"] = json!(MOMENT_PAGE_MAX);
            body["cursor"] = json!(cursor);
            self.post::<Records>(&LIST, &body).map(Page::from)
        })
    }
    /// Who has published; for moments of the corp only.
    pub fn moment_tasks<'a>(&'a self, moment_id: &'a str) -> Pages<'a, MomentTask> {
        Pages::new(TASKS.path, move |cursor| {
            let body = json!({"moment_id": moment_id, "cursor": cursor, "limit": 1000});
            self.post::<Tasks>(&TASKS, &body).map(Page::from)
        })
    }
    /// The customers chosen when it was published.
    pub fn moment_customers<'a>(&'a self, moment_id: &'a str, userid: &'a str) -> Pages<'a, MomentCustomer> {
        Pages::new(CUSTOMERS.path, move |cursor| {
            let body = json!({"moment_id": moment_id, "userid": userid, "cursor": cursor, "limit": 1000});
            self.post::<Customers>(&CUSTOMERS, &body).map(Page::from)
        })
    }
    /// The customers who can really see it.
    pub fn moment_results<'a>(&'a self, moment_id: &'a str, userid: &'a str) -> Pages<'a, MomentCustomer> {
        Pages::new(RESULTS.path, move |cursor| {
            let body = json!({"moment_id": moment_id, "userid": userid, "cursor": cursor, "limit": 5000});
            self.post::<Customers>(&RESULTS, &body).map(Page::from)
        })
    }
    pub fn moment_comments(&self, moment_id: &str, userid: &str) -> Result<MomentComments> {
        self.post(&COMMENTS, &json!({"moment_id": moment_id, "userid": userid}))
    }
}

fn check(moment: &Moment) -> Result<()> {
    let call = &CREATE;
    let text = moment.text.as_ref().map(|text| text.content.as_str()).unwrap_or_default();
    chars(call, "text", text, 2000)?;
    let Some(first) = moment.attachments.first() else {
        return if text.is_empty() { Err(Error::invalid(call.path, "neither text nor attachment")) } else { Ok(()) };
    };
    let max = match first.msgtype.as_str() {
        "image" => 9,
        "video" | "link" => 1,
        other => return Err(Error::invalid(call.path, format!("a moment has no attachment {other:?}"))),
    };
    if moment.attachments.iter().any(|other| other.msgtype != first.msgtype) {
        return Err(Error::invalid(call.path, "attachments of different kinds"));
    }
    at_most(call, "attachments", moment.attachments.len(), max)?;
    let title = first.link.as_ref().map(|link| link.title.as_str()).unwrap_or_default();
    chars(call, "link.title", title, 64)
}
