//! The tracking API's messages: read, completed, checked. Pure but for the ids it hands out.

use crate::clock_skew::corrected;
use crate::shape::{JsonType, entries};
use serde::Deserialize;
use serde_json::value::RawValue;
use siyu_kernel::{EventKind, Identifier, Kind, Refusal, Time};
use std::borrow::Cow;

/// Limits the tracking API documents.
pub struct Limits;
impl Limits {
    pub const EVENT_BYTES_MAX: usize = 32 * 1024;
    pub const BATCH_BYTES_MAX: usize = 500 * 1024;
    /// Ours: what the log can place in one unit with room to spare; SDKs send 100.
    pub const BATCH_EVENTS_MAX: usize = 2_500;
    pub const MESSAGE_ID_BYTES_MAX: usize = 256;
    pub const NAME_BYTES_MAX: usize = 256;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    One(EventKind),
    Batch,
    /// Historical data: one message or a batch; times are taken as they are.
    Import,
}

impl Endpoint {
    pub fn parse(path: &str) -> Option<Self> {
        match path {
            "batch" | "b" => Some(Self::Batch),
            "import" => Some(Self::Import),
            "i" => Some(Self::One(EventKind::Identify)),
            "t" => Some(Self::One(EventKind::Track)),
            "p" => Some(Self::One(EventKind::Page)),
            "s" => Some(Self::One(EventKind::Screen)),
            "g" => Some(Self::One(EventKind::Group)),
            "a" => Some(Self::One(EventKind::Alias)),
            other => EventKind::parse(other).filter(|kind| *kind != EventKind::System).map(Self::One),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow, default)]
    batch: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    write_key: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Raw<'a> {
    #[serde(borrow)]
    r#type: Option<&'a RawValue>,
    #[serde(borrow)]
    message_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    anonymous_id: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_id: Option<&'a RawValue>,
    #[serde(borrow)]
    group_id: Option<&'a RawValue>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    category: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    traits: Option<&'a RawValue>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    original_timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    sent_at: Option<&'a RawValue>,
}

/// A message ready to be resolved and appended.
#[derive(Clone, Debug)]
pub struct Message {
    pub kind: EventKind,
    pub name: String,
    pub message_id: String,
    pub at: Time,
    pub identifiers: Vec<Identifier>,
    /// `alias` only: what the person was called before.
    pub previous: Option<String>,
    /// JSON object text.
    pub properties: String,
    /// The event's body as the log keeps it.
    pub body: String,
}

/// A message that is kept aside: why, and its text.
#[derive(Debug)]
pub struct Rejected {
    pub kind: EventKind,
    pub name: String,
    pub message_id: String,
    pub reason: Refusal,
    pub text: String,
}

#[derive(Debug, Default)]
pub struct Parsed {
    pub good: Vec<Message>,
    pub bad: Vec<Rejected>,
    pub write_key: Option<String>,
}

/// Only what a request says about who sends it; SDKs put the write key into the body when they do not put it into the header.
pub fn write_key(body: &[u8]) -> Option<String> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    text(envelope.write_key).map(Cow::into_owned)
}

