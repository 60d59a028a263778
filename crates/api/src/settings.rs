//! The workspace's settings and its identity rules.

use crate::error::Answer;
use crate::gate::SettingsWrite;
use crate::people_reader::write;
use crate::words::LocaleName;
use crate::{App, Body, Endpoints, May, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::{Locale, audit};
use siyu_db::Tx;
use siyu_kernel::{Currency, Refusal};
use siyu_people::{IdentityRules, KindRule};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(get, change)
}

#[derive(Serialize, ToSchema)]
struct Settings {
    name: String,
    /// IANA name. Days begin at its midnight.
    timezone: String,
    /// ISO 4217. Amounts without a currency are in it.
    currency: String,
    #[schema(value_type = LocaleName)]
    locale: Locale,
    identity: IdentitySettings,
}

#[derive(Serialize, ToSchema)]
struct IdentitySettings {
    /// The strongest first.
    kinds: Vec<IdentityKind>,
}

#[derive(Serialize, ToSchema)]
struct IdentityKind {
    #[schema(example = "phone")]
    kind: String,
    /// 1 is the strongest.
    priority: i64,
    /// How many values of this kind one person may have.
    limit: i64,
    /// Whether it proves that two known people are one.
    merges: bool,
    /// Values that identify nobody.
    blocked: Vec<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsChange {
    name: Option<String>,
    timezone: Option<String>,
    currency: Option<String>,
    #[schema(value_type = Option<LocaleName>)]
    locale: Option<Locale>,
    identity: Option<IdentityChange>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IdentityChange {
    /// Kinds that are not named stay as they are.
    kinds: Vec<IdentityKindChange>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IdentityKindChange {
    kind: String,
    priority: Option<i64>,
    limit: Option<i64>,
    merges: Option<bool>,
    blocked: Option<Vec<String>>,
}

fn settings(app: &App, tx: &mut Tx<'_>) -> Result<Settings, Refusal> {
    let Workspace { name, timezone, currency, locale } = Workspace::load(tx)?;
    let rules = app.people.rules();
    let kinds = rules.kinds.iter().cloned().map(|rule| {
        let KindRule { kind, priority, limit, merges, blocked } = rule;
        IdentityKind { kind, priority, limit, merges, blocked }
    });
    Ok(Settings { name, timezone, currency, locale, identity: IdentitySettings { kinds: kinds.collect() } })
}

/// Shows the settings of the workspace.
///
/// 工作空间设置。
#[utoipa::path(get, path = "/settings", tag = "Administration", responses((status = 200, body = Settings)))]
async fn get(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<Settings>> {
    app.run(|app| app.db.read(|tx| settings(app, tx))).await.map(Json)
}

/// Changes settings. Identity rules hold for what arrives from now on; nobody is merged or parted by them.
///
/// 修改设置。身份规则只对之后的数据生效，不会重新合并或拆分已有客户。
///
/// Errors: `workspace_name_invalid`, `timezone_unknown`, `currency_invalid`, `kind_unknown`, `kind_limit`, `duplicate_rule`,
/// `too_many_blocked`, each with its field.
#[utoipa::path(patch, path = "/settings", tag = "Administration", request_body = SettingsChange, responses((status = 200, body = Settings)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<SettingsChange>,
) -> Answer<Json<Settings>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let (out, currency) = write(app, move |app, tx| {
            let before = Workspace::load(tx)?;
            let wanted = Workspace {
                name: input.name.clone().unwrap_or_else(|| before.name.clone()),
                timezone: input.timezone.clone().unwrap_or_else(|| before.timezone.clone()),
                currency: input.currency.clone().unwrap_or_else(|| before.currency.clone()),
                locale: input.locale.unwrap_or(before.locale),
            };
            // A workspace without a name (never set up) may still change the rest.
            let after = if wanted == before { before.clone() } else { wanted.checked()? };
            if after != before {
                after.save(tx)?;
            }
            let rules = match &input.identity {
                Some(identity) => save_rules(app, tx, identity)?,
                None => false,
            };
            let changed = [
                ("name", before.name != after.name),
                ("timezone", before.timezone != after.timezone),
                ("currency", before.currency != after.currency),
                ("locale", before.locale != after.locale),
                ("identity", rules),
            ];
            let names: Vec<&str> = changed.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect();
            if !names.is_empty() {
                audit::record(tx, app.now(), &caller.actor, "settings.change", None, &json!({ "changed": names }))?;
            }
            let currency = Currency::parse(&after.currency).map_err(Refusal::internal)?;
            Ok((settings(app, tx)?, currency))
        })?;
        app.intake.set_currency(currency);
        Ok(out)
    });
    answer.await.map(Json)
}

/// Lays the changes over the rules that hold. Answers whether anything is different.
fn save_rules(app: &App, tx: &mut Tx<'_>, change: &IdentityChange) -> Result<bool, Refusal> {
    let before = app.people.rules();
    let mut rules = IdentityRules::clone(&before);
    for (at, new) in change.kinds.iter().enumerate() {
        let Some(rule) = rules.kinds.iter_mut().find(|rule| rule.kind == new.kind) else {
            let kind: String = new.kind.chars().take(40).collect();
            let refusal = Refusal::invalid(
                "kind_unknown",
                format!("There is no identifier kind {kind}."),
                format!("没有名为 {kind} 的身份类型。"),
            );
            return Err(refusal.field(format!("identity.kinds[{at}].kind")));
        };
        rule.priority = new.priority.unwrap_or(rule.priority);
        rule.limit = new.limit.unwrap_or(rule.limit);
        rule.merges = new.merges.unwrap_or(rule.merges);
        if let Some(blocked) = &new.blocked {
            rule.blocked =
                blocked.iter().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect();
        }
    }
    if rules == *before {
        return Ok(false);
    }
    let checked = rules.clone().validated().map_err(|refusal| in_input(refusal, &rules, change))?;
    app.people.save_rules(tx, checked)?;
    Ok(true)
}

/// The rules count kinds as they are kept; the caller counts them as they were sent.
fn in_input(mut refusal: Refusal, rules: &IdentityRules, change: &IdentityChange) -> Refusal {
    let named = refusal.field.as_deref().and_then(|field| field.strip_prefix("identity.kinds[")?.split_once("]."));
    let sent = named.and_then(|(at, rest)| {
        let rule = rules.kinds.get(at.parse::<usize>().ok()?)?;
        let at = change.kinds.iter().position(|new| new.kind == rule.kind)?;
        Some(format!("identity.kinds[{at}].{rest}"))
    });
    if sent.is_some() {
        refusal.field = sent;
    }
    refusal
}
