//! From an event of the log to a fact: which type it is, which properties it has.

use crate::scan::{Broken, DEPTH_MAX, Scalar, Scan};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_behaviour::{ColumnKind, EventRef, Facts, KeyRef, LIST_MAX};
use siyu_kernel::{Event, EventKind};
use siyu_people::FieldTable;
use std::borrow::Cow;
use std::ops::AddAssign;
use std::sync::Arc;

/// Event names that get a type of their own; further ones are counted as [`OTHER`], with their name in `properties.event`.
pub const EVENTS_MAX: usize = 4_000;
/// Properties (of one kind each) of one event type; values of further ones are left out and counted.
pub const PROPERTIES_MAX: usize = 200;
pub const OTHER: &str = "Other Event";

pub const AMOUNT: &str = "amount";
/// Events that move money as the books see it. A sum of `amount` over these is what somebody spent.
pub const MONEY_EVENTS: [&str; 5] =
    ["Order Completed", "Order Paid", "Order Updated", "Order Refunded", "Order Cancelled"];

/// What the bounds took away, since the columns were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Events counted as [`OTHER`].
    pub events: u64,
    /// Values of properties beyond [`PROPERTIES_MAX`].
    pub properties: u64,
    /// Values that are, or look like, a phone number, an e-mail address or another identifier.
    pub sealed: u64,
    /// Texts that were cut.
    pub texts: u64,
    pub list_entries: u64,
}

impl AddAssign for LeftOut {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.properties += other.properties;
        self.sealed += other.sealed;
        self.texts += other.texts;
        self.list_entries += other.list_entries;
    }
}

/// A name that was let in: an event type, or (with `property`) a property of it. The first so many get in, in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub event: Box<str>,
    pub property: Option<(Box<str>, ColumnKind)>,
}

/// Texts of the canonical properties: the name, and where else an event may say it. What an event says under the very name is always its own.
const TEXTS: [(&str, &[&str]); 6] = [
    ("channel", &["utm_source"]),
    ("touchpoint", &[]),
    ("store", &["store_code"]),
    ("staff", &["staff_id", "guide"]),
    ("group", &["group_id"]),
    ("campaign", &["campaign_id", "utm_campaign"]),
];
const CHANNEL: usize = 0;
const STORE: usize = 2;
const GROUP: usize = 4;
const CAMPAIGN: usize = 5;

/// A Chinese mobile number, or an e-mail address.
fn looks_identifying(text: &str) -> bool {
    let text = text.trim();
    if text.len() > 100 {
        return false;
    }
    if let Some((name, domain)) = text.split_once('@') {
        return !name.is_empty()
            && domain.contains('.')
            && !text.contains(char::is_whitespace)
            && !text.contains("://");
    }
    if text.len() < 11 || !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b' ' | b'-')) {
        return false;
    }
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    let national = digits.strip_prefix(b"86").filter(|rest| rest.len() == 11).unwrap_or(&digits);
    national.len() == 11 && national[0] == b'1' && (b'3'..=b'9').contains(&national[1])
}

/// Canonical keys of a batch.
struct Keys {
    texts: [KeyRef; TEXTS.len()],
    kind: KeyRef,
    source: KeyRef,
    currency: KeyRef,
    amount: KeyRef,
    product: KeyRef,
    category: KeyRef,
    order: KeyRef,
}

/// Identifiers that the profile shows to everybody; nothing is counted by them.
const OPAQUE: [&str; 5] = ["unionid", "openid", "external_userid", "externaluserid", "member_no"];
/// Keys whose answer is remembered.
const KEYS_MAX: usize = 20_000;

/// Which keys of events are left out: files are not sealed. By the rule that masks events, and by the sensitive fields as they are when an
/// event is read.
#[derive(Default)]
pub(crate) struct Hidden {
    table: Arc<FieldTable>,
    known: FxHashMap<Box<str>, bool>,
}

