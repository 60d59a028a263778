//! Messages of the app to employees.

use super::{Done, Media, TemplateCard, Text, at_most, bytes, not_empty};
use crate::call::{Call, Repeat};
use crate::client::Client;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

const SEND: Call = Call::once("message/send");
const UPDATE: Call = Call::once("message/update_template_card");
const RECALL: Call = Call::post("message/recall");

/// How long WeCom remembers a message when nothing else is said.
const DUPLICATE_CHECK_SECONDS: i64 = 1800;

/// `msgtype` names the one part that is set. Names are joined by `|`. 30 a minute and 1000 an hour reach one employee; surplus is dropped
/// without a word, so it is refused here ([`crate::Kind::Limited`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffMessage {
    /// At most 1000, or `@all`.
    pub touser: Option<String>,
    /// At most 100.
    pub toparty: Option<String>,
    /// At most 100.
    pub totag: Option<String>,
    pub msgtype: String,
    /// The client's own, when not set.
    pub agentid: Option<i64>,
    pub safe: Option<i64>,
    pub enable_id_trans: Option<i64>,
    /// 1: WeCom drops the same message within the interval. When that outlasts every attempt of the call (the client's budget and 15 s),
    /// a lost answer is followed by another attempt; otherwise never.
    pub enable_duplicate_check: Option<i64>,
    /// Seconds, 1800 when not set, at most 14,400.
    pub duplicate_check_interval: Option<i64>,
    pub text: Option<Text>,
    pub markdown: Option<Text>,
    pub image: Option<Media>,
    pub voice: Option<Media>,
    pub file: Option<Media>,
    pub video: Option<StaffVideo>,
    pub textcard: Option<TextCard>,
    pub news: Option<News>,
    pub mpnews: Option<MpNews>,
    pub miniprogram_notice: Option<MiniprogramNotice>,
    pub template_card: Option<TemplateCard>,
}

