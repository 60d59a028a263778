//! The API document, made from the handlers, and the page that shows it.

use crate::{App, Endpoints};
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

const ABOUT: &str = "Everything the console does goes through this API.\n\n\
控制台的全部功能都通过本接口完成。\n\n\
Programs send `Authorization: Bearer KEY` with a key of kind `api`. The console uses the cookie `siyu_session` and sends the header \
`X-CSRF-Token` with every call that is not a GET. Instants are RFC 3339 in UTC; money is a whole number of minor units with its currency. \
Lists take `limit` and `after` and answer `{items, next}`. Refused calls answer `{code, message, field?, request_id}`; the language of \
`message` follows the user, else `Accept-Language`.\n\n\
程序调用时请携带 `Authorization: Bearer 密钥`（api 类型）。时间为 UTC 的 RFC 3339 格式，金额为最小货币单位的整数并附带币种。列表接口使用 limit 与 after 翻页，\
返回 {items, next}。出错时返回 {code, message, field?, request_id}，message 的语言取自用户设置或 Accept-Language。";

/// Everything under its prefix, with the head of the document.
pub fn assemble(api: Endpoints, open: Endpoints) -> Endpoints {
    Endpoints::with_openapi(head()).nest("/api/v1", api).merge(open)
}

fn head() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Siyu API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license))
        .build();
    let mut components = Components::new();
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "siyu_session",
            "Set by POST /api/v1/session; writing calls also need X-CSRF-Token.",
        ))),
    );
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A key of kind api, made in the console under Settings → Keys."))
        .build();
    components.add_security_scheme("key", SecurityScheme::Http(key));
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// The document as it is served.
pub fn openapi() -> OpenApi {
    assemble(
        crate::routes(),
        crate::tracking::router()
            .merge(crate::link_page::router())
            .merge(crate::unsubscribe_page::router())
            .merge(crate::sms_push::router())
            .merge(crate::guide_seat::pages())
            .merge(crate::wecom_login::pages()),
    )
    .into_openapi()
}

pub fn pages(document: OpenApi) -> Router<App> {
    let text = document.to_json().expect("a document made of plain values is JSON");
    let json = move || async move { ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], text) };
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text) })
    };
    Router::new()
        .route("/api/openapi.json", get(json))
        .route("/api/docs", file("text/html; charset=utf-8", include_str!("../docs-page/index.html")))
        .route("/api/docs/docs.js", file("text/javascript; charset=utf-8", include_str!("../docs-page/docs.js")))
        .route("/api/docs/docs.css", file("text/css; charset=utf-8", include_str!("../docs-page/docs.css")))
}
