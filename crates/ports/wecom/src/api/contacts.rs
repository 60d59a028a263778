//! The address book: departments, employees, their tags, and what of it the app can see.

use super::answer;
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

const DEPARTMENT_IDS: Call = Call::get("department/simplelist");
const DEPARTMENT: Call = Call::get("department/get");
const DEPARTMENTS: Call = Call::get("department/list");
const STAFF_BRIEF: Call = Call::get("user/simplelist");
const STAFF_LIST: Call = Call::get("user/list");
const STAFF: Call = Call::get("user/get");
const STAFF_IDS: Call = Call::post("user/list_id");
const BY_MOBILE: Call = Call::post("user/getuserid");
const BY_EMAIL: Call = Call::post("user/get_userid_by_email");
const TO_OPENID: Call = Call::post("user/convert_to_openid");
const AGENT: Call = Call::get("agent/get");
const TAGS: Call = Call::get("tag/list");
const TAG: Call = Call::get("tag/get");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DepartmentNode {
    pub id: i64,
    pub parentid: i64,
    pub order: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Department {
    pub id: i64,
    pub name: String,
    pub name_en: Option<String>,
    pub department_leader: Vec<String>,
    pub parentid: i64,
    pub order: i64,
}

/// An employee as lists show them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffBrief {
    /// Compare in lower case: WeCom does not distinguish.
    pub userid: String,
    pub name: String,
    pub department: Vec<i64>,
    pub open_userid: Option<String>,
}

