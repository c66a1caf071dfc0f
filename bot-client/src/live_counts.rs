//! What a run counts while it goes on, for whoever looks: one process's, or of several together.

use std::iter::Sum;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use crate::brains::Play;

/// Upper ends of the spans that echoes are counted in while a run goes on, in milliseconds; longer ones are counted beyond the last.
pub const ECHO_LIMITS_MS: [u32; 14] = [1, 2, 4, 8, 16, 25, 33, 50, 75, 100, 150, 250, 500, 1000];

/// The counts of [`Live`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    joined: u64,
    lost: u64,
    snapshots: u64,
    snapshot_bytes: u64,
    echoes: [u64; ECHO_LIMITS_MS.len() + 1],
}

/// Those of several processes together.
impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |all, one| Self {
            joined: all.joined + one.joined,
            lost: all.lost + one.lost,
            snapshots: all.snapshots + one.snapshots,
            snapshot_bytes: all.snapshot_bytes + one.snapshot_bytes,
            echoes: std::array::from_fn(|at| all.echoes[at] + one.echoes[at]),
        })
    }
}

/// Counts while a run goes on; read them from another task.
#[derive(Debug, Default)]
pub struct Live {
    echoes: [AtomicU64; ECHO_LIMITS_MS.len() + 1],
    pub(crate) play: OnceLock<Play>,
    settled: AtomicBool,
    playing: AtomicBool,
    joined: AtomicU64,
    lost: AtomicU64,
    snapshots: AtomicU64,
    snapshot_bytes: AtomicU64,
}

impl Live {
    /// Who plays, once the schema has come.
    #[must_use]
    pub fn play(&self) -> Option<&Play> {
        self.play.get()
    }

    /// All bots have joined or failed to.
    pub(crate) fn set_settled(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }

    /// Time counts.
    pub(crate) fn set_playing(&self) {
        self.playing.store(true, Ordering::Relaxed);
    }

    /// Whether all bots have joined or failed to.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }

    /// All counts.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            joined: self.joined(),
            lost: self.lost(),
            snapshots: self.snapshots(),
            snapshot_bytes: self.snapshot_bytes(),
            echoes: self.echoes(),
        }
    }

    /// Takes over what the processes of a run have counted together.
    pub(crate) fn set(&self, playing: bool, counts: &Counts) {
        self.playing.store(playing, Ordering::Relaxed);
        let mine = [&self.joined, &self.lost, &self.snapshots, &self.snapshot_bytes].into_iter().chain(&self.echoes);
        let all = [counts.joined, counts.lost, counts.snapshots, counts.snapshot_bytes].into_iter();
        mine.zip(all.chain(counts.echoes)).for_each(|(mine, value)| mine.store(value, Ordering::Relaxed));
    }

    /// Whether all bots have joined or failed to, and time counts.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.playing.load(Ordering::Relaxed)
    }

    /// Bots that the room welcomed.
    #[must_use]
    pub fn joined(&self) -> u64 {
        self.joined.load(Ordering::Relaxed)
    }

    /// Bots that did not get in, or were dropped.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Snapshots so far, before the time of play too.
    #[must_use]
    pub fn snapshots(&self) -> u64 {
        self.snapshots.load(Ordering::Relaxed)
    }

    /// Payload bytes of those snapshots.
    #[must_use]
    pub fn snapshot_bytes(&self) -> u64 {
        self.snapshot_bytes.load(Ordering::Relaxed)
    }

    /// From an input's sending to the first snapshot that applied it, how many by [`ECHO_LIMITS_MS`], in the time of play.
    #[must_use]
    pub fn echoes(&self) -> [u64; ECHO_LIMITS_MS.len() + 1] {
        std::array::from_fn(|at| self.echoes[at].load(Ordering::Relaxed))
    }

    pub(crate) fn add_echo_us(&self, echo_us: u64) {
        let at = ECHO_LIMITS_MS.partition_point(|&limit_ms| u64::from(limit_ms) * 1000 < echo_us);
        self.echoes[at].fetch_add(1, Ordering::Relaxed);
    }

    /// Sleeps for so long, or until every bot that has joined is lost.
    pub(crate) async fn sleep_while_any(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && self.lost() < self.joined().max(1) {
            sleep_until(end.min(Instant::now() + Duration::from_millis(50))).await;
        }
    }

    pub(crate) fn add_joined(&self) {
        self.joined.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_snapshot(&self, bytes: usize) {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        self.snapshot_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_processes_count_is_shown_together() {
        let mine = Live::default();
        for (echo_us, bytes) in [(900, 10), (1_001, 20), (2_000_000, 30)] {
            mine.add_echo_us(echo_us);
            mine.add_snapshot(bytes);
        }
        (0..4).for_each(|_| mine.add_joined());
        mine.add_lost();
        let told: Counts = serde_json::from_slice(&serde_json::to_vec(&mine.counts()).expect("JSON")).expect("counts");
        let all = Live::default();
        all.set(true, &[told, told, Counts::default()].into_iter().sum());
        assert!(all.is_playing());
        assert_eq!((all.joined(), all.lost(), all.snapshots(), all.snapshot_bytes()), (8, 2, 6, 120));
        let echoes = all.echoes();
        assert_eq!((echoes[0], echoes[1], echoes[14], echoes.iter().sum::<u64>()), (2, 2, 2, 6));
    }
}
