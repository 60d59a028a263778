//! Who is looking at our page: login inside WeCom and in a browser.

use crate::call::Call;
use crate::client::{App, Client};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

// The code is good once: what a second attempt gets is "invalid code", which is what a user can be told.
const USER: Call = Call::get("auth/getuserinfo");
const DETAIL: Call = Call::post("auth/getuserdetail");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OauthScope {
    /// Silent: only who it is.
    Base,
    /// Asks the employee for phone, mail and the like.
    Private,
}

/// `userid` for employees; `openid` for others, with `external_userid` when they are a customer of somebody visible.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserInfo {
    #[serde(alias = "UserId")]
    pub userid: Option<String>,
    /// For [`Client::login_detail`], 30 minutes; with [`OauthScope::Private`] only.
    pub user_ticket: Option<String>,
    #[serde(alias = "OpenId")]
    pub openid: Option<String>,
    pub external_userid: Option<String>,
}

impl std::fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ticket = if self.user_ticket.is_some() { "…" } else { "none" };
        write!(f, "UserInfo({:?}, {:?}, {:?}, ticket {ticket})", self.userid, self.openid, self.external_userid)
    }
}

/// What the employee agreed to show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserDetail {
    pub userid: String,
    pub gender: Option<String>,
    pub avatar: Option<String>,
    pub qr_code: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
    pub biz_mail: Option<String>,
    pub address: Option<String>,
}

impl App {
    /// Where a page inside WeCom sends a visitor to be recognised. `state`: at most 128 letters and digits, checked when they come back.
    pub fn oauth_url(&self, redirect: &str, scope: OauthScope, state: &str) -> String {
        self.oauth_url_at("https://open.weixin.qq.com", redirect, scope, state)
    }
    /// The same on another host than WeChat's, for a WeCom that has one of its own. `host`: scheme and authority.
    pub fn oauth_url_at(&self, host: &str, redirect: &str, scope: OauthScope, state: &str) -> String {
        let scope = if scope == OauthScope::Base { "snsapi_base" } else { "snsapi_privateinfo" };
        format!(
            "{host}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope={scope}\
             &state={}&agentid={}#wechat_redirect",
            encoded(&self.corp_id),
            encoded(redirect),
            encoded(state),
            self.agent_id
        )
    }
    /// Where a browser outside WeCom shows the code to scan. `lang`: `zh` or `en`.
    pub fn web_login_url(&self, redirect: &str, state: &str, lang: Option<&str>) -> String {
        self.web_login_url_at("https://login.work.weixin.qq.com", redirect, state, lang)
    }
    /// The same on another host than WeCom's, for a WeCom that has one of its own. `host`: scheme and authority.
    pub fn web_login_url_at(&self, host: &str, redirect: &str, state: &str, lang: Option<&str>) -> String {
        let lang = lang.map_or_else(String::new, |lang| format!("&lang={}", encoded(lang)));
        format!(
            "{host}/wwlogin/sso/login?login_type=CorpApp&appid={}&agentid={}&redirect_uri={}&state={}{lang}",
            encoded(&self.corp_id),
            self.agent_id,
            encoded(redirect),
            encoded(state)
        )
    }
    /// The older form of [`App::web_login_url`].
    pub fn web_login_url_old(&self, redirect: &str, state: &str) -> String {
        format!(
            "https://open.work.weixin.qq.com/wwopen/sso/qrConnect?appid={}&agentid={}&redirect_uri={}&state={}",
            encoded(&self.corp_id),
            self.agent_id,
            encoded(redirect),
            encoded(state)
        )
    }
}

impl Client {
    /// Who came back with this code: once, within five minutes, from either login.
    pub fn login(&self, code: &str) -> Result<UserInfo> {
        self.get(&USER, &[("code", code)])
    }
    pub fn login_detail(&self, user_ticket: &str) -> Result<UserDetail> {
        self.post(&DETAIL, &json!({"user_ticket": user_ticket}))
    }
}

/// Percent-encoded down to letters, digits and `-_.*`: a space is `%20`, not a plus sign.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
