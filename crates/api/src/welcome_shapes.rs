//! Contents and welcomes as they go over the wire.

use crate::said::MaterialRef;
use serde::{Deserialize, Serialize};
use siyu_kernel::Time;
use siyu_reach::content::{Composed, Content, Piece};
use siyu_reach::{History, Hours, Outcome, RuleIn, RuleKind, RuleRow, Tally, When};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A text with variables and its attachments; not both empty.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MessageContent {
    /// Up to 4,000 bytes with its variables filled in. `{{ customer.name or "朋友" }}`.
    text: String,
    /// Up to 9.
    attachments: Vec<MessagePiece>,
}

/// Titles, descriptions, addresses and pages may hold variables; `file` is the id of an uploaded file.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum MessagePiece {
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
        /// The cover: a picture.
        file: String,
    },
    Video {
        file: String,
    },
    File {
        file: String,
    },
}

impl From<MessageContent> for Content {
    fn from(own: MessageContent) -> Self {
        let piece = |own| match own {
            MessagePiece::Image { file } => Piece::Image { file },
            MessagePiece::Link { title, url, description, picture } => Piece::Link { title, url, description, picture },
            MessagePiece::Miniprogram { title, appid, page, file } => Piece::Miniprogram { title, appid, page, file },
            MessagePiece::Video { file } => Piece::Video { file },
            MessagePiece::File { file } => Piece::File { file },
        };
        Self { text: own.text, attachments: own.attachments.into_iter().map(piece).collect() }
    }
}
impl From<Content> for MessageContent {
    fn from(own: Content) -> Self {
        let piece = |own| match own {
            Piece::Image { file } => MessagePiece::Image { file },
            Piece::Link { title, url, description, picture } => MessagePiece::Link { title, url, description, picture },
            Piece::Miniprogram { title, appid, page, file } => MessagePiece::Miniprogram { title, appid, page, file },
            Piece::Video { file } => MessagePiece::Video { file },
            Piece::File { file } => MessagePiece::File { file },
        };
        Self { text: own.text, attachments: own.attachments.into_iter().map(piece).collect() }
    }
}

/// A content with its variables filled in.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageShown {
    text: String,
    links: Vec<MessageShownLink>,
    /// Files WeCom does not have yet: they would be left out now.
    files_missing: Vec<String>,
    bytes: usize,
}
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageShownLink {
    title: String,
    description: String,
    address: String,
}

impl From<Composed> for MessageShown {
    fn from(own: Composed) -> Self {
        let text = own.text.map(|text| text.content).unwrap_or_default();
        let links = own.attachments.into_iter().filter_map(|piece| match (piece.link, piece.miniprogram) {
            (Some(link), _) => Some(MessageShownLink {
                title: link.title,
                description: link.desc.unwrap_or_default(),
                address: link.url,
            }),
            (_, Some(mini)) => {
                Some(MessageShownLink { title: mini.title, description: String::new(), address: mini.page })
            }
            _ => None,
        });
        Self { bytes: text.len(), text, links: links.collect(), files_missing: own.missing }
    }
}

/// Everything that is given must hold; within a list any one of it. Nothing given: everybody.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WelcomeWhen {
    /// `state` of the code they came by; `""` is whoever came without one.
    channels: Vec<String>,
    /// Userids.
    staff: Vec<String>,
    /// Codes of stores.
    stores: Vec<String>,
    /// Those below them included.
    departments: Vec<i64>,
    history: Vec<WelcomeHistory>,
    /// Ids of tags.
    tags: Vec<String>,
    hours: Vec<WelcomeHours>,
}

/// What somebody has with the brand already: nothing; a friend of another member of staff; was a friend before; has bought; known otherwise.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WelcomeHistory {
    New,
    Friend,
    Back,
    Bought,
    Known,
}

/// In the brand's zone; `to` before `from` goes over midnight.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WelcomeHours {
    /// 1 Monday to 7 Sunday; none: every day.
    #[serde(default)]
    days: Vec<u8>,
    #[schema(example = "09:00")]
    from: String,
    #[schema(example = "18:30")]
    to: String,
}

const HISTORY: [(WelcomeHistory, History); 5] = [
    (WelcomeHistory::New, History::New),
    (WelcomeHistory::Friend, History::Friend),
    (WelcomeHistory::Back, History::Back),
    (WelcomeHistory::Bought, History::Bought),
    (WelcomeHistory::Known, History::Known),
];

pub(crate) fn histories(own: impl IntoIterator<Item = History>) -> Vec<WelcomeHistory> {
    let wire = |own: History| HISTORY.into_iter().find(|(_, known)| *known == own).map(|(wire, _)| wire);
    own.into_iter().filter_map(wire).collect()
}

