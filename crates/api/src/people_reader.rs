//! Who reads: which people and orders are shown to a caller, and which of their values are hidden.
//!
//! Hidden are phone numbers, e-mail addresses and the values of sensitive fields, unless the caller has `people.unmask`. Programs with
//! that permission read them everywhere. Users with it read them on a person's own page and in files, and each such look is recorded;
//! in lists nobody sees them, because a list is shown to whoever stands behind the desk.

use crate::App;
use crate::auth::Caller;
use crate::workspace::Workspace;
use serde_json::Value;
use siyu_access::{Locale, Permission, audit};
use siyu_audience::{Audience, Ctx, Lang, Scope};
use siyu_commerce::{Customer, customer_totals, customer_totals_in};
use siyu_db::{Tx, params};
use siyu_kernel::{Currency, Identifier, Kind, PersonNum, Refusal, Zone};
use siyu_people::People;

pub(crate) struct Reader {
    pub ctx: Ctx,
    pub scope: Scope,
    /// Hidden values are shown on a person's own page and in files.
    pub full: bool,
    /// Hidden values are shown in lists.
    pub full_lists: bool,
    /// Looks at hidden values are recorded.
    pub recorded: bool,
}

impl Reader {
    pub fn new(app: &App, tx: &mut Tx<'_>, caller: &Caller) -> Result<Self, Refusal> {
        let workspace = Workspace::load(tx)?;
        let ctx = Ctx {
            now: app.now(),
            zone: Zone::named(&workspace.timezone).map_err(Refusal::internal)?,
            currency: Currency::parse(&workspace.currency).map_err(Refusal::internal)?,
            lang: if caller.locale == Locale::Zh { Lang::Zh } else { Lang::En },
        };
        let (full, recorded) = (caller.may(Permission::PeopleUnmask), caller.session.is_some());
        Ok(Self { ctx, scope: scope(tx, caller)?, full, full_lists: full && !recorded, recorded })
    }
    /// Codes of the stores whose orders are shown; `None` for all.
    pub fn stores(&self) -> Option<&[String]> {
        self.scope.stores()
    }
    /// The numbers whose orders are shown to somebody who sees own customers; `None`: whoever's orders of the stores.
    pub fn own_people(&self, app: &App, tx: &mut Tx<'_>) -> Result<Option<Vec<PersonNum>>, Refusal> {
        if !matches!(self.scope, Scope::Staff { .. }) {
            return Ok(None);
        }
        let roots: Vec<PersonNum> = audience(app).visible_all(tx, &self.scope, &self.ctx)?.into_iter().collect();
        Ok(Some(app.people.nodes_of(tx, &roots)?.into_iter().map(|(node, _)| node).collect()))
    }
    /// Keys of the staff the reader sees; `None` for all.
    pub fn staff(&self, tx: &mut Tx<'_>) -> Result<Option<Vec<String>>, Refusal> {
        match &self.scope {
            Scope::All => Ok(None),
            Scope::Staff { key, .. } => Ok(Some(vec![key.clone()])),
            Scope::Stores(codes) => {
                let sql = format!("SELECT key FROM wecom_staff WHERE {} ORDER BY key", tx.any("store", 1));
                Ok(Some(tx.query(&sql, params![codes], |row| row.text(0))?))
            }
        }
    }
    /// What these people bought, in the stores the reader sees.
    pub fn totals(&self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<Vec<Customer>, Refusal> {
        match self.stores() {
            None => customer_totals(tx, roots),
            Some(codes) => customer_totals_in(tx, roots, codes),
        }
    }
    /// (The number asked for, the person it belongs to now.) Somebody outside the caller's stores is unknown to the caller.
    pub fn find(&self, app: &App, tx: &mut Tx<'_>, id: &str) -> Result<(PersonNum, PersonNum), Refusal> {
        let (asked, root) = app.people.find(tx, id)?;
        if audience(app).visible(tx, root, &self.scope)? { Ok((asked, root)) } else { Err(unknown()) }
    }
}

pub(crate) fn audience(app: &App) -> &Audience {
    &app.audience
}

/// Whether somebody may be shown to the reader. `num`: any number of theirs.
pub(crate) fn sees(app: &App, tx: &mut Tx<'_>, reader: &Reader, num: PersonNum) -> Result<bool, Refusal> {
    if reader.scope == Scope::All {
        return Ok(true);
    }
    let root = app.people.roots(tx, &[num])?[0];
    audience(app).visible(tx, root, &reader.scope)
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("person_unknown", "No person has this id.", "没有找到该客户。")
}

fn scope(tx: &mut Tx<'_>, caller: &Caller) -> Result<Scope, Refusal> {
    if caller.scope.all {
        return Ok(Scope::All);
    }
    let mut codes = caller.scope.stores.clone();
    if !caller.scope.regions.is_empty() {
        let sql = format!("SELECT code FROM store WHERE {}", tx.any("region", 1));
        codes.extend(tx.query(&sql, params![&caller.scope.regions], |row| row.text(0))?);
    }
    if let Some(key) = &caller.staff {
        let own = tx.opt("SELECT store FROM wecom_staff WHERE key = $1", params![key], |row| row.text(0))?;
        codes.extend(own.filter(|own| !own.is_empty()));
    }
    codes.sort();
    codes.dedup();
    Ok(match &caller.staff {
        Some(key) => Scope::Staff { key: key.clone(), stores: codes },
        None => Scope::Stores(codes),
    })
}

/// Reads from one snapshot; again when what was being read was moved meanwhile.
pub(crate) fn read<T>(app: &App, work: impl Fn(&mut Tx<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
    const TRIES: usize = 5;
    let mut result = app.db.read(&work);
    for _ in 1..TRIES {
        match &result {
            Err(refusal) if siyu_db::is_retryable(refusal) => result = app.db.read(&work),
            _ => break,
        }
    }
    result
}

/// Runs a unit that needs the whole application.
pub(crate) fn write<T: Send + 'static>(
    app: &App,
    mut work: impl FnMut(&App, &mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let own = app.clone();
    app.db.transact(move |tx| work(&own, tx))
}

/// The name that lineage and history show.
pub(crate) fn by(caller: &Caller) -> String {
    if caller.name().is_empty() { caller.id().to_owned() } else { caller.name().to_owned() }
}

/// Where something written by this caller comes from: the console, or a program's key.
pub(crate) fn source(caller: &Caller) -> String {
    if caller.session.is_some() { "console".into() } else { caller.id().to_owned() }
}

/// Adds to the audit inside a unit.
pub(crate) fn note(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    action: &str,
    object: &str,
    detail: &Value,
) -> Result<(), Refusal> {
    Ok(audit::record(tx, app.now(), &caller.actor, action, Some(object), detail)?)
}

/// A user has seen hidden values of this person. Recorded before the answer goes out.
pub(crate) fn note_look(app: &App, caller: &Caller, person: &str, place: &str) -> Result<(), Refusal> {
    let detail = serde_json::json!({ "where": place });
    app.access.record(app.now(), &caller.actor, "person.unmask", Some(person), &detail)
}

/// Why somebody does something that cannot be taken back. Errors: `reason_needed`.
pub(crate) fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if (1..=500).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    let refusal =
        Refusal::invalid("reason_needed", "Give a reason of 1 to 500 characters.", "请填写原因，1 到 500 个字符。");
    Err(refusal.field("reason"))
}

/// A hidden value with enough left to recognise it.
pub(crate) fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(masked_text(text)),
        Value::Number(number) => Value::from(masked_text(&number.to_string())),
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), masked(value))).collect(),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}
fn masked_text(text: &str) -> String {
    let known = [Kind::Email, Kind::Phone].into_iter().find_map(|kind| Identifier::new(kind, text).ok());
    match known {
        Some(identifier) => identifier.masked(),
        None => {
            let shown = usize::from(text.chars().count() > 3);
            text.chars().take(shown).chain("****".chars()).collect()
        }
    }
}
/// True for what [`masked`] makes: a form that was filled from a hidden value must not save it.
pub(crate) fn looks_masked(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("****") || text.contains("***@"),
        Value::Array(items) => items.iter().any(looks_masked),
        _ => false,
    }
}

