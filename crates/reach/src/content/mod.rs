//! A text with variables, and what is attached to it. Welcomes and mass messages share it.

mod template;

pub use template::{NAMES, Name, Values, longest_within, render, variables};

use crate::refuse;
use serde::{Deserialize, Serialize};
use siyu_kernel::Refusal;
use siyu_wecom::{Attachment, Link, Miniprogram, Text};
use std::collections::{BTreeMap, BTreeSet};

/// WeCom's limits.
pub const TEXT_BYTES_MAX: usize = 4_000;
pub const ATTACHMENTS_MAX: usize = 9;
const TITLE_BYTES_MAX: usize = 128;
const DESCRIPTION_BYTES_MAX: usize = 512;
const ADDRESS_BYTES_MAX: usize = 2_048;
const MINIPROGRAM_TITLE_BYTES_MAX: usize = 64;
const PAGE_BYTES_MAX: usize = 1_024;

/// Not both empty. Texts, titles, descriptions, addresses and pages may hold variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Content {
    pub text: String,
    pub attachments: Vec<Piece>,
}

/// Files by their id here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Piece {
    Image {
        file: String,
    },
    Link {
        title: String,
        url: String,
        #[serde(default)]
        description: String,
        /// Address of a picture.
        #[serde(default)]
        picture: String,
    },
    Miniprogram {
        title: String,
        appid: String,
        page: String,
        /// The cover.
        file: String,
    },
    Video {
        file: String,
    },
    File {
        file: String,
    },
}

/// What a file that is named must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Image,
    Video,
    File,
}

impl Piece {
    /// The file it needs, and of which kind.
    pub fn file(&self) -> Option<(&str, Kind)> {
        match self {
            Self::Image { file } | Self::Miniprogram { file, .. } => Some((file, Kind::Image)),
            Self::Video { file } => Some((file, Kind::Video)),
            Self::File { file } => Some((file, Kind::File)),
            Self::Link { .. } => None,
        }
    }
    /// Its texts with variables: name, text, bytes they may have, whether they may be empty.
    fn texts(&self) -> Vec<(&'static str, &str, usize, bool)> {
        match self {
            Self::Link { title, url, description, picture } => vec![
                ("title", title, TITLE_BYTES_MAX, false),
                ("url", url, ADDRESS_BYTES_MAX, false),
                ("description", description, DESCRIPTION_BYTES_MAX, true),
                ("picture", picture, ADDRESS_BYTES_MAX, true),
            ],
            Self::Miniprogram { title, page, .. } => {
                vec![("title", title, MINIPROGRAM_TITLE_BYTES_MAX, false), ("page", page, PAGE_BYTES_MAX, false)]
            }
            Self::Image { .. } | Self::Video { .. } | Self::File { .. } => Vec::new(),
        }
    }
}

/// A content with its variables filled in, as WeCom takes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Composed {
    pub text: Option<Text>,
    pub attachments: Vec<Attachment>,
    /// Files that have no id at WeCom now, left out.
    pub missing: Vec<String>,
}

impl Composed {
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.attachments.is_empty()
    }
}

