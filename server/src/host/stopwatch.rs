//! Where the time of a tick goes.

use crate::room::{Laps, PHASES, Phase};

use super::clock::now_ns;

/// One connection in so many is timed while frames are made and sent; its shares stand for all.
pub(super) const SAMPLE_EVERY: usize = 16;

/// The time spent in each phase of one tick.
#[derive(Debug, Default)]
pub(super) struct Stopwatch {
    is_running: bool,
    at_ns: u64,
    spent_ns: [u64; PHASES],
    fan_out: Option<(u64, [u64; PHASES])>,
}

impl Stopwatch {
    /// A new tick begins at `now_ns`.
    pub(super) fn start(&mut self, now_ns: u64) {
        *self = Self { is_running: true, at_ns: now_ns, ..Self::default() };
    }

    /// Frames are made and sent from now on: only `sample`d connections are timed.
    pub(super) fn begin_fan_out(&mut self) {
        self.is_running = false;
        self.fan_out = Some((now_ns(), self.spent_ns));
    }

    /// Whether the next connection is timed.
    pub(super) fn sample(&mut self, is_sampled: bool) {
        self.is_running = is_sampled;
        if is_sampled {
            self.at_ns = now_ns();
        }
    }

    /// All frames are sent: the time of all is shared out as the samples say.
    pub(super) fn end_fan_out(&mut self) {
        let Some((since_ns, before)) = self.fan_out.take() else { return };
        self.is_running = true;
        self.at_ns = now_ns();
        let whole_ns = self.at_ns - since_ns;
        let sampled: [u64; PHASES] = std::array::from_fn(|phase| self.spent_ns[phase] - before[phase]);
        let sum: u64 = sampled.iter().sum();
        let share = |ns: u64| (u128::from(whole_ns) * u128::from(ns)).checked_div(sum.into()).unwrap_or(0) as u64;
        self.spent_ns = std::array::from_fn(|phase| before[phase] + share(sampled[phase]));
    }

    /// Nanoseconds by phase.
    pub(super) const fn spent_ns(&self) -> &[u64; PHASES] {
        &self.spent_ns
    }

    /// The phase that took longest.
    pub(super) fn longest(&self) -> Phase {
        Phase::ALL.into_iter().max_by_key(|phase| self.spent_ns[*phase as usize]).unwrap_or(Phase::Step)
    }
}

impl Laps for Stopwatch {
    fn lap(&mut self, phase: Phase) {
        if self.is_running {
            let now = now_ns();
            self.spent_ns[phase as usize] += now - self.at_ns;
            self.at_ns = now;
        }
    }
}
