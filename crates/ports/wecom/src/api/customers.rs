//! Customers and their relations to employees.

use super::{Done, ExternalProfile, WechatChannels, answer, at_most, chars, not_empty, paged};
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const FOLLOW_USERS: Call = Call::get("externalcontact/get_follow_user_list");
const LIST: Call = Call::get("externalcontact/list");
const GET: Call = Call::get("externalcontact/get");
const BATCH: Call = Call::post("externalcontact/batch/get_by_user");
const REMARK: Call = Call::post("externalcontact/remark");
const SERVED: Call = Call::post("externalcontact/contact_list");
const CONVERT_TMP: Call = Call::post("idconvert/convert_tmp_external_userid");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalContact {
    /// `wm…` from WeChat, `wo…` from WeCom of another corp. Differs by calling corp: never compare across corps.
    pub external_userid: String,
    pub name: String,
    /// 1 WeChat, 2 WeCom.
    #[serde(rename = "type")]
    pub kind: i64,
    pub avatar: Option<String>,
    /// 0 unknown, 1 male, 2 female.
    pub gender: i64,
    pub unionid: Option<String>,
    pub position: Option<String>,
    pub corp_name: Option<String>,
    pub corp_full_name: Option<String>,
    pub external_profile: Option<ExternalProfile>,
}

/// A relation as [`Client::customer`] shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUser {
    pub userid: String,
    pub remark: String,
    pub description: String,
    /// Unix seconds.
    pub createtime: i64,
    pub tags: Vec<FollowTag>,
    pub remark_corp_name: Option<String>,
    pub remark_mobiles: Vec<String>,
    /// Who began: an employee's userid, or the customer's own id.
    pub oper_userid: Option<String>,
    /// See [`add_way`].
    pub add_way: i64,
    pub wechat_channels: Option<WechatChannels>,
    /// The state of the live code, or the channel of the acquisition link.
    pub state: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowTag {
    pub group_name: String,
    pub tag_name: String,
    /// Absent for an employee's personal tags.
    pub tag_id: Option<String>,
    /// 1 corp, 2 personal, 3 strategy.
    #[serde(rename = "type")]
    pub kind: i64,
}

/// A relation as the batch shows it: tags are bare ids, personal ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowInfo {
    pub userid: String,
    pub remark: String,
    pub description: String,
    pub createtime: i64,
    pub tag_id: Vec<String>,
    pub remark_corp_name: Option<String>,
    pub remark_mobiles: Vec<String>,
    pub oper_userid: Option<String>,
    pub add_way: i64,
    pub wechat_channels: Option<WechatChannels>,
    pub state: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    pub external_contact: ExternalContact,
    /// Followers the app can see.
    pub follow_user: Vec<FollowUser>,
}

/// One customer of one employee.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerRow {
    pub external_contact: ExternalContact,
    pub follow_info: FollowInfo,
}

/// What is changed; `None` leaves a field as it is. `remark_mobiles` replaces all: see [`crate::assumptions::no_phones`] for none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remark {
    pub userid: String,
    pub external_userid: String,
    /// At most 20 characters.
    pub remark: Option<String>,
    /// At most 150 characters.
    pub description: Option<String>,
    /// At most 20 characters; WeChat customers only.
    pub remark_company: Option<String>,
    pub remark_mobiles: Option<Vec<String>>,
    pub remark_pic_mediaid: Option<String>,
}

/// Somebody an employee has served, customer or not. `tmp_openid` lives four hours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServedContact {
    pub is_customer: bool,
    pub tmp_openid: String,
    pub external_userid: Option<String>,
    pub name: Option<String>,
    pub follow_userid: Option<String>,
    pub chat_id: Option<String>,
    pub chat_name: Option<String>,
    pub add_time: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConvertedTmp {
    pub tmp_external_userid: String,
    pub external_userid: Option<String>,
    pub corpid: Option<String>,
    pub userid: Option<String>,
}

answer!(FollowUsers { follow_user: Vec<String> });
answer!(CustomerIds { external_userid: Vec<String> });
answer!(CustomerPage { external_contact: ExternalContact, follow_user: Vec<FollowUser>, next_cursor: String });
answer!(Rows { external_contact_list: Vec<CustomerRow>, next_cursor: String, fail_info: FailInfo });
answer!(FailInfo { unlicensed_userid_list: Vec<String> });
paged!(ServedPage { info_list: ServedContact });
answer!(Converted { results: Vec<ConvertedTmp> });

