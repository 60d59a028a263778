//! Listening, and stopping without dropping anyone.

use crate::measure;
use axum::Router;
use siyu_kernel::{Class, Refusal};
use std::future::{Future, IntoFuture};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take once we are asked to stop; streams that never end are cut then.
const GRACE: Duration = Duration::from_secs(10);

/// `address` is `host:port`. Errors: `address_in_use`, `address_forbidden`, `address_unknown`, each with what to do.
pub async fn bind(address: &str) -> Result<TcpListener, Refusal> {
    TcpListener::bind(address).await.map_err(|error| {
        let (code, en, zh) = match error.kind() {
            ErrorKind::AddrInUse => (
                "address_in_use",
                format!("{address} is in use by another program (perhaps this one is running already). Stop it, or choose another port with --listen."),
                format!("{address} 已被其他程序占用（可能本程序已在运行）。请先停止它，或用 --listen 指定其他端口。"),
            ),
            ErrorKind::PermissionDenied => (
                "address_forbidden",
                format!("Listening on {address} is not allowed: ports below 1024 need special rights. Choose a higher port with --listen."),
                format!("没有权限监听 {address}：1024 以下的端口需要特殊权限，请用 --listen 指定更大的端口。"),
            ),
            _ => (
                "address_unknown",
                format!("Cannot listen on {address}: {error}. Give it as host:port, for example 127.0.0.1:8080."),
                format!("无法监听 {address}：{error}。格式为 主机:端口，例如 127.0.0.1:8080。"),
            ),
        };
        Refusal::new(Class::Unavailable, code, en, zh).because(error)
    })
}

/// Serves until `shutdown` resolves, then lets requests under way finish (at most 10 s).
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Refusal> {
    let (asked, stop) = tokio::sync::oneshot::channel();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let upkeep = tokio::spawn(async {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            measure::upkeep();
        }
    });
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        shutdown.await;
        let _ = asked.send(());
    });
    let late = async {
        match stop.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            // The server ended before anyone asked.
            Err(_) => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        result = serving.into_future() => result.map_err(Refusal::internal),
        () = late => Ok(()),
    };
    upkeep.abort();
    result
}
