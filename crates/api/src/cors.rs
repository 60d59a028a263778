//! Routes that web pages of any site may call.

use crate::Endpoints;
use axum::http::{Method, header};
use std::time::Duration;
use tower_http::cors::{Any, CorsLayer};

/// For the tracking API, which takes a write key and never looks at cookies: any page may send to it. Everything else has no CORS.
pub fn open_to_all(routes: Endpoints) -> Endpoints {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::OPTIONS])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION, header::CONTENT_ENCODING])
        .max_age(Duration::from_secs(86_400));
    routes.layer(cors)
}
