//! Welcome messages to new customers, and templates for those who join groups.

use super::attachment::check_content;
use super::{Attachment, Done, Image, Link, Media, Miniprogram, Text, answer, bytes};
use crate::assumptions::GROUP_WELCOME_BYTES_MAX;
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// May be repeated: the code is good for one welcome only.
const SEND: Call = Call::post("externalcontact/send_welcome_msg");
const ADD: Call = Call::once("externalcontact/group_welcome_template/add");
const EDIT: Call = Call::post("externalcontact/group_welcome_template/edit");
const GET: Call = Call::post("externalcontact/group_welcome_template/get");
const DELETE: Call = Call::post("externalcontact/group_welcome_template/del");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Welcome {
    /// Of the event, good for 20 seconds and once.
    pub welcome_code: String,
    pub text: Option<Text>,
    pub attachments: Vec<Attachment>,
}

/// How a welcome ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcomed {
    Sent,
    /// An attempt of this call whose answer was lost was carried out, as far as can be told: the code is used.
    SentBefore,
    /// The two talk already, or another welcome was first.
    AlreadyThere,
}

/// Besides the text only the first of picture, link, mini-program, file and video is used. `%NICKNAME%` stands for the newcomer's name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupWelcome {
    pub template_id: Option<String>,
    pub text: Option<Text>,
    pub image: Option<Image>,
    pub link: Option<Link>,
    pub miniprogram: Option<Miniprogram>,
    pub file: Option<Media>,
    pub video: Option<Media>,
    pub agentid: Option<i64>,
    /// 1 (also when not set): group owners are told of the new template.
    pub notify: Option<i64>,
}

answer!(TemplateId { template_id: String });

impl Client {
    /// Give the client a budget that ends before the 20 seconds do: `client.within(18 s − age)`.
    pub fn send_welcome(&self, welcome: &Welcome) -> Result<Welcomed> {
        check_content(&SEND, welcome.text.as_ref(), &welcome.attachments)?;
        match self.post::<Done>(&SEND, welcome) {
            Ok(_) => Ok(Welcomed::Sent),
            // "Used" or "delivered" is what an attempt says after one whose answer was lost.
            Err(error) if error.maybe_before && (error.is_done() || error.code() == Some(41050)) => {
                Ok(Welcomed::SentBefore)
            }
            Err(error) if error.is_done() => Ok(Welcomed::AlreadyThere),
            Err(error) => Err(error),
        }
    }
    /// The new template's id. Group owners choose it in their client; at most 100 per corp.
    pub fn add_group_welcome(&self, template: &GroupWelcome) -> Result<String> {
        check(&ADD, template)?;
        self.post::<TemplateId>(&ADD, template).map(|answer| answer.template_id)
    }
    pub fn edit_group_welcome(&self, template: &GroupWelcome) -> Result<()> {
        check(&EDIT, template)?;
        self.post::<Done>(&EDIT, template).map(drop)
    }
    pub fn group_welcome(&self, template_id: &str) -> Result<GroupWelcome> {
        self.post(&GET, &json!({"template_id": template_id}))
    }
    pub fn delete_group_welcome(&self, template_id: &str) -> Result<()> {
        self.delete(&DELETE, &json!({"template_id": template_id}))
    }
}

fn check(call: &Call, template: &GroupWelcome) -> Result<()> {
    let text = template.text.as_ref().map(|text| text.content.as_str()).unwrap_or_default();
    bytes(call, "text", text, GROUP_WELCOME_BYTES_MAX)
}
