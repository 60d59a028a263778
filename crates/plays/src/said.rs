//! What nodes say, as JSON, and what of it can be done.

use crate::refuse::said;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use siyu_direct::{MailContent, SmsContent};
use siyu_gate::Class;
use siyu_kernel::Refusal;
use siyu_reach::content::Content;
use siyu_sops::Depth;

const EXPIRES_DAYS_MAX: i64 = 30;
const GATHER_MINUTES_MAX: i64 = 1_440;
const TITLE_MAX: usize = 200;
const URL_BYTES_MAX: usize = 2_048;

/// Of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageSaid {
    #[serde(default)]
    pub content: Content,
    /// A material's id, instead of `content`: the version that is approved when it is sent.
    #[serde(default)]
    pub material: Option<String>,
    /// `email` or `sms`: with nobody of staff in between, saying `mail` or `sms`. Through staff when absent.
    #[serde(default)]
    pub channel: Option<String>,
    #[serde(default)]
    pub mail: Option<MailContent>,
    #[serde(default)]
    pub sms: Option<SmsContent>,
    /// Service messages answer something the customer did, and are not held back by the rules of marketing.
    #[serde(default)]
    pub service: bool,
    /// What reaching somebody is worth, where messages compete.
    #[serde(default = "one")]
    pub worth: f64,
    /// What is not sent by then is skipped.
    #[serde(default = "three")]
    pub expires_days: i64,
    /// So long people at this node wait for each other, so that staff confirm once for all of them.
    #[serde(default = "ten")]
    pub gather_minutes: i64,
}

fn one() -> f64 {
    1.0
}
fn three() -> i64 {
    3
}
fn ten() -> i64 {
    10
}

impl MessageSaid {
    pub fn class(&self) -> Class {
        if self.service { Class::Service } else { Class::Marketing }
    }
    /// What is said by mail or SMS; `None` is through staff. Errors: `journey_node_invalid`.
    pub fn direct(&self) -> Result<Option<siyu_direct::Content>, Refusal> {
        let channel = self.channel.as_deref().filter(|name| !name.is_empty()).unwrap_or("wecom");
        match (channel, &self.mail, &self.sms) {
            ("wecom", None, None) => Ok(None),
            ("email", Some(mail), None) if self.is_bare() => Ok(Some(siyu_direct::Content::Mail(mail.clone()))),
            ("sms", None, Some(sms)) if self.is_bare() => Ok(Some(siyu_direct::Content::Sms(sms.clone()))),
            _ => Err(said(
                "channel",
                "Through staff a content or a material is said, by email a mail, by sms an SMS, and nothing beside it.",
                "经员工发送填写 content 或 material；email 只填 mail；sms 只填 sms。",
            )),
        }
    }
    fn is_bare(&self) -> bool {
        self.content == Content::default() && self.material.as_deref().is_none_or(str::is_empty)
    }
    /// Everything but the content. Errors: `journey_node_invalid`.
    pub fn check(&self) -> Result<(), Refusal> {
        if !self.worth.is_finite() || !(0.0..=1_000_000.0).contains(&self.worth) {
            return Err(said("worth", "What it is worth is 0 to 1,000,000.", "价值须为 0 到 1000000。"));
        }
        if !(1..=EXPIRES_DAYS_MAX).contains(&self.expires_days) {
            return Err(said("expires_days", "It expires after 1 to 30 days.", "过期天数须为 1 到 30 天。"));
        }
        if !(0..=GATHER_MINUTES_MAX).contains(&self.gather_minutes) {
            return Err(said(
                "gather_minutes",
                "People gather for 0 to 1,440 minutes.",
                "汇集时间须为 0 到 1440 分钟。",
            ));
        }
        Ok(())
    }
}

/// Of a task, for whoever is the customer's friend last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSaid {
    /// What is to be done.
    #[serde(default)]
    pub title: String,
    /// One of [`siyu_guides::TASK_KINDS`].
    #[serde(default = "follow_up")]
    pub kind: String,
    /// Not given to whom it is too deep for.
    #[serde(default)]
    pub depth: Depth,
}

fn follow_up() -> String {
    "follow_up".to_owned()
}

impl TaskSaid {
    /// Errors: `journey_node_invalid`.
    pub fn check(&self) -> Result<(), Refusal> {
        let chars = self.title.trim().chars().count();
        if !(1..=TITLE_MAX).contains(&chars) || self.title.chars().any(|c| c.is_control() && c != '\n') {
            return Err(said(
                "title",
                "Say in up to 200 characters what is to be done.",
                "请用不超过 200 个字说明要做什么。",
            ));
        }
        if !siyu_guides::TASK_KINDS.contains(&self.kind.as_str()) {
            let kinds = siyu_guides::TASK_KINDS.join(", ");
            return Err(said("kind", format!("A task is one of {kinds}."), format!("任务类型须为 {kinds} 之一。")));
        }
        Ok(())
    }
}

