//! Where WeCom tells what happened: at the root, open to whoever can sign.

use crate::error::Answer;
use crate::extract::whole;
use crate::gate::Gate;
use crate::{ApiError, App, Endpoints, endpoints};
use axum::Extension;
use axum::extract::{FromRequestParts, RawQuery, State};
use axum::http::request::Parts;
use siyu_kernel::{Class, Refusal};
use siyu_wecom::callback::BYTES_MAX;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Bytes of deliveries between arrival and commit. WeCom delivers three times: one that is turned away comes again.
const IN_FLIGHT_KIB_MAX: usize = 16 * 1024;

/// By size; whoever is still sending has no place in it, for nobody is known before the signature is read.
#[derive(Clone)]
struct Lane(Arc<Semaphore>);

pub fn router() -> Endpoints {
    endpoints!(verify, receive).layer(Extension(Lane(Arc::new(Semaphore::new(IN_FLIGHT_KIB_MAX)))))
}

/// Whoever signs with the callback's token: checked with the content, for the signature covers it.
struct Signed;
impl Gate for Signed {
    const NAME: &'static str = "signature";
}
impl FromRequestParts<App> for Signed {
    type Rejection = Infallible;
    async fn from_request_parts(_: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

/// Answers WeCom's check of the callback address, when it is saved in WeCom's console.
///
/// 企业微信保存回调配置时的地址校验。
///
/// Errors: `wecom_not_connected`, `wecom_callback_not_set`, `query_missing`, `signature_wrong`, `stale`, `tampered`, `other_receiver`.
#[utoipa::path(get, path = "/wecom/callback", tag = "WeCom", params(("msg_signature" = String, Query), ("timestamp" = String, Query), ("nonce" = String, Query), ("echostr" = String, Query)), responses((status = 200, body = String, content_type = "text/plain")))]
async fn verify(_: Signed, RawQuery(query): RawQuery, State(app): State<App>) -> Answer<String> {
    app.run(move |app| app.contacts.verify_callback(&query.unwrap_or_default())).await
}

/// Takes what WeCom tells. The answer comes after it is on disk; a welcome goes out at once, other work comes later.
///
/// 接收企业微信的事件回调：落盘后立即应答；欢迎语随即发出，其余异步处理。
///
/// Errors: as for the check of the address, and `not_xml`, `foreign_entity`, `field_missing`, `too_large`, `too_deep`, `too_many`; `busy`
/// (429): WeCom delivers again.
#[utoipa::path(post, path = "/wecom/callback", tag = "WeCom", params(("msg_signature" = String, Query), ("timestamp" = String, Query), ("nonce" = String, Query)), request_body(content = String, content_type = "text/xml"), responses((status = 200, body = String, content_type = "text/plain")))]
async fn receive(
    _: Signed,
    RawQuery(query): RawQuery,
    State(app): State<App>,
    Extension(lane): Extension<Lane>,
    request: axum::extract::Request,
) -> Answer<&'static str> {
    let body = whole(request.into_body(), BYTES_MAX, too_large).await?;
    let kib = u32::try_from(body.len() / 1024 + 1).unwrap_or(u32::MAX);
    let _place = lane.0.try_acquire_many(kib).map_err(|_| Refusal::busy())?;
    let delivery = app.run(move |app| app.contacts.open_callback(&query.unwrap_or_default(), &body)).await?;
    app.contacts.keep_callback(&delivery).await.map_err(ApiError::from)?;
    // Repeated ones, too: whoever took it first may have ended before it began.
    if let Some(arrival) = delivery.arrival() {
        app.reach.greet(arrival);
    }
    Ok("success")
}

fn too_large() -> Refusal {
    Refusal::new(Class::TooLarge, "too_large", "A callback has at most 1 MiB.", "回调内容最大 1 MiB。")
}
