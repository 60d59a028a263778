//! Passive replies: what may be answered to an employee's message, click or entry, in the same request.

use super::xml;
use crate::assumptions::card_element;
use serde_json::Value;

/// A reply. Allowed for subscribe, enter_agent, LOCATION, click, view, scan, the card menu and an employee's messages;
/// clicks on cards may be answered with the last two only.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// At most 2048 bytes.
    Text(String),
    Image {
        media_id: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        title: String,
        description: String,
    },
    News(Vec<Article>),
    /// The clicked button shows this text from now on.
    Button {
        replace_name: String,
    },
    /// The whole card, spelt as in `message/send`.
    Card(Value),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub picture: String,
    pub url: String,
}

impl Reply {
    /// The plain XML, `seconds` being its time.
    pub fn message(&self, to: &str, from: &str, seconds: i64) -> String {
        let mut out = String::from("<xml>");
        xml::write(&mut out, "ToUserName", to);
        xml::write(&mut out, "FromUserName", from);
        out.push_str(&format!("<CreateTime>{seconds}</CreateTime>"));
        let kind = match self {
            Self::Text(_) => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::News(_) => "news",
            Self::Button { .. } => "update_button",
            Self::Card(_) => "update_template_card",
        };
        xml::write(&mut out, "MsgType", kind);
        match self {
            Self::Text(text) => xml::write(&mut out, "Content", text),
            Self::Image { media_id } => within(&mut out, "Image", |out| xml::write(out, "MediaId", media_id)),
            Self::Voice { media_id } => within(&mut out, "Voice", |out| xml::write(out, "MediaId", media_id)),
            Self::Video { media_id, title, description } => within(&mut out, "Video", |out| {
                xml::write(out, "MediaId", media_id);
                xml::write(out, "Title", title);
                xml::write(out, "Description", description);
            }),
            Self::News(articles) => {
                out.push_str(&format!("<ArticleCount>{}</ArticleCount>", articles.len()));
                within(&mut out, "Articles", |out| articles.iter().for_each(|article| write_article(out, article)));
            }
            Self::Button { replace_name } => {
                within(&mut out, "Button", |out| xml::write(out, "ReplaceName", replace_name));
            }
            Self::Card(card) => write_value(&mut out, "TemplateCard", card, 0),
        }
        out.push_str("</xml>");
        out
    }
}

fn write_article(out: &mut String, article: &Article) {
    within(out, "item", |out| {
        xml::write(out, "Title", &article.title);
        xml::write(out, "Description", &article.description);
        xml::write(out, "PicUrl", &article.picture);
        xml::write(out, "Url", &article.url);
    });
}

fn within(out: &mut String, name: &str, inner: impl FnOnce(&mut String)) {
    out.push_str(&format!("<{name}>"));
    inner(out);
    out.push_str(&format!("</{name}>"));
}

fn write_value(out: &mut String, name: &str, value: &Value, depth: usize) {
    match value {
        _ if depth > 8 => {}
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| write_value(out, name, item, depth + 1)),
        Value::Object(fields) => within(out, name, |out| {
            fields.iter().for_each(|(key, value)| write_value(out, &card_element(key), value, depth + 1));
        }),
        Value::String(text) => xml::write(out, name, text),
        Value::Bool(_) | Value::Number(_) => out.push_str(&format!("<{name}>{value}</{name}>")),
    }
}
