//! How a run went over time: a few hundred equal spans at most, whatever its length.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Spans of one run.
const SPANS_MAX: u32 = 300;
/// A snapshot later than a minute counts as a minute.
const LATE_US_MAX: u64 = 60_000_000;

/// Length of a span of a run of so many seconds, in seconds.
pub(crate) fn span_s(seconds: u32) -> u32 {
    seconds.div_ceil(SPANS_MAX).max(1)
}

/// What happened in each span.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Series(pub(crate) BTreeMap<u32, Span>);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) snapshots: u64,
    pub(crate) bytes: u64,
    #[serde(with = "crate::counts")]
    pub(crate) late_us: Histogram<u64>,
}

impl Default for Span {
    fn default() -> Self {
        let late_us = Histogram::new_with_bounds(1, LATE_US_MAX, 1).expect("the bounds are constants: 1 digit");
        Self { snapshots: 0, bytes: 0, late_us }
    }
}

impl Series {
    pub(crate) fn at(&mut self, span: u32) -> &mut Span {
        self.0.entry(span).or_default()
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (&number, span) in &other.0 {
            let mine = self.at(number);
            mine.snapshots += span.snapshots;
            mine.bytes += span.bytes;
            // Both have the same bounds, all that this can fail for.
            let added = mine.late_us.add(&span.late_us);
            debug_assert!(added.is_ok());
        }
    }
}

/// One span of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Moment {
    /// Its end, in seconds of play.
    pub at_s: u32,
    /// Snapshots a second.
    pub snapshots_hz: f64,
    /// Payload of snapshots, in kbit a second, of all bots.
    pub kbit: f64,
    /// Lateness of half of the snapshots that were due, in milliseconds; null without a light bot.
    pub late_p50_ms: Option<f64>,
    /// Of all but one in a hundred.
    pub late_p99_ms: Option<f64>,
    /// Of the latest.
    pub late_max_ms: Option<f64>,
    /// CPU of the server's process by snapshot, in microseconds; null when it was not read.
    pub server_cpu_us: Option<f64>,
    /// Resident memory of the server's process, in KiB.
    pub server_rss_kib: Option<u64>,
}