/// Reads a request. `fresh_id` names messages that come without an id.
///
/// Errors refuse the whole request: `invalid_json`, `batch_too_large`, `event_too_large` (single calls), `batch_missing`, `too_many_events`.
pub fn parse(
    endpoint: Endpoint,
    body: &[u8],
    received: Time,
    mut fresh_id: impl FnMut() -> String,
) -> Result<Parsed, Refusal> {
    if body.len() > Limits::BATCH_BYTES_MAX {
        return Err(Refusal::new(
            siyu_kernel::Class::TooLarge,
            "batch_too_large",
            "A request may have up to 500 KB. Send smaller batches.",
            "单次请求不超过 500 KB，请减小批量。",
        ));
    }
    let text = std::str::from_utf8(body).map_err(|e| invalid_json(&e.to_string()))?;
    // A list would do for a struct of its fields in order; the API speaks of objects.
    if JsonType::of(text.trim_start()) != JsonType::Object {
        return Err(invalid_json("an object is expected"));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|e| invalid_json(&e.to_string()))?;
    let mut parsed = Parsed { write_key: self::text(envelope.write_key).map(Cow::into_owned), ..Parsed::default() };
    let batch = match (endpoint, envelope.batch) {
        (Endpoint::Batch | Endpoint::Import, Some(batch)) => Some(batch),
        (Endpoint::Batch, None) => {
            return Err(Refusal::invalid(
                "batch_missing",
                "The field batch must be a list of messages.",
                "缺少消息列表 batch。",
            )
            .field("batch"));
        }
        _ => None,
    };
    let mut shared = Shared {
        endpoint,
        received,
        sent: time(envelope.sent_at),
        context: envelope.context.map(RawValue::get),
        fresh_id: &mut fresh_id,
    };
    match batch {
        None => {
            if text.len() > Limits::EVENT_BYTES_MAX {
                return Err(too_large());
            }
            shared.context = None;
            shared.one(text, &mut parsed);
        }
        Some(batch) => {
            let messages: Vec<&RawValue> = serde_json::from_str(batch.get()).map_err(|_| {
                Refusal::invalid(
                    "batch_missing",
                    "The field batch must be a list of messages.",
                    "batch 必须是消息列表。",
                )
                .field("batch")
            })?;
            if messages.len() > Limits::BATCH_EVENTS_MAX {
                return Err(Refusal::invalid(
                    "too_many_events",
                    "A batch may hold up to 2,500 messages.",
                    "单批最多 2500 条消息。",
                )
                .field("batch"));
            }
            messages.into_iter().for_each(|message| shared.one(message.get(), &mut parsed));
        }
    }
    Ok(parsed)
}

fn invalid_json(detail: &str) -> Refusal {
    Refusal::invalid(
        "invalid_json",
        format!("The body is not valid JSON: {detail}."),
        format!("请求体不是合法的 JSON：{detail}。"),
    )
}
fn too_large() -> Refusal {
    Refusal::new(
        siyu_kernel::Class::TooLarge,
        "event_too_large",
        "One message may have up to 32 KB.",
        "单条消息不超过 32 KB。",
    )
}

struct Shared<'a, 'f> {
    endpoint: Endpoint,
    received: Time,
    sent: Option<Time>,
    context: Option<&'a str>,
    fresh_id: &'f mut dyn FnMut() -> String,
}

