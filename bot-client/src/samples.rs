//! What is measured while the bots play.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use snapline_shared::client::Arrival;
use snapline_shared::message::SERVER_MESSAGE_BYTES_MAX;

/// Histograms have 3 digits, some 100 KB each, so the bots share a few sets instead of owning one each.
const SHARDS: usize = 8;
/// An echo later than a minute counts as a minute.
const ECHO_US_MAX: u64 = 60_000_000;

/// Counts and histograms of some bots.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    pub(crate) snapshots: u64,
    pub(crate) snapshot_bytes: u64,
    /// Rows known, summed over the snapshots.
    pub(crate) rows: u64,
    pub(crate) bytes: Histogram<u64>,
    pub(crate) rtt_ms: Histogram<u64>,
    pub(crate) echo_us: Histogram<u64>,
    pub(crate) resume_us: Histogram<u64>,
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
        }
    }

    pub(crate) fn add_arrival(&mut self, arrival: &Arrival) {
        self.snapshots += 1;
        self.snapshot_bytes += arrival.bytes as u64;
        self.rows += arrival.rows as u64;
        self.bytes.saturating_record(arrival.bytes as u64);
        if let Some(echo_us) = arrival.echo_us {
            self.echo_us.saturating_record(echo_us);
        }
    }

    pub(crate) fn add_resume_us(&mut self, resume_us: u64) {
        self.resume_us.saturating_record(resume_us);
    }

    pub(crate) fn add_rtt_ms(&mut self, rtt_ms: u16) {
        self.rtt_ms.saturating_record(rtt_ms.into());
    }

    fn merge(&mut self, other: &Self) {
        self.snapshots += other.snapshots;
        self.snapshot_bytes += other.snapshot_bytes;
        self.rows += other.rows;
        for (mine, theirs) in [
            (&mut self.bytes, &other.bytes),
            (&mut self.rtt_ms, &other.rtt_ms),
            (&mut self.echo_us, &other.echo_us),
            (&mut self.resume_us, &other.resume_us),
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
