//! What WeCom is told, in its words.

use serde::{Deserialize, Serialize};
use siyu_wecom::ContactWay;

/// A way as it is to be. Kept as JSON to tell whether WeCom has it so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Userids, sorted.
    pub users: Vec<String>,
    pub skip_verify: bool,
    pub remark: String,
    pub state: String,
}

impl Wanted {
    pub fn to_make(&self, exclusive: bool) -> ContactWay {
        ContactWay {
            skip_verify: Some(self.skip_verify),
            is_exclusive: Some(exclusive),
            ..ContactWay::qr(self.users.clone(), &self.state, &self.remark)
        }
    }
    pub fn to_change(&self, config_id: &str) -> ContactWay {
        ContactWay {
            config_id: Some(config_id.to_owned()),
            skip_verify: Some(self.skip_verify),
            remark: Some(self.remark.clone()),
            state: Some(self.state.clone()),
            user: Some(self.users.clone()),
            ..ContactWay::default()
        }
    }
    /// Whether this is what WeCom shows. It does not distinguish the case of userids, and gives them in any order.
    pub fn is_shown_by(&self, way: &ContactWay) -> bool {
        let keys = |users: &[String]| {
            let mut keys: Vec<String> = users.iter().map(|own| own.to_lowercase()).collect();
            keys.sort_unstable();
            keys
        };
        keys(&self.users) == keys(way.user.as_deref().unwrap_or_default())
            && way.skip_verify.unwrap_or(true) == self.skip_verify
            && way.state.as_deref().unwrap_or_default() == self.state
            && way.party.as_ref().is_none_or(Vec::is_empty)
    }
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
