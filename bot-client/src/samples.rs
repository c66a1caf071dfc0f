//! What is measured while the bots play.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use snapline_shared::client::Arrival;
use snapline_shared::message::{SERVER_MESSAGE_BYTES_MAX, Status};

use crate::series::Series;

/// Histograms have 3 digits, some 100 KB each, so the bots share a few sets instead of owning one each.
const SHARDS: usize = 8;
/// An echo later than a minute counts as a minute.
const ECHO_US_MAX: u64 = 60_000_000;

/// Counts and histograms of some bots.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Samples {
    pub(crate) snapshots: u64,
    pub(crate) snapshot_bytes: u64,
    /// Rows known, summed over the snapshots.
    pub(crate) rows: u64,
    #[serde(with = "crate::counts")]
    pub(crate) bytes: Histogram<u64>,
    #[serde(with = "crate::counts")]
    pub(crate) rtt_ms: Histogram<u64>,
    #[serde(with = "crate::counts")]
    pub(crate) echo_us: Histogram<u64>,
    #[serde(with = "crate::counts")]
    pub(crate) resume_us: Histogram<u64>,
    /// Snapshots that told how many rows they bring.
    pub(crate) rows_snapshots: u64,
    /// From when a snapshot was due to its arrival, or to that of the first after it when it never came.
    #[serde(with = "crate::counts")]
    pub(crate) late_us: Histogram<u64>,
    /// Of whole clients: by how much a snapshot came later than the fastest of its client's last seconds would have.
    #[serde(with = "crate::counts")]
    pub(crate) late_full_us: Histogram<u64>,
    /// Snapshots that were due and never came.
    pub(crate) missed_steps: u64,
    /// Ticks that a room turned out to have skipped.
    pub(crate) skipped_ticks: u64,
    /// From when a light bot's input was due to its sending: how late the bots themselves are.
    #[serde(with = "crate::counts")]
    pub(crate) slip_us: Histogram<u64>,
    /// Inputs sent by light bots.
    pub(crate) inputs: u64,
    /// Payload bytes of all messages that light bots got, and bytes on the wire that they sent.
    pub(crate) received_bytes: u64,
    pub(crate) sent_bytes: u64,
    /// Bots that left to be replaced.
    pub(crate) churned: u64,
    /// The worst that the server said of its ticks: p50, p99 and budget in microseconds.
    pub(crate) tick_us: [u32; 3],
    /// Time from one step to the next; 0 when no light bot knows.
    pub(crate) step_us: f64,
    /// The same over time; what is added goes to this span.
    pub(crate) series: Series,
    #[serde(skip)]
    pub(crate) span: u32,
}

impl Samples {
    pub(crate) fn new() -> Self {
        Self {
            snapshots: 0,
            snapshot_bytes: 0,
            rows: 0,
            bytes: histogram(SERVER_MESSAGE_BYTES_MAX as u64),
            rtt_ms: histogram(u16::MAX.into()),
            echo_us: histogram(ECHO_US_MAX),
            resume_us: histogram(ECHO_US_MAX),
            rows_snapshots: 0,
            late_us: histogram(ECHO_US_MAX),
            late_full_us: histogram(ECHO_US_MAX),
            missed_steps: 0,
            skipped_ticks: 0,
            slip_us: histogram(ECHO_US_MAX),
            inputs: 0,
            received_bytes: 0,
            sent_bytes: 0,
            churned: 0,
            tick_us: [0; 3],
            step_us: 0.0,
            series: Series::default(),
            span: 0,
        }
    }

    pub(crate) fn add_arrival(&mut self, arrival: &Arrival) {
        self.add_snapshot(arrival.bytes);
        self.rows += arrival.rows as u64;
        self.rows_snapshots += 1;
        self.late_full_us.saturating_record(arrival.lateness.late_us.max(0.0) as u64);
        if let Some(echo_us) = arrival.echo_us {
            self.add_echo_us(echo_us);
        }
    }

    pub(crate) fn add_resume_us(&mut self, resume_us: u64) {
        self.resume_us.saturating_record(resume_us);
    }

    pub(crate) fn add_snapshot(&mut self, bytes: usize) {
        self.snapshots += 1;
        self.snapshot_bytes += bytes as u64;
        self.bytes.saturating_record(bytes as u64);
        let span = self.series.at(self.span);
        span.snapshots += 1;
        span.bytes += bytes as u64;
    }