impl Hidden {
    pub fn look_at(&mut self, table: Arc<FieldTable>) {
        if !Arc::ptr_eq(&self.table, &table) {
            self.known.clear();
            self.table = table;
        }
    }
    fn hides(&mut self, key: &str) -> bool {
        if let Some(known) = self.known.get(key) {
            return *known;
        }
        let hides = self.table.hides(key) || OPAQUE.iter().any(|own| key.eq_ignore_ascii_case(own));
        if self.known.len() >= KEYS_MAX {
            self.known.clear();
        }
        self.known.insert(key.into(), hides);
        hides
    }
    /// `{"type": "phone", "value": "…"}`
    fn is_contact(&mut self, mut object: Scan<'_>) -> bool {
        let mut found = false;
        let _ = object.object(|scan, key| {
            if !matches!(&*key, "type" | "kind") {
                return scan.skip();
            }
            if let Some(Scalar::Text(text)) = scan.scalar()? {
                found |= self.hides(&text);
            }
            Ok(())
        });
        found
    }
}

/// Turns events into facts, into a batch it owns.
pub(crate) struct Flattener {
    pub facts: Facts,
    keys: Keys,
    events: FxHashSet<EventRef>,
    /// Each type's properties; how many there are.
    properties: FxHashSet<(EventRef, KeyRef)>,
    counts: FxHashMap<EventRef, usize>,
    canonical: FxHashSet<KeyRef>,
    pub hidden: Hidden,
    /// Let in since this was last emptied.
    pub admitted: Vec<Admitted>,
    pub left_out: LeftOut,
}

/// What one event says, gathered before canonical values are decided.
#[derive(Default)]
struct Said<'a> {
    texts: [Option<Cow<'a, str>>; TEXTS.len()],
    /// Whether it was said under the very name.
    own: [bool; TEXTS.len()],
    kind: bool,
    source: bool,
    currency: Option<Cow<'a, str>>,
    affiliation: Option<Cow<'a, str>>,
    sku: Option<Cow<'a, str>>,
    product_id: Option<Cow<'a, str>>,
    products: Vec<Cow<'a, str>>,
    categories: Vec<Cow<'a, str>>,
    net: Option<i64>,
    order: Option<Cow<'a, str>>,
}

impl Flattener {
    pub fn new() -> Self {
        let mut facts = Facts::default();
        let keys = Keys {
            texts: TEXTS.map(|(name, _)| facts.key(name, ColumnKind::Text)),
            kind: facts.key("kind", ColumnKind::Text),
            source: facts.key("source", ColumnKind::Text),
            currency: facts.key("currency", ColumnKind::Text),
            amount: facts.key(AMOUNT, ColumnKind::Int),
            product: facts.key("product", ColumnKind::List),
            category: facts.key("category", ColumnKind::List),
            order: facts.key("order_id", ColumnKind::Text),
        };
        let mut canonical: FxHashSet<KeyRef> = keys.texts.into_iter().collect();
        canonical.extend([keys.kind, keys.source, keys.currency, keys.amount, keys.product, keys.category, keys.order]);
        Self {
            facts,
            keys,
            events: FxHashSet::default(),
            properties: FxHashSet::default(),
            counts: FxHashMap::default(),
            canonical,
            hidden: Hidden::default(),
            admitted: Vec::new(),
            left_out: LeftOut::default(),
        }
    }
    /// Names that were let in before.
    pub fn restore(&mut self, admitted: &Admitted) {
        let event = self.facts.event(&admitted.event);
        self.events.insert(event);
        if let Some((name, kind)) = &admitted.property {
            let key = self.facts.key(name, *kind);
            if self.properties.insert((event, key)) {
                *self.counts.entry(event).or_default() += 1;
            }
        }
    }
    /// Empties the batch.
    pub fn clear(&mut self) {
        let lost = self.facts.left_out();
        self.left_out.texts += lost.texts_cut;
        self.left_out.list_entries += lost.list_entries;
        self.facts.clear();
    }