impl Client {
    /// Employees who may have customers and whom the app can see.
    pub fn follow_users(&self) -> Result<Vec<String>> {
        self.get::<FollowUsers>(&FOLLOW_USERS, &[]).map(|answer| answer.follow_user)
    }
    /// The ids of all customers of one employee; empty when there are none, which WeCom reports as an error.
    pub fn customer_ids(&self, userid: &str) -> Result<Vec<String>> {
        match self.get::<CustomerIds>(&LIST, &[("userid", userid)]) {
            Err(error) if error.is_relation_lost() => Ok(Vec::new()),
            answer => answer.map(|answer| answer.external_userid),
        }
    }
    /// A customer with all their followers.
    pub fn customer(&self, external_userid: &str) -> Result<Customer> {
        let mut contact = ExternalContact::default();
        let followers = Pages::new(GET.path, |cursor| {
            let mut query = vec![("external_userid", external_userid)];
            if !cursor.is_empty() {
                query.push(("cursor", cursor));
            }
            let answer: CustomerPage = self.get(&GET, &query)?;
            contact = answer.external_contact;
            Ok(Page::new(answer.follow_user, answer.next_cursor))
        });
        let follow_user = followers.all()?;
        Ok(Customer { external_contact: contact, follow_user })
    }
    /// All customers of at most 100 employees, 100 a page: the way of a full sync.
    pub fn customers_of<'a>(&'a self, userids: &'a [String]) -> Pages<'a, CustomerRow> {
        Pages::new(BATCH.path, move |cursor| {
            at_most(&BATCH, "userid_list", userids.len(), 100)?;
            not_empty(&BATCH, "userid_list", userids.is_empty())?;
            let body = json!({"userid_list": userids, "cursor": cursor, "limit": 100});
            let answer: Rows = self.post(&BATCH, &body)?;
            let left_out = answer.fail_info.unlicensed_userid_list;
            Ok(Page { items: answer.external_contact_list, next: answer.next_cursor, left_out })
        })
    }
    /// Fires no callback.
    pub fn set_remark(&self, remark: &Remark) -> Result<()> {
        let Remark { remark: name, description, remark_company, remark_mobiles, remark_pic_mediaid, .. } = remark;
        chars(&REMARK, "remark", name.as_deref().unwrap_or_default(), 20)?;
        chars(&REMARK, "description", description.as_deref().unwrap_or_default(), 150)?;
        chars(&REMARK, "remark_company", remark_company.as_deref().unwrap_or_default(), 20)?;
        let changes = name.is_some() || description.is_some() || remark_company.is_some();
        if !changes && remark_mobiles.is_none() && remark_pic_mediaid.is_none() {
            return Err(Error::invalid(REMARK.path, "nothing is changed"));
        }
        let pair = format!("{}|{}", remark.userid, remark.external_userid);
        self.post_for::<Done>(&REMARK, remark, vec![pair]).map(drop)
    }
    /// People served, with or without becoming customers.
    pub fn served_contacts(&self) -> Pages<'_, ServedContact> {
        Pages::new(SERVED.path, |cursor| {
            self.post::<ServedPage>(&SERVED, &json!({"cursor": cursor, "limit": 1000})).map(Page::from)
        })
    }
    /// At most 100; ids that cannot be converted are missing from the answer.
    pub fn convert_tmp_ids(&self, tmp_ids: &[String]) -> Result<Vec<ConvertedTmp>> {
        at_most(&CONVERT_TMP, "tmp_external_userid_list", tmp_ids.len(), 100)?;
        let body = json!({"business_type": 1, "user_type": 1, "tmp_external_userid_list": tmp_ids});
        self.post::<Converted>(&CONVERT_TMP, &body).map(|answer| answer.results)
    }
}

/// How a customer came, in English and Chinese.
pub fn add_way(way: i64) -> (&'static str, &'static str) {
    match way {
        1 => ("scanned a QR code", "扫描二维码"),
        2 => ("searched the phone number", "搜索手机号"),
        3 => ("shared card", "名片分享"),
        4 => ("group chat", "群聊"),
        5 => ("phone contacts", "手机通讯录"),
        6 => ("WeChat contact", "微信联系人"),
        8 => ("service staff of a third-party app", "安装第三方应用时自动添加的客服人员"),
        9 => ("searched the mail address", "搜索邮箱"),
        10 => ("Channels", "视频号添加"),
        11 => ("calendar participants", "通过日程参与人添加"),
        12 => ("meeting participants", "通过会议参与人添加"),
        13 => ("WeChat friend's WeCom", "添加微信好友对应的企业微信"),
        14 => ("smart hardware", "通过智慧硬件专属客服添加"),
        15 => ("on-site service staff", "通过上门服务客服添加"),
        16 => ("acquisition link", "通过获客链接添加"),
        17 => ("custom development", "通过定制开发添加"),
        18 => ("reply to a demand", "通过需求回复添加"),
        21 => ("third-party pre-sale", "通过第三方售前客服添加"),
        22 => ("possible business partner", "通过可能的商务伙伴添加"),
        24 => ("accepted request of a WeChat account", "通过接受微信账号收到的好友申请添加"),
        201 => ("shared by a colleague", "内部成员共享"),
        202 => ("assigned by an administrator", "管理员/负责人分配"),
        _ => ("unknown", "未知来源"),
    }
}
