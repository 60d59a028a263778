//! Serving until told to stop.

use crate::args::{LogFormat, Serve};
use crate::jobs::Jobs;
use crate::output;
use crate::quiet::beside;
use crate::workspace::{Folder, Open};
use siyu_db::OpenMode;
use siyu_kernel::Refusal;
use std::sync::Arc;

pub fn serve(args: &Serve) -> Result<(), Refusal> {
    let format = match args.log_format {
        LogFormat::Text => siyu_api::LogFormat::Text,
        LogFormat::Json => siyu_api::LogFormat::Json,
    };
    siyu_api::start_logs(format, &args.log);
    let folder = if Folder::exists(&args.place.data) {
        Folder::open(&args.place.data)?
    } else {
        // An empty folder becomes a workspace whose first page is the set-up.
        Folder::create(&args.place.data, None, "siyu", None)?
    };
    let open = folder.open_all(OpenMode::Migrate, args.behind_proxy)?;
    listen(open, &args.listen, |address| {
        output::say(&format!("Siyu 已启动：http://{address}"), &format!("Siyu is serving on http://{address}"));
        Ok(())
    })
}

/// Serves an open workspace; `ready` is called once requests are answered.
pub fn listen(open: Open, address: &str, ready: impl FnOnce(String) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(80)
        .enable_all()
        .build()
        .map_err(Refusal::internal)?;
    let open = Arc::new(open);
    let app = open.app.clone();
    let listener = runtime.block_on(siyu_api::bind(address))?;
    let local = listener.local_addr().map_err(Refusal::internal)?;
    // Before anything that stands back: threads go on as they are started.
    app.reach.start_lane();
    let jobs = beside(|| {
        let counted = app.clone();
        std::thread::spawn(move || siyu_api::warm(&counted));
        Jobs::start(&open)
    });
    siyu_api::imports::settle_interrupted(&app, true)?;
    ready(local.to_string())?;
    let result = runtime.block_on(siyu_api::serve(listener, siyu_api::router(app), stopped()));
    jobs.stop();
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

pub async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