impl Shared<'_, '_> {
    fn one(&mut self, source: &str, parsed: &mut Parsed) {
        let read = if JsonType::of(source.trim_start()) == JsonType::Object {
            serde_json::from_str(source).ok()
        } else {
            None
        };
        let raw: Raw<'_> = match read {
            Some(raw) => raw,
            None => {
                let reason =
                    Refusal::invalid("not_an_object", "A message must be a JSON object.", "消息必须是 JSON 对象。");
                let message_id = (self.fresh_id)();
                return parsed.bad.push(Rejected {
                    kind: EventKind::Track,
                    name: String::new(),
                    message_id,
                    reason,
                    text: shortened(source),
                });
            }
        };
        let message_id = text(raw.message_id).map_or_else(|| (self.fresh_id)(), Cow::into_owned);
        let kind = self.kind(&raw);
        let name = kind.as_ref().map_or_else(|_| String::new(), |kind| name_of(*kind, &raw));
        match kind.and_then(|kind| self.complete(kind, &raw, source, &message_id, &name)) {
            Ok(message) => parsed.good.push(message),
            Err(reason) => {
                let kind = self.kind(&raw).unwrap_or(EventKind::Track);
                parsed.bad.push(Rejected {
                    kind,
                    name: name.chars().take(100).collect(),
                    message_id: message_id.chars().take(200).collect(),
                    reason,
                    text: shortened(source),
                });
            }
        }
    }

    fn kind(&self, raw: &Raw<'_>) -> Result<EventKind, Refusal> {
        if let Endpoint::One(kind) = self.endpoint {
            return Ok(kind);
        }
        let name = text(raw.r#type).unwrap_or_default();
        EventKind::parse(&name).filter(|kind| *kind != EventKind::System).ok_or_else(|| {
            let seen: String = name.chars().take(40).collect();
            Refusal::invalid(
                "unknown_type",
                format!("The type must be identify, track, page, screen, group or alias, not {seen:?}."),
                format!("type 须为 identify、track、page、screen、group 或 alias，收到 {seen:?}。"),
            )
            .field("type")
        })
    }

    fn complete(
        &self,
        kind: EventKind,
        raw: &Raw<'_>,
        source: &str,
        message_id: &str,
        name: &str,
    ) -> Result<Message, Refusal> {
        if source.len() > Limits::EVENT_BYTES_MAX {
            return Err(too_large());
        }
        if message_id.is_empty() || message_id.len() > Limits::MESSAGE_ID_BYTES_MAX {
            return Err(Refusal::invalid(
                "invalid_message_id",
                "messageId must have 1 to 256 bytes.",
                "messageId 须为 1 到 256 字节。",
            )
            .field("messageId"));
        }
        if name.trim().is_empty() {
            return Err(Refusal::invalid(
                "event_missing",
                "A track call needs the name of the event.",
                "track 调用缺少事件名 event。",
            )
            .field("event"));
        }
        if name.len() > Limits::NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(Refusal::invalid(
                "name_invalid",
                "An event's name has up to 256 bytes and no control characters.",
                "事件名最长 256 字节，且不含控制字符。",
            )
            .field("event"));
        }
        let context = raw.context.map(RawValue::get).or(self.context);
        let own = if matches!(kind, EventKind::Identify | EventKind::Group) { raw.traits } else { raw.properties };
        let properties =
            object(own, if matches!(kind, EventKind::Identify | EventKind::Group) { "traits" } else { "properties" })?;
        let context = match context {
            Some(text) if JsonType::of(text) == JsonType::Object => Some(text),
            Some(text) if JsonType::of(text) != JsonType::Null => return Err(not_object("context")),
            _ => None,
        };
        let identifiers = identifiers(kind, raw, properties, context)?;
        if identifiers.is_empty() {
            return Err(Refusal::invalid(
                "no_identity",
                "A message needs userId or anonymousId.",
                "消息须带 userId 或 anonymousId。",
            )
            .field("userId"));
        }
        Ok(Message {
            kind,
            name: name.to_owned(),
            message_id: message_id.to_owned(),
            at: self.at(raw)?,
            previous: if kind == EventKind::Alias { text(raw.previous_id).map(Cow::into_owned) } else { None },
            body: body(raw, properties, context),
            properties: properties.to_owned(),
            identifiers,
        })
    }

    fn at(&self, raw: &Raw<'_>) -> Result<Time, Refusal> {
        let stated = raw.original_timestamp.or(raw.timestamp).filter(|raw| raw.get() != "null");
        let happened = time(stated);
        if let (Some(stated), None) = (stated, happened) {
            let seen: String = stated.get().chars().take(40).collect();
            return Err(Refusal::invalid(
                "invalid_timestamp",
                format!("timestamp must be ISO 8601 between 1900 and 2200, not {seen}."),
                format!("timestamp 须为 1900 至 2200 年间的 ISO 8601 时间，收到 {seen}。"),
            )
            .field("timestamp"));
        }
        let sent = if self.endpoint == Endpoint::Import { None } else { time(raw.sent_at).or(self.sent) };
        Ok(corrected(happened, sent, self.received))
    }
}

fn name_of(kind: EventKind, raw: &Raw<'_>) -> String {
    let own = match kind {
        EventKind::Track => return text(raw.event).map(Cow::into_owned).unwrap_or_default(),
        EventKind::Page | EventKind::Screen => text(raw.name).or_else(|| text(raw.category)),
        _ => None,
    };
    own.filter(|name| !name.trim().is_empty()).map_or_else(|| kind.name().to_owned(), Cow::into_owned)
}

/// Text of a JSON string or number; nothing else identifies or names anything.
fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let raw = raw?.get();
    match JsonType::of(raw) {
        JsonType::String => {
            #[derive(Deserialize)]
            struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
            serde_json::from_str::<Text<'_>>(raw).ok().map(|text| text.0)
        }
        JsonType::Number => Some(Cow::Borrowed(raw)),
        _ => None,
    }
}

fn time(raw: Option<&RawValue>) -> Option<Time> {
    let raw = raw?;
    let stated = text(Some(raw))?;
    if JsonType::of(raw.get()) == JsonType::Number {
        // Seconds or milliseconds since 1970, told apart by size.
        let number: f64 = stated.parse().ok()?;
        let micros = if number.abs() < 1e11 { number * 1e6 } else { number * 1e3 };
        return Time(micros as i64).in_range();
    }
    let stated = stated.trim();
    Time::parse(stated)
        .or_else(|_| Time::parse(&format!("{stated}Z")))
        .or_else(|_| Time::parse(&format!("{stated}T00:00:00Z")))
        .ok()
}

