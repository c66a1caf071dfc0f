//! Which tick the server is at, judged from when snapshots arrive. First version: fixed lead of half the best round trip and two ticks for inputs,
//! fixed delay of two steps for what is drawn.

use crate::tick::Tick;

/// Ticks that an input is sent ahead of just in time.
const LEAD_TICKS: f64 = 2.0;
/// Steps that others are drawn behind the newest that has arrived on time.
const DELAY_STEPS: f64 = 2.0;
/// Half of the time over which the best round trip counts.
const RTT_HALF_US: u64 = 5_000_000;
/// Half of the time over which the fastest arrival counts. Short, for ticks that an overloaded server skips shift every later arrival: for as long
/// as older ones count, the drawn time runs ahead of what has come.
const OFFSET_HALF_US: u64 = 1_000_000;

/// The least of the last one to two halves of a span.
#[derive(Clone, Copy, Debug)]
struct Least {
    halves: [Option<f64>; 2],
    half_us: u64,
    since_us: u64,
}

impl Least {
    const fn new(now_us: u64, half_us: u64) -> Self {
        Self { halves: [None; 2], half_us, since_us: now_us }
    }

    fn note(&mut self, now_us: u64, value: f64) {
        if now_us.saturating_sub(self.since_us) >= self.half_us {
            self.since_us = now_us;
            self.halves = [None, self.halves[0]];
        }
        self.halves[0] = Some(self.halves[0].map_or(value, |least| least.min(value)));
    }

    fn get(&self) -> Option<f64> {
        self.halves.iter().flatten().copied().reduce(f64::min)
    }
}

/// The client's idea of the server's time. Ticks are counted from `base`, so that their number may wrap.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    base: Tick,
    tick_us: f64,
    ticks_per_step: f64,
    /// Arrival time less the tick's time: the least belongs to what came fastest.
    offset_us: Least,
    rtt_us: Least,
}

impl Clock {
    /// The server was at `tick` a little while ago; Hello and Welcome took `rtt_us` together.
    pub(super) fn new(now_us: u64, tick: Tick, tick_hz: u16, ticks_per_step: u16, rtt_us: u64) -> Self {
        let mut clock = Self {
            base: tick,
            tick_us: 1e6 / f64::from(tick_hz.max(1)),
            ticks_per_step: f64::from(ticks_per_step.max(1)),
            offset_us: Least::new(now_us, OFFSET_HALF_US),
            rtt_us: Least::new(now_us, RTT_HALF_US),
        };
        clock.offset_us.note(now_us, now_us as f64);
        clock.note_rtt(now_us, rtt_us);
        clock
    }

    /// A snapshot of `tick` has arrived.
    pub(super) fn note_arrival(&mut self, now_us: u64, tick: Tick) {
        self.offset_us.note(now_us, now_us as f64 - f64::from(tick.since(self.base)) * self.tick_us);
    }

    /// The server has measured a round trip.
    pub(super) fn note_rtt(&mut self, now_us: u64, rtt_us: u64) {
        self.rtt_us.note(now_us, rtt_us as f64);
    }

    /// The tick whose snapshot would arrive just now by the fastest way, from `base`.
    fn arriving(&self, now_us: u64) -> f64 {
        (now_us as f64 - self.offset_us.get().unwrap_or(0.0)) / self.tick_us
    }

    fn lead_ticks(&self) -> f64 {
        // What arrives now left half a round trip ago, and an input takes the other half.
        self.rtt_us.get().unwrap_or(0.0) / self.tick_us + LEAD_TICKS
    }

    /// The newest tick for which an input is to be on its way at `now_us`.
    pub(super) fn input_tick(&self, now_us: u64) -> Tick {
        self.base.offset((self.arriving(now_us) + self.lead_ticks()).floor() as i32)
    }

    /// When the input for `tick` is due.
    pub(super) fn input_due_us(&self, tick: Tick) -> u64 {
        let ticks = f64::from(tick.since(self.base)) - self.lead_ticks();
        (self.offset_us.get().unwrap_or(0.0) + ticks * self.tick_us).ceil().max(0.0) as u64
    }

    /// How much of the time to the input for `next` has passed since the one before it, 0..=1.
    pub(super) fn input_fraction(&self, now_us: u64, next: Tick) -> f32 {
        let left_us = self.input_due_us(next) as f64 - now_us as f64;
        (1.0 - left_us / self.tick_us).clamp(0.0, 1.0) as f32
    }

    /// The moment of the server's time that others are drawn at: ticks from `base`.
    pub(super) fn drawn(&self, now_us: u64) -> f64 {
        self.arriving(now_us) - DELAY_STEPS * self.ticks_per_step
    }

    /// Ticks from `base` to `tick`.
    pub(super) fn ticks_to(&self, tick: Tick) -> f64 {
        f64::from(tick.since(self.base))
    }

    /// What `ticks_to` counts from.
    pub(super) const fn base(&self) -> Tick {
        self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_ticks_are_forgotten_within_two_seconds() {
        let mut clock = Clock::new(0, Tick(0), 60, 2, 0);
        let arrive = |clock: &mut Clock, tick: u32, skipped: u32| {
            let now_us = u64::from(tick + skipped) * 1_000_000 / 60;
            clock.note_arrival(now_us, Tick(tick));
            f64::from(tick) - clock.drawn(now_us)
        };
        assert!((0..600).all(|tick| (arrive(&mut clock, tick, 0) - 4.0).abs() < 0.01));
        // Nine ticks are skipped: until the arrivals before are forgotten, what is drawn lies in the future.
        let behind: Vec<f64> = (600..800).map(|tick| arrive(&mut clock, tick, 9)).collect();
        assert!(behind[0] < -4.0 && behind[120..].iter().all(|gap| (gap - 4.0).abs() < 0.01), "{behind:?}");
    }

    #[test]
    fn inputs_are_sent_half_a_round_trip_and_two_ticks_ahead_across_the_wrap() {
        let first = Tick(u32::MAX - 10);
        // One way 40 ms: the snapshot of tick n arrives at n ticks + 40 ms.
        let arrival = |n: i32| 1_000_000 + (f64::from(n) * 1e6 / 60.0) as u64 + 40_000;
        let mut clock = Clock::new(arrival(0), first, 60, 2, 80_000);
        for n in (0..100).step_by(2) {
            clock.note_arrival(arrival(n) + u64::from(n.unsigned_abs() % 7) * 1000, first.offset(n));
        }
        let now = arrival(60);
        // The server is at 60 + 2.4, an input sent now arrives at 64.8, two ticks more make 66.8.
        assert_eq!(clock.input_tick(now), first.offset(66));
        let due = clock.input_due_us(first.offset(67));
        assert!(clock.input_tick(due) == first.offset(67) && clock.input_tick(due - 2) == first.offset(66));
        assert!((clock.drawn(now) - 56.0).abs() < 0.01);
    }
}
