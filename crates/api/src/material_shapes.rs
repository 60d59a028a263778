//! Materials as they go over the wire.

use crate::auth::Caller;
use crate::welcome_shapes::{MessageContent, MessageShown};
use serde::{Deserialize, Serialize};
use siyu_access::Locale;
use siyu_kernel::Time;
use siyu_reach::content::NAMES;
use siyu_reach::{MaterialIn, MaterialRow, MaterialShown, MaterialUse, MaterialVersion, Radar};
use utoipa::ToSchema;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaterialNew {
    /// 1 to 60 characters.
    pub name: String,
    /// Up to 30 characters; empty: in none.
    #[serde(default)]
    pub folder: String,
    /// Up to 20, each of up to 20 characters.
    #[serde(default)]
    pub labels: Vec<String>,
    pub content: MessageContent,
}
impl From<MaterialNew> for MaterialIn {
    fn from(own: MaterialNew) -> Self {
        Self { name: own.name, folder: own.folder, labels: own.labels, content: own.content.into() }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaterialChange {
    pub name: String,
    #[serde(default)]
    pub folder: String,
    #[serde(default)]
    pub labels: Vec<String>,
    /// Another one than the newest version says becomes the next version.
    pub content: MessageContent,
    /// The newest version that was seen: when somebody has written another one meanwhile, nothing is changed.
    pub version: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialOut {
    id: String,
    name: String,
    folder: String,
    labels: Vec<String>,
    /// What it is mainly: `text`, `image`, `link`, `miniprogram`, `video` or `file`.
    kind: String,
    /// Of its newest version: `draft`, `review`, `approved`, `rejected`; or `retired`.
    state: &'static str,
    /// The newest one.
    version: i64,
    /// The version in use; null: none is approved.
    approved: Option<i64>,
    /// Messages and welcomes it went into.
    uses: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Time,
    changed_by: String,
}
impl From<MaterialRow> for MaterialOut {
    fn from(row: MaterialRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            folder: row.folder,
            labels: row.labels,
            kind: row.kind,
            state: row.state.name(),
            version: row.version,
            approved: row.approved,
            uses: row.uses,
            created_at: row.created_at,
            created_by: row.created_by,
            changed_at: row.changed_at,
            changed_by: row.changed_by,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialVersionOut {
    version: i64,
    /// `draft`, `review`, `approved` or `rejected`.
    state: &'static str,
    content: MessageContent,
    #[schema(value_type = String, format = DateTime)]
    written_at: Time,
    written_by: String,
    /// Whether the caller wrote it, and so may not approve it.
    mine: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Time>,
    decided_by: Option<String>,
    /// Why it was rejected.
    reason: String,
}
impl MaterialVersionOut {
    pub fn new(own: MaterialVersion, caller: &Caller) -> Self {
        Self {
            version: own.version,
            state: own.state.name(),
            content: own.content.into(),
            written_at: own.written_at,
            written_by: own.written_by,
            mine: own.writer == caller.id(),
            decided_at: own.decided_at,
            decided_by: own.decided_by,
            reason: own.reason,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialWhole {
    #[serde(flatten)]
    pub row: MaterialOut,
    pub newest: MaterialVersionOut,
    /// What is said where it is used; null: nothing of it is approved, or it is retired.
    pub in_use: Option<MessageContent>,
    /// Where it went out, the newest first, at most 100.
    pub used: Vec<MaterialUseOut>,
}
#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialUseOut {
    /// `message`, `broadcast`, `group_message`, `moment` or `welcome`.
    what: String,
    id: String,
    /// Empty once it is deleted.
    name: String,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}
impl From<MaterialUse> for MaterialUseOut {
    fn from(own: MaterialUse) -> Self {
        Self { what: own.what, id: own.used, name: own.name, version: own.version, at: own.at }
    }
}

/// Who reads it, and from whom.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MaterialTry {
    /// A person's id; absent: somebody nobody knows.
    pub person: Option<String>,
    /// The userid of who sends it; absent: whom the person has added last.
    pub staff: Option<String>,
    /// `state` of the code they come by.
    pub channel: String,
    /// Of this version; the newest one when absent …
    pub version: Option<i64>,
    /// … or a content that is not saved.
    pub content: Option<MessageContent>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialTried {
    shown: MessageShown,
    /// Variables of it that nothing is known for: their fallbacks are shown, or nothing.
    fallbacks: Vec<MaterialFallback>,
    /// By which ways it may go out.
    ways: Vec<MaterialWay>,
}
#[derive(Serialize, ToSchema)]
struct MaterialFallback {
    name: &'static str,
    /// What it stands for, in the caller's language.
    label: &'static str,
}
#[derive(Serialize, ToSchema)]
struct MaterialWay {
    /// `welcome`, `message` (through staff), `group_message`, `group_welcome` or `moment`.
    way: &'static str,
    fits: bool,
    /// Why not: a code and a sentence.
    code: Option<&'static str>,
    message: Option<String>,
}
impl MaterialTried {
    pub fn new(own: MaterialShown, locale: Locale) -> Self {
        let zh = locale == Locale::Zh;
        let label = |name: &'static str| {
            let known = NAMES.iter().find(|own| own.name == name);
            MaterialFallback { name, label: known.map_or(name, |own| if zh { own.zh } else { own.en }) }
        };
        let way = |(way, why): (&'static str, Option<siyu_kernel::Refusal>)| MaterialWay {
            way,
            fits: why.is_none(),
            code: why.as_ref().map(|why| why.code),
            message: why.map(|why| if zh { why.zh } else { why.en }),
        };
        Self {
            shown: own.composed.into(),
            fallbacks: own.empty.into_iter().map(label).collect(),
            ways: own.ways.into_iter().map(way).collect(),
        }
    }
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MaterialStep {
    /// The version that was looked at: when somebody has written another one meanwhile, nothing is done.
    pub version: Option<i64>,
}
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaterialNo {
    /// What has to be different: 1 to 500 characters.
    pub reason: String,
    #[serde(default)]
    pub version: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialRadar {
    pub opens: i64,
    /// Opens of links that were sent to nobody in particular.
    pub unknown: i64,
    /// People who are known, each once.
    pub people: i64,
    /// People it was sent to one by one.
    pub sent: i64,
    /// People whose link was opened in more than one browser: passed on, or opened on a second device of theirs.
    pub passed_on: i64,
    /// Visits of pages of the brand's own of which the script there has told how long they lasted.
    pub visits: i64,
    /// How long each of them lasted on the average; null: nothing was told.
    pub seconds_each: Option<f64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_at: Option<Time>,
    /// Who came last first, at most 200.
    pub items: Vec<MaterialReader>,
}
impl MaterialRadar {
    pub fn new(own: Radar, items: Vec<MaterialReader>) -> Self {
        let Radar { opens, unknown, people, sent, passed_on, visits, seconds, last_at } = own;
        let seconds_each = (visits > 0).then(|| seconds as f64 / visits as f64);
        Self { opens, unknown, people, sent, passed_on, visits, seconds_each, last_at, items }
    }
}
#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialReader {
    pub id: String,
    pub name: Option<String>,
    pub opens: i64,
    /// In which their links were opened, 50 at most; 0 where browsers keep no cookie.
    pub browsers: i64,
    /// On pages of the brand's own, all visits together.
    pub seconds: i64,
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Time,
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Time,
}