/// Hides what an event says of phone numbers, addresses and sensitive fields, at any depth. Answers whether there was anything.
pub(crate) fn mask_event(people: &People, value: &mut Value) -> bool {
    let fields = people.field_table();
    mask_keys(value, &|key| fields.hides(key))
}
fn mask_keys(value: &mut Value, hidden: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Object(map) => {
            // `externalIds: [{type: "phone", id: "…"}]`
            let is_contact =
                ["type", "kind"].iter().any(|key| map.get(*key).and_then(Value::as_str).is_some_and(hidden));
            let mut found = false;
            for (key, value) in map {
                if hidden(key) || (is_contact && (key == "id" || key == "value")) {
                    let shown = masked(value);
                    found |= shown != *value;
                    *value = shown;
                } else {
                    found |= mask_keys(value, hidden);
                }
            }
            found
        }
        // Not `any`: it would stop at the first.
        Value::Array(items) => {
            let mut found = false;
            for item in items {
                found |= mask_keys(item, hidden);
            }
            found
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hidden_values_keep_a_shape_and_are_known_again() {
        for (value, want) in [
            (json!("13912345678"), json!("139****5678")),
            (json!(13912345678_i64), json!("139****5678")),
            (json!("ann@example.com"), json!("a***@example.com")),
            (json!("南京西路 1 号"), json!("南****")),
            (json!("abc"), json!("****")),
            (json!(["13912345678"]), json!(["139****5678"])),
            (json!(null), json!(null)),
        ] {
            assert_eq!(masked(&value), want);
            assert_eq!(looks_masked(&masked(&value)), !value.is_null(), "{value}");
        }
    }

    #[test]
    fn keys_are_hidden_at_any_depth() {
        let mut event = json!({"plan": "x", "traits": {"Phone": "13912345678", "vip": true}, "receiver_phone": "13912345678",
            "externalIds": [{"type": "phone", "id": "13912345678"}, {"type": "user_id", "id": "u1"}], "mobile": true});
        assert!(mask_keys(&mut event, &siyu_people::is_private_name));
        assert!(!event.to_string().contains("13912345678"), "{event}");
        assert!(event.to_string().contains("u1") && event["mobile"] == json!(true));
        assert!(!mask_keys(&mut json!({"plan": "x", "mobile": false}), &siyu_people::is_private_name));
    }
}
