//! The tracking API: what SDKs of the Segment HTTP specification send, at the root and open to every web page.

use crate::error::Answer;
use crate::extract::whole;
use crate::gate::Gate;
use crate::{ApiError, App, Endpoints, endpoints, open_to_all};
use axum::body::Body as RawBody;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING};
use axum::http::request::Parts;
use axum::{Extension, Json};
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use siyu_access::KeyKind;
use siyu_intake::{Endpoint, Limits};
use siyu_kernel::{Class, Refusal};
use std::io::Read;
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

/// Bytes of requests being worked on; what comes beyond is told to come again.
const IN_FLIGHT_KIB_MAX: usize = 64 * 1024;

/// How many requests may be between arrival and commit, by size.
#[derive(Clone)]
struct Lane(Arc<Semaphore>);

pub fn router() -> Endpoints {
    let lane = Lane(Arc::new(Semaphore::new(IN_FLIGHT_KIB_MAX)));
    open_to_all(endpoints!(track).layer(Extension(lane)))
}

/// The write key, if the request names one in its head: as the user of Basic, or as Bearer. SDKs may put it into the body instead.
struct Sender(Option<String>);

impl Gate for Sender {
    const NAME: &'static str = "write_key";
}

impl FromRequestParts<App> for Sender {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
            return Ok(Self(None));
        };
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        Ok(Self(match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(rest.trim().to_owned()),
            "basic" => decode_base64(rest.trim()).and_then(|text| text.split(':').next().map(str::to_owned)),
            _ => None,
        }))
    }
}

#[derive(Serialize, ToSchema)]
struct TrackOut {
    success: bool,
    /// Messages taken with this request.
    accepted: usize,
    /// Messages that were here before (same messageId).
    repeated: usize,
    /// Messages kept aside with a reason; see the quarantine.
    quarantined: usize,
}

/// Takes one message (`identify`, `track`, `page`, `screen`, `group`, `alias`) or many (`batch`, `import`). The answer comes after the
/// commit is on disk.
///
/// 接收一条或一批行为消息，兼容 Segment HTTP Tracking API；写入磁盘后才返回。
///
/// The write key goes in as the user name of Basic authentication, as Bearer, or as `writeKey` in the body. Bodies may be gzip.
/// Limits: 32 KB a message, 500 KB and 2,500 messages a batch. A message that cannot be let in is quarantined, not refused.
/// Errors: `write_key_invalid`, `invalid_json`, `batch_missing`, `batch_too_large`, `event_too_large`, `too_many_events`; `busy` (429) when
/// the server is at its limit: nothing was taken, come again after `Retry-After`.
#[utoipa::path(post, path = "/v1/{call}", tag = "Tracking", params(("call" = String, Path, description = "identify, track, page, screen, group, alias, batch or import")), request_body(content = Object, content_type = "application/json"), responses((status = 200, body = TrackOut)))]
async fn track(
    sender: Sender,
    Path(call): Path<String>,
    State(app): State<App>,
    Extension(lane): Extension<Lane>,
    request: axum::extract::Request,
) -> Answer<Json<TrackOut>> {
    let endpoint = Endpoint::parse(&call).ok_or_else(|| {
        Refusal::not_found(
            "call_unknown",
            format!("There is no tracking call {call}."),
            format!("没有名为 {call} 的接口。"),
        )
    })?;
    let zipped =
        request.headers().get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let body = read_body(request.into_body(), zipped).await?;
    let kib = u32::try_from(body.len() / 1024 + 1).unwrap_or(u32::MAX);
    let _place = lane.0.try_acquire_many(kib).map_err(|_| Refusal::busy())?;
    let key = match sender.0.filter(|key| !key.is_empty()) {
        Some(key) => Some(key),
        None => siyu_intake::message::write_key(&body),
    };
    let source = source(&app, key).await?;
    let received = app.now();
    let prepared = app.intake.prepare(endpoint, &body, &source, received)?;
    let accepted = app.intake.accept(&app.db, prepared).await?;
    metrics::counter!("siyu_intake_events_total").increment(accepted.events as u64);
    metrics::counter!("siyu_intake_repeated_total").increment(accepted.repeated as u64);
    metrics::counter!("siyu_intake_quarantined_total").increment(accepted.quarantined as u64);
    Ok(Json(TrackOut {
        success: true,
        accepted: accepted.events,
        repeated: accepted.repeated,
        quarantined: accepted.quarantined,
    }))
}

async fn source(app: &App, key: Option<String>) -> Result<String, ApiError> {
    let invalid = || {
        Refusal::new(
            Class::Unauthenticated,
            "write_key_invalid",
            "A write key is needed: as the user name of Basic authentication, or as writeKey in the body.",
            "需要写入密钥：放在 Basic 认证的用户名中，或请求体的 writeKey 字段中。",
        )
    };
    let Some(secret) = key else { return Err(invalid().into()) };
    let key = app.run(move |app| app.access.verify_key(app.now(), &secret)).await?;
    match key {
        Some(key) if key.kind == KeyKind::Write => Ok(key.id.clone()),
        _ => Err(invalid().into()),
    }
}

async fn read_body(body: RawBody, zipped: bool) -> Result<Vec<u8>, ApiError> {
    let bytes = whole(body, Limits::BATCH_BYTES_MAX, too_large).await?;
    if !zipped {
        return Ok(bytes.into());
    }
    let mut plain = Vec::with_capacity(bytes.len() * 4);
    let mut reader = MultiGzDecoder::new(bytes.as_ref()).take(Limits::BATCH_BYTES_MAX as u64 + 1);
    reader
        .read_to_end(&mut plain)
        .map_err(|_| Refusal::invalid("invalid_gzip", "The body is not valid gzip.", "请求体不是合法的 gzip 数据。"))?;
    if plain.len() > Limits::BATCH_BYTES_MAX { Err(too_large().into()) } else { Ok(plain) }
}
fn too_large() -> Refusal {
    Refusal::new(
        Class::TooLarge,
        "batch_too_large",
        "A request may have up to 500 KB. Send smaller batches.",
        "单次请求不超过 500 KB，请减小批量。",
    )
}

fn decode_base64(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut have) = (0u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    String::from_utf8(out).ok()
}
