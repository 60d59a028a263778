//! Live codes of employees (「联系我」).

use super::{Done, answer, at_most, chars, paged};
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const ADD: Call = Call::once("externalcontact/add_contact_way");
const GET: Call = Call::post("externalcontact/get_contact_way");
const LIST: Call = Call::post("externalcontact/list_contact_way");
const UPDATE: Call = Call::post("externalcontact/update_contact_way");
const DELETE: Call = Call::post("externalcontact/del_contact_way");
const CLOSE: Call = Call::post("externalcontact/close_temp_chat");

/// A live code. When one is changed, `None` leaves a field as it is; lists and texts replace what was there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactWay {
    pub config_id: Option<String>,
    /// 1 one employee, 2 several. Cannot be changed later.
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    /// 1 button of a mini-program, 2 QR code. Cannot be changed later.
    pub scene: Option<i64>,
    pub style: Option<i64>,
    /// At most 30 characters, seen by nobody outside.
    pub remark: Option<String>,
    /// True when not set: customers are added without confirmation.
    pub skip_verify: Option<bool>,
    /// At most 30 characters: comes back with every customer of this code.
    pub state: Option<String>,
    /// At most 100 with the departments expanded.
    pub user: Option<Vec<String>>,
    pub party: Option<Vec<i64>>,
    pub is_temp: Option<bool>,
    pub expires_in: Option<i64>,
    pub chat_expires_in: Option<i64>,
    pub unionid: Option<String>,
    /// A customer may add only one of the employees.
    pub is_exclusive: Option<bool>,
    pub mark_source: Option<bool>,
    pub conclusions: Option<Conclusions>,
    /// Only when read.
    pub qr_code: Option<String>,
}

impl ContactWay {
    /// A QR code that leads to one of several employees.
    pub fn qr(users: Vec<String>, state: &str, remark: &str) -> Self {
        Self {
            kind: Some(2),
            scene: Some(2),
            user: Some(users),
            state: Some(state.to_owned()),
            remark: Some(remark.to_owned()),
            ..Self::default()
        }
    }
}

/// The closing message of a temporary chat; only the first of picture, link and mini-program counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conclusions {
    pub text: Option<super::Text>,
    pub image: Option<super::Image>,
    pub link: Option<super::Link>,
    pub miniprogram: Option<super::Miniprogram>,
}

/// Keep the `config_id`: WeCom's console does not show codes made by API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewContactWay {
    pub config_id: String,
    /// Only for QR codes.
    pub qr_code: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct ConfigId {
    config_id: String,
}

answer!(One { contact_way: ContactWay });
paged!(Ids { contact_way: ConfigId });

impl Client {
    /// After a time-out the code may exist: it is found by [`Client::contact_ways`] and its state.
    pub fn add_contact_way(&self, way: &ContactWay) -> Result<NewContactWay> {
        check(&ADD, way)?;
        self.post(&ADD, way)
    }
    pub fn contact_way(&self, config_id: &str) -> Result<ContactWay> {
        self.post::<One>(&GET, &json!({"config_id": config_id})).map(|answer| answer.contact_way)
    }
    /// The ids of the codes made between two instants (Unix seconds; the last 90 days when `None`), temporary ones left out.
    pub fn contact_ways(&self, start: Option<i64>, end: Option<i64>) -> Pages<'_, String> {
        Pages::new(LIST.path, move |cursor| {
            let body = json!({"start_time": start, "end_time": end, "cursor": cursor, "limit": 1000});
            let page: Page<ConfigId> = self.post::<Ids>(&LIST, &body)?.into();
            Ok(Page::new(page.items.into_iter().map(|id| id.config_id).collect(), page.next))
        })
    }
    /// Replaces the fields that are set; the picture of the code stays the same.
    pub fn update_contact_way(&self, way: &ContactWay) -> Result<()> {
        check(&UPDATE, way)?;
        if way.config_id.is_none() || way.kind.is_some() || way.scene.is_some() {
            return Err(Error::invalid(UPDATE.path, "needs config_id, and neither type nor scene"));
        }
        self.post::<Done>(&UPDATE, way).map(drop)
    }
    pub fn delete_contact_way(&self, config_id: &str) -> Result<()> {
        self.delete(&DELETE, &json!({"config_id": config_id}))
    }
    /// Ends a temporary chat with its closing message.
    pub fn close_temp_chat(&self, userid: &str, external_userid: &str) -> Result<()> {
        self.post::<Done>(&CLOSE, &json!({"userid": userid, "external_userid": external_userid})).map(drop)
    }
}

fn check(call: &Call, way: &ContactWay) -> Result<()> {
    chars(call, "remark", way.remark.as_deref().unwrap_or_default(), 30)?;
    chars(call, "state", way.state.as_deref().unwrap_or_default(), 30)?;
    let users = way.user.as_ref().map_or(0, Vec::len);
    at_most(call, "user", users, if way.kind == Some(1) { 1 } else { 100 })
}
