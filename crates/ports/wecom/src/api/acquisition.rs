//! Customer acquisition links (获客助手).

use super::{Done, answer, bytes, chars, paged};
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const LIST: Call = Call::post("externalcontact/customer_acquisition/list_link");
const GET: Call = Call::post("externalcontact/customer_acquisition/get");
const CREATE: Call = Call::once("externalcontact/customer_acquisition/create_link");
const UPDATE: Call = Call::post("externalcontact/customer_acquisition/update_link");
const DELETE: Call = Call::post("externalcontact/customer_acquisition/delete_link");
const CUSTOMERS: Call = Call::post("externalcontact/customer_acquisition/customer");
const QUOTA: Call = Call::get("externalcontact/customer_acquisition_quota");
const STATISTIC: Call = Call::post("externalcontact/customer_acquisition/statistic");
const CHAT: Call = Call::post("externalcontact/customer_acquisition/get_chat_info");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcquisitionLink {
    pub link_id: Option<String>,
    pub link_name: String,
    pub url: String,
    pub create_time: i64,
    pub skip_verify: Option<bool>,
    pub mark_source: Option<bool>,
}

/// Whom a link leads to: at most 100 people in all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkRange {
    pub user_list: Vec<String>,
    pub department_list: Vec<i64>,
}

/// `priority_type`: 1 all, 2 those listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriorityOption {
    pub priority_type: i64,
    pub priority_userid_list: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkDetail {
    pub link: AcquisitionLink,
    pub range: LinkRange,
    pub priority_option: Option<PriorityOption>,
}

/// A new link, or with `link_id` the changes to one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkEdit {
    pub link_id: Option<String>,
    /// At most 30 characters.
    pub link_name: Option<String>,
    pub range: Option<LinkRange>,
    pub skip_verify: Option<bool>,
    pub priority_option: Option<PriorityOption>,
    pub mark_source: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkCustomer {
    pub external_userid: String,
    pub userid: String,
    /// 0 no message, 1 has spoken, 2 unknown.
    pub chat_status: i64,
    pub state: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcquisitionQuota {
    pub total: i64,
    pub balance: i64,
    pub quota_list: Vec<QuotaPart>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaPart {
    pub expire_date: i64,
    pub balance: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkStatistic {
    pub click_link_customer_cnt: i64,
    pub new_customer_cnt: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkChat {
    pub userid: String,
    pub external_userid: String,
    pub chat_info: LinkChatInfo,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkChatInfo {
    pub recv_msg_cnt: i64,
    pub link_id: String,
    pub state: String,
}

paged!(Ids { link_id_list: String });
paged!(Customers { customer_list: LinkCustomer });
answer!(Created { link: AcquisitionLink });

impl Client {
    /// The ids of the links this app has made.
    pub fn acquisition_links(&self) -> Pages<'_, String> {
        Pages::new(LIST.path, |cursor| {
            self.post::<Ids>(&LIST, &json!({"limit": 100, "cursor": cursor})).map(Page::from)
        })
    }
    pub fn acquisition_link(&self, link_id: &str) -> Result<LinkDetail> {
        self.post(&GET, &json!({"link_id": link_id}))
    }
    pub fn create_acquisition_link(&self, link: &LinkEdit) -> Result<AcquisitionLink> {
        chars(&CREATE, "link_name", link.link_name.as_deref().unwrap_or_default(), 30)?;
        self.post::<Created>(&CREATE, link).map(|answer| answer.link)
    }
    pub fn update_acquisition_link(&self, link: &LinkEdit) -> Result<()> {
        chars(&UPDATE, "link_name", link.link_name.as_deref().unwrap_or_default(), 30)?;
        self.post::<Done>(&UPDATE, link).map(drop)
    }
    pub fn delete_acquisition_link(&self, link_id: &str) -> Result<()> {
        self.delete(&DELETE, &json!({"link_id": link_id}))
    }
    pub fn acquisition_customers<'a>(&'a self, link_id: &'a str) -> Pages<'a, LinkCustomer> {
        Pages::new(CUSTOMERS.path, move |cursor| {
            let body = json!({"link_id": link_id, "limit": 1000, "cursor": cursor});
            self.post::<Customers>(&CUSTOMERS, &body).map(Page::from)
        })
    }
    pub fn acquisition_quota(&self) -> Result<AcquisitionQuota> {
        self.get(&QUOTA, &[])
    }
    pub fn acquisition_statistic(&self, link_id: &str, start: i64, end: i64) -> Result<LinkStatistic> {
        self.post(&STATISTIC, &json!({"link_id": link_id, "start_time": start, "end_time": end}))
    }
    /// `chat_key`: of the event, good for about 30 minutes.
    pub fn acquisition_chat(&self, chat_key: &str) -> Result<LinkChat> {
        self.post(&CHAT, &json!({"chat_key": chat_key}))
    }
}

/// The link's address for one channel, which comes back as the state of everybody who used it: at most 64 bytes, as WeCom cuts off the rest.
pub fn channel_url(url: &str, channel: &str) -> Result<String> {
    bytes(&CREATE, "customer_channel", channel, 64)?;
    let value: String = form_urlencoded::byte_serialize(channel.as_bytes()).collect();
    let mark = if url.contains('?') { '&' } else { '?' };
    // Form encoding writes a space as a plus sign, which a mere percent-decoder would keep.
    Ok(format!("{url}{mark}customer_channel={}", value.replace('+', "%20")))
}
