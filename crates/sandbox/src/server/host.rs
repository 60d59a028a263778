//! Who may be asked for: a page on the web can point a name of its own at 127.0.0.1, but not change the name it then asks for.

use super::Sandbox;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::net::IpAddr;

/// Refuses requests for another host than this machine, unless the sandbox is public.
pub async fn guard(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if sandbox.0.options.public || host.is_some_and(is_local) {
        return next.run(request).await;
    }
    let words = "this sandbox answers only requests to a loopback address (start it with --public to change that)";
    (StatusCode::MISDIRECTED_REQUEST, axum::Json(json!({ "error": words }))).into_response()
}

/// `localhost` or a loopback address, with or without a port.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:9090", "127.9.9.9:1", "[::1]", "[::1]:9090"] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:9090",
            "127.0.0.1.evil.example",
            "localhost.evil.example:1",
            "10.0.0.1",
            "0.0.0.0",
            "[::]:1",
            "[::1",
            "::1",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