/// An employee. Apps made since mid-2022 get no avatar, gender, phone, mail, QR code or address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Staff {
    pub userid: String,
    pub name: String,
    pub department: Vec<i64>,
    pub order: Vec<i64>,
    pub position: Option<String>,
    pub mobile: Option<String>,
    pub gender: Option<String>,
    pub email: Option<String>,
    pub biz_mail: Option<String>,
    pub is_leader_in_dept: Vec<i64>,
    pub direct_leader: Vec<String>,
    pub avatar: Option<String>,
    pub thumb_avatar: Option<String>,
    pub telephone: Option<String>,
    pub alias: Option<String>,
    pub address: Option<String>,
    pub open_userid: Option<String>,
    pub main_department: Option<i64>,
    /// 1 active, 2 disabled, 4 not activated, 5 left.
    pub status: i64,
    pub qr_code: Option<String>,
    pub external_position: Option<String>,
    pub external_profile: Option<ExternalProfile>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalProfile {
    pub external_corp_name: Option<String>,
    pub wechat_channels: Option<WechatChannels>,
    pub external_attr: Vec<ExternalAttr>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WechatChannels {
    pub nickname: String,
    pub status: Option<i64>,
    /// For a customer that came from there: 0 unknown, 1 homepage, 2 live, 3 lead service.
    pub source: Option<i64>,
}

/// `kind`: 0 text, 1 web page, 2 mini-program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalAttr {
    #[serde(rename = "type")]
    pub kind: i64,
    pub name: String,
    pub text: Option<AttrText>,
    pub web: Option<AttrWeb>,
    pub miniprogram: Option<AttrMiniprogram>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttrText {
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttrWeb {
    pub url: String,
    pub title: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttrMiniprogram {
    pub appid: String,
    pub pagepath: String,
    pub title: String,
}

/// One row per employee and department.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeptUser {
    pub userid: String,
    pub department: i64,
}

/// The app, and whom it can see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Agent {
    pub agentid: i64,
    pub name: String,
    pub square_logo_url: String,
    pub description: String,
    pub allow_userinfos: AllowUsers,
    pub allow_partys: AllowParties,
    pub allow_tags: AllowTags,
    pub close: i64,
    pub redirect_domain: String,
    pub report_location_flag: i64,
    pub isreportenter: i64,
    pub home_url: String,
    pub customized_publish_status: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowUsers {
    pub user: Vec<AllowUser>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowUser {
    pub userid: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowParties {
    pub partyid: Vec<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowTags {
    pub tagid: Vec<i64>,
}

/// A tag of employees, not of customers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffTag {
    pub tagid: i64,
    pub tagname: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffTagMembers {
    pub tagname: String,
    pub userlist: Vec<StaffBrief>,
    pub partylist: Vec<i64>,
}

answer!(Ids { department_id: Vec<DepartmentNode> });
answer!(One { department: Department });
answer!(Many { department: Vec<Department> });
answer!(Briefs { userlist: Vec<StaffBrief> });
answer!(Full { userlist: Vec<Staff> });
answer!(DeptUsers { dept_user: Vec<DeptUser>, next_cursor: String });
answer!(UserId { userid: String });
answer!(OpenId { openid: String });
answer!(StaffTags { taglist: Vec<StaffTag> });

impl Client {
    /// The visible departments below `id` (all, when `None`), without names.
    pub fn department_ids(&self, id: Option<i64>) -> Result<Vec<DepartmentNode>> {
        let id = id.map(|id| id.to_string());
        let query: Vec<_> = id.iter().map(|id| ("id", id.as_str())).collect();
        self.get::<Ids>(&DEPARTMENT_IDS, &query).map(|answer| answer.department_id)
    }
    pub fn department(&self, id: i64) -> Result<Department> {
        self.get::<One>(&DEPARTMENT, &[("id", &id.to_string())]).map(|answer| answer.department)
    }
    /// With names, in one slow call; [`Client::department_ids`] and [`Client::department`] are preferred by WeCom.
    pub fn departments(&self, id: Option<i64>) -> Result<Vec<Department>> {
        let id = id.map(|id| id.to_string());
        let query: Vec<_> = id.iter().map(|id| ("id", id.as_str())).collect();
        self.get::<Many>(&DEPARTMENTS, &query).map(|answer| answer.department)
    }
    /// The employees of one department, not of those below it.
    pub fn staff_of(&self, department_id: i64) -> Result<Vec<StaffBrief>> {
        let query = [("department_id", &*department_id.to_string())];
        self.get::<Briefs>(&STAFF_BRIEF, &query).map(|answer| answer.userlist)
    }
    pub fn staff_details_of(&self, department_id: i64) -> Result<Vec<Staff>> {
        let query = [("department_id", &*department_id.to_string())];
        self.get::<Full>(&STAFF_LIST, &query).map(|answer| answer.userlist)
    }
    pub fn staff(&self, userid: &str) -> Result<Staff> {
        self.get(&STAFF, &[("userid", userid)])
    }
    /// Every visible employee once, with all their departments: department by department, joined by the lower-cased id.
    pub fn all_staff(&self) -> Result<Vec<StaffBrief>> {
        let mut found: BTreeMap<String, StaffBrief> = BTreeMap::new();
        for node in self.department_ids(None)? {
            for brief in self.staff_of(node.id)? {
                let known = found
                    .entry(brief.userid.to_lowercase())
                    .or_insert_with(|| StaffBrief { department: Vec::new(), ..brief.clone() });
                for department in brief.department.into_iter().chain([node.id]) {
                    if !known.department.contains(&department) {
                        known.department.push(department);
                    }
                }
            }
        }
        Ok(found.into_values().collect())
    }
    /// With the secret of the contacts sync only.
    pub fn staff_ids(&self) -> Pages<'_, DeptUser> {
        Pages::new(STAFF_IDS.path, |cursor| {
            let answer: DeptUsers = self.post(&STAFF_IDS, &json!({"cursor": cursor, "limit": 10_000}))?;
            Ok(Page::new(answer.dept_user, answer.next_cursor))
        })
    }
    /// Wrong numbers beyond a fifth of the headcount block this for a day.
    pub fn staff_by_mobile(&self, mobile: &str) -> Result<String> {
        self.post::<UserId>(&BY_MOBILE, &json!({"mobile": mobile})).map(|answer| answer.userid)
    }
    pub fn staff_by_email(&self, email: &str, personal: bool) -> Result<String> {
        let body = json!({"email": email, "email_type": if personal { 2 } else { 1 }});
        self.post::<UserId>(&BY_EMAIL, &body).map(|answer| answer.userid)
    }
    /// For payments to employees.
    pub fn staff_openid(&self, userid: &str) -> Result<String> {
        self.post::<OpenId>(&TO_OPENID, &json!({"userid": userid})).map(|answer| answer.openid)
    }
    pub fn agent(&self) -> Result<Agent> {
        if self.app().agent_id == 0 {
            return Err(Error::invalid(AGENT.path, "no agent id is set"));
        }
        self.get(&AGENT, &[("agentid", &self.app().agent_id.to_string())])
    }
    pub fn staff_tags(&self) -> Result<Vec<StaffTag>> {
        self.get::<StaffTags>(&TAGS, &[]).map(|answer| answer.taglist)
    }
    pub fn staff_tag(&self, tag_id: i64) -> Result<StaffTagMembers> {
        self.get(&TAG, &[("tagid", &tag_id.to_string())])
    }
}