/// Of a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagSaid {
    /// Its id.
    #[serde(default)]
    pub tag: String,
    /// Taken instead of given.
    #[serde(default)]
    pub remove: bool,
}

/// Of a webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookSaid {
    #[serde(default)]
    pub url: String,
}

impl HookSaid {
    /// The shape alone: whether the address is a public one is seen when it is looked up.
    ///
    /// Errors: `journey_node_invalid`.
    pub fn check(&self) -> Result<(), Refusal> {
        let fits = self.url.starts_with("https://") && self.url.len() <= URL_BYTES_MAX;
        if fits && siyu_webhook::Guard::default().target(&self.url).is_ok() {
            return Ok(());
        }
        Err(said(
            "url",
            "A webhook goes to a public https:// address without a user name.",
            "Webhook 须为公网 https:// 地址，且不含用户名。",
        ))
    }
}

/// Errors: `journey_node_invalid` with the field.
pub fn parse<T: DeserializeOwned>(with: &Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(with).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." { String::new() } else { field };
        let why = error.inner().to_string();
        said(&field, format!("The node is not filled in: {why}."), format!("节点未填写完整：{why}。"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_has_a_default() {
        let own: MessageSaid = parse(&json!({ "content": { "text": "早上好" } })).unwrap();
        assert_eq!((own.service, own.worth, own.expires_days, own.gather_minutes), (false, 1.0, 3, 10));
        assert_eq!(own.class(), Class::Marketing);
        own.check().unwrap();
    }

    #[test]
    fn one_channel_says_one_thing() {
        let of = |with: Value| parse::<MessageSaid>(&with).and_then(|own| own.direct());
        assert_eq!(of(json!({ "content": { "text": "早" } })).unwrap(), None);
        let mail = json!({ "subject": "早", "text": "早" });
        let sms = json!({ "template": "t", "params": {} });
        assert!(matches!(
            of(json!({ "channel": "email", "mail": mail })).unwrap(),
            Some(siyu_direct::Content::Mail(own)) if own.subject == "早"
        ));
        assert!(matches!(of(json!({ "channel": "sms", "sms": sms })).unwrap(), Some(siyu_direct::Content::Sms(_))));
        for wrong in [
            json!({ "mail": mail }),
            json!({ "channel": "email" }),
            json!({ "channel": "email", "mail": mail, "sms": sms }),
            json!({ "channel": "email", "mail": mail, "content": { "text": "早" } }),
            json!({ "channel": "sms", "sms": sms, "material": "mat_1" }),
            json!({ "channel": "pigeon", "mail": mail }),
        ] {
            assert_eq!(of(wrong.clone()).unwrap_err().field.as_deref(), Some("channel"), "{wrong}");
        }
    }

    #[test]
    fn wrong_input_names_its_field() {
        let message = |more: Value| {
            let mut with = json!({ "content": { "text": "早" } });
            with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            parse::<MessageSaid>(&with).and_then(|own| own.check()).unwrap_err().field.unwrap_or_default()
        };
        assert_eq!(message(json!({ "worth": -1.0 })), "worth");
        assert_eq!(message(json!({ "expires_days": 31 })), "expires_days");
        assert_eq!(message(json!({ "gather_minutes": -1 })), "gather_minutes");
        assert_eq!(
            parse::<MessageSaid>(&json!({ "content": { "txet": "早" } })).unwrap_err().field.as_deref(),
            Some("content.txet")
        );
        let task = |title: &str, kind: &str| {
            let own = TaskSaid { title: title.into(), kind: kind.into(), depth: Depth::Basic };
            own.check().map_err(|refusal| refusal.field.unwrap_or_default())
        };
        assert_eq!(task("回访", "call"), Ok(()));
        assert_eq!(task(" ", "call"), Err("title".into()));
        assert_eq!(task("回访", "dance"), Err("kind".into()));
        for url in [
            "http://example.com/x",
            "https://",
            "https://user@example.com/",
            "ftp://example.com",
            "https://127.0.0.1/x",
        ] {
            assert!(HookSaid { url: url.into() }.check().is_err(), "{url}");
        }
        HookSaid { url: "https://example.com/hook?x=1".into() }.check().unwrap();
    }
}
