//! From one id of a person to another.

use super::{answer, at_most};
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

const TO_OPENID: Call = Call::post("externalcontact/convert_to_openid");
const OF_UNIONID_OLD: Call = Call::post("externalcontact/unionid_to_external_userid");
const OF_UNIONID: Call = Call::post("idconvert/unionid_to_external_userid");
const PENDING: Call = Call::post("idconvert/batch/external_userid_to_pending_id");

/// Exactly one of the two is set. A pending id stands for somebody who is no customer yet and lives 90 days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfUnionId {
    pub external_userid: Option<String>,
    pub pending_id: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PendingId {
    pub external_userid: String,
    pub pending_id: String,
}

answer!(OpenId { openid: String });
answer!(ExternalUserId { external_userid: String });
answer!(PendingIds { result: Vec<PendingId> });

impl Client {
    /// For payments; WeChat customers (`wm…`) only.
    pub fn customer_openid(&self, external_userid: &str) -> Result<String> {
        self.post::<OpenId>(&TO_OPENID, &json!({"external_userid": external_userid})).map(|answer| answer.openid)
    }
    /// The older way, documented for third parties whose mini-program belongs to the same subject.
    pub fn customer_of_unionid_old(&self, unionid: &str, openid: Option<&str>) -> Result<String> {
        let body = json!({"unionid": unionid, "openid": openid});
        self.post::<ExternalUserId>(&OF_UNIONID_OLD, &body).map(|answer| answer.external_userid)
    }
    /// Whether a self-built app may is not certain: on [`crate::assumptions::IDCONVERT_REFUSED`] treat the capability as off.
    /// Call once when a person enters the mini-program and keep the answer. `of_provider`: whose mini-program it is.
    pub fn customer_of_unionid(&self, unionid: &str, openid: &str, of_provider: bool) -> Result<OfUnionId> {
        let body = json!({"unionid": unionid, "openid": openid, "subject_type": i32::from(of_provider)});
        self.post(&OF_UNIONID, &body)
    }
    /// At most 100: finds earlier pending ids again when people have become customers or group members.
    pub fn pending_ids(&self, external_userids: &[String], chat_id: Option<&str>) -> Result<Vec<PendingId>> {
        at_most(&PENDING, "external_userid", external_userids.len(), 100)?;
        let body = json!({"external_userid": external_userids, "chat_id": chat_id});
        self.post::<PendingIds>(&PENDING, &body).map(|answer| answer.result)
    }
}
