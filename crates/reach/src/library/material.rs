//! A material and its versions.

use crate::content::{Content, Piece};
use crate::refuse;
use siyu_kernel::{Refusal, Time};
use std::collections::BTreeSet;

/// Of a version; `Retired` of the whole material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaterialState {
    Draft,
    Review,
    Approved,
    Rejected,
    Retired,
}

const STATES: [(MaterialState, &str); 5] = [
    (MaterialState::Draft, "draft"),
    (MaterialState::Review, "review"),
    (MaterialState::Approved, "approved"),
    (MaterialState::Rejected, "rejected"),
    (MaterialState::Retired, "retired"),
];

impl MaterialState {
    pub fn name(self) -> &'static str {
        STATES[self as usize].1
    }
    /// Errors: `material_state`.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        let found = STATES.iter().find(|(_, own)| *own == name);
        found.map(|(state, _)| *state).ok_or_else(refuse::material_state_unknown)
    }
}

/// Who does something: their id, and the name that is shown.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    pub id: &'a str,
    pub name: &'a str,
}

/// A material as it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaterialIn {
    pub name: String,
    pub folder: String,
    pub labels: Vec<String>,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialRow {
    pub id: String,
    pub name: String,
    pub folder: String,
    pub labels: Vec<String>,
    /// `text`, `image`, `link`, `miniprogram`, `video` or `file`.
    pub kind: String,
    pub state: MaterialState,
    /// The newest one.
    pub version: i64,
    /// The one in use.
    pub approved: Option<i64>,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    pub changed_by: String,
    /// Messages and welcomes it went into.
    pub uses: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialVersion {
    pub version: i64,
    pub state: MaterialState,
    pub content: Content,
    /// The id of who wrote it.
    pub writer: String,
    pub written_at: Time,
    pub written_by: String,
    pub decided_at: Option<Time>,
    pub decided_by: Option<String>,
    /// Why it was rejected.
    pub reason: String,
}

const NAME_MAX: usize = 60;
const FOLDER_MAX: usize = 30;
const LABEL_MAX: usize = 20;
const LABELS_MAX: usize = 20;

fn plain(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    (text.chars().count() <= max && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

impl MaterialIn {
    /// Everything but whether its files are there; labels in order, each once.
    ///
    /// Errors: `material_invalid`, and those of contents.
    pub(super) fn checked(mut self) -> Result<Self, Refusal> {
        self.name = plain(&self.name, NAME_MAX)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| refuse::material("name", "A name has 1 to 60 characters.", "名称须为 1 到 60 个字符。"))?;
        self.folder = plain(&self.folder, FOLDER_MAX).ok_or_else(|| {
            refuse::material("folder", "A folder's name has up to 30 characters.", "文件夹名称最多 30 个字符。")
        })?;
        let labels: Option<BTreeSet<String>> = self.labels.iter().map(|label| plain(label, LABEL_MAX)).collect();
        let labels = labels.map(|all| all.into_iter().filter(|label| !label.is_empty()).collect::<Vec<_>>());
        self.labels = labels.filter(|all| all.len() <= LABELS_MAX).ok_or_else(|| {
            refuse::material(
                "labels",
                "Up to 20 labels of up to 20 characters.",
                "标签最多 20 个，每个最多 20 个字符。",
            )
        })?;
        self.content.check("content")?;
        Ok(self)
    }
}

/// What a content is mainly: its first attachment, else text.
pub(super) fn kind_of(content: &Content) -> &'static str {
    match content.attachments.first() {
        None => "text",
        Some(Piece::Image { .. }) => "image",
        Some(Piece::Link { .. }) => "link",
        Some(Piece::Miniprogram { .. }) => "miniprogram",
        Some(Piece::Video { .. }) => "video",
        Some(Piece::File { .. }) => "file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_states_are_read_back() {
        for (state, name) in STATES {
            assert_eq!((state.name(), MaterialState::parse(name).unwrap()), (name, state));
        }
        assert_eq!(MaterialState::parse("gone").unwrap_err().code, "material_state");
    }

    #[test]
    fn what_is_given_is_trimmed_and_bounded() {
        let text = Content { text: "你好".into(), attachments: Vec::new() };
        let given = MaterialIn {
            name: " 秋茶 ".into(),
            folder: " 新品 ".into(),
            labels: vec!["b".into(), " a".into(), "b ".into(), " ".into()],
            content: text,
        };
        let own = given.clone().checked().unwrap();
        assert_eq!(
            (own.name.as_str(), own.folder.as_str(), own.labels),
            ("秋茶", "新品", vec!["a".to_owned(), "b".to_owned()])
        );
        for (wrong, field) in [
            (MaterialIn { name: " ".into(), ..given.clone() }, "name"),
            (MaterialIn { name: "长".repeat(61), ..given.clone() }, "name"),
            (MaterialIn { folder: "a\nb".into(), ..given.clone() }, "folder"),
            (MaterialIn { labels: (0..21).map(|at| at.to_string()).collect(), ..given.clone() }, "labels"),
            (MaterialIn { labels: vec!["长".repeat(21)], ..given.clone() }, "labels"),
            (MaterialIn { content: Content::default(), ..given.clone() }, "content.text"),
        ] {
            assert_eq!(wrong.checked().unwrap_err().field.as_deref(), Some(field));
        }
    }
}
