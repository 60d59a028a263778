//! Where SMS providers push delivery reports and replies: at the root, open to whoever knows the secret in the address.

use crate::error::Answer;
use crate::extract::whole;
use crate::gate::Gate;
use crate::{App, At, Context, Endpoints, endpoints};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::{Extension, Json};
use serde_json::Value;
use siyu_kernel::{Class, Refusal};
use siyu_sms::Provider;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Bytes of pushes between arrival and commit; a provider that is turned away comes again.
const IN_FLIGHT_KIB_MAX: usize = 16 * 1024;
const PUSH_BYTES_MAX: usize = 1 << 20;

#[derive(Clone)]
struct Lane(Arc<Semaphore>);

pub fn router() -> Endpoints {
    endpoints!(push).layer(Extension(Lane(Arc::new(Semaphore::new(IN_FLIGHT_KIB_MAX)))))
}

/// Whoever has the address: the secret in it is checked before anything else is read. Providers are no browsers and send no cookies.
pub(crate) struct ByAddress;
impl Gate for ByAddress {
    const NAME: &'static str = "public";
}
impl FromRequestParts<App> for ByAddress {
    type Rejection = Infallible;
    async fn from_request_parts(_: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

/// Takes delivery reports or replies of the SMS provider. The answer comes after they are on disk; the same ones again change nothing.
///
/// 接收短信服务商推送的状态报告与上行回复；落盘后应答，重复推送不会重复计入。
///
/// Errors: `sms_push_unknown`, `sms_push_unread`, `sms_push_size`; `busy` (429): the provider comes again.
#[utoipa::path(post, path = "/sms/push/{secret}/{what}", tag = "Mail and SMS", params(("secret" = String, Path), ("what" = String, Path, description = "reports or replies")), request_body(content = Object, content_type = "application/json"), responses((status = 200, body = Object)))]
async fn push(
    _: ByAddress,
    At((secret, what)): At<(String, String)>,
    Extension(context): Extension<Context>,
    Extension(lane): Extension<Lane>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Json<Value>> {
    if !["reports", "replies"].contains(&what.as_str()) {
        return Err(unknown().into());
    }
    let provider = app.run(move |app| app.db.read(|tx| app.carriers.push_door(tx, &secret, context.ip))).await?;
    let body = whole(request.into_body(), PUSH_BYTES_MAX, too_large).await?;
    let kib = u32::try_from(body.len() / 1024 + 1).unwrap_or(u32::MAX);
    let _place = lane.0.try_acquire_many(kib).map_err(|_| Refusal::busy())?;
    let heard = app.run(move |app| app.carriers.hear_push(provider, &body, app.now())).await?;
    tracing::info!(
        provider = provider.name(),
        reports = heard.reports,
        replies = heard.replies,
        repeated = heard.repeated,
        skipped = heard.skipped,
        strangers = heard.strangers,
        "a push of the SMS provider"
    );
    Ok(Json(match provider {
        Provider::Aliyun => siyu_sms::aliyun_answer(),
        Provider::Tencent => siyu_sms::tencent_answer(),
    }))
}

fn unknown() -> Refusal {
    Refusal::not_found("sms_push_unknown", "There is no such address.", "地址不存在。")
}
fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "sms_push_size", "A push has at most 1 MB.", "单次推送最大 1 MB。")
}
