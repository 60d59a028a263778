//! The chat archive's HTTP side (会话内容存档): who is archived and who has agreed. With the archive's own secret. The messages themselves
//! come only through the platform's native library, which is not part of this crate.

use super::answer;
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

const PERMITTED: Call = Call::post("msgaudit/get_permit_user_list");
const AGREED: Call = Call::post("msgaudit/check_single_agree");
const ROOM_AGREED: Call = Call::post("msgaudit/check_room_agree");
const ROOM: Call = Call::post("msgaudit/groupchat/get");

/// The field's name is misspelt by the platform.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArchivePair {
    pub userid: String,
    pub exteranalopenid: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Agreement {
    pub userid: String,
    pub exteranalopenid: String,
    /// `Agree`, `Disagree` or `Default_Agree`.
    pub agree_status: String,
    pub status_change_time: i64,
}

answer!(Ids { ids: Vec<String> });
answer!(Agreements { agreeinfo: Vec<Agreement> });

impl Client {
    /// Employees who are archived. `edition`: 1 office, 2 service, 3 enterprise; all when `None`.
    pub fn archived_staff(&self, edition: Option<i64>) -> Result<Vec<String>> {
        self.post::<Ids>(&PERMITTED, &json!({"type": edition})).map(|answer| answer.ids)
    }
    pub fn archive_agreements(&self, pairs: &[ArchivePair]) -> Result<Vec<Agreement>> {
        self.post::<Agreements>(&AGREED, &json!({"info": pairs})).map(|answer| answer.agreeinfo)
    }
    pub fn archive_room_agreements(&self, room_id: &str) -> Result<Vec<Agreement>> {
        self.post::<Agreements>(&ROOM_AGREED, &json!({"roomid": room_id})).map(|answer| answer.agreeinfo)
    }
    /// An internal group as WeCom describes it; its fields are not documented here.
    pub fn archived_room(&self, room_id: &str) -> Result<serde_json::Value> {
        self.post(&ROOM, &json!({"roomid": room_id}))
    }
}
