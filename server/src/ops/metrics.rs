//! `/metrics`: everything that is measured, as Prometheus reads it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics::with_local_recorder;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use metrics_process::Collector;

use super::routes::{Site, livez, readyz};

/// How often samples are put into their buckets, should nobody ask: they wait in memory until then.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);
const SECONDS: [f64; 16] = [
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.025, 0.05, 0.1, 0.25, 1.0,
];
const RTT_SECONDS: [f64; 12] = [0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0];
const BYTES: [f64; 8] = [0.0, 64.0, 256.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0];

/// The metrics of one server; several servers in one process share none.
#[derive(Clone)]
pub(crate) struct Exposition {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    process: Collector,
}

impl Exposition {
    /// # Errors
    /// When a list of buckets is empty: it is not.
    pub(crate) fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&SECONDS)?
            .set_buckets_for_metric(Matcher::Full("snapline_rtt_seconds".to_owned()), &RTT_SECONDS)?
            .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &BYTES)?
            .build_recorder();
        let (handle, process) = (recorder.handle(), Collector::default());
        with_local_recorder(&recorder, || process.describe());
        Ok(Self { recorder: Arc::new(recorder), handle, process })
    }

    pub(crate) fn recorder(&self) -> Arc<PrometheusRecorder> {
        Arc::clone(&self.recorder)
    }

    /// For ever.
    pub(crate) async fn keep_up(self) {
        loop {
            tokio::time::sleep(UPKEEP_INTERVAL).await;
            self.handle.run_upkeep();
        }
    }

    fn render(&self) -> String {
        with_local_recorder(&*self.recorder, || self.process.collect());
        self.handle.render()
    }
}

/// The addresses for operators.
pub(crate) fn ops_router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(site)
}

async fn metrics(State(site): State<Arc<Site>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], site.metrics.render())
}