impl StaffMessage {
    pub fn text(users: &[&str], content: impl Into<String>) -> Self {
        let text = Some(Text::new(content));
        Self { touser: Some(users.join("|")), msgtype: "text".into(), text, ..Self::default() }
    }
    pub fn card(users: &[&str], card: TemplateCard) -> Self {
        let template_card = Some(card);
        Self { touser: Some(users.join("|")), msgtype: "template_card".into(), template_card, ..Self::default() }
    }
    /// Drops repetitions within so many seconds, which also makes sending it again safe if they are more than a call may take.
    #[must_use]
    pub fn once_in(mut self, seconds: i64) -> Self {
        self.enable_duplicate_check = Some(1);
        self.duplicate_check_interval = Some(seconds.clamp(1, 14_400));
        self
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffVideo {
    pub media_id: String,
    pub title: Option<String>,
    pub description: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextCard {
    /// At most 128 bytes.
    pub title: String,
    /// At most 512 bytes; `<div class="gray|highlight|normal">` is understood.
    pub description: String,
    pub url: String,
    pub btntxt: Option<String>,
}

/// One to eight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct News {
    pub articles: Vec<NewsArticle>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewsArticle {
    pub title: String,
    pub description: Option<String>,
    pub url: Option<String>,
    pub picurl: Option<String>,
    pub appid: Option<String>,
    pub pagepath: Option<String>,
}

/// One to eight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MpNews {
    pub articles: Vec<MpArticle>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MpArticle {
    pub title: String,
    pub thumb_media_id: String,
    pub author: Option<String>,
    pub content_source_url: Option<String>,
    pub content: String,
    pub digest: Option<String>,
}

/// Not to everybody at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MiniprogramNotice {
    pub appid: String,
    pub page: Option<String>,
    pub title: String,
    pub description: Option<String>,
    pub emphasis_first_item: Option<bool>,
    /// At most ten.
    pub content_item: Vec<NoticeItem>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoticeItem {
    pub key: String,
    pub value: String,
}

/// Invalid receivers are left out without an error: look here. Their userids come in lower case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SentMessage {
    pub msgid: String,
    pub invaliduser: String,
    pub invalidparty: String,
    pub invalidtag: String,
    pub unlicenseduser: String,
    /// Changes the card for all receivers, once, within 72 hours.
    pub response_code: Option<String>,
}

impl SentMessage {
    pub fn invalid_users(&self) -> impl Iterator<Item = &str> {
        self.invaliduser.split('|').filter(|user| !user.is_empty())
    }
}

/// Shows a clicked card anew: one of `button` and `template_card`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardUpdate {
    pub userids: Option<Vec<String>>,
    pub partyids: Option<Vec<i64>>,
    pub tagids: Option<Vec<i64>>,
    pub atall: Option<i64>,
    /// The client's own, when not set.
    pub agentid: Option<i64>,
    /// Of the sending (all receivers) or of the click (that employee); good once.
    pub response_code: String,
    pub enable_id_trans: Option<i64>,
    pub button: Option<ReplaceName>,
    pub template_card: Option<TemplateCard>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplaceName {
    pub replace_name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardUpdated {
    pub invaliduser: Vec<String>,
}

impl Client {
    pub fn send_to_staff(&self, message: &StaffMessage) -> Result<SentMessage> {
        check(message)?;
        let mut message = message.clone();
        message.agentid = message.agentid.or(Some(self.app().agent_id));
        // WeCom must still remember the first attempt when the last one arrives.
        let remembered = message.duplicate_check_interval.unwrap_or(DUPLICATE_CHECK_SECONDS).max(0).cast_unsigned();
        let checked = message.enable_duplicate_check == Some(1) && remembered >= self.longest().as_secs();
        let repeat = if checked { Repeat::Safe } else { Repeat::Never };
        let users = message.touser.as_deref().unwrap_or_default();
        let subjects = users.split('|').filter(|user| !user.is_empty()).map(str::to_lowercase).collect();
        self.post_for(&Call { repeat, ..SEND }, &message, subjects)
    }
    pub fn update_card(&self, update: &CardUpdate) -> Result<CardUpdated> {
        let agentid = update.agentid.or(Some(self.app().agent_id));
        self.post(&UPDATE, &CardUpdate { agentid, ..update.clone() })
    }
    /// Within 24 hours, by the app that sent it.
    pub fn recall(&self, msgid: &str) -> Result<()> {
        self.post::<Done>(&RECALL, &json!({"msgid": msgid})).map(drop)
    }
}

fn check(message: &StaffMessage) -> Result<()> {
    let call = &SEND;
    let list = |list: &Option<String>| {
        list.as_deref().map_or(0, |list| list.split('|').filter(|part| !part.is_empty()).count())
    };
    let (users, parties, tags) = (list(&message.touser), list(&message.toparty), list(&message.totag));
    not_empty(call, "touser, toparty and totag", users + parties + tags == 0)?;
    at_most(call, "touser", users, 1000)?;
    at_most(call, "toparty", parties, 100)?;
    at_most(call, "totag", tags, 100)?;
    let is_whole = match message.msgtype.as_str() {
        "text" => message.text.is_some(),
        "markdown" => message.markdown.is_some(),
        "image" => message.image.is_some(),
        "voice" => message.voice.is_some(),
        "file" => message.file.is_some(),
        "video" => message.video.is_some(),
        "textcard" => message.textcard.is_some(),
        "news" => message.news.as_ref().is_some_and(|news| (1..=8).contains(&news.articles.len())),
        "mpnews" => message.mpnews.as_ref().is_some_and(|news| (1..=8).contains(&news.articles.len())),
        "miniprogram_notice" => message.touser.as_deref() != Some("@all") && message.miniprogram_notice.is_some(),
        "template_card" => message.template_card.is_some(),
        _ => false,
    };
    if !is_whole {
        return Err(Error::invalid(call.path, format!("msgtype {:?} has no such part", message.msgtype)));
    }
    let text = message.text.as_ref().or(message.markdown.as_ref()).map_or("", |text| text.content.as_str());
    bytes(call, "content", text, 2048)?;
    if let Some(card) = &message.textcard {
        bytes(call, "title", &card.title, 128)?;
        bytes(call, "description", &card.description, 512)?;
    }
    Ok(())
}
