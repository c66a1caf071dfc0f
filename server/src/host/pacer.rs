//! When a room's ticks are due: absolute deadlines, a few catch-up ticks when late, accounted skips beyond.

use super::clock::SECOND_NS;
use super::moments::{self, MOMENTS};

/// Ticks that a late room makes up for at once; what it missed beyond is skipped.
pub(crate) const CATCH_UP_TICKS_MAX: u64 = 3;

/// What is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    /// Ticks to run now.
    pub(crate) run: u64,
    /// Ticks that will never exist.
    pub(crate) skipped: u64,
}

/// Deadlines at exactly `tick_hz` a second, without drift.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacer {
    tick_hz: u32,
    origin_ns: u64,
    /// Deadlines that have passed since the origin.
    passed: u64,
}

impl Pacer {
    /// The first deadline is `now_ns`.
    pub(crate) const fn new(tick_hz: u32, now_ns: u64) -> Self {
        Self { tick_hz, origin_ns: now_ns, passed: 0 }
    }

    /// The first deadline is the next one at `moment` of a tick.
    pub(crate) fn at_moment(tick_hz: u32, now_ns: u64, moment: usize) -> Self {
        let (soonest, every) = (moments::next(tick_hz, now_ns), MOMENTS as u64);
        let number = soonest + (moment as u64 + every - soonest % every) % every;
        Self::new(tick_hz, moments::at_ns(tick_hz, number))
    }

    /// When the next tick is due.
    pub(crate) fn deadline_ns(&self) -> u64 {
        let since = u128::from(self.passed) * u128::from(SECOND_NS) / u128::from(self.tick_hz);
        self.origin_ns.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }

    /// Takes all deadlines up to `now_ns`.
    pub(crate) fn take_due(&mut self, now_ns: u64) -> Due {
        if now_ns < self.deadline_ns() {
            return Due::default();
        }
        // Deadline number n lies at floor(n x second / hz): the largest n that is not after now.
        let since = u128::from(now_ns - self.origin_ns) + 1;
        let newest = (since * u128::from(self.tick_hz) - 1) / u128::from(SECOND_NS);
        let due = u64::try_from(newest).unwrap_or(u64::MAX).saturating_sub(self.passed) + 1;
        self.passed += due;
        let run = due.min(1 + CATCH_UP_TICKS_MAX);
        Due { run, skipped: due - run }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deadline_is_taken_once_at_its_nanosecond() {
        for tick_hz in [1, 7, 60, 144, 240] {
            let mut pacer = Pacer::new(tick_hz, 12_345);
            for n in 0..1000u64 {
                let deadline = pacer.deadline_ns();
                assert_eq!(deadline, 12_345 + n * SECOND_NS / u64::from(tick_hz));
                if n > 0 {
                    assert_eq!(pacer.take_due(deadline - 1), Due::default());
                }
                assert_eq!(pacer.take_due(deadline), Due { run: 1, skipped: 0 });
            }
        }
    }

    #[test]
    fn ticks_stay_at_their_moment() {
        for tick_hz in [1, 7, 30, 60, 240] {
            let tick_ns = SECOND_NS / u64::from(tick_hz);
            for n in 0..100u64 {
                let (now_ns, moment) = (3_600_000_000_123 + n * 7_919_333, n as usize % MOMENTS);
                let mut pacer = Pacer::at_moment(tick_hz, now_ns, moment);
                let wait_ns = pacer.deadline_ns() - now_ns;
                assert!(wait_ns <= tick_ns + 1, "{tick_hz} Hz: {wait_ns}");
                for _ in 0..50 {
                    let number = moments::next(tick_hz, pacer.deadline_ns() - 1);
                    assert_eq!(number as usize % MOMENTS, moment, "{tick_hz} Hz");
                    pacer.take_due(pacer.deadline_ns() + 5 * tick_ns);
                }
            }
        }
    }

    #[test]
    fn at_most_three_are_caught_up_and_the_rest_is_skipped() {
        let mut pacer = Pacer::new(100, 0);
        assert_eq!(pacer.take_due(0).run, 1);
        assert_eq!(pacer.take_due(40_000_000), Due { run: 4, skipped: 0 });
        assert_eq!(pacer.take_due(90_000_000), Due { run: 4, skipped: 1 });
        assert_eq!(pacer.deadline_ns(), 100_000_000);
        assert_eq!(pacer.take_due(10_000_000_000), Due { run: 4, skipped: 987 });
    }
}