fn object<'a>(raw: Option<&'a RawValue>, field: &str) -> Result<&'a str, Refusal> {
    match raw.map(RawValue::get) {
        None | Some("null") => Ok("{}"),
        Some(text) if JsonType::of(text) == JsonType::Object => Ok(text),
        Some(_) => Err(not_object(field)),
    }
}
fn not_object(field: &str) -> Refusal {
    Refusal::invalid("not_an_object", format!("{field} must be a JSON object."), format!("{field} 必须是 JSON 对象。"))
        .field(field)
}

/// Everything the message says about who it is. Wrong phone numbers and the like are left out: they identify nobody.
fn identifiers(
    kind: EventKind,
    raw: &Raw<'_>,
    properties: &str,
    context: Option<&str>,
) -> Result<Vec<Identifier>, Refusal> {
    let mut out = Vec::with_capacity(2);
    let mut add = |kind: Kind, value: Cow<'_, str>| out.extend(Identifier::new(kind, &value).ok());
    if let Some(value) = text(raw.user_id) {
        add(Kind::UserId, value);
    }
    if let Some(value) = text(raw.anonymous_id) {
        add(Kind::Anonymous, value);
    }
    if kind == EventKind::Identify {
        from_traits(properties, &mut add);
    }
    if let Some(context) = context {
        // Most contexts hold nothing of this; looking is cheaper than reading.
        if ["\"traits\"", "\"externalIds\"", "\"device\""].iter().any(|word| context.contains(word)) {
            from_context(context, &mut add);
        }
    }
    Ok(out)
}

/// Traits that are identifiers by their name. `id` is the user id again in some SDKs and is left alone.
const TRAIT_KINDS: [(&str, Kind); 10] = [
    ("phone", Kind::Phone),
    ("mobile", Kind::Phone),
    ("email", Kind::Email),
    ("unionid", Kind::UnionId),
    ("unionId", Kind::UnionId),
    ("openid", Kind::OpenId),
    ("openId", Kind::OpenId),
    ("external_userid", Kind::ExternalUserId),
    ("member_no", Kind::MemberNo),
    ("pos_no", Kind::PosNo),
];

fn from_traits(traits: &str, add: &mut impl FnMut(Kind, Cow<'_, str>)) {
    entries(traits, |key, raw| {
        if let Some((_, kind)) = TRAIT_KINDS.iter().find(|(name, _)| *name == key)
            && let Ok(raw) = serde_json::from_str::<&RawValue>(raw)
            && let Some(value) = text(Some(raw))
        {
            add(kind.clone(), value);
        }
    });
}

#[derive(Deserialize)]
struct ExternalId<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    r#type: Option<Cow<'a, str>>,
}

fn from_context(context: &str, add: &mut impl FnMut(Kind, Cow<'_, str>)) {
    entries(context, |key, raw| match key {
        "traits" => from_traits(raw, add),
        "device" => {
            entries(raw, |key, raw| {
                if key == "id"
                    && let Ok(raw) = serde_json::from_str::<&RawValue>(raw)
                    && let Some(value) = text(Some(raw))
                {
                    add(Kind::Device, value);
                }
            });
        }
        "externalIds" => {
            for external in serde_json::from_str::<Vec<ExternalId<'_>>>(raw).unwrap_or_default() {
                let name = external.r#type.unwrap_or_default();
                let kind = Kind::parse(&name).or_else(|| Kind::parse(&format!("ext:{name}")));
                if let (Some(kind), Some(value)) = (kind, text(external.id)) {
                    add(kind, value);
                }
            }
        }
        _ => {}
    });
}

/// What the log keeps: the message's own words, spliced, never re-encoded.
fn body(raw: &Raw<'_>, properties: &str, context: Option<&str>) -> String {
    let mut out = String::with_capacity(properties.len() + context.map_or(0, str::len) + 96);
    out.push_str("{\"properties\":");
    out.push_str(properties);
    let own = [
        ("userId", raw.user_id),
        ("anonymousId", raw.anonymous_id),
        ("previousId", raw.previous_id),
        ("groupId", raw.group_id),
        ("category", raw.category),
    ];
    for (name, value) in own
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value.get())))
        .chain(context.map(|context| ("context", context)))
    {
        out.push_str(",\"");
        out.push_str(name);
        out.push_str("\":");
        out.push_str(value);
    }
    out.push('}');
    out
}

/// What quarantine keeps of a message that is too large to keep.
fn shortened(source: &str) -> String {
    source.chars().take(Limits::BATCH_BYTES_MAX).collect()
}