    /// Adds the event when it belongs to the columns: behaviour, and money that only the books know. Answers its type.
    pub fn add(&mut self, event: &Event, person: u32) -> Option<EventRef> {
        let name = match event.kind {
            EventKind::Track => event.name.as_str(),
            EventKind::Page if event.name == "page" => "Page Viewed",
            EventKind::Screen if event.name == "screen" => "Screen Viewed",
            EventKind::Page | EventKind::Screen => event.name.as_str(),
            EventKind::Identify => "Identified",
            EventKind::Group => "Group Joined",
            EventKind::Alias => return None,
            EventKind::System => {
                let money = MONEY_EVENTS.contains(&event.name.as_str()) && event.body.contains("\"books\"");
                if !money {
                    return None;
                }
                event.name.as_str()
            }
        };
        let kind = self.event(name);
        self.facts.begin(person, event.person, event.at.0, kind);
        let mut said = Said::default();
        let traits = matches!(event.kind, EventKind::Identify | EventKind::Group);
        // A body that breaks off was let in by nobody; what was read of it stands.
        let _ = self.body(kind, &event.body, traits, &mut said);
        self.canonical(event, name, said);
        let renamed = self.facts.event_name(kind) == OTHER && name != OTHER;
        if renamed && let Some(key) = self.key(kind, "properties.event", ColumnKind::Text) {
            self.facts.text(key, name);
        }
        Some(kind)
    }
    /// The type of a name. Names that are not let in are not remembered either.
    fn event(&mut self, name: &str) -> EventRef {
        if let Some(event) = self.facts.find_event(name).filter(|event| self.events.contains(event)) {
            return event;
        }
        let full = self.events.len() >= EVENTS_MAX && name != OTHER;
        self.left_out.events += u64::from(full);
        let name = if full { OTHER } else { name };
        let event = self.facts.event(name);
        if self.events.insert(event) {
            self.admitted.push(Admitted { event: name.into(), property: None });
        }
        event
    }
    /// The key of a property of this type, if it is let in.
    fn key(&mut self, event: EventRef, name: &str, kind: ColumnKind) -> Option<KeyRef> {
        let known = self.facts.find_key(name, kind);
        if known.is_some_and(|key| self.canonical.contains(&key) || self.properties.contains(&(event, key))) {
            return known;
        }
        let count = self.counts.entry(event).or_default();
        if *count >= PROPERTIES_MAX {
            self.left_out.properties += 1;
            return None;
        }
        *count += 1;
        let key = self.facts.key(name, kind);
        self.properties.insert((event, key));
        let event = self.facts.event_name(event).into();
        self.admitted.push(Admitted { event, property: Some((name.into(), kind)) });
        Some(key)
    }