impl Content {
    /// The ids of its files, each once.
    pub fn files(&self) -> Vec<String> {
        let mut all: Vec<String> = self.attachments.iter().filter_map(|own| Some(own.file()?.0.to_owned())).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
    /// Whether a variable of this beginning is mentioned.
    pub fn mentions(&self, beginning: &str) -> bool {
        let texts = self.attachments.iter().flat_map(|own| own.texts().into_iter().map(|(_, text, ..)| text));
        std::iter::once(self.text.as_str()).chain(texts).any(|text| template::mentions(text, beginning))
    }
    /// Names of the variables it mentions, in the order of [`NAMES`].
    pub fn variables(&self) -> Vec<&'static str> {
        let texts = self.attachments.iter().flat_map(|own| own.texts().into_iter().map(|(_, text, ..)| text));
        let found: BTreeSet<String> =
            std::iter::once(self.text.as_str()).chain(texts).flat_map(template::variables).collect();
        NAMES.iter().map(|known| known.name).filter(|name| found.contains(*name)).collect()
    }
    /// Whether its text fits yet with so many bytes more.
    pub(crate) fn may_grow(&self, by: usize) -> bool {
        template::longest("text", &self.text).is_ok_and(|longest| longest + by <= TEXT_BYTES_MAX)
    }
    /// Everything but whether its files are there. `place`: what fields begin with.
    ///
    /// Errors: `content_invalid`, `content_template`, `content_variable`.
    pub fn check(&self, place: &str) -> Result<(), Refusal> {
        let field = |name: &str| format!("{place}.{name}");
        if self.text.trim().is_empty() && self.attachments.is_empty() {
            let (en, zh) = ("Write a text or attach something.", "请填写文字或添加附件。");
            return Err(refuse::content(field("text"), en, zh));
        }
        if self.attachments.len() > ATTACHMENTS_MAX {
            let (en, zh) = ("Up to 9 attachments.", "附件最多 9 个。");
            return Err(refuse::content(field("attachments"), en, zh));
        }
        fits(&field("text"), &self.text, TEXT_BYTES_MAX, true)?;
        for (at, piece) in self.attachments.iter().enumerate() {
            let field = |name: &str| format!("{place}.attachments[{at}].{name}");
            for (name, text, max, may_be_empty) in piece.texts() {
                fits(&field(name), text, max, may_be_empty)?;
            }
            match piece {
                Piece::Link { url, picture, .. } => {
                    address(&field("url"), url)?;
                    if !picture.trim().is_empty() {
                        address(&field("picture"), picture)?;
                    }
                }
                Piece::Miniprogram { appid, .. } => {
                    let known = appid.len() == 18 && appid.starts_with("wx");
                    if !known || !appid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                        let (en, zh) = (
                            "An AppID begins with wx and has 18 letters and digits.",
                            "AppID 以 wx 开头，共 18 位字母数字。",
                        );
                        return Err(refuse::content(field("appid"), en, zh));
                    }
                }
                Piece::Image { .. } | Piece::Video { .. } | Piece::File { .. } => {}
            }
        }
        Ok(())
    }
    /// Fills the variables in. `media`: the id of each file at WeCom. A content that was checked fits whatever the values.
    pub fn compose(&self, values: &Values, media: &BTreeMap<String, String>) -> Result<Composed, Refusal> {
        let fill = |text: &str| template::render(text, values);
        let text = fill(&self.text)?;
        let mut out = Composed { text: (!text.trim().is_empty()).then(|| Text::new(text)), ..Composed::default() };
        for piece in &self.attachments {
            let id = piece.file().map(|(file, _)| (file, media.get(file)));
            if let Some((file, None)) = id {
                out.missing.push(file.to_owned());
                continue;
            }
            let media = id.and_then(|(_, media)| media).cloned().unwrap_or_default();
            let some = |text: String| (!text.trim().is_empty()).then_some(text);
            out.attachments.push(match piece {
                Piece::Image { .. } => Attachment::image(media),
                Piece::Video { .. } => Attachment::video(media),
                Piece::File { .. } => Attachment::file(media),
                Piece::Link { title, url, description, picture } => Attachment::link(Link {
                    title: fill(title)?,
                    url: fill(url)?,
                    desc: some(fill(description)?),
                    picurl: some(fill(picture)?),
                    media_id: None,
                }),
                Piece::Miniprogram { title, appid, page, .. } => Attachment::miniprogram(Miniprogram {
                    title: fill(title)?,
                    pic_media_id: media,
                    appid: appid.clone(),
                    page: fill(page)?,
                }),
            });
        }
        Ok(out)
    }
}