impl From<WelcomeWhen> for When {
    fn from(own: WelcomeWhen) -> Self {
        let history = |own: WelcomeHistory| HISTORY[own as usize].1;
        Self {
            channels: own.channels,
            staff: own.staff,
            stores: own.stores,
            departments: own.departments,
            history: own.history.into_iter().map(history).collect(),
            tags: own.tags,
            hours: own.hours.into_iter().map(|own| Hours { days: own.days, from: own.from, to: own.to }).collect(),
        }
    }
}
impl From<When> for WelcomeWhen {
    fn from(own: When) -> Self {
        Self {
            channels: own.channels,
            staff: own.staff,
            stores: own.stores,
            departments: own.departments,
            history: histories(own.history),
            tags: own.tags,
            hours: own
                .hours
                .into_iter()
                .map(|own| WelcomeHours { days: own.days, from: own.from, to: own.to })
                .collect(),
        }
    }
}

/// `send` the content, or `silent`: the member of staff greets in their own words.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WelcomeKind {
    Send,
    Silent,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WelcomeIn {
    name: String,
    active: bool,
    kind: WelcomeKind,
    #[serde(default)]
    when: WelcomeWhen,
    /// Nothing when silent.
    #[serde(default)]
    pub(crate) content: MessageContent,
    /// A material's id, instead of `content`: the version that is approved now is said from now on.
    #[serde(default)]
    pub(crate) material: Option<String>,
    /// Of the welcome that was changed; without it the last one to write wins.
    #[serde(default)]
    pub(crate) version: Option<i64>,
}

impl From<WelcomeIn> for RuleIn {
    fn from(own: WelcomeIn) -> Self {
        Self {
            name: own.name,
            active: own.active,
            kind: match own.kind {
                WelcomeKind::Send => RuleKind::Send,
                WelcomeKind::Silent => RuleKind::Silent,
            },
            when: own.when.into(),
            content: own.content.into(),
        }
    }
}

/// Of the arrivals since the first instant asked for.
#[derive(Clone, Default, Serialize, ToSchema)]
pub(crate) struct WelcomeNumbers {
    arrivals: i64,
    waiting: i64,
    sent: i64,
    skipped: i64,
    failed: i64,
    /// The same by end and reason, the most frequent first.
    reasons: Vec<WelcomeReason>,
}
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct WelcomeReason {
    /// `waiting`, `sent`, `skipped` or `failed`.
    outcome: &'static str,
    /// Empty where all went well.
    reason: String,
    arrivals: i64,
}

impl WelcomeNumbers {
    pub fn add(&mut self, tally: &Tally) {
        self.arrivals += tally.arrivals;
        let place = match tally.outcome {
            Outcome::Waiting => &mut self.waiting,
            Outcome::Sent => &mut self.sent,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
        };
        *place += tally.arrivals;
        let outcome = tally.outcome.name();
        match self.reasons.iter_mut().find(|own| own.outcome == outcome && own.reason == tally.reason) {
            Some(own) => own.arrivals += tally.arrivals,
            None => {
                self.reasons.push(WelcomeReason { outcome, reason: tally.reason.clone(), arrivals: tally.arrivals })
            }
        }
        self.reasons.sort_by(|a, b| b.arrivals.cmp(&a.arrivals).then_with(|| a.reason.cmp(&b.reason)));
    }
}

/// By rule; `""` for arrivals without one.
pub(crate) fn numbers(tallies: &[Tally]) -> BTreeMap<String, WelcomeNumbers> {
    let mut all: BTreeMap<String, WelcomeNumbers> = BTreeMap::new();
    tallies.iter().for_each(|tally| all.entry(tally.rule.clone()).or_default().add(tally));
    all
}

#[derive(Serialize, ToSchema)]
pub(crate) struct WelcomeOut {
    id: String,
    name: String,
    active: bool,
    kind: WelcomeKind,
    when: WelcomeWhen,
    content: MessageContent,
    /// The material it was made of.
    material: Option<MaterialRef>,
    /// Give it back with a change.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    changed_by: String,
    numbers: WelcomeNumbers,
}

impl WelcomeOut {
    pub fn new(row: RuleRow, numbers: WelcomeNumbers, material: Option<MaterialRef>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            active: row.active,
            kind: match row.kind {
                RuleKind::Send => WelcomeKind::Send,
                RuleKind::Silent => WelcomeKind::Silent,
            },
            when: row.when.into(),
            content: row.content.into(),
            material,
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
            changed_at: row.changed_at,
            changed_by: row.changed_by,
            numbers,
        }
    }
}
