//! Rates over the last minutes, from counts that only grow.

use std::collections::VecDeque;
use std::time::Duration;

/// Seconds that are kept.
const SECONDS_MAX: usize = 300;

/// What came in each whole second, oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Snapshots, and bytes of them.
    seconds: VecDeque<(u64, u64)>,
    /// The counts when the current second began, and when that was.
    counts: (u64, u64),
    since: Duration,
}

impl History {
    /// So many there were `at` after the start.
    pub(super) fn note(&mut self, at: Duration, snapshots: u64, bytes: u64) {
        let passed = at.saturating_sub(self.since).as_secs_f64();
        if passed < 1.0 {
            return;
        }
        let rate = |now: u64, before: u64| (now.saturating_sub(before) as f64 / passed).round() as u64;
        self.seconds.push_back((rate(snapshots, self.counts.0), rate(bytes, self.counts.1)));
        if self.seconds.len() > SECONDS_MAX {
            self.seconds.pop_front();
        }
        (self.counts, self.since) = ((snapshots, bytes), at);
    }

    /// Snapshots and their bytes in the last second.
    pub(super) fn last(&self) -> (u64, u64) {
        self.seconds.back().copied().unwrap_or_default()
    }

    /// Snapshots a second, the last `count`.
    pub(super) fn snapshots(&self, count: usize) -> Vec<u64> {
        self.newest(count).map(|second| second.0).collect()
    }

    /// Bytes a second, the last `count`.
    pub(super) fn bytes(&self, count: usize) -> Vec<u64> {
        self.newest(count).map(|second| second.1).collect()
    }

    fn newest(&self, count: usize) -> impl Iterator<Item = &(u64, u64)> {
        self.seconds.iter().skip(self.seconds.len().saturating_sub(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_whole_seconds_and_the_newest_are_kept() {
        let mut history = History::default();
        for n in 1..=4 * 400u64 {
            history.note(Duration::from_millis(250 * n), 5 * n, 100 * n);
        }
        assert_eq!(history.last(), (20, 400));
        assert_eq!((history.snapshots(1000).len(), history.bytes(3)), (SECONDS_MAX, vec![400; 3]));
    }

    #[test]
    fn a_drawing_that_came_late_is_no_burst() {
        let mut history = History::default();
        history.note(Duration::from_secs(1), 10, 10);
        history.note(Duration::from_secs(5), 50, 90);
        assert_eq!(history.last(), (10, 20));
    }
}
