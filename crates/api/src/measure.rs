//! Numbers about ourselves, in Prometheus' text.

use crate::App;
use axum::http::Method;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// The `metrics` crate has one recorder in a process; so has this.
static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub fn install() {
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(SECONDS).expect("the list of buckets is not empty");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Somebody embedding us may have installed their own: then ours stays empty and theirs counts.
        let _ = metrics::set_global_recorder(recorder);
        metrics::describe_counter!("siyu_http_requests_total", "Requests answered, by method, route and status");
        metrics::describe_histogram!("siyu_http_request_seconds", "Time to the first byte of the answer, by route");
        metrics::describe_gauge!("siyu_db_queue_units", "Units of work waiting to be written");
        metrics::describe_gauge!("siyu_log_tail_events", "Events held in memory until they are indexed");
        metrics::describe_gauge!("siyu_log_last_seq", "Number of the newest batch of events");
        metrics::describe_gauge!("siyu_log_runs", "Index runs of the event log");
        metrics::describe_gauge!(
            "siyu_audience_behind_seconds",
            "How far live audiences are behind, where this process keeps them"
        );
        metrics::describe_histogram!("siyu_audience_step_seconds", "Time of one step of keeping live audiences");
        metrics::describe_counter!("siyu_audience_entered_total", "People who came into an audience");
        metrics::describe_counter!("siyu_audience_left_total", "People who left an audience");
        metrics::describe_gauge!("siyu_audience_failed", "Audiences whose rule cannot be evaluated");
        handle
    });
}

pub fn request(method: &Method, route: &str, status: u16, seconds: f64) {
    // A stranger may invent methods; each would be a series for ever.
    let method = match *method {
        Method::GET | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::HEAD | Method::OPTIONS => {
            method.as_str().to_owned()
        }
        _ => "other".to_owned(),
    };
    counter!("siyu_http_requests_total", "method" => method, "route" => route.to_owned(), "status" => status.to_string()).increment(1);
    histogram!("siyu_http_request_seconds", "route" => route.to_owned()).record(seconds);
}

pub fn render(app: &App) -> String {
    let log = app.log.stats();
    gauge!("siyu_db_queue_units").set(app.db.queued() as f64);
    gauge!("siyu_log_tail_events").set(log.tail_rows as f64);
    gauge!("siyu_log_last_seq").set(log.last_seq as f64);
    gauge!("siyu_log_runs").set(log.runs as f64);
    HANDLE
        .get()
        .map(|handle| {
            handle.run_upkeep();
            handle.render()
        })
        .unwrap_or_default()
}

/// Empties the buffers of histograms between two readings; call it every few seconds.
pub fn upkeep() {
    if let Some(handle) = HANDLE.get() {
        handle.run_upkeep();
    }
}