    fn body<'a>(&mut self, event: EventRef, body: &'a str, traits: bool, said: &mut Said<'a>) -> Result<(), Broken> {
        Scan::new(body).object(|scan, key| match &*key {
            "properties" if !traits && scan.peek()? == b'{' => {
                let mut path = String::new();
                self.object(event, scan, &mut path, 1, said)
            }
            "context" if scan.peek()? == b'{' => scan.object(|scan, key| match &*key {
                "campaign" if scan.peek()? == b'{' => scan.object(|scan, key| {
                    let at = match &*key {
                        "source" => CHANNEL,
                        "name" => CAMPAIGN,
                        _ => return scan.skip(),
                    };
                    let value = scan.scalar()?;
                    said.otherwise(at, value);
                    Ok(())
                }),
                _ => scan.skip(),
            }),
            "groupId" => {
                let value = scan.scalar()?;
                said.otherwise(GROUP, value);
                Ok(())
            }
            "books" if scan.peek()? == b'{' => scan.object(|scan, key| match (&*key, scan.scalar()?) {
                ("net", Some(Scalar::Number(text))) => {
                    said.net = text.parse().ok();
                    Ok(())
                }
                ("currency", Some(Scalar::Text(code))) => {
                    said.currency = Some(code);
                    Ok(())
                }
                // What the books say of the order goes before what the event says.
                ("order", Some(Scalar::Text(order))) => {
                    said.order = Some(order);
                    Ok(())
                }
                _ => Ok(()),
            }),
            _ => scan.skip(),
        })
    }

    fn object<'a>(
        &mut self,
        event: EventRef,
        scan: &mut Scan<'a>,
        path: &mut String,
        depth: usize,
        said: &mut Said<'a>,
    ) -> Result<(), Broken> {
        let whole = scan.clone();
        let mut is_contact = None;
        scan.object(|scan, name| {
            if self.hides(&name, &whole, &mut is_contact) {
                return self.seal(scan);
            }
            let length = path.len();
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&name);
            let result = match scan.peek()? {
                b'{' if depth < DEPTH_MAX => self.object(event, scan, path, depth + 1, said),
                b'[' => self.array(event, scan, path, depth, said),
                b'{' => scan.skip(),
                _ => match scan.scalar()? {
                    Some(value) => {
                        self.scalar(event, path, value, depth == 1, said);
                        Ok(())
                    }
                    None => Ok(()),
                },
            };
            path.truncate(length);
            result
        })
    }

    /// Whether what stands under this key of an object is left out. `whole` is the object, `is_contact` what is known of it.
    fn hides(&mut self, key: &str, whole: &Scan<'_>, is_contact: &mut Option<bool>) -> bool {
        let says_it = matches!(key, "id" | "value");
        self.hidden.hides(key) || (says_it && *is_contact.get_or_insert_with(|| self.hidden.is_contact(whole.clone())))
    }
    /// Passes over what is left out.
    fn seal(&mut self, scan: &mut Scan<'_>) -> Result<(), Broken> {
        self.left_out.sealed += u64::from(scan.peek()? != b'n');
        scan.skip()
    }

    fn scalar<'a>(&mut self, event: EventRef, path: &str, value: Scalar<'a>, top: bool, said: &mut Said<'a>) {
        if top && said.takes(path, &value) {
            return;
        }
        // `amount` is what the books say.
        let name = if top && path == AMOUNT { "properties.amount" } else { path };
        if matches!(&value, Scalar::Text(text) if looks_identifying(text)) {
            self.left_out.sealed += 1;
            return;
        }
        match value {
            Scalar::Text(text) => {
                if !text.is_empty()
                    && let Some(key) = self.key(event, name, ColumnKind::Text)
                {
                    self.facts.text(key, &text);
                }
            }
            Scalar::Bool(value) => {
                if let Some(key) = self.key(event, name, ColumnKind::Bool) {
                    self.facts.bool(key, value);
                }
            }
            Scalar::Number(text) => match text.parse::<i64>() {
                Ok(value) if value != i64::MIN => {
                    if let Some(key) = self.key(event, name, ColumnKind::Int) {
                        self.facts.int(key, value);
                    }
                }
                _ => {
                    if let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite())
                        && let Some(key) = self.key(event, name, ColumnKind::Float)
                    {
                        self.facts.float(key, value);
                    }
                }
            },
        }
    }
    /// Texts become a list; objects become a list of each of their texts.
    fn array<'a>(
        &mut self,
        event: EventRef,
        scan: &mut Scan<'a>,
        path: &str,
        depth: usize,
        said: &mut Said<'a>,
    ) -> Result<(), Broken> {
        let mut own: Vec<Cow<'a, str>> = Vec::new();
        let mut fields: Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)> = Vec::new();
        let products = depth == 1 && path == "products";
        scan.array(|scan| match scan.peek()? {
            b'{' if depth < DEPTH_MAX => {
                let (mut sku, mut id) = (None, None);
                let whole = scan.clone();
                let mut is_contact = None;
                scan.object(|scan, name| {
                    if self.hides(&name, &whole, &mut is_contact) {
                        return self.seal(scan);
                    }
                    let Some(value) = scan.scalar()? else { return Ok(()) };
                    match (&*name, as_text(&value)) {
                        ("sku", Some(text)) if products => sku = Some(text),
                        ("product_id", Some(text)) if products => id = Some(text),
                        ("category", Some(text)) if products => said.categories.push(text),
                        _ => {
                            if let Scalar::Text(text) = value {
                                match fields.iter_mut().find(|(own, _)| *own == name) {
                                    Some((_, texts)) => texts.push(text),
                                    None => fields.push((name, vec![text])),
                                }
                            }
                        }
                    }
                    Ok(())
                })?;
                said.products.extend(sku.or(id));
                Ok(())
            }
            _ => {
                if let Some(value) = scan.scalar()? {
                    own.extend(as_text(&value));
                }
                Ok(())
            }
        })?;
        match path {
            "product" if depth == 1 => said.products.append(&mut own),
            "category" if depth == 1 => said.categories.append(&mut own),
            _ => self.list(event, path, &own),
        }
        for (name, texts) in fields {
            self.list(event, &format!("{path}.{name}"), &texts);
        }
        Ok(())
    }
    fn list(&mut self, event: EventRef, path: &str, texts: &[Cow<'_, str>]) {
        if texts.is_empty() {
            return;
        }
        let path = if path == AMOUNT { "properties.amount" } else { path };
        let Some(key) = self.key(event, path, ColumnKind::List) else { return };
        let open = texts.iter().filter(|text| !text.is_empty() && !looks_identifying(text));
        self.left_out.sealed += texts.iter().filter(|text| looks_identifying(text)).count() as u64;
        self.facts.list(key, open.map(|text| &**text));
    }

    fn canonical(&mut self, event: &Event, name: &str, said: Said<'_>) {
        let Said {
            mut texts,
            own,
            kind,
            source,
            currency,
            affiliation,
            sku,
            product_id,
            mut products,
            categories,
            net,
            order,
        } = said;
        products.extend(sku.or(product_id));
        if MONEY_EVENTS.contains(&name) && !own[STORE] {
            texts[STORE] = texts[STORE].take().or(affiliation);
        }
        for (at, (text, key)) in texts.iter().zip(self.keys.texts).enumerate() {
            if let Some(text) = text.as_ref().filter(|text| !text.is_empty()) {
                if looks_identifying(text) || self.hidden.hides(TEXTS[at].0) {
                    self.left_out.sealed += 1;
                } else {
                    self.facts.text(key, text);
                }
            }
        }
        if !kind {
            self.facts.text(self.keys.kind, event.kind.name());
        }
        if !source {
            self.facts.text(self.keys.source, &event.source);
        }
        if let Some(currency) = currency {
            self.facts.text(self.keys.currency, &currency);
        }
        if let Some(order) = order {
            self.facts.text(self.keys.order, &order);
        }
        if let Some(net) = net {
            self.facts.int(self.keys.amount, net);
        }
        for (name, texts, key) in
            [("product", &products, self.keys.product), ("category", &categories, self.keys.category)]
        {
            if !texts.is_empty() && !self.hidden.hides(name) {
                self.facts.list(key, texts.iter().take(LIST_MAX * 4).map(|text| &**text));
            }
        }
    }
}

