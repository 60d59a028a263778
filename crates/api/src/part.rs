//! What somebody who looks after some of the staff may see and stop of what many are asked to send.

use crate::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::people_reader::Reader;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use siyu_audience::Scope;
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal};
use siyu_reach::Once;

/// Whether a member of staff is one the reader looks after; those whom nobody can send to belong to nobody. `only`: keys; `None` is all.
pub(crate) fn within(only: Option<&[String]>, userid: &str) -> bool {
    only.is_none_or(|keys| keys.iter().any(|key| *key == userid.to_lowercase()))
}

/// For what reaches all who are asked: that nobody is asked whom the caller does not look after.
///
/// Errors: `unknown` when none of them is theirs, `message_part` when others are asked, too.
pub(crate) fn must_be_whole<'a>(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    asked: impl IntoIterator<Item = &'a str>,
    unknown: Refusal,
) -> Result<(), Refusal> {
    let Some(only) = Reader::new(app, tx, caller)?.staff(tx)? else { return Ok(()) };
    let (own, others): (Vec<_>, Vec<_>) = asked.into_iter().partition(|userid| within(Some(&only), userid));
    match (own.is_empty(), others.is_empty()) {
        (true, _) => Err(unknown),
        (false, true) => Ok(()),
        (false, false) => Err(message_part()),
    }
}

/// Of a message for many people the staff whose part the caller sees; `None`: all of it.
pub(crate) fn seen_part(app: &App, tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<Option<Vec<String>>, Refusal> {
    let only = Reader::new(app, tx, caller)?.staff(tx)?;
    Ok(if only.is_some() && app.reach.is_made_by(tx, id, caller.id())? { None } else { only })
}

/// For what concerns everybody a message is for: that the caller made it, or that nobody is asked, or will be, whom the caller does not look after.
///
/// Errors: `unknown`, `message_part`.
pub(crate) fn must_be_whole_message(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: &str,
    unknown: Refusal,
) -> Result<(), Refusal> {
    if seen_part(app, tx, caller, id)?.is_none() {
        return Ok(());
    }
    let tasks = app.reach.message_tasks(tx, id)?;
    must_be_whole(app, tx, caller, tasks.iter().map(|own| own.userid.as_str()), unknown)?;
    if app.reach.is_shared_out(tx, id)? { Ok(()) } else { Err(message_part()) }
}

pub(crate) fn message_part() -> Refusal {
    Refusal::forbidden(
        "message_part",
        "Members of staff whom you do not look after are asked, too. Somebody who looks after all of them has to do it.",
        "其中还有不归您管理的员工，请由能管理全部员工的同事操作。",
    )
}

/// What a repeated request names itself by: the header `Idempotency-Key` of 1 to 100 visible characters.
pub(crate) struct OnceKey(Option<String>);

impl OnceKey {
    pub fn of(self, caller: &Caller, what: &'static str) -> Option<Once> {
        self.0.map(|key| Once { caller: caller.id().to_owned(), key, what })
    }
}

impl FromRequestParts<App> for OnceKey {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        match value.to_str() {
            Ok(key) if (1..=100).contains(&key.len()) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Refusal::invalid(
                "idempotency_key",
                "The header Idempotency-Key has 1 to 100 visible ASCII characters.",
                "Idempotency-Key 请求头须为 1 到 100 个可见 ASCII 字符。",
            )
            .into()),
        }
    }
}

/// The header as the API document shows it.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its schema is used")]
pub(crate) struct OnceParams {
    /// Name of this wish, up to 100 characters. The same caller's request with the same name makes nothing again within 7 days: it answers what was made.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

/// For what is about everybody.
///
/// Errors: `scope_needed`.
pub(crate) fn must_see_all(app: &App, tx: &mut Tx<'_>, caller: &Caller) -> Result<Reader, Refusal> {
    let reader = Reader::new(app, tx, caller)?;
    if reader.staff(tx)?.is_some() {
        return Err(Refusal::forbidden(
            "scope_needed",
            "This is about the customers of the whole brand, and you see a part of them.",
            "此操作涉及全品牌客户，您只能查看其中一部分。",
        ));
    }
    Ok(reader)
}

/// Who reads, and all numbers of the people they see (ascending); `None`: of everybody.
pub(crate) fn own_nodes(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
) -> Result<(Reader, Option<Vec<PersonNum>>), Refusal> {
    let reader = Reader::new(app, tx, caller)?;
    if reader.scope == Scope::All {
        return Ok((reader, None));
    }
    let roots: Vec<PersonNum> = app.audience.visible_all(tx, &reader.scope, &reader.ctx)?.into_iter().collect();
    let mut nodes: Vec<PersonNum> = app.people.nodes_of(tx, &roots)?.into_iter().map(|(node, _)| node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    Ok((reader, Some(nodes)))
}
