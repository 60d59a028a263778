//! What can be attached to welcomes, mass messages and moments.

use super::{at_most, bytes};
use crate::call::Call;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    pub content: String,
}

impl Text {
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into() }
    }
}

/// One of the two; the media id wins. `pic_url` comes from [`crate::Client::upload_image`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    pub media_id: Option<String>,
    pub pic_url: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// At most 128 bytes (64 characters in a moment).
    pub title: String,
    pub picurl: Option<String>,
    /// At most 512 bytes.
    pub desc: Option<String>,
    pub url: String,
    /// The cover, in a moment only.
    pub media_id: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Miniprogram {
    /// At most 64 bytes.
    pub title: String,
    pub pic_media_id: String,
    pub appid: String,
    pub page: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    pub media_id: String,
}

/// `msgtype` names the one part that is set. Media ids live three days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    pub msgtype: String,
    pub image: Option<Image>,
    pub link: Option<Link>,
    pub miniprogram: Option<Miniprogram>,
    pub video: Option<Media>,
    pub file: Option<Media>,
}

impl Attachment {
    pub fn image(media_id: impl Into<String>) -> Self {
        let image = Image { media_id: Some(media_id.into()), pic_url: None };
        Self { msgtype: "image".into(), image: Some(image), ..Self::default() }
    }
    /// A picture by the permanent address of [`crate::Client::upload_image`]: not in moments.
    pub fn image_url(pic_url: impl Into<String>) -> Self {
        let image = Image { media_id: None, pic_url: Some(pic_url.into()) };
        Self { msgtype: "image".into(), image: Some(image), ..Self::default() }
    }
    pub fn link(link: Link) -> Self {
        Self { msgtype: "link".into(), link: Some(link), ..Self::default() }
    }
    pub fn miniprogram(miniprogram: Miniprogram) -> Self {
        Self { msgtype: "miniprogram".into(), miniprogram: Some(miniprogram), ..Self::default() }
    }
    pub fn video(media_id: impl Into<String>) -> Self {
        Self { msgtype: "video".into(), video: Some(Media { media_id: media_id.into() }), ..Self::default() }
    }
    pub fn file(media_id: impl Into<String>) -> Self {
        Self { msgtype: "file".into(), file: Some(Media { media_id: media_id.into() }), ..Self::default() }
    }
}

/// The rules welcomes and mass messages share: text of 4000 bytes, nine attachments, not both empty.
pub(crate) fn check_content(call: &Call, text: Option<&Text>, attachments: &[Attachment]) -> Result<()> {
    let content = text.map(|text| text.content.as_str()).unwrap_or_default();
    if content.is_empty() && attachments.is_empty() {
        return Err(Error::invalid(call.path, "neither text nor attachment"));
    }
    bytes(call, "text", content, 4000)?;
    at_most(call, "attachments", attachments.len(), 9)?;
    for attachment in attachments {
        check_attachment(call, attachment)?;
    }
    Ok(())
}

fn check_attachment(call: &Call, attachment: &Attachment) -> Result<()> {
    let is_whole = match attachment.msgtype.as_str() {
        "image" => attachment.image.as_ref().is_some_and(|image| image.media_id.is_some() || image.pic_url.is_some()),
        "link" => attachment.link.is_some(),
        "miniprogram" => attachment.miniprogram.is_some(),
        "video" => attachment.video.is_some(),
        "file" => attachment.file.is_some(),
        _ => false,
    };
    if !is_whole {
        return Err(Error::invalid(call.path, format!("attachment {:?} has no such part", attachment.msgtype)));
    }
    if let Some(link) = &attachment.link {
        bytes(call, "link.title", &link.title, 128)?;
        bytes(call, "link.desc", link.desc.as_deref().unwrap_or_default(), 512)?;
        bytes(call, "link.url", &link.url, 2048)?;
        bytes(call, "link.picurl", link.picurl.as_deref().unwrap_or_default(), 2048)?;
    }
    if let Some(miniprogram) = &attachment.miniprogram {
        bytes(call, "miniprogram.title", &miniprogram.title, 64)?;
    }
    Ok(())
}