fn as_text<'a>(value: &Scalar<'a>) -> Option<Cow<'a, str>> {
    match value {
        Scalar::Text(text) if !text.is_empty() => Some(text.clone()),
        Scalar::Number(text) => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

impl<'a> Said<'a> {
    /// Takes what is canonical under its own name; remembers what may stand for it.
    fn takes(&mut self, name: &str, value: &Scalar<'a>) -> bool {
        let text = as_text(value);
        for (at, (own, others)) in TEXTS.iter().enumerate() {
            if name == *own {
                self.own[at] = text.is_some();
                self.texts[at] = text;
                return true;
            }
            if others.contains(&name) && !self.own[at] && self.texts[at].is_none() {
                self.texts[at] = text;
                return false;
            }
        }
        match name {
            "currency" => {
                self.currency = self.currency.take().or(text);
                true
            }
            "product" => {
                self.products.extend(text);
                true
            }
            "category" => {
                self.categories.extend(text);
                true
            }
            "order_id" | "orderId" => {
                self.order = text;
                true
            }
            "affiliation" => {
                self.affiliation = text;
                false
            }
            "sku" => {
                self.sku = text;
                false
            }
            "product_id" => {
                self.product_id = text;
                false
            }
            // An own property of this name takes the place of ours.
            "kind" if matches!(value, Scalar::Text(_)) => {
                self.kind = true;
                false
            }
            "source" if matches!(value, Scalar::Text(_)) => {
                self.source = true;
                false
            }
            _ => false,
        }
    }
    /// What the context says counts when the properties say nothing.
    fn otherwise(&mut self, at: usize, value: Option<Scalar<'a>>) {
        if !self.own[at] && self.texts[at].is_none() {
            self.texts[at] = value.as_ref().and_then(as_text);
        }
    }
}
