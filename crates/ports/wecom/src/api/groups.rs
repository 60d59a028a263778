//! Customer groups and their join codes.

use super::{Done, answer, at_most, chars, not_empty, paged};
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const LIST: Call = Call::post("externalcontact/groupchat/list");
const GET: Call = Call::post("externalcontact/groupchat/get");
const OPENGID: Call = Call::post("externalcontact/opengid_to_chatid");
const ADD_WAY: Call = Call::once("externalcontact/groupchat/add_join_way");
const GET_WAY: Call = Call::post("externalcontact/groupchat/get_join_way");
const UPDATE_WAY: Call = Call::post("externalcontact/groupchat/update_join_way");
const DELETE_WAY: Call = Call::post("externalcontact/groupchat/del_join_way");

/// `status`: 0 normal, 1 owner has left, 2 being handed over, 3 handed over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupRow {
    pub chat_id: String,
    pub status: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupChat {
    pub chat_id: String,
    /// Empty when nobody has named it.
    pub name: String,
    pub owner: String,
    pub create_time: i64,
    pub notice: Option<String>,
    pub member_list: Vec<GroupMember>,
    pub admin_list: Vec<GroupAdmin>,
    /// Equal versions have equal members.
    pub member_version: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupMember {
    /// An employee's userid, or `wm…`/`wo…` even for people who are nobody's customer.
    pub userid: String,
    /// 1 employee, 2 outside.
    #[serde(rename = "type")]
    pub kind: i64,
    pub unionid: Option<String>,
    pub join_time: i64,
    /// 1 invited, 2 invitation link, 3 QR code.
    pub join_scene: i64,
    pub invitor: Option<Invitor>,
    pub group_nickname: Option<String>,
    pub name: Option<String>,
    /// The state of the join code used.
    pub state: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invitor {
    pub userid: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupAdmin {
    pub userid: String,
}

/// A code that lets people into the first group with room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JoinWay {
    pub config_id: Option<String>,
    /// 1 mini-program, 2 QR code.
    pub scene: i64,
    /// Longer than 30 characters is cut off by WeCom.
    pub remark: Option<String>,
    /// 1 (also when not set): makes further groups when all are full.
    pub auto_create_room: Option<i64>,
    /// At most 40 characters; further groups are called by it and a number.
    pub room_base_name: Option<String>,
    pub room_base_id: Option<i64>,
    /// One to five.
    pub chat_id_list: Vec<String>,
    /// At most 30 characters.
    pub state: Option<String>,
    pub mark_source: Option<bool>,
    /// Only when read.
    pub qr_code: Option<String>,
}

paged!(Rows { group_chat_list: GroupRow });
answer!(One { group_chat: GroupChat });
answer!(ChatId { chat_id: String });
answer!(ConfigId { config_id: String });
answer!(Way { join_way: JoinWay });

impl Client {
    /// Groups of at most 100 owners; without owners all, which fails with 81017 when more than 1000 employees are visible.
    /// `status`: 0 all, else as in [`GroupRow`].
    pub fn groups<'a>(&'a self, owners: &'a [String], status: i64) -> Pages<'a, GroupRow> {
        Pages::new(LIST.path, move |cursor| {
            at_most(&LIST, "owner_filter", owners.len(), 100)?;
            let filter = (!owners.is_empty()).then(|| json!({"userid_list": owners}));
            let body = json!({"status_filter": status, "owner_filter": filter, "cursor": cursor, "limit": 1000});
            self.post::<Rows>(&LIST, &body).map(Page::from)
        })
    }
    /// With the names of its members. After an event wait two seconds: WeCom updates groups behind them.
    pub fn group(&self, chat_id: &str) -> Result<GroupChat> {
        self.post::<One>(&GET, &json!({"chat_id": chat_id, "need_name": 1})).map(|answer| answer.group_chat)
    }
    /// The group in which a mini-program was opened.
    pub fn group_of_opengid(&self, opengid: &str) -> Result<String> {
        self.post::<ChatId>(&OPENGID, &json!({"opengid": opengid})).map(|answer| answer.chat_id)
    }
    /// The new code's id; its picture comes with [`Client::join_way`].
    pub fn add_join_way(&self, way: &JoinWay) -> Result<String> {
        check(&ADD_WAY, way)?;
        self.post::<ConfigId>(&ADD_WAY, way).map(|answer| answer.config_id)
    }
    pub fn join_way(&self, config_id: &str) -> Result<JoinWay> {
        self.post::<Way>(&GET_WAY, &json!({"config_id": config_id})).map(|answer| answer.join_way)
    }
    /// Replaces everything: what is not set is lost.
    pub fn update_join_way(&self, way: &JoinWay) -> Result<()> {
        check(&UPDATE_WAY, way)?;
        not_empty(&UPDATE_WAY, "config_id", way.config_id.is_none())?;
        self.post::<Done>(&UPDATE_WAY, way).map(drop)
    }
    pub fn delete_join_way(&self, config_id: &str) -> Result<()> {
        self.delete(&DELETE_WAY, &json!({"config_id": config_id}))
    }
}

fn check(call: &Call, way: &JoinWay) -> Result<()> {
    not_empty(call, "chat_id_list", way.chat_id_list.is_empty())?;
    at_most(call, "chat_id_list", way.chat_id_list.len(), 5)?;
    chars(call, "state", way.state.as_deref().unwrap_or_default(), 30)?;
    chars(call, "room_base_name", way.room_base_name.as_deref().unwrap_or_default(), 40)
}
