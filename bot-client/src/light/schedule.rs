//! When each step of a room is due at a client: the steps are even, and the fastest arrival tells where the first one lies.
//!
//! Lateness is against that schedule and never against the frame before, so a server that stands still for a second makes every frame that was due in
//! it late, and not only one.

use snapline_shared::message::Welcome;
use snapline_shared::tick::{Step, Tick};

/// Half of the time over which the fastest arrival counts: clocks of two machines drift apart by some ten microseconds in a second.
const FASTEST_HALF_US: u64 = 10_000_000;
/// A second in which even the fastest arrival was this much of a tick late: the server has skipped ticks, and its schedule is a new one.
const SKIP_WINDOW_US: u64 = 1_000_000;
const SKIP_TICKS: f64 = 0.5;

/// The schedule of one room.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    epoch: u32,
    base: Tick,
    tick_us: f64,
    ticks_per_step: u32,
    /// Arrival less the time from `base`, of the fastest of this half and of the one before.
    fastest_us: [Option<f64>; 2],
    half_since_us: u64,
    window_fastest_us: f64,
    window_since_us: u64,
}

impl Schedule {
    pub(crate) fn new(now_us: u64, welcome: &Welcome) -> Self {
        Self {
            epoch: welcome.epoch,
            base: welcome.tick,
            tick_us: 1e6 / f64::from(welcome.tick_hz.max(1)),
            ticks_per_step: u32::from(welcome.ticks_per_step.max(1)),
            fastest_us: [Some(now_us as f64), None],
            half_since_us: now_us,
            window_fastest_us: f64::INFINITY,
            window_since_us: now_us,
        }
    }

    /// Whether it is that of the timeline that this Welcome begins or joins.
    pub(crate) const fn is_of(&self, welcome: &Welcome) -> bool {
        self.epoch == welcome.epoch
    }

    fn offset_us(&self) -> f64 {
        self.fastest_us.iter().flatten().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) const fn tick_us(&self) -> f64 {
        self.tick_us
    }

    pub(crate) fn step_us(&self) -> f64 {
        self.tick_us * f64::from(self.ticks_per_step)
    }

    pub(crate) const fn ticks_per_step(&self) -> u32 {
        self.ticks_per_step
    }

    /// When the snapshot of `step` is due.
    pub(crate) fn step_due_us(&self, step: Step) -> f64 {
        self.tick_due_us(step.tick(self.ticks_per_step))
    }

    /// When a snapshot of `tick` is or would be due.
    pub(crate) fn tick_due_us(&self, tick: Tick) -> f64 {
        self.offset_us() + f64::from(tick.since(self.base)) * self.tick_us
    }

    /// The newest tick whose snapshot is or would be due.
    pub(crate) fn tick_at(&self, now_us: u64) -> Tick {
        self.base.offset(((now_us as f64 - self.offset_us()) / self.tick_us).floor() as i32)
    }

    /// A snapshot of `step` has arrived. Gives the ticks that the server turns out to have skipped.
    pub(crate) fn note(&mut self, now_us: u64, step: Step) -> u64 {
        let tick = step.tick(self.ticks_per_step);
        let offset_us = now_us as f64 - f64::from(tick.since(self.base)) * self.tick_us;
        if now_us.saturating_sub(self.half_since_us) >= FASTEST_HALF_US {
            self.fastest_us = [None, self.fastest_us[0]];
            self.half_since_us = now_us;
        }
        self.fastest_us[0] = Some(self.fastest_us[0].map_or(offset_us, |least| least.min(offset_us)));
        self.window_fastest_us = self.window_fastest_us.min(offset_us);
        if now_us.saturating_sub(self.window_since_us) < SKIP_WINDOW_US {
            return 0;
        }
        let fastest_us = std::mem::replace(&mut self.window_fastest_us, f64::INFINITY);
        self.window_since_us = now_us;
        let late_ticks = (fastest_us - self.offset_us()) / self.tick_us;
        if late_ticks < SKIP_TICKS {
            return 0;
        }
        self.fastest_us = [Some(fastest_us), None];
        self.half_since_us = now_us;
        late_ticks.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule::new(
            5_000,
            &Welcome { tick: Tick(u32::MAX - 9), tick_hz: 50, ticks_per_step: 1, ..Welcome::default() },
        )
    }

    /// The step's arrival when each comes 1 ms after its time.
    fn arrival(n: u32) -> u64 {
        1_000 + u64::from(n) * 20_000
    }

    #[test]
    fn the_fastest_arrival_makes_the_schedule_across_the_wrap() {
        let mut schedule = schedule();
        for n in 0..100 {
            let step = Step(u32::MAX - 9).offset(n as i32);
            let jitter = u64::from(n * 7 % 5) * 1000;
            assert_eq!(schedule.note(arrival(n) + jitter, step), 0);
            let late = (arrival(n) + jitter) as f64 - schedule.step_due_us(step);
            assert!((late - jitter as f64).abs() < 1.0, "{n}: {late}");
        }
        assert_eq!(schedule.tick_at(arrival(30) + 10), Tick(20));
        assert_eq!(schedule.tick_at(arrival(30) - 10), Tick(19));
    }

    #[test]
    fn skipped_ticks_are_counted_once_and_the_schedule_moves_on() {
        let mut schedule = schedule();
        let mut skipped = 0;
        for n in 0..1000u32 {
            let skip_us = if n >= 500 { 60_000 } else { 0 };
            skipped += schedule.note(arrival(n) + skip_us, Step(u32::MAX - 9).offset(n as i32));
        }
        assert_eq!(skipped, 3);
        let late = (arrival(999) + 60_000) as f64 - schedule.step_due_us(Step(989));
        assert!(late.abs() < 1.0, "{late}");
    }
}