    pub(crate) fn add_echo_us(&mut self, echo_us: u64) {
        self.echo_us.saturating_record(echo_us);
    }

    /// A snapshot that was due then has arrived, or it is known now that it never will.
    pub(crate) fn add_late(&mut self, due_us: f64, now_us: u64, came: bool) {
        let late_us = (now_us as f64 - due_us).max(0.0) as u64;
        self.late_us.saturating_record(late_us);
        self.series.at(self.span).late_us.saturating_record(late_us);
        self.missed_steps += u64::from(!came);
    }

    pub(crate) fn add_status(&mut self, status: &Status) {
        self.add_rtt_ms(status.rtt_ms);
        let said = [status.tick_p50_us, status.tick_p99_us, status.tick_budget_us];
        self.tick_us = std::array::from_fn(|i| self.tick_us[i].max(said[i]));
    }

    pub(crate) fn add_rtt_ms(&mut self, rtt_ms: u16) {
        self.rtt_ms.saturating_record(rtt_ms.into());
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.snapshots += other.snapshots;
        self.snapshot_bytes += other.snapshot_bytes;
        self.rows += other.rows;
        self.rows_snapshots += other.rows_snapshots;
        self.missed_steps += other.missed_steps;
        self.skipped_ticks += other.skipped_ticks;
        self.inputs += other.inputs;
        self.received_bytes += other.received_bytes;
        self.sent_bytes += other.sent_bytes;
        self.churned += other.churned;
        self.tick_us = std::array::from_fn(|i| self.tick_us[i].max(other.tick_us[i]));
        self.step_us = self.step_us.max(other.step_us);
        self.series.merge(&other.series);
        for (mine, theirs) in [
            (&mut self.bytes, &other.bytes),
            (&mut self.rtt_ms, &other.rtt_ms),
            (&mut self.echo_us, &other.echo_us),
            (&mut self.resume_us, &other.resume_us),
            (&mut self.late_us, &other.late_us),
            (&mut self.late_full_us, &other.late_full_us),
            (&mut self.slip_us, &other.slip_us),
        ] {
            // Both have the same bounds, all that this can fail for.
            let added = mine.add(theirs);
            debug_assert!(added.is_ok());
        }
    }
}

fn histogram(max: u64) -> Histogram<u64> {
    Histogram::new_with_bounds(1, max, 3).expect("the bounds are constants: 1 < max / 2, 3 digits")
}

/// The samples of all bots.
#[derive(Debug)]
pub(crate) struct Shards([Mutex<Samples>; SHARDS]);

impl Shards {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(Samples::new())))
    }

    /// The set that bot `number` adds to; held for one sample, never across an await.
    pub(crate) fn of(&self, number: u32) -> MutexGuard<'_, Samples> {
        lock(&self.0[number as usize % SHARDS])
    }

    /// All together.
    pub(crate) fn sum(&self) -> Samples {
        let mut sum = Samples::new();
        self.0.iter().for_each(|shard| sum.merge(&lock(shard)));
        sum
    }
}

/// A bot that panicked in here leaves counts that are still counts.
fn lock(shard: &Mutex<Samples>) -> MutexGuard<'_, Samples> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_all_bots_come_together() {
        let shards = Shards::new();
        for number in 0..100u32 {
            let arrival = Arrival { bytes: 1 + number as usize, rows: 7, echo_us: Some(1000), ..Arrival::default() };
            shards.of(number).add_arrival(&arrival);
            shards.of(number).add_rtt_ms(0);
        }
        let sum = shards.sum();
        assert_eq!((sum.snapshots, sum.snapshot_bytes, sum.rows), (100, 5050, 700));
        assert_eq!((sum.bytes.value_at_quantile(0.5), sum.bytes.value_at_quantile(0.99)), (50, 99));
        assert_eq!((sum.rtt_ms.len(), sum.rtt_ms.max(), sum.echo_us.len()), (100, 0, 100));
    }

    #[test]
    fn a_sample_over_its_bound_counts_as_the_bound() {
        let mut samples = Samples::new();
        let arrival = Arrival { bytes: usize::MAX >> 1, echo_us: Some(u64::MAX), ..Arrival::default() };
        samples.add_arrival(&arrival);
        assert_eq!((samples.bytes.len(), samples.echo_us.len()), (1, 1));
        assert!(samples.echo_us.max() >= ECHO_US_MAX);
    }
}