/// A template that is right, and short enough whatever its variables turn out to be.
fn fits(field: &str, text: &str, max: usize, may_be_empty: bool) -> Result<(), Refusal> {
    if !may_be_empty && text.trim().is_empty() {
        return Err(refuse::content(field, "This must not be empty.", "不能为空。"));
    }
    let longest = template::longest(field, text)?;
    if longest > max {
        return Err(refuse::content(
            field,
            format!(
                "With its variables filled in this may have {longest} bytes; WeCom takes {max} (a Chinese character has 3)."
            ),
            format!("变量填满后最长 {longest} 字节，企业微信上限 {max} 字节（一个汉字 3 字节）。"),
        ));
    }
    Ok(())
}

pub(crate) fn address(field: &str, text: &str) -> Result<(), Refusal> {
    let text = text.trim();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_good = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '{', '?', '#', ' ']))
        && !text.chars().any(|c| c.is_control() || c == '"' || c == '<');
    if is_good {
        return Ok(());
    }
    Err(refuse::content(
        field,
        "An address begins with https:// (or http://) and a host name.",
        "地址须以 https:// 或 http:// 加域名开头。",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(title: &str, url: &str) -> Piece {
        Piece::Link { title: title.into(), url: url.into(), description: String::new(), picture: String::new() }
    }
    fn of(text: &str, attachments: Vec<Piece>) -> Content {
        Content { text: text.into(), attachments }
    }

    #[test]
    fn limits_hold_before_anything_is_saved() {
        let page = |appid: &str| Piece::Miniprogram {
            title: "新人礼".into(),
            appid: appid.into(),
            page: "pages/gift".into(),
            file: "f".into(),
        };
        assert!(of("你好", vec![]).check("content").is_ok());
        assert!(of(&"好".repeat(1_333), vec![]).check("content").is_ok());
        assert!(
            of("", vec![link("新人礼", "https://a.example/{{ channel }}"), page("wx0123456789abcdef")])
                .check("content")
                .is_ok()
        );
        for (wrong, code, field) in [
            (of(" ", vec![]), "content_invalid", "content.text"),
            (of(&"好".repeat(1_334), vec![]), "content_invalid", "content.text"),
            // 32 letters of a name may come in addition.
            (of(&("好".repeat(1_320) + "{{ customer.name }}"), vec![]), "content_invalid", "content.text"),
            (of("x", vec![link("t", "https://a"); 10]), "content_invalid", "content.attachments"),
            (of("x", vec![link("", "https://a")]), "content_invalid", "content.attachments[0].title"),
            (of("x", vec![link(&"长".repeat(43), "https://a")]), "content_invalid", "content.attachments[0].title"),
            (of("x", vec![link("t", "javascript:alert(1)")]), "content_invalid", "content.attachments[0].url"),
            (of("x", vec![link("t", "https://{{ channel }}/x")]), "content_invalid", "content.attachments[0].url"),
            (of("x", vec![page("wx1")]), "content_invalid", "content.attachments[0].appid"),
            (of("{{ customer.nmae }}", vec![]), "content_variable", "content.text"),
            (of("x", vec![link("{{ who }}", "https://a")]), "content_variable", "content.attachments[0].title"),
        ] {
            let refusal = wrong.check("content").expect_err(field);
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)), "{}", refusal.en);
        }
    }

    #[test]
    fn a_file_without_an_id_is_left_out_and_named() {
        let content = of(
            "{{ customer.name or \"朋友\" }}你好",
            vec![Piece::Image { file: "a".into() }, Piece::File { file: "b".into() }],
        );
        let media = BTreeMap::from([("b".to_owned(), "MEDIA".to_owned())]);
        let composed = content.compose(&Values::default(), &media).unwrap();
        assert_eq!(composed.text.unwrap().content, "朋友你好");
        assert_eq!((composed.attachments, composed.missing), (vec![Attachment::file("MEDIA")], vec!["a".to_owned()]));
    }
}
